// What a loop reads beside its arguments and a derivative follows, made arguments.
//
// Some ways to differentiate a loop run it again as a function of all that its derivative is wanted by. What
// its step closes over belongs to that. The first run is watched and each variable found that somebody
// follows; when the loop runs again, other variables stand in their places wherever the step reads them.

import Autodiff
import Language
import Tensors

/// The variables that a loop closes over and a derivative follows.
final class LiftedReads: FreeVariableWatcher {
  /// Each once, in the order of reading.
  private(set) var variables: [Variable] = []
  private var places: [ObjectIdentifier: Int] = [:]
  /// What stands for them; nil while they are being found.
  private var others: [Variable]?

  /// Runs the body for the first time.
  func finding<R>(_ interpreter: Interpreter, _ body: () throws -> R) rethrows -> R {
    others = nil
    return try interpreter.watched(by: self, body)
  }

  /// Runs the body with other variables in the places of those that were found.
  func run<R>(
    _ interpreter: Interpreter, with others: [Variable], _ body: () throws -> R
  ) rethrows -> R {
    guard !variables.isEmpty else { return try body() }
    let outer = self.others
    self.others = others
    defer { self.others = outer }
    return try interpreter.watched(by: self, body)
  }

  private func seen(_ variable: Variable) -> Variable {
    guard case .traced(let traced) = variable, variable.isDifferentiated else { return variable }
    let identity = ObjectIdentifier(traced)
    if let others { return places[identity].map { others[$0] } ?? variable }
    if places[identity] == nil {
      places[identity] = variables.count
      variables.append(variable)
    }
    return variable
  }

  private func seen(_ value: Value) -> Value {
    switch value {
    case .tensor(let variable): .tensor(seen(variable))
    case .list, .record:
      // What is too deep or too wide to be walked holds no variable that a loop can use either.
      (try? value.mapParts { seen($0) }) ?? value
    default: value
    }
  }

  func value(of variable: FreeVariable, held: Value) -> Value { seen(held) }
  func tensor(of parameter: Parameter, held: Variable) -> Variable { seen(held) }
  func gradient(of parameter: Parameter, held: Variable?) -> Variable? { held.map(seen) }
  func willUse(_ host: HostObject) {}
  func isMade(_ identity: ObjectIdentifier, captures: UnsafeMutablePointer<Value>?) {}
  func isOwn(_ variable: FreeVariable) -> Bool { false }
}
