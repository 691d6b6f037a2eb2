// What a loop reads beside its arguments and a derivative follows, made arguments.
//
// Some ways to differentiate a loop run it again as a function of all that its derivative is wanted by. What
// its step closes over belongs to that. The first run is watched and each variable found that somebody
// follows; when the loop runs again, other variables stand in their places wherever the step reads them.

import Autodiff
import Language
import Tensors

/// The variables that a loop closes over and a derivative follows, behind those that it is given.
final class LiftedReads: FreeVariableWatcher {
  /// What the loop is given, and what was found, each once, in the order of reading.
  private(set) var variables: [Variable]
  /// How many there are of the first kind.
  let givenCount: Int
  private var places: [ObjectIdentifier: Int] = [:]
  /// The parameters that hold some of them.
  private var parameters: [(Parameter, place: Int)] = []
  /// What stands for them; nil while they are being found.
  private var others: [Variable]?
  /// Who watched before, and is told, too.
  private var outer: (any FreeVariableWatcher)?

  /// Runs the body for the first time.
  func finding<R>(_ interpreter: Interpreter, _ body: () throws -> R) rethrows -> R {
    others = nil
    return try watching(interpreter, body)
  }

  private func watching<R>(_ interpreter: Interpreter, _ body: () throws -> R) rethrows -> R {
    let saved = outer
    outer = interpreter.context.watcher == nil ? nil : interpreter.watcher
    defer { outer = saved }
    return try interpreter.watched(by: self, body)
  }

  /// Runs the body with other variables in the places of all.
  func run<R>(
    _ interpreter: Interpreter, with others: [Variable], _ body: () throws -> R
  ) rethrows -> R {
    guard !variables.isEmpty else { return try body() }
    let saved = self.others
    self.others = others
    let held = parameters.map { parameter, place in
      defer { parameter.substitute(others[place]) }
      return parameter.content
    }
    defer {
      for ((parameter, _), content) in zip(parameters, held) { parameter.content = content }
      self.others = saved
    }
    return try watching(interpreter, body)
  }

  private func seen(_ variable: Variable) -> Variable {
    guard let place = place(of: variable) else { return variable }
    return others?[place] ?? variable
  }

  /// What this watcher shows now, for a run of something inside that comes later.
  var lasting: (any FreeVariableWatcher)? {
    guard let others else { return outer?.lasting }
    return LiftedReads(self, others, outer?.lasting)
  }

  /// What has a larger number was made by the run itself.
  private let moment: Int

  /// Knows the variables that a loop is given: where it closes over one of them, that is the same one.
  ///
  /// - Parameter moment: what was made after it is not found.
  init(given variables: [Variable], before moment: Int = .max) {
    self.moment = moment
    self.variables = variables
    givenCount = variables.count
    for (place, variable) in variables.enumerated() {
      if case .traced(let traced) = variable, places[ObjectIdentifier(traced)] == nil {
        places[ObjectIdentifier(traced)] = place
      }
    }
  }

  /// What was found beside what is given.
  var found: ArraySlice<Variable> { variables[givenCount...] }

  private init(_ reads: LiftedReads, _ others: [Variable], _ outer: (any FreeVariableWatcher)?) {
    (variables, givenCount) = (reads.variables, reads.givenCount)
    (places, parameters) = (reads.places, reads.parameters)
    moment = reads.moment
    self.others = others
    self.outer = outer
  }

  /// Where a variable stands that somebody follows; while they are being found, a new place for a new one.
  private func place(of variable: Variable) -> Int? {
    guard case .traced(let traced) = variable, variable.isDifferentiated else { return nil }
    let identity = ObjectIdentifier(traced)
    if let place = places[identity] { return place }
    guard others == nil, variable.number <= moment else { return nil }
    places[identity] = variables.count
    variables.append(variable)
    return variables.count - 1
  }

  private func seen(_ value: Value) -> Value {
    switch value {
    case .tensor(let variable): .tensor(seen(variable))
    case .list, .record:
      value.mapParts { seen($0) } ?? value
    default: value
    }
  }

  func value(of variable: FreeVariable, held: Value) -> Value {
    seen(outer?.value(of: variable, held: held) ?? held)
  }

  func tensor(of parameter: Parameter, held: Variable) -> Variable {
    let held = outer?.tensor(of: parameter, held: held) ?? held
    if others == nil, let place = place(of: held),
      !parameters.contains(where: { $0.0 === parameter })
    {
      parameters.append((parameter, place))
    }
    return seen(held)
  }

  func gradient(of parameter: Parameter, held: Variable?) -> Variable? {
    guard let outer else { return held.map(seen) }
    return outer.gradient(of: parameter, held: held).map(seen)
  }

  func willSet(_ parameter: Parameter, holding variable: Variable) {
    _ = tensor(of: parameter, held: variable)
    outer?.willSet(parameter, holding: variable)
  }

  func willChange(_ variable: FreeVariable, inPlace: Bool) {
    outer?.willChange(variable, inPlace: inPlace)
  }

  func willUse(_ host: HostObject) { outer?.willUse(host) }
  func isMade(_ identity: ObjectIdentifier, captures: UnsafeMutablePointer<Value>?) {
    outer?.isMade(identity, captures: captures)
  }
  func isOwn(_ variable: FreeVariable) -> Bool { outer?.isOwn(variable) ?? false }
}
