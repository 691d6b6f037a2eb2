// How long code lives. A closure holds its code, and code that of the functions in it; frames hold nothing, so
// that a call counts no references. So what would end while a program runs, a frame of it perhaps still open,
// waits for the end of the run.
//
// Invariant: every prototype is known to its interpreter's keeper from its making to its end.

import Synchronization

/// Numbers of what may end and must not be taken for another that comes to lie in its place.
enum SerialNumber {
  private static let last = Atomic(0)
  /// A number that nothing had before.
  static func next() -> Int { last.add(1, ordering: .relaxed).newValue }
}

/// The code of one interpreter.
final class CodeKeeper {
  /// The number of the interpreter; see `Context.number`.
  let interpreter: Int
  /// The code that is alive.
  private var all: [ObjectIdentifier: Unmanaged<FunctionPrototype>] = [:]
  /// True while a program runs.
  @exclusivity(unchecked) private var isRunning = false
  /// Code that no closure holds any more.
  @exclusivity(unchecked) private var retired: [FunctionPrototype] = []
  /// Places whose remarks have been shown.
  private var noticed: Set<UInt64> = []
  /// How many more remarks came at such places since it was last asked.
  private var repeats = 0

  init(_ interpreter: Int) { self.interpreter = interpreter }

  func add(_ prototype: FunctionPrototype) {
    all[ObjectIdentifier(prototype)] = .passUnretained(prototype)
  }

  /// Code ends.
  func remove(_ prototype: FunctionPrototype) {
    all[ObjectIdentifier(prototype)] = nil
    // Other code may come to lie there.
    if !noticed.isEmpty { noticed = noticed.filter { !prototype.contains($0) } }
  }

  /// Holds code that nothing else holds any more, while a program runs.
  func retire(_ prototype: FunctionPrototype) {
    if isRunning { retired.append(prototype) }
  }

  /// From now on no code ends.
  func begin() { isRunning = true }

  /// What `begin` held back ends.
  func end() {
    isRunning = false
    // Code that ends may hold the last of other code.
    if !retired.isEmpty { retired = [] }
  }

  /// True once for a place.
  func notices(_ place: UInt64) -> Bool {
    let isNew = noticed.insert(place).inserted
    if !isNew { repeats += 1 }
    return isNew
  }

  /// How many remarks came more than once at their places, which is then forgotten.
  func takeRepeats() -> Int {
    defer { repeats = 0 }
    return repeats
  }

  /// The code that a place lies in; nil where that has ended.
  func prototype(at place: UInt64) -> FunctionPrototype? {
    for prototype in all.values {
      let found: FunctionPrototype? = prototype._withUnsafeGuaranteedRef {
        $0.contains(place) ? $0 : nil
      }
      if let found { return found }
    }
    return nil
  }
}
