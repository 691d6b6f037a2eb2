// Numbers as Python's `repr` lays them out.

internal import Kernels

/// The digits of a finite number: `0.d₁d₂d₃… × 10^point`, without trailing zeros; none for zero.
struct Decimal {
  var isNegative: Bool
  var digits: [UInt8]
  var point: Int

  /// The fewest digits that read back to the same value.
  init(shortest value: Double) { self.init(reading: value.description.utf8) }
  init(shortest value: Float) { self.init(reading: value.description.utf8) }

  /// At most so many significant digits, rounded correctly.
  init(_ value: Double, significant: Int) {
    self.init(reading: printed(value, "e", precision: significant - 1).utf8)
  }

  /// Reads what Swift or C prints for a finite number: `-12.5`, `1e-05`.
  private init(reading text: some Sequence<UInt8>) {
    isNegative = false
    digits = []
    point = 0
    var seenPoint = false
    var exponent: (isNegative: Bool, value: Int)?
    for character in text {
      switch character {
      case UInt8(ascii: "-"):
        if exponent == nil { isNegative = true } else { exponent?.isNegative = true }
      case UInt8(ascii: "."): seenPoint = true
      case UInt8(ascii: "e"): exponent = (false, 0)
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if let power = exponent {
          exponent?.value = power.value * 10 + Int(character - 48)
          continue
        }
        if character != 48 || !digits.isEmpty { digits.append(character) }
        // A leading zero moves the point only after it has been seen.
        if !seenPoint { point = digits.count } else if digits.isEmpty { point -= 1 }
      default: break
      }
    }
    if let exponent { point += exponent.isNegative ? -exponent.value : exponent.value }
    while digits.last == 48 { digits.removeLast() }
    if digits.isEmpty { point = 1 }
  }

  /// Without an exponent from 0.0001 up to 10^16, as Python's.
  var text: String { point > -4 && point <= 16 ? positional : scientific }

  /// For so many rounded digits: without an exponent where the zeros that would follow the digits are
  /// right, which they are with six for 1000000 and not for 1234567.
  func text(rounded count: Int) -> String {
    point > -4 && point <= 16 && (point <= count || digits.count < count) ? positional : scientific
  }

  /// `-28.0`, `0.001`.
  private var positional: String {
    var text: [UInt8] = isNegative ? [45] : []
    if point <= 0 {
      text += [48, 46]
      text += [UInt8](repeating: 48, count: -point)
      text += digits
    } else {
      text += digits.prefix(point)
      text += [UInt8](repeating: 48, count: max(0, point - digits.count))
      text.append(46)
      text += digits.count > point ? Array(digits.dropFirst(point)) : [48]
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// `1e-05`, `1.5e+300`.
  private var scientific: String {
    var text: [UInt8] = isNegative ? [45] : []
    text += digits.prefix(1)
    if digits.count > 1 {
      text.append(46)
      text += digits.dropFirst()
    }
    let exponent = point - 1
    text += [101, exponent < 0 ? 45 : 43]
    if abs(exponent) < 10 { text.append(48) }
    text += String(abs(exponent)).utf8
    return String(decoding: text, as: UTF8.self)
  }
}

/// The shortest text that reads back to the same f64: `-28.0`, `1e-05`, `nan`, `-inf`.
package func formatShortest(_ value: Double) -> String {
  value.isFinite ? Decimal(shortest: value).text : formatNonFinite(value)
}

/// The shortest text that reads back to the same f32.
package func formatShortest(_ value: Float) -> String {
  value.isFinite ? Decimal(shortest: value).text : formatNonFinite(Double(value))
}

/// At most so many significant digits, trailing zeros cut: the elements of an array.
package func formatElement(_ value: Double, digits: Int = 6) -> String {
  guard value.isFinite else { return formatNonFinite(value) }
  return Decimal(value, significant: digits).text(rounded: digits)
}

private func formatNonFinite(_ value: Double) -> String {
  value.isNaN ? "nan" : value < 0 ? "-inf" : "inf"
}

/// What C prints for `%.<precision><conversion>`; the precision must be bounded by the caller.
func printed(
  _ value: Double, _ conversion: Unicode.Scalar, precision: Int, alternate: Bool = false
) -> String {
  // 309 digits before the point, a sign, the point and a terminating zero beside the precision.
  let capacity = precision + 320
  var bytes = [CChar](repeating: 0, count: capacity)
  let length = kernels_format_double(
    value, CChar(truncatingIfNeeded: conversion.value), alternate ? 1 : 0,
    Int32(truncatingIfNeeded: precision), &bytes, capacity)
  return String(
    decoding: bytes.prefix(min(Int(length), capacity - 1)).map { UInt8(bitPattern: $0) },
    as: UTF8.self)
}
