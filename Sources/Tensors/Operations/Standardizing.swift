// Numbers less their mean, divided by their deviation, in two passes over memory that stay in cache, and
// the derivative likewise.

internal import Kernels

/// Over which axes there is one mean, and what is added to the variance.
package final class Standardization: Sendable {
  /// Bit i stands for the axis i + 1 places before the end, so that axes in front change nothing.
  private let bits: UInt8
  package let epsilon: Double

  /// The axes of a tensor of that rank.
  package init(_ axes: AxisSet, rank: Int, epsilon: Double) {
    var bits: UInt8 = 0
    for axis in 0..<rank where axes.contains(axis) { bits |= 1 << UInt8(rank - 1 - axis) }
    self.bits = bits
    self.epsilon = epsilon
  }

  /// The axes of a tensor of a rank.
  package func axes(rank: Int) -> AxisSet {
    var axes = AxisSet()
    for axis in 0..<rank where bits & 1 << UInt8(rank - 1 - axis) != 0 { axes.insert(axis) }
    return axes
  }
}

extension Tensor {
  /// What is computed of the numbers of each mean.
  private enum Standardized {
    case numbers, derivative(Tensor), curvature(Tensor, Tensor), deviation

    /// What numbers are multiplied with.
    var directions: [Tensor] {
      switch self {
      case .numbers, .deviation: []
      case .derivative(let u): [u]
      case .curvature(let u, let v): [u, v]
      }
    }

    /// The same with every direction replaced.
    func mapDirections(_ transform: (Tensor) throws -> Tensor) rethrows -> Standardized {
      switch self {
      case .numbers, .deviation: self
      case .derivative(let u): .derivative(try transform(u))
      case .curvature(let u, let v): .curvature(try transform(u), try transform(v))
      }
    }
  }

  /// `(x - mean) / √(variance + ε)`, of floats.
  package func standardized(_ form: Standardization) throws -> Tensor {
    try standardized(.numbers, form)
  }

  /// What the derivative of standardizing this makes of tangents or cotangents of its shape and dtype:
  /// it is its own transpose.
  package func standardizedDerivative(of u: Tensor, _ form: Standardization) throws -> Tensor {
    try standardized(.derivative(u), form)
  }

  /// What the second derivative makes of two of them; which is which does not matter.
  package func standardizedCurvature(
    of u: Tensor, _ v: Tensor, _ form: Standardization
  ) throws -> Tensor {
    try standardized(.curvature(u, v), form)
  }

  /// `1 / √(variance + ε)`, with an axis of 1 for each that is gone.
  package func inverseDeviation(_ form: Standardization) throws -> Tensor {
    try standardized(.deviation, form)
  }

  private func standardized(_ what: Standardized, _ form: Standardization) throws -> Tensor {
    let axes = form.axes(rank: rank)
    guard let layout = StandardizedRows(shape, axes) else {
      // The axes of the mean behind the others, where they are rows.
      let order = (0..<rank).filter { !axes.contains($0) } + (0..<rank).filter(axes.contains)
      let inner = Standardization(
        AxisSet(bits: AxisSet.all(rank: rank).bits & ~AxisSet.all(rank: rank - axes.count).bits),
        rank: rank, epsilon: form.epsilon)
      let moved = try what.mapDirections {
        try $0.transposed(permutation: Shape(order)).contiguous()
      }
      let y = try transposed(permutation: Shape(order)).contiguous()
        .standardized(moved, inner)
      var back = Array(repeating: 0, count: rank)
      for (place, axis) in order.enumerated() { back[axis] = place }
      return try y.transposed(permutation: Shape(back)).contiguous()
    }
    var isDeviation = false
    if case .deviation = what { isDeviation = true }
    let y = try Tensor.uninitialized(isDeviation ? reducedShape(axes, true) : shape, dtype)
    guard count > 0, let kernel = mos_standardize_of(Int32(dtype.rawValue)) else { return y }
    let x = try contiguous()
    let directions = try what.directions.map { try $0.contiguous() }
    withExtendedLifetime((x, directions)) {
      let groups = layout.leading * layout.kept
      let tasks = count < 1 << 16 ? 1 : Swift.min(groups, 256)
      let size = dtype.size
      Threads.share(tasks) { task in
        for group in groups * task / tasks..<groups * (task + 1) / tasks where mos_run_ends() == 0 {
          let (outer, inner) = group.quotientAndRemainder(dividingBy: layout.kept)
          let at = (outer * layout.rows * layout.kept + inner) * layout.length * size
          var numbers = mos_standardize(
            rows: layout.rows, n: layout.length, apart: layout.kept * layout.length,
            epsilon: form.epsilon, x: x.elements + at,
            u: directions.first.map { $0.elements + at },
            v: directions.count > 1 ? directions[1].elements + at : nil,
            y: isDeviation ? nil : y.elements + at,
            deviation: isDeviation ? y.elements + group * size : nil)
          kernel(&numbers)
        }
      }
    }
    try Safepoint.look()
    return y
  }
}

/// A shape as [leading, rows, kept, length], of which rows and length share a mean.
private struct StandardizedRows {
  var leading = 1
  var rows = 1
  var kept = 1
  var length = 1

  /// Rows shorter than this are not worth their loop.
  private static let leastLength = 8

  /// Nil where the axes lie otherwise, or rows are short.
  init?(_ shape: Shape, _ axes: AxisSet) {
    var axis = shape.rank - 1
    func take(_ extent: inout Int, while isTaken: (Int) -> Bool) {
      while axis >= 0 && isTaken(axis) {
        extent *= shape[axis]
        axis -= 1
      }
    }
    take(&length) { axes.contains($0) }
    take(&kept) { !axes.contains($0) }
    take(&rows) { axes.contains($0) }
    take(&leading) { !axes.contains($0) }
    guard axis < 0, rows == 1 && kept == 1 || length >= StandardizedRows.leastLength || rows == 1
    else { return nil }
    guard length > 1 || rows == 1 else { return nil }
  }
}
