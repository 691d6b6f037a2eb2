// Roots and logarithms of matrices, by their real Schur form A = U T Uᵀ: U orthogonal, T upper triangular but for
// blocks of 2 by 2 on its diagonal, which stand for conjugate pairs of eigenvalues and are (a b; c a), b c < 0.
//
// - the root (Björck and Hammarling 1983; Higham 1987): those of the halves of T, and between them the X with
//   R₁ X + X R₂ = T₁₂
// - the logarithm (Kenney and Laub 1989): roots until the matrix is near 1, and log(1 + X) by a Gauss–Legendre
//   rule of its integral, ∫₀¹ X (1 + t X)⁻¹ dt
//
// Symmetric matrices have T diagonal, by the eigenvalues that they have as symmetric ones.

import Platform

extension Tensor {
  /// The greatest sum of the absolute values of a column.
  fileprivate func firstNorm() throws -> Double {
    try Tensor.unary(.abs, self).sum(AxisSet(0)).max(AxisSet(0)).firstDouble
  }

  /// The root or the logarithm of this matrix.
  ///
  /// - Parameters:
  ///   - name: what messages call the matrix.
  ///   - depth: how often it is a matrix of matrices, of which the first is the one with a Schur form.
  func throughSchurForm(_ function: MatrixFunction, name: String, depth: Int) throws -> Tensor {
    let n = shape[0] >> depth
    let first = try sliced(axis: 0, from: 0, to: n).sliced(axis: 1, from: 0, to: n)
    let (form, vectors) = try first.schur(function.rawValue, name)
    var t = try turned(by: vectors, diagonal: form, depth: depth)
    t.name = depth == 0 ? name : nil
    let result: Tensor
    switch function {
    case .squareRoot:
      try t.requireNoneBelowZero("sqrtm")
      try t.takeRoot()
      result = try t.tensor()
    default:
      try t.requireNoneBelowZero("logm")
      result = try t.logarithm()
    }
    let back = try vectors.transposed(permutation: Shape(1, 0))
    return try result.turned(by: back, diagonal: nil, depth: depth).tensor()
  }

  /// T and U of the Schur form.
  private func schur(_ operation: String, _ name: String) throws -> (t: Tensor, u: Tensor) {
    let n = shape[0]
    let across = try transposed(permutation: Shape(1, 0))
    let size = try Tensor.unary(.abs, self).max(.all(rank: 2)).firstDouble
    let difference = try Tensor.unary(.abs, minus(across)).max(.all(rank: 2)).firstDouble
    if difference <= 4 * .ulpOfOne * size {
      let (w, v) = try Tensor.eigh(plus(across).times(0.5))
      return (try Tensor.binary(.multiply, Tensor.eye(n, n), w), v)
    }
    let stack = try MatrixStack(across, operation, square: true)
    let vectors = try Tensor.uninitialized(Shape(n, n), .f64)
    // Column after column in LAPACK's memory, which is row after row of the transposes.
    let form = try stack.map(Double.self, to: [n, n]) { _, source, result in
      result.update(from: source, count: n * n)
      let status = vectors.withElements {
        Double.gees(Int32(n), result, $0.assumingMemoryBound(to: Double.self))
      }
      guard status == 0 else {
        throw TensorError(.value, "\(operation) of \(name) did not converge")
      }
    }
    return (
      try form.transposed(permutation: Shape(1, 0)),
      try vectors.transposed(permutation: Shape(1, 0))
    )
  }

  /// Uᵀ B U of every block B on the diagonal and above it; those of the diagonal are what they are known to be.
  private func turned(by u: Tensor, diagonal: Tensor?, depth: Int) throws -> TriangularBlocks {
    let (n, count) = (u.shape[0], 1 << depth)
    let back = try u.transposed(permutation: Shape(1, 0))
    var result = try TriangularBlocks(rows: n * count)
    for i in 0..<count {
      for j in i..<count {
        if i == j, let diagonal {
          try result.put(diagonal, i * n, j * n)
          continue
        }
        let block = try sliced(axis: 0, from: i * n, to: (i + 1) * n)
          .sliced(axis: 1, from: j * n, to: (j + 1) * n)
        try result.put(Tensor.matmul(Tensor.matmul(back, block), u), i * n, j * n)
      }
    }
    return result
  }
}

/// A matrix of Schur form, column after column, as LAPACK has it.
private struct TriangularBlocks {
  let rows: Int
  var elements: [Double]
  /// What messages call it; nil for a matrix of matrices, whose function is a derivative.
  var name: String?

  init(rows: Int) throws {
    let (count, overflow) = rows.multipliedReportingOverflow(by: rows)
    guard !overflow else { throw TensorError(.limit, "a matrix of \(rows) rows is too large") }
    try MemoryAccount.require(count, of: 8)
    self.rows = rows
    elements = Array(repeating: 0, count: count)
  }

  private subscript(i: Int, j: Int) -> Double {
    get { elements[j * rows + i] }
    set { elements[j * rows + i] = newValue }
  }

  mutating func put(_ block: Tensor, _ row: Int, _ column: Int) throws {
    let (numbers, width) = (try block.allDoubles(), block.shape[1])
    for (place, number) in numbers.enumerated() {
      self[row + place / width, column + place % width] = number
    }
  }

  func tensor() throws -> Tensor {
    try Tensor(copying: elements, shape: Shape(rows, rows)).transposed(permutation: Shape(1, 0))
      .contiguous()
  }

  // MARK: Eigenvalues

  /// Whether rows i and i + 1 are a block of a conjugate pair.
  private func isPair(at i: Int) -> Bool { i + 1 < rows && self[i + 1, i] != 0 }

