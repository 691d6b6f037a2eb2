// What a module says of itself, read from its source: it is not run for that.
//
// A comment of two signs documents what a module offers; one of one sign, and a name that begins with `_`, is
// the module's own.

import Syntax

/// The documentation of a module, of the standard library or of a program.
public struct ModuleDocumentation: Sendable {
  /// Something that a module offers.
  public struct Declaration: Sendable {
    public let name: String
    /// The name with its parameters: `Linear(inputs, outputs, bias=true)`.
    public let title: String
    /// In Markdown; empty where there is none.
    public let documentation: String
    /// What objects of a model have.
    public let members: [Member]
  }

  /// A field or a method of a model.
  public struct Member: Sendable {
    public let name: String
    /// What is written behind a point: `forward(x)`, `weight`.
    public let title: String
    /// In Markdown; empty where there is none.
    public let documentation: String
  }

  /// The module, as names behind a point have it: `nn`.
  public let name: String
  /// What the module is for: the comment that it begins with, in Markdown.
  public let introduction: String
  /// What the module offers, in its order.
  public let declarations: [Declaration]

  /// The documentation of a source, whose name may be that of a file.
  public init(_ source: Source, name: String) {
    let file = name.split(separator: "/").last.map(String.init) ?? name
    let ending = [".mos", ".md", ".markdown"].first(where: file.hasSuffix) ?? ""
    self.name = String(file.dropLast(ending.count))
    let lines = (1...source.lineStarts.count).lazy.map { source.text(ofLine: $0) }
      .drop { $0.hasPrefix("#!") }
    let comment = lines.prefix { $0.hasPrefix("##") }
    // What stands right above a declaration is the declaration's.
    let isOwn = lines.dropFirst(comment.count).first.map { $0.allSatisfy(\.isWhitespace) } ?? true
    let introduction =
      isOwn
      ? comment.map { String($0.dropFirst($0.hasPrefix("## ") ? 3 : 2)) }.joined(separator: "\n")
      : ""
    self.introduction = introduction
    declarations = parse(source).program.statements.compactMap { statement in
      guard let found = ModuleDocumentation.declaration(of: statement, source) else { return nil }
      guard !introduction.isEmpty, found.documentation == introduction else { return found }
      return Declaration(
        name: found.name, title: found.title, documentation: "", members: found.members)
    }
  }

  /// The declaration of a name.
  public subscript(name: String) -> Declaration? { declarations.first { $0.name == name } }

  private static func declaration(of statement: Statement, _ source: Source) -> Declaration? {
    var found: Declaration?
    switch statement.kind {
    case .function(let function, _):
      found = function.name.map {
        Declaration(
          name: $0.name, title: title($0.name, function.parameters, source),
          documentation: function.documentation ?? "", members: [])
      }
    case .model(let model, _):
      found = Declaration(
        name: model.name.name, title: title(model.name.name, model.parameters, source),
        documentation: model.documentation ?? "",
        members: model.members.flatMap { members(of: $0, source) })
    case .let(.name(let identifier), _, let documentation):
      found = Declaration(
        name: identifier.name, title: identifier.name, documentation: documentation ?? "",
        members: [])
    default: break
    }
    return found?.name.hasPrefix("_") == true ? nil : found
  }

  /// The name and its parameters as they are written, in one line.
  private static func title(_ name: String, _ parameters: [Parameter], _ source: Source) -> String {
    "\(name)(\(parameters.map { source.text(of: $0.span).onOneLine }.joined(separator: ", ")))"
  }

  private static func members(of member: Model.Member, _ source: Source) -> [Member] {
    switch member {
    case .field(let kind, .name(let identifier), _, let documentation, _):
      let text = documentation ?? kind.description
      guard !identifier.name.hasPrefix("_"), !text.isEmpty else { return [] }
      return [Member(name: identifier.name, title: identifier.name, documentation: text)]
    case .method(let function, _):
      guard let name = function.name?.name, !name.hasPrefix("_") else { return [] }
      return [
        Member(
          name: name, title: title(name, function.parameters, source),
          documentation: function.documentation ?? "")
      ]
    default: return []
    }
  }
}

extension Model.FieldKind {
  /// What a field without a comment is; empty for what a model keeps to itself.
  fileprivate var description: String {
    switch self {
    case .param: "A parameter."
    case .buffer: "A buffer."
    case .let: ""
    }
  }
}

extension String {
  fileprivate var onOneLine: String {
    split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
