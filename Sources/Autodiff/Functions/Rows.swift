// The rows of a tensor, one after the other.

import Tensors

/// The slices of a tensor along its first axis.
///
/// The way back of x[i] is as long as x, so that the n rows of a tensor that a level follows would cost n²
/// of them. Here long tensors are cut into blocks, these into smaller ones, and rows are slices of the last:
/// a block's way back is as long as the block it was cut from, and all together cost n log n. What is kept
/// are the blocks around the row that was asked for last.
public struct Rows {
  private struct Block {
    let range: Range<Int>
    let value: Variable
  }

  private var blocks: [Block]

  /// - Precondition: the variable is not 0-d.
  public init(_ variable: Variable) {
    blocks = [Block(range: 0..<variable.shape[0], value: variable)]
  }

  /// The tensor whose rows these are.
  public var whole: Variable { blocks[0].value }

  /// `x[index]`.
  ///
  /// - Throws: an index error where there is no such row.
  public mutating func callAsFunction(_ index: Int) throws -> Variable {
    guard case .traced = whole, blocks[0].range.contains(index) else {
      return try whole.indexed(at: index)
    }
    while let last = blocks.last, !last.range.contains(index) { blocks.removeLast() }
    while let last = blocks.last, last.range.count > pieces {
      let length = Rows.length(in: last.range.count)
      let start = (index - last.range.lowerBound) / length * length
      let stop = min(start + length, last.range.count)
      let value = try last.value.indexed([.slice(start: start, stop: stop, step: 1)])
      let first = last.range.lowerBound
      blocks.append(Block(range: first + start..<first + stop, value: value))
    }
    let last = blocks[blocks.count - 1]
    return try last.value.indexed(at: index - last.range.lowerBound)
  }

  /// The rows of a block cut from so many: the greatest power of `pieces` below.
  private static func length(in count: Int) -> Int {
    var length = pieces
    while length < (count + pieces - 1) / pieces { length *= pieces }
    return length
  }
}

/// Into how many pieces a block is cut at most. The cost is pieces / log pieces for an element; 8 pieces take a
/// third more than 2 or 4, and 1/7 block a row instead of one.
private let pieces = 8
