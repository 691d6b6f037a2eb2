// The entries that stand, each with the state before it: what `:undo` and `:redo` go through and `:save` writes.
//
// States hold what has been by reference, so that each costs little while little changes; there are never so
// many that they fill the memory.

import Language

/// The past of a session.
struct SessionLog {
  /// One entry.
  struct Step {
    /// What was entered.
    var text: String
    /// Whether it is a piece of a program, and not a command.
    let isProgram: Bool
    /// Whether it gave a value, which `_` and `ans` kept.
    fileprivate(set) var gaveValue: Bool
    /// The state before it; nil once it is no longer kept.
    fileprivate(set) var before: SessionState?
  }

  /// What undoing or redoing came to.
  enum Outcome {
    case done(Step)
    case nothing
    /// The state has been given up.
    case forgotten
  }

  private static let capacity = 500
  /// The things with identity, in all states, of which more are not kept.
  private static let sizeLimit = 4_000_000

  private(set) var steps: [Step] = []
  private var undone: [(step: Step, after: SessionState)] = []

  /// A state as it is now, before an entry. Where programs hold more than half of what they may, earlier states
  /// are given up; nil where that is not enough: what an entry changes is copied while a state shares it.
  mutating func state(of interpreter: Interpreter) -> SessionState? {
    if SessionLog.isShort(interpreter, of: 2) {
      for place in steps.indices { steps[place].before = nil }
      undone = []
      if SessionLog.isShort(interpreter, of: 2) { return nil }
    }
    return interpreter.sessionState(after: steps.last?.before)
  }

  /// Whether programs hold more than a part of the memory that they may hold.
  private static func isShort(_ interpreter: Interpreter, of part: Int) -> Bool {
    let memory = interpreter.memory
    return memory.held > memory.limit / part
  }

  /// An entry has run without an error, or so much of it as is its text.
  mutating func add(
    _ text: String, isProgram: Bool, gaveValue: Bool = false, before: SessionState?,
    _ interpreter: Interpreter
  ) {
    steps.append(Step(text: text, isProgram: isProgram, gaveValue: gaveValue, before: before))
    undone = []
    trim(interpreter)
  }

  /// Another text goes on with an entry, if that is the last one.
  ///
  /// - Parameter gaveValue: whether it gave a value, as the entry may have done.
  mutating func extend(_ entry: String, by text: String, gaveValue: Bool = false) {
    undone = []
    guard steps.last?.text == entry else { return }
    steps[steps.count - 1].text += "\n" + text
    if gaveValue { steps[steps.count - 1].gaveValue = true }
  }

  /// An entry, if it is the last one, makes room for another that holds it.
  mutating func remove(_ entry: String) {
    if steps.last?.text == entry { steps.removeLast() }
  }

  /// The entries that could be redone, the next one first.
  var redoable: [Step] { undone.reversed().map(\.step) }

  mutating func undo(_ interpreter: Interpreter) throws -> Outcome {
    guard let last = steps.last else { return .nothing }
    guard let before = last.before else { return .forgotten }
    let now = interpreter.sessionState(after: before)
    try interpreter.putBack(before)
    steps.removeLast()
    undone.append((last, now))
    return .done(last)
  }

  mutating func redo(_ interpreter: Interpreter) throws -> Outcome {
    guard let (step, after) = undone.last else { return .nothing }
    try interpreter.putBack(after)
    undone.removeLast()
    steps.append(step)
    return .done(step)
  }

  /// Gives up the states that were kept for longest, where there are too many or memory is short.
  private mutating func trim(_ interpreter: Interpreter) {
    var size = steps.reduce(0) { $0 + ($1.before?.size ?? 0) }
    var kept = steps.count { $0.before != nil }
    for place in steps.indices.dropLast() {
      guard
        kept > SessionLog.capacity || size > SessionLog.sizeLimit
          || SessionLog.isShort(interpreter, of: 8)
      else { return }
      guard let before = steps[place].before else { continue }
      size -= before.size
      kept -= 1
      steps[place].before = nil
    }
  }
}
