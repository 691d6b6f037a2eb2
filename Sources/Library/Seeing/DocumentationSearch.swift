// What `mos doc --search` looks through: everything that has a name, in the order of the reference.

import Language

/// Something that has documentation.
public struct DocumentedName: Sendable {
  /// What `mos doc` finds it by: `adam`, `Optimizer.step`, `nn.Linear`, `for`.
  public let name: String
  /// The first sentence of what it does.
  public let summary: String
  fileprivate let text: String

  fileprivate init(_ name: String, _ text: String) {
    self.name = name
    self.text = text
    summary = text.firstSentence
  }
}

extension BuiltinLibrary {
  /// Everything that has a name.
  public var documented: [DocumentedName] {
    let syntax = SyntaxSection.all.flatMap(\.topics).map {
      DocumentedName($0.names.first ?? $0.title, $0.explanation)
    }
    let builtins = pages.flatMap { page in
      page.constants.map { DocumentedName($0.name, $0.documentation) }
        + page.functions.map { DocumentedName($0.name, $0.documentation) }
    }
    let members = objectTypes.flatMap { type in
      type.members.filter { !$0.isCall }.map {
        DocumentedName("\(type.name).\($0.name)", $0.text)
      }
    }
    let values = ValueMembers.all.flatMap { type in
      type.table.map { DocumentedName("\(type.type).\($0.name)", $0.text) }
    }
    let modules = StandardModule.all.flatMap { module in
      [DocumentedName(module.name, module.introduction)]
        + module.declarations.filter { !$0.name.hasPrefix("_") }.map {
          DocumentedName("\(module.name).\($0.name)", $0.documentation)
        }
    }
    return syntax + builtins + members + values + modules
  }

  /// What has all words of a text in its name or documentation: names that hold it first.
  public func search(_ text: String) -> [DocumentedName] {
    let words = text.lowercased().split(separator: " ").map(String.init)
    guard !words.isEmpty else { return [] }
    let found = documented.filter { entry in
      let (name, text) = (entry.name.lowercased(), entry.text.lowercased())
      return words.allSatisfy { name.contains($0) || text.contains($0) }
    }
    let isNamed = { (entry: DocumentedName) in
      words.contains { entry.name.lowercased().contains($0) }
    }
    return found.filter(isNamed) + found.filter { !isNamed($0) }
  }
}
