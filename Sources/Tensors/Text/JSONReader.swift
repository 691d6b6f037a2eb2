// Reads a JSON text (RFC 8259) piece by piece, without a tree in between: the language's
// `json_parse` builds values of what it reads, the header of a safetensors file is checked as it
// goes by. What is read never takes more than a small multiple of the text.
//
// Invariant: nesting is bounded, so that no text can take the stack.

/// A place in a JSON text.
package struct JSONReader {
  /// A number as it is written: a whole one where it fits.
  package enum Number {
    case whole(Int)
    case decimal(Double)
  }

  /// What stands at the place.
  package enum Kind {
    case object, array, text, number, null
    case bool(Bool)
  }

  private let bytes: [UInt8]
  private var place = 0
  private var depth = 0
  private var values = 0
  private let maximumDepth: Int

  /// A reader at the beginning of a text, which is UTF-8.
  ///
  /// - Parameter maximumDepth: the nesting at which a text is refused.
  package init(_ bytes: [UInt8], maximumDepth: Int = 500) {
    self.bytes = bytes
    self.maximumDepth = maximumDepth
  }

  /// Makes sure that nothing but space is left.
  package mutating func finish() throws {
    skipSpace()
    guard place == bytes.count else { throw mistake("there is more after the value") }
  }

  /// What the next value is; words and numbers are not yet read.
  ///
  /// - Throws: where no value stands here, as all of these do: a value error that says at which
  ///   line and column the text is wrong.
  package mutating func peek() throws -> Kind {
    skipSpace()
    switch current {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .text
    case UInt8(ascii: "t") where isNext("true"): return .bool(true)
    case UInt8(ascii: "f") where isNext("false"): return .bool(false)
    case UInt8(ascii: "n") where isNext("null"): return .null
    case nil: throw mistake("the text ends where a value should be")
    case let byte? where byte == UInt8(ascii: "-") || (48...57).contains(byte): return .number
    default: throw mistake("a value is missing")
    }
  }

  /// Reads past the word that `peek` found.
  package mutating func readWord() throws {
    switch try peek() {
    case .bool(true), .null: place += 4
    case .bool(false): place += 5
    default: throw mistake("true, false or null is missing")
    }
  }

  /// Reads an object; the body reads the value of each key.
  package mutating func readObject(
    _ member: (inout JSONReader, String) throws -> Void
  ) throws {
    guard take("{") else { throw mistake("`{` is missing") }
    try nested { reader in
      if reader.take("}") { return }
      repeat {
        try reader.look()
        guard case .text = try reader.peek() else {
          throw reader.mistake("a key in quotation marks is missing")
        }
        let key = try reader.readText()
        guard reader.take(":") else {
          throw reader.mistake("`:` is missing after the key \(key.excerpt)")
        }
        try member(&reader, key)
      } while reader.take(",")
      guard reader.take("}") else { throw reader.mistake("`,` or `}` is missing") }
    }
  }

  /// Reads an array; the body reads each element.
  package mutating func readArray(_ element: (inout JSONReader) throws -> Void) throws {
    guard take("[") else { throw mistake("`[` is missing") }
    try nested { reader in
      if reader.take("]") { return }
      repeat {
        try reader.look()
        try element(&reader)
      } while reader.take(",")
      guard reader.take("]") else { throw reader.mistake("`,` or `]` is missing") }
    }
  }

  /// Reads a number.
  package mutating func readNumber() throws -> Number {
    guard case .number = try peek() else { throw mistake("a number is missing") }
    let start = place
    while let byte = current, "+-.0123456789eE".utf8.contains(byte) { place += 1 }
    let text = String(decoding: bytes[start..<place], as: UTF8.self)
    if JSONReader.isNumber(bytes[start..<place]) {
      if let value = Int(text) { return .whole(value) }
      if let value = Double(text) { return .decimal(value) }
    }
    place = start
    throw mistake("\(text.excerpt) is not a number of JSON")
  }

  /// `number := [ "-" ] ( "0" | digit { digit } ) [ "." digits ] [ ( "e" | "E" ) [ "+" | "-" ] digits ]`,
  /// a first digit of several being none of 0.
  private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    func skip(_ bytes: String) -> Bool {
      guard let byte = rest.first, bytes.utf8.contains(byte) else { return false }
      rest.removeFirst()
      return true
    }
    func skipDigits() -> Bool {
      let count = rest.prefix { (0x30...0x39).contains($0) }.count
      rest.removeFirst(count)
      return count > 0
    }
    _ = skip("-")
    guard skip("0") || skipDigits() else { return false }
    if skip("."), !skipDigits() { return false }
    if skip("eE") {
      _ = skip("+-")
      guard skipDigits() else { return false }
    }
    return rest.isEmpty
  }

  /// Reads a text in quotation marks.
  package mutating func readText() throws -> String {
    guard take("\"") else { throw mistake("a text in quotation marks is missing") }
    var result: [UInt8] = []
    while let byte = current {
      place += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: result, as: UTF8.self)
      case UInt8(ascii: "\\"): result += Array(String(try readEscape()).utf8)
      case 0..<0x20: throw mistake("a control character stands in a text")
      default: result.append(byte)
      }
    }
    throw mistake("a text has no end")
  }

  /// Reads past a value of any kind.
  package mutating func skipValue() throws {
    switch try peek() {
    case .object: try readObject { reader, _ in try reader.skipValue() }
    case .array: try readArray { try $0.skipValue() }
    case .text: _ = try readText()
    case .number: _ = try readNumber()
    case .bool, .null: try readWord()
    }
  }

  /// An error at this place.
  package func mistake(_ what: String) -> TensorError {
    let before = bytes[..<min(place, bytes.count)]
    let line = before.count { $0 == 0x0a } + 1
    let column = before.count - (before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0) + 1
    return TensorError(.value, "the JSON text is wrong at line \(line), column \(column): \(what)")
  }
}

