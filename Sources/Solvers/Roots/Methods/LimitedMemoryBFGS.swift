// L-BFGS, for minima of smooth functions of many unknowns.

import Autodiff
import Tensors

/// L-BFGS: the gradient times an inverse Hessian made of the last ten steps s and changes y of the
/// gradient, by two loops over them (Nocedal & Wright, algorithm 7.4), with w = 1 / ⟨y, s⟩:
///
///     q = g             a = w ⟨s, q⟩,  q ← q - a y             newest first
///     q ← γ q           q ← q + (a - w ⟨y, q⟩) s               oldest first
///
/// γ = ⟨y, s⟩ / ⟨y, y⟩ of the newest pair, min(1, 1 / ‖g‖) while there is none. A pair without
/// positive curvature has the weight 0. Where no step is found the pairs are forgotten once.
struct LimitedMemoryBFGS: Descent {
  let objective: Objective
  let name = "minimize by lbfgs"
  let defaultBudget = 1000
  let hasGradient = true
  private var pairs: [(step: Variable, change: Variable, weight: Variable)] = []
  /// γ; 0 for items without pairs.
  private var scale: Variable?

  private static let memory = 10

  init(objective: Objective) { self.objective = objective }

  func point(at x: Variable) throws -> Point { try objective.point(at: x) }

  func direction(from point: Point, _ progress: inout Progress) throws -> Variable {
    var q = point.residual
    var shares: [Variable] = []
    for pair in pairs.reversed() {
      let share = try pair.weight * pair.step.inner(q)
      q = try q - share * pair.change
      shares.append(share)
    }
    q = try q * firstScale(point.residual)
    for (pair, share) in zip(pairs, shares.reversed()) {
      q = try q + (share - pair.weight * pair.change.inner(q)) * pair.step
    }
    return try -q
  }

  private func firstScale(_ gradient: Variable) throws -> Variable {
    let length = try gradient.length()
    let one = Variable.number(1, like: length)
    let unknown = try one / length.maximum(one)
    guard let scale else { return unknown }
    return try scale.isUsableDivisor().pick(scale, unknown)
  }

  mutating func learn(step: Variable, change: Variable) throws {
    let curvature = try step.inner(change)
    let threshold = try step.length() * change.length() * step.dtype.epsilon
    let isSound = try curvature.isGreater(than: threshold).and(curvature.isUsableDivisor())
    let zero = Variable.number(0, like: curvature)
    let weight = try Variable.quotient(.number(1, like: curvature), curvature, where: isSound)
    let gamma = try Variable.quotient(curvature, change.inner(change), where: isSound)
    scale = try isSound.pick(gamma, scale ?? zero)
    pairs.append((step, change, weight))
    if pairs.count > LimitedMemoryBFGS.memory { pairs.removeFirst() }
  }

  mutating func forget(where failed: Variable) throws -> Variable {
    guard let scale else { return try failed.and(failed.not()) }
    let again = try failed.and(scale.isUsableDivisor())
    let zero = Variable.number(0, like: scale)
    self.scale = try again.pick(zero, scale)
    for index in pairs.indices { pairs[index].weight = try again.pick(zero, pairs[index].weight) }
    return again
  }
}
