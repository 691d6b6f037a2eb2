// A function evaluated at many points around one: in one batched call where the function allows
// it, otherwise one by one.
//
// Both ways see the same points. A function that draws random numbers draws the same ones at every
// point (common random numbers), so that differences show the points alone; or, where that is not
// wanted, numbers that depend on the key and the evaluation's place.

import Autodiff
import Tensors

/// A function of leaves with one number as its result.
public struct SampledFunction {
  /// The function itself.
  public typealias Function = ([Variable]) throws -> Variable
  /// Runs a body so that nothing outside it changes, or gives nil: the body needs such changes, or
  /// cannot be run on mapped values.
  public typealias Rehearsal = (() throws -> [Variable]) throws -> [Variable]?

  /// Runs a body as it is: for functions that change nothing outside them.
  public static let plainly: @Sendable (() throws -> [Variable]) throws -> [Variable]? = {
    try? $0()
  }

  /// Which random numbers evaluations draw.
  public enum Randomness: Sendable {
    /// All the same, from this place of the stream.
    case common(RandomKey)
    /// Each its own.
    case independent(RandomKey)
  }

  private let function: Function
  private let rehearse: Rehearsal
  private let randomness: Randomness
  /// Who shares the samples; nil for this process alone.
  var ranks: Ranks?

  /// A function with the way in which it is tried on all points at once.
  ///
  /// - Parameters:
  ///   - rehearse: `plainly` unless it is given.
  ///   - ranks: who shares the samples; nil for this process alone.
  public init(
    randomness: Randomness, rehearse: @escaping Rehearsal = SampledFunction.plainly,
    over ranks: Ranks? = nil, _ function: @escaping Function
  ) {
    self.ranks = ranks
    self.function = function
    self.rehearse = rehearse
    self.randomness = randomness
  }

  /// The value at a point, as the evaluation of that number.
  func value(at point: [Variable], number: Int = 0) throws -> Variable {
    let context = Context.current
    let before = context.random
    defer { context.random = before }
    switch randomness {
    case .common(let key): context.random = key
    case .independent(let key): context.random = try key.branch(UInt64(number))
    }
    return try context.recordingInside { try function(point).scalarLoss() }
  }

  /// The values at points moved along the directions of a chunk.
  ///
  ///     y[s][k] = f(x + step[s] z[k])
  func values(
    at point: [Variable], along directions: [Variable], _ chunk: NoiseChunk, steps: [Double]
  ) throws -> [Variable] {
    if let ranks {
      return try sharedValues(at: point, along: directions, chunk, steps: steps, over: ranks)
    }
    if chunk.count > 1, let found = try batched(point, directions, chunk.count, steps) {
      return found
    }
    return try valuesOneByOne(at: point, along: directions, chunk, steps: steps)
  }

  func valuesOneByOne(
    at point: [Variable], along directions: [Variable], _ chunk: NoiseChunk, steps: [Double]
  ) throws -> [Variable] {
    var found = steps.map { _ in [Variable]() }
    for k in 0..<chunk.count {
      try Safepoint.look()
      let direction = try directions.map { try $0.indexed(at: k) }
      for (s, step) in steps.enumerated() {
        found[s].append(
          try value(
            at: try moved(point, by: step, along: direction),
            number: (chunk.first + k) * steps.count + s + 1))
      }
    }
    return try found.map { try Variable.stack($0) }
  }

  func batched(
    _ point: [Variable], _ directions: [Variable], _ count: Int, _ steps: [Double]
  ) throws -> [Variable]? {
    try rehearsed { function in
      try steps.map { step in
        let points = try moved(point, by: step, along: directions)
        return try vmap(points, axes: points.map { _ in 0 }, size: count) {
          [try function($0)]
        }[0]
      }
    }
  }

  /// What a body makes of the function, as a rehearsal; nil where that cannot be done, be it that
  /// evaluations would need random numbers of their own.
  func rehearsed(_ body: (Function) throws -> [Variable]) throws -> [Variable]? {
    let context = Context.current
    let before = context.random
    defer { context.random = before }
    let (start, isCommon) =
      switch randomness {
      case .common(let key): (key, true)
      case .independent(let key): (key, false)
      }
    return try rehearse {
      try body { point in
        context.random = start
        let value = try function(point).scalarLoss()
        guard isCommon || context.random == start else {
          throw TensorError(.value, "evaluations that draw numbers of their own run one by one")
        }
        return value
      }
    }
  }
}

/// A point moved by a step along a direction, or along rows of directions.
func moved(_ point: [Variable], by step: Double, along directions: [Variable]) throws -> [Variable]
{
  try zip(point, directions).map { try $0 + $1 * step }
}
