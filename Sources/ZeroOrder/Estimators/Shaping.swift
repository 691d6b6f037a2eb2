// What a population's values count for: as they are, or only their order, or their spread.
//
// Shaped values are no longer those of the function: the estimate stands for a direction that does
// not depend on the function's scale or outliers, and must not be added to true gradients.

import Autodiff
import Tensors

/// How values become weights.
public enum FitnessShaping: String, Sendable, CaseIterable {
  /// The values.
  case none
  /// Their places among all, from -½ for the least to ½ for the greatest.
  case ranks
  /// Their distance from the mean in standard deviations.
  case zscore
}

extension FiniteSamples {
  /// The distances from the mean in standard deviations, both those of the samples that count; 0 for
  /// others.
  func zscores(of values: Variable) throws -> Variable {
    let distance = try clearing(values - clearing(values).sum() * share)
    let variance = try distance.square().sum() * share
    let isSpread = try variance.isGreater(than: .number(0, like: variance))
    return try distance * isSpread.select(variance, variance.onesLike()).rsqrt()
  }
}

/// Ranks between -½ and ½, ties with the mean of their ranks, nan as the worst.
///
///     u = r / (P - 1) - ½        r = the number below + half the number of others that are equal
///
/// Ranks do not change with small changes, so their derivative is 0.
public func centeredRanks(_ values: Variable) throws -> Variable {
  let population = values.count
  guard population > 1 else { return try values.zerosLike() }
  let fixed = stopGradient(values)
  let worst = Variable.number(.infinity, like: fixed)
  let order = try fixed.isnan().select(worst, fixed)
  let (rows, columns) = (try order.expanded(at: 1), try order.expanded(at: 0))
  let below = try rows.isGreater(than: columns).converted(to: fixed.dtype)
  let equal = try rows.isEqual(to: columns).converted(to: fixed.dtype)
  let rank = try (below + equal * 0.5).sum(axes: AxisSet(1)) - 0.5
  return try rank / Double(population - 1) - 0.5
}
