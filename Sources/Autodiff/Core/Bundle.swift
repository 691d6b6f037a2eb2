// Operations of several results.
//
// On a tape such an operation is one node, the *bundle*, whose operands are the operation's, and
// one *part* for each result, whose only operand is the bundle. Parts keep the bundle alive and
// the bundle no part, so that a result nobody uses is freed. A walk back gathers the cotangents of
// the parts at the bundle, and the operation's rule is asked once for all of them.

import Tensors

/// What the rules of an operation of several results get and give.
package final class BundleRules: Sendable {
  package typealias Kernel = @Sendable ([Tensor], Attributes) throws -> [Tensor]
  /// `(inputs, attributes, tangents) → tangents of the results`; a missing tangent is zero.
  package typealias Forward =
    @Sendable ([Variable], Attributes, [Variable?]) throws -> [Variable?]
  /// `(inputs, attributes, cotangents of the results) → cotangents of the inputs`; a missing
  /// cotangent is zero.
  package typealias Reverse =
    @Sendable ([Variable], Attributes, [Variable?]) throws -> [Variable?]
  /// The number of results.
  let size: Int
  let kernel: Kernel
  let forward: Forward
  let reverse: Reverse

  init(
    size: Int, kernel: @escaping Kernel, forward: @escaping Forward, reverse: @escaping Reverse
  ) {
    self.size = size
    self.kernel = kernel
    self.forward = forward
    self.reverse = reverse
  }
}

extension Primitive {
  /// An elementwise operation of several results: operands and results have one shape, and a
  /// mapped axis is one more axis.
  convenience init(
    bundle name: String, of size: Int, kernel: @escaping BundleRules.Kernel,
    forward: @escaping BundleRules.Forward, reverse: @escaping BundleRules.Reverse,
    device: DeviceForm? = nil
  ) {
    self.init(
      name, .bundle(BundleRules(size: size, kernel: kernel, forward: forward, reverse: reverse)),
      device: device)
  }

  /// One result of an operation of several. `Reverse` hands its cotangent to the bundle.
  static let part = Primitive(
    "part", kernel: { x, _ in x }, forward: { _, _, _, dx in dx }, reverse: { _, _, _, dy in dy },
    device: DeviceForms.identity)
}

extension Traced {
  /// The bundle that this node is a part of, and which of its results.
  var partOf: (bundle: Traced, index: Int)? {
    guard primitive === Primitive.part, case .traced(let bundle)? = first else { return nil }
    return (bundle, attributes.int)
  }

  /// The parts of this bundle, with their values as the levels below see them.
  func parts(_ values: [Variable], in context: Context) throws -> [Variable] {
    try values.enumerated().map { index, value in
      try context.kept(
        Traced(
          kind, value: value, height: Int(height), context: context, primitive: .part,
          attributes: .int(index), first: .traced(self)))
    }
  }

  /// The number of results of a bundle.
  var bundleSize: Int {
    if let call = checkpointedCall { return call.size }
    if let function = customFunction { return function.count }
    if case .bundle(let rules)? = primitive?.rules { return rules.size }
    return 0
  }

  /// The call that a checkpoint's bundle stands for.
  var checkpointedCall: CheckpointedCall? {
    primitive === Primitive.recomputed ? attributes.object(as: CheckpointedCall.self) : nil
  }
}

/// The results of an operation of several.
func applyBundle(
  _ p: Primitive, _ inputs: [Variable], _ attributes: Attributes = .none
) throws -> [Variable] {
  guard case .bundle(let rules) = p.rules else { preconditionFailure("\(p.name) has one result") }
  return try applyAtLevels(
    BundleOperation(primitive: p, rules: rules, inputs: inputs, attributes: attributes))
}

/// An operation of several results.
private struct BundleOperation: LeveledOperation {
  let primitive: Primitive
  let rules: BundleRules
  let inputs: [Variable]
  let attributes: Attributes

  func forEachOperand(_ body: (Variable) -> Void) { inputs.forEach(body) }

  func replacingOperands(_ replacement: (Variable) throws -> Variable) rethrows -> Self {
    BundleOperation(
      primitive: primitive, rules: rules, inputs: try inputs.map(replacement),
      attributes: attributes)
  }

  func computed(in context: Context) throws -> [Variable] {
    try rules.kernel(inputs.map(plain), attributes).map { try checked(.tensor($0), primitive) }
  }

  func computedOnDevice(in context: Context) throws -> [Variable] {
    try context.onDevice(primitive, inputs, attributes) { try rules.kernel($0, attributes) }
  }

  func applied(below height: Int32) throws -> [Variable] {
    try applyBundle(primitive, inputs.map { lowered($0, height).0 }, attributes)
  }

  func node(
    _ kind: LevelKind, _ results: [Variable], height: Int32, in context: Context
  ) throws -> [Variable] {
    let bundle = Traced(
      kind, value: results[0], height: Int(height), context: context, primitive: primitive,
      attributes: attributes, others: inputs)
    return try bundle.parts(results, in: context)
  }

  func dual(_ results: [Variable], height: Int32, in context: Context) throws -> [Variable] {
    let tangents = try rules.forward(
      inputs.map { lowered($0, height).0 }, attributes, inputs.map { tangent($0, height) })
    return zip(results, tangents).map { result, tangent in
      tangent == nil ? result : context.value(.dual, result, height: height, tangent: tangent)
    }
  }

  func mapped(height: Int32, in context: Context) throws -> [Variable] {
    let size = context.levels[Int(height)].size
    let stretched = try inputs.map {
      let (value, isHere) = lowered($0, height)
      return try Autodiff.mapped(value, isHere, size: size)
    }
    return try applyBundle(primitive, stretched, attributes).map {
      context.value(.batch, $0, height: height)
    }
  }
}
