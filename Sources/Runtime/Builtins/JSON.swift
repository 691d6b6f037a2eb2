// JSON (RFC 8259): objects are records, arrays are lists; whole numbers that fit are Ints.

import Autodiff
import Tensors

/// Reads one JSON text.
struct JSONParser {
  private let bytes: [UInt8]
  private var place = 0
  /// The nesting at which a text is refused, so that reading it cannot take the stack.
  private static let maximumDepth = 500

  /// A parser at the beginning of a text.
  init(_ text: String) { bytes = Array(text.utf8) }

  /// The value of the whole text.
  ///
  /// - Throws: a value error that says at which line and column the text is wrong.
  mutating func parse() throws -> Value {
    let value = try parseValue(depth: 0)
    skipSpace()
    guard place == bytes.count else { throw mistake("there is more after the value") }
    return value
  }

  private var current: UInt8? { place < bytes.count ? bytes[place] : nil }

  private mutating func skipSpace() {
    while let byte = current, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { place += 1 }
  }

  private func mistake(_ what: String) -> RuntimeError {
    let before = bytes[..<min(place, bytes.count)]
    let line = before.count { $0 == 0x0a } + 1
    let column = before.count - (before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0) + 1
    return RuntimeError(.value, "the JSON text is wrong at line \(line), column \(column): \(what)")
  }

  private mutating func take(_ character: Character) -> Bool {
    skipSpace()
    guard current == character.asciiValue else { return false }
    place += 1
    return true
  }

  private mutating func take(word: String) -> Bool {
    guard bytes[place...].starts(with: word.utf8) else { return false }
    place += word.utf8.count
    return true
  }

  private mutating func parseValue(depth: Int) throws -> Value {
    guard depth < JSONParser.maximumDepth else {
      throw mistake("values are nested more than \(JSONParser.maximumDepth) levels deep")
    }
    skipSpace()
    switch current {
    case UInt8(ascii: "{"): return .record(try parseObject(depth: depth))
    case UInt8(ascii: "["): return .list(try parseArray(depth: depth))
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t") where take(word: "true"): return .bool(true)
    case UInt8(ascii: "f") where take(word: "false"): return .bool(false)
    case UInt8(ascii: "n") where take(word: "null"): return .nil
    case nil: throw mistake("the text ends where a value should be")
    default: return try parseNumber()
    }
  }

  private mutating func parseObject(depth: Int) throws -> Record {
    var record = Record()
    place += 1
    if take("}") { return record }
    repeat {
      skipSpace()
      guard current == UInt8(ascii: "\"") else {
        throw mistake("a key in quotation marks is missing")
      }
      let key = try parseString()
      guard take(":") else { throw mistake("`:` is missing after the key \(key.quoted)") }
      record[key] = try parseValue(depth: depth + 1)
    } while take(",")
    guard take("}") else { throw mistake("`,` or `}` is missing") }
    return record
  }

  private mutating func parseArray(depth: Int) throws -> [Value] {
    var values: [Value] = []
    place += 1
    if take("]") { return values }
    repeat { values.append(try parseValue(depth: depth + 1)) } while take(",")
    guard take("]") else { throw mistake("`,` or `]` is missing") }
    return values
  }

  private mutating func parseNumber() throws -> Value {
    let start = place
    while let byte = current, "+-.0123456789eE".utf8.contains(byte) { place += 1 }
    let text = String(decoding: bytes[start..<place], as: UTF8.self)
    if let value = Int(text), !text.hasPrefix("+") { return .int(value) }
    if let value = Double(text), text.first != "+", text.first != ".", text.last != "." {
      return .float(value)
    }
    place = start
    throw mistake("a value is missing")
  }

