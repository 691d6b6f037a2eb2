// The places of the greatest elements of windows. What is there is taken by place, so that the rules of
// taking give every derivative.

import Tensors

extension Primitive {
  /// Where the greatest element of each window of the last two axes lies: the first of equal ones, and nan
  /// before all others. Attribute: the windows.
  static let greatestPlaces: Primitive = Primitive(
    constant: "max_pool2d",
    kernel: { x, attributes in
      try x.greatestPlaces(attributes.object(as: PoolingWindows.self))
    },
    batch: { x, attributes in try apply(.greatestPlaces, x, attributes) })
}

extension Variable {
  /// The places of the windows' greatest elements in these elements, laid in a row.
  func greatestPlaces(_ windows: PoolingWindows) throws -> Variable {
    try apply(.greatestPlaces, self, .object(windows))
  }
}
