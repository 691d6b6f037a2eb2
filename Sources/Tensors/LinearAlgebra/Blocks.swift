// A large result in blocks, which threads take one by one.

/// A grid of blocks that covers a matrix.
struct Blocks {
  let rows: Int
  let columns: Int
  private let height: Int
  private let width: Int

  /// The multiplications that are worth a block of a product of matrices.
  static let leastProducts = 1 << 21

  /// How many times the least a block is worth at most: some tens of milliseconds, since a run that
  /// is to end leaves the blocks that have not begun.
  static let most = 64

  /// - Parameters:
  ///   - work: what is to be computed in all, multiplications or elements read.
  ///   - least: what a block is worth at least: some tens of microseconds, several times what it
  ///     takes to wake a thread.
  init(rows: Int, columns: Int, work: Int, least: Int) {
    self.rows = rows
    self.columns = columns
    // Twice as many blocks as threads, so that a thread that is held up costs little.
    let threads = work < 2 * least ? 1 : Threads.count
    let forThreads = threads == 1 ? 1 : min(work / least, 2 * threads)
    let wanted = max(forThreads, work / least / Blocks.most)
    // Whole tiles of the product's kernel, 6 or 12 rows by up to 32 columns, and of BLAS's kernels,
    // 4 to 16 wide: nothing is wasted at the edges.
    let tile = 96
    var (height, width, count) = (rows, columns, 1)
    while count < wanted, max(height, width) > tile {
      if height >= width { height = (height + 1) / 2 } else { width = (width + 1) / 2 }
      count *= 2
    }
    self.height = count == 1 ? height : (height + tile - 1) / tile * tile
    self.width = count == 1 ? width : (width + tile - 1) / tile * tile
  }

  /// Computes every block, not all of them where the run is to end; none where there are no rows or
  /// no columns.
  func forEach(_ body: (_ rows: Range<Int>, _ columns: Range<Int>) -> Void) {
    guard rows > 0 && columns > 0 else { return }
    let (down, across) = ((rows + height - 1) / height, (columns + width - 1) / width)
    if down * across == 1 { return body(0..<rows, 0..<columns) }
    Threads.share(down * across) { index in
      let (row, column) = (index / across * height, index % across * width)
      body(row..<min(row + height, rows), column..<min(column + width, columns))
    }
  }
}
