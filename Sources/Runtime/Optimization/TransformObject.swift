// Gradient transformations as values: `t.init(params)`, `t.update(grads, state, params)`.

import Autodiff
import Optimizers
import Tensors

/// A gradient transformation as a value.
final class TransformObject: HostObject {
  let transformation: GradientTransformation

  init(_ transformation: GradientTransformation) { self.transformation = transformation }

  override var typeName: String { "Transform" }
  override var summary: String { "<transform \(transformation.name)>" }
  override var memberNames: [String] { ["init", "update"] }

  override func methodSignature(_ name: String) -> String? {
    switch name {
    case "init": "init(params)"
    case "update": "update(grads, state, params=nil)"
    default: nil
    }
  }

  override func callMethod(_ name: String, _ arguments: Arguments) throws -> Value {
    if name == "init" { return Value(try transformation.initialize(arguments.tree(0))) }
    let parameters = arguments.has(2) ? try arguments.tree(2) : nil
    let result = try transformation.update(arguments.tree(0), arguments.tree(1), parameters)
    return .list([Value(result.updates), Value(result.state)])
  }
}

extension Value {
  /// A transformation as a value.
  static func transform(_ transformation: GradientTransformation) -> Value {
    .host(TransformObject(transformation))
  }
}
