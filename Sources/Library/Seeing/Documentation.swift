// What `help` and `mos doc` say of a name: a built-in, an object's type, one of its members,
// `Optimizer.step`, a module, or what it offers, `nn.Linear`. All of it stands in declarations; the words of
// the language have a table of their own.

import Language
import Syntax
import Tensors

/// The documentation of a name.
public struct Documentation: CustomStringConvertible {
  /// The signature, or the name of what has none.
  public let title: String
  /// In Markdown.
  public fileprivate(set) var text: String

  /// The title, and the text below it where there is some.
  public var description: String { title.followed(by: text) }
}

extension BuiltinLibrary {
  /// The types of objects, in the order of the pages.
  public var objectTypes: [HostType] { pages.flatMap(\.objects).map { $0.hostType } }

  /// The type of a name: its own, or that of a built-in that gives its objects.
  private func objectType(_ name: String) -> HostType? {
    objectTypes.first { $0.name == name || $0.makers.contains(name) }
  }

  /// The documentation of `adam`, `Optimizer` or `Optimizer.step`.
  ///
  /// - Throws: a name error, with the nearest name, where nothing is called so.
  public func documentation(of name: String) throws -> Documentation {
    let topics = SyntaxSection.topics(of: name)
    let syntax = topics.map(\.text).joined(separator: "\n\n")
    if let topic = topics.first {
      guard var found = try? declared(name) else {
        return Documentation(
          title: topics.count == 1 ? topic.title : topics.map(\.title).joined(separator: "; "),
          text: syntax)
      }
      found.text = found.text.followed(by: syntax)
      return found
    }
    return try declared(name)
  }

  /// The documentation of what is declared: a built-in, a type, a member, a module.
  private func declared(_ name: String) throws -> Documentation {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    if let members = ValueMembers.all.first(where: { $0.type == parts[0] }) {
      return try documentation(of: parts, members)
    }
    if declaration(of: parts[0]) == nil,
      let module = StandardModule.documentation.first(where: { $0.name == parts[0] })
    {
      return try module.documentation(of: Array(parts.dropFirst()))
    }
    if parts.count == 2, let type = objectType(parts[0]) {
      if let member = type.allMembers.first(where: { $0.name == parts[1] }) {
        return Documentation(title: "\(parts[0]).\(member.title)", text: member.text)
      }
      throw unknown(
        "\(parts[0]) has no field or method `\(parts[1].shortened)`",
        nearest(to: parts[1], among: type.memberNames).map { "\(parts[0]).\($0)" })
    }
    let type = objectType(name)
    if let built = declaration(of: name) {
      return Documentation(title: built.title, text: built.text.followed(by: type?.listing ?? ""))
    }
    if let type { return Documentation(title: name, text: type.text) }
    throw unknown(
      "no built-in is called `\(name.shortened)`", namesNear(parts[0], of: name),
      after: parts.dropFirst())
  }

  /// Up to three names that somebody may have meant, the likeliest first: those of modules' members under the very
  /// name, then near ones, or else such as it is part of.
  private func namesNear(_ name: String, of whole: String) -> [String] {
    let modules = StandardModule.documentation
    var found = modules.flatMap { module in
      module.declarations.filter { $0.name.lowercased() == name.lowercased() }
        .map { "\(module.name).\($0.name)" }
    }
    let isExact = !found.isEmpty
    var rest = Set(documentedNames)
    while found.count < (isExact ? 2 : name == whole ? 3 : 1),
      let near = nearest(to: name, among: rest.sorted())
    {
      found.append(near)
      rest.remove(near)
    }
    if !isExact {
      let members = modules.flatMap { $0.declarations.map(\.name) }
      found += nearest(to: name, among: members).map(StandardModule.places) ?? []
    }
    guard found.isEmpty, name.count > 2 else { return Array(found.prefix(3)) }
    return Array(rest.filter { $0.lowercased().contains(name.lowercased()) }.sorted().prefix(3))
  }

  /// Every name that stands alone: built-ins, types, modules, words of the language.
  private var documentedNames: [String] {
    Array(names) + objectTypes.map(\.name) + ValueMembers.all.map(\.type)
      + StandardModule.all.map(\.name) + SyntaxSection.names
  }

  /// The documentation of a type of the language, or of one of its members.
  private func documentation(of parts: [String], _ members: ValueMembers) throws -> Documentation {
    guard parts.count > 1 else { return Documentation(title: members.type, text: members.text) }
    if parts.count == 2, let row = members.table.first(where: { $0.name == parts[1] }) {
      return Documentation(title: "\(members.type).\(row.title)", text: row.text)
    }
    let name = parts.dropFirst().joined(separator: ".")
    throw unknown(
      "\(members.type) has no field or method `\(name.shortened)`",
      nearest(to: name, among: members.names).map { "\(members.type).\($0)" })
  }

  private func declaration(of name: String) -> Documentation? {
    if let function = self.function(name) {
      return Documentation(title: function.signature, text: function.documentation)
    }
    return constant(name).map { Documentation(title: name, text: $0.documentation) }
  }

  private func unknown(_ message: String, _ near: String?) -> RuntimeError {
    RuntimeError(.name, message, hint: near.map { "did you mean `\($0)`?" })
  }

