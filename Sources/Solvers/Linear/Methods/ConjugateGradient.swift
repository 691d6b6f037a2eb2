// The method of conjugate gradients.

import Autodiff
import Tensors

/// Conjugate gradients for a symmetric definite matrix (Hestenes & Stiefel 1952), with the
/// preconditioner of Nocedal & Wright, algorithm 5.3:
///
///     α = ⟨r, z⟩ / ⟨p, A p⟩          x ← x + α p          r ← r - α A p
///     z = M r                        β = ⟨r, z⟩ new / old          p ← z + β p
///
/// A negative definite matrix is solved as well: α is negative then.
struct ConjugateGradient: IterativeMethod {
  let name = "cg"

  func solve(_ system: LinearSystem, right: Variable, _ watch: inout Watch) throws -> Pass {
    var x = try right.zerosLike()
    var r = right
    var z = try system.precondition?(r) ?? r
    var p = z
    var gamma = try r.inner(z)
    var isActive = try r.length().isGreater(than: system.goal)
    var isBroken: Variable?
    var steps = 0
    while steps < system.budget, isActive.isTrueAnywhere {
      try Safepoint.look()
      let q = try system.apply(p)
      let curvature = try p.inner(q)
      let isSound = try curvature.isUsableDivisor()
      isBroken = try isActive.and(isSound.not()).or(isBroken)
      isActive = try isActive.and(isSound)
      let alpha = try Variable.quotient(gamma, curvature, where: isActive)
      x = try x + alpha * p
      r = try r - alpha * q
      steps += 1
      try watch.see(step: steps, x: x, residual: r, direction: p, product: q)
      isActive = try isActive.and(r.length().isGreater(than: system.goal))
      z = try system.precondition?(r) ?? r
      let next = try r.inner(z)
      p = try z + Variable.quotient(next, gamma, where: isActive.and(gamma.isUsableDivisor())) * p
      gamma = next
    }
    return Pass(x: x, steps: steps, isBroken: isBroken)
  }
}

extension Variable {
  /// Either this or the other condition, which may be missing.
  func or(_ other: Variable?) throws -> Variable { try other.map { try self.or($0) } ?? self }
}

/// What conjugate gradients make of A x = b from 0 on, with one product a step and no look at the
/// result: the direction of a truncated Newton method.
///
/// They go on until the residual is no longer than the tolerance and no longer than what makes the
/// method converge faster than linearly (Nocedal & Wright, algorithm 7.1), so that a right side that
/// is short by itself has a direction, too:
///
///     ‖r‖ ≤ min(tolerance, ½ ‖b‖, √‖b‖ ‖b‖)
///
/// - Parameters:
///   - tolerance: the residual's length that is small enough.
///   - maximumSteps: the most products that are taken.
package func conjugateGradientDirection(
  _ right: [Variable], tolerance: Double, maximumSteps: Int,
  _ apply: @escaping LinearMap.Product
) throws -> [Variable] {
  let raveling = Raveling(like: right)
  let vector = try raveling.vector(right)
  let length = try stopGradient(vector).length()
  let share = try length.sqrt().minimum(.number(0.5, like: length))
  let system = LinearSystem(
    apply: { try raveling.vector(apply(raveling.parts($0))) },
    applyTransposed: { try raveling.vector(apply(raveling.parts($0))) }, precondition: nil,
    goal: try (share * length).minimum(.number(tolerance, like: length)), budget: maximumSteps)
  var watch = Watch()
  return try raveling.parts(ConjugateGradient().solve(system, right: vector, &watch).x)
}
