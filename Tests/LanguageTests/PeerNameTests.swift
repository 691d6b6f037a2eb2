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
    let own: Set = ["a", "apply", "b", "f", "Net", "objective", "optimality", "sample"]
    for (name, hint) in PeerNames.rows {
      for call in calls(in: hint) where !own.contains(call) && !name.hasSuffix(call) {
        #expect(known.contains(call), "\(name): \(hint)")
      }
    }
    #expect(PeerNames.rows.count > 120)
  }

  /// A name that is a built-in's own needs no row; one behind a prefix is told from others of the name.
  @Test func `no row hides a built-in`() {
    let known = Set(Builtins.library.pages.flatMap { $0.functions.map(\.name) })
    for name in PeerNames.rows.keys { #expect(!known.contains(name), "\(name)") }
  }

  @Test func `a short name that is unknown may be anything`() {
    #expect(PeerNames.rows["root"] != nil)
    #expect(PeerNames.hint(forName: "root") == nil)
    #expect(PeerNames.hint(forName: "tree_neg") == "write tree_scale(tree, -1.0)")
  }

  @Test(arguments: [
    (["tz", "m", "Adam"], "write scale_by_adam()"),
    (["tz", "m", "NewtonCG"], "write NewtonCG alone: functions on tensors need no import"),
    (
      ["torchopt", "hook", "zero_nan_hook"],
      "write zero_nan_hook alone: functions on tensors need no import"
    ),
    (["torchopt", "pytree", "tree_neg"], "write tree_scale(tree, -1.0)"),
    (["optax", "apply_every"], "write accumulate(transform, every)"),
    (["jaxopt", "OSQP"], "write qp(P, q, …)"),
  ])
  func `a name behind prefixes is found`(path: [String], hint: String) {
    let known = Set(Builtins.library.pages.flatMap { $0.functions.map(\.name) })
    #expect(ForeignMembers.hint(forPath: path, known.contains) == hint)
  }
}
