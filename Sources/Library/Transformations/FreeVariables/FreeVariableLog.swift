// What a function that will run again has read, with the values it found.
//
// `checkpoint`, `linearize` and `zero_order` call a function, and call it again when a derivative is
// asked for. By then variables may hold something else, perhaps the very result of the call. So the
// first call is watched, and before each later one what it read is put back into its place; afterwards
// the variables hold again what the program had put there. What the later call changes of them ends with
// it, all but counts: a whole number goes up by as much as it did in that call, since the function did run.
//
// A loop is one log: its steps read mostly the same, and what differs is kept with the step.

import Autodiff
import Language
import Tensors

/// The values of free variables at the runs of a function.
final class FreeVariableLog: FreeVariableWatcher {
  /// A variable that runs have touched.
  private struct Entry {
    let variable: FreeVariable
    let identity: FreeVariable.Identity
    /// What the first run that touched it was shown.
    let value: Value
    /// What it held then: something else where an outer watcher shows its own.
    let held: Value
    /// The last run that has touched it.
    var run: Int
  }

  private unowned let interpreter: Interpreter
  private var entries: [Entry] = []
  /// Where entries stand, once they are too many to look through.
  private var places: [FreeVariable.Identity: Int] = [:]
  /// What else variables held at later runs.
  private var later: [Int: [FreeVariable: Value]] = [:]
  /// Who shows later runs what an outer watcher showed the first one.
  private var shows: (any FreeVariableWatcher)?
  private var defaultFloat: DType?
  private var runs = 0
  /// How much a recording had changed before each run.
  private var changesBefore: [Int: Int] = [:]
  /// Whether what a run changes goes on.
  private var forgetsChanges = false
  /// Whether a recorded run has changed what was there before it.
  private var hasChanges = false

  /// While a run is watched: who watches what that is in, when it began, and the boxes that it has made.
  private var outer: (any FreeVariableWatcher)?
  private var start = 0
  private var made: Set<ObjectIdentifier> = []

  /// The entries that are looked through: most functions read fewer, and a look-up by hash takes as long.
  private static let mostLookedThrough = 16

  init(_ interpreter: Interpreter) { self.interpreter = interpreter }

  /// Runs the body: a run that is new is watched, one from before finds what was there then.
  ///
  /// - Parameter run: which one, in the order of their first running.
  func run<R>(_ run: Int = 0, _ body: () throws -> R) throws -> R {
    // What is recorded whole is watched already, and stands in a graph that is kept.
    if interpreter.context.isRecording { return try recorded(run, body) }
    return try run < runs ? again(run, body) : watched(body)
  }

  /// Runs the body in a recording: again only where nothing has changed since.
  private func recorded<R>(_ run: Int, _ body: () throws -> R) throws -> R {
    if let changes = changesBefore[run], changes != interpreter.changeCount {
      interpreter.context.meets(
        obstacle: "changes something between two runs of a function", isFaithful: false)
    }
    if changesBefore[run] == nil { changesBefore[run] = interpreter.changeCount }
    defer { if forgetsChanges { changesBefore[run] = interpreter.changeCount } }
    guard !hasChanges, interpreter.context.watcher != nil, let watcher = interpreter.watcher else {
      return try body()
    }
    let changes = OutsideChanges(watcher, interpreter.context)
    defer { hasChanges = changes.areSome }
    return try interpreter.watched(by: changes, body)
  }

  /// Takes note that a derivative runs the function again, of which a recording knows nothing.
  func runAgain(for results: [Variable]) {
    if hasChanges, results.contains(where: \.isDifferentiated) {
      interpreter.context.meets(
        obstacle: "changes something in a function that runs again for its derivative",
        isFaithful: false)
    }
  }

  // MARK: - The first time

  private func watched<R>(_ body: () throws -> R) throws -> R {
    let context = interpreter.context
    outer = context.watcher == nil ? nil : interpreter.watcher
    if runs == 0 { shows = outer?.lasting }
    start = context.markMoment()
    defaultFloat = context.defaultFloat
    defer {
      outer = nil
      made.removeAll()
      runs += 1
    }
    return try interpreter.watched(by: self, body)
  }

  func value(of variable: FreeVariable, held: Value) -> Value {
    let seen = outer?.value(of: variable, held: held) ?? held
    note(variable, seen, held: held)
    return seen
  }

  func tensor(of parameter: ParameterCell, held: Variable) -> Variable {
    note(.tensor(parameter), .tensor(held))
    return outer?.tensor(of: parameter, held: held) ?? held
  }

  func gradient(of parameter: ParameterCell, held: Variable?) -> Variable? {
    note(.gradient(parameter), held.map { .tensor($0) } ?? .nil)
    guard let outer else { return held }
    return outer.gradient(of: parameter, held: held)
  }

