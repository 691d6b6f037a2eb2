// `optimizer_step(t, loss)`: a step of a transform on a loss, as the step of a loop.

import Autodiff
import Language
import Optimizers
import Tensors

/// A step on `(params, state)`. Its fixed points are where the gradient of the loss is 0.
final class OptimizerStep: HostObject {
  override class var hostType: HostType { members }

  private let transformation: GradientTransformation
  let loss: Value

  init(_ transformation: GradientTransformation, _ loss: Value) {
    self.transformation = transformation
    self.loss = loss
  }

  override var typeName: String { "Function" }
  override var summary: String { "<a step of \(transformation.name)>" }
  override func changes(since start: Int) -> Bool { false }

  /// The parameters and the state of a step's argument.
  private func parts(of state: Value) throws -> (parameters: Value, state: Value) {
    guard case .list(let pair) = state, pair.count == 2 else {
      throw RuntimeError(
        .type,
        "the state of an optimizer's step is (params, state), not \(state.shortDescription)",
        hint: "it begins with (params, t.init(params))")
    }
    return (pair[0], pair[1])
  }

  /// A step from the state that is the first of the arguments; the loss takes the others behind the parameters.
  func step(
    _ arguments: [Value], _ named: [(String, Value)], _ interpreter: Interpreter
  ) throws -> Value {
    let (parameters, state) = try parts(of: arguments[0])
    let metas = Array(arguments.dropFirst())
    let tree = try ValueTree(parameters, for: "an optimizer's step").tree
    let loss = interpreter.loss(
      .builtin(
        BuiltinFunction("loss(params)") { [loss] call in
          try call.interpreter.call(loss, [call[0]] + metas, named: named)
        }))
    let objective = StepObjective(Objective { try loss([Value($0)]) }, at: tree)
    let result = try transformation.update(nil, ValueTree(state).tree, objective)
    return .list([Value(try applyUpdates(tree, result.updates)), Value(result.state)])
  }

  /// How many leaves of the parameters have a derivative.
  func parameterCount(of state: Value) throws -> Int {
    try ValueTree(parts(of: state).parameters).variables.count { $0.dtype.isFloat }
  }

  /// The gradient of the loss by the parameters, leaf by leaf.
  func gradient(
    _ state: Value, _ metas: [Value], _ named: [(String, Value)], _ interpreter: Interpreter
  ) throws -> [Variable] {
    let gradient = Differentiation.gradientFunction(
      of: loss, argnums: .one(0), hasAux: false, withValue: false, strict: false)
    let found = try interpreter.call(
      gradient, [parts(of: state).parameters] + metas, named: named)
    return try ValueTree(found).floats()
  }

  private static let members = HostType(
    OptimizerStep.self, "OptimizerStep",
    "What `optimizer_step` gives: a step of a transform on a loss.",
    call: Method(
      "step(state, *metas, **options)",
      """
      `(params, state)` after one step from `(params, state)`; `metas` and `options` are what the loss
      takes behind the parameters.

          let step = optimizer_step(sgd(0.1), (w, target) => (w - target) ** 2)
          print(step((1.0, sgd(0.1).init(1.0)), 3.0)[0])    # 1.4
      """
    ) { step, arguments in
      try step.step(
        [arguments[0]] + arguments.rest(1), Array(arguments.options(2).pairs),
        arguments.interpreter)
    })
}
