// Functions of square matrices that are not functions of their elements.
//
// Derivatives go by block matrices (Higham, Functions of Matrices, 2008, theorem 3.6): with X = f(A) and
// L its derivative along E,
//
//     f( A E )  =  ( X L )
//      ( 0 A )     ( 0 X )
//
// and those of higher order by blocks of blocks. So an operand has a *depth*: it is 2ᵈ by 2ᵈ matrices, zeros
// below those of the diagonal, which are all the same A. A function may look at A alone. Blocks that zeros alone
// make are 0 whatever A is, so that directions of 0 stay 0.
//
// Everything is computed in f64.

/// A function of square matrices.
package enum MatrixFunction: String, Sendable {
  case exponential = "expm"
  case squareRoot = "sqrtm"
  case logarithm = "logm"
}

extension Tensor {
  /// A function of each matrix of a stack.
  ///
  /// - Parameter depth: how often the operand is a matrix of matrices; see the file's first lines.
  /// - Throws: a value error where the result is not real, and for nan and infinities of which a root or a
  ///   logarithm is asked for; the exponential of such a matrix is nan, and so is a derivative along them.
  package func matrixFunction(_ function: MatrixFunction, depth: Int = 0) throws -> Tensor {
    let stack = try MatrixStack(self, function.rawValue, square: true, dtype: .f64)
    let n = stack.rows
    if stack.count == 0 || n == 0 { return try stack.tensor.converted(to: dtype.computed) }
    if function != .exponential, depth == 0 {
      try stack.requireFinite(Double.self, function.rawValue)
    }
    let all = try stack.tensor.reshaped(Shape(trusted: [stack.count, n, n]))
    let isFinite = try Tensor.unary(.isfinite, all).all(AxisSet(bits: 0b110), keepAxes: true)
    let finite = try Tensor.select(isFinite, all, Tensor.eye(n, n))
    var result =
      try function == .exponential
      ? finite.exponentials()
      : Tensor.stack(
        (0..<stack.count).map { index in
          try Safepoint.look()
          return try finite.indexed(at: index)
            .throughSchurForm(function, name: stack.name(index), depth: depth)
        })
    result = try Tensor.select(isFinite, result, Tensor(Double.nan))
    if depth > 0 { result = try result.keepingZeros(of: all, depth: depth) }
    return try result.reshaped(stack.tensor.shape).converted(to: dtype.computed)
  }

  /// The function of other matrices of matrices, with zeros where it has none but zero blocks to make a block of: a
  /// block (i, j) is made of products of blocks (i, k) (k, l) … (m, j).
  private func keepingZeros(of others: Tensor, depth: Int) throws -> Tensor {
    let (rows, count) = (shape[1], 1 << depth)
    let (n, area) = (rows / count, rows * rows)
    let (given, found) = (try others.allDoubles(), try allDoubles())
    func block(_ place: Int) -> Int { place / rows / n * count + place % rows / n }
    var numbers = found
    for first in stride(from: 0, to: found.count, by: area) {
      try Safepoint.look()
      var isMade = Array(repeating: false, count: count * count)
      for place in 0..<area where given[first + place] != 0 { isMade[block(place)] = true }
      for k in 0..<count {
        for i in 0..<count where isMade[i * count + k] {
          for j in 0..<count where isMade[k * count + j] { isMade[i * count + j] = true }
        }
      }
      for i in 0..<count { isMade[i * count + i] = true }
      for place in 0..<area where !isMade[block(place)] { numbers[first + place] = 0 }
    }
    return try Tensor(copying: numbers, shape: shape)
  }

  // MARK: Arithmetic

  func plus(_ other: Tensor) throws -> Tensor { try Tensor.binary(.add, self, other) }

  func minus(_ other: Tensor) throws -> Tensor { try Tensor.binary(.subtract, self, other) }

  func times(_ number: Double) throws -> Tensor {
    try Tensor.binary(.multiply, self, Tensor(number))
  }
}

extension DType {
  /// The dtype of what is computed of this: itself, or f64.
  fileprivate var computed: DType { isFloat ? self : .f64 }
}
