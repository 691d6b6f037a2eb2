// The planes of a block of positions in memory: channel by channel, phase by phase, picture by picture.

internal import Kernels

/// Some pictures and, of each, some rows of positions: what one task computes.
struct PositionBlock {
  let pictures: Range<Int>
  let rows: Range<Int>
}

/// How a block's planes lie.
struct Planes {
  let sampling: Sampling
  let channels: Int
  let block: PositionBlock
  /// The elements of a row, and of a plane of one picture.
  let width: Int
  let size: Int

  init(_ sampling: Sampling, channels: Int, _ block: PositionBlock) {
    self.sampling = sampling
    self.channels = channels
    self.block = block
    width = sampling.positions.x + sampling.margin.x
    size = (block.rows.count + sampling.margin.y) * width
  }

  /// The positions, with those between rows and pictures that nobody reads, in whole panels.
  var positions: Int {
    let last = (block.pictures.count - 1) * size + (block.rows.count - 1) * width
    return Planes.whole(last + sampling.positions.x)
  }

  static func whole(_ positions: Int) -> Int {
    (positions + panel - 1) / panel * panel
  }

  /// A panel of the widest kernel.
  static var panel: Int { Int(MOS_SHIFTED_PANEL) }

  /// The elements of all planes, and those behind them that the last panel reads.
  var count: Int {
    channels * sampling.origins.count * block.pictures.count * size + Planes.panel
  }

  /// Where each channel's taps read: `shift[c · taps + t]`.
  var shifts: [Int] {
    let apart = block.pictures.count * size
    return (0..<channels).flatMap { c in
      sampling.shifts.map { shift in
        (c * sampling.origins.count + shift.plane) * apart + shift.at.y * width + shift.at.x
      }
    }
  }

  /// Copies what the block reads of a source whose pictures lie so many elements apart, zeros for the
  /// places beyond its edges.
  func fill<Element: BlasElement>(
    _ planes: UnsafeMutablePointer<Element>, from source: UnsafePointer<Element>, apart: Int
  ) {
    var to = planes
    for c in 0..<channels {
      for origin in sampling.origins {
        for picture in block.pictures {
          let plane = source + picture * apart + c * sampling.source.count
          fill(&to, from: plane, origin)
        }
      }
    }
    to.update(repeating: 0, count: planes + count - to)
  }

  private func fill<Element: BlasElement>(
    _ to: inout UnsafeMutablePointer<Element>, from plane: UnsafePointer<Element>, _ origin: Grid
  ) {
    let (source, step) = (sampling.source, sampling.step)
    // Columns `first ..< end` of a row are within the source.
    let first = min(max((-origin.x + step.x - 1) / step.x, 0), width)
    let end = max(min((source.x - origin.x + step.x - 1) / step.x, width), first)
    for row in block.rows.lowerBound..<block.rows.upperBound + sampling.margin.y {
      let y = row * step.y + origin.y
      guard y >= 0 && y < source.y && first < end else {
        to.update(repeating: 0, count: width)
        to += width
        continue
      }
      let from = plane + y * source.x + origin.x
      if first > 0 { to.update(repeating: 0, count: first) }
      if step.x == 1 {
        (to + first).update(from: from + first, count: end - first)
      } else {
        for j in first..<end { to[j] = from[j * step.x] }
      }
      if end < width { (to + end).update(repeating: 0, count: width - end) }
      to += width
    }
  }

  /// The rows of positions of a target in their places among the planes' positions, zeros between them.
  ///
  /// - Parameter positions: the elements of a channel there.
  func spread<Element: BlasElement>(
    _ target: UnsafePointer<Element>, apart: Int, to spread: UnsafeMutablePointer<Element>
  ) {
    let (columns, positions) = (sampling.positions.x, positions)
    for c in 0..<channels {
      var to = spread + c * positions
      let end = to + positions
      for picture in block.pictures {
        var from = target + picture * apart + c * sampling.target.count
        from += block.rows.lowerBound * columns
        for row in 0..<block.rows.count + sampling.margin.y {
          let count = min(width, end - to)
          let taken = row < block.rows.count ? columns : 0
          if taken > 0 { to.update(from: from, count: taken) }
          (to + taken).update(repeating: 0, count: count - taken)
          from += taken
          to += count
          if to == end { break }
        }
      }
      to.update(repeating: 0, count: end - to)
    }
  }

  /// Stores what was computed for all positions in the target's places.
  func collect<Element: BlasElement>(
    _ values: UnsafePointer<Element>, positions: Int, in target: UnsafeMutablePointer<Element>,
    apart: Int
  ) {
    let (first, step, columns) = (sampling.first, sampling.apart, sampling.positions.x)
    for c in 0..<channels {
      for (index, picture) in block.pictures.enumerated() {
        let plane = target + picture * apart + c * sampling.target.count
        for (row, i) in block.rows.enumerated() {
          let from = values + c * positions + index * size + row * width
          let to = plane + (first.y + i * step.y) * sampling.target.x + first.x
          if step.x == 1 {
            to.update(from: from, count: columns)
          } else {
            for j in 0..<columns { to[j * step.x] = from[j] }
          }
        }
      }
    }
  }
}

extension PositionBlock {
  /// The blocks of so many pictures and rows each.
  static func all(
    pictures: Int, rows: Int, most: (pictures: Int, rows: Int)
  ) -> [PositionBlock] {
    stride(from: 0, to: pictures, by: most.pictures).flatMap { picture in
      stride(from: 0, to: rows, by: most.rows).map { row in
        PositionBlock(
          pictures: picture..<min(picture + most.pictures, pictures),
          rows: row..<min(row + most.rows, rows))
      }
    }
  }
}
