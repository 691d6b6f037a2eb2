// Texts of `.npy` files: all of one length, padded by zeros.

extension FileReader {
  /// The texts at some places of an array whose elements begin at an offset.
  ///
  /// - Throws: an io error for what is no text.
  func texts(
    _ elements: ArrayElements, _ letter: Int, _ places: [Int], at offset: Int
  ) throws -> [String] {
    try MemoryAccount.require(places.count, of: MemoryLayout<String>.stride)
    let all = try bytes(at: offset, count: places.count * elements.size)
    return try Safepoint.map(places) { place in
      let bytes = all[place * elements.size..<(place + 1) * elements.size]
      let text = letter == 1 ? text(of: bytes) : text(ofPoints: bytes, elements.isBigEndian)
      guard let text else {
        throw damaged(
          "the text at byte \(offset + place * elements.size) has letters that are none")
      }
      return text
    }
  }

  private func text(of bytes: ArraySlice<UInt8>) -> String? {
    let length = bytes.lastIndex { $0 != 0 }.map { $0 + 1 - bytes.startIndex } ?? 0
    let text = bytes.prefix(length)
    // Bytes that are no UTF-8 are Latin letters.
    return String(validating: text, as: UTF8.self)
      ?? String(String.UnicodeScalarView(text.map { Unicode.Scalar($0) }))
  }

  private func text(ofPoints bytes: ArraySlice<UInt8>, _ isBigEndian: Bool) -> String? {
    var text = String.UnicodeScalarView()
    var zeros = 0
    for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: 4) {
      let point = bytes[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      guard let scalar = Unicode.Scalar(isBigEndian ? point : point.byteSwapped) else { return nil }
      // Zeros at the end are padding, others letters.
      if scalar.value == 0 {
        zeros += 1
        continue
      }
      for _ in 0..<zeros { text.append("\0") }
      zeros = 0
      text.append(scalar)
    }
    return String(text)
  }
}
