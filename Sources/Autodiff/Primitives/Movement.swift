// Elements moved and repeated, none computed: reshape, transpose, broadcast; and the sum that is
// the transpose of a broadcast.

import Devices
import Tensors

extension Primitive {
  /// The same elements in another shape. Attribute: the shape.
  ///
  ///     y = reshape x            ẏ = reshape ẋ            x̄ = reshape ȳ to x's shape
  static let reshape = Primitive(
    "reshape",
    kernel: { x, attributes in try x.reshaped(attributes.shape) },
    forward: { _, y, _, dx in try dx.reshape(to: y.shape) },
    reverse: { x, _, _, dy in try dy.reshape(to: x.shape) },
    batch: { x, attributes in
      let shape = attributes.shape
      return try x.reshape(to: shape.inserting(x.shape[0], at: 0))
    }, device: DeviceForms.tensor { try $0.reshaped($1.shape) })

  /// Axes in another order. Attribute: a shape that holds, for each new axis, the old one.
  ///
  ///     y = permute x            ẏ = permute ẋ            x̄ = the inverse permutation of ȳ
  static let permute = Primitive(
    "permute",
    kernel: { x, attributes in try x.transposed(permutation: attributes.shape) },
    forward: { _, _, attributes, dx in try dx.permute(attributes.shape.array) },
    reverse: { _, _, attributes, dy in
      let order = attributes.shape
      var inverse = Array(repeating: 0, count: order.rank)
      for (new, old) in order.array.enumerated() { inverse[old] = new }
      return try dy.permute(inverse)
    },
    batch: { x, attributes in try x.permute([0] + attributes.shape.array.map { $0 + 1 }) },
    device: DeviceForms.tensor { $0.permuted($1.shape) })

  /// Axes of extent 1 stretched, and axes put in front. Attribute: the shape.
  ///
  ///     y = broadcast x            ẏ = broadcast ẋ            x̄ = ȳ summed over what was stretched
  static let broadcast = Primitive(
    "broadcast",
    kernel: { x, attributes in try x.broadcast(to: attributes.shape) },
    forward: { _, y, _, dx in try dx.broadcast(to: y.shape) },
    reverse: { x, _, _, dy in try dy.unbroadcast(to: x) },
    batch: { x, attributes in
      let shape = attributes.shape
      let inner = x.shape.removing(axis: 0)
      var extents = [x.shape[0]] + Array(repeating: 1, count: shape.rank - inner.rank)
      extents += inner.array
      return try x.reshape(to: Shape(extents))
        .broadcast(to: shape.inserting(x.shape[0], at: 0))
    }, device: DeviceForms.tensor { try $0.broadcast(to: $1.shape) })

  /// The sum over axes. Attribute: the axes, and whether they stay with extent 1.
  ///
  ///     y = Σ x            ẏ = Σ ẋ            x̄ = ȳ repeated along the axes
  static let sum = Primitive(
    "sum",
    kernel: { x, attributes in
      let (axes, keepAxes) = attributes.axes
      return try x.sum(axes, keepAxes: keepAxes)
    },
    forward: { _, _, attributes, dx in
      let (axes, keepAxes) = attributes.axes
      return try dx.sum(axes: axes, keepAxes: keepAxes)
    },
    reverse: { x, _, attributes, dy in
      let (axes, keepAxes) = attributes.axes
      let kept = keepAxes ? dy : try dy.reshape(to: x.shape.keeping(axes))
      return try kept.broadcast(to: x.shape)
    },
    batch: { x, attributes in
      let (axes, keepAxes) = attributes.axes
      return try x.sum(axes: axes.shifted, keepAxes: keepAxes)
    }, device: DeviceForms.reduction(.sum))

