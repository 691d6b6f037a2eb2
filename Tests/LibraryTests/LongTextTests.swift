// What built-ins say of a long text: messages quote so much of it as tells it from another, and a new
// built-in is tested because it exists.

import Syntax
import Testing

@testable import Language
@testable import Library

@Suite struct LongTextTests {
  /// Every built-in but those that wait or end the process.
  static let names = Builtins.library.names.sorted().filter {
    !["exit", "input", "sleep"].contains($0)
  }
  /// What stands before the text in a call, so often as there are places.
  static let others = ["1", "[1.0, 2.0]", "{a: 1.0}", "(1, 2)", "(x => x)"]

  @Test(arguments: names) func `no message grows with a text`(_ name: String) throws {
    var longest = ""
    let interpreter = Interpreter(library: Builtins.library) { _ in }
    interpreter.showProgress = { _ in }
    try interpreter.run(Source(name: "1", text: "let long = \"x\" * 10_000"))
    for other in LongTextTests.others {
      for place in 0..<6 {
        let arguments = Array(repeating: other, count: place) + ["long"]
        // Through a list, so that a wrong count of arguments is an error of the run.
        let call = "(\(name),)[0](\(arguments.joined(separator: ", ")))"
        do {
          try interpreter.run(Source(name: "2", text: call))
        } catch let error as RuntimeError {
          let text = error.diagnostic.message + (error.diagnostic.hint ?? "")
          if text.count > longest.count { longest = text }
        }
      }
    }
    #expect(longest.count <= 400, "\(longest.prefix(200))")
  }
}
