// The two products of a convolution, in blocks that threads take: sums over channels and taps at every
// position, and sums over positions for every weight.

internal import Kernels

/// Two operands of a convolution: a source, and what has a row for each position that reads it.
struct Correlation<Element: BlasElement> {
  let sampling: Sampling
  /// How many convolutions there are, the pictures of each, and the groups of channels.
  let batches: Int
  let pictures: Int
  let groups: Int
  /// The channels of a group in the source and in the target.
  let channels: Int
  let rows: Int

  private var sourceApart: Int { groups * channels * sampling.source.count }
  private var targetApart: Int { groups * rows * sampling.target.count }
  private var inner: Int { channels * sampling.shifts.count }
  /// The multiplications of one picture's group.
  private var work: Int { multiplications(rows, inner, sampling.positions.count) }

  /// The bytes of planes that a task works on at most: with what belongs to them they stay in the
  /// second-level cache.
  private static var mostBytes: Int { 256 << 10 }

  /// The blocks of pictures and rows.
  ///
  /// - Parameter tasks: how many there should be at least, if there is enough to do.
  private func blocks(atLeast tasks: Int) -> [PositionBlock] {
    let positions = sampling.positions
    let row = channels * sampling.origins.count * (positions.x + sampling.margin.x)
    let most = Correlation.mostBytes / MemoryLayout<Element>.stride
    let picture = row * (positions.y + sampling.margin.y)
    if picture > 2 * most || pictures == 1 {
      let fitting = max(2 * most / max(row, 1) - sampling.margin.y, 1)
      let even = (positions.y + tasks - 1) / tasks
      return PositionBlock.all(
        pictures: pictures, rows: positions.y, most: (1, min(fitting, max(even, 1))))
    }
    let even = (pictures + tasks - 1) / tasks
    return PositionBlock.all(
      pictures: pictures, rows: positions.y,
      most: (min(max(most / max(picture, 1), 1), even), positions.y))
  }

  /// How many tasks are worth their threads.
  private var wantedTasks: Int {
    let all = multiplications(work, pictures, batches * groups)
    guard all >= 2 * Blocks.leastProducts else { return 1 }
    return max(2 * Threads.count / (batches * groups), 1)
  }

  /// `target[r, i] = Σ over c, t of weights[r, c, t] source[c, tap t of i]`.
  ///
  /// - Parameters:
  ///   - weights: those of the first group of the first batch, and how far apart those of neighbouring
  ///     rows, channels and groups are; the taps' lie side by side.
  /// - Returns: false where there is no memory.
  func sum(
    _ source: UnsafePointer<Element>, weights: UnsafePointer<Element>,
    apart: (row: Int, channel: Int, group: Int), into target: UnsafeMutablePointer<Element>
  ) -> Bool {
    let kernel = mos_shifted_product_of(Int32(Element.dtype.rawValue))
    let strips = (rows + mos_tile_rows() - 1) / mos_tile_rows()
    let height = (rows + strips - 1) / strips
    let packedCount = rows * inner
    return Scratch<Element>.with(batches * groups * packedCount) { packed in
      for group in 0..<batches * groups {
        pack(weights + group * apart.group, apart, height, packed + group * packedCount)
      }
      let blocks = blocks(atLeast: wantedTasks)
      return share(batches * groups * blocks.count) { task in
        let (group, number) = task.quotientAndRemainder(dividingBy: blocks.count)
        let (batch, part) = group.quotientAndRemainder(dividingBy: groups)
        let planes = Planes(sampling, channels: channels, blocks[number])
        let results = Planes(sampling, channels: rows, blocks[number])
        let positions = planes.positions
        return Scratch<Element>.with(planes.count + rows * positions) { scratch in
          planes.fill(
            scratch,
            from: source + batch * pictures * sourceApart + part * channels * sampling.source.count,
            apart: sourceApart)
          let values = scratch + planes.count
          planes.shifts.withUnsafeBufferPointer { shifts in
            guard let first = shifts.baseAddress else { return }
            var product = mos_shifted_product(
              rows: rows, inner: inner, columns: positions, height: height,
              a: packed + group * packedCount, b: scratch, shift: first, y: values,
              y_row: positions)
            kernel?(&product)
          }
          results.collect(
            values, positions: positions,
            in: target + batch * pictures * targetApart + part * rows * sampling.target.count,
            apart: targetApart)
          return true
        }
      }
    }
  }

