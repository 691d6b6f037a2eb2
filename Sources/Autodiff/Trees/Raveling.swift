// The tensors of a tree as one vector, and back.

import Tensors

/// How tensors lie one after the other in a vector, in the widest dtype among them.
package struct Raveling: Sendable {
  private let shapes: [Shape]
  private let dtypes: [DType]
  /// The dtype of the vector.
  package let dtype: DType
  /// The number of elements of the vector.
  package let count: Int

  /// The layout of tensors like these; of none, a vector of no elements.
  package init(like parts: [Variable]) {
    shapes = parts.map(\.shape)
    dtypes = parts.map(\.dtype)
    count = shapes.reduce(0) { $0 + $1.count }
    var widest = dtypes.first ?? Context.current.defaultFloat
    for dtype in dtypes { widest = .promoted(widest, dtype) }
    dtype = widest
  }

  /// The vector of tensors of these shapes; one tensor alone is seen anew and not copied.
  package func vector(_ parts: [Variable]) throws -> Variable {
    let flat = try parts.map { try $0.converted(to: dtype).flattened() }
    guard let first = flat.first else { return .tensor(try Tensor.zeros(Shape(0), dtype)) }
    return flat.count == 1 ? first : try Variable.concat(flat, axis: 0)
  }

  /// The tensors that a vector holds, floats in their own dtypes.
  ///
  /// - Throws: a shape error for a vector of another length.
  package func parts(_ vector: Variable) throws -> [Variable] {
    guard vector.shape == Shape(count) else {
      throw TensorError(
        .shape, "the tree takes a vector of \(count) elements, not \(vector.typeDescription)")
    }
    var start = 0
    return try zip(shapes, dtypes).map { shape, dtype in
      let end = start + shape.count
      defer { start = end }
      let part = shapes.count == 1 ? vector : try vector.sliced(axis: 0, from: start, to: end)
      let shaped = try part.reshape(to: shape)
      return dtype.isFloat ? try shaped.converted(to: dtype) : shaped
    }
  }
}
