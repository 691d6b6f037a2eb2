// What rounding takes from numbers that are moved and moved back.
//
// x + s - s is x unless x + s lies in a greater binade, where it has fewer bits left for x; some
// elements of a hundred, and mostly by one unit in the last place. So it takes little to keep them: for
// each element that would change, the distance from the one before and the difference of the bit
// patterns, as numbers of as few bytes as they need (seven bits a byte, the least first).

import Tensors

/// The elements of a tile that moving there and back would change.
struct LostBits {
  private var bytes: [UInt8] = []

  /// What it takes to come from one tile's numbers to another's, of one shape and dtype.
  init(of tile: Tensor, in back: Tensor) throws {
    let (tile, back) = (try tile.contiguous(), try back.contiguous())
    var last = 0
    LostBits.withPatterns(tile) { wanted in
      LostBits.withPatterns(back) { found in
        for index in 0..<tile.count {
          let difference = wanted(index) &- found(index)
          guard difference != 0 else { continue }
          append(UInt64(index - last))
          // Small differences of either sign become small numbers: 0, -1, 1, -2 …
          append(UInt64(bitPattern: difference << 1 ^ difference >> 63))
          last = index
        }
      }
    }
  }

  private mutating func append(_ number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// The bit patterns of floats by index.
  private static func withPatterns(_ tensor: Tensor, _ body: ((Int) -> Int64) -> Void) {
    tensor.withElements { elements in
      if tensor.dtype == .f32 {
        let patterns = elements.assumingMemoryBound(to: Int32.self)
        body { Int64(patterns[$0]) }
      } else {
        let patterns = elements.assumingMemoryBound(to: Int64.self)
        body { patterns[$0] }
      }
    }
  }

  /// The numbers that were lost, put back.
  func restored(in back: Tensor) throws -> Tensor {
    guard !bytes.isEmpty else { return back }
    let back = try back.contiguous()
    return try Tensor.make(back.shape, back.dtype) { elements in
      back.withElements { elements.copyMemory(from: $0, byteCount: back.count * back.dtype.size) }
      var next = bytes.makeIterator()
      var index = 0
      while let distance = LostBits.number(&next), let difference = LostBits.number(&next) {
        index += Int(distance)
        let change = Int64(bitPattern: difference >> 1) ^ -Int64(difference & 1)
        if back.dtype == .f32 {
          let patterns = elements.assumingMemoryBound(to: Int32.self)
          patterns[index] = Int32(truncatingIfNeeded: Int64(patterns[index]) &+ change)
        } else {
          elements.assumingMemoryBound(to: Int64.self)[index] &+= change
        }
      }
    }
  }

  private static func number(_ bytes: inout IndexingIterator<[UInt8]>) -> UInt64? {
    var (number, shift): (UInt64, UInt64) = (0, 0)
    while let byte = bytes.next() {
      number |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return number }
      shift += 7
    }
    return nil
  }
}
