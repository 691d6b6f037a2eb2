// Conjugate gradients on the normal equations.

import Autodiff
import Tensors

/// Conjugate gradients on AᵀA x = Aᵀ b, in the form that keeps b - A x (CGLS, Björck 1996, §7.4):
/// any matrix that is not singular will do, at the square of its condition number. A preconditioner
/// M is near the inverse of AᵀA.
///
///     q = A p                  α = ⟨s, z⟩ / ‖q‖²              x ← x + α p          r ← r - α q
///     s = Aᵀ r, z = M s        β = ⟨s, z⟩ new / old           p ← z + β p
///
/// A is divided by ‖Aᵀ b‖ and x with it: squares of squares would leave the range of numbers.
struct NormalConjugateGradient: IterativeMethod {
  let name = "normal_cg"

  func solve(_ system: LinearSystem, right: Variable, _ watch: inout Watch) throws -> Pass {
    var x = try right.zerosLike()
    var r = right
    var s = try system.applyTransposed(r)
    let size = try s.length()
    let scale = try Variable.quotient(.number(1, like: size), size, where: size.isUsableDivisor())
    s = try s * scale
    var z = try system.precondition?(s) ?? s
    var p = z
    var gamma = try s.inner(z)
    var isActive = try r.length().isGreater(than: system.goal)
    var isBroken: Variable?
    var steps = 0
    while steps < system.budget, isActive.isTrueAnywhere {
      try Safepoint.look()
      let q = try system.apply(p) * scale
      let curvature = try q.inner(q)
      let isSound = try curvature.isUsableDivisor()
      isBroken = try isActive.and(isSound.not()).or(isBroken)
      isActive = try isActive.and(isSound)
      let alpha = try Variable.quotient(gamma, curvature, where: isActive)
      x = try x + alpha * p
      r = try r - alpha * q
      steps += 1
      try watch.see(
        step: steps, x: x * scale, residual: r, direction: p * scale, product: q)
      s = try system.applyTransposed(r) * scale
      isActive = try isActive.and(r.length().isGreater(than: system.goal))
      z = try system.precondition?(s) ?? s
      let next = try s.inner(z)
      p = try z + Variable.quotient(next, gamma, where: isActive.and(gamma.isUsableDivisor())) * p
      gamma = next
    }
    return Pass(x: try x * scale, steps: steps, isBroken: isBroken)
  }
}
