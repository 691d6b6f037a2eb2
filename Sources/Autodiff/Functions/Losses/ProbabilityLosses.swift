// Losses that are logarithms of probabilities: of two outcomes, of distributions, of a normal and a Poisson
// law.

import Tensors

extension Bounds {
  fileprivate static let probability = Bounds(
    "a probability of binary_cross_entropy", "from 0 to 1", from: 0, to: 1,
    hint: "numbers of any size are logits: from_logits=true")

  fileprivate static let divergenceTarget = Bounds(
    "a target of kl_div", "0 or more", from: 0,
    hint: "logarithms of probabilities: log_target=true")

  fileprivate static let variance = Bounds("a variance of gaussian_nll_loss", "0 or more", from: 0)

  fileprivate static let leastVariance = Bounds(
    "`eps` of gaussian_nll_loss", "above 0", from: .leastNonzeroMagnitude)

  fileprivate static let poissonEpsilon = Bounds("`eps` of poisson_nll_loss", "0 or more", from: 0)
}

extension Variable {
  /// The cross entropy of these probabilities and targets of 0 and 1, element by element; the
  /// logarithms are kept above -100, as PyTorch does.
  ///
  /// - Parameter weight: what each element counts; the mean still divides by their number.
  public func binaryCrossEntropy(
    _ target: Variable, weight: Variable? = nil, _ reduction: LossReduction = .mean
  ) throws -> Variable {
    let target = try self.target(target, of: "binary_cross_entropy")
    let p = try floating().bounded(by: .probability)
    let least = Variable.number(-100, like: p)
    let yes = try p.log().clip(least, nil)
    let no = try (-p).log1p().clip(least, nil)
    let loss = try -(target * yes + (1 - target.floating()) * no)
    return try loss.weighed(weight, of: "binary_cross_entropy").reduced(reduction)
  }

  /// The cross entropy of these logits and targets of 0 and 1, element by element.
  ///
  ///     w (p t log(1 + e⁻ˣ) + (1 - t) log(1 + eˣ))
  ///
  /// - Parameters:
  ///   - weight: w, what each element counts; the mean still divides by their number.
  ///   - positiveWeight: p, what targets of 1 count more.
  ///   - loss: what messages call it.
  public func binaryCrossEntropyWithLogits(
    _ target: Variable, weight: Variable? = nil, positiveWeight: Variable? = nil,
    of loss: String = "binary_cross_entropy_with_logits", _ reduction: LossReduction = .mean
  ) throws -> Variable {
    let (x, t) = (try floating(), try self.target(target, of: loss).floating())
    // What a target of 0 or 1 leaves out stays out, infinite as it may be.
    var yes = try t.scaled(by: (-x).softplus())
    if let positiveWeight {
      yes = try yes * x.weights(positiveWeight, of: loss, named: "pos_weight")
    }
    let value = try yes + (1 - t).scaled(by: x.softplus())
    return try value.weighed(weight, of: loss).reduced(reduction)
  }

  private func weighed(_ weight: Variable?, of loss: String) throws -> Variable {
    guard let weight else { return self }
    return try self * weights(weight, of: loss)
  }

  /// The divergence of target probabilities from these log-probabilities: Σ t (log t - x).
  public func klDivergence(
    _ target: Variable, _ reduction: LossReduction = .mean
  ) throws -> Variable {
    let t = try self.target(target, of: "kl_div").floating().bounded(by: .divergenceTarget)
    let zero = Variable.number(0, like: t)
    let isPositive = try t.isGreater(than: zero)
    let logarithm = try isPositive.select(t, .number(1, like: t)).log()
    return try isPositive.select(t * (logarithm - self), zero).reduced(reduction)
  }

  /// The negative logarithm of the density that a normal law with these means has at the target.
  ///
  ///     v = max(variance, ε)            (log v + (x - t)² / v) / 2, and log(2π) / 2 for the whole of it
  ///
  /// The derivative by the variance passes the maximum as if it was not there, as PyTorch has it.
  ///
  /// - Parameter variance: of this shape, or with a last axis of 1 or without it, or one number.
  public func normalLikelihoodLoss(
    _ target: Variable, variance: Variable, isWhole: Bool = false, epsilon: Scalar = 1e-6,
    _ reduction: LossReduction = .mean
  ) throws -> Variable {
    let (x, target) = (try floating(), try self.target(target, of: "gaussian_nll_loss"))
    let given = try x.variances(variance).floating().bounded(by: .variance)
    let least = try epsilon.bounded(by: .leastVariance).like(given)
    let raised = try given + stopGradient(least - given)
    let v = try given.isLess(than: least).select(raised, given)
    let loss = try (v.log() + (x - target).square() / v) * 0.5
    return try (isWhole ? loss + 0.9189385332046727 : loss).reduced(reduction)
  }

  private func variances(_ variance: Variable) throws -> Variable {
    if variance.shape == shape || variance.rank == 0 { return variance }
    if rank > 0 {
      let last = rank - 1
      if variance.shape == shape.removing(axis: last) { return try variance.expanded(at: -1) }
      if variance.shape == shape.keeping(AxisSet(last)) { return variance }
    }
    throw TensorError(
      .shape,
      "gaussian_nll_loss does not fit a prediction of \(typeDescription) and a variance of "
        + variance.typeDescription,
      hint: "there is one variance for each element, for each row, or for all")
  }

  /// The negative logarithm of the probability of counts under a Poisson law.
  ///
  ///     rates eˣ: eˣ - t x            rates x: x - t log(x + ε)
  ///
  /// The whole of it has Stirling's approximation of log t! for t above 1.
  public func poissonLikelihoodLoss(
    _ target: Variable, isLogarithm: Bool = true, isWhole: Bool = false, epsilon: Scalar = 1e-8,
    _ reduction: LossReduction = .mean
  ) throws -> Variable {
    let x = try floating()
    let t = try self.target(target, of: "poisson_nll_loss").floating()
    let epsilon = try epsilon.bounded(by: .poissonEpsilon)
    var loss = try isLogarithm ? x.exp() - t * x : x - t * (x + epsilon).log()
    if isWhole {
      let isLarge = try t.isGreater(than: .number(1, like: t))
      let n = try isLarge.select(t, .number(2, like: t))
      let stirling = try n * n.log() - n + (n * 6.283185307179586).log() * 0.5
      loss = try loss + isLarge.select(stirling, .number(0, like: t))
    }
    return try loss.reduced(reduction)
  }
}
