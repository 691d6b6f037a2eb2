// The matrices of two tensors that are multiplied with one another.

/// A shape of batches, and what a step along each of its axes is in either operand, in elements.
struct MatrixBatches {
  private let shape: Shape
  private let xSteps: Shape
  private let ySteps: Shape

  init(_ shape: Shape, _ xSteps: Shape, _ ySteps: Shape) {
    self.shape = shape
    self.xSteps = xSteps
    self.ySteps = ySteps
  }

  /// Calls `body` with each index and the offsets of its matrices, in order.
  func forEach(_ body: (_ index: Int, _ x: Int, _ y: Int) throws -> Void) rethrows {
    try forEach(in: 0..<shape.count, body)
  }

  /// Calls `body` on several threads where products are small one by one and large together; those
  /// that are large are split themselves.
  ///
  /// - Parameter work: the multiplications of one product.
  func share(work: Int, _ body: (_ index: Int, _ x: Int, _ y: Int) -> Void) {
    let (count, least) = (shape.count, Blocks.leastProducts)
    let all = multiplications(work, count, 1)
    let wanted = max(Blocks.most * 2 * Threads.count, all / least) / Blocks.most
    let pieces = work < 2 * least ? min(all / least, wanted, count) : 1
    guard pieces > 1 else { return forEach(body) }
    Threads.share(pieces) { piece in
      forEach(in: count * piece / pieces..<count * (piece + 1) / pieces, body)
    }
  }

  private func forEach(
    in indices: Range<Int>, _ body: (_ index: Int, _ x: Int, _ y: Int) throws -> Void
  ) rethrows {
    var (x, y, rest) = (0, 0, indices.lowerBound)
    var place = shape
    for axis in (0..<shape.rank).reversed() {
      (rest, place[axis]) = rest.quotientAndRemainder(dividingBy: shape[axis])
      x += place[axis] * xSteps[axis]
      y += place[axis] * ySteps[axis]
    }
    for index in indices {
      try body(index, x, y)
      var axis = shape.rank - 1
      while axis >= 0 {
        place[axis] += 1
        x += xSteps[axis]
        y += ySteps[axis]
        if place[axis] < shape[axis] { break }
        x -= xSteps[axis] * shape[axis]
        y -= ySteps[axis] * shape[axis]
        place[axis] = 0
        axis -= 1
      }
    }
  }
}
