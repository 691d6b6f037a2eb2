// An optimizer that is handed its parameters: `opt.step(loss, params)`.

import Autodiff
import Language
import Optimizers
import Tensors

/// An optimizer that is given the parameters at each step and gives new ones.
final class FunctionalOptimizerObject: HostObject {
  override class var hostType: HostType { members }

  private let optimizer: FunctionalOptimizer

  init(_ transformation: GradientTransformation) {
    optimizer = FunctionalOptimizer(transformation)
  }

  override var summary: String { "<FuncOptimizer, \(optimizer.transformation.name)>" }

  private func step(_ arguments: Arguments) throws -> Value {
    let given = try arguments.tree(1)
    if arguments[0].isCallable {
      let parameters = try given.map { $0.dtype == .i64 ? try $0.asFloat() : $0 }
      let loss = arguments.interpreter.loss(arguments[0])
      return Value(
        try optimizer.step(parameters, Objective { try loss([Value($0)]) }))
    }
    guard let result = try optimizer.step(arguments.variable(0), given) else {
      arguments.interpreter.warnOfIndependentLoss()
      return Value(given)
    }
    return Value(result)
  }

  override var stateTree: Value? { optimizer.state.map(Value.init) ?? .nil }

  override func restore(_ state: Value) throws {
    if case .nil = state {
      optimizer.state = nil
      return
    }
    optimizer.state = try ValueTree(state).tree
  }
}

extension FunctionalOptimizerObject {
  private static let members = HostType(
    FunctionalOptimizerObject.self, "FuncOptimizer",
    """
    A transform and what it remembers: what `FuncOptimizer` gives. It holds no parameters. `extract`
    keeps its state, and `recover` brings it back.
    """,
    methods: [
      Method(
        "step(loss, params)",
        """
        The parameters after one step: a new tree of tensors of the structure of `params`, which stay
        as they are. The new ones are functions of all that the step used.

        The loss is a tensor of one number that was computed from `params`, or a function of such a
        tree. The first step makes the state.

            let opt = FuncOptimizer(sgd(0.25))
            print(opt.step(w => w ** 2, 1.0), opt.step(w => w ** 2, 0.5))    # 0.5 0.25
        """
      ) { optimizer, arguments in try optimizer.step(arguments) }
    ],
    fields: [
      Field("state", "What the transform remembers, a tree; nil before the first step.") {
        $0.stateTree ?? .nil
      }
    ])
}
