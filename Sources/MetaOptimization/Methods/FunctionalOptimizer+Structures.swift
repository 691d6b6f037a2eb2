// Steps of parameters that are handed through, in the structure that a program has them in.

extension FunctionalOptimizer {
  /// The parameters after a step down a function of them, which stays in the graph.
  ///
  ///     let inner = FunctionalOptimizer(try .sgd(learningRate: 0.1))
  ///     w = try inner.step(w) { w in try (w - 2).square().sum() }
  ///
  /// The step can be differentiated: by what the loss reads, by the parameters before it, and by the
  /// hyperparameters that are variables. The first step makes the state.
  /// - Parameters:
  ///   - parameters: floats.
  ///   - loss: gives one number, a float of one element.
  /// - Returns: the new parameters, in the structure and shapes of the old ones.
  /// - Throws: what the loss throws; a shape or type error where it does not give one float, or the
  ///   parameters are not floats; a value error where they are data inside a derivative.
  public func step<Parameters: Differentiable>(
    _ parameters: Parameters, down loss: @escaping (Parameters.Seen) throws -> Variable
  ) throws -> Parameters {
    let before = Tree.list(try parameters.floatLeaves().map(Tree.leaf))
    let after = try step(before, Objective { try loss(parameters.seen($0.leaves)) })
    return try parameters.replaced(by: after.leaves)
  }
}
