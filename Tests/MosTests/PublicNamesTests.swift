// How many words an embedder learns. A name is a public type, or a public member of one, as `Limits.seconds`:
//
// - overloads are one name, and so is what two types share by a protocol's requirement;
// - initializers and subscripts have no name of their own, nor has what the compiler calls (result builders,
//   `@dynamicCallable`, an actor's executor);
// - members that a protocol of elsewhere asks for, as `description` and `encode(to:)`, and the two of
//   `MosConvertible` are no further names;
// - cases of an enum are counted with it;
// - types of other modules that `Mos` hands on are names.

import TestSupport
import Testing

@Suite("public names") struct PublicNamesTests {
  @Test func `an embedder learns at most ninety-one`() {
    var names: Set<String> = []
    for path in Files.find(under: Files.root + "/Sources/Mos", endingIn: ".swift") {
      names.formUnion(Self.names(in: Files.read(path) ?? ""))
    }
    #expect(names.contains("Interpreter.evaluate") && names.contains("Tensor"))
    #expect(names.count <= 91, "\(names.count): \(names.sorted().joined(separator: " "))")
    print("\(names.count) public names")
  }

  @Test func `the count knows what is a name`() {
    let source = """
      /// A class of the host.
      @_exported public import struct Tensors.Tensor
      public import Autodiff
      public struct A: Sendable {
        public enum B: Sendable { case a, b }
        public init() {}
        public let c: Int
        public internal(set) var d: Int
        public static func e(_ f: Int) -> A { A() }
        @discardableResult
        public func `as`() -> Int { 1 }
        public func `as`(_ g: Int) -> Int { 1 }
        public subscript(h: Int) -> Int { 1 }
        var i: Int
      }
      extension A: CustomStringConvertible {
        public var description: String { "" }
      }
      extension A {
        public func mosValue() -> Value { .nil }
        public func j() {}
      }
      """
    #expect(Self.names(in: source) == ["Tensor", "A", "A.B", "A.c", "A.d", "A.e", "A.as", "A.j"])
  }

  private static let others: Set<String> = [
    "mosValue", "from", "encode", "description", "unownedExecutor", "dynamicallyCall",
    "buildExpression", "buildBlock",
  ]

  /// The names that a source declares.
  private static func names(in source: String) -> Set<String> {
    var names: Set<String> = []
    /// The type at the margin that encloses the line.
    var outer = ""
    for line in source.split(separator: "\n") where !line.drop(while: { $0 == " " }).hasPrefix("//")
    {
      let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" && $0 != "." }
      guard let keyword = words.firstIndex(where: { Self.keywords.contains($0) }),
        keyword + 1 < words.count
      else { continue }
      let name = String(words[keyword + 1])
      let isAtMargin = !line.hasPrefix(" ")
      if isAtMargin { outer = name }
      guard words[..<keyword].contains("public"), !others.contains(name) else { continue }
      if words[..<keyword].contains("import") {
        if line.hasPrefix("@_exported"), let last = name.split(separator: ".").last {
          names.insert(String(last))
        }
      } else if words[keyword] != "extension" {
        names.insert(isAtMargin ? name : "\(outer).\(name)")
      }
    }
    return names
  }

  private static let keywords: Set<Substring> = [
    "struct", "class", "enum", "protocol", "actor", "extension", "func", "var", "let", "typealias",
  ]
}
