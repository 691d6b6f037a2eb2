// Applying a primitive.
//
// The fast path, which is nearly every operation there is, asks two questions: is every operand
// a plain tensor (then the kernel runs and nothing else), or a node of the ambient tape while
// nothing else is active (then the kernel runs and one node is made). Everything else meets levels.

import Kernels
import Tensors

/// The result of an operation on one operand.
@inline(__always)
func apply(_ p: Primitive, _ x: Variable, _ attributes: Attributes = .none) throws -> Variable {
  guard case .unary(let rules) = p.rules else { preconditionFailure("\(p.name) is not unary") }
  if case .tensor(let tensor) = x {
    if mos_watches_get() == 0 { return .tensor(try rules.kernel(tensor, attributes)) }
  }
  return try applyTraced(p, rules, x, attributes)
}

/// The result of an operation on two operands.
@inline(__always)
func apply(
  _ p: Primitive, _ a: Variable, _ b: Variable, _ attributes: Attributes = .none
) throws -> Variable {
  guard case .binary(let rules) = p.rules else { preconditionFailure("\(p.name) is not binary") }
  if case .tensor(let s) = a, case .tensor(let t) = b {
    if mos_watches_get() == 0 { return .tensor(try rules.kernel(s, t, attributes)) }
  }
  return try applyTraced(p, rules, a, b, attributes)
}

/// The result of an operation on any number of operands.
func apply(
  _ p: Primitive, _ inputs: [Variable], _ attributes: Attributes = .none
) throws -> Variable {
  guard case .general(let rules) = p.rules else { preconditionFailure("\(p.name) is not general") }
  return try applyAtLevels(
    GeneralOperation(primitive: p, rules: rules, inputs: inputs, attributes: attributes))
}

/// The tensor of an operand that is plain or a node of the ambient tape, while somebody holds the operand;
/// such operands need no look at levels, whatever else is active.
@inline(__always)
private func ambientTensor(_ x: Variable) -> Tensor.Reference? {
  switch x {
  case .tensor(let tensor): Tensor.Reference(unretained: tensor)
  case .traced(let traced): traced.height == 0 ? traced.result.tensor : nil
  case .placed: nil
  }
}

/// Whether the ambient tape records this operation and nothing looks at results.
@inline(__always)
private func isRecorded(_ p: Primitive, in context: Context) -> Bool {
  p.isTaped && mos_watches_get() == 0 && context.stoppedTapes < 0
}

@inline(never)
private func applyTraced(
  _ p: Primitive, _ rules: UnaryRules, _ x: Variable, _ attributes: Attributes
) throws -> Variable {
  if let square = try applySquared(p, x) { return square }
  let context = Context.current
  if let tensor = ambientTensor(x), isRecorded(p, in: context) {
    let y = try tensor.look { try rules.kernel($0, attributes) }
    guard y.dtype.isFloat else { return .tensor(y) }
    return .traced(
      Traced(
        .tape, value: .tensor(y), height: 0, context: context, primitive: p,
        attributes: attributes, first: x))
  }
  return try applyAtLevels(
    UnaryOperation(primitive: p, rules: rules, x: x, attributes: attributes))
}

@inline(never)
private func applyTraced(
  _ p: Primitive, _ rules: BinaryRules, _ a: Variable, _ b: Variable, _ attributes: Attributes
) throws -> Variable {
  if let square = try applySquared(p, a, b) { return square }
  let context = Context.current
  if let s = ambientTensor(a), let t = ambientTensor(b), isRecorded(p, in: context) {
    let y = try s.look { s in try t.look { t in try rules.kernel(s, t, attributes) } }
    guard y.dtype.isFloat else { return .tensor(y) }
    return .traced(
      Traced(
        .tape, value: .tensor(y), height: 0, context: context, primitive: p,
        attributes: attributes, first: a, second: b))
  }
  return try applyAtLevels(
    BinaryOperation(primitive: p, rules: rules, a: a, b: b, attributes: attributes))
}

/// The result of an operation, looked at for nan and inf where the program asked for that.
@inline(__always)
func checked(_ y: Variable, _ p: Primitive) throws -> Variable {
  if mos_watches_get() & Int32(MOS_WATCHES_ANOMALIES) != 0 { try checkFinite(y, p) }
  return y
}

@inline(never)
private func checkFinite(_ y: Variable, _ p: Primitive) throws {
  guard p !== Primitive.infiniteAtZero, let tensor = y.concrete, tensor.dtype.isFloat else {
    return
  }
  let finite = try Tensor.unary(.isfinite, tensor).all(.all(rank: tensor.rank), keepAxes: false)
  guard finite.firstInt == 0 else { return }
  let nan = try Tensor.unary(.isnan, tensor).any(.all(rank: tensor.rank), keepAxes: false)
  throw TensorError(
    .value, "\(p.name) gave \(nan.firstInt != 0 ? "nan" : "inf")",
    hint: "anomaly_detection stops at the first value that is not finite")
}
