// Norms of matrices: what they do to vectors at most or at least, and sums over singular values.

import Tensors

/// A norm of matrices.
public enum MatrixNorm: Sendable {
  /// The root of the sum of squares.
  case frobenius
  /// The sum of the singular values.
  case nuclear
  /// The greatest singular value, or the least.
  case greatestSingularValue, leastSingularValue
  /// The greatest sum of absolute values of a column, or the least.
  case greatestColumn, leastColumn
  /// The greatest sum of absolute values of a row, or the least.
  case greatestRow, leastRow

  /// The norm that NumPy gives a number.
  ///
  /// - Throws: a value error for others than 2, 1, inf and their negatives.
  public init(order: Double) throws {
    switch order {
    case 2: self = .greatestSingularValue
    case -2: self = .leastSingularValue
    case 1: self = .greatestColumn
    case -1: self = .leastColumn
    case .infinity: self = .greatestRow
    case -.infinity: self = .leastRow
    default:
      throw TensorError(
        .value, "a matrix has no norm of order \(order)",
        hint:
          "there are \"fro\", \"nuc\", 1, -1, 2, -2, inf and -inf; norm(x.flatten(), ord=p) is that of "
          + "its elements")
    }
  }
}

extension Variable {
  /// A norm of the matrices that two axes hold, first the one that counts rows.
  public func matrixNorm(_ norm: MatrixNorm, rows: Int, columns: Int) throws -> Variable {
    let (i, j) = (try shape.axis(rows), try shape.axis(columns))
    let others = (0..<rank).filter { $0 != i && $0 != j }
    let x = try floating().permute(others + [i, j])
    let (row, column) = (AxisSet(rank - 2), AxisSet(rank - 1))
    let last = AxisSet(others.count)
    switch norm {
    case .frobenius: return try x.norm(axes: AxisSet(bits: row.bits | column.bits))
    case .nuclear: return try x.singularValues().sum(axes: last)
    case .greatestSingularValue: return try x.singularValues().max(axes: last)
    case .leastSingularValue: return try x.singularValues().min(axes: last)
    case .greatestColumn: return try x.abs().sum(axes: row).max(axes: last)
    case .leastColumn: return try x.abs().sum(axes: row).min(axes: last)
    case .greatestRow: return try x.abs().sum(axes: column).max(axes: last)
    case .leastRow: return try x.abs().sum(axes: column).min(axes: last)
    }
  }
}