  /// Weights in the order in which tiles read them: strip by strip, and of a strip all rows' of each tap.
  private func pack(
    _ weights: UnsafePointer<Element>, _ apart: (row: Int, channel: Int, group: Int),
    _ height: Int, _ packed: UnsafeMutablePointer<Element>
  ) {
    var to = packed
    for top in stride(from: 0, to: rows, by: height) {
      let end = min(top + height, rows)
      for c in 0..<channels {
        for shift in sampling.shifts {
          let from = weights + c * apart.channel + shift.number
          for r in top..<end {
            to.initialize(to: from[r * apart.row])
            to += 1
          }
        }
      }
    }
  }

  /// `weights[r, c, t] = Σ over pictures and positions i of target[r, i] source[c, tap t of i]`.
  ///
  /// Sums are made part by part, and how many parts there are does not depend on threads.
  /// - Parameter weights: contiguous, batch by batch and group by group, and zero.
  /// - Returns: false where there is no memory.
  func innerProducts(
    _ source: UnsafePointer<Element>, _ target: UnsafePointer<Element>,
    into weights: UnsafeMutablePointer<Element>
  ) -> Bool {
    let kernel = mos_shifted_inner_products_of(Int32(Element.dtype.rawValue))
    let blocks = blocks(atLeast: 1)
    let count = rows * inner
    let all = multiplications(work, pictures, 1)
    let parts = all < 2 * Blocks.leastProducts ? 1 : min(blocks.count, Correlation.mostParts)
    func add(_ group: Int, _ blocks: ArraySlice<PositionBlock>, to y: UnsafeMutablePointer<Element>)
      -> Bool
    {
      let (batch, part) = group.quotientAndRemainder(dividingBy: groups)
      for block in blocks where mos_run_ends() == 0 {
        let planes = Planes(sampling, channels: channels, block)
        let rowsOfTarget = Planes(sampling, channels: rows, block)
        let positions = planes.positions
        let isDone = Scratch<Element>.with(planes.count + rows * positions) { scratch in
          planes.fill(
            scratch,
            from: source + batch * pictures * sourceApart + part * channels * sampling.source.count,
            apart: sourceApart)
          let spread = scratch + planes.count
          rowsOfTarget.spread(
            target + batch * pictures * targetApart + part * rows * sampling.target.count,
            apart: targetApart, to: spread)
          planes.shifts.withUnsafeBufferPointer { shifts in
            guard let first = shifts.baseAddress else { return }
            var product = mos_shifted_product(
              rows: rows, inner: inner, columns: positions, height: 0, a: spread, b: scratch,
              shift: first, y: y, y_row: positions)
            kernel?(&product)
          }
          return true
        }
        guard isDone else { return false }
      }
      return true
    }
    if parts == 1 {
      return share(batches * groups) { group in
        add(group, blocks[...], to: weights + group * count)
      }
    }
    return Scratch<Element>.with(batches * groups * parts * count) { sums in
      sums.update(repeating: 0, count: batches * groups * parts * count)
      let isDone = share(batches * groups * parts) { task in
        let (group, part) = task.quotientAndRemainder(dividingBy: parts)
        let some = blocks.count * part / parts..<blocks.count * (part + 1) / parts
        return add(group, blocks[some], to: sums + task * count)
      }
      for task in 0..<batches * groups * parts {
        let y = weights + task / parts * count
        for i in 0..<count { y[i] += sums[task * count + i] }
      }
      return isDone
    }
  }

  /// The sums that are made one beside the other.
  private static var mostParts: Int { 8 }

  /// Runs tasks on threads; false where one of them had no memory.
  private func share(_ tasks: Int, _ body: (Int) -> Bool) -> Bool {
    let failures = Failures()
    Threads.share(tasks) { task in if !body(task) { failures.note() } }
    return !failures.isNoted
  }
}
