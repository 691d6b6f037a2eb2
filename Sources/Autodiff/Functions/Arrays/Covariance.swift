// Averages with weights, and how rows of numbers vary together, as in NumPy.

import Tensors

extension Bounds {
  /// Of the size of a sum.
  fileprivate static let sumOfWeights = Bounds(from: .leastNonzeroMagnitude, to: .infinity) { _ in
    TensorError(.value, "the weights of average add up to 0")
  }

  fileprivate static let covarianceWeights = Bounds("a weight of cov", "0 or more", from: 0)
}

extension Variable {
  /// `Σ w x / Σ w` over axes, all unless they are given.
  ///
  /// - Parameter weights: of this shape, or of the extents of the given axes, in their order.
  /// - Throws: a shape error for other weights; a value error where they add up to 0.
  public func average(
    axes given: [Int]? = nil, weights: Variable, keepAxes: Bool = false
  ) throws -> Variable {
    let order = try given?.map(shape.axis)
    let axes = try given.map { try AxisSet($0, of: shape) } ?? .all(rank: rank)
    let x = try floating()
    let w = try weights.floating().weights(of: x, along: order).broadcast(to: shape)
    let total = try w.sum(axes: axes, keepAxes: keepAxes)
    let divisor = try total.abs().bounded(by: .sumOfWeights) * total.sign()
    return try (x * w).sum(axes: axes, keepAxes: keepAxes) / divisor
  }

  /// These weights with axes that line up with another tensor's.
  private func weights(of x: Variable, along order: [Int]?) throws -> Variable {
    if shape == x.shape { return self }
    guard let order, shape.array == order.map({ x.shape[$0] }) else {
      throw TensorError(
        .shape, "average does not fit \(x.typeDescription) and weights of \(typeDescription)",
        hint: "weights have the shape of x, or the extents of the axes that are named")
    }
    var target = Shape(trusted: Array(repeating: 1, count: x.rank))
    for axis in order { target[axis] = x.shape[axis] }
    return try permute(order.indices.sorted { order[$0] < order[$1] }).reshape(to: target)
  }

  /// The covariances of the rows of a matrix, each a variable with an observation in each column.
  ///
  ///     C = (X - X̄) W (X - X̄)ᵀ / (Σ w - correction)            X̄ = Σ w x / Σ w
  ///
  /// - Parameters:
  ///   - counts: how often each observation occurred.
  ///   - weights: how much each observation weighs.
  public func covariance(
    correction: Double = 1, counts: Variable? = nil, weights: Variable? = nil
  ) throws -> Variable {
    let x = try floating()
    let n = shape[1]
    guard counts != nil || weights != nil else {
      let distance = try x - x.mean(axes: AxisSet(1), keepAxes: true)
      return try distance.matmul(distance.transposed()) / Swift.max(Double(n) - correction, 0)
    }
    let f = try counts?.observationWeights(n, "counts").converted(to: x.dtype)
    let a = try weights?.observationWeights(n, "weights").converted(to: x.dtype)
    guard let w = try f.map({ f in try a.map { try f * $0 } ?? f }) ?? a else { return x }
    let total = try w.sum()
    let distance = try x - (x * w).sum(axes: AxisSet(1), keepAxes: true) / total
    let removed = try a.map { try (w * $0).sum() / total * correction }
    let divisor = try removed.map { try total - $0 } ?? total - correction
    return try (distance * w).matmul(distance.transposed()) / divisor.relu()
  }

  private func observationWeights(_ count: Int, _ name: String) throws -> Variable {
    guard rank == 1, shape[0] == count else {
      throw TensorError(
        .shape, "cov needs \(name) for \(count) observations, and got \(typeDescription)")
    }
    return try bounded(by: .covarianceWeights)
  }

  /// Covariances divided by the standard deviations of both rows; nan for a row that does not vary.
  public func correlation() throws -> Variable {
    let deviation = try diagonal().sqrt()
    let quotient = try self / deviation.expanded(at: 1) / deviation.expanded(at: 0)
    // Rounding alone leads out of -1 to 1, and has no derivative.
    let one = Variable.number(1, like: quotient)
    return try quotient + stopGradient(quotient.clip(-one, one) - quotient)
  }
}
