// What a convolution knows of the two axes of its pictures.

/// A place in a plane, an extent of one, or a step through it.
package struct Grid: Hashable, Sendable {
  package var y: Int
  package var x: Int

  package init(_ y: Int, _ x: Int) {
    self.y = y
    self.x = x
  }

  package var count: Int { y * x }
}

extension Grid: CustomStringConvertible {
  package var description: String { y == x ? "\(y)" : "(\(y), \(x))" }
}
