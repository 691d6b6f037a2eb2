// A word that stands for many, to be compared over ranks: FNV-1a of 64 bits, over words.

import Tensors

/// A word that differs where what was added differs, but for one case in 2⁶⁴.
package struct Code {
  package private(set) var word: UInt64 = 0xcbf2_9ce4_8422_2325

  package init() {}

  package mutating func add(_ other: UInt64) {
    word = (word ^ other) &* 0x100_0000_01b3
    // A product moves differences upwards alone.
    word ^= word >> 32
  }

  /// A word for bytes.
  package static func word(of bytes: some Sequence<UInt8>) -> UInt64 {
    var code = Code()
    for byte in bytes { code.add(UInt64(byte)) }
    return code.word
  }

  /// Adds what tensors are, and not their numbers.
  package mutating func add(_ shape: Shape, _ dtype: DType) {
    add(UInt64(dtype.rawValue) &+ UInt64(shape.rank) << 8)
    for axis in 0..<shape.rank { add(UInt64(bitPattern: Int64(shape[axis]))) }
  }

  /// Adds the bits of a tensor.
  mutating func add(_ tensor: Tensor) throws {
    try tensor.contiguous().withBytes { bytes in
      let whole = bytes.count & ~7
      for place in stride(from: 0, to: whole, by: 8) {
        add(bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
      }
      for byte in bytes[whole...] { add(UInt64(byte)) }
    }
  }
}

extension Variable {
  /// The number of the node that holds it, the order of making; 0 for a plain tensor.
  package var number: Int {
    if case .traced(let traced) = self { traced.sequence } else { 0 }
  }

  /// A word for its bits, shape and dtype.
  package var code: UInt64 {
    get throws {
      var code = Code()
      for extent in shape.array { code.add(UInt64(extent)) }
      code.add(UInt64(dtype.rawValue))
      try code.add(underlying)
      return code.word
    }
  }
}
