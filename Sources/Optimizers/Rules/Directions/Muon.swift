// Muon: matrices step by the orthogonal matrix that is nearest to their momentum.

import Autodiff
import Tensors

/// How Muon makes matrices orthogonal.
public struct MuonRule: Sendable {
  /// What a matrix is divided by before the first iteration.
  public enum Preconditioning: String, Sendable, CaseIterable {
    /// The root of the sum of its squares.
    case frobenius
    /// Its greatest singular value.
    case spectral
    /// The roots of the sums of the rows of |X Xᵀ|.
    case aol
    /// The root of the norm of X Xᵀ.
    case schatten
  }

  /// a, b and c of each iteration.
  public var coefficients: [[Double]]
  /// What keeps divisors from 0.
  public var epsilon: Double
  public var preconditioning: Preconditioning

  /// Coefficients by which every singular value comes near 1 in five iterations.
  public static let standard = [3.4445, -4.7750, 2.0315]
  /// Coefficients of Dion (Ahn et al. 2025), one row for each of five iterations.
  public static let dion = [
    [4.0848, -6.8946, 2.9270], [3.9505, -6.3029, 2.6377], [3.7418, -5.5913, 2.3037],
    [2.8769, -3.1427, 1.2046], [2.8366, -3.0525, 1.2012],
  ]

  /// A rule by its numbers.
  ///
  /// - Parameter coefficients: one row for all iterations, or a row for each.
  /// - Throws: a value error for numbers out of their ranges.
  public init(
    coefficients: [[Double]] = [MuonRule.standard], steps: Int = 5, epsilon: Double = 1e-8,
    preconditioning: Preconditioning = .frobenius
  ) throws {
    guard (1...1000).contains(steps) else {
      throw TensorError(.value, "ns_steps must be from 1 to 1000, not \(steps)")
    }
    guard coefficients.allSatisfy({ $0.count == 3 }), !coefficients.isEmpty,
      coefficients.count == 1 || coefficients.count == steps
    else {
      throw TensorError(
        .value,
        "ns_coeffs are three numbers, or three for each of \(steps) iterations: "
          + "rows of \(coefficients.map(\.count)) were given")
    }
    try Hyperparameter.number(epsilon).require("eps", .nonNegative)
    self.coefficients =
      coefficients.count == steps
      ? coefficients : Array(repeating: coefficients[0], count: steps)
    self.epsilon = epsilon
    self.preconditioning = preconditioning
  }
}

extension GradientTransformation {
  /// The direction of Muon (Jordan et al. 2024) for matrices, at a leaf's t-th step.
  ///
  ///     m ← β m + (1 - β) g              n = m / (1 - βᵗ), moved on as in NAdamW with nesterov
  ///     u = the orthogonal matrix near n, times ⟨n, u⟩ if adaptive
  ///
  /// It is found by iterations of Newton and Schulz, X ← a X + (b A + c A²) X with A = X Xᵀ.
  public static func scaleByMuon(
    _ rule: MuonRule, beta: Hyperparameter = 0.95, nesterov: Bool = true, isAdaptive: Bool = false
  ) throws -> GradientTransformation {
    try beta.require("beta", .decay)
    return GradientTransformation(
      leafwise: "scale_by_muon", slots: [.zeros("mu")], [beta], isElementwise: false
    ) { step in
      let (g, β, t) = (step.gradient, step.values[0], step.number.scalar)
      let m = try β * step.slots[0] + (1 - β) * g
      let n = nesterov ? try m.lookingAhead(g, β, step.number) : try m / (1 - β.power(t))
      let u = try rule.orthogonalized(n)
      return [isAdaptive ? try (n * u).sum() * u : u, m]
    }
  }

