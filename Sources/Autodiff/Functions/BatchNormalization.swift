// Batch normalization (Ioffe and Szegedy, 2015), of what has its channels on axis 1.

import Tensors

/// The running mean and variance of each channel, either of which may be missing.
public struct RunningStatistics {
  public var mean: Variable?
  public var variance: Variable?

  /// Statistics of as many elements as there are channels.
  public init(mean: Variable?, variance: Variable?) {
    self.mean = mean
    self.variance = variance
  }
}

extension Variable {
  private func checkChannels() throws {
    guard rank >= 2 else {
      throw TensorError(
        .shape,
        "batch_norm needs an axis of examples and one of channels, and got \(typeDescription)")
    }
  }

  /// Each channel with the mean and variance given, normalized with these and then scaled and shifted.
  public func batchNormalized(
    by statistics: RunningStatistics, weight: Variable?, bias: Variable?, epsilon: Scalar = 1e-5
  ) throws -> Variable {
    let x = try floating()
    try x.checkChannels()
    guard let mean = statistics.mean, let variance = statistics.variance else {
      throw TensorError(
        .value, "batch_norm that is not training needs a mean and a variance",
        hint: "training=true takes those of x")
    }
    let scale = try (x.ofChannels(variance, "var", "batch_norm") + epsilon).rsqrt()
    return try ((x - x.ofChannels(mean, "mean", "batch_norm")) * scale)
      .affineByChannel(weight, bias, "batch_norm")
  }

  /// Each channel normalized with its own mean and variance over all else, and the running statistics,
  /// of which a part `momentum` is now these; their variance is that of n - 1.
  public func batchNormalized(
    updating statistics: RunningStatistics, weight: Variable?, bias: Variable?,
    momentum: Scalar = 0.1, epsilon: Scalar = 1e-5
  ) throws -> (y: Variable, statistics: RunningStatistics) {
    let x = try floating()
    try x.checkChannels()
    let (channels, n) = (x.shape[1], x.count / Swift.max(x.shape[1], 1))
    guard n > 1 || channels == 0 else {
      throw TensorError(
        .value,
        "batch_norm in training needs more than one value of each channel, and got "
          + typeDescription,
        hint: "one value has no variance; training=false takes the running statistics")
    }
    let axes = AxisSet(bits: AxisSet.all(rank: x.rank).bits & ~AxisSet(1).bits)
    let y = try x.standardized(axes: axes, epsilon: epsilon)
      .affineByChannel(weight, bias, "batch_norm")
    var moved = statistics
    if statistics.mean != nil || statistics.variance != nil {
      let x = stopGradient(x)
      let mean = try x.mean(axes: axes, keepAxes: true)
      func towards(_ new: Variable, _ old: Variable) throws -> Variable {
        _ = try x.ofChannels(old, "running statistic", "batch_norm")
        return try old + momentum.like(old) * (new.reshape(to: old.shape) - old)
      }
      moved.mean = try statistics.mean.map { try towards(mean, $0) }
      moved.variance = try statistics.variance.map { old in
        let sum = try (x - mean).square().sum(axes: axes, keepAxes: false)
        return try towards(sum / Double(n - 1), old)
      }
    }
    return (y, moved)
  }
}
