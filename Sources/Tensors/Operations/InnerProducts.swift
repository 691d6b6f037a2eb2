// Sums over pairs of elements, in one pass over both: inner products, mean squared differences and
// lengths.

internal import Kernels

extension Tensor {
  /// Σ a b of two vectors of one length and float dtype.
  static func dot(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    let result = try uninitialized(Shape(), a.dtype)
    _ = reduceRows(.dot, try a.contiguous(), with: try b.contiguous(), into: result)
    try Safepoint.look()
    return result
  }

  /// The mean of (a - b)² over axes, for floats of one shape and dtype; nan of no elements.
  package static func meanSquaredDifference(
    _ a: Tensor, _ b: Tensor, _ axes: AxisSet
  ) throws -> Tensor {
    let result = try uninitialized(a.reducedShape(axes, false), a.dtype)
    if result.count == 0 { return result }
    let (rows, others) = (
      try a.reducedLast(axes).contiguous(), try b.reducedLast(axes).contiguous()
    )
    _ = reduceRows(.squaredDistance, rows, with: others, into: result)
    try Safepoint.look()
    let extent = Double(a.count / result.count)
    guard result.count == 1 else {
      return try binary(.divide, result, Tensor(extent, dtype: a.dtype))
    }
    PlanRecorder.current?.binary(
      .divide, MOS_BOTH_VECTORS, (a.dtype, a.dtype), result, Tensor(extent, dtype: a.dtype), result)
    switch a.dtype {
    case .f32: result.header.data.assumingMemoryBound(to: Float.self).pointee /= Float(extent)
    default: result.header.data.assumingMemoryBound(to: Double.self).pointee /= extent
    }
    return result
  }

  /// The Euclidean norm over axes, √Σx², for floats; no square overflows or vanishes.
  public func norm(_ axes: AxisSet, keepAxes: Bool = false) throws -> Tensor {
    let result = try Tensor.uninitialized(reducedShape(axes, keepAxes), dtype)
    if result.count == 0 { return result }
    let rows = try reducedLast(axes).contiguous()
    _ = Tensor.reduceRows(.dot, rows, with: rows, into: result)
    try Safepoint.look()
    // Above the bound, squares that vanished do not count.
    let isSound =
      dtype == .f32
      ? result.allElements(of: Float.self) { $0 > 1e-24 && $0 < .infinity }
      : result.allElements(of: Double.self) { $0 > 1e-280 && $0 < .infinity }
    return isSound ? try Tensor.unary(.sqrt, result) : try scaledNorm(axes, keepAxes)
  }

  /// The norm by the greatest element: m √Σ(x/m)².
  private func scaledNorm(_ axes: AxisSet, _ keepAxes: Bool) throws -> Tensor {
    if count == 0 { return try sum(axes, keepAxes: keepAxes) }
    let largest = try Tensor.unary(.abs, self).max(axes, keepAxes: true)
    let isUsable = try Tensor.binary(
      .and, Tensor.unary(.isfinite, largest),
      Tensor.binary(.greater, largest, Tensor(0, dtype: dtype)))
    let scale = try Tensor.select(isUsable, largest, Tensor(1, dtype: dtype))
    let ratio = try Tensor.binary(.divide, self, scale)
    let root = try Tensor.unary(
      .sqrt, Tensor.binary(.multiply, ratio, ratio).sum(axes, keepAxes: true))
    let result = try Tensor.binary(.multiply, root, scale)
    return keepAxes ? result : try result.reshaped(reducedShape(axes, false))
  }

  /// Whether a test holds for every element of a contiguous tensor.
  private func allElements<T>(of _: T.Type, _ test: (T) -> Bool) -> Bool {
    withElements { elements in
      let elements = elements.assumingMemoryBound(to: T.self)
      return (0..<count).allSatisfy { test(elements[$0]) }
    }
  }
}
