// Exponentials, roots and logarithms of matrices, with derivatives of every order by the same functions of
// block matrices; see `Tensors/LinearAlgebra/Functions/MatrixFunctions.swift`.

import Tensors

extension Primitive {
  /// A function f of square matrices. Attribute: how often the operand is a matrix of matrices.
  ///
  ///     X = f(A)            Ẋ = L(A, Ȧ)            Ā = L(A, X̄ᵀ)ᵀ
  ///
  /// L(A, E) is the upper right block of f of (A E; 0 A).
  private convenience init(
    matrices function: MatrixFunction,
    again: @escaping @Sendable (Variable, Attributes) throws -> Variable
  ) {
    self.init(
      function.rawValue,
      kernel: { a, attributes in try a.matrixFunction(function, depth: attributes.int) },
      forward: { a, _, attributes, da in try a.derivative(along: da, attributes.int, again) },
      reverse: { a, _, attributes, dx in
        try a.derivative(along: dx.matrixTransposed, attributes.int, again).matrixTransposed
      })
  }

  static let expm: Primitive = Primitive(matrices: .exponential) { try apply(.expm, $0, $1) }
  static let sqrtm: Primitive = Primitive(matrices: .squareRoot) { try apply(.sqrtm, $0, $1) }
  static let logm: Primitive = Primitive(matrices: .logarithm) { try apply(.logm, $0, $1) }
}

extension Variable {
  /// The derivative of a function along a direction, which is linear: it is computed for one of size 1.
  fileprivate func derivative(
    along direction: Variable, _ depth: Int, _ function: (Variable, Attributes) throws -> Variable
  ) throws -> Variable {
    if direction.count == 0 { return direction }
    let n = shape[rank - 1]
    let last = AxisSet(bits: 3 << UInt8(rank - 2))
    let size = try stopGradient(direction).abs().max(axes: last, keepAxes: true)
    let hasSize = try size.isGreater(than: .number(0, like: size)).and(size.isfinite())
    let unit = try hasSize.select(size, .number(1, like: size))
    let first = try Variable.concat([self, direction / unit], axis: -1)
    let second = try Variable.concat([zerosLike(), self], axis: -1)
    let whole = try function(Variable.concat([first, second], axis: -2), .int(depth + 1))
    return try whole.sliced(axis: -2, from: 0, to: n).sliced(axis: -1, from: n, to: 2 * n) * unit
  }

  /// e to the power of matrices, the sum of their powers Aⁿ / n!; nan where one is not finite.
  public func matrixExponential() throws -> Variable {
    try apply(.expm, matrix("expm"), .int(0))
  }

  /// The square root of matrices whose eigenvalues have real parts of 0 or more, at that.
  ///
  /// - Throws: a value error where it is not real or does not exist.
  public func matrixSquareRoot() throws -> Variable {
    try apply(.sqrtm, matrix("sqrtm"), .int(0))
  }

  /// The logarithm of matrices whose imaginary parts of eigenvalues are within π.
  ///
  /// - Throws: a value error where it is not real or does not exist.
  public func matrixLogarithm() throws -> Variable {
    try apply(.logm, matrix("logm"), .int(0))
  }
}
