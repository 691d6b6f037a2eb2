// The modules of the standard library, which lie in the binary.

import StandardLibrary
import Syntax

/// A module of the standard library.
public struct StandardModule: Sendable {
  /// What `import` calls it.
  public let name: String
  let source: Source
  /// Its text.
  package var text: Source { source }

  /// All that programs are told of, in alphabetical order; a name that starts with `_` is the library's own.
  public static let all = embedded.filter { !$0.name.hasPrefix("_") }

  /// Those too that are the library's own.
  package static let embedded: [StandardModule] = (0..<mos_module_count).map { index in
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

  /// The text of the module.
  public var utf8: [UInt8] { source.utf8 }

  /// The module of a name.
  static func named(_ name: String) -> StandardModule? { embedded.first { $0.name == name } }

  /// What each says of itself, in the same order.
  public static let documentation = all.map { ModuleDocumentation($0.source, name: $0.name) }

  /// What the module is for, in Markdown.
  public var introduction: String { says?.introduction ?? "" }

  /// What the module offers, in its order.
  public var declarations: [ModuleDocumentation.Declaration] { says?.declarations ?? [] }

  private var says: ModuleDocumentation? {
    StandardModule.documentation.first { $0.name == name }
  }

  /// Dotted names of what they offer under a name: `nn.Linear`.
  public static func places(of name: String) -> [String] {
    documentation.filter { $0[name] != nil }.map { "\($0.name).\(name)" }
  }
}
