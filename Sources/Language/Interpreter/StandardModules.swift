// The modules of the standard library, which lie in the binary, and what they say of themselves.
//
// A comment of two signs documents what a module offers; one of one sign says what is its own.

import StandardLibrary
import Syntax

/// A module of the standard library.
public struct StandardModule: Sendable {
  /// Something that a module offers.
  public struct Declaration: Sendable {
    public let name: String
    /// The name with its parameters: `Linear(inputs, outputs, bias=true)`.
    public let title: String
    /// In Markdown.
    public let documentation: String
  }

  /// What `import` calls it.
  public let name: String
  let source: Source

  /// All that programs are told of, in alphabetical order; a name that starts with `_` is the library's own.
  public static let all = embedded.filter { !$0.name.hasPrefix("_") }

  private static let embedded: [StandardModule] = (0..<mos_module_count).map { index in
    let module = mos_module_at(index).pointee
    let text = String(
      decoding: UnsafeBufferPointer(start: module.text, count: module.size), as: UTF8.self)
    let name = String(cString: module.name)
    return StandardModule(name: name, source: Source(name: "<\(name)>", text: text))
  }

  /// Whether the text is that of a module.
  static func holds(_ source: Source) -> Bool {
    source.name.utf8.first == UInt8(ascii: "<") && embedded.contains { $0.source === source }
  }

  /// The module of a name.
  static func named(_ name: String) -> StandardModule? { embedded.first { $0.name == name } }

  /// What the module is for: the comment that it begins with, in Markdown.
  public var introduction: String {
    (1...source.lineStarts.count).lazy.map { source.text(ofLine: $0) }
      .prefix { $0.hasPrefix("##") }.map { String($0.dropFirst($0.hasPrefix("## ") ? 3 : 2)) }
      .joined(separator: "\n")
  }

  /// What the module offers, in its order.
  public var declarations: [Declaration] {
    parse(source).program.statements.compactMap { statement in
      switch statement.kind {
      case .function(let function, _):
        declaration(function.name?.name, function.parameters, function.documentation)
      case .model(let model, _):
        declaration(model.name.name, model.parameters, model.documentation)
      case .let(.name(let identifier), _, let documentation):
        documentation.map {
          Declaration(name: identifier.name, title: identifier.name, documentation: $0)
        }
      default: nil
      }
    }
  }

  private func declaration(
    _ name: String?, _ parameters: [Parameter], _ documentation: String?
  ) -> Declaration? {
    guard let name, let documentation else { return nil }
    let list = parameters.map { source.text(of: $0.span) }.joined(separator: ", ")
    return Declaration(name: name, title: "\(name)(\(list))", documentation: documentation)
  }
}