extension JSONReader {
  private var current: UInt8? { place < bytes.count ? bytes[place] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
      place += 1
    }
  }

  private mutating func take(_ character: Character) -> Bool {
    skipSpace()
    guard current == character.asciiValue else { return false }
    place += 1
    return true
  }

  private func isNext(_ word: String) -> Bool { bytes[place...].starts(with: word.utf8) }

  private mutating func nested(_ body: (inout JSONReader) throws -> Void) throws {
    depth += 1
    guard depth <= maximumDepth else {
      throw mistake("values are nested more than \(maximumDepth) levels deep")
    }
    try body(&self)
    depth -= 1
  }

  /// Looks at every so many values.
  private mutating func look() throws {
    values &+= 1
    if values & 1023 == 0 { try Safepoint.look() }
  }

  private mutating func readEscape() throws -> Character {
    guard let byte = current else { throw mistake("a text has no end") }
    place += 1
    switch byte {
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
      return Character(Unicode.Scalar(byte))
    case UInt8(ascii: "u"):
      var code = try readCode()
      // A character beyond the first 65,536 is a pair of surrogates.
      if (0xD800..<0xDC00).contains(code), isNext("\\u") {
        place += 2
        let low = try readCode()
        guard (0xDC00..<0xE000).contains(low) else { throw mistake("half of a pair is missing") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      return Character(Unicode.Scalar(code) ?? "\u{fffd}")
    default: throw mistake("an escape is unknown")
    }
  }

  private mutating func readCode() throws -> UInt32 {
    let digits = bytes[place..<min(place + 4, bytes.count)]
    guard digits.count == 4, let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw mistake("`\\u` needs four hexadecimal digits") }
    place += 4
    return code
  }
}

extension String {
  /// The text as JSON writes it, in quotation marks.
  package var inJSON: String { "\"\(self[...].escapedInJSON)\"" }
}

extension Substring {
  /// The text as it stands in a text of JSON.
  package var escapedInJSON: String {
    var text = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0}"..<"\u{20}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
