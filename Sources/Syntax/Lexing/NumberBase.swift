// Whole numbers that are not written in tens: `0xff`, `0b1010`, `0o17`.

/// What the first two letters of a number say about its digits.
enum NumberBase: Int {
  case binary = 2
  case octal = 8
  case hexadecimal = 16

  /// The base that a text begins with; nil for a number in tens.
  init?(_ prefix: some Sequence<UInt8>) {
    switch Array(prefix) {
    case Array("0x".utf8), Array("0X".utf8): self = .hexadecimal
    case Array("0b".utf8), Array("0B".utf8): self = .binary
    case Array("0o".utf8), Array("0O".utf8): self = .octal
    default: return nil
    }
  }

  var name: String {
    switch self {
    case .binary: "binary"
    case .octal: "octal"
    case .hexadecimal: "hexadecimal"
    }
  }

  var example: String {
    switch self {
    case .binary: "0b1010"
    case .octal: "0o17"
    case .hexadecimal: "0xff or 0xFF_FF"
    }
  }

  /// True for one of its digits.
  func has(_ byte: UInt8) -> Bool {
    guard byte < 0x80, let value = Character(Unicode.Scalar(byte)).hexDigitValue else {
      return false
    }
    return value < rawValue
  }
}

extension Int {
  /// The value of a number as it is written, without its `_`; nil where it does not fit.
  init?(written digits: String, isNegative: Bool = false) {
    let sign = isNegative ? "-" : ""
    guard let base = NumberBase(digits.utf8.prefix(2)) else {
      self.init(sign + digits)
      return
    }
    self.init(sign + digits.dropFirst(2), radix: base.rawValue)
  }
}
