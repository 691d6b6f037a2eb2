// What `help` and `mos doc` know.

import Language
import Library
import Syntax
import Testing

@Suite struct `Documentation` {
  @Test func `every keyword has some`() throws {
    for word in Token.keywords.keys {
      #expect(try !Builtins.library.documentation(of: word).text.isEmpty, "\(word)")
    }
  }

  @Test func `everything that search knows is found and says something`() {
    for entry in Builtins.library.documented {
      #expect(!entry.summary.isEmpty, "\(entry.name)")
      #expect(throws: Never.self, "\(entry.name)") {
        try Builtins.library.documentation(of: entry.name)
      }
    }
  }

  @Test(arguments: [
    ("Conv2d", "did you mean `nn.Conv2d` or `conv2d`?"), ("nn.Conv2", "did you mean `nn.Conv2d`?"),
    ("nn.Linear.forwrd", "did you mean `nn.Linear.forward`?"),
    ("wihle", "did you mean `while` or `tile`?"),
    ("zzzzzzzz", "mos doc --search TEXT looks through all texts"),
  ])
  func `an unknown name finds near ones, inside modules too`(name: String, hint: String?) {
    let error = #expect(throws: RuntimeError.self) {
      try Builtins.library.documentation(of: name)
    }
    #expect(error?.diagnostic.hint == hint)
  }

  @Test func `a module's own names are not its offers`() {
    let source = Source(
      name: "a/tools.mos",
      text: "#!/usr/bin/env mos\n## Doubles.\nfn twice(x) { 2 * x }\nfn _own() { 1 }\nlet n = 1\n")
    let tools = ModuleDocumentation(source, name: source.name)
    #expect(tools.name == "tools")
    #expect(tools.introduction.isEmpty)
    #expect(tools.declarations.map(\.name) == ["twice", "n"])
    #expect(tools.text == "It has:\n\n- `tools.twice(x)`: Doubles.\n- `tools.n`")
  }
}
