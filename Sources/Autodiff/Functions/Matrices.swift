// Products and numbers of matrices, composed of primitives.

import Tensors

extension Variable {
  /// The sum of products of two vectors; NumPy's rule for more axes: the last axis of this and the
  /// second last of the other are summed over.
  public func dot(_ b: Variable) throws -> Variable {
    if rank == 0 || b.rank == 0 { return try self * b }
    if rank == 1 || b.rank <= 2 {
      return try rank == 1 && b.rank == 1 ? vectorDot(b) : tensorDot(b)
    }
    return try tensorDot(b)
  }

  private func vectorDot(_ b: Variable) throws -> Variable {
    guard shape == b.shape else {
      throw TensorError(
        .shape, "cannot take the dot product of \(typeDescription) and \(b.typeDescription)",
        label: "the lengths are \(shape[0]) and \(b.shape[0])")
    }
    return try matmul(b)
  }

  private func tensorDot(_ b: Variable) throws -> Variable {
    let inner = b.rank == 1 ? 0 : b.rank - 2
    let k = b.shape[inner]
    guard shape[rank - 1] == k else {
      throw TensorError(
        .shape, "cannot take the dot product of \(typeDescription) and \(b.typeDescription)",
        label: "the inner axes are \(shape[rank - 1]) and \(k)")
    }
    let lead = Array(shape.array.dropLast())
    let moved = try b.movedAxis(from: inner, to: 0)
    let rest = Array(moved.shape.array.dropFirst())
    let result = try Shape(lead + rest)
    let rows = lead.reduce(1, *)
    let columns = rest.reduce(1, *)
    return try reshape(to: Shape(rows, k)).matmul(moved.reshape(to: Shape(k, columns)))
      .reshape(to: result)
  }

  /// The products of every element of this with every element of another.
  public func outer(_ b: Variable) throws -> Variable {
    try flattened().expanded(at: 1) * b.flattened()
  }

  /// The Kronecker product: every element of this times the whole of another.
  public func kron(_ b: Variable) throws -> Variable {
    let rank = Swift.max(self.rank, b.rank)
    guard 2 * rank <= Shape.maximumRank else {
      throw TensorError(.shape, "kron takes up to 4 axes, and \(typeDescription) has \(rank)")
    }
    let m = Array(repeating: 1, count: rank - self.rank) + shape.array
    let n = Array(repeating: 1, count: rank - b.rank) + b.shape.array
    let left = try reshape(to: Shape(m.flatMap { [$0, 1] }))
    let right = try b.reshape(to: Shape(n.flatMap { [1, $0] }))
    return try (left * right).reshape(to: Shape(zip(m, n).map(*)))
  }

  /// Einstein summation: `einsum("bij,bjk->bik", a, b)`.
  public static func einsum(_ equation: String, _ operands: [Variable]) throws -> Variable {
    let plan = try EinsumPlan(equation, shapes: operands.map(\.shape))
    var tensors = operands
    for step in plan.steps {
      switch step {
      case .transpose(let x, let permutation): tensors.append(try tensors[x].permute(permutation))
      case .reshape(let x, let shape): tensors.append(try tensors[x].reshape(to: Shape(shape)))
      case .stride(let x, let step): tensors.append(try tensors[x].strided(axis: -1, step: step))
      case .sum(let x, let axes):
        tensors.append(try tensors[x].sum(axes: AxisSet(axes, of: tensors[x].shape)))
      case .multiply(let a, let b): tensors.append(try tensors[a] * tensors[b])
      case .matmul(let a, let b): tensors.append(try tensors[a].matmul(tensors[b]))
      }
    }
    return tensors[plan.result]
  }

  /// The singular values, the greatest first.
  public func singularValues() throws -> Variable { try svd().s }

  /// The eigenvalues of symmetric matrices, ascending.
  public func eigvalsh() throws -> Variable { try eigh().w }

  /// The ratio of the greatest singular value to the least: inf where the matrix is singular.
  public func condition() throws -> Variable {
    let s = try singularValues()
    let k = s.shape[s.rank - 1]
    guard k > 0 else {
      throw TensorError(.shape, "cond needs a matrix with elements, and got \(typeDescription)")
    }
    let greatest = try s.sliced(axis: -1, from: 0, to: 1).squeezed(-1)
    return try greatest / s.sliced(axis: -1, from: k - 1, to: k).squeezed(-1)
  }
}
