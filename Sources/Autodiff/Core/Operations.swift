// The operations of primitives of one result, as levels take them.

import Tensors

/// An operation on one operand.
struct UnaryOperation: LeveledOperation {
  let primitive: Primitive
  let rules: UnaryRules
  let x: Variable
  let attributes: Attributes

  @inline(__always)
  func forEachOperand(_ body: (Variable) -> Void) { body(x) }

  func replacingOperands(_ replacement: (Variable) throws -> Variable) rethrows -> Self {
    UnaryOperation(
      primitive: primitive, rules: rules, x: try replacement(x), attributes: attributes)
  }

  @inline(__always)
  func computed(in context: Context) throws -> Variable {
    try checked(.tensor(rules.kernel(plain(x), attributes)), primitive)
  }

  func computedOnDevice(in context: Context) throws -> Variable {
    try context.onDevice(primitive, [x], attributes) { [try rules.kernel($0[0], attributes)] }[0]
  }

  @inline(__always)
  func applied(below height: Int32) throws -> Variable {
    guard case .traced(let traced) = x else { return try computed(in: .current) }
    return try apply(primitive, traced.value, attributes)
  }

  @inline(__always)
  func node(_ kind: LevelKind, _ y: Variable, height: Int32, in context: Context) throws
    -> Variable
  {
    guard kind == .record || primitive.isTaped && y.dtype.isFloat && x.dtype.isFloat else {
      return y
    }
    return try context.kept(
      Traced(
        kind, value: y, height: Int(height), context: context, primitive: primitive,
        attributes: attributes, first: x))
  }

  @inline(__always)
  func dual(_ y: Variable, height: Int32, in context: Context) throws -> Variable {
    guard primitive.isDifferentiable, case .traced(let traced) = x, let dx = traced.tangent,
      y.dtype.isFloat, traced.value.dtype.isFloat
    else { return y }
    let primal = traced.value
    if primitive.squared != nil {
      return try dualRoot(primitive, of: x, y, attributes, height: height, in: context) {
        try rules.forward(primal, y, attributes, dx)
      }
    }
    return context.value(
      .dual, y, height: height, tangent: try rules.forward(primal, y, attributes, dx))
  }

  @inline(__always)
  func mapped(height: Int32, in context: Context) throws -> Variable {
    guard case .traced(let traced) = x else { return x }
    let x = traced.value
    let y =
      if let batch = rules.batch { try batch(x, attributes) } else {
        try apply(primitive, x, attributes)
      }
    return context.value(.batch, y, height: height)
  }
}

/// An operation on two operands.
struct BinaryOperation: LeveledOperation {
  let primitive: Primitive
  let rules: BinaryRules
  let a: Variable
  let b: Variable
  let attributes: Attributes

  @inline(__always)
  func forEachOperand(_ body: (Variable) -> Void) {
    body(a)
    body(b)
  }

  func replacingOperands(_ replacement: (Variable) throws -> Variable) rethrows -> Self {
    BinaryOperation(
      primitive: primitive, rules: rules, a: try replacement(a), b: try replacement(b),
      attributes: attributes)
  }

  @inline(__always)
  func computed(in context: Context) throws -> Variable {
    try checked(.tensor(rules.kernel(plain(a), plain(b), attributes)), primitive)
  }

  func computedOnDevice(in context: Context) throws -> Variable {
    try context.onDevice(primitive, [a, b], attributes) {
      [try rules.kernel($0[0], $0[1], attributes)]
    }[0]
  }

  @inline(__always)
  func applied(below height: Int32) throws -> Variable {
    try apply(primitive, lowered(a, height).0, lowered(b, height).0, attributes)
  }

  @inline(__always)
  func node(_ kind: LevelKind, _ y: Variable, height: Int32, in context: Context) throws
    -> Variable
  {
    guard
      kind == .record
        || primitive.isDifferentiable && y.dtype.isFloat
          && (isFollowed(a, height) || isFollowed(b, height))
    else { return y }
    return try context.kept(
      Traced(
        kind, value: y, height: Int(height), context: context, primitive: primitive,
        attributes: attributes, first: a, second: b))
  }

  @inline(__always)
  func dual(_ y: Variable, height: Int32, in context: Context) throws -> Variable {
    guard primitive.isDifferentiable, y.dtype.isFloat else { return y }
    let (da, db) = (tangent(a, height), tangent(b, height))
    guard da != nil || db != nil else { return y }
    return context.value(
      .dual, y, height: height,
      tangent: try rules.forward(
        lowered(a, height).0, lowered(b, height).0, y, attributes, da, db))
  }

  @inline(__always)
  func mapped(height: Int32, in context: Context) throws -> Variable {
    let ((a, aIsMapped), (b, bIsMapped)) = (lowered(a, height), lowered(b, height))
    let y: Variable
    if let batch = rules.batch {
      y = try batch(a, aIsMapped, b, bIsMapped, attributes)
    } else {
      let (s, t) = try aligned(a, aIsMapped, b, bIsMapped)
      y = try apply(primitive, s, t, attributes)
    }
    return context.value(.batch, y, height: height)
  }
}

/// An operation on any number of operands.
struct GeneralOperation: LeveledOperation {
  let primitive: Primitive
  let rules: GeneralRules
  let inputs: [Variable]
  let attributes: Attributes

  func forEachOperand(_ body: (Variable) -> Void) { inputs.forEach(body) }

  func replacingOperands(_ replacement: (Variable) throws -> Variable) rethrows -> Self {
    GeneralOperation(
      primitive: primitive, rules: rules, inputs: try inputs.map(replacement),
      attributes: attributes)
  }

  func computed(in context: Context) throws -> Variable {
    try checked(.tensor(rules.kernel(inputs.map(plain), attributes)), primitive)
  }

  func computedOnDevice(in context: Context) throws -> Variable {
    try context.onDevice(primitive, inputs, attributes) { [try rules.kernel($0, attributes)] }[0]
  }

  func applied(below height: Int32) throws -> Variable {
    try apply(primitive, inputs.map { lowered($0, height).0 }, attributes)
  }

  func node(_ kind: LevelKind, _ y: Variable, height: Int32, in context: Context) throws
    -> Variable
  {
    guard
      kind == .record
        || primitive.isDifferentiable && y.dtype.isFloat
          && inputs.contains(where: { isFollowed($0, height) })
    else { return y }
    return try context.kept(
      Traced(
        kind, value: y, height: Int(height), context: context, primitive: primitive,
        attributes: attributes, others: inputs))
  }

  func dual(_ y: Variable, height: Int32, in context: Context) throws -> Variable {
    guard primitive.isDifferentiable, y.dtype.isFloat else { return y }
    let tangents = inputs.map { tangent($0, height) }
    guard tangents.contains(where: { $0 != nil }) else { return y }
    return context.value(
      .dual, y, height: height,
      tangent: try rules.forward(inputs.map { lowered($0, height).0 }, y, attributes, tangents))
  }

  func mapped(height: Int32, in context: Context) throws -> Variable {
    let y = try rules.batch(
      inputs.map { lowered($0, height).0 }, inputs.map { lowered($0, height).1 },
      context.levels[Int(height)].size, attributes)
    return context.value(.batch, y, height: height)
  }
}

/// Whether an operand is a float of a height.
@inline(__always)
private func isFollowed(_ x: Variable, _ height: Int32) -> Bool {
  if case .traced(let traced) = x { traced.height == height && x.dtype.isFloat } else { false }
}
