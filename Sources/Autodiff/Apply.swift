// Applying a primitive: the innermost level that an operand belongs to sees the operation first
// and rewrites it into operations for the levels below it.
//
// The fast path, which is nearly every operation there is, asks two questions: is every operand
// a plain tensor (then the kernel runs and nothing else), or a node of the ambient tape while
// nothing else is active (then the kernel runs and one node is made).

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

/// The tensor of an operand that is plain or a node of the ambient tape; such operands need no
/// look at levels, whatever else is active.
@inline(__always)
private func ambientTensor(_ x: Variable) -> Tensor? {
  switch x {
  case .tensor(let tensor): return tensor
  case .traced(let traced):
    if traced.height == 0, case .tensor(let tensor) = traced.value { return tensor }
    return nil
  }
}

/// The context, if the ambient tape records this operation and nothing looks at results.
@inline(__always)
private func recordingContext(_ p: Primitive) -> Context? {
  guard p.isDifferentiable, mos_watches_get() == 0 else { return nil }
  let context = Context.current
  return context.stoppedTapes < 0 ? context : nil
}

@inline(never)
private func applyTraced(
  _ p: Primitive, _ rules: UnaryRules, _ x: Variable, _ attributes: Attributes
) throws -> Variable {
  inspect(x)
  if let square = try applySquared(p, x) { return square }
  if let tensor = ambientTensor(x), let context = recordingContext(p) {
    let y = try rules.kernel(tensor, attributes)
    guard y.dtype.isFloat else { return .tensor(y) }
    return .traced(
      Traced(
        .tape, value: .tensor(y), height: 0, context: context, primitive: p,
        attributes: attributes, first: x))
  }
  let context = Context.current
  guard case .traced(let traced) = x else {
    return try checked(.tensor(rules.kernel(plain(x), attributes)), p, context)
  }
  guard traced.isAlive(in: context) else {
    return try apply(p, seenThrough(traced), attributes)
  }
  switch traced.kind {
  case .tape:
    let y: Variable
    if case .tensor(let tensor) = traced.value {
      y = .tensor(try rules.kernel(tensor, attributes))
    } else {
      y = try apply(p, traced.value, attributes)
    }
    guard p.isDifferentiable, Int(traced.height) > context.stoppedTapes, y.dtype.isFloat,
      x.dtype.isFloat
    else { return try checked(y, p, context) }
    return try checked(
      .traced(
        Traced(
          .tape, value: y, height: Int(traced.height), context: context, primitive: p,
          attributes: attributes, first: x)), p, context)
  case .dual:
    let primal = traced.value
    let y = try apply(p, primal, attributes)
    guard let tangent = traced.tangent, p.isDifferentiable,
      Int(traced.height) > context.stoppedDuals, y.dtype.isFloat, x.dtype.isFloat
    else { return y }
    if p.squared != nil {
      return try dualRoot(p, of: x, traced, y, attributes) {
        try rules.forward(primal, y, attributes, tangent)
      }
    }
    return .traced(
      Traced(
        .dual, value: y, height: Int(traced.height), context: context, primitive: nil,
        first: try rules.forward(primal, y, attributes, tangent)))
  case .batch:
    let y =
      if let batch = rules.batch { try batch(traced.value, attributes) } else {
        try apply(p, traced.value, attributes)
      }
    return .traced(
      Traced(.batch, value: y, height: Int(traced.height), context: context, primitive: nil))
  case .record:
    return try recorded(
      Traced(
        .record, value: try context.belowRecording { try apply(p, traced.value, attributes) },
        height: Int(traced.height), context: context, primitive: p, attributes: attributes, first: x
      ),
      context)
  }
}

