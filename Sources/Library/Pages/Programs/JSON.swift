// JSON (RFC 8259): objects are records, arrays are lists; whole numbers that fit are Ints.

import Autodiff
import Language
import Tensors

/// The value that a JSON text stands for.
///
/// - Throws: a value error that says at which line and column the text is wrong.
package func jsonValue(_ text: [UInt8]) throws -> Value {
  var reader = JSONReader(text)
  let value = try reader.readValue()
  try reader.finish()
  return value
}

extension JSONReader {
  /// Reads the value that stands here; of keys that come twice the last holds.
  fileprivate mutating func readValue() throws -> Value {
    switch try peek() {
    case .object:
      var record = Record()
      try readObject { record[$1] = try $0.readValue() }
      return .record(record)
    case .array:
      var values: [Value] = []
      try readArray {
        try Safepoint.look()
        if values.count % 1024 == 0 {
          try MemoryAccount.require(values.count, of: List.bytesOfElement)
        }
        values.append(try $0.readValue())
      }
      return .list(values)
    case .text: return .string(try readText())
    case .number:
      switch try readNumber() {
      case .whole(let number): return .int(number)
      case .decimal(let number): return .float(number)
      }
    case .bool(let flag):
      try readWord()
      return .bool(flag)
    case .null:
      try readWord()
      return .nil
    }
  }
}

/// The JSON text of a value.
///
/// - Throws: a type error for what JSON has no form for, a value error for nan and infinities.
package func jsonText(_ value: Value, indent: Int?) throws -> String {
  var writer = JSONWriter(indent: indent)
  try writer.write(value, depth: 0)
  return writer.text
}

private struct JSONWriter {
  let indent: Int?
  var text = ""
  private var walk = Walk()

  init(indent: Int?) { self.indent = indent }

  /// The longest text, 1 GB.
  private static let maximumBytes = 1 << 30

  private func look() throws {
    try Safepoint.look()
    try MemoryAccount.require(text.utf8.count)
    guard text.utf8.count <= JSONWriter.maximumBytes else {
      throw RuntimeError(
        .limit, "the JSON text of a value is longer than \(JSONWriter.maximumBytes) bytes")
    }
  }

  mutating func write(_ value: Value, depth: Int) throws {
    switch value {
    case .nil: text += "null"
    case .bool(let flag): text += flag ? "true" : "false"
    case .int(let number): text += String(number)
    case .float(let number): try write(number)
    case .string(let string): try write(string.text)
    case .list(let values):
      try writeItems(values, "[", "]", depth) { writer, value in
        try writer.write(value, depth: depth + 1)
      }
    case .record(let record):
      try writeItems(Array(record.pairs), "{", "}", depth) { writer, pair in
        try writer.write(pair.0)
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
      throw RuntimeError(.value, "JSON has no form for \(formatShortest(number))")
    }
    text += "\(number)"
  }

  private mutating func writeItems<T>(
    _ items: some Collection<T>, _ open: String, _ close: String, _ depth: Int,
    _ write: (inout JSONWriter, T) throws -> Void
  ) throws {
    try walk.enter(depth: depth)
    text += open
    for (i, item) in items.enumerated() {
      if i > 0 { text += "," }
      try look()
      breakLine(depth + 1)
      try write(&self, item)
    }
    try look()
    if !items.isEmpty { breakLine(depth) }
    text += close
  }

  private mutating func write(_ string: String) throws {
    text += "\""
    for piece in string.pieces {
      text += piece.escapedInJSON
      try look()
    }
    text += "\""
  }

  private mutating func breakLine(_ depth: Int) {
    guard let indent else { return }
    text += "\n" + String(repeating: " ", count: indent * depth)
  }
}

/// The elements of a tensor as numbers in nested lists; a 0-d tensor as one number.
///
/// - Throws: a limit error where there is no memory for them.
func nestedList(_ tensor: Tensor) throws -> Value {
  try tensor.requireArray()
  try MemoryAccount.require(tensor.count, of: 2 * List.bytesOfElement)
  let values: [Value]
  switch tensor.dtype {
  case .i64: values = try Safepoint.map(tensor.allIntegers()) { .int($0) }
  case .bool: values = try Safepoint.map(tensor.allIntegers()) { .bool($0 != 0) }
  case .f32, .f64: values = try Safepoint.map(tensor.allDoubles()) { .float($0) }
  }
  func nest(_ axis: Int, _ start: Int, _ count: Int) throws -> Value {
    if axis == tensor.rank { return values[start] }
    let extent = tensor.shape[axis]
    let part = extent == 0 ? 0 : count / extent
    return .list(try Safepoint.map(0..<extent) { try nest(axis + 1, start + $0 * part, part) })
  }
  return try nest(0, 0, values.count)
}
