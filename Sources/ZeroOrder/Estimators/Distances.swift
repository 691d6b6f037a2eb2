// How far points are moved for differences: by one distance for all leaves, or one for each.
//
// With distances of their own the directions are stretched leaf by leaf, and what comes out is divided
// by the same: along h z with z in leaf i the loss changes by the slope times hᵢ.
//
//     ĝᵢ = zᵢ D / (c hᵢ)        D the formula's sum at x + k h z

import Autodiff
import Optimizers
import Tensors

/// The distances of one approximation.
struct Distances {
  /// What steps are multiplied by: 1 where leaves have distances of their own.
  let common: Double
  /// One for each leaf; nil for one for all.
  private let own: [Double]?

  /// - Throws: a value error for a distance that is not above 0 and finite.
  init(_ h: Hyperparameter, at count: Int, _ parameters: Tree, of name: String) throws {
    guard h.isTree else {
      own = nil
      common = try Distances.number(h, at: count)
      return
    }
    common = 1
    own = try h.spread(over: parameters, of: name).map { try Distances.number($0, at: count) }
  }

  /// One distance for all leaves.
  ///
  /// - Throws: a value error for distances of leaves.
  init(common h: Hyperparameter, at count: Int) throws {
    own = nil
    common = try Distances.number(h, at: count)
  }

  private static func number(_ h: Hyperparameter, at count: Int) throws -> Double {
    let found = try h.scalar(at: count)
    if case .variable(let variable) = found, variable.carriesDerivative {
      throw TensorError(
        .value, "h is not differentiated, and a derivative passes through the value given")
    }
    guard let value = found.value else {
      throw TensorError(.value, "h cannot be mapped over by vmap")
    }
    guard value > 0, value.isFinite else {
      throw TensorError(.value, "h must be above 0 and finite, not \(value)")
    }
    return value
  }

  /// Rows of directions, each leaf as long as its distance.
  func stretched(_ directions: [Variable]) throws -> [Variable] {
    guard let own else { return directions }
    return try zip(directions, own).map { try $0 * $1 }
  }

  /// A gradient by stretched directions, as it is by the others.
  func shrunk(_ gradient: [Variable]) throws -> [Variable] {
    guard let own else { return gradient }
    return try zip(gradient, own).map { try $0 / $1 }
  }
}

extension Hyperparameter {
  /// Checks distances that are known; those of schedules are when they are taken.
  ///
  /// - Throws: a value error for one that is not above 0 and finite.
  func requireDistance() throws {
    try require("h", HyperparameterRange(words: "above 0 and finite") { $0 > 0 && $0.isFinite })
  }
}
