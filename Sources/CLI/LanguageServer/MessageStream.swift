// The messages of a language server: JSON behind a header with its length, on standard input and output (Language
// Server Protocol 3.17, "Base Protocol").

import Language
import Library
import Platform

/// What goes to and fro between an editor and the server.
struct MessageStream {
  private let (input, output): (Int32, Int32)
  private var unread: [UInt8] = []

  /// The longest message, 64 MB; longer ones are no message of an editor.
  private static let longest = 1 << 26
  private static let longestHeader = 1 << 12

  init(input: Int32, output: Int32) {
    (self.input, self.output) = (input, output)
  }

  /// What one message is.
  enum Message {
    case value(Value)
    /// A message that is no JSON, with what is wrong.
    case broken(String)
  }

  /// Whether a message has begun to come.
  var hasMore: Bool {
    if !unread.isEmpty { return true }
    var state = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
    return poll(&state, 1, 0) > 0
  }

  /// The next message; nil at the end of the input, and behind a header that is none.
  mutating func next() -> Message? {
    while true {
      if let body = takeMessage() {
        guard let body else { return nil }
        do { return .value(try jsonValue(body)) } catch { return .broken("\(error)") }
      }
      var piece = [UInt8](repeating: 0, count: 1 << 16)
      let count = read(input, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
      unread += piece[..<count]
    }
  }

  /// The body of a message that has come whole; nil where more has to come, and a nil inside where the header is
  /// none.
  private mutating func takeMessage() -> [UInt8]?? {
    guard let end = endOfHeader else {
      return unread.count > MessageStream.longestHeader ? .some(nil) : nil
    }
    let header = String(decoding: unread[..<end], as: UTF8.self)
    let lines = header.split(whereSeparator: \.isNewline)
    let length = lines.lazy.compactMap { line -> Int? in
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, parts[0].lowercased() == "content-length" else { return nil }
      return Int(parts[1].filter { $0 != " " })
    }.first
    guard let length, (0...MessageStream.longest).contains(length) else { return .some(nil) }
    guard unread.count >= end + length else { return nil }
    let body = Array(unread[end..<(end + length)])
    unread.removeSubrange(..<(end + length))
    return .some(body)
  }

  private var endOfHeader: Int? {
    let ending: [UInt8] = Array("\r\n\r\n".utf8)
    guard unread.count >= ending.count else { return nil }
    for start in 0...min(unread.count - ending.count, MessageStream.longestHeader)
    where unread[start] == ending[0] && Array(unread[start..<(start + 4)]) == ending {
      return start + 4
    }
    return nil
  }

  /// Sends a message.
  func send(_ message: Value) {
    guard let text = try? jsonText(message, indent: nil) else { return }
    writeAll("Content-Length: \(text.utf8.count)\r\n\r\n\(text)", to: output)
  }
}

/// An object of JSON.
func object(_ fields: (String, Value)...) -> Value { .record(Record(fields)) }

/// An array of JSON.
func array(_ elements: some Sequence<Value>) -> Value { .list(List(Array(elements))) }

extension Value {
  /// A field of an object; nil where it is none or has no such field.
  subscript(field name: String) -> Value? {
    if case .record(let record) = self { return record[name] }
    return nil
  }

  var asFlag: Bool? {
    if case .bool(let flag) = self { return flag }
    return nil
  }

  var asText: String? {
    if case .string(let text) = self { return text.text }
    return nil
  }

  var asInt: Int? {
    if case .int(let number) = self { return number }
    return nil
  }

  var asList: [Value] {
    if case .list(let values) = self { return Array(values) }
    return []
  }
}
