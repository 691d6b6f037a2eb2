// Reductions that leave nan out, as NumPy's do; where all is nan, so is the result, but for a sum's 0.

import Tensors

extension Variable {
  /// The elements with a number in the place of nan, where the derivative is 0.
  private func replacingNaN(by number: Double) throws -> Variable {
    guard dtype.isFloat else { return self }
    return try isnan().select(.number(number, like: self), self)
  }

  /// How many elements over axes are not nan, in this dtype.
  private func countOfNumbers(axes: AxisSet, keepAxes: Bool) throws -> Variable {
    try isnan().not().converted(to: dtype).sum(axes: axes, keepAxes: keepAxes)
  }

  /// The sum over axes of the elements that are not nan.
  public func nanSum(axes: AxisSet, keepAxes: Bool = false) throws -> Variable {
    try replacingNaN(by: 0).sum(axes: axes, keepAxes: keepAxes)
  }

  /// The mean over axes of the elements that are not nan.
  public func nanMean(axes: AxisSet, keepAxes: Bool = false) throws -> Variable {
    let x = try floating()
    return try x.nanSum(axes: axes, keepAxes: keepAxes)
      / x.countOfNumbers(axes: axes, keepAxes: keepAxes)
  }

  /// The variance over axes of the elements that are not nan: the sum of squares divided by their number
  /// less `correction`, nan where nothing is left to divide by.
  public func nanVariance(
    axes: AxisSet, correction: Double = 0, keepAxes: Bool = false
  ) throws -> Variable {
    let x = try floating()
    let distance = try x - x.nanMean(axes: axes, keepAxes: true)
    // What is not a number counts as the mean itself.
    let sum = try x.isnan().select(.number(0, like: x), distance).square()
      .sum(axes: axes, keepAxes: keepAxes)
    let divisor = try x.countOfNumbers(axes: axes, keepAxes: keepAxes) - correction
    let zero = Variable.number(0, like: x)
    return try divisor.isGreater(than: zero).select(sum / divisor, .number(.nan, like: x))
  }

  /// The square root of `nanVariance`; its derivative is 0 where that is 0.
  public func nanStandardDeviation(
    axes: AxisSet, correction: Double = 0, keepAxes: Bool = false
  ) throws -> Variable {
    try nanVariance(axes: axes, correction: correction, keepAxes: keepAxes).sqrt()
  }

  /// The greatest over axes of the elements that are not nan.
  public func nanMax(axes: AxisSet, keepAxes: Bool = false) throws -> Variable {
    guard dtype.isFloat else { return try max(axes: axes, keepAxes: keepAxes) }
    let greatest = try replacingNaN(by: -.infinity).max(axes: axes, keepAxes: keepAxes)
    return try isnan().all(axes: axes, keepAxes: keepAxes)
      .select(.number(.nan, like: self), greatest)
  }

  /// The least over axes of the elements that are not nan.
  public func nanMin(axes: AxisSet, keepAxes: Bool = false) throws -> Variable {
    guard dtype.isFloat else { return try min(axes: axes, keepAxes: keepAxes) }
    let least = try replacingNaN(by: .infinity).min(axes: axes, keepAxes: keepAxes)
    return try isnan().all(axes: axes, keepAxes: keepAxes)
      .select(.number(.nan, like: self), least)
  }

  /// The median over axes of the elements that are not nan.
  ///
  /// - Throws: a value error for no elements.
  public func nanMedian(axes: AxisSet, keepAxes: Bool = false) throws -> Variable {
    let x = try floating()
    let kept = (0..<rank).filter { !axes.contains($0) }
    let reduced = (0..<rank).filter(axes.contains)
    let n = shape.count(of: axes)
    guard n > 0 else { throw TensorError(.value, "an empty axis has no median") }
    let rows = try x.permute(kept + reduced).reshape(to: Shape(kept.map { shape[$0] } + [n]))
    // Nan sorts last, so that the numbers of a row are its first.
    let sorted = try rows.sort(axis: -1)
    let last = AxisSet(rows.rank - 1)
    let count = try rows.isnan().not().converted(to: .i64).sum(axes: last, keepAxes: true)
    let (one, two) = (Variable.tensor(Tensor(1)), Variable.tensor(Tensor(2)))
    let lower = try (count - one).maximum(.tensor(Tensor(0))).floorDivided(by: two)
    let upper = try count.floorDivided(by: two).minimum(.tensor(Tensor(n - 1)))
    let (a, b) = (try sorted.gather(lower, axis: -1), try sorted.gather(upper, axis: -1))
    let median = try lower.isEqual(to: upper).select(a, a * 0.5 + b * 0.5)
    return try median.reshape(to: keepAxes ? shape.keeping(axes) : shape.reducing(axes))
  }
}
