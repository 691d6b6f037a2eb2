// How operands of different shapes meet.

internal import Kernels

extension Shape {
  /// The strides by which a tensor of this shape and these strides is walked along the axes of a
  /// shape that it stretches to: 0 along stretched axes.
  func stretched(_ strides: Shape, to shape: Shape) -> Shape {
    var result = shape
    let lead = shape.rank - rank
    for axis in 0..<shape.rank {
      let own = axis - lead
      result[axis] = own < 0 || (self[own] == 1 && shape[axis] != 1) ? 0 : strides[own]
    }
    return result
  }

  /// The error where two shapes do not fit: `cannot add f64[3, 4] and f64[5]`.
  static func mismatch(_ verb: String, _ a: Tensor, _ b: Tensor) -> TensorError {
    let (x, y) = (a.shape, b.shape)
    var back = 1
    while back < min(x.rank, y.rank) {
      let (p, q) = (x[x.rank - back], y[y.rank - back])
      if p != q && p != 1 && q != 1 { break }
      back += 1
    }
    let (p, q) = (x[x.rank - back], y[y.rank - back])
    let axes = back == 1 ? "the last axes are" : "axes \(-back) are"
    return TensorError(
      .shape, "cannot \(verb) \(a.typeDescription) and \(b.typeDescription)",
      label: "\(axes) \(p) and \(q)",
      hint: "axes are matched from the right; one of them must be 1 to stretch")
  }
}

extension mos_operand {
  /// A tensor as an operand of a result of a shape that it stretches to.
  init(_ x: Tensor, stretchedTo shape: Shape) {
    let strides = x.strides
    let walked = x.shape == shape ? strides : x.shape.stretched(strides, to: shape)
    self.init(data: x.header.data, stride: walked.extents, dtype: x.dtype.rawValue)
  }
}

extension Tensor {
  /// A view in which axes of 1 are stretched and missing leading axes added.
  ///
  /// - Throws: a shape error where an axis fits neither.
  public func broadcast(to target: Shape) throws -> Tensor {
    if shape == target { return self }
    guard rank <= target.rank, Shape.broadcast(shape, target) == target else {
      throw TensorError(
        .shape, "cannot broadcast \(typeDescription) to \(target)",
        hint: "axes are matched from the right; an axis of 1 stretches, others must be equal")
    }
    return view(shape: target, strides: shape.stretched(strides, to: target))
  }

  /// The sum over the axes that broadcasting to `g.shape` stretched: the inverse of
  /// `broadcast(to:)` for gradients.
  package static func unbroadcast(_ g: Tensor, to target: Shape) throws -> Tensor {
    if g.shape == target { return g }
    let lead = g.rank - target.rank
    guard lead >= 0 else {
      throw TensorError(.shape, "cannot sum \(g.typeDescription) down to \(target)")
    }
    var axes = AxisSet()
    for axis in 0..<g.rank {
      if axis < lead || (target[axis - lead] == 1 && g.shape[axis] != 1) {
        axes.insert(axis)
      } else if target[axis - lead] != g.shape[axis] {
        throw TensorError(.shape, "cannot sum \(g.typeDescription) down to \(target)")
      }
    }
    return try g.sum(axes, keepAxes: false).reshaped(target)
  }
}
