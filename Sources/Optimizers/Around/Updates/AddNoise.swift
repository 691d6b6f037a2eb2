// Updates with noise that gets less.

import Autodiff
import Tensors

extension GradientTransformation {
  /// u = g + √(η / tᵞ) z with z standard normal, at the t-th step (Neelakantan et al. 2015,
  /// arXiv:1511.06807).
  ///
  /// - Parameter key: what the noise of every step is drawn by; nil for the program's stream.
  /// - Throws: a value error for a negative variance.
  public static func addNoise(
    variance: Hyperparameter, decay: Hyperparameter, key: RandomKey? = nil
  ) throws -> GradientTransformation {
    try variance.require("eta", .nonNegative)
    try decay.require("gamma", .anyNumber)
    let name = "add_noise"
    return GradientTransformation(
      name, initialize: { _ in .record([("count", .count(0))]) },
      update: { updates, state, _ in
        let count = try state.count(of: name)
        let t = Scalar.number(Double(following(count)))
        let deviation = try (variance.scalar(at: count) / t.power(decay.scalar(at: count))).sqrt()
        let own = try key?.folded(UInt64(count)) ?? Context.current.random.branch()
        var leaf: UInt64 = 0
        let noisy = try updates.map { g in
          guard g.dtype.isFloat else {
            throw TensorError(.type, "\(name) cannot add noise to \(g.typeDescription)")
          }
          var stream = try own.branch(leaf)
          leaf += 1
          let (shape, dtype) = (g.shape, g.dtype)
          return try g + deviation * stream.drawn { try $0.normal(shape, dtype) }.beside(g)
        }
        return (noisy, .record([("count", .count(following(count)))]))
      })
  }
}
