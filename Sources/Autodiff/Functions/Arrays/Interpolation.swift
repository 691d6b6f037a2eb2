// Straight lines between points.

import Tensors

extension Variable {
  /// The values at these places of the lines through points, in the order of their first coordinates.
  ///
  ///     y = fₖ + (fₖ₊₁ - fₖ) (x - xₖ) / (xₖ₊₁ - xₖ)            xₖ ≤ x < xₖ₊₁
  ///
  /// Outside it is the first or the last value, or what is given for that side. At a point the derivative by the
  /// place is the slope behind it, at the last the one before.
  ///
  /// - Throws: a shape error where the coordinates are not two vectors of one length; a value error for none.
  public func interpolated(
    _ points: Variable, _ values: Variable, left: Scalar? = nil, right: Scalar? = nil
  ) throws -> Variable {
    guard points.rank == 1, points.shape == values.shape else {
      throw TensorError(
        .shape,
        "interp needs points of one axis with a value for each, and got "
          + "\(points.typeDescription) and \(values.typeDescription)")
    }
    let n = points.shape[0]
    guard n > 0 else { throw TensorError(.value, "interp needs at least one point") }
    let (x, xp, fp) = (try floating(), try points.floating(), try values.floating())
    let (first, last) = (try xp.indexed(at: 0), try xp.indexed(at: n - 1))
    var y = try n == 1 ? fp.indexed(at: 0) + (x - x) : x.onLines(through: xp, fp)
    let below = try left.map { try $0.like(y) } ?? fp.indexed(at: 0).converted(to: y.dtype)
    let above = try right.map { try $0.like(y) } ?? fp.indexed(at: n - 1).converted(to: y.dtype)
    y = try x.isLess(than: first).select(below, y)
    return try x.isGreater(than: last).select(above, y)
  }

  /// The lines between at least two points, which go on beyond the first and the last.
  private func onLines(through xp: Variable, _ fp: Variable) throws -> Variable {
    let n = xp.shape[0]
    let one = Variable.tensor(Tensor(1))
    let upper = try xp.searchsorted(self, right: true).maximum(one)
      .minimum(.tensor(Tensor(n - 1)))
    let lower = try upper - one
    let (x0, x1) = (try xp.take(lower), try xp.take(upper))
    let (f0, f1) = (try fp.take(lower), try fp.take(upper))
    let gap = try x1 - x0
    let isJump = try gap.isEqual(to: .number(0, like: gap))
    let slope = try (f1 - f0) / isJump.select(.number(1, like: gap), gap)
    let line = try f0 + slope * (self - x0)
    // An infinite value at a point does not spoil its neighbour's own place.
    let isPoint = try isEqual(to: x0).and(line.isfinite().not())
    return try isPoint.select(f0, line)
  }
}
