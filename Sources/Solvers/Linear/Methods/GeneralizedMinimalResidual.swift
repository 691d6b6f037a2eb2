// The method of generalized minimal residuals.

import Autodiff
import Tensors

/// GMRES for any square matrix (Saad & Schultz 1986), started again after a number of steps.
///
/// The Arnoldi process with modified Gram–Schmidt orthogonalization makes a basis V of the Krylov
/// space of A M with A M V = V⁺ H; x = M V y for the y that makes ‖e₁ ‖b‖ - H y‖ least, by Givens
/// rotations. Preconditioning is from the right, so that the residual is the system's own.
///
/// Once is enough: V loses its orthogonality only as fast as the residual falls, so that x is as good
/// as rounding allows when it is lost (Paige, Rozložník & Strakoš 2006, SIAM J. Matrix Anal. Appl. 28).
struct GeneralizedMinimalResidual: IterativeMethod {
  let name = "gmres"
  /// The steps between two starts: as many vectors are kept.
  let restart: Int

  func solve(_ system: LinearSystem, right: Variable, _ watch: inout Watch) throws -> Pass {
    let zero = Variable.number(0, like: right)
    let length = try right.length()
    let limit = min(restart, system.budget, max(right.count, 1))
    var isActive = try length.isGreater(than: system.goal)
    var basis = [try right / length.safe(where: isActive)]
    var columns: [[Variable]] = []
    var rotations: [(cosine: Variable, sine: Variable)] = []
    var rotated = [length]
    while columns.count < limit, isActive.isTrueAnywhere {
      try Safepoint.look()
      let v = basis[columns.count]
      let product = try system.apply(system.precondition?(v) ?? v)
      try watch.see(step: columns.count + 1, x: nil, residual: nil, direction: v, product: product)
      var (column, next) = try GeneralizedMinimalResidual.orthogonalized(product, basis)
      let subdiagonal = try next.length()
      for (index, rotation) in rotations.enumerated() {
        let (above, below) = (column[index], column[index + 1])
        column[index] = try rotation.cosine * above + rotation.sine * below
        column[index + 1] = try rotation.cosine * below - rotation.sine * above
      }
      let last = column[columns.count]
      let radius = try (last * last + subdiagonal * subdiagonal).sqrt()
      let isSound = try radius.isUsableDivisor()
      let cosine = try isSound.select(last / radius.safe(where: isSound), .number(1, like: last))
      let sine = try Variable.quotient(subdiagonal, radius, where: isSound)
      column[columns.count] = radius
      let rest = rotated[columns.count]
      rotated[columns.count] = try cosine * rest
      rotated.append(try -(sine * rest))
      rotations.append((cosine, sine))
      columns.append(column)
      isActive = try isActive.and(isSound).and(
        rotated[columns.count].abs().isGreater(than: system.goal))
      let goesOn = try subdiagonal.isUsableDivisor()
      next = try goesOn.select(next / subdiagonal.safe(where: goesOn), zero)
      basis.append(next)
    }
    try GeneralizedMinimalResidual.watch(columns, &watch)
    var x = try right.zerosLike()
    for (y, v) in zip(try GeneralizedMinimalResidual.substituted(columns, rotated), basis) {
      x = try x + y * v
    }
    return Pass(
      x: try system.precondition?(x) ?? x, steps: columns.count, isBroken: nil)
  }

  /// A vector without its parts along a basis, and the parts.
  private static func orthogonalized(
    _ vector: Variable, _ basis: [Variable]
  ) throws -> (parts: [Variable], rest: Variable) {
    var rest = vector
    var parts: [Variable] = []
    for v in basis {
      let part = try v.inner(rest)
      rest = try rest - part * v
      parts.append(part)
    }
    return (parts, rest)
  }

  /// Shows the watch the singular values of H, which are those of its triangular factor.
  private static func watch(_ columns: [[Variable]], _ watch: inout Watch) throws {
    guard let zero = try columns.first?[0].zerosLike() else { return }
    let rows = try columns.map { column in
      try Variable.stack(columns.indices.map { $0 < column.count ? column[$0] : zero })
    }
    let triangle = try Variable.stack(rows)
    // nan would be an error there; the driver sees it in the residual.
    guard !(try triangle.isfinite().not().isTrueAnywhere) else { return }
    try watch.see(singularValues: triangle.singularValues())
  }

  /// The solution of the triangular system whose columns these are; a zero on the diagonal gives 0.
  private static func substituted(
    _ columns: [[Variable]], _ right: [Variable]
  ) throws -> [Variable] {
    var solution: [Variable] = []
    for row in columns.indices.reversed() {
      var sum = right[row]
      for (offset, value) in solution.reversed().enumerated() {
        sum = try sum - columns[row + 1 + offset][row] * value
      }
      let diagonal = columns[row][row]
      solution.append(try .quotient(sum, diagonal, where: diagonal.isUsableDivisor()))
    }
    return solution.reversed()
  }
}
