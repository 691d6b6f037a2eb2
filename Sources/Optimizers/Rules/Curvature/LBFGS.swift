// L-BFGS: steps by a model of the curvature, made of the last steps.

import Autodiff
import Tensors

extension GradientTransformation {
  /// The gradient times an inverse Hessian that the last steps suggest (Liu & Nocedal 1989).
  ///
  /// With steps sᵢ, changes of the gradient yᵢ and weights wᵢ = 1 / ⟨yᵢ, sᵢ⟩, newest first and then
  /// oldest first (Nocedal & Wright, algorithm 7.4):
  ///
  ///     q = g            aᵢ = wᵢ ⟨sᵢ, q⟩,  q ← q - aᵢ yᵢ
  ///     q ← γ q          q ← q + (aᵢ - wᵢ ⟨yᵢ, q⟩) sᵢ
  ///
  /// γ = ⟨y, s⟩ / ⟨y, y⟩ of the newest pair, and min(1, 1 / ‖g‖) while there is none. A pair without
  /// positive curvature gets the weight 0.
  /// - Parameters:
  ///   - memory: how many pairs are kept.
  ///   - scalesInitial: false for γ = 1.
  public static func scaleByLBFGS(
    memory: Int = 10, scalesInitial: Bool = true
  ) throws -> GradientTransformation {
    guard memory > 0 else {
      throw TensorError(.value, "memory_size must be 1 or more, not \(memory)")
    }
    let name = "scale_by_lbfgs"
    return GradientTransformation(
      name,
      initialize: { parameters in
        .record([
          ("params", parameters), ("updates", try parameters.zerosLike()), ("pairs", .list([])),
          ("count", .count(0)),
        ])
      },
      update: { updates, state, parameters in
        guard let parameters else {
          throw TensorError(
            .value, "\(name) needs the parameters, and update was called without them",
            hint: "call update(grads, state, params)")
        }
        let count = try state.count(of: name)
        guard case .list(let kept) = try state.entry("pairs", of: name) else {
          throw TensorError(.value, "the pairs in the state of \(name) are not a list")
        }
        var pairs = try kept.map { try CurvaturePair($0, of: name) }
        if count > 0 {
          pairs.append(
            try CurvaturePair(
              step: parameters.minus(state.entry("params", of: name)),
              change: updates.minus(state.entry("updates", of: name))))
          pairs.removeFirst(Swift.max(0, pairs.count - memory))
        }
        let direction = try CurvaturePair.direction(updates, pairs, scalesInitial: scalesInitial)
        let next = Tree.record([
          ("params", parameters), ("updates", updates), ("pairs", .list(pairs.map(\.tree))),
          ("count", .count(following(count))),
        ])
        return (direction, next)
      })
  }

  /// L-BFGS: `scaleByLBFGS` and a learning rate, 1 unless it is given.
  ///
  /// A transformation does not see the loss, so there is no line search: choose a learning rate
  /// that is safe, or give the line search the direction that the update is.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func lbfgs(
    learningRate: Hyperparameter = 1.0, memory: Int = 10, scalesInitial: Bool = true
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    return chain(
      [
        try scaleByLBFGS(memory: memory, scalesInitial: scalesInitial),
        try scaleByLearningRate(learningRate),
      ], name: "lbfgs")
  }
}

/// A step of the parameters, the change of the gradient along it, and the weight of the pair.
private struct CurvaturePair {
  let step: Tree
  let change: Tree
  /// 1 / ⟨change, step⟩, or 0.
  let weight: Variable

  init(step: Tree, change: Tree) throws {
    self.step = step
    self.change = change
    let curvature = try step.dot(change)
    let zero = Variable.number(0, like: curvature)
    let one = Variable.number(1, like: curvature)
    let isPositive = try curvature.isGreater(than: zero)
    weight = try isPositive.select(one / isPositive.select(curvature, one), zero)
  }

  init(_ tree: Tree, of name: String) throws {
    step = try tree.entry("step", of: name)
    change = try tree.entry("change", of: name)
    guard case .leaf(let weight) = try tree.entry("weight", of: name) else {
      throw TensorError(.value, "a weight in the state of \(name) is not a number")
    }
    self.weight = weight
  }

  var tree: Tree { .record([("step", step), ("change", change), ("weight", .leaf(weight))]) }

  /// The two loops of `scaleByLBFGS`; pairs come oldest first.
  static func direction(
    _ gradient: Tree, _ pairs: [CurvaturePair], scalesInitial: Bool
  ) throws -> Tree {
    var q = gradient
    var shares: [Variable] = []
    for pair in pairs.reversed() {
      let share = try pair.weight * pair.step.dot(q)
      q = try q.plus(-share, times: pair.change)
      shares.append(share)
    }
    if scalesInitial {
      let factor = Scalar.variable(try initialScale(gradient, pairs.last))
      q = try q.map { try factor * $0 }
    }
    for (pair, share) in zip(pairs, shares.reversed()) {
      q = try q.plus(share - pair.weight * pair.change.dot(q), times: pair.step)
    }
    return q
  }

  /// γ of `scaleByLBFGS`.
  private static func initialScale(_ gradient: Tree, _ newest: CurvaturePair?) throws -> Variable {
    let square = try gradient.dot(gradient)
    let one = Variable.number(1, like: square)
    let isLong = try square.isGreater(than: one)
    let capped = try isLong.select(isLong.select(square, one).rsqrt(), one)
    guard let newest else { return capped }
    let zero = Variable.number(0, like: square)
    let length = try newest.weight * newest.change.dot(newest.change)
    let isKnown = try length.isGreater(than: zero)
    return try isKnown.select(one / isKnown.select(length, one), capped)
  }
}