  private mutating func parseString() throws -> String {
    var result: [UInt8] = []
    place += 1
    while let byte = current {
      place += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: result, as: UTF8.self)
      case UInt8(ascii: "\\"): result += Array(String(try parseEscape()).utf8)
      case 0..<0x20: throw mistake("a control character stands in a text")
      default: result.append(byte)
      }
    }
    throw mistake("a text has no end")
  }

  private mutating func parseEscape() throws -> Character {
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
      var code = try parseCode()
      // A character beyond the first 65,536 is a pair of surrogates.
      if (0xD800..<0xDC00).contains(code), take(word: "\\u") {
        let low = try parseCode()
        guard (0xDC00..<0xE000).contains(low) else { throw mistake("half of a pair is missing") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      return Character(Unicode.Scalar(code) ?? "\u{fffd}")
    default: throw mistake("an escape is unknown")
    }
  }

  private mutating func parseCode() throws -> UInt32 {
    let digits = bytes[place..<min(place + 4, bytes.count)]
    guard digits.count == 4, let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw mistake("`\\u` needs four hexadecimal digits") }
    place += 4
    return code
  }
}

/// The JSON text of a value.
///
/// - Throws: a type error for what JSON has no form for, a value error for nan and infinities.
func jsonText(_ value: Value, indent: Int?) throws -> String {
  var writer = JSONWriter(indent: indent)
  try writer.write(value, depth: 0)
  return writer.text
}

private struct JSONWriter {
  let indent: Int?
  var text = ""

  init(indent: Int?) { self.indent = indent }

  mutating func write(_ value: Value, depth: Int) throws {
    guard depth < ValueTree.maximumDepth else {
      throw RuntimeError(
        .value, "the value is nested more than \(ValueTree.maximumDepth) levels deep")
    }
    switch value {
    case .nil: text += "null"
    case .bool(let flag): text += flag ? "true" : "false"
    case .int(let number): text += String(number)
    case .float(let number): try write(number)
    case .string(let string): write(string.text)
    case .list(let values):
      try writeItems(values, "[", "]", depth) { writer, value in
        try writer.write(value, depth: depth + 1)
      }
    case .record(let record):
      try writeItems(Array(record.pairs), "{", "}", depth) { writer, pair in
        writer.write(pair.0)
        writer.text += writer.indent == nil ? ":" : ": "
        try writer.write(pair.1, depth: depth + 1)
      }
    case .range(let range) where range.count <= 1 << 20:
      try write(.list((0..<range.count).map { .int(range[$0]) }), depth: depth)
    case .tensor, .parameter:
      guard let tensor = value.variable?.concrete else {
        throw RuntimeError(.value, "json_text needs numbers, which vmap maps over")
      }
      try write(nestedList(tensor), depth: depth)
    default:
      throw RuntimeError(.type, "JSON has no form for \(value.shortDescription)")
    }
  }

  private mutating func write(_ number: Double) throws {
    guard number.isFinite else {
      throw RuntimeError(.value, "JSON has no form for \(number)")
    }
    text += "\(number)"
  }

  private mutating func write(_ string: String) {
    text += "\""
    for scalar in string.unicodeScalars {
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
    text += "\""
  }

  private mutating func writeItems<T>(
    _ items: [T], _ open: String, _ close: String, _ depth: Int,
    _ write: (inout JSONWriter, T) throws -> Void
  ) throws {
    text += open
    for (i, item) in items.enumerated() {
      if i > 0 { text += "," }
      breakLine(depth + 1)
      try write(&self, item)
    }
    if !items.isEmpty { breakLine(depth) }
    text += close
  }

  private mutating func breakLine(_ depth: Int) {
    guard let indent else { return }
    text += "\n" + String(repeating: " ", count: indent * depth)
  }
}

/// The elements of a tensor as numbers in nested lists; a 0-d tensor as one number.
func nestedList(_ tensor: Tensor) -> Value {
  let values: [Value]
  switch tensor.dtype {
  case .i64: values = tensor.integers.map { .int($0) }
  case .bool: values = tensor.integers.map { .bool($0 != 0) }
  case .f32, .f64: values = tensor.doubles.map { .float($0) }
  }
  func nest(_ axis: Int, _ start: Int, _ count: Int) -> Value {
    if axis == tensor.rank { return values[start] }
    let extent = tensor.shape[axis]
    let part = extent == 0 ? 0 : count / extent
    return .list((0..<extent).map { nest(axis + 1, start + $0 * part, part) })
  }
  return nest(0, 0, values.count)
}
