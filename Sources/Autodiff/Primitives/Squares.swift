// Squares of roots. √ and norms have no derivative at 0, and rules that see one operation cannot
// know that their square has: ‖x‖² is smooth with the Hessian 2 I, and the rules one by one give 0.
// So an operation names in its declaration, as `squared`, the operation whose result is the
// square of its own, and whoever squares its result applies that. The values are the same to
// the last bit.

import Devices
import Tensors

extension Primitive {
  /// The square of the Euclidean norm over axes.
  ///
  ///     y = Σx²            ∂y/∂x = 2x
  static let squaredNorm: Primitive = Primitive(
    reduction: "squared_norm",
    kernel: { try Tensor.unary(.square, $0.norm($1, keepAxes: $2)) },
    again: { try apply(.squaredNorm, $0, .axes($1, keepAxes: $2)) },
    weights: { x, _, _ in try x + x },
    device: DeviceForms.overAxes {
      try $0.norm($1, keepAxes: $2).flatMap { try $0.squared() }
    })

  /// The square of the root, elementwise.
  ///
  ///     y = (√x)²            y' = 1 for x ≥ 0, else nan
  static let squaredRoot: Primitive = Primitive(
    "squared_sqrt",
    kernel: { x, _ in try Tensor.unary(.square, Tensor.unary(.sqrt, x)) },
    forward: { x, y, _, t in try t.alongSquaredRoot(of: x, y) },
    reverse: { x, y, _, t in try t.alongSquaredRoot(of: x, y) },
    device: DeviceForms.tensor { x, _ in
      try DeviceTensor.unary(.sqrt, .tensor(x), on: x.device).flatMap { try $0.squared() }
    })
}

extension Variable {
  fileprivate func alongSquaredRoot(of x: Variable, _ y: Variable) throws -> Variable {
    try x.isGreaterOrEqual(to: .number(0, like: x)).select(self, scaled(by: stopGradient(y)))
  }
}

extension Traced {
  /// The operation whose result is the square of this one, with its operand.
  @inline(__always)
  var squared: (Primitive, of: Variable, Attributes)? {
    guard let squared = primitive?.squared, let operand = kind == .dual ? second : first else {
      return nil
    }
    return (squared, operand, attributes)
  }
}

/// The square of what has a smoother one, if this is that; else nil.
@inline(__always)
func applySquared(_ p: Primitive, _ x: Variable) throws -> Variable? {
  guard case .traced(let traced) = x, let (squared, operand, attributes) = traced.squared,
    p === Primitive.square
  else { return nil }
  return try apply(squared, operand, attributes)
}

/// The same for `x * x` and `x ** 2`.
@inline(__always)
func applySquared(_ p: Primitive, _ a: Variable, _ b: Variable) throws -> Variable? {
  guard case .traced(let traced) = a, let (squared, operand, attributes) = traced.squared else {
    return nil
  }
  switch b {
  case .traced(let other):
    guard other === traced, p === Primitive.multiply else { return nil }
  case .tensor(let exponent):
    guard p === Primitive.power, exponent.shape.rank == 0, exponent.dtype == a.dtype,
      exponent.firstDouble == 2
    else { return nil }
  case .placed: return nil
  }
  return try apply(squared, operand, attributes)
}

/// The dual number of a root. Forward mode computes the tangent before anyone knows whether the root
/// will be squared, so that a derivative which its slope does not have is told by who uses it.
func dualRoot(
  _ p: Primitive, of x: Variable, _ y: Variable, _ attributes: Attributes, height: Int32,
  in context: Context, tangent: () throws -> Variable
) throws -> Variable {
  let outer = (context.holdsSlopes, context.hasHeldSlope)
  (context.holdsSlopes, context.hasHeldSlope) = (true, false)
  defer { (context.holdsSlopes, context.hasHeldSlope) = outer }
  let dual = Traced(
    .dual, value: y, height: Int(height), context: context, primitive: p,
    attributes: attributes, first: try tangent(), second: withoutOperand(x, in: context))
  dual.hasUntoldSlope = context.hasHeldSlope
  return .traced(dual)
}

/// A root that is the operand of another lets go of its own: a chain of roots keeps one.
private func withoutOperand(_ x: Variable, in context: Context) -> Variable {
  guard case .traced(let traced) = x, traced.second != nil else { return x }
  let copy = Traced(
    .dual, value: traced.value, height: Int(traced.height), context: context, primitive: nil,
    first: traced.first)
  copy.hasUntoldSlope = traced.hasUntoldSlope
  return .traced(copy)
}

extension Traced {
  @inline(never)
  func tellSlope() {
    hasUntoldSlope = false
    MissingDerivative.slope.tell(at: place)
  }
}
