// Linear maps given by what they do to tensors.
//
// A map takes the tensors of a tree to tensors of the same shapes, so that an inverse makes sense.
// An operator is a map with everything that it depends on as operands: the Jacobian of a residual
// at a point, or a matrix. What solves with it is then a function of operands alone, and has
// derivatives by them to any order.

import Autodiff
import Tensors

/// A linear map on the tensors of a tree.
public struct LinearMap {
  /// v ↦ A v or u ↦ Aᵀ u.
  public typealias Product = ([Variable]) throws -> [Variable]

  /// v ↦ A v.
  public let apply: Product
  /// u ↦ Aᵀ u.
  public let applyTransposed: Product
  /// The matrix itself, on raveled tensors, where it is at hand.
  let matrix: Variable?

  /// A map by its products.
  public init(
    apply: @escaping Product, applyTransposed: @escaping Product, matrix: Variable? = nil
  ) {
    self.apply = apply
    self.applyTransposed = applyTransposed
    self.matrix = matrix
  }

  /// The map AᵀA of the normal equations.
  var normal: LinearMap {
    let product: Product = { try applyTransposed(apply($0)) }
    return LinearMap(apply: product, applyTransposed: product)
  }

  /// The map A + ρ I.
  func plus(ridge: Scalar) throws -> LinearMap {
    if ridge.number == 0 { return self }
    func shifted(_ product: @escaping Product) -> Product {
      { x in try zip(product(x), x).map { try $0 + ridge * $1 } }
    }
    return LinearMap(
      apply: shifted(apply), applyTransposed: shifted(applyTransposed),
      matrix: try matrix?.plus(ridge: ridge))
  }

  /// The adjoint map.
  func transposed() throws -> LinearMap {
    LinearMap(
      apply: applyTransposed, applyTransposed: apply, matrix: try matrix?.transposed())
  }
}

/// A linear map with everything that it depends on as operands.
public struct LinearOperator {
  /// What the map depends on.
  let operands: [Variable]
  /// The map for operands, those of the operator or others.
  let map: ([Variable]) throws -> LinearMap

  /// An operator that is made of its operands by differentiable operations.
  public init(operands: [Variable], map: @escaping ([Variable]) throws -> LinearMap) {
    self.operands = operands
    self.map = map
  }

  /// The operator of a square matrix.
  ///
  /// - Throws: a shape error for anything else.
  public init(matrix: Variable) throws {
    guard matrix.rank == 2, matrix.shape[0] == matrix.shape[1] else {
      throw TensorError(
        .shape, "a linear solver needs a square matrix, and got \(matrix.typeDescription)",
        hint: "lstsq_solve and normal_cg take matrices of any shape")
    }
    self.init(ofRowsAndColumns: matrix)
  }

  /// The operator of a matrix of any shape.
  init(ofRowsAndColumns matrix: Variable) {
    self.init(operands: [matrix]) { operands in
      let a = operands[0]
      return LinearMap(
        apply: { [try a.matmul($0[0])] },
        applyTransposed: { [try a.transposed().matmul($0[0])] }, matrix: a)
    }
  }

  /// The operator of a linear function, which may read variables that transformations follow.
  ///
  /// - Parameters:
  ///   - shapes: tensors like those that the function takes.
  ///   - images: tensors like those that it has to give; nil for the same.
  /// - Throws: a shape error where it gives tensors of other shapes.
  public init(
    like shapes: [Variable], to images: [Variable]? = nil,
    _ function: @escaping ([Variable]) throws -> [Variable]
  ) throws {
    let zeros = try shapes.map { try $0.zerosLike() }
    let recorded = try RecordedFunction(at: zeros) { parts in
      let results = try function(parts)
      try LinearOperator.require(results, fit: images ?? zeros, from: zeros)
      return results
    }
    self.init(operands: recorded.externals) { externals in
      LinearMap(
        apply: { try recorded($0, externals: externals) },
        applyTransposed: { cotangents in
          let pull = try vjp(zeros) { try recorded($0, externals: externals) }
          return try zip(pull(cotangents), zeros).map { $0 ?? $1 }
        })
    }
  }

  private static func require(
    _ results: [Variable], fit images: [Variable], from parts: [Variable]
  ) throws {
    guard results.count == images.count,
      zip(results, images).allSatisfy({ $0.shape == $1.shape })
    else {
      func list(_ tensors: [Variable]) -> String {
        tensors.map(\.typeDescription).joined(separator: ", ")
      }
      let isSquare = parts.map(\.shape) == images.map(\.shape)
      throw TensorError(
        .shape,
        isSquare
          ? "a linear map must give tensors of the shapes it takes, and it takes "
            + "\(list(parts)) and gives \(list(results))"
          : "a linear map must give tensors of the shapes of the right side, and it gives "
            + "\(list(results)) where that is \(list(images))")
    }
  }

  /// The operator of the normal equations, AᵀA.
  var normal: LinearOperator { LinearOperator(operands: operands) { try map($0).normal } }

  /// The operator A + ρ I; a ridge that gradients reach is one of its operands.
  func plus(ridge: Scalar) -> LinearOperator {
    switch ridge {
    case .number(0): self
    case .counted: plus(ridge: .number(ridge.number ?? 0))
    case .number: LinearOperator(operands: operands) { try map($0).plus(ridge: ridge) }
    case .variable(let variable):
      LinearOperator(operands: operands + [variable]) { given in
        try map(Array(given.dropLast())).plus(ridge: .variable(given[given.count - 1]))
      }
    }
  }

  /// The adjoint operator.
  func transposed() -> LinearOperator {
    LinearOperator(operands: operands) { try map($0).transposed() }
  }
}
