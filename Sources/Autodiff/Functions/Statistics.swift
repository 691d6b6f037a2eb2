// Means, spreads and quantiles, out of sums and sorts.

import Tensors

extension Bounds {
  fileprivate static let quantile = Bounds("a quantile", "from 0 to 1", from: 0, to: 1)
}

extension Variable {
  /// The arithmetic mean over axes; nan of no elements.
  public func mean(axes: AxisSet, keepAxes: Bool = false) throws -> Variable {
    try floating().sum(axes: axes, keepAxes: keepAxes) / Double(shape.count(of: axes))
  }

  /// The mean of all elements.
  public func mean() throws -> Variable { try mean(axes: .all(rank: rank)) }

  /// The mean squared distance from the mean: the sum divided by n - `correction`.
  ///
  /// Over all axes unless they are given. Of one element it is 0, and so is its derivative; nan where
  /// nothing is left to divide by.
  public func variance(
    axes: AxisSet? = nil, correction: Double = 0, keepAxes: Bool = false
  ) throws -> Variable {
    let axes = axes ?? .all(rank: rank)
    let x = try floating()
    let distance = try x - x.mean(axes: axes, keepAxes: true)
    let sum = try distance.square().sum(axes: axes, keepAxes: keepAxes)
    return try sum / Swift.max(Double(shape.count(of: axes)) - correction, 0)
  }

  /// The square root of the variance; its derivative is 0 where that is 0.
  public func standardDeviation(
    axes: AxisSet? = nil, correction: Double = 0, keepAxes: Bool = false
  ) throws -> Variable {
    try variance(axes: axes, correction: correction, keepAxes: keepAxes).sqrt()
  }

  /// The q-quantile over all axes unless they are given, interpolated linearly; the median for
  /// q = 1/2.
  ///
  /// - Throws: a value error for q outside 0 to 1 or no elements.
  public func quantile(
    _ q: Scalar, axes: AxisSet? = nil, keepAxes: Bool = false
  ) throws -> Variable {
    let axes = axes ?? .all(rank: rank)
    let x = try floating()
    let kept = (0..<rank).filter { !axes.contains($0) }
    let reduced = (0..<rank).filter(axes.contains)
    let n = shape.count(of: axes)
    guard n > 0 else { throw TensorError(.value, "an empty axis has no quantiles") }
    let rows = try x.permute(kept + reduced).reshape(to: Shape(kept.map { shape[$0] } + [n]))
    let sorted = try rows.sort(axis: -1)
    let part = try q.bounded(by: .quantile)
    let between =
      switch part {
      case .number(let q): try sorted.quantileOfSorted(QuantilePlace(q, of: n))
      case .variable(let q): try sorted.quantileOfSorted(q)
      case .counted(let q): try sorted.quantileOfSorted(QuantilePlace(q.decided, of: n))
      }
    // A nan sorts last, and a row that has one has no order.
    let last = try sorted.sliced(axis: -1, from: n - 1, to: n)
    let value = try last.isNotEqual(to: last).select(last, between)
    return try value.reshape(to: keepAxes ? shape.keeping(axes) : shape.reducing(axes))
  }

  /// The quantile of rows that are in order, along the last axis, which stays.
  private func quantileOfSorted(_ place: QuantilePlace) throws -> Variable {
    let lower = try sliced(axis: -1, from: place.lower, to: place.lower + 1)
    let upper = try sliced(axis: -1, from: place.upper, to: place.upper + 1)
    // Weight 0 leaves the upper one out, so that an infinite one does not make nan.
    guard place.weight != 0 else { return lower }
    return try lower.settled(below: upper, between: lower + (upper - lower) * place.weight)
  }

  /// What lies between this and a greater element: this where it is infinite and the other is not the opposite
  /// infinity, of which the line knows nothing.
  private func settled(below upper: Variable, between line: Variable) throws -> Variable {
    try isinf().and(upper.isEqual(to: self).or(upper.isfinite())).select(self, line)
  }

  /// The same for a q that gradients reach; the derivative by it at an element is 0.
  ///
  ///     p = q (n - 1),  k = ⌊p⌋            y = xₖ + (xₖ₊₁ - xₖ) (p - k)
  private func quantileOfSorted(_ q: Variable) throws -> Variable {
    let last = Double(shape[rank - 1] - 1)
    let place = try q.converted(to: dtype) * last
    let below = try place.floor()
    let above = try (below + 1).minimum(.number(last, like: below))
    let lower = try take(below.converted(to: .i64), axis: -1).expanded(at: -1)
    let upper = try take(above.converted(to: .i64), axis: -1).expanded(at: -1)
    let weight = try place - below
    let isElement = try weight.isEqual(to: .number(0, like: weight))
    let line = try lower.settled(below: upper, between: lower + (upper - lower) * weight)
    return try isElement.select(lower, line)
  }

  /// The median over all axes unless they are given: the mean of the two middle elements where
  /// their number is even.
  public func median(axes: AxisSet? = nil, keepAxes: Bool = false) throws -> Variable {
    try quantile(0.5, axes: axes, keepAxes: keepAxes)
  }

  /// The norm of order p over all axes unless they are given: `(Σ |x|ᵖ)^(1/p)`, the greatest |x|
  /// for inf, the least for -inf, the number of elements other than 0 for 0. The derivative at 0
  /// is 0.
  public func norm(
    order p: Double, axes: AxisSet? = nil, keepAxes: Bool = false
  ) throws -> Variable {
    let axes = axes ?? .all(rank: rank)
    if p == 2 { return try norm(axes: axes, keepAxes: keepAxes) }
    let x = try floating()
    if p == 1 { return try x.abs().sum(axes: axes, keepAxes: keepAxes) }
    if p == .infinity {
      return x.shape.count(of: axes) == 0
        ? try x.sum(axes: axes, keepAxes: keepAxes)
        : try x.abs().max(axes: axes, keepAxes: keepAxes)
    }
    if p == -.infinity { return try x.abs().min(axes: axes, keepAxes: keepAxes) }
    if p == 0 {
      return try x.isNotEqual(to: .number(0, like: x)).converted(to: x.dtype)
        .sum(axes: axes, keepAxes: keepAxes)
    }
    return try x.abs().power(p).sum(axes: axes, keepAxes: keepAxes).power(1 / p)
  }
}
