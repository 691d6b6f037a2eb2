// Operations of several results.
//
// On a tape such an operation is one node, the *bundle*, whose operands are the operation's, and
// one *part* for each result, whose only operand is the bundle. Parts keep the bundle alive and
// the bundle no part, so that a result nobody uses is freed. A walk back gathers the cotangents of
// the parts at the bundle, and the operation's rule is asked once for all of them.

import Tensors

/// What the rules of an operation of several results get and give.
public final class BundleRules: Sendable {
  public typealias Kernel = @Sendable ([Tensor], Attributes) throws -> [Tensor]
  /// `(inputs, attributes, tangents) → tangents of the results`; a missing tangent is zero.
  public typealias Forward =
    @Sendable ([Variable], Attributes, [Variable?]) throws -> [Variable?]
  /// `(inputs, attributes, cotangents of the results) → cotangents of the inputs`; a missing
  /// cotangent is zero.
  public typealias Reverse =
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
    forward: @escaping BundleRules.Forward, reverse: @escaping BundleRules.Reverse
  ) {
    self.init(
      name, .bundle(BundleRules(size: size, kernel: kernel, forward: forward, reverse: reverse)))
  }

  /// One result of an operation of several. `Reverse` hands its cotangent to the bundle.
  static let part = Primitive(
    "part", kernel: { x, _ in x }, forward: { _, _, _, dx in dx }, reverse: { _, _, _, dy in dy })
}

extension Traced {
  /// The bundle that this node is a part of, and which of its results.
  var partOf: (bundle: Traced, index: Int)? {
    guard primitive === Primitive.part, case .traced(let bundle)? = first,
      case .int(let index) = attributes
    else { return nil }
    return (bundle, index)
  }

  /// The parts of this bundle, with their values as the levels below see them.
  func parts(_ values: [Variable], in context: Context) throws -> [Variable] {
    try values.enumerated().map { index, value in
      let part = Traced(
        kind, value: value, height: Int(height), context: context, primitive: .part,
        attributes: .int(index), first: .traced(self))
      return kind == .record ? try recorded(part, context) : .traced(part)
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
    guard primitive === Primitive.recomputed, case .object(let object) = attributes else {
      return nil
    }
    return object as? CheckpointedCall
  }
}

/// The results of an operation of several.
func applyBundle(
  _ p: Primitive, _ inputs: [Variable], _ attributes: Attributes = .none
) throws -> [Variable] {
  guard case .bundle(let rules) = p.rules else { preconditionFailure("\(p.name) has one result") }
  let context = Context.current
  inputs.forEach(inspect)
  var inputs = inputs
  guard let (height, kind) = try innermostLevel(of: &inputs, in: context) else {
    return try rules.kernel(inputs.map(plain), attributes).map {
      try checked(.tensor($0), p, context)
    }
  }
  let values = inputs.map { lowered($0, height).0 }
  func traced(_ kind: LevelKind, _ value: Variable, tangent: Variable? = nil) -> Variable {
    .traced(
      Traced(
        kind, value: value, height: Int(height), context: context, primitive: nil, first: tangent))
  }
  switch kind {
  case .tape:
    let results = try applyBundle(p, values, attributes)
    guard Int(height) > context.stoppedTapes else { return results }
    let bundle = Traced(
      .tape, value: results[0], height: Int(height), context: context, primitive: p,
      attributes: attributes, others: inputs)
    return try bundle.parts(results, in: context)
  case .dual:
    let results = try applyBundle(p, values, attributes)
    guard Int(height) > context.stoppedDuals else { return results }
    let tangents = try rules.forward(values, attributes, inputs.map { tangent($0, height) })
    return zip(results, tangents).map { result, tangent in
      tangent == nil ? result : traced(.dual, result, tangent: tangent)
    }
  case .batch:
    let size = context.levels[Int(height)].size
    let stretched = try inputs.map {
      let (value, isHere) = lowered($0, height)
      return try mapped(value, isHere, size: size)
    }
    return try applyBundle(p, stretched, attributes).map { traced(.batch, $0) }
  case .record:
    let results = try context.belowRecording { try applyBundle(p, values, attributes) }
    let bundle = Traced(
      .record, value: results[0], height: Int(height), context: context, primitive: p,
      attributes: attributes, others: inputs)
    return try bundle.parts(results, in: context)
  }
}
