// Parameter lists as callers see them: names, which may be left out, which collect the rest.
//
// A built-in's signature is text, `sum(x, axis=nil, keepdims=false)`, read when a program first names
// it. Call sites know a callee by its signature, which is one object for all calls.

import Syntax

/// The parameters of something that can be called.
public final class Signature: Sendable {
  /// One parameter.
  public struct Parameter: Sendable {
    public enum Kind: Sendable { case plain, restList, restRecord }
    public var name: String
    public var kind: Kind
    /// The default as it is written; nil for a parameter that must be given.
    public var defaultText: String?
  }

  /// The name shown in messages.
  public let name: String
  public let parameters: [Parameter]
  /// The place of `*rest`.
  public let restList: Int?
  /// The place of `**options`.
  public let restRecord: Int?
  /// How many positional arguments need no binding but `.absent` behind them: from the last that must
  /// be given to all; nil where some are collected.
  let plainCounts: ClosedRange<Int>?
  /// The defaults that are literals, `nil` where there is none; empty for a function of a program, which
  /// supplies its own.
  nonisolated(unsafe) private let literals: UnsafeMutableBufferPointer<Value>

  /// A signature of parameters.
  public convenience init(name: String, parameters: [Parameter]) {
    self.init(name: name, parameters: parameters, literals: [])
  }

  private init(name: String, parameters: [Parameter], literals: [Value]) {
    self.name = name
    self.parameters = parameters
    self.literals = .allocate(capacity: literals.count)
    _ = self.literals.initialize(from: literals)
    restList = parameters.firstIndex { $0.kind == .restList }
    restRecord = parameters.firstIndex { $0.kind == .restRecord }
    let lastRequired = parameters.lastIndex { $0.defaultText == nil } ?? -1
    plainCounts =
      restList == nil && restRecord == nil ? (lastRequired + 1)...parameters.count : nil
  }

  /// The signature of what a program declares with such parameters.
  package convenience init(name: String, parameters: [Syntax.Parameter], in source: Source) {
    self.init(
      name: name,
      parameters: parameters.enumerated().map { index, parameter in
        let name =
          if case .name(let name) = parameter.pattern { name.name } else { "argument \(index + 1)" }
        let kind: Parameter.Kind =
          switch parameter.kind {
          case .plain: .plain
          case .restList: .restList
          case .restRecord: .restRecord
          }
        return Parameter(
          name: name, kind: kind,
          defaultText: parameter.defaultValue.map { source.text(of: $0.span) })
      })
  }

  /// Reads `name(a, b=1, *rest, c=(1, 2), **options)`.
  public convenience init(parsing text: String) {
    let bytes = Array(text.utf8)
    let open = bytes.firstIndex(of: UInt8(ascii: "(")) ?? bytes.count
    var parameters: [Parameter] = []
    var depth = 0
    var start = open + 1
    var (isText, isEscaped) = (false, false)
    for i in bytes.indices where i > open {
      if bytes[i] == UInt8(ascii: "\"") && !isEscaped { isText.toggle() }
      isEscaped = isText && !isEscaped && bytes[i] == UInt8(ascii: "\\")
      if isText { continue }
      switch bytes[i] {
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: ","), UInt8(ascii: ")"):
        if depth == 0 {
          if let parameter = Parameter(parsing: bytes[start..<i]) { parameters.append(parameter) }
          start = i + 1
        }
        if bytes[i] == UInt8(ascii: ")") { depth -= 1 }
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      default: break
      }
      if depth < 0 { break }
    }
    self.init(
      name: String(decoding: bytes[..<open], as: UTF8.self), parameters: parameters,
      literals: parameters.map { $0.defaultText.flatMap { Value(literal: $0) } ?? .nil })
  }

  deinit {
    literals.deinitialize()
    literals.deallocate()
  }

  /// The default of a parameter of a built-in, where it is a literal; else nil.
  package func literal(_ index: Int) -> Value { literal(index)?.pointee ?? .nil }

  /// Where it lies.
  @inline(__always) func literal(_ index: Int) -> UnsafeMutablePointer<Value>? {
    index < literals.count ? literals.baseAddress.map { $0 + index } : nil
  }

  /// How many positional arguments fit; nil for any number.
  public var positionalLimit: Int? {
    restList == nil ? parameters.count - (restRecord == nil ? 0 : 1) : nil
  }

  /// The names that must be given.
  public var required: [String] {
    parameters.filter { $0.kind == .plain && $0.defaultText == nil }.map(\.name)
  }
}

extension Signature.Parameter {
  init?(parsing bytes: ArraySlice<UInt8>) {
    var rest = bytes.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
    guard !rest.isEmpty else { return nil }
    let stars = rest.prefix { $0 == UInt8(ascii: "*") }.count
    rest = rest.dropFirst(stars)
    kind = stars == 0 ? .plain : stars == 1 ? .restList : .restRecord
    if let equals = rest.firstIndex(of: UInt8(ascii: "=")) {
      name = String(decoding: rest[..<equals], as: UTF8.self)
      defaultText = String(decoding: rest[(equals + 1)...], as: UTF8.self)
    } else {
      name = String(decoding: rest, as: UTF8.self)
    }
  }
}

extension Value {
  /// What a default in a signature stands for: `nil`, a Bool, a number, a text without escapes but `\n`,
  /// or a list of them in parentheses.
  fileprivate init?(literal text: some StringProtocol) {
    switch text {
    case "nil": self = .nil
    case "true", "false": self = .bool(text == "true")
    default:
      if let number = Int(text) {
        self = .int(number)
      } else if let number = Double(text) {
        self = .float(number)
      } else if text.hasPrefix("\""), text.hasSuffix("\"") {
        self = .string(String(text.dropFirst().dropLast()).replacing("\\n", with: "\n"))
      } else if text.hasPrefix("("), text.hasSuffix(")") {
        let parts = text.dropFirst().dropLast().split(separator: ",")
        self = .list(parts.compactMap { Value(literal: $0.drop { $0 == " " }) })
      } else {
        return nil
      }
    }
  }
}

extension Signature {
  /// The longest text of a signature that a hint shows whole.
  private static let longest = 240

  /// What hints say of it.
  package var hint: String {
    let text = description
    return text.count <= Signature.longest
      ? "its signature is \(text)" : "help(\(name)) shows its signature"
  }
}

extension Signature: CustomStringConvertible {
  /// `sum(x, axis=nil)`
  public var description: String {
    let list = parameters.map { parameter in
      switch parameter.kind {
      case .plain: parameter.name + (parameter.defaultText.map { "=" + $0 } ?? "")
      case .restList: "*" + parameter.name
      case .restRecord: "**" + parameter.name
      }
    }
    return "\(name)(\(list.joined(separator: ", ")))"
  }
}
