// Elements moved and repeated on a device, none computed. Axes in another order, stretched or sliced are views.

import Tensors

extension DeviceTensor {
  /// The same elements in another shape of as many; nil where there are others.
  package func reshaped(_ shape: Shape) throws -> DeviceTensor? {
    guard shape.count == count else { return nil }
    let source = try contiguous()
    return source.view(shape, strides: shape.contiguousStrides)
  }

  /// The axes in another order, each new one's old one listed.
  package func permuted(_ order: Shape) -> DeviceTensor {
    var (shape, strides) = (Shape(), Shape())
    for axis in order.array {
      shape.append(self.shape[axis])
      strides.append(self.strides[axis])
    }
    return view(shape, strides: strides)
  }

  /// Stretched to a shape; nil where it does not fit.
  package func broadcast(to shape: Shape) throws -> DeviceTensor? {
    guard shape.rank >= self.shape.rank, Shape.broadcast(self.shape, shape) == shape else {
      return nil
    }
    return view(
      try shape.checked(), strides: Shape(trusted: strides(stretchedTo: shape).prefix(shape.rank)))
  }

  /// The elements that an index names; nil where it lists places.
  package func indexed(_ plan: IndexPlan) -> DeviceTensor? {
    plan.view(strides: strides).map { view($0.shape, strides: $0.strides, offset: $0.offset) }
  }

  /// A tensor of a device whose elements are all one number.
  static func full(_ shape: Shape, _ number: Tensor, on device: Device) throws -> DeviceTensor {
    let result = try uninitialized(shape.checked(), number.dtype, on: device)
    try result.fill(with: .number(number))
    return result
  }

  /// Zeros with elements at an index; nil where it lists places or they do not fit.
  package func spread(_ plan: IndexPlan) throws -> DeviceTensor? {
    guard plan.isView, shape == plan.result else { return nil }
    let result = try DeviceTensor.full(plan.source, Tensor(0, dtype: dtype), on: device)
    try result.indexed(plan)?.fill(with: .tensor(self))
    return result
  }

  /// The tensor with other elements at an index; nil where it lists places or they do not fit.
  package func replacing(_ plan: IndexPlan, with values: DeviceOperand) throws -> DeviceTensor? {
    guard plan.isView, values.dtype <= dtype,
      Shape.broadcast(values.shape, plan.result) == plan.result
    else { return nil }
    let result = try copied()
    try result.indexed(plan)?.fill(with: values)
    return result
  }

  /// The same elements in a buffer of their own.
  private func copied() throws -> DeviceTensor {
    let result = try DeviceTensor.uninitialized(shape, dtype, on: device)
    try result.fill(with: .tensor(self))
    return result
  }

  /// The tensor with a number around it.
  package func padded(before: [Int], after: [Int], value: Double) throws -> DeviceTensor? {
    guard before.count == shape.rank, after.count == shape.rank,
      (before + after).allSatisfy({ $0 >= 0 && $0 < 1 << 40 })
    else { return nil }
    let target = try Shape((0..<shape.rank).map { before[$0] + shape[$0] + after[$0] })
    let number = Tensor(value, dtype: dtype)
    let result = try DeviceTensor.full(target, number, on: device)
    let steps = result.strides
    let offset = (0..<shape.rank).reduce(0) { $0 + before[$1] * steps[$1] }
    try result.view(shape, strides: steps, offset: offset).fill(with: .tensor(self))
    return result
  }

  /// Tensors one after the other along an axis; nil where they do not fit.
  package static func concat(
    _ parts: [DeviceOperand], axis: Int, on device: Device
  ) throws -> DeviceTensor? {
    guard let first = parts.first, first.shape.rank > axis else { return nil }
    var (target, dtype) = (first.shape, first.dtype)
    target[axis] = 0
    for part in parts {
      var rest = part.shape
      guard rest.rank == target.rank else { return nil }
      rest[axis] = target[axis]
      guard rest == target else { return nil }
      target[axis] += part.shape[axis]
      dtype = .promoted(dtype, part.dtype)
    }
    let result = try uninitialized(target.checked(), dtype, on: device)
    var start = 0
    for part in parts {
      try result.view(part.shape, strides: result.strides, offset: start * result.strides[axis])
        .fill(with: part)
      start += part.shape[axis]
    }
    return result
  }

  /// The part of the last two axes on one side of the k-th diagonal, zeros elsewhere.
  package func triangle(_ k: Int, isLower: Bool) throws -> DeviceTensor? {
    guard shape.rank >= 2 else { return nil }
    let (rows, columns) = (shape[shape.rank - 2], shape[shape.rank - 1])
    let bound = Swift.max(-rows, Swift.min(columns, k))
    return try DeviceTensor.elementwise(
      "i % c - i / c % b \(isLower ? "<=" : ">=") d ? a : 0",
      [.tensor(self), .number(Tensor(rows)), .number(Tensor(columns)), .number(Tensor(bound))],
      compute: [dtype, .i64, .i64, .i64], result: dtype, shape: shape, on: device)
  }
}
