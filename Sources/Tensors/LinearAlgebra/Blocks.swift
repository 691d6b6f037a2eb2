// A large result in blocks, which threads take one by one.

internal import Kernels

/// A grid of blocks that covers a matrix.
struct Blocks {
  let rows: Int
  let columns: Int
  private let height: Int
  private let width: Int

  /// The multiplications that are worth a block of a product of matrices.
  static let leastProducts = 1 << 21

  /// - Parameters:
  ///   - work: what is to be computed in all, multiplications or elements read.
  ///   - least: what a block is worth at least: some tens of microseconds, several times what it
  ///     takes to wake a thread.
  init(rows: Int, columns: Int, work: Int, least: Int) {
    self.rows = rows
    self.columns = columns
    // Twice as many blocks as threads, so that a thread that is held up costs little.
    let wanted = work < 2 * least ? 1 : min(work / least, 2 * Threads.count)
    // Whole tiles of BLAS's kernels, which are 4, 8, 12 or 16 elements wide: nothing is wasted at
    // the edges, and most elements round as they do in one piece.
    let tile = 48
    var (height, width, count) = (rows, columns, 1)
    while count < wanted, max(height, width) > tile {
      if height >= width { height = (height + 1) / 2 } else { width = (width + 1) / 2 }
      count *= 2
    }
    self.height = count == 1 ? height : (height + tile - 1) / tile * tile
    self.width = count == 1 ? width : (width + tile - 1) / tile * tile
  }

  /// Computes every block; none where there are no rows or no columns.
  func forEach(_ body: (_ rows: Range<Int>, _ columns: Range<Int>) -> Void) {
    guard rows > 0 && columns > 0 else { return }
    let (down, across) = ((rows + height - 1) / height, (columns + width - 1) / width)
    if down * across == 1 { return body(0..<rows, 0..<columns) }
    withoutActuallyEscaping(body) { body in
      var task: (Int) -> Void = { index in
        let (row, column) = (index / across * height, index % across * width)
        body(row..<min(row + height, rows), column..<min(column + width, columns))
      }
      withUnsafeMutablePointer(to: &task) {
        mos_parallel(
          down * across,
          { $0.assumingMemoryBound(to: ((Int) -> Void).self).pointee(Int($1)) }, $0)
      }
    }
  }
}
