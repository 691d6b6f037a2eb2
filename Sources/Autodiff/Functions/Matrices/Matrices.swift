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
    return try contracted(with: b, [rank - 1], [inner])
  }

  /// The sums of products over axes of this and as many of another, of the same extents; the other axes of this
  /// come first.
  public func tensorDot(_ b: Variable, axes: [Int], _ others: [Int]) throws -> Variable {
    let (own, their) = (try shape.distinctAxes(axes), try b.shape.distinctAxes(others))
    guard own.count == their.count else {
      throw TensorError(
        .value,
        "tensordot sums over as many axes of both, and got \(own.count) and \(their.count)")
    }
    for (i, j) in zip(own, their) where shape[i] != b.shape[j] {
      throw TensorError(
        .shape, "tensordot does not fit \(typeDescription) and \(b.typeDescription)",
        label: "axis \(i) has \(shape[i]), axis \(j) of the other \(b.shape[j])")
    }
    return try contracted(with: b, own, their)
  }

  private func contracted(with b: Variable, _ own: [Int], _ their: [Int]) throws -> Variable {
    let rows = (0..<rank).filter { !own.contains($0) }
    let columns = (0..<b.rank).filter { !their.contains($0) }
    let result = try Shape(rows.map { shape[$0] } + columns.map { b.shape[$0] })
    func count(_ axes: [Int], _ x: Variable) -> Int { axes.reduce(1) { $0 * x.shape[$1] } }
    let inner = count(own, self)
    let left = try permute(rows + own).reshape(to: Shape(count(rows, self), inner))
    let right = try b.permute(their + columns).reshape(to: Shape(inner, count(columns, b)))
    return try left.matmul(right).reshape(to: result)
  }

  /// The sums of products over the last axes of both; with a number, products.
  public func inner(_ b: Variable) throws -> Variable {
    if rank == 0 || b.rank == 0 { return try self * b }
    guard shape[rank - 1] == b.shape[b.rank - 1] else {
      throw TensorError(
        .shape, "inner does not fit \(typeDescription) and \(b.typeDescription)",
        label: "the last axes are \(shape[rank - 1]) and \(b.shape[b.rank - 1])")
    }
    return try contracted(with: b, [rank - 1], [b.rank - 1])
  }

  /// Square matrices times themselves so often; of a negative number, their inverses.
  public func matrixPower(_ exponent: Int) throws -> Variable {
    guard rank >= 2, shape[rank - 1] == shape[rank - 2] else {
      throw TensorError(
        .shape, "matrix_power needs a square matrix, and got \(typeDescription)")
    }
    var square = exponent < 0 ? try inverse() : dtype == .bool ? try converted(to: .i64) : self
    let n = shape[rank - 1]
    guard exponent != 0 else {
      return try Variable.tensor(Tensor.eye(n, n, square.dtype)).beside(self)
        .broadcast(to: shape)
    }
    var (rest, power) = (exponent.magnitude, Variable?.none)
    while true {
      if rest & 1 == 1 { power = try power?.matmul(square) ?? square }
      rest >>= 1
      guard rest > 0 else { return power ?? square }
      square = try square.matmul(square)
    }
  }

  /// Matrices along the diagonal of one, zeros elsewhere; a vector is a matrix of one row. Leading axes broadcast.
  public static func blockDiagonal(_ parts: [Variable]) throws -> Variable {
    guard !parts.isEmpty else {
      throw TensorError(.value, "block_diag of no matrices is not defined")
    }
    let blocks = try parts.map { part in
      try part.rank >= 2
        ? part
        : part.reshape(to: Shape(Array(repeating: 1, count: 2 - part.rank) + part.shape.array))
    }
    let leads = blocks.map { Shape(trusted: $0.shape.array.dropLast(2)) }
    let lead = try leads.dropFirst().reduce(leads[0]) { lead, next in
      guard let wide = Shape.broadcast(lead, next) else {
        throw TensorError(
          .shape, "block_diag does not fit leading axes of \(lead) and \(next)",
          hint: "axes are matched from the right; an axis of 1 stretches")
      }
      return wide
    }
    let total = try blocks.reduce(0) { sum, block in
      let (next, overflow) = sum.addingReportingOverflow(block.shape[block.rank - 1])
      guard !overflow else { throw TensorError(.limit, "block_diag has too many columns") }
      return next
    }
    let none = Array(repeating: 0, count: lead.rank + 1)
    var start = 0
    let rows = try blocks.map { block in
      let (height, width) = (block.shape[block.rank - 2], block.shape[block.rank - 1])
      defer { start += width }
      return try block.broadcast(to: Shape(lead.array + [height, width]))
        .padded(before: none + [start], after: none + [total - start - width])
    }
    return try concat(rows, axis: -2)
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

extension Shape {
  /// The axes that a program means.
  ///
  /// - Throws: an index error outside the rank, a value error for an axis named twice.
  fileprivate func distinctAxes(_ axes: [Int]) throws -> [Int] {
    _ = try AxisSet(axes, of: self)
    return try axes.map(axis)
  }
}
