// Tensors from literals, and back to arrays, for tests.

import Tensors

/// The numbers in a shape, in a row where none is given.
package func tensor(_ values: [Double], _ shape: [Int]? = nil, _ dtype: DType = .f64) throws
  -> Tensor
{
  let flat = try Tensor.make(Shape(values.count), .f64) { pointer in
    pointer.initializeMemory(as: Double.self, from: values, count: values.count)
  }
  let typed = try flat.converted(to: dtype)
  return try shape.map { try typed.reshaped(Shape($0)) } ?? typed
}

/// Whole numbers in a shape, in a row where none is given.
package func whole(_ values: [Int], _ shape: [Int]? = nil) throws -> Tensor {
  let flat = try Tensor.make(Shape(values.count), .i64) { pointer in
    pointer.initializeMemory(as: Int.self, from: values, count: values.count)
  }
  return try shape.map { try flat.reshaped(Shape($0)) } ?? flat
}

/// `0, 1, …` in a shape.
package func counting(_ shape: [Int], _ dtype: DType = .f64) throws -> Tensor {
  let count = shape.reduce(1, *)
  return try Tensor.arange(0, count).converted(to: dtype).reshaped(Shape(shape))
}

extension Tensor {
  /// The elements along some axes in reverse: a view with negative strides.
  package func flipped(_ axes: AxisSet) throws -> Tensor {
    let isReversed = (0..<rank).map(axes.contains)
    return try sliced(
      starts: (0..<rank).map { isReversed[$0] ? shape[$0] - 1 : 0 },
      stops: (0..<rank).map { isReversed[$0] ? -1 : shape[$0] },
      steps: isReversed.map { $0 ? -1 : 1 })
  }
}

/// True where both are nan, or equal, or within the relative error.
package func agrees(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
  if a.isNaN || b.isNaN { return a.isNaN && b.isNaN }
  if a == b { return true }
  return abs(a - b) <= tolerance * max(abs(a), abs(b))
}
