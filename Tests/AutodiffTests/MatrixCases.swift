// Cases of the primitives of linear algebra.

import Autodiff
import Tensors

/// Any matrix made one that is far from singular.
@Sendable private func strong(_ x: Variable) throws -> Variable {
  let n = x.shape[x.rank - 1]
  return try x + Variable.tensor(Tensor.eye(n, n, x.dtype)).beside(x) * 3
}

@Sendable private func symmetric(_ x: Variable) throws -> Variable {
  try (x + x.swappedAxes(-1, -2)) * 0.5
}

/// A symmetric 3 by 3 matrix with eigenvalues far apart.
@Sendable private func spread(_ x: Variable) throws -> Variable {
  try symmetric(x)
    + Variable.tensor(makeTensor([-3, 0, 0, 0, 1, 0, 0, 0, 6], [3, 3], x.dtype)).beside(x)
}

/// A 3 by 3 matrix with a pair of complex eigenvalues and a real one, far apart.
@Sendable private func turning(_ x: Variable) throws -> Variable {
  try x + Variable.tensor(makeTensor([0, 4, 0, -5, 0, 0, 0, 0, 7], [3, 3], x.dtype)).beside(x)
}

extension PrimitiveTable {
  /// Products of matrices and stacks that are read as their transposes: as views, and as the reverse
  /// rule reads them, which turns an operand for the gradient of the other.
  private mutating func addTurnedProducts() {
    let products: [(a: [Int], b: [Int], y: [Int])] = [
      ([2, 3], [3, 4], [2, 4]), ([2, 2, 3], [3, 4], [2, 2, 4]), ([2, 3], [2, 3, 4], [2, 2, 4]),
      ([2, 2, 3], [2, 3, 4], [2, 2, 4]), ([2, 1, 2, 3], [2, 3, 2], [2, 2, 2, 2]),
    ]
    for (a, b, y) in products {
      func operand(_ shape: [Int], isTurned: Bool = false) -> PrimitiveCase.Operand {
        .floats(isTurned ? shape.dropLast(2) + shape.suffix(2).reversed() : shape, -1...1)
      }
      for (turnsA, turnsB) in [(false, true), (true, false), (true, true)] {
        add("matmul", [operand(a, isTurned: turnsA), operand(b, isTurned: turnsB)]) { x in
          let left = turnsA ? try x[0].swappedAxes(-1, -2) : x[0]
          return try left.matmul(turnsB ? x[1].swappedAxes(-1, -2) : x[1])
        }
      }
      add("matmul", [operand(a), operand(b), operand(y)], isInside: true) { x in
        let pull = try vjp([x[0]]) { [try $0[0].matmul(x[1])] }
        return try pull([x[2]])[0] ?? x[0].zerosLike()
      }
      add("matmul", [operand(a), operand(b), operand(y)], isInside: true) { x in
        let pull = try vjp([x[1]]) { [try x[0].matmul($0[0])] }
        return try pull([x[2]])[0] ?? x[1].zerosLike()
      }
    }
  }

  private mutating func matrices(
    _ name: String, isInside: Bool = false,
    _ function: @escaping @Sendable (Variable) throws -> Variable
  ) {
    add(name, [f(3, 3)], isInside: isInside) { try function($0[0]) }
    add(name, [f(2, 3, 3)], isInside: isInside) { try function($0[0]) }
  }

