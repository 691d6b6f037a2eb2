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
  /// - Throws: a value error where the result is not real, and for nan and infinities of roots and
  ///   logarithms; the exponential of such a matrix is nan.
  package func matrixFunction(_ function: MatrixFunction, depth: Int = 0) throws -> Tensor {
    let stack = try MatrixStack(self, function.rawValue, square: true, dtype: .f64)
    let n = stack.rows
    if stack.count == 0 || n == 0 { return try stack.tensor.converted(to: dtype.computed) }
    if function != .exponential { try stack.requireFinite(Double.self, function.rawValue) }
    let all = try stack.tensor.reshaped(Shape(trusted: [stack.count, n, n]))
    let results = try (0..<stack.count).map { index in
      try Safepoint.look()
      let a = try all.indexed(at: index)
      let result =
        switch function {
        case .exponential: try a.exponential()
        case .squareRoot, .logarithm:
          try a.throughSchurForm(function, name: stack.name(index), depth: depth)
        }
      return try depth == 0 ? result : result.keepingZeros(of: a, depth: depth)
    }
    return try Tensor.stack(results).reshaped(stack.tensor.shape).converted(to: dtype.computed)
  }

  /// The function of another matrix of matrices, with zeros where it has none but zero blocks to make a block of: a
  /// block (i, j) is made of products of blocks (i, k) (k, l) … (m, j).
  private func keepingZeros(of other: Tensor, depth: Int) throws -> Tensor {
    let (rows, count) = (shape[0], 1 << depth)
    let n = rows / count
    var isMade = Array(repeating: false, count: count * count)
    for (place, number) in try other.allDoubles().enumerated() where number != 0 {
      isMade[place / rows / n * count + place % rows / n] = true
    }
    for k in 0..<count {
      for i in 0..<count where isMade[i * count + k] {
        for j in 0..<count where isMade[k * count + j] { isMade[i * count + j] = true }
      }
    }
    for i in 0..<count { isMade[i * count + i] = true }
    if !isMade.contains(false) { return self }
    let numbers = try allDoubles().enumerated().map { place, number in
      isMade[place / rows / n * count + place % rows / n] ? number : 0
    }
    return try Tensor(copying: numbers, shape: shape)
  }

  // MARK: Arithmetic of one matrix

  func plus(_ other: Tensor) throws -> Tensor { try Tensor.binary(.add, self, other) }

  func minus(_ other: Tensor) throws -> Tensor { try Tensor.binary(.subtract, self, other) }

  func times(_ number: Double) throws -> Tensor {
    try Tensor.binary(.multiply, self, Tensor(number))
  }

  /// The greatest sum of the absolute values of a column.
  func firstNorm() throws -> Double {
    try Tensor.unary(.abs, self).sum(AxisSet(0)).max(AxisSet(0)).firstDouble
  }
}

extension DType {
  /// The dtype of what is computed of this: itself, or f64.
  fileprivate var computed: DType { isFloat ? self : .f64 }
}
