// Functions of square matrices that are not functions of their elements.
//
// Derivatives go by block matrices (Higham, Functions of Matrices, 2008, theorem 3.6): with X = f(A) and
// L its derivative along E,
//
//     f( A E )  =  ( X L )
//      ( 0 A )     ( 0 X )
//
// and those of higher order by blocks of blocks. So an operand has a *depth*: it is 2ᵈ by 2ᵈ matrices, zeros
// below those of the diagonal, which are all the same A. A function may look at A alone. Where the block in
// the upper right corner is 0, so is that of the result, whatever A is.
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
      return try depth == 0 ? result : result.keepingZeroCorner(of: a)
    }
    return try Tensor.stack(results).reshaped(stack.tensor.shape).converted(to: dtype.computed)
  }

  /// This matrix, with zeros in the upper right quarter if another has them there.
  private func keepingZeroCorner(of other: Tensor) throws -> Tensor {
    let half = shape[0] / 2
    func corner(_ x: Tensor) throws -> Tensor {
      try x.sliced(axis: 0, from: 0, to: half).sliced(axis: 1, from: half, to: 2 * half)
    }
    guard try corner(other).allDoubles().allSatisfy({ $0 == 0 }) else { return self }
    let left = try sliced(axis: 1, from: 0, to: half)
    let below = try sliced(axis: 1, from: half, to: 2 * half).sliced(
      axis: 0, from: half, to: 2 * half)
    let zeros = try Tensor.zeros(Shape(half, half))
    return try Tensor.concat([left, Tensor.concat([zeros, below], axis: 0)], axis: 1)
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