  /// Eigenvalues that are 0 but for rounding are made 0.
  ///
  /// - Throws: a value error where a real one is below 0.
  mutating func requireNoneBelowZero(_ operation: String) throws {
    let size = elements.reduce(0) { Swift.max($0, $1.magnitude) }
    let noise = 8 * Double(rows) * .ulpOfOne * size
    var i = 0
    while i < rows {
      if isPair(at: i) {
        i += 2
        continue
      }
      let value = self[i, i]
      if value < 0 {
        guard value >= -noise else {
          throw TensorError(
            .value,
            "\(operation) of \(name ?? "this matrix") is not real: it has the eigenvalue \(value)",
            hint: "for a matrix that should have none below 0, add a small multiple of the identity"
          )
        }
        self[i, i] = 0
      }
      i += 1
    }
  }

  // MARK: The root

  mutating func takeRoot() throws { try takeRoot(0..<rows) }

  private mutating func takeRoot(_ range: Range<Int>) throws {
    try Safepoint.look()
    let (low, high) = (range.lowerBound, range.upperBound)
    if high - low == 1 {
      self[low, low] = self[low, low].squareRoot()
      return
    }
    if high - low == 2, isPair(at: low) { return takeRootOfPair(low) }
    var middle = low + (high - low) / 2
    if isPair(at: middle - 1) { middle += 1 }
    try takeRoot(low..<middle)
    try takeRoot(middle..<high)
    try solveBetween(low..<middle, middle..<high)
  }

  /// With λ = a + i √(-bc), √λ = p + i q: (p, b / 2p; c / 2p, p).
  private mutating func takeRootOfPair(_ i: Int) {
    let (a, b, c) = (self[i, i], self[i, i + 1], self[i + 1, i])
    let imaginary = b.magnitude.squareRoot() * c.magnitude.squareRoot()
    let length = hypot(a, imaginary)
    // Of p and q the one that does not cancel; p q = imaginary / 2.
    let greater = ((a.magnitude + length) / 2).squareRoot()
    let p = a >= 0 ? greater : imaginary / (2 * greater)
    self[i, i] = p
    self[i + 1, i + 1] = p
    self[i, i + 1] = b / (2 * p)
    self[i + 1, i] = c / (2 * p)
  }

  /// X with R₁ X + X R₂ = T₁₂ in the place of T₁₂.
  private mutating func solveBetween(_ first: Range<Int>, _ second: Range<Int>) throws {
    let isZero = second.allSatisfy { j in first.allSatisfy { self[$0, j] == 0 } }
    if isZero { return }
    let n = rows
    var scale = 1.0
    let status = elements.withUnsafeMutableBufferPointer { all -> Int32 in
      guard let start = all.baseAddress else { return 0 }
      func place(_ i: Int, _ j: Int) -> UnsafeMutablePointer<Double> { start + j * n + i }
      return Double.trsyl(
        Int32(first.count), Int32(second.count), place(first.lowerBound, first.lowerBound),
        place(second.lowerBound, second.lowerBound), place(first.lowerBound, second.lowerBound),
        Int32(n), &scale)
    }
    guard status == 0 else {
      throw TensorError(
        .value,
        name.map { "\($0) has no square root: 0 is its eigenvalue more often than it has vectors" }
          ?? "sqrtm has no derivative at a singular matrix",
        hint: "add a small multiple of the identity")
    }
    guard scale != 1 else { return }
    for j in second {
      for i in first { self[i, j] /= scale }
    }
  }

  // MARK: The logarithm

  /// The points and weights of the Gauss–Legendre rule of 7 points from 0 to 1. Within a norm of 0.264 it is exact
  /// to rounding.
  private static let rule: [(point: Double, weight: Double)] = [
    (0.0254460438286207, 0.06474248308443487), (0.12923440720030277, 0.13985269574463843),
    (0.2970774243113014, 0.19091502525255935), (0.5, 0.20897959183673465),
    (0.7029225756886985, 0.19091502525255935), (0.8707655927996972, 0.13985269574463843),
    (0.9745539561713793, 0.06474248308443487),
  ]

  mutating func logarithm() throws -> Tensor {
    let diagonal = (0..<rows).map { self[$0, $0] }
    let isAlone = (0..<rows).map { !isPair(at: $0) && !($0 > 0 && isPair(at: $0 - 1)) }
    if let zero = (0..<rows).first(where: { isAlone[$0] && diagonal[$0] == 0 }) {
      throw TensorError(
        .value,
        "\(name ?? "this matrix") has no logarithm: it is singular, eigenvalue \(zero) is 0",
        hint: "add a small multiple of the identity")
    }
    let one = try Tensor.eye(rows, rows)
    var roots = 0
    var x = try tensor().minus(one)
    // The root of the largest number is within 0.264 of 1 after 12 roots; what is far from normal needs more.
    while try x.firstNorm() > 0.264, roots < 100 {
      try takeRoot()
      x = try tensor().minus(one)
      roots += 1
    }
    let terms = try Self.rule.map { point, weight in
      try Tensor.solve(one.plus(x.times(point)), x).times(weight)
    }
    var result = try TriangularBlocks(rows: rows)
    try result.put(terms.dropFirst().reduce(terms[0]) { try $0.plus($1) }, 0, 0)
    for place in result.elements.indices { result.elements[place] *= pow(2, Double(roots)) }
    // What roots and the difference from 1 have cost in digits, eigenvalues get back.
    for i in 0..<rows where isAlone[i] { result[i, i] = log(diagonal[i]) }
    return try result.tensor()
  }
}