  func willChange(_ variable: FreeVariable, inPlace: Bool) {
    switch variable {
    case .tensor(let cell): _ = tensor(of: cell, held: cell.content.variable)
    case .state(let host): willUse(host)
    default: _ = value(of: variable, held: variable.held(in: interpreter))
    }
  }

  var lasting: (any FreeVariableWatcher)? { outer?.lasting }

  func willUse(_ host: HostObject) {
    if let state = host.stateTree { note(.state(host), state) }
    outer?.willUse(host)
  }

  func isMade(_ identity: ObjectIdentifier, captures: UnsafeMutablePointer<Value>?) {
    made.insert(identity)
    outer?.isMade(identity, captures: captures)
  }

  func isOwn(_ variable: FreeVariable) -> Bool {
    switch variable {
    case .global: false
    // Held by value: it never changes.
    case .captured: true
    case .content(let box): made.contains(ObjectIdentifier(box))
    case .field(let instance, _): instance.birth >= start
    case .tensor(let cell), .gradient(let cell): cell.birth >= start
    case .state(let host): host.birth >= start
    }
  }

  private func note(_ variable: FreeVariable, _ value: Value, held: Value? = nil) {
    let identity = variable.identity
    if let place = place(of: identity) {
      guard entries[place].run != runs else { return }
      entries[place].run = runs
      if !entries[place].value.isIdentical(to: value) {
        later[runs, default: [:]][variable] = value
      }
    } else if !isOwn(variable) {
      entries.append(
        Entry(
          variable: variable, identity: identity, value: value, held: held ?? value, run: runs))
      guard entries.count > FreeVariableLog.mostLookedThrough else { return }
      // Those before are looked through still.
      places[identity] = entries.count - 1
    }
  }

  private func place(of identity: FreeVariable.Identity) -> Int? {
    for index in entries.indices.prefix(FreeVariableLog.mostLookedThrough)
    where entries[index].identity == identity { return index }
    return places.isEmpty ? nil : places[identity]
  }

  /// Forgets the variables that the function has changed itself: what they hold goes on from run to run.
  func forgetChanges() {
    forgetsChanges = true
    if interpreter.context.isRecording { changesBefore[0] = interpreter.changeCount }
    entries.removeAll { !$0.held.isIdentical(to: $0.variable.held(in: interpreter)) }
    // No run is watched any more, so nobody looks for entries.
    places.removeAll()
  }

  /// Something that runs have read and a derivative follows, for messages: a global variable by its
  /// name, else what it is.
  var followed: String? {
    let followed = entries.filter { entry in
      (try? ValueTree(entry.value).variables.contains(where: \.isDifferentiated)) ?? false
    }
    for case .global(let slot) in followed.map(\.variable) {
      return "`\(interpreter.globals.name(of: slot))`"
    }
    return followed.first?.value.shortDescription
  }

  // MARK: - Once more

  /// Runs the body on what was there; whoever watches was told of it the first time.
  private func again<R>(_ run: Int, _ body: () throws -> R) throws -> R {
    let others = later[run]
    let context = interpreter.context
    return try interpreter.unwatched {
      let dtype = context.defaultFloat
      context.defaultFloat = defaultFloat ?? dtype
      let present = entries.map { entry in
        let present = Present(entry.variable, interpreter)
        let value = others?[entry.variable] ?? entry.value
        let wasReplaced = value.variable?.isReplacedLeaf ?? false
        entry.variable.put(value, interpreter)
        return (present, before: value, wasReplaced)
      }
      defer {
        for (present, before, wasReplaced) in present {
          present.restore(before: before, interpreter)
          if wasReplaced { before.variable?.markReplaced() }
        }
        context.defaultFloat = dtype
      }
      // As the first time, which was watched: so what is counted is counted as often.
      return try interpreter.runningAsWritten {
        try context.keepingGradients {
          guard let shows else { return try body() }
          return try interpreter.watched(by: shows, body)
        }
      }
    }
  }
}

extension FreeVariableLog {
  /// What the program has in a variable while a function runs on what was there earlier.
  private struct Present {
    private let variable: FreeVariable
    private let value: Value
    /// A cell is put back as it was, with what it remembers.
    private let content: ParameterCell.Content?

    init(_ variable: FreeVariable, _ interpreter: Interpreter) {
      self.variable = variable
      value = variable.held(in: interpreter)
      if case .tensor(let cell) = variable { content = cell.content } else { content = nil }
    }

    func restore(before: Value, _ interpreter: Interpreter) {
      if case .tensor(let cell) = variable, let content {
        cell.content = content
      } else {
        variable.put(counted(from: before, interpreter), interpreter)
      }
    }

    /// The value, a count further on by what was counted in between.
    private func counted(from before: Value, _ interpreter: Interpreter) -> Value {
      guard case .int(let now) = value, case .int(let before) = before,
        case .int(let after) = variable.held(in: interpreter)
      else { return value }
      return .int(now &+ (after &- before))
    }
  }
}
