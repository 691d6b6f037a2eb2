// Gradient transformations as values: `t.init(params)`, `t.update(grads, state, params)`.

import Autodiff
import Language
import Optimizers
import Tensors

/// A gradient transformation as a value.
class TransformObject: HostObject {
  override class var hostType: HostType { transforms }

  let transformation: GradientTransformation
  /// What made it, with its numbers by name; nil for what is put together of others.
  let origin: OptimizerOrigin?
  /// True where the updates are steps, to be added, and not directions, to be gone against, as gradients
  /// are.
  let makesSteps: Bool
  /// What stands for it in a chain behind one that makes steps; nil for itself.
  let behindSteps: OptimizerOrigin.Member?

  init(
    _ transformation: GradientTransformation, _ origin: OptimizerOrigin? = nil,
    makesSteps: Bool? = nil, behindSteps: OptimizerOrigin.Member? = nil
  ) {
    self.transformation = transformation
    self.origin = origin
    self.makesSteps = makesSteps ?? (origin != nil)
    self.behindSteps = behindSteps
  }

  /// The transform of a family.
  convenience init(_ origin: OptimizerOrigin) throws {
    let behind = origin.behindSteps
    self.init(
      try origin.make(), origin, behindSteps: try behind.map { (try $0.make(), $0) })
  }

  override var summary: String { "<transform \(transformation.name)>" }

  override var ownFields: Record {
    Record((origin?.names ?? []).map { ($0, origin?.value($0) ?? .nil) })
  }

  private func update(_ arguments: Arguments) throws -> Value {
    let parameters = arguments.has(2) ? try arguments.tree(2) : nil
    if arguments.has(3) { return try update(arguments, parameters) }
    let result = try transformation.update(
      arguments.treeOrNothing(0), arguments.treeOrNothing(1), parameters)
    return .list([Value(result.updates), Value(result.state)])
  }

  /// An update for which the loss is at hand; nil for the gradients stands for those of the loss.
  private func update(_ arguments: Arguments, _ parameters: Tree?) throws -> Value {
    guard let parameters else {
      throw RuntimeError(
        .value, "an update with the loss needs the parameters",
        hint: "t.update(grads, state, params, f)")
    }
    let gradients = arguments.has(0) ? try arguments.tree(0) : nil
    let step: StepObjective
    if arguments[3].isCallable {
      let loss = arguments.interpreter.loss(arguments[3])
      step = StepObjective(Objective { try loss([Value($0)]) }, at: parameters)
    } else {
      guard let loss = arguments[3].variable else {
        throw arguments.mismatch(3, "the loss as a function, or its value")
      }
      step = StepObjective(value: try loss.scalarLoss(), gradient: gradients, at: parameters)
    }
    let result = try transformation.update(gradients, arguments.treeOrNothing(1), step)
    return .list([Value(result.updates), Value(result.state)])
  }

  override func changes(since start: Int) -> Bool { false }

  override var reached: [Value] { origin?.reached ?? [] }
}

extension TransformObject {
  /// What every transform can do; a kind of them can do more.
  static let transforms = HostType(
    TransformObject.self, "Transform",
    """
    What makes updates of gradients: `sgd(0.1)`, `chain(…)` and all others of this page. It remembers
    nothing itself: each call is given the state and gives the next.

    A record or a model of one's own with `init(params)` and `update(grads, state, params)` stands wherever
    a transform does. Its state is a tree of tensors, numbers and nil; its updates have the structure of
    the gradients. A parameter without a gradient is given with one of 0, and stays. With a fourth parameter `update` is given the loss as a function. The numbers of a
    transform that is named after an optimizer are its fields.

        let mine = {init: p => (), update: (g, s, p) => (tree_map(g => -0.1 * g, g), s)}
        let x = param(3.0)
        Optimizer(x, chain(clip_grad_norm(1.0), mine)).step(x ** 2)
        print(round(x, 4), adam(0.1).lr)    # 2.9 0.1
    """,
    methods: [
      Method(
        "init(params)",
        """
        The state before the first update, for a tree of parameters; `()` for a transform that
        remembers nothing.

            print(trace(0.9).init({w: 1.0}))    # {w: 0.0}
        """
      ) { transform, arguments in
        Value(try transform.transformation.initialize(arguments.tree(0)))
      },
      Method(
        "update(grads, state, params=nil, f=nil)",
        """
        The updates for a tree of gradients, to be added to the parameters, and the next state, as a
        list of two. A gradient that is nil stays nil.

        Transforms that look at the parameters, such as `add_decayed_weights`, need `params`, a tree
        of the structure of the gradients; those that look at the loss elsewhere, such as
        `backtracking`, need `f`, the loss as a function of such a tree, and for those that look at
        its value alone, such as `reduce_on_plateau`, that value serves. With a function, nil for the
        gradients stands for those of the loss.

            let t = trace(0.5)
            let (updates, state) = t.update({w: 2.0}, t.init({w: 1.0}))
            print(updates, t.update({w: 2.0}, state)[0])    # {w: 2.0} {w: 3.0}
        """
      ) { transform, arguments in try transform.update(arguments) },
    ])
}

extension Arguments {
  /// Transforms one after the other as one; one alone is itself.
  ///
  /// Behind a member that makes steps, what turns directions into steps does not turn them again.
  ///
  /// - Parameters:
  ///   - first: the parameter that the first of them was given for; what follows is for those behind it.
  ///   - wanted: what the parameter takes, for the message.
  func chained(_ values: [Value], from first: Int, _ wanted: String) throws -> TransformObject {
    var makesSteps = false
    let members = try values.enumerated().map { index, value -> OptimizerOrigin.Member in
      let object = value.transformObject
      defer { makesSteps = makesSteps || object?.makesSteps ?? false }
      if makesSteps, let behind = object?.behindSteps { return behind }
      let place = min(first + index, callee.parameters.count - 1)
      return (try transformation(value, place, wanted), value.transformOrigin)
    }
    if members.count == 1 {
      return TransformObject(
        members[0].transformation, members[0].origin, makesSteps: makesSteps,
        behindSteps: values[0].transformObject?.behindSteps)
    }
    return TransformObject(
      .chain(members.map(\.transformation)), OptimizerOrigin(chain: members),
      makesSteps: makesSteps)
  }
}

extension Value {
  /// The library's transform that this is; nil for anything else.
  var transformObject: TransformObject? {
    if case .host(let host) = self { host as? TransformObject } else { nil }
  }

  /// A transformation as a value.
  static func transform(_ transformation: GradientTransformation) -> Value {
    .host(TransformObject(transformation))
  }

  /// A transformation around a transform, whose numbers it has.
  static func transform(
    around inner: Value, _ transformation: GradientTransformation,
    _ wrap: @escaping (GradientTransformation) throws -> GradientTransformation
  ) throws -> Value {
    .host(
      TransformObject(
        try wrap(transformation), OptimizerOrigin(around: inner.transformOrigin, wrap)))
  }
}
