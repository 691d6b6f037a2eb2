// The Neumann series.

import Autodiff
import Tensors

/// The first terms of A⁻¹ = α Σₖ (I - α A)ᵏ, which converges where the spectral radius of I - α A is
/// below 1.
///
/// At the minimum of a function it equals what gradient descent with the rate α, unrolled for as
/// many steps, gives as its derivative.
struct NeumannSeries: IterativeMethod {
  let name = "neumann"
  let terms: Int
  let alpha: Scalar

  func solve(_ system: LinearSystem, right: Variable, _ watch: inout Watch) throws -> Pass {
    var term = try alpha * right
    var sum = term
    for step in 1..<max(terms, 1) {
      try Safepoint.look()
      let product = try system.apply(term)
      try watch.see(step: step, x: sum, residual: nil, direction: term, product: product)
      term = try term - alpha * product
      sum = try sum + term
    }
    return Pass(x: sum, steps: terms, isBroken: nil)
  }
}
