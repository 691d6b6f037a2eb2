// Places found by looking at numbers: constants for every derivative.

import Tensors

extension Primitive {
  /// For each value its place in a sorted tensor. Operands: the sorted tensor, the values. Attribute: 1 for
  /// the place behind equal ones.
  static let searchsorted: Primitive = Primitive(
    constant: "searchsorted",
    kernel: { sorted, values, attributes in
      try sorted.searchsorted(values, right: attributes.int != 0)
    },
    batch: { sorted, sortedIsMapped, values, valuesAreMapped, attributes in
      let size = (sortedIsMapped ? sorted : values).shape[0]
      // One sorted row serves for values of any shape.
      guard sortedIsMapped || sorted.rank > 1 else {
        return try apply(.searchsorted, sorted, values, attributes)
      }
      let sorted = try mapped(sorted, sortedIsMapped, size: size)
      let wanted = try mapped(values, valuesAreMapped, size: size)
      guard sorted.rank == 2 else { return try apply(.searchsorted, sorted, wanted, attributes) }
      let rows = try wanted.reshape(to: Shape(size, wanted.shape.removing(axis: 0).count))
      return try apply(.searchsorted, sorted, rows, attributes).reshape(to: wanted.shape)
    })

  /// For each element of an axis the place of the greatest up to there, or of the least. Attribute: the
  /// axis, and whether the least is meant.
  static let runningPlaces = Primitive(
    constant: "running_places",
    kernel: { x, attributes in
      let (axes, least) = attributes.axes
      return try x.runningPlaces(axis: axes.bits.trailingZeroBitCount, least: least)
    },
    batch: { x, attributes in
      let (axes, least) = attributes.axes
      return try x.runningPlaces(axis: axes.bits.trailingZeroBitCount + 1, least: least)
    })
}

extension Variable {
  /// For each of `values` the place in this sorted tensor before which it belongs, or behind its equals if
  /// `right`.
  ///
  /// A tensor of one axis serves for values of any shape; one of several is sorted along the last, and each of
  /// its rows serves for the values in the same place.
  public func searchsorted(_ values: Variable, right: Bool = false) throws -> Variable {
    try apply(.searchsorted, self, values, .int(right ? 1 : 0))
  }

  /// For each element of an axis the place of the greatest up to there, or of the least: the last of equal
  /// ones, and that of the last nan once there is one.
  func runningPlaces(axis: Int, least: Bool) throws -> Variable {
    try apply(.runningPlaces, self, .axes(AxisSet(shape.axis(axis)), keepAxes: least))
  }
}
