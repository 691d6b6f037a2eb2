// The distributions of the standard library, which programs see without an import.

import Language

extension Builtins {
  static let standardDistributions = [
    Builtin(
      "Bernoulli(probs=nil, logits=nil)", of: "distributions",
      """
      1 with a probability, else 0: `probs`, or `logits`, log p - log(1 - p). Samples are floats. Like
      `Normal` it has `sample`, `log_prob`, `entropy`, `mean` and `variance`.

          print(Bernoulli(logits=0.0).log_prob([0.0, 1.0, 0.5]))      # [-0.693147, -0.693147, -inf]
          print(near(Bernoulli(0.25).entropy(), 0.5623351446188083))                                    # true
      """),
    Builtin(
      "Categorical(probs=nil, logits=nil)", of: "distributions",
      """
      One of the classes 0, 1, …: along the last axis of `probs`, which need not sum to 1, or of
      `logits`, to which a number may be added. Samples are i64; `log_prob` takes classes, and gives
      -inf for what is none. It has no mean: that is nan.

          seed(0)
          let d = Categorical(probs=[[1.0, 1.0], [0.0, 1.0]])
          print(d.sample(3).shape, d.sample(3).dtype, d.log_prob([0, 1]))    # (3, 2) i64 [-0.693147, 0.0]
      """),
    Builtin(
      "Poisson(rate)", of: "distributions",
      """
      How often something happens that happens at a rate, 0 or more; samples are floats.

          print(near(Poisson(3.0).log_prob(2.0), log(4.5) - 3.0), Poisson(3.0).variance)    # true 3.0
      """),
    Builtin(
      "Gamma(concentration, rate=1.0)", of: "distributions",
      """
      Positive numbers with the density `rate ** c * x ** (c - 1) * exp(-rate * x) / gamma(c)` of a
      concentration c. `sample` is differentiable in both, see `rand_gamma`.

          print(near(Gamma(2.0, 3.0).log_prob(1.0), log(9.0) - 3.0), near(Gamma(2.0, 4.0).mean, 0.5))    # true true
      """),
    Builtin(
      "Exponential(rate=1.0)", of: "distributions",
      """
      The time until something happens that happens at a rate; `sample` is differentiable.

          print(Exponential(2.0).mean, near(Exponential(2.0).log_prob(1.0), log(2.0) - 2.0))    # 0.5 true
      """),
    Builtin(
      "Beta(concentration1, concentration0)", of: "distributions",
      """
      Numbers between 0 and 1 with the density `x ** (c1 - 1) * (1 - x) ** (c0 - 1)`, times a constant;
      `sample` is differentiable in both.

          print(near(Beta(2.0, 2.0).log_prob(0.5), log(1.5)), Beta(2.0, 2.0).variance)    # true 0.05
      """),
    Builtin(
      "Laplace(loc=0.0, scale=1.0)", of: "distributions",
      """
      The density `exp(-abs(x - loc) / scale) / (2 scale)`; `sample` is differentiable in both.

          print(near(Laplace(1.0, 2.0).log_prob(3.0), -1.0 - log(4.0)), Laplace(1.0, 2.0).variance)    # true 8.0
      """),
    Builtin(
      "StudentT(df, loc=0.0, scale=1.0)", of: "distributions",
      """
      Student's t: of a density like a normal one with heavier tails the fewer degrees of freedom it has;
      `sample` is differentiable in all three. The mean is nan up to one degree of freedom, and the
      variance infinite up to two.

          print(near(StudentT(1.0).log_prob(0.0), -log(pi)), StudentT(4.0).variance)    # true 2.0
      """),
    Builtin(
      "Dirichlet(concentration)", of: "distributions",
      """
      Shares along the last axis, which are positive and sum to 1; `sample` is differentiable.

          print(near(Dirichlet(ones(3)).log_prob([0.2, 0.3, 0.5]), log(2.0)), Dirichlet([1.0, 3.0]).mean)    # true [0.25, 0.75]
      """),
    Builtin(
      "MultivariateNormal(loc, covariance_matrix=nil, precision_matrix=nil, scale_tril=nil)",
      of: "distributions",
      """
      Normal numbers along the last axis with their covariances, or the inverse of these, or a lower
      triangular L with `L @ L.T` the covariances: one of the three. `sample` is differentiable.

          let d = MultivariateNormal([1.0, 0.0], covariance_matrix=[[2.0, 0.5], [0.5, 1.0]])
          print(d.sample(5).shape, near(d.log_prob([1.0, 0.0]), -log(2.0 * pi) - 0.5 * log(1.75)))    # (5, 2) true
      """),
    Builtin(
      "kl(p, q)", of: "distributions",
      """
      The divergence of a distribution q from p after Kullback and Leibler, the mean of `p.log_prob(x) -
      q.log_prob(x)` over x of p, for all pairs of families that PyTorch has a formula for; inf where p
      can be where q cannot. Differentiable in the parameters of both.

          print(near(kl(Normal(1.0, 1.0), Normal(0.0, 1.0)), 0.5), kl(Normal(), Gamma(1.0)))    # true inf
      """),
    Builtin(
      "variance(d)", of: "distributions",
      """
      The variance of a distribution, `d.variance`; of numbers it is `var`. `mean(d)` is `d.mean`.

          print(variance(Poisson(2.0)), mean(Poisson(2.0)))    # 2.0 2.0
      """),
    Builtin(
      "gumbel_softmax(logits, tau=1.0, hard=false, axis=-1, key=nil)", of: "distributions",
      """
      Random numbers between 0 and 1 that sum to 1 along an axis, the nearer to one class the lower tau is:
      `softmax((logits + noise) / tau)`, differentiable in both. With `hard=true` they are 1 for the
      greatest and 0 for the others, with the derivatives of the soft ones.

          seed(0)
          let x = gumbel_softmax(zeros(100, 3), hard=true)
          print(near(sum(x, axis=1), ones(100)), max(x))    # true 1.0
      """),
  ]
}
