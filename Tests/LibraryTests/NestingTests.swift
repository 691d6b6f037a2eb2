// Every verb that walks through values, on values nested 200,000 levels deep and on values whose parts are
// shared, so that there are 2^40 of them: each gives an answer or a limit error, and soon.

import Syntax
import Testing

@testable import Language
@testable import Library

/// How a verb ends on a value.
enum Ending: Equatable {
  case value
  case limit
}

@Suite struct NestingTests {
  /// A verb as a program over the variable `v`, with its endings on deep lists, deep records and shared
  /// lists. Trees have a bound of 500 levels; what needs none has the bound of the stack.
  struct Verb: Sendable, CustomTestStringConvertible {
    let program: String
    let deep: Ending
    let shared: Ending
    var testDescription: String { program }

    init(_ program: String, deep: Ending, shared: Ending) {
      self.program = program
      self.deep = deep
      self.shared = shared
    }
  }

  static let verbs = [
    Verb("v == w", deep: .value, shared: .value),
    Verb("v in (w,)", deep: .value, shared: .value),
    Verb("near(v, w)", deep: .value, shared: .value),
    Verb("sorted((v, w))", deep: .value, shared: .limit),
    Verb("str(v)", deep: .value, shared: .limit),
    Verb("print(v)", deep: .value, shared: .limit),
    Verb("\"{v}\"", deep: .value, shared: .limit),
    Verb("json_text(v)", deep: .limit, shared: .limit),
    Verb("save(v, \"x.safetensors\")", deep: .limit, shared: .limit),
    Verb("clone(v)", deep: .value, shared: .limit),
    Verb("detach(v)", deep: .value, shared: .limit),
    Verb("extract_state(v)", deep: .limit, shared: .limit),
    Verb("extract v as s", deep: .limit, shared: .limit),
    Verb("tree_leaves(v)", deep: .limit, shared: .limit),
    Verb("grad(v => 1.0)(v)", deep: .limit, shared: .limit),
    Verb("summary(v)", deep: .limit, shared: .limit),
    Verb("graph(param(1.0) * 2.0, {a: v})", deep: .limit, shared: .value),
    Verb("model P() { param w = v }; P()", deep: .limit, shared: .limit),
    Verb("model L() { let w = v }; L().parameters()", deep: .value, shared: .value),
    Verb("masked(sgd(0.1), v)", deep: .limit, shared: .value),
    Verb("try { throw v } catch e { str(e) }", deep: .value, shared: .value),
    Verb("assert v == 1, v", deep: .value, shared: .value),
  ]

  private func ending(of verb: Verb, _ build: String) throws -> Ending {
    let interpreter = Interpreter(library: Builtins.library) { _ in }
    do {
      try interpreter.run(Source(name: "1", text: "\(build)\n\(verb.program); nil"))
      return .value
    } catch let error as RuntimeError {
      guard error.diagnostic.kind == "limit" else {
        #expect(
          ["error", "assertion", "type"].contains(error.diagnostic.kind), "\(error.diagnostic)")
        return .value
      }
      // The interpreter goes on.
      #expect(throws: Never.self) {
        try interpreter.run(Source(name: "2", text: "print(1 + 1)"))
      }
      return .limit
    }
  }

  @Test(arguments: verbs)
  func `lists deep in lists`(_ verb: Verb) throws {
    let build = "let v = (); let w = (); for i in 0..200_000 { v = (v,); w = (w,) }"
    #expect(try ending(of: verb, build) == verb.deep)
  }

  @Test(arguments: verbs.filter { !$0.program.hasPrefix("sorted") })
  func `records deep in records`(_ verb: Verb) throws {
    let build = "let v = {}; let w = {}; for i in 0..200_000 { v = {a: v}; w = {a: w} }"
    #expect(try ending(of: verb, build) == verb.deep)
  }

  @Test(arguments: verbs)
  func `lists that hold the one before twice`(_ verb: Verb) throws {
    let build = "let v = (1.0,); let w = (1.0,); for i in 0..40 { v = (v, v); w = (w, w) }"
    #expect(try ending(of: verb, build) == verb.shared)
  }
}
