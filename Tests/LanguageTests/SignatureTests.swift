// Signatures and the way arguments find their parameters.

import Testing

@testable import Language
@testable import Library

@Suite struct SignatureTests {
  @Test func `a signature is read and written back`() {
    let text = "f(a, b=(1, 2), *rest, sep=\", \", **options)"
    let signature = Signature(parsing: "f(a, b=(1, 2), *rest, **options)")
    #expect(signature.description == "f(a, b=(1, 2), *rest, **options)")
    #expect(signature.required == ["a"])
    #expect(signature.restList == 2)
    #expect(signature.restRecord == 3)
    #expect(Signature(parsing: text).name == "f")
  }

  @Test func `every built-in's signature begins with its name and reads back`() {
    for page in Builtins.library.pages {
      for builtin in page.functions {
        let signature = Signature(parsing: builtin.signature)
        #expect(signature.name == builtin.name)
        #expect(signature.description == builtin.signature)
        #expect(!builtin.documentation.isEmpty, "\(builtin.name) has no documentation")
      }
    }
  }

  @Test(arguments: [
    (0, ["b"], "f is missing argument `a`"),
    (1, ["a"], "f got `a` twice"),
    (1, ["bb"], "f has no parameter `bb`"),
    (3, [], "f takes at most 2 arguments, and 3 were given"),
  ])
  func `arguments that do not fit are named`(count: Int, names: [String], message: String) {
    let signature = Signature(parsing: "f(a, b=1)")
    #expect {
      _ = try Binding(signature, positional: count, names: names)
    } throws: { error in
      (error as? RuntimeError)?.diagnostic.message == message
    }
  }

  @Test func `arguments go to their parameters`() throws {
    let signature = Signature(parsing: "f(a, *rest, sep=1, **options)")
    let binding = try Binding(signature, positional: 3, names: ["sep", "x"])
    let window = binding.window([.int(1), .int(2), .int(3)], [("sep", .int(9)), ("x", .int(7))])
    #expect(window.map { $0.description() } == ["1", "(2, 3)", "9", "{x: 7}"])
  }
}
