// What a run of an iterative method tells about its matrix, at the cost of a few lengths.
//
// ‖A‖ is at least ‖A p‖ / ‖p‖ for every direction p. The error of a late iterate lies mostly along
// the directions that are hardest to solve for, so ‖x - xₛ‖ / ‖r - rₛ‖ with an earlier iterate xₛ
// comes near ‖A⁻¹‖. Iterates are looked at after 1, 2, 4, 8 … steps, and the last two are kept.

import Autodiff
import Tensors

/// Estimates of ‖A‖ and ‖A⁻¹‖, numbers of each item.
struct Watch {
  private(set) var norm: Variable?
  private(set) var inverseNorm: Variable?
  private var seen: [(x: Variable, residual: Variable?)] = []

  /// Sees a step: the iterate and its residual where the method has them, and a product p ↦ A p.
  mutating func see(
    step: Int, x: Variable?, residual: Variable?, direction: Variable, product: Variable
  ) throws {
    guard step & (step - 1) == 0 else { return }
    norm = try Watch.greatest(norm, Watch.ratio(product.length(), direction.length()))
    guard let x else { return }
    if seen.count == 2 { seen.removeFirst() }
    seen.append((x, residual))
  }

  /// Sees the singular values of the matrix on the space that was searched, the greatest first.
  mutating func see(singularValues s: Variable) throws {
    let count = s.shape[0]
    guard count > 0 else { return }
    norm = try Watch.greatest(norm, s.indexed(at: 0))
    inverseNorm = try Watch.greatest(
      inverseNorm, Watch.ratio(.number(1, like: s), s.indexed(at: count - 1)))
  }

  /// Sees the end of a run from 0 on: the right side, x and its residual.
  mutating func finish(
    right: Variable, x: Variable, residual: Variable,
    _ apply: (Variable) throws -> Variable
  ) throws {
    let whole = try (right - residual).length()
    norm = try Watch.greatest(norm, Watch.ratio(whole, x.length()))
    inverseNorm = try Watch.greatest(inverseNorm, Watch.ratio(x.length(), whole))
    for earlier in seen {
      let step = try x - earlier.x
      let change = try earlier.residual.map { try $0 - residual } ?? apply(step)
      inverseNorm = try Watch.greatest(inverseNorm, Watch.ratio(step.length(), change.length()))
    }
    seen.removeAll()
  }

  /// a / b, and 0 where b is 0.
  private static func ratio(_ a: Variable, _ b: Variable) throws -> Variable {
    try .quotient(a, b, where: b.isUsableDivisor())
  }

  private static func greatest(_ a: Variable?, _ b: Variable) throws -> Variable {
    try a.map { try $0.maximum(b) } ?? b
  }
}
