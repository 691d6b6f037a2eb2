// Walks over nested values. Whoever goes through the parts of lists and records does it by `mapParts`,
// `contains` or `parts`, and says so to a `Walk`, which keeps it from going on without end: at a part deep
// inside, in a structure whose shared parts double at each level, and when the run is over.

import Autodiff
import Tensors

/// The account of one walk.
package struct Walk {
  /// Lists and records whose parts can be looked at, shared ones each time: 2^24 of them take seconds.
  static let maximumParts = 1 << 24
  /// How often a list or record counts that becomes a part of a tree, which takes that much more.
  private static let weightInTrees = 4
  /// The depth of trees: what is made of them is freed level by level, on any thread's stack.
  package static let maximumDepth = 500

  private var count = 0

  package init() {}

  /// Begins with the parts of a value, for a walk that gives a value or an answer.
  ///
  /// - Throws: a limit error where too little stack is left or too much was walked through, and where the
  ///   run is to end.
  @inline(__always) package mutating func enter() throws {
    count += 1
    if count > Walk.maximumParts { throw Walk.endless }
    try Safepoint.descend()
  }

  /// Begins with the parts of the value at a path, for a walk that makes a tree.
  ///
  /// - Throws: a limit error where the tree would be too deep, and what `enter()` throws.
  @inline(__always) package mutating func enter(_ path: Path) throws {
    try enter(depth: path.depth)
  }

  /// Begins with the parts of a value, for a walk that makes a tree or a text that trees are made of.
  package mutating func enter(depth: Int) throws {
    guard depth < Walk.maximumDepth else {
      throw RuntimeError(
        .limit, "a tree is nested more than \(Walk.maximumDepth) levels deep",
        hint: "does it hold itself, level in level?")
    }
    count += Walk.weightInTrees - 1
    try enter()
  }

  private static var endless: RuntimeError {
    RuntimeError(
      .limit, "a value holds too many lists and records, each counted where it is shared",
      hint: "does each of them hold the one before twice?"
    )
  }
}

extension Value {
  /// What a list or a record holds, each with its path; nil for any other value.
  ///
  /// - Throws: a limit error where there is no memory for the paths.
  package func parts(at path: Path) throws -> [(path: Path, value: Value)]? {
    switch self {
    case .list(let values):
      try MemoryAccount.require(values.count, of: Path.bytes + MemoryLayout<(Path, Value)>.stride)
      return values.enumerated().map { (path[$0], $1) }
    case .record(let record): return record.pairs.map { (path[$0], $1) }
    default: return nil
    }
  }

  /// The list or record with each of its parts replaced; nil for any other value.
  package func mapParts(_ transform: (Value) throws -> Value) rethrows -> Value? {
    switch self {
    case .list(let values): .list(try values.map(transform))
    case .record(let record): .record(try record.mapValues(transform))
    default: nil
    }
  }

  /// True for lists and records.
  package var holdsParts: Bool {
    switch self {
    case .list, .record: true
    default: false
    }
  }

  /// What a list or a record holds; nil for any other value.
  package var partValues: [Value]? {
    switch self {
    case .list(let values): Array(values)
    case .record(let record): record.values
    default: nil
    }
  }

  /// True where the value, or for lists and records something in them at any depth, is as wanted.
  package func contains(_ isWanted: (Value) -> Bool) -> Bool {
    guard holdsParts else { return isWanted(self) }
    var rest = [self]
    var visits = Visits()
    while let value = rest.popLast() {
      guard visits.areFirst(value), let values = value.partValues else { continue }
      for part in values {
        if part.holdsParts { rest.append(part) } else if isWanted(part) { return true }
      }
    }
    return false
  }
}

/// The lists and records that a walk has been through, for walks that need to see each only once. The
/// value that is walked over holds them all, so that their addresses tell them apart.
struct Visits {
  /// The parts after which visits are remembered: most walks are over before.
  private static let patience = 256

  private var count = 0
  private var seen: Set<UnsafeRawPointer> = []

  /// False where the list or record has been seen before, so far as is remembered.
  mutating func areFirst(_ value: Value) -> Bool {
    count += 1
    guard count > Visits.patience, let address = value.contentAddress else { return true }
    return seen.insert(address).inserted
  }
}

extension Value {
  /// The address of what a list or a record holds, which copies share; nil for any other value.
  var contentAddress: UnsafeRawPointer? {
    switch self {
    case .list(let values):
      UnsafeRawPointer(Unmanaged.passUnretained(values.storage).toOpaque())
    case .record(let record):
      UnsafeRawPointer(Unmanaged.passUnretained(record.storage).toOpaque())
    default: nil
    }
  }
}
