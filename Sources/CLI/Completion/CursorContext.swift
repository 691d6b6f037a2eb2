// What stands around the cursor of an entry: the word, the chain of names and brackets before a point, the
// call that it is in. Nothing is run; a chain is followed through values that exist.

import Language
import Syntax

/// The surroundings of the cursor.
struct CursorContext {
  let utf8: [UInt8]
  let cursor: Int
  let open: OpenBrackets

  init(_ text: String, cursor: Int) {
    utf8 = Array(text.utf8)
    self.cursor = min(cursor, utf8.count)
    open = OpenBrackets(utf8[..<self.cursor])
  }

  func text(_ range: Range<Int>) -> String { String(decoding: utf8[range], as: UTF8.self) }

  /// Where the word before the cursor begins.
  var wordStart: Int {
    var start = cursor
    while start > 0, CursorContext.isWordByte(utf8[start - 1]) { start -= 1 }
    return start
  }

  var word: String { text(wordStart..<cursor) }

  static func isWordByte(_ byte: UInt8) -> Bool {
    byte >= 0x80 || byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= byte
      || (UInt8(ascii: "a")...UInt8(ascii: "z")) ~= (byte | 0x20)
  }

  /// The words of the program before an offset; in an interpolation its own.
  func tokens(before offset: Int) -> [Token] {
    let start = min(open.interpolationStart ?? 0, offset)
    // Blanks, so that the words are where they are.
    let source = Source(
      name: "<prompt>", text: String(repeating: " ", count: start) + text(start..<offset))
    return tokenize(source).tokens.dropLast()
  }

  /// The text of the statement that the word is in, up to the word.
  var statementBefore: String {
    let start =
      utf8[..<wordStart].lastIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: ";") }
      .map { $0 + 1 } ?? 0
    return text(start..<wordStart)
  }

  /// The names that the entry itself holds, but for the word at the cursor.
  var ownNames: Set<String> {
    let source = Source(name: "<prompt>", text: text(0..<utf8.count))
    var names: Set<String> = []
    for token in tokenize(source).tokens where token.kind == .name && Int(token.span.end) != cursor
    {
      names.insert(source.text(of: token.span))
    }
    return names
  }
}

/// Follows chains such as `net.layers[0].weight` through values.
struct ChainReader {
  /// Where a chain leads.
  enum Meaning {
    case value(Value)
    /// An instance of a model, or an object of a type, that is not there yet.
    case instance(ModelType)
    case object(HostType)
    /// A value of a kind, written out or made by a call that nobody runs.
    case tensor, text, list
    /// A method of a tensor or a text by its function's name.
    case method(String)
  }

  let interpreter: Interpreter
  let utf8: [UInt8]
  /// The types of objects that built-ins make.
  let objectType: (String) -> HostType?

  /// The words that a chain is looked for in; each of its names asks for all before it.
  private static let longest = 2000

  private func text(_ token: Token) -> String {
    String(decoding: utf8[Int(token.span.start)..<Int(token.span.end)], as: UTF8.self)
  }

  /// What the words lead to that end with the last one; nil for what no name leads to.
  func meaning(of tokens: [Token]) -> Meaning? {
    let tokens = Array(tokens.suffix(ChainReader.longest))
    guard let last = tokens.last else { return nil }
    switch last.kind {
    case .name, .self: return meaning(ofName: tokens)
    case .string, .stringClose: return .text
    case .int, .float: return .tensor
    case .rightParenthesis, .rightBracket: return meaning(ofBrackets: tokens)
    default: return nil
    }
  }

  private func meaning(ofName tokens: [Token]) -> Meaning? {
    guard let last = tokens.last else { return nil }
    let name = text(last)
    guard tokens.dropLast().last?.kind == .dot else {
      if let value = interpreter.peek(name) { return .value(value) }
      return nil
    }
    guard let owner = meaning(of: tokens.dropLast(2)) else { return nil }
    switch owner {
    case .value(let value):
      if let member = interpreter.peek(name, of: value) { return .value(member) }
      return value.variable == nil ? .method(name) : member(ofTensor: name)
    case .instance(let type): return type.methodNames.contains(name) ? .method(name) : .tensor
    case .tensor: return member(ofTensor: name)
    default: return .method(name)
    }
  }

  private func member(ofTensor name: String) -> Meaning {
    switch name {
    case "T", "value", "grad": .tensor
    case "shape": .list
    default: .method(name)
    }
  }

  private func meaning(ofBrackets tokens: [Token]) -> Meaning? {
    guard let opener = opener(of: tokens) else { return nil }
    let isCall = tokens[opener].kind == .leftParenthesis
    let inside = Array(tokens[(opener + 1)..<(tokens.count - 1)])
    let before = Array(tokens[..<opener])
    let follows =
      !tokens[opener].startsLine && before.last.map { $0.kind.endsPrimary } ?? false
    guard follows, let callee = meaning(of: before) else {
      if follows { return isCall ? .tensor : nil }
      return isCall ? (inside.count == 1 ? meaning(of: inside) : .list) : .tensor
    }
    if isCall { return result(of: callee, before) }
    guard case .value(let value) = callee, inside.count == 1 else { return .tensor }
    switch inside[0].kind {
    case .int:
      return Int(text(inside[0])).flatMap { interpreter.peek(.int($0), in: value) }
        .map(Meaning.value) ?? .tensor
    case .string:
      return interpreter.peek(.string(String(text(inside[0]).dropFirst().dropLast())), in: value)
        .map(Meaning.value)
    default: return .tensor
    }
  }

  /// What a call gives, so far as that is known without it.
  private func result(of callee: Meaning, _ tokens: [Token]) -> Meaning? {
    guard case .value(let value) = callee else { return .tensor }
    if let type = value.madeModel { return .instance(type) }
    if case .builtin(let function) = value, let type = objectType(function.name) {
      return .object(type)
    }
    return .tensor
  }

  /// The place of the bracket that the last word closes.
  private func opener(of tokens: [Token]) -> Int? {
    var depth = 0
    for (place, token) in tokens.enumerated().reversed() {
      switch token.kind {
      case .rightParenthesis, .rightBracket, .rightBrace: depth += 1
      case .leftParenthesis, .leftBracket, .leftBrace:
        depth -= 1
        if depth == 0 { return place }
      default: break
      }
    }
    return nil
  }
}

extension Token.Kind {
  /// True for what a call or an index can follow.
  fileprivate var endsPrimary: Bool {
    switch self {
    case .name, .self, .string, .stringClose, .rightParenthesis, .rightBracket: true
    default: false
    }
  }
}
