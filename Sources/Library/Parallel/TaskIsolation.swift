// A task changes nothing outside itself.
//
// Which rank runs which task must not be seen, so no task may see what another has done. What a task changes of
// models, parameters, buffers and optimizers from outside is put back when it ends. To set a variable from
// outside would be lost, and is an error.

import Autodiff
import Language

/// Who watches a task and undoes what it did.
final class TaskIsolation: FreeVariableWatcher {
  private unowned let interpreter: Interpreter
  private var outer: (any FreeVariableWatcher)?
  private var start = 0
  private var journal: [() -> Void] = []
  private var changed: Set<FreeVariable.Identity> = []
  private var made: Set<ObjectIdentifier> = []
  /// The numbers of the leaves that parameters held which the task has set.
  private var moved: Set<Int> = []
  /// What was set that is lost.
  private var lost: (name: String, place: UInt64)?

  init(_ interpreter: Interpreter) { self.interpreter = interpreter }

  /// Runs a task, and gives what its `backward` leaves in parameters from outside that it does not set itself.
  ///
  /// - Throws: what it throws; a value error where it sets a variable from outside.
  func run<R>(_ body: () throws -> R) throws -> (R, [(leaf: Variable, gradient: Variable)]) {
    let context = interpreter.context
    outer = context.watcher == nil ? nil : interpreter.watcher
    start = context.markMoment()
    defer {
      for putBack in journal.reversed() { putBack() }
      journal.removeAll()
      changed.removeAll()
      made.removeAll()
      moved.removeAll()
      outer = nil
      lost = nil
    }
    let (result, gradients) = try context.collectingGradients(before: start) {
      try interpreter.watched(by: self, body)
    }
    if let lost {
      context.place = lost.place
      throw RuntimeError(
        .value, "a task of parallel_map sets \(lost.name), which is outside it",
        hint: "other ranks would not see it: let the task return the value")
    }
    return (result, gradients.filter { !moved.contains($0.leaf.number) })
  }

  private func willChange(_ variable: FreeVariable) {
    guard !isOwn(variable), changed.insert(variable.identity).inserted else { return }
    switch variable {
    case .tensor(let cell):
      let content = cell.content
      moved.insert(content.variable.number)
      journal.append { cell.content = content }
    case .state(let host): if let putBack = host.restorer() { journal.append(putBack) }
    case .field:
      let held = variable.held(in: interpreter)
      journal.append { [interpreter] in variable.put(held, interpreter) }
    case .global, .content:
      let held = variable.held(in: interpreter)
      journal.append { [interpreter] in variable.put(held, interpreter) }
      if lost == nil { lost = (name(of: variable), interpreter.context.place) }
    case .captured, .gradient: break
    }
  }

  private func name(of variable: FreeVariable) -> String {
    if case .global(let slot) = variable { return "`\(interpreter.globals.name(of: slot))`" }
    return "a variable"
  }

  func value(of variable: FreeVariable, held: Value) -> Value {
    outer?.value(of: variable, held: held) ?? held
  }
  func tensor(of parameter: ParameterCell, held: Variable) -> Variable {
    outer?.tensor(of: parameter, held: held) ?? held
  }
  func gradient(of parameter: ParameterCell, held: Variable?) -> Variable? {
    guard let outer else { return held }
    return outer.gradient(of: parameter, held: held)
  }
  func willUse(_ host: HostObject) {
    willChange(.state(host))
    outer?.willUse(host)
  }
  func willChange(_ variable: FreeVariable, inPlace: Bool) {
    willChange(variable)
    outer?.willChange(variable, inPlace: inPlace)
  }
  func isMade(_ identity: ObjectIdentifier, captures: UnsafeMutablePointer<Value>?) {
    made.insert(identity)
    outer?.isMade(identity, captures: captures)
  }
  func isOwn(_ variable: FreeVariable) -> Bool {
    switch variable {
    case .global: false
    case .captured: true
    case .content(let box): made.contains(ObjectIdentifier(box))
    case .field(let instance, _): instance.birth >= start
    case .tensor(let cell), .gradient(let cell): cell.birth >= start
    case .state(let host): host.birth >= start
    }
  }
  var lasting: (any FreeVariableWatcher)? { outer?.lasting }
}
