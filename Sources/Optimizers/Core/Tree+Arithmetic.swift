// Trees as vectors: what methods made of inner products need.

import Autodiff
import Tensors

extension Tree {
  /// The inner product with a tree of the same structure.
  func dot(_ other: Tree) throws -> Variable {
    let products = try zip(other) { try ($0 * $1).sum() }.leaves
    guard let first = products.first else { return Variable(0) }
    return try products.dropFirst().reduce(first) { try $0 + $1 }
  }

  func minus(_ other: Tree) throws -> Tree { try zip(other) { try $0 - $1 } }

  /// This tree plus a number times another.
  func plus(_ factor: Variable, times other: Tree) throws -> Tree {
    try zip(other, missing: { $0 }) { try $0 + Scalar.variable(factor).like($0) * $1 }
  }
}
