// The rows of what programs read of tensors, parameters, ranges, functions and models.

import Language
import Library
import Syntax
import Testing

@Suite struct ValueMemberTests {
  /// A value of each type, as a program writes it.
  private static let examples = [
    "Tensor": "[1.0, 2.0]", "Parameter": "param([1.0, 2.0])", "List": "(1, 2)",
    "Record": "{a: 1}", "Range": "0..4", "Function": "exp",
    "Model": "M", "Instance": "M()",
  ]

  @Test(arguments: ValueMembers.all.map(\.type))
  func `each row is read, documented and suggested`(type: String) throws {
    let members = try #require(ValueMembers.all.first { $0.type == type })
    let example = try #require(ValueMemberTests.examples[type])
    let interpreter = Interpreter(library: Builtins.library) { _ in }
    for row in members.rows {
      _ = try interpreter.run(
        Source(
          name: "row",
          text:
            "model M() { param w = ones(2) }\n(\(example)).\(row.name)\(row.isMethod ? "()" : "")"))
      let found = try Builtins.library.documentation(of: "\(type).\(row.name)")
      #expect(found.text == row.documentation)
      #expect(found.text.hasSuffix("."))
    }
    for method in members.methods {
      let name = method.signature.name
      let found = try Builtins.library.documentation(of: "\(type).\(name)")
      #expect(found.text == method.documentation)
      #expect(found.title == "\(type).\(method.signature)")
    }
    #expect(Set(members.names).count == members.names.count)
    let last = try #require(members.names.last)
    let error = #expect(throws: RuntimeError.self) {
      try Builtins.library.documentation(of: "\(type).\(last)x")
    }
    #expect(error?.diagnostic.hint == "did you mean `\(type).\(last)`?")
  }
}