@inline(never)
private func applyTraced(
  _ p: Primitive, _ rules: BinaryRules, _ a: Variable, _ b: Variable, _ attributes: Attributes
) throws -> Variable {
  inspect(a)
  inspect(b)
  if let square = try applySquared(p, a, b) { return square }
  if let s = ambientTensor(a), let t = ambientTensor(b), let context = recordingContext(p) {
    let y = try rules.kernel(s, t, attributes)
    guard y.dtype.isFloat else { return .tensor(y) }
    return .traced(
      Traced(
        .tape, value: .tensor(y), height: 0, context: context, primitive: p,
        attributes: attributes, first: a, second: b))
  }
  let context = Context.current
  var height: Int32 = -1
  var kind = LevelKind.tape
  if case .traced(let traced) = a {
    guard traced.isAlive(in: context) else {
      return try apply(p, seenThrough(traced), b, attributes)
    }
    height = traced.height
    kind = traced.kind
  }
  if case .traced(let traced) = b {
    guard traced.isAlive(in: context) else {
      return try apply(p, a, seenThrough(traced), attributes)
    }
    if traced.height > height {
      height = traced.height
      kind = traced.kind
    }
  }
  guard height >= 0 else {
    return try checked(.tensor(rules.kernel(plain(a), plain(b), attributes)), p, context)
  }
  let (x, xIsHere) = lowered(a, height)
  let (y, yIsHere) = lowered(b, height)
  switch kind {
  case .tape:
    let result: Variable
    if case .tensor(let s) = x, case .tensor(let t) = y {
      result = .tensor(try rules.kernel(s, t, attributes))
    } else {
      result = try apply(p, x, y, attributes)
    }
    guard p.isDifferentiable, Int(height) > context.stoppedTapes, result.dtype.isFloat,
      (xIsHere && x.dtype.isFloat) || (yIsHere && y.dtype.isFloat)
    else { return try checked(result, p, context) }
    return try checked(
      .traced(
        Traced(
          .tape, value: result, height: Int(height), context: context, primitive: p,
          attributes: attributes, first: a, second: b)), p, context)
  case .dual:
    let result = try apply(p, x, y, attributes)
    guard p.isDifferentiable, Int(height) > context.stoppedDuals, result.dtype.isFloat else {
      return result
    }
    let s = tangent(a, height)
    let t = tangent(b, height)
    guard s != nil || t != nil else { return result }
    return .traced(
      Traced(
        .dual, value: result, height: Int(height), context: context, primitive: nil,
        first: try rules.forward(x, y, result, attributes, s, t)))
  case .batch:
    let result: Variable
    if let batch = rules.batch {
      result = try batch(x, xIsHere, y, yIsHere, attributes)
    } else {
      let (s, t) = try aligned(x, xIsHere, y, yIsHere)
      result = try apply(p, s, t, attributes)
    }
    return .traced(
      Traced(.batch, value: result, height: Int(height), context: context, primitive: nil))
  case .record:
    return try recorded(
      Traced(
        .record, value: try context.belowRecording { try apply(p, x, y, attributes) },
        height: Int(height), context: context, primitive: p, attributes: attributes, first: a,
        second: b), context)
  }
}

/// The result of an operation on any number of operands.
func apply(
  _ p: Primitive, _ inputs: [Variable], _ attributes: Attributes = .none
) throws -> Variable {
  guard case .general(let rules) = p.rules else { preconditionFailure("\(p.name) is not general") }
  let context = Context.current
  inputs.forEach(inspect)
  var inputs = inputs
  guard let (height, kind) = try innermostLevel(of: &inputs, in: context) else {
    return try checked(.tensor(rules.kernel(inputs.map(plain), attributes)), p, context)
  }
  let here = inputs.map { lowered($0, height).1 }
  let values = inputs.map { lowered($0, height).0 }
  switch kind {
  case .tape:
    let y = try apply(p, values, attributes)
    guard p.isDifferentiable, Int(height) > context.stoppedTapes, y.dtype.isFloat,
      zip(here, values).contains(where: { $0 && $1.dtype.isFloat })
    else { return try checked(y, p, context) }
    return try checked(
      .traced(
        Traced(
          .tape, value: y, height: Int(height), context: context, primitive: p,
          attributes: attributes, others: inputs)), p, context)
  case .dual:
    let y = try apply(p, values, attributes)
    guard p.isDifferentiable, Int(height) > context.stoppedDuals, y.dtype.isFloat else { return y }
    let tangents = inputs.map { tangent($0, height) }
    guard tangents.contains(where: { $0 != nil }) else { return y }
    return .traced(
      Traced(
        .dual, value: y, height: Int(height), context: context, primitive: nil,
        first: try rules.forward(values, y, attributes, tangents)))
  case .batch:
    let size = context.levels[Int(height)].size
    let y = try rules.batch(values, here, size, attributes)
    return .traced(
      Traced(.batch, value: y, height: Int(height), context: context, primitive: nil))
  case .record:
    return try recorded(
      Traced(
        .record, value: try context.belowRecording { try apply(p, values, attributes) },
        height: Int(height), context: context, primitive: p, attributes: attributes, others: inputs),
      context)
  }
}

