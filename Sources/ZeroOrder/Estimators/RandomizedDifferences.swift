// Differences along random directions: SPSA, RDSA, Gaussian smoothing and MeZO are this with other
// numbers.

import Autodiff
import Optimizers
import Tensors

/// What a gradient by differences along random directions is made of.
public struct RandomizedDifferences: @unchecked Sendable {
  /// How far a point moves along a direction.
  public var h: Hyperparameter
  /// The number of directions.
  public var samples: Int
  /// The formula of the slope along a direction.
  public var stencil: Stencil
  /// Where directions come from.
  public var source: DirectionSource
  /// The part of a direction that stays from step to step.
  public var momentum = 0.0
  /// Whether all gradients of a step have the same directions.
  public var isFixedInStep = true
  /// Where the directions of the n-th step come from; nil for the program's stream.
  public var seed: RandomKey?
  /// Whether the loss reported is that after the first move where the formula does not evaluate it
  /// at the point, which saves an evaluation.
  public var reportsMovedLoss = false
  /// Whether each direction has a key of its own, so that it can be replayed by itself.
  public var isReplayed = false

  /// Differences at a distance along so many directions.
  ///
  /// - Throws: a value error for numbers out of their ranges.
  public init(
    h: Hyperparameter, samples: Int, stencil: Stencil, source: DirectionSource
  ) throws {
    try h.requireDistance()
    guard samples >= 1, samples <= Estimator.maximumSamples else {
      throw TensorError(
        .value, "n_samples must be from 1 to \(Estimator.maximumSamples), not \(samples)")
    }
    self.h = h
    self.samples = samples
    self.stencil = stencil
    self.source = source
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
    rehearse: @escaping SampledFunction.Rehearsal = SampledFunction.plainly
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
      let center = rule.stencil.center == 0 ? nil : try draw.loss ?? function.value(at: leaves)
      let distances = try Distances(rule.h, at: draw.count, parameters, of: name)
      var moved: Variable?
      let gradient = try rule.mean(of: leaves, draw) { directions, chunk in
        let found = try rule.stencil.slopes(
          function, at: leaves, along: distances.stretched(directions), chunk,
          h: distances.common, center: center)
        if rule.reportsMovedLoss, moved == nil { moved = try found.moved.indexed(at: 0) }
        return found.slopes
      }
      return (parameters.with(try distances.shrunk(gradient)), center ?? draw.loss ?? moved)
    }
  }
}

extension RandomizedDifferences {
  /// The mean of directions, each times its slope.
  func mean(
    of leaves: [Variable], _ draw: ApproximationDraw,
    slopes: (_ directions: [Variable], _ chunk: NoiseChunk) throws -> Variable
  ) throws -> [Variable] {
    let noise = Noise(source, key: draw.key, drawn: draw.drawn)
    let chunks = NoiseChunk.all(
      samples, leaves, rows: draw.directions != nil ? samples : isReplayed ? 1 : nil)
    func directions(of chunk: NoiseChunk) throws -> [Variable] {
      try draw.directions ?? noise.rows(of: chunk, leaves)
    }
    var found: [Variable] = []
    var last: [Variable] = []
    for chunk in chunks {
      try Safepoint.look()
      last = try directions(of: chunk)
      found.append(try slopes(last, chunk))
    }
    let all = try Variable.joined(found)
    let finite = try FiniteSamples(all)
    let weights = try finite.clearing(all) * finite.share
    var sums: [Variable] = []
    for chunk in chunks {
      try Safepoint.look()
      let part = try weights.part(chunk)
      try sums.add(
        (chunks.count == 1 ? last : directions(of: chunk)).map { try part.weighted($0) })
    }
    return sums
  }

  /// The directions of a step after those of the step before.
  func advanced(
    _ before: [Variable]?, _ leaves: [Variable], _ key: RandomKey
  ) throws -> [Variable] {
    let fresh = try Noise(source, key: key).rows(
      of: NoiseChunk(number: 0, first: 0, count: samples), leaves)
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
