// Stabilized biconjugate gradients.

import Autodiff
import Tensors

/// BiCGSTAB for any square matrix, with two products a step and no transpose (van der Vorst 1992):
///
///     ρ = ⟨r̂, r⟩          β = (ρ / ρ old) (α / ω)          p ← r + β (p - ω v)
///     v = A M p           α = ρ / ⟨r̂, v⟩          s = r - α v
///     t = A M s           ω = ⟨t, s⟩ / ⟨t, t⟩     x ← x + α M p + ω M s          r ← s - ω t
///
/// A breakdown is a divisor that is 0 or not finite, whatever the scale: in f32 a threshold in
/// absolute numbers takes healthy runs for broken ones. The driver starts a broken run again.
struct BiconjugateGradient: IterativeMethod {
  let name = "bicgstab"

  func solve(_ system: LinearSystem, right: Variable, _ watch: inout Watch) throws -> Pass {
    let shadow = right
    var x = try right.zerosLike()
    var r = right
    var p = r
    var rho = try shadow.inner(r)
    var isActive = try r.length().isGreater(than: system.goal)
    var isBroken: Variable?
    var steps = 0
    while steps < system.budget, isActive.isTrueAnywhere {
      try Safepoint.look()
      let preconditioned = try system.precondition?(p) ?? p
      let v = try system.apply(preconditioned)
      let projection = try shadow.inner(v)
      var isSound = try projection.isUsableDivisor()
      let alpha = try Variable.quotient(rho, projection, where: isActive.and(isSound))
      let s = try r - alpha * v
      let half = try system.precondition?(s) ?? s
      let t = try system.apply(half)
      let square = try t.inner(t)
      // s = 0 is the end and no breakdown: the step by α alone was exact.
      let isDone = try s.length().isLessOrEqual(to: system.goal)
      isSound = try isSound.and(square.isUsableDivisor().or(isDone))
      isBroken = try isActive.and(isSound.not()).or(isBroken)
      isActive = try isActive.and(isSound)
      let omega = try Variable.quotient(
        t.inner(s), square, where: isActive.and(square.isUsableDivisor()))
      x = try x + (alpha * preconditioned + omega * half)
      r = try s - omega * t
      steps += 1
      try watch.see(step: steps, x: x, residual: r, direction: preconditioned, product: v)
      isActive = try isActive.and(r.length().isGreater(than: system.goal))
      let next = try shadow.inner(r)
      let divisor = try rho * omega
      let goesOn = try isActive.and(divisor.isUsableDivisor())
      isBroken = try isActive.and(goesOn.not()).or(isBroken)
      isActive = goesOn
      let beta = try Variable.quotient(next * alpha, divisor, where: goesOn)
      p = try r + beta * (p - omega * v)
      rho = next
    }
    return Pass(x: x, steps: steps, isBroken: isBroken)
  }
}