/// A recorded result. What no gradient is to pass when it is made, under `no_grad`, none passes when
/// the recording runs again.
func recorded(_ node: Traced, _ context: Context) throws -> Variable {
  if let recording = context.recording(of: node) {
    recording.record(node)
    if recording.isSuspended || recording !== context.recording {
      recording.meets("lets a function with rules of its own read what was computed outside that")
    }
  }
  guard Int(node.height) <= context.stoppedTapes, node.primitive !== Primitive.stopped else {
    return .traced(node)
  }
  guard Int(node.height) <= context.stoppedDuals else {
    context.meets(obstacle: "takes gradients with create_graph=false")
    return .traced(node)
  }
  return try apply(.stopped, .traced(node))
}

/// Shows an operand to the recording that watches this thread's operations.
@inline(__always)
func inspect(_ x: Variable) {
  guard mos_watches_get() & Int32(MOS_WATCHES_RECORDING) != 0 else { return }
  Context.current.recording?.inspect(x)
}

/// The innermost level that one of the operands belongs to, nil where all are plain tensors.
/// Operands whose level has ended are seen through.
func innermostLevel(
  of inputs: inout [Variable], in context: Context
) throws -> (height: Int32, kind: LevelKind)? {
  var height: Int32 = -1
  var kind = LevelKind.tape
  for i in inputs.indices {
    while case .traced(let traced) = inputs[i], !traced.isAlive(in: context) {
      inputs[i] = try seenThrough(traced)
    }
    if case .traced(let traced) = inputs[i], traced.height > height {
      height = traced.height
      kind = traced.kind
    }
  }
  return height >= 0 ? (height, kind) : nil
}

/// What a value whose level has ended stands for.
private func seenThrough(_ traced: Traced) throws -> Variable {
  guard traced.kind != .batch else { throw Traced.escapedFromMap }
  return traced.value
}

extension Traced {
  /// The mistake of keeping a mapped value.
  static var escapedFromMap: TensorError {
    TensorError(
      .value, "a value mapped by vmap was kept and used after that vmap had ended",
      hint: "return it from the mapped function; what comes out has the mapped axis first")
  }
}

/// An operand as the levels below a height see it, and whether it belongs to that height.
@inline(__always)
func lowered(_ x: Variable, _ height: Int32) -> (Variable, Bool) {
  if case .traced(let traced) = x, traced.height == height { return (traced.value, true) }
  return (x, false)
}

/// The tangent of an operand at a dual level of that height.
func tangent(_ x: Variable, _ height: Int32) -> Variable? {
  if case .traced(let traced) = x, traced.height == height, traced.value.dtype.isFloat {
    return traced.tangent
  }
  return nil
}

@inline(__always)
func plain(_ x: Variable) -> Tensor {
  guard case .tensor(let tensor) = x else {
    preconditionFailure("a traced operand reached a kernel; please report")
  }
  return tensor
}

/// The result of an operation, looked at for nan and inf where the program asked for that.
@inline(__always)
func checked(_ y: Variable, _ p: Primitive, _ context: Context) throws -> Variable {
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
