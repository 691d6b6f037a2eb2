// Decimal numbers in bytes, each the nearest number there is, ties to even.
//
//     number := [ "+" | "-" ] ( digits [ "." [ digits ] ] | "." digits ) [ ( "e" | "E" ) [ "+" | "-" ] digits ]
//             | [ "+" | "-" ] ( "inf" | "infinity" ) | [ "+" | "-" ] "nan"        in letters of either case
//
// m · 10ᵉ with m below 2⁵³ and |e| ≤ 22 is one operation on two exact numbers (Clinger, 1990). With m below
// 10¹⁹ and |e| ≤ 27 the product with 5ᵉ, or the quotient, has its first 64 bits exactly: what is cut off
// makes the last of them 1, which then rounds as all of it would. The rest, one in many, goes to Swift's
// own reader.

/// A number that stands at some place.
enum ScannedNumber {
  case none
  /// Digits alone that Int holds.
  case whole(Int)
  case decimal(Double)
}

/// Reads numbers.
enum NumberScanner {
  /// The number that begins at a place, and the place behind it.
  @inline(__always) static func scan(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> (number: ScannedNumber, end: UnsafePointer<UInt8>) {
    var place = start
    var isNegative = false
    if place < end, place.pointee == 0x2d || place.pointee == 0x2b {
      isNegative = place.pointee == 0x2d
      place += 1
    }
    let first = place
    var (digits, count, exponent) = (UInt64(0), 0, 0)
    var isCut = false
    // Nineteen digits that count fit 64 bits.
    while place < end, case let digit = place.pointee &- 0x30, digit < 10 {
      if count < 19 {
        digits = digits &* 10 &+ UInt64(digit)
        if digits != 0 { count &+= 1 }
      } else {
        isCut = true
      }
      place += 1
    }
    var length = place - first
    var isWhole = true
    if place < end, place.pointee == 0x2e {
      isWhole = false
      place += 1
      let point = place
      while place < end, case let digit = place.pointee &- 0x30, digit < 10 {
        if count < 19 {
          digits = digits &* 10 &+ UInt64(digit)
          if digits != 0 { count &+= 1 }
          exponent &-= 1
        } else if digit != 0 {
          isCut = true
        }
        place += 1
      }
      length += place - point
    }
    guard length > 0 else { return word(start, end) }
    if place < end, place.pointee | 0x20 == 0x65 {
      guard let power = power(&place, end) else { return (.none, start) }
      isWhole = false
      exponent &+= power
    }
    if isWhole, !isCut, digits <= UInt64(Int.max) {
      return (.whole(isNegative ? -Int(digits) : Int(digits)), place)
    }
    if isWhole, !isCut, isNegative, digits == UInt64(Int.max) + 1 {
      return (.whole(Int.min), place)
    }
    guard !isCut, let magnitude = nearest(digits, exponent) else {
      return (slowly(start, place), place)
    }
    return (.decimal(isNegative ? -magnitude : magnitude), place)
  }

  /// The number that a text is from end to end.
  static func number(_ bytes: UnsafeBufferPointer<UInt8>) -> ScannedNumber {
    guard let start = bytes.baseAddress, case let end = start + bytes.count,
      case let found = scan(start, end), found.end == end
    else { return .none }
    return found.number
  }

  /// What stands behind `e`; nil where no digits do.
  @inline(__always) private static func power(
    _ place: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> Int? {
    place += 1
    var isNegative = false
    if place < end, place.pointee == 0x2d || place.pointee == 0x2b {
      isNegative = place.pointee == 0x2d
      place += 1
    }
    let first = place
    var power = 0
    while place < end, case let digit = place.pointee &- 0x30, digit < 10 {
      if power < 100_000 { power = power &* 10 &+ Int(digit) }
      place += 1
    }
    if place == first { return nil }
    return isNegative ? -power : power
  }

  /// `digits · 10^exponent`; nil where it takes more than 128 bits.
  @inline(__always) static func nearest(_ digits: UInt64, _ exponent: Int) -> Double? {
    if digits == 0 { return 0 }
    let size = exponent < 0 ? -exponent : exponent
    if digits < 1 << 53, size <= 22 {
      let power = tens[size]
      return exponent < 0 ? Double(digits) / power : Double(digits) * power
    }
    guard size <= 27 else { return nil }
    let shift = digits.leadingZeroBitCount
    let bits = digits << UInt64(shift)
    let power = fives[size]
    let powerShift = power.leadingZeroBitCount
    let factor = power << UInt64(powerShift)
    var leading: UInt64
    let scale: Int
    if exponent < 0 {
      // The numerator is half of `bits`, which is below the divisor.
      let (quotient, remainder) = factor.dividingFullWidth((bits >> 1, bits << 63))
      leading = quotient | (remainder == 0 ? 0 : 1)
      scale = -63 - shift + powerShift + exponent
    } else {
      let (high, low) = bits.multipliedFullWidth(by: factor)
      leading = high | (low == 0 ? 0 : 1)
      scale = 64 - shift - powerShift + exponent
    }
    return Double(leading) * Double(bitPattern: UInt64(1023 + scale) << 52)
  }

  private static func slowly(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> ScannedNumber {
    let text = String(
      decoding: UnsafeBufferPointer(start: start, count: end - start), as: UTF8.self)
    return Double(text).map { .decimal($0) } ?? .none
  }

  /// `inf`, `infinity` or `nan`.
  private static func word(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> (number: ScannedNumber, end: UnsafePointer<UInt8>) {
    var place = start
    var sign = FloatingPointSign.plus
    if place < end, place.pointee == 0x2d || place.pointee == 0x2b {
      if place.pointee == 0x2d { sign = .minus }
      place += 1
    }
    func begins(_ word: StaticString) -> Bool {
      let length = word.utf8CodeUnitCount
      guard end - place >= length else { return false }
      return (0..<length).allSatisfy { place[$0] | 0x20 == word.utf8Start[$0] }
    }
    for (word, value) in [("infinity" as StaticString, Double.infinity), ("inf", .infinity)]
    where begins(word) {
      let number = sign == .minus ? -value : value
      return (.decimal(number), place + word.utf8CodeUnitCount)
    }
    return begins("nan") ? (.decimal(.nan), place + 3) : (.none, start)
  }

  /// Powers of ten that a Double is exactly.
  private static let tens: [Double] = (0...22).map { power in
    (0..<power).reduce(1) { value, _ in value * 10 }
  }

  /// Powers of five below 2⁶³.
  private static let fives: [UInt64] = (0...27).map { power in
    (0..<power).reduce(1) { value, _ in value * 5 }
  }
}
