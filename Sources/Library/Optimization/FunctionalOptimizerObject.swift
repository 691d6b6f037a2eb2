// An optimizer that is handed its parameters: `opt.step(loss, params)`.

import Autodiff
import Language
import Optimizers
import Tensors

/// An optimizer that is given the parameters at each step and gives new ones.
final class FunctionalOptimizerObject: HostObject {
  override class var hostType: HostType { members }

  private let optimizer: FunctionalOptimizer
  /// What made the transformation, with its numbers; nil where it has none by name.
  private var origin: OptimizerOrigin?

  init(_ transformation: GradientTransformation, _ origin: OptimizerOrigin?) {
    optimizer = FunctionalOptimizer(transformation)
    self.origin = origin
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

  fileprivate var state: Value { optimizer.state.map(Value.init) ?? .nil }

  override var ownFields: Record {
    Record((origin?.names ?? []).map { ($0, origin?.value($0) ?? .nil) })
  }

  override func setField(_ name: String, _ value: Value, _ interpreter: Interpreter) throws -> Bool
  {
    guard let origin, origin.names.contains(name) else { return false }
    let changed = origin.setting(Record([(name, value)]))
    optimizer.setTransformation(try changed.make())
    self.origin = changed
    return true
  }

  override var stateTree: Value? { OptimizerSettings.joined(state, origin) }

  /// With other numbers a state may have another structure, and there are no parameters to know it by.
  override func freshStateTree(for state: Value) -> Value? {
    let settings = OptimizerSettings(state)
    return settings.isBare && origin?.settings.count ?? 0 == 0
      ? structure(of: self.state) : settings.state
  }

  override func structure(of state: Value) -> Value { OptimizerSettings(state).state }

  override var reached: [Value] { ownFields.values }

  override func restorer() -> (() -> Void)? {
    let (content, origin) = (optimizer.content, origin)
    return { [self] in
      optimizer.content = content
      self.origin = origin
    }
  }

  override func restore(_ state: Value) throws {
    let settings = OptimizerSettings(state)
    let made = try settings.made(origin, optimizer.transformation)
    optimizer.setTransformation(made.transformation)
    optimizer.state = settings.state.isNil ? nil : made.state
    origin = made.origin
  }
}

extension FunctionalOptimizerObject {
  private static let members = HostType(
    FunctionalOptimizerObject.self, "FuncOptimizer",
    """
    A transform and what it remembers: what `FuncOptimizer` gives. It holds no parameters. Every number
    of the transform is a field that may be set, as those of other optimizers are. `extract` keeps its
    state, and `recover` brings it back.
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
        $0.state
      }
    ])
}
