// The forward gradient: exact slopes along random directions.

import Autodiff
import Optimizers
import Tensors

/// How `ForwardGradient` finds a slope.
public enum SlopeMethod: String, Sendable, CaseIterable {
  /// Forward mode, exact.
  case autograd
  /// (f(x + h u) - f(x)) / h along the direction of length 1, times its length.
  case forward
  /// (f(x + h u) - f(x - h u)) / 2h, likewise.
  case central
}

extension GradientApproximator {
  /// The gradient by slopes along random directions (Baydin et al. 2022, arXiv:2202.08587).
  ///
  ///     ĝ = 1/m Σᵢ zᵢ ⟨∇f, zᵢ⟩
  ///
  /// Unbiased where E[z zᵀ] = I. m evaluations by forward mode, which give f(x) too. By differences
  /// a point moves by h whatever the direction's length, so that h means the same in any dimension.
  public static func forwardGradient(
    _ rule: RandomizedDifferences, _ method: SlopeMethod,
    rehearse: @escaping SampledFunction.Rehearsal = SampledFunction.plainly
  ) -> GradientApproximator {
    GradientApproximator("ForwardGradient", seed: rule.seed, isFixedInStep: rule.isFixedInStep) {
      loss, parameters, draw in
      let leaves = try parameters.floatLeaves("ForwardGradient")
      let start = Context.current.random
      var value: Variable?
      let function = SampledFunction(randomness: .common(start), rehearse: rehearse) {
        try loss(parameters.with($0))
      }
      if method == .forward { value = try draw.loss ?? function.value(at: leaves) }
      let h = method == .autograd ? 1 : try Distances(common: rule.h, at: draw.count).common
      let gradient = try rule.mean(of: leaves, draw) { directions, chunk in
        guard method != .autograd else {
          let slopes = try function.slopes(at: leaves, along: directions, count: chunk.count)
          value = value ?? slopes.value
          return slopes.slopes
        }
        let lengths = try lengths(of: directions, chunk.count)
        let unit =
          try Variable.number(1, like: lengths)
          / lengths.maximum(.number(.leastNormalMagnitude, like: lengths))
        let directions = try directions.map {
          try $0 * unit.converted(to: $0.dtype).asRows(beside: $0)
        }
        let stencil = Stencil(named: method.rawValue) ?? rule.stencil
        return try lengths
          * stencil.slopes(
            function, at: leaves, along: directions, chunk, h: h, center: value
          ).slopes
      }
      return (parameters.with(gradient), value ?? draw.loss)
    }
  }

  /// The length of each row over all leaves.
  private static func lengths(of directions: [Variable], _ count: Int) throws -> Variable {
    var sum = Variable.tensor(try Tensor.zeros(Shape(count)))
    for rows in directions {
      try Safepoint.look()
      let square = try rows.reshape(to: Shape(count, rows.count / max(count, 1))).square()
      sum = try sum + square.sum(axes: AxisSet(1)).converted(to: .f64)
    }
    return try sum.sqrt()
  }
}

extension SampledFunction {
  /// The value at a point and the slopes there along directions, by forward mode.
  func slopes(
    at point: [Variable], along directions: [Variable], count: Int
  ) throws -> (value: Variable, slopes: Variable) {
    func slope(_ direction: [Variable], _ function: Function) throws -> [Variable] {
      let found = try jvp(point, direction) { [try function($0)] }
      return [found.values[0], try found.tangents[0] ?? found.values[0].zerosLike()]
    }
    if count > 1,
      let found = try rehearsed({ function in
        try vmap(directions, axes: directions.map { _ in 0 }, size: count) {
          try slope($0, function)
        }
      })
    {
      return (try found[0].indexed(at: 0), found[1])
    }
    var values: [Variable] = []
    var slopes: [Variable] = []
    for k in 0..<count {
      try Safepoint.look()
      let found = try slope(try directions.map { try $0.indexed(at: k) }) { try value(at: $0) }
      values.append(found[0])
      slopes.append(found[1])
    }
    return (values[0], try Variable.stack(slopes))
  }
}
