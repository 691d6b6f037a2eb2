// Gradients from values alone, of functions of one structure.

extension Estimator {
  /// The gradient of a function at a point, estimated from its values around it.
  ///
  ///     let estimator = try Estimator(.antithetic, samples: 100, sigma: 0.1)
  ///     try estimator.gradient(of: { x in try x.square().sum() }, at: Tensor([1, 2]))
  ///
  /// Evolution strategies (Salimans et al. 2017, arXiv:1703.03864); the formulas stand at `Estimator`.
  /// The function may be evaluated at all points in one call of mapped variables; one that reads
  /// numbers out of them is called point by point.
  /// - Parameters:
  ///   - f: gives one number, a float of one element; no derivative of it is needed.
  ///   - point: floats.
  ///   - directions: the law of the points.
  ///   - key: what the directions are drawn by; nil for the thread's stream, `Context.current.random`.
  /// - Returns: the estimate in the structure of the point.
  /// - Throws: what `f` throws; a value error where it is finite at no point.
  public func gradient<Point: Differentiable>(
    of f: @escaping (Point.Seen) throws -> Variable, at point: Point,
    directions: Directions = .normal, key: RandomKey? = nil
  ) throws -> Point {
    let noise = Noise(.law(directions), key: key ?? Context.current.random.split(1)[0])
    let sampled = SampledFunction(randomness: .common(Context.current.random)) {
      try f(point.seen($0))
    }
    return try point.replaced(by: estimate(sampled, at: point.floatLeaves(), noise: noise).gradient)
  }

  /// A function with the values of another, whose derivative is an estimate from its values: for what
  /// has no derivative of use, inside whatever has.
  ///
  /// Derivatives by other variables that the function reads stay what they are.
  /// - Parameters:
  ///   - f: gives one number, a float of one element.
  ///   - directions: the law of the points.
  ///   - key: what the directions of each call are drawn by; nil for the thread's stream.
  public func differentiable(
    _ f: @escaping (Variable) throws -> Variable, directions: Directions = .normal,
    key: RandomKey? = nil
  ) -> (Variable) throws -> Variable {
    { x in
      let random = Context.current.random
      let value = try f(stopGradient(x)).scalarLoss()
      let noise = Noise(.law(directions), key: key ?? Context.current.random.split(1)[0])
      let derivative = EstimatedDerivative(by: 1) { point, _, value in
        let sampled = SampledFunction(randomness: .common(random)) { try f($0[0]) }
        return try estimate(sampled, at: point, value: value, noise: noise).gradient
      }
      return try derivative.attached(to: value, by: [x], others: [])
    }
  }
}
