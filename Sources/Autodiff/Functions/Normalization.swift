// What layers of networks do to their inputs: centre, scale, look up and leave out.

import Tensors

extension Bounds {
  fileprivate static func row(of count: Int) -> Bounds {
    Bounds(from: 0, to: Double(count - 1)) {
      TensorError(
        .index, "id \($0) is out of range for an embedding of \(count) rows",
        hint: "ids are numbered from 0")
    }
  }
}

extension Variable {
  /// The last axes with mean 0 and variance 1, then times weights and plus a bias of their extents.
  ///
  ///     y = (x - x̄) / √(var x + ε) w + b
  public func layerNorm(
    _ extents: Shape, weight: Variable? = nil, bias: Variable? = nil, epsilon: Scalar = 1e-5
  ) throws -> Variable {
    let axes = try trailingAxes(extents, "layer_norm")
    return try floating().standardized(axes: axes, epsilon: epsilon)
      .affine(weight, bias, extents, "layer_norm")
  }

  /// The last axes divided by the root of their mean square, then times weights of their extents.
  ///
  ///     y = x / √(mean x² + ε) w            ε is the rounding of the dtype unless given
  public func rmsNorm(
    _ extents: Shape, weight: Variable? = nil, epsilon: Scalar? = nil
  ) throws -> Variable {
    let axes = try trailingAxes(extents, "rms_norm")
    let x = try floating()
    let square = try x.square().mean(axes: axes, keepAxes: true)
    return try (x * (square + (epsilon ?? .number(x.dtype.rounding))).rsqrt())
      .affine(weight, nil, extents, "rms_norm")
  }

  /// Each group of channels of each example with mean 0 and variance 1; axis 0 counts examples and axis 1
  /// channels, each of which has a weight and a bias.
  public func groupNorm(
    _ groups: Int, weight: Variable? = nil, bias: Variable? = nil, epsilon: Scalar = 1e-5
  ) throws -> Variable {
    guard rank >= 2 else {
      throw TensorError(
        .shape,
        "group_norm needs an axis of examples and one of channels, and got \(typeDescription)")
    }
    let channels = shape[1]
    guard groups > 0, channels % groups == 0 else {
      throw TensorError(
        .shape,
        "group_norm cannot put the \(channels) channels of \(typeDescription) into "
          + "\(groups) equal groups")
    }
    let rest = shape.array.dropFirst(2).reduce(channels / groups, *)
    let y = try floating().reshape(to: Shape([shape[0], groups, rest]))
      .standardized(axes: AxisSet(2), epsilon: epsilon).reshape(to: shape)
    return try y.affineByChannel(weight, bias, "group_norm")
  }

  /// Each channel of each example with mean 0 and variance 1; axis 0 counts examples and axis 1 channels.
  public func instanceNorm(
    weight: Variable? = nil, bias: Variable? = nil, epsilon: Scalar = 1e-5
  ) throws -> Variable {
    guard rank >= 3 else {
      throw TensorError(
        .shape,
        "instance_norm needs axes of examples, of channels and of what is in them, and got "
          + typeDescription)
    }
    let axes = try AxisSet(Array(2..<rank), of: shape)
    return try floating().standardized(axes: axes, epsilon: epsilon)
      .affineByChannel(weight, bias, "instance_norm")
  }

  /// Vectors along axes divided by their norms, or by `epsilon` where that is more.
  public func normalized(
    order p: Double = 2, axes: AxisSet, epsilon: Scalar = 1e-12
  ) throws -> Variable {
    let x = try floating()
    let norm = try x.norm(order: p, axes: axes, keepAxes: true)
    return try x / norm.maximum(epsilon.like(x))
  }

  /// The last axes, which have these extents.
  private func trailingAxes(_ extents: Shape, _ name: String) throws -> AxisSet {
    guard extents.rank > 0, shape.array.suffix(extents.rank) == extents.array[...] else {
      throw TensorError(
        .shape, "\(name) over \(extents) does not fit \(typeDescription)",
        hint: "these are the extents of the last axes of x, at least of one")
    }
    return try AxisSet(Array(rank - extents.rank..<rank), of: shape)
  }

  private func affine(
    _ weight: Variable?, _ bias: Variable?, _ extents: Shape, _ name: String
  ) throws -> Variable {
    for (part, word) in [(weight, "weight"), (bias, "bias")] {
      guard let part, part.shape != extents else { continue }
      throw TensorError(
        .shape,
        "the \(word) of \(name) has the shape \(extents), and \(part.typeDescription) was given")
    }
    let scaled = try weight.map { try self * $0 } ?? self
    return try bias.map { try scaled + $0 } ?? scaled
  }

  /// This times weights and plus a bias of the channels, which are axis 1.
  func affineByChannel(
    _ weight: Variable?, _ bias: Variable?, _ name: String
  ) throws -> Variable {
    let scaled = try weight.map { try self * ofChannels($0, "weight", name) } ?? self
    return try bias.map { try scaled + ofChannels($0, "bias", name) } ?? scaled
  }

  /// Numbers of the channels, which are axis 1, as what stretches over this.
  func ofChannels(_ numbers: Variable, _ word: String, _ name: String) throws -> Variable {
    guard numbers.shape == Shape(shape[1]) else {
      throw TensorError(
        .shape,
        "the \(word) of \(name) has the shape \(Shape(shape[1])), and \(numbers.typeDescription) was given",
        hint: "it is one number for each channel, which are axis 1 of \(typeDescription)")
    }
    return try numbers.reshape(to: Shape([shape[1]] + Array(repeating: 1, count: rank - 2)))
  }

  /// The rows of this matrix that ids name; the row `padding` gets no gradient.
  public func embedding(_ ids: Variable, padding: Int? = nil) throws -> Variable {
    guard rank == 2 else {
      throw TensorError(
        .shape, "the weight of embedding is a matrix with a row for each id, not \(typeDescription)"
      )
    }
    guard !ids.dtype.isFloat || ids.count == 0 else {
      throw TensorError(
        .type, "embedding needs whole numbers, and \(ids.typeDescription) holds none",
        hint: "convert them with .to(i64)")
    }
    let known = try ids.converted(to: .i64).bounded(by: .row(of: shape[0]))
    let rows = try take(known, axis: 0)
    guard let padding else { return rows }
    let place = padding < 0 ? padding &+ shape[0] : padding
    guard place >= 0, place < shape[0] else {
      throw TensorError(
        .index, "padding_idx \(padding) is out of range for an embedding of \(shape[0]) rows")
    }
    let isPadding = try known.isEqual(to: .tensor(Tensor(place))).expanded(at: -1)
    return try isPadding.select(stopGradient(rows), rows)
  }

  /// Elements times a mask of zeros and ones, divided by the probability of a one.
  public func dropout(mask: Variable, kept: Double) throws -> Variable {
    let x = try floating()
    guard kept > 0 else { return try mask.converted(to: .bool).select(x, .number(0, like: x)) }
    return try mask.converted(to: .bool).select(x / kept, .number(0, like: x))
  }
}
