// Finite differences: the slope along each coordinate by a formula.

import Autodiff
import Optimizers
import Tensors

extension GradientApproximator {
  /// The gradient by differences along every coordinate.
  ///
  ///     ĝᵢ = Σₖ wₖ f(x + k h eᵢ) / (c h)
  ///
  /// n + 1 evaluations for the two-point formulas to one side, 2n for `central2`; see `Stencil`. The
  /// parameters are never changed: every point is computed from them.
  public static func finiteDifferences(
    _ stencil: Stencil, h: Hyperparameter,
    rehearse: @escaping SampledFunction.Rehearsal = SampledFunction.plainly
  ) throws -> GradientApproximator {
    try h.requireDistance()
    return GradientApproximator("FDM") { loss, parameters, draw in
      let leaves = try parameters.floatLeaves("FDM")
      let function = SampledFunction(
        randomness: .common(Context.current.random), rehearse: rehearse
      ) {
        try loss(parameters.with($0))
      }
      let center = stencil.center == 0 ? nil : try draw.loss ?? function.value(at: leaves)
      let distances = try Distances(h, at: draw.count, parameters, of: "FDM")
      var slopes: [Variable] = []
      for chunk in NoiseChunk.all(leaves.elementCount, leaves) {
        let unit = try Directions.coordinates(from: chunk.first, chunk.count, leaves)
        slopes.append(
          try stencil.slopes(
            function, at: leaves, along: distances.stretched(unit), chunk, h: distances.common,
            center: center
          ).slopes)
      }
      guard !slopes.isEmpty else { return (parameters, center ?? draw.loss) }
      let parts = try Variable.joined(slopes).split(leaves.map(\.count))
      let gradient = try zip(parts, leaves).map { part, leaf in
        try part.converted(to: leaf.dtype).reshape(to: leaf.shape)
      }
      return (parameters.with(try distances.shrunk(gradient)), center ?? draw.loss)
    }
  }
}

extension Stencil {
  /// The slopes of a function along the directions of a chunk, and its values after the first move.
  ///
  /// - Parameter center: the value at the point, where this formula needs it.
  func slopes(
    _ function: SampledFunction, at point: [Variable], along directions: [Variable],
    _ chunk: NoiseChunk, h: Double, center: Variable?
  ) throws -> (slopes: Variable, moved: Variable) {
    let values = try function.values(
      at: point, along: directions, chunk, steps: points.map { $0.offset * h })
    var sum = try values[0] * points[0].weight
    for (value, point) in zip(values, points).dropFirst() { sum = try sum + value * point.weight }
    if let center { sum = try sum + center.converted(to: sum.dtype) * self.center }
    return (try sum / (divisor * h), values[0])
  }
}

extension Tree {
  /// The leaves, all of which must be floats.
  func floatLeaves(_ name: String) throws -> [Variable] {
    for (path, leaf) in paths where !leaf.dtype.isFloat {
      throw TensorError(
        .type,
        "\(name) moves parameters by small steps, and \(leaf.typeDescription)\(path.phrase) has none",
        hint: "convert it with .to(f64)")
    }
    return leaves
  }
}
