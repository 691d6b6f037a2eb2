// Shapes made of shapes: flips, rolls, stacks and triangles out of reshape, permute, broadcast,
// index, pad and concat.

import Tensors

extension Variable {
  /// All elements along one axis.
  public func flattened() throws -> Variable { try reshape(to: Shape(count)) }

  /// The axes in reverse order, or two of them exchanged.
  public func transposed() throws -> Variable { try permute(Array((0..<rank).reversed())) }

  /// Two axes exchanged; negative ones count from the end.
  public func swappedAxes(_ i: Int, _ j: Int) throws -> Variable {
    let (i, j) = (try shape.axis(i), try shape.axis(j))
    if i == j { return self }
    var order = Array(0..<rank)
    order.swapAt(i, j)
    return try permute(order)
  }

  /// The last two axes exchanged.
  var matrixTransposed: Variable {
    get throws { try swappedAxes(-1, -2) }
  }

  /// An axis of 1 put in; `-1` is behind the last.
  public func expanded(at axis: Int) throws -> Variable {
    let place = axis < 0 ? axis &+ rank &+ 1 : axis
    guard place >= 0 && place <= rank else {
      throw TensorError(
        .index, "a new axis cannot stand at \(axis) in \(typeDescription)",
        hint: "places go from \(-rank - 1) to \(rank)")
    }
    return try reshape(to: shape.inserting(1, at: place))
  }

  /// Axes of 1 taken away: the one named, or all.
  public func squeezed(_ axis: Int? = nil) throws -> Variable {
    guard let axis else { return try reshape(to: Shape(shape.array.filter { $0 != 1 })) }
    let place = try shape.axis(axis)
    guard shape[place] == 1 else {
      throw TensorError(
        .shape, "cannot squeeze axis \(axis) of \(typeDescription)",
        hint: "its extent is \(shape[place]); only axes of 1 can be squeezed")
    }
    return try reshape(to: shape.removing(axis: place))
  }

  /// The part `start ..< stop` of one axis.
  public func sliced(axis: Int, from start: Int, to stop: Int) throws -> Variable {
    let place = try shape.axis(axis)
    if start == 0 && stop == shape[place] { return self }
    let items = Array(
      repeating: VariableIndexItem.slice(start: nil, stop: nil, step: 1), count: place)
    return try indexed(items + [.slice(start: start, stop: stop, step: 1)])
  }

  /// Every step-th element of an axis, from the first.
  public func strided(axis: Int, step: Int) throws -> Variable {
    let place = try shape.axis(axis)
    let items = Array(
      repeating: VariableIndexItem.slice(start: nil, stop: nil, step: 1), count: place)
    return try indexed(items + [.slice(start: nil, stop: nil, step: step)])
  }

  /// The elements along axes in reverse.
  public func flip(axes: [Int]) throws -> Variable {
    var items = Array(
      repeating: VariableIndexItem.slice(start: nil, stop: nil, step: 1), count: rank)
    for axis in axes { items[try shape.axis(axis)] = .slice(start: nil, stop: nil, step: -1) }
    return try indexed(items)
  }

  /// The elements moved along an axis; those that fall off the end come back at the beginning.
  public func roll(_ places: Int, axis: Int) throws -> Variable {
    let axis = try shape.axis(axis)
    let extent = shape[axis]
    guard extent > 1 else { return self }
    let shift = ((places % extent) + extent) % extent
    if shift == 0 { return self }
    return try Variable.concat(
      [
        sliced(axis: axis, from: extent - shift, to: extent),
        sliced(axis: axis, from: 0, to: extent - shift),
      ], axis: axis)
  }

  /// All elements moved along the flattened tensor.
  public func roll(_ places: Int) throws -> Variable {
    try flattened().roll(places, axis: 0).reshape(to: shape)
  }

  /// Tensors of one shape along a new axis.
  public static func stack(_ parts: [Variable], axis: Int = 0) throws -> Variable {
    guard let first = parts.first else {
      throw TensorError(.value, "stack of no tensors is not defined")
    }
    for part in parts where part.shape != first.shape {
      throw TensorError(
        .shape, "cannot stack \(first.typeDescription) and \(part.typeDescription)",
        hint: "all must have one shape")
    }
    let place = axis < 0 ? axis &+ first.rank &+ 1 : axis
    return try concat(parts.map { try $0.expanded(at: place) }, axis: place)
  }