  /// - Parameter rest: what was written behind the name.
  private func unknown(
    _ message: String, _ near: [String], after rest: ArraySlice<String>
  ) -> RuntimeError {
    let names = near.map { "`\(([$0] + rest).joined(separator: ".").shortened)`" }
    guard let last = names.last else {
      return RuntimeError(.name, message, hint: "mos doc --search TEXT looks through all texts")
    }
    let others = names.dropLast().joined(separator: ", ")
    return RuntimeError(
      .name, message, hint: "did you mean \(others)\(names.count > 1 ? " or " : "")\(last)?")
  }
}

extension ModuleDocumentation {
  /// What the module is for and offers.
  public var text: String {
    let lines = declarations.map { "`\(name).\($0.title)`".line($0.documentation) }
    return introduction.followed(
      by: lines.isEmpty ? "" : "It has:\n\n" + lines.joined(separator: "\n"))
  }

  /// The documentation of the module, of something that it offers, or of what its objects have: of what stands
  /// behind the module's name.
  ///
  /// - Throws: a name error, with the nearest name, where there is no such thing.
  public func documentation(of path: [String]) throws -> Documentation {
    guard let first = path.first else { return Documentation(title: name, text: text) }
    guard let found = self[first] else {
      throw RuntimeError(
        .name, "the module \(name) has no `\(first.shortened)`",
        hint: nearest(to: first, among: declarations.map(\.name)).map {
          "did you mean `\(([name, $0] + path.dropFirst()).joined(separator: "."))`?"
        })
    }
    guard path.count > 1 else {
      return Documentation(
        title: "\(name).\(found.title)",
        text: found.documentation.followed(by: found.members.listing))
    }
    let member = path.dropFirst().joined(separator: ".")
    guard let inner = found.members.first(where: { $0.name == member }) else {
      throw RuntimeError(
        .name, "\(name).\(first) has no field or method `\(member.shortened)`",
        hint: nearest(to: member, among: found.members.map(\.name)).map {
          "did you mean `\(name).\(first).\($0)`?"
        })
    }
    return Documentation(
      title: "\(name).\(first).\(inner.title)", text: inner.documentation)
  }
}

extension [ModuleDocumentation.Member] {
  /// What objects of a model have, a line of Markdown each; empty where that is nothing.
  var listing: String {
    isEmpty
      ? ""
      : "Its objects have:\n\n"
        + map { "`.\($0.title)`".line($0.documentation) }.joined(separator: "\n")
  }
}

extension ValueMembers {
  /// A field or method, as the reference shows it.
  package struct Row {
    package let name: String
    /// What is written behind a point.
    package let title: String
    package let text: String
  }

  /// All of them, in order.
  package var table: [Row] {
    rows.map {
      Row(name: $0.name, title: $0.isMethod ? "\($0.name)()" : $0.name, text: $0.documentation)
    }
      + methods.map {
        Row(name: $0.signature.name, title: $0.signature.description, text: $0.documentation)
      }
  }

  /// What such values are and have.
  fileprivate var text: String {
    documentation.followed(
      by: "They have:\n\n"
        + table.map { "- `.\($0.title)`: \($0.text.firstSentence)" }
        .joined(separator: "\n"))
  }
}

extension HostType {
  /// A method, a field or the call, as the reference shows it.
  public struct Member {
    /// Empty for the call.
    let name: String
    /// What is written behind a point: `step(loss=nil)`, `state`; for the call its whole signature.
    public let title: String
    public let text: String
    /// Whether it is what calling an object does.
    public var isCall: Bool { name.isEmpty }
  }

  /// Its own methods and fields as `Optimizer.step`, for the index.
  public var qualifiedNames: [String] {
    (methods.map(\.signature.name) + fields.map(\.name)).map { "\(name).\($0)" }
  }

  /// The call, the methods and the fields of the type itself, in order.
  public var members: [Member] {
    (call === base?.call ? [] : [call].compactMap { $0 }).map {
      Member(name: "", title: $0.signature.description, text: $0.documentation)
    }
      + methods.map {
        Member(
          name: $0.signature.name, title: $0.signature.description, text: $0.documentation)
      } + fields.map { Member(name: $0.name, title: $0.name, text: $0.documentation) }
  }

  /// The members of the base, then its own.
  var allMembers: [Member] { (base?.allMembers ?? []) + members }

  /// What its objects are and can do.
  var text: String { documentation.followed(by: listing) }

  /// What its objects can do, a line of Markdown each; empty where that is nothing.
  fileprivate var listing: String {
    let lines = allMembers.map { member in
      "- `\(member.isCall ? "" : ".")\(member.title)`: \(member.text.firstSentence)"
    }
    return lines.isEmpty ? "" : "Its objects have:\n\n" + lines.joined(separator: "\n")
  }
}

extension String {
  /// This text and another as paragraphs.
  func followed(by other: String) -> String {
    other.isEmpty ? self : isEmpty ? other : self + "\n\n" + other
  }

  /// This name in a list, with the first sentence of what is said of it.
  fileprivate func line(_ documentation: String) -> String {
    documentation.isEmpty ? "- \(self)" : "- \(self): \(documentation.firstSentence)"
  }

  /// The text up to its first full stop that ends a word, as one line.
  var firstSentence: String {
    var sentence = ""
    for word in split(whereSeparator: { $0 == " " || $0 == "\n" }) {
      sentence += (sentence.isEmpty ? "" : " ") + word
      if word.hasSuffix("."), word != "al." { break }
    }
    return sentence
  }
}
