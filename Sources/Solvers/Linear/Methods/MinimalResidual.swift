// The method of minimal residuals for symmetric matrices.

import Autodiff
import Tensors

/// MINRES for a symmetric matrix, definite or not (Paige & Saunders 1975). Lanczos vectors v with
///
///     β′ v′ = A v - α v - β v old
///
/// make the matrix tridiagonal. Givens rotations (c, s) make that triangular; of a new column they
/// leave ε, δ and γ, and x follows along the directions d:
///
///     ε = s″ β          δ = c′ c″ β + s′ α          γ̄ = c′ α - s′ c″ β          γ = √(γ̄² + β′²)
///     c = γ̄ / γ         s = β′ / γ                  d ← (v - δ d′ - ε d″) / γ
///     x ← x + c φ d     φ ← -s φ
///
/// where primes count back, and |φ| is the length of the residual.
struct MinimalResidual: IterativeMethod {
  let name = "minres"

  func solve(_ system: LinearSystem, right: Variable, _ watch: inout Watch) throws -> Pass {
    let one = Variable.number(1, like: right)
    let zero = Variable.number(0, like: right)
    var x = try right.zerosLike()
    var (older, v) = (x, right)
    var (directionBefore, direction) = (x, x)
    var beta = zero
    var (cosine, cosineBefore, sine, sineBefore) = (one, one, zero, zero)
    var phi = try right.length()
    var isActive = try phi.isGreater(than: system.goal)
    var isBroken: Variable?
    var steps = 0
    while steps < system.budget, isActive.isTrueAnywhere {
      try Safepoint.look()
      let product = try system.apply(v)
      let alpha = try v.inner(product)
      let next = try product - alpha * v - beta * older
      let betaNext = try next.length()
      let epsilon = try sineBefore * beta
      let delta = try cosine * cosineBefore * beta + sine * alpha
      let rest = try cosine * alpha - sine * cosineBefore * beta
      let gamma = try (rest * rest + betaNext * betaNext).sqrt()
      let isSound = try gamma.isUsableDivisor()
      isBroken = try isActive.and(isSound.not()).or(isBroken)
      isActive = try isActive.and(isSound)
      let newCosine = try Variable.quotient(rest, gamma, where: isActive)
      let newSine = try Variable.quotient(betaNext, gamma, where: isActive)
      let moved = try v - delta * direction - epsilon * directionBefore
      (directionBefore, direction) = (
        direction, try moved / gamma.safe(where: isActive)
      )
      x = try x + isActive.select(newCosine * phi, zero) * direction
      phi = try isActive.select(-(newSine * phi), phi)
      steps += 1
      try watch.see(step: steps, x: x, residual: nil, direction: v, product: product)
      isActive = try isActive.and(phi.abs().isGreater(than: system.goal))
      // An invariant space is reached where β′ vanishes, and then φ has vanished too.
      let goesOn = try isActive.and(betaNext.isUsableDivisor())
      isActive = goesOn
      (older, v) = (v, try next / betaNext.safe(where: goesOn))
      beta = betaNext
      (cosineBefore, cosine, sineBefore, sine) = (cosine, newCosine, sine, newSine)
    }
    return Pass(x: x, steps: steps, isBroken: isBroken)
  }
}
