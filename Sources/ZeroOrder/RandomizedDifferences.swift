// Differences along random directions: SPSA, RDSA, Gaussian smoothing and MeZO are this with other
// numbers.

import Autodiff
import Optimizers
import Tensors

/// What a gradient by differences along random directions is made of.
public struct RandomizedDifferences: @unchecked Sendable {
  /// How far a point moves along a direction.
  public var h: Double
  /// The number of directions.
  public var samples: Int
  public var stencil: Stencil
  /// The law of the directions, or a program's own distribution.
  public var directions: Directions?
  public var sample: Noise.Sample?
  /// The part of a direction that stays from step to step.
  public var momentum = 0.0
  /// Whether all gradients of a step have the same directions.
  public var isFixedInStep = true
  /// Where the directions of the n-th step come from; nil for the program's stream.
  public var seed: Int?
  /// Whether the loss reported is that after the first move where the formula does not evaluate it
  /// at the point, which saves an evaluation.
  public var reportsMovedLoss = false
  /// Whether each direction has a key of its own, so that it can be replayed by itself.
  public var isReplayed = false

  /// - Throws: a value error for numbers out of their ranges.
  public init(h: Double, samples: Int, stencil: Stencil, directions: Directions?) throws {
    try GradientApproximator.requireStep(h)
    guard samples >= 1, samples <= Estimator.maximumSamples else {
      throw TensorError(
        .value, "n_samples must be from 1 to \(Estimator.maximumSamples), not \(samples)")
    }
    self.h = h
    self.samples = samples
    self.stencil = stencil
    self.directions = directions
  }

  func noise(_ draw: ApproximationDraw) -> Noise {
    if let sample { return Noise(sample) }
    return Noise(directions ?? .normal, key: draw.key)
  }
}

extension GradientApproximator {
  /// The gradient by differences along random directions z.
  ///
  ///     ĝ = 1/m Σᵢ zᵢ Σₖ wₖ f(x + k h zᵢ) / (c h)
  ///
  /// With E[z zᵀ] = I it is unbiased but for the formula's error. m evaluations for each of the
  /// formula's points besides x, and one for x. A direction along which the function is not finite
  /// is left out.
  ///
  /// With momentum β a step's directions follow those of the step before, at the same variance:
  ///
  ///     z ← β z + √(1 - β²) ξ
  public static func randomizedDifferences(
    _ name: String, _ rule: RandomizedDifferences,
    rehearse: @escaping SampledFunction.Rehearsal
  ) throws -> GradientApproximator {
    guard rule.momentum >= 0, rule.momentum < 1 else {
      throw TensorError(.value, "beta must be at least 0 and below 1, not \(rule.momentum)")
    }
    guard rule.momentum == 0 || rule.isFixedInStep else {
      throw TensorError(
        .value,
        "beta moves directions once a step, and with pre_generate=false each gradient has "
          + "its own", hint: "leave out pre_generate=false")
    }
    return GradientApproximator(
      name, seed: rule.seed, isFixedInStep: rule.isFixedInStep,
      advance: rule.momentum > 0 ? { try rule.advanced($0, $1, $2) } : nil,
      inPlace: rule.isReplayed ? InPlaceDifferences(rule) : nil
    ) { loss, parameters, draw in
      let leaves = try parameters.floatLeaves(name)
      let function = SampledFunction(
        randomness: .common(Context.current.random), rehearse: rehearse
      ) {
        try loss(parameters.with($0))
      }
      let center = rule.stencil.center == 0 ? nil : try function.value(at: leaves)
      var moved: Variable?
      let gradient = try rule.mean(of: leaves, draw) { directions, count, first in
        let found = try rule.stencil.slopes(
          function, at: leaves, along: directions, count: count, h: rule.h, center: center,
          first: first)
        if rule.reportsMovedLoss, moved == nil { moved = try found.moved.indexed(at: 0) }
        return found.slopes
      }
      return (parameters.with(gradient), center ?? moved)
    }
  }
}

extension RandomizedDifferences {
  /// The mean of directions, each times its slope.
  func mean(
    of leaves: [Variable], _ draw: ApproximationDraw,
    slopes: (_ directions: [Variable], _ count: Int, _ first: Int) throws -> Variable
  ) throws -> [Variable] {
    let noise = noise(draw)
    let chunks =
      draw.directions != nil
      ? [samples]
      : isReplayed ? Array(repeating: 1, count: samples) : Noise.chunks(samples, leaves)
    func directions(_ number: Int, _ rows: Int) throws -> [Variable] {
      try draw.directions ?? noise.chunk(number, rows: rows, leaves)
    }
    var found: [Variable] = []
    var last: [Variable] = []
    var first = 0
    for (number, rows) in chunks.enumerated() {
      last = try directions(number, rows)
      found.append(try slopes(last, rows, first))
      first += rows
    }
    let all = found.count == 1 ? found[0] : try Variable.concat(found)
    let finite = try FiniteSamples(all)
    let weights = try finite.clearing(all) * finite.share
    guard chunks.count > 1 else { return try last.map { try weights.weighted($0) } }
    var sums: [Variable] = []
    first = 0
    for (number, rows) in chunks.enumerated() {
      let part = try weights.sliced(axis: 0, from: first, to: first + rows)
      let terms = try directions(number, rows).map { try part.weighted($0) }
      sums = sums.isEmpty ? terms : try zip(sums, terms).map { try $0 + $1 }
      first += rows
    }
    return sums
  }

  /// The directions of a step after those of the step before.
  func advanced(
    _ before: [Variable]?, _ leaves: [Variable], _ key: RandomKey
  ) throws -> [Variable] {
    let draw = ApproximationDraw(key: key, directions: nil)
    let fresh = try noise(draw).chunk(0, rows: samples, leaves)
    guard let before else { return fresh }
    guard before.count == fresh.count, zip(before, fresh).allSatisfy({ $0.shape == $1.shape })
    else {
      throw TensorError(
        .shape, "the directions in the state do not have the shapes of the parameters",
        hint: "a state comes from the init of the same transform, for the same parameters")
    }
    let rest = (1 - momentum * momentum).squareRoot()
    return try zip(before, fresh).map { try $0 * momentum + $1 * rest }
  }
}
