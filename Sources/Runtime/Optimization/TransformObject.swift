// Gradient transformations as values: `t.init(params)`, `t.update(grads, state, params)`.

import Autodiff
import Optimizers
import Tensors

/// A gradient transformation as a value.
class TransformObject: HostObject {
  let transformation: GradientTransformation

  init(_ transformation: GradientTransformation) { self.transformation = transformation }

  override var typeName: String { "Transform" }
  override var summary: String { "<transform \(transformation.name)>" }
  override var memberNames: [String] { ["init", "update"] }

  override func methodSignature(_ name: String) -> String? {
    switch name {
    case "init": "init(params)"
    case "update": "update(grads, state, params=nil, f=nil)"
    default: nil
    }
  }

  override func callMethod(_ name: String, _ arguments: Arguments) throws -> Value {
    if name == "init" { return Value(try transformation.initialize(arguments.tree(0))) }
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
    let loss = arguments.interpreter.loss(try arguments.function(3))
    let result = try transformation.update(
      arguments.has(0) ? arguments.tree(0) : nil, arguments.treeOrNothing(1),
      StepObjective(Objective { try loss([Value($0)]) }, at: parameters))
    return .list([Value(result.updates), Value(result.state)])
  }

  override func changes(since start: Int) -> Bool { false }
}

extension Value {
  /// A transformation as a value.
  static func transform(_ transformation: GradientTransformation) -> Value {
    .host(TransformObject(transformation))
  }
}