  mutating func addLinearAlgebra() {
    let products: [([Int], [Int])] = [
      ([3], [3]), ([2, 3], [3]), ([3], [3, 2]), ([2, 3], [3, 4]), ([2, 2, 3], [3]),
      ([2, 2, 3], [3, 4]), ([3], [2, 3, 4]), ([2, 2, 3], [2, 3, 4]), ([2, 1, 2, 3], [4, 3, 2]),
      ([2, 3], [2, 3, 4]), ([0, 3], [3, 2]), ([2, 0], [0, 3]), ([2, 3, 2, 3], [3]),
      ([3], [2, 3, 3, 4]), ([0, 2, 3], [3]), ([3], [0, 3, 2]),
    ]
    for (a, b) in products {
      add("matmul", [.floats(a, -1...1), .floats(b, -1...1)]) { try $0[0].matmul($0[1]) }
    }
    addTurnedProducts()
    let systems: [([Int], [Int])] = [
      ([3, 3], [3]), ([3, 3], [3, 2]), ([2, 3, 3], [3, 2]), ([3, 3], [2, 3, 2]),
      ([2, 3, 3], [2, 3, 1]),
    ]
    for (a, b) in systems {
      let operands: [PrimitiveCase.Operand] = [.floats(a, -1...1), .floats(b, -1...1)]
      let isVector = b.count == 1
      add("solve", operands, isInside: isVector) { try strong($0[0]).solve($0[1]) }
      for (lower, transpose) in [(true, false), (false, false), (true, true), (false, true)] {
        add("triangular_solve", operands, isInside: isVector) {
          try strong($0[0]).triangularSolve($0[1], lower: lower, transpose: transpose)
        }
      }
      add("triangular_solve", operands, isInside: isVector) {
        try $0[0].triangularSolve($0[1], unitDiagonal: true)
      }
    }
    matrices("inv") { try strong($0).inverse() }
    add("pinv", [f(2, 4)]) { try $0[0].pseudoInverse() }
    add("pinv", [f(2, 4, 2)]) { try $0[0].pseudoInverse() }
    matrices("cholesky") { try strong(symmetric($0)).cholesky() }
    matrices("logdet") { try strong($0).signAndLogAbsDeterminant().logarithm }
    matrices("sign_of_det") { try strong($0).signAndLogAbsDeterminant().sign }
    matrices("det") { try strong($0).determinant() }
    matrices("qr", isInside: true) { try strong($0).qr().q }
    matrices("qr", isInside: true) { try strong($0).qr().r }
    for shape in [[4, 2], [2, 4]] {
      add("qr", [.floats(shape, -1...1)], isInside: true) { x in
        let (q, r) = try x[0].qr()
        return try q.matmul(r.square())
      }
    }
    for shape in [[3, 3], [2, 4], [4, 2], [2, 4, 3]] {
      add("lu", [.floats(shape, -1...1)], isInside: true) { x in
        let (_, l, u) = try x[0].lu()
        return try l.square().matmul(u.square())
      }
    }
    matrices("lu", isInside: true) { try strong($0).lu().u }
    matrices("eigh", isInside: true) { try spread($0).eigh().w }
    matrices("eigh", isInside: true) { x in
      let (w, v) = try spread(x).eigh()
      return try v.square().matmul(w.expanded(at: -1).sin())
    }
    for shape in [[3, 3], [4, 2], [2, 4]] {
      add("svd", [.floats(shape, -1...1)], isInside: true) { try $0[0].svd().s }
      add("svd", [.floats(shape, -1...1)], isInside: true) { x in
        let (u, s, vt) = try x[0].svd()
        return try u.square().matmul(s.expanded(at: -1).sin() * vt.square())
      }
    }
    for order in 1...3 {
      matrices("symmetric", isInside: true) { x in
        try spread(x).spectralMap { try ($0 * Double(order) * 0.3).sin() }
      }
    }
    add("matrix_rank", [f(4, 2)]) { try $0[0].matrixRank() }
    matrices("expm") { try $0.matrixExponential() }
    matrices("sqrtm") { try strong($0).matrixSquareRoot() }
    matrices("logm") { try strong($0).matrixLogarithm() }
    matrices("eig", isInside: true) { x in
      let (values, vectors) = try turning(x).eig()
      let sizes = try vectors.real.square() + vectors.imaginary.square()
      return try sizes * (values.real.sin() + values.imaginary.cos()).expanded(at: -2)
    }
  }
}