  /// A number around the elements. Attribute: the widths.
  ///
  ///     y = pad x            ẏ = pad ẋ with 0            x̄ = the middle of ȳ
  static let pad = Primitive(
    "pad",
    kernel: { x, attributes in
      let widths = attributes.object(as: PadWidths.self)
      return try x.padded(before: widths.before, after: widths.after, value: widths.value)
    },
    forward: { _, _, attributes, dx in
      let widths = attributes.object(as: PadWidths.self)
      return try dx.padded(before: widths.before, after: widths.after)
    },
    reverse: { x, _, attributes, dy in
      let widths = attributes.object(as: PadWidths.self)
      let shape = x.shape
      return try dy.indexed(
        widths.before.enumerated().map { axis, width in
          .slice(start: width, stop: width + shape[axis], step: 1)
        })
    },
    batch: { x, attributes in
      let widths = attributes.object(as: PadWidths.self)
      return try x.padded(
        before: [0] + widths.before, after: [0] + widths.after, value: .number(widths.value))
    },
    device: DeviceForms.tensor { x, attributes in
      let widths = attributes.object(as: PadWidths.self)
      return try x.padded(before: widths.before, after: widths.after, value: widths.value)
    })

  /// Tensors one after the other along an axis. Attribute: the axis.
  ///
  ///     y = concat xᵢ            ẏ = concat ẋᵢ            x̄ᵢ = the slice of ȳ
  static let concat = Primitive(
    "concat",
    kernel: { inputs, attributes in
      let axis = attributes.int
      return try Tensor.concat(inputs, axis: axis)
    },
    forward: { inputs, y, attributes, tangents in
      let axis = attributes.int
      let parts = try zip(inputs, tangents).map { input, tangent in
        if let tangent { return tangent }
        return try input.zerosLike().converted(to: y.dtype)
      }
      return try Variable.concat(parts, axis: axis)
    },
    reverse: { inputs, _, attributes, dy, needs in
      let axis = attributes.int
      var start = 0
      return try zip(inputs, needs).map { input, isNeeded in
        let extent = input.shape[axis]
        defer { start += extent }
        return isNeeded ? try dy.sliced(axis: axis, from: start, to: start + extent) : nil
      }
    },
    batch: { inputs, areMapped, size, attributes in
      let axis = attributes.int
      let parts = try zip(inputs, areMapped).map { try mapped($0, $1, size: size) }
      return try Variable.concat(parts, axis: axis + 1)
    },
    device: { parts, attributes, device in
      try DeviceTensor.concat(parts, axis: attributes.int, on: device).map { [$0] }
    })

  /// The part of the last two axes on and below the k-th diagonal; zeros elsewhere. Attribute: k.
  static let tril = Primitive(triangle: "tril", isLower: true) {
    try $0.tril($1)
  } again: {
    try $0.tril($1)
  }

  /// The part of the last two axes on and above the k-th diagonal; zeros elsewhere. Attribute: k.
  static let triu = Primitive(triangle: "triu", isLower: false) {
    try $0.triu($1)
  } again: {
    try $0.triu($1)
  }

  /// A part of the last two axes: linear, and its own transpose.
  private convenience init(
    triangle name: String, isLower: Bool,
    kernel: @escaping @Sendable (Tensor, Int) throws -> Tensor,
    again: @escaping @Sendable (Variable, Int) throws -> Variable
  ) {
    self.init(
      name,
      kernel: { x, attributes in try kernel(x, attributes.int) },
      forward: { _, _, attributes, t in try again(t, attributes.int) },
      reverse: { _, _, attributes, t in try again(t, attributes.int) },
      batch: { x, attributes in try again(x, attributes.int) },
      device: DeviceForms.tensor { try $0.triangle($1.int, isLower: isLower) })
  }
}

/// How much a tensor is padded along each axis, and with what.
private final class PadWidths: Sendable {
  let before: [Int]
  let after: [Int]
  let value: Double

  init(_ before: [Int], _ after: [Int], _ value: Double) {
    self.before = before
    self.after = after
    self.value = value
  }
}

extension Shape {
  /// This shape with extent 1 at the given axes.
  func keeping(_ axes: AxisSet) -> Shape {
    var result = self
    for axis in 0..<rank where axes.contains(axis) { result[axis] = 1 }
    return result
  }
}

extension AxisSet {
  /// The same axes behind a mapped first axis.
  var shifted: AxisSet { AxisSet(bits: bits << 1) }
}

extension Variable {
  /// The same elements in another shape.
  public func reshape(to shape: Shape) throws -> Variable {
    if self.shape == shape { return self }
    return try apply(.reshape, self, .shape(shape))
  }