  /// The tensor in parts of given extents along an axis.
  public func split(_ extents: [Int], axis: Int = 0) throws -> [Variable] {
    let axis = try shape.axis(axis)
    var sum = 0
    for extent in extents {
      let (next, overflow) = sum.addingReportingOverflow(extent)
      guard extent >= 0, !overflow, next <= shape[axis] else {
        throw TensorError(
          .shape, "cannot split \(typeDescription) along axis \(axis) into \(extents)",
          hint: "the parts must add up to \(shape[axis])")
      }
      sum = next
    }
    guard sum == shape[axis] else {
      throw TensorError(
        .shape, "cannot split \(typeDescription) along axis \(axis) into \(extents)",
        hint: "the parts must add up to \(shape[axis])")
    }
    var start = 0
    return try extents.map { extent in
      defer { start += extent }
      return try sliced(axis: axis, from: start, to: start + extent)
    }
  }

  /// Each element along an axis several times in a row.
  public func repeated(_ times: Int, axis: Int) throws -> Variable {
    let place = try shape.axis(axis)
    let extent = try product(shape[place], times)
    var target = shape
    target[place] = extent
    guard rank < Shape.maximumRank else {
      let ids = try Tensor.arange(0, shape[place]).repeated(times, axis: 0)
      return try take(.tensor(ids), axis: place)
    }
    return try expanded(at: place + 1).broadcast(to: shape.inserting(times, at: place + 1))
      .reshape(to: target)
  }

  /// The tensor several times over along each axis; leading axes are added where there are more
  /// numbers than axes.
  public func tiled(_ times: [Int]) throws -> Variable {
    var result = self
    while result.rank < times.count { result = try result.expanded(at: 0) }
    for (i, count) in times.enumerated() where count != 1 {
      let axis = result.rank - times.count + i
      let extent = try result.product(result.shape[axis], count)
      let ids = try Tensor.arange(0, result.shape[axis]).tiled([count])
      var target = result.shape
      target[axis] = extent
      if result.rank < Shape.maximumRank {
        let stretched = try result.shape.inserting(count, at: axis)
        result = try result.expanded(at: axis).broadcast(to: stretched).reshape(to: target)
      } else {
        result = try result.take(.tensor(ids), axis: axis)
      }
    }
    return result
  }

  private func product(_ extent: Int, _ times: Int) throws -> Int {
    guard times >= 0 else {
      throw TensorError(.value, "cannot repeat \(typeDescription) \(times) times")
    }
    let (result, overflow) = extent.multipliedReportingOverflow(by: times)
    guard !overflow else {
      throw TensorError(.limit, "\(typeDescription) repeated \(times) times is too large")
    }
    return result
  }

  /// The k-th diagonal of the last two axes, as the last axis.
  public func diagonal(_ k: Int = 0) throws -> Variable {
    guard rank >= 2 else {
      throw TensorError(
        .shape, "a diagonal is taken of two axes or more, not of \(typeDescription)")
    }
    let (rows, columns) = (shape[rank - 2], shape[rank - 1])
    let (i, j) = (k < 0 ? Swift.min(k.magnitude, UInt(rows)) : 0, k > 0 ? Swift.min(k, columns) : 0)
    let length = Swift.min(rows - Int(i), columns - j)
    let lead = Array(shape.array.dropLast(2))
    let flat = try reshape(to: Shape(lead + [rows * columns]))
    guard length > 0 else { return try flat.sliced(axis: -1, from: 0, to: 0) }
    let start = Int(i) * columns + j
    let items = Array(
      repeating: VariableIndexItem.slice(start: nil, stop: nil, step: 1), count: lead.count)
    return try flat.indexed(
      items + [
        .slice(start: start, stop: start + (length - 1) * (columns + 1) + 1, step: columns + 1)
      ])
  }

  /// Square matrices with the last axis on their diagonal, zeros elsewhere.
  public func diagonalMatrix() throws -> Variable {
    guard rank >= 1 else {
      throw TensorError(.shape, "a diagonal matrix is made of one axis or more, not of a number")
    }
    let n = shape[rank - 1]
    let lead = Array(shape.array.dropLast())
    let none = Array(repeating: 0, count: rank)
    // Each element with n zeros behind it, in one row: the diagonal is every (n+1)-th.
    let wide = try expanded(at: -1).padded(before: none + [0], after: none + [n])
    return try wide.reshape(to: Shape(lead + [n * (n + 1)]))
      .sliced(axis: -1, from: 0, to: n * n).reshape(to: Shape(lead + [n, n]))
  }

  /// The sum of the diagonal of the last two axes.
  public func trace() throws -> Variable {
    let diagonal = try diagonal()
    return try diagonal.sum(axes: AxisSet(diagonal.rank - 1))
  }
}