  /// u = √max(1, columns / rows) g, or √max(rows, columns) ρ g for a consistent root mean square ρ.
  static func scaleByShape(_ consistentRMS: Hyperparameter?) -> GradientTransformation {
    GradientTransformation(
      leafwise: "scale_by_shape", [consistentRMS].compactMap { $0 }, isElementwise: false
    ) { step in
      let g = step.gradient
      let (rows, columns) = (Double(g.shape[0]), Double(g.shape[1]))
      guard let rms = step.values.first else {
        return [try g * Swift.max(1, rows > 0 ? columns / rows : 1).squareRoot()]
      }
      return [try rms * .number(Swift.max(rows, columns).squareRoot()) * g]
    }
  }

  /// Muon for the matrices, and `adam` for all other parameters.
  ///
  /// Matrices go through `scaleByMuon`, a factor by their shape, weight decay apart from the gradient, and
  /// the learning rate. Arguments and defaults follow `optax.contrib.muon`.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func muon(
    learningRate: Hyperparameter, _ rule: MuonRule, beta: Hyperparameter = 0.95,
    weightDecay: Hyperparameter = 0.0, mask: Selection? = nil, nesterov: Bool = true,
    isAdaptive: Bool = false, consistentRMS: Hyperparameter? = nil, adam: MuonOthers
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    try consistentRMS?.require("consistent_rms", .nonNegative)
    let matrices =
      try [
        scaleByMuon(rule, beta: beta, nesterov: nesterov, isAdaptive: isAdaptive),
        scaleByShape(consistentRMS),
      ] + decoupledDecayStage(weightDecay, mask: mask) + [scaleByLearningRate(learningRate)]
    let epsilon = Hyperparameter.number(rule.epsilon)
    let others =
      try [
        nesterov
          ? scaleByNesterovAdam(adam.betas, epsilon: epsilon, rootEpsilon: adam.rootEpsilon)
          : scaleByAdam(adam.betas, epsilon: epsilon, rootEpsilon: adam.rootEpsilon)
      ] + decoupledDecayStage(adam.weightDecay, mask: nil)
      + [scaleByLearningRate(adam.learningRate ?? learningRate)]
    return partition(
      "muon",
      [("muon", chain(matrices, name: "muon")), ("adam", chain(others, name: "adam"))],
      .computed { tree in tree.map { .tensor(Tensor($0.rank == 2 ? 0 : 1)) } })
  }
}

/// The numbers of Adam for parameters that are no matrices.
public struct MuonOthers: Sendable {
  /// nil for Muon's.
  public var learningRate: Hyperparameter?
  public var betas: Betas
  public var rootEpsilon: Hyperparameter
  public var weightDecay: Hyperparameter

  /// Numbers that are those of `optax.contrib.muon`.
  public init(
    learningRate: Hyperparameter? = nil, betas: Betas = Betas(0.9, 0.999),
    rootEpsilon: Hyperparameter = 0.0, weightDecay: Hyperparameter = 0.0
  ) throws {
    try learningRate?.require("adam_learning_rate", .nonNegative)
    self.learningRate = learningRate
    self.betas = betas
    self.rootEpsilon = rootEpsilon
    self.weightDecay = weightDecay
  }
}

extension MuonRule {
  /// The orthogonal matrix near a matrix, which is turned where it has more rows than columns.
  fileprivate func orthogonalized(_ matrix: Variable) throws -> Variable {
    guard matrix.count > 0 else { return matrix }
    let isTall = matrix.shape[0] > matrix.shape[1]
    var x = isTall ? try matrix.transposed() : matrix
    let least = Variable.number(epsilon, like: x)
    switch preconditioning {
    case .frobenius: x = try x / (x.norm() + epsilon)
    case .spectral: x = try x / (x.svd().s.max(axes: AxisSet(0)) + epsilon)
    case .aol:
      let sums = try x.matmul(x.transposed()).abs().sum(axes: AxisSet(1), keepAxes: true)
      x = try x * sums.maximum(least).rsqrt()
    case .schatten:
      x = try x * x.matmul(x.transposed()).norm().maximum(least).rsqrt()
    }
    for row in coefficients {
      let a = try x.matmul(x.transposed())
      let b = try a * row[1] + (a * row[2]).matmul(a)
      x = try x * row[0] + b.matmul(x)
    }
    return isTall ? try x.transposed() : x
  }
}