  /// The same elements behind a node of their own: connected to this tensor, and no leaf.
  public func copied() throws -> Variable { try apply(.reshape, self, .shape(shape)) }

  /// The axes in the order given.
  public func permute(_ order: [Int]) throws -> Variable {
    try apply(.permute, self, .shape(Shape(trusted: order)))
  }

  /// The tensor stretched to a shape that it broadcasts to.
  public func broadcast(to shape: Shape) throws -> Variable {
    if self.shape == shape { return self }
    return try apply(.broadcast, self, .shape(shape))
  }

  /// The sum over axes.
  public func sum(axes: AxisSet, keepAxes: Bool = false) throws -> Variable {
    try apply(.sum, self, .axes(axes, keepAxes: keepAxes))
  }

  /// The sum of all elements.
  public func sum() throws -> Variable { try sum(axes: .all(rank: rank)) }

  /// A number around the elements: `before[i]` and `after[i]` of them along axis i.
  public func padded(before: [Int], after: [Int], value: Scalar = 0) throws -> Variable {
    guard before.count == rank, after.count == rank else {
      throw TensorError(
        .shape, "padding of \(typeDescription) needs \(rank) pairs, and \(before.count) were given")
    }
    switch value {
    case .number(let number):
      return try apply(.pad, self, .object(PadWidths(before, after, number)))
    case .variable, .counted:
      let x = try floating()
      let isInside = try Tensor.full(shape, 1, .bool).padded(before: before, after: after)
      return try Variable.tensor(isInside).beside(x).select(
        x.padded(before: before, after: after), value.like(x))
    }
  }

  /// Tensors one after the other along an axis.
  public static func concat(_ parts: [Variable], axis: Int = 0) throws -> Variable {
    guard let first = parts.first else {
      throw TensorError(.value, "concat of no tensors is not defined")
    }
    guard first.rank > 0 else {
      throw TensorError(
        .shape, "cannot concat \(first.typeDescription): it has no axes", hint: "stack makes one")
    }
    let place = try first.shape.axis(axis)
    for part in parts where part.rank != first.rank {
      throw TensorError(
        .shape, "cannot concat \(first.typeDescription) and \(part.typeDescription)",
        hint: "all must have the same number of axes")
    }
    if parts.count == 1 { return first }
    return try apply(.concat, parts, .int(place))
  }

  /// The part of the last two axes on and below the k-th diagonal.
  public func tril(_ k: Int = 0) throws -> Variable {
    try requireMatrix()
    return try apply(.tril, self, .int(k))
  }

  /// The part of the last two axes on and above the k-th diagonal.
  public func triu(_ k: Int = 0) throws -> Variable {
    try requireMatrix()
    return try apply(.triu, self, .int(k))
  }

  private func requireMatrix() throws {
    guard rank >= 2 else {
      throw TensorError(
        .shape, "a triangle is taken of two axes or more, not of \(typeDescription)")
    }
  }

  /// One axis moved to another position; the others keep their order.
  public func movedAxis(from source: Int, to destination: Int) throws -> Variable {
    if source == destination { return self }
    var order = Array(0..<rank)
    order.remove(at: source)
    order.insert(source, at: destination)
    return try permute(order)
  }

  /// A cotangent summed down to the shape of the operand that was broadcast.
  @inline(__always)
  func unbroadcast(to operand: Variable) throws -> Variable {
    let shape = operand.shape
    let wide = self.shape
    if shape == wide { return self }
    return try sumDown(from: wide, to: shape)
  }

  private func sumDown(from wide: Shape, to shape: Shape) throws -> Variable {
    let added = wide.rank - shape.rank
    // A rule may give a cotangent that itself still has to be stretched, such as a constant.
    guard added >= 0 else { return try broadcast(to: shape) }
    var bits: UInt8 = 0
    for axis in 0..<wide.rank
    where axis < added || (shape[axis - added] == 1 && wide[axis] != 1) {
      bits |= 1 << UInt8(axis)
    }
    let summed = bits == 0 ? self : try sum(axes: AxisSet(bits: bits), keepAxes: true)
    return try summed.reshape(to: Shape(trusted: summed.shape.array.dropFirst(added)))
      .broadcast(to: shape)
  }
}
