// Bounds of unknowns, and the equations of a minimum within them.

import Autodiff
import Tensors

/// Lower and upper bounds for each element of the tensors of a tree, infinite where there are none.
public struct BoxConstraint {
  let low: [Variable]
  let high: [Variable]

  /// Bounds in the shapes of the unknowns.
  ///
  /// - Throws: a value error for bounds that cross or are nan.
  public init(low: [Variable], high: [Variable]) throws {
    let order = Bounds(from: 0, to: .infinity) {
      TensorError(
        .value, "the bounds of minimize cross: high - low is \($0)",
        hint: "bounds=(low, high), each a number, a tensor, a tree like x0 or nil")
    }
    for (low, high) in zip(low, high) {
      guard try !low.isnan().or(high.isnan()).isTrueAnywhere else {
        throw TensorError(.value, "a bound of minimize is nan", hint: "-inf and inf bound nothing")
      }
      _ = try stopGradient(high - low).bounded(by: order)
    }
    self.low = low
    self.high = high
  }

  /// The nearest tensors within the bounds; those at a bound are the bound, for derivatives too.
  func nearest(to parts: [Variable]) throws -> [Variable] {
    try zip(parts, zip(low, high)).map { x, bounds in
      let (low, high) = (try bounds.0.converted(to: x.dtype), try bounds.1.converted(to: x.dtype))
      let isAbove = try x.isLess(than: high)
      return try x.isGreater(than: low).select(isAbove.select(x, high), low)
    }
  }

  /// What vanishes at the least f within the bounds: its gradient for elements between them, and the
  /// distance to the bound for those that are at one.
  ///
  /// The gradient is taken with the bounds themselves in place of elements at them, so that the Jacobian is
  /// symmetric, and definite at a minimum: the Hessian of the free elements beside an identity. An
  /// element at its bound stays there, one that is not pushed against it, too: of the two derivatives that
  /// it then has this is one.
  func condition(
    of gradient: @escaping RootSolver.Function
  ) -> RootSolver.Function {
    { parts in
      let inside = try nearest(to: parts)
      let slopes = try gradient(inside)
      return try parts.indices.map { i in
        let isFree = try inside[i].isGreater(than: low[i]).and(inside[i].isLess(than: high[i]))
        return try isFree.select(slopes[i], parts[i] - inside[i])
      }
    }
  }
}
