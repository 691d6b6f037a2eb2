// The hints for names of other libraries tell of things that there are.

import Testing

@testable import Language
@testable import Library

@Suite("names of other libraries") struct PeerNameTests {
  /// What a hint calls: the names before a parenthesis, a point apart.
  private func calls(in text: String) -> [String] {
    var names: [String] = []
    var name = ""
    var isMember = false
    for character in text {
      if character.isLetter || character.isNumber || character == "_" {
        name.append(character)
        continue
      }
      if character == "(", !name.isEmpty, !isMember { names.append(name) }
      isMember = character == "."
      name = ""
    }
    return names
  }

  @Test func `what hints say to write is there`() {
    let known = Set(Builtins.library.pages.flatMap { $0.functions.map(\.name) })
    // Words of the language, and names that stand for the reader's own.
    let own: Set = ["apply", "f", "Net", "objective", "optimality", "sample"]
    for (name, hint) in PeerNames.rows {
      for call in calls(in: hint) where !own.contains(call) && !name.hasSuffix(call) {
        #expect(known.contains(call), "\(name): \(hint)")
      }
    }
    #expect(PeerNames.rows.count > 200)
  }

  /// A name that is a built-in's own needs no row; one behind a prefix is told from others of the name.
  @Test func `no row hides a built-in`() {
    let known = Set(Builtins.library.pages.flatMap { $0.functions.map(\.name) })
    for name in PeerNames.rows.keys { #expect(!known.contains(name), "\(name)") }
  }

  @Test func `a short name that is unknown may be anything`() {
    #expect(PeerNames.hint(forName: "t") == nil)
    #expect(PeerNames.hint(forName: "unsqueeze") == "write expand_dims(x, axis)")
  }

  @Test(arguments: [
    (["torch", "nn", "functional", "relu"], "write relu: it needs no prefix and no import"),
    (["torch", "nn", "Linear"], "import nn, then nn.Linear"),
    (["tz", "m", "Adam"], "write scale_by_adam()"),
    (
      ["torchopt", "hook", "zero_nan_hook"], "write zero_nan_hook: it needs no prefix and no import"
    ),
    (["torch", "nn"], "what torch offers needs no prefix and no import"),
    (["jax", "unheard_of"], "see the guide \"Coming from other libraries\""),
  ])
  func `a name behind prefixes is found`(path: [String], hint: String) {
    let known = Set(Builtins.library.pages.flatMap { $0.functions.map(\.name) })
    #expect(PeerNames.hint(forPath: path, isKnown: known.contains) == hint)
  }
}
