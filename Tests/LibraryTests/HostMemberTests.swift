// What objects say of their members, and what becomes of calls of these: a new row is tested because
// it exists.

import Syntax
import TestSupport
import Testing

@testable import Language
@testable import Library

@Suite struct HostMemberTests {
  /// An interpreter with an object of a type as its variable `object`, and the object.
  private func object(_ type: HostType) throws -> (Interpreter, HostObject) {
    let interpreter = Interpreter(library: Builtins.library) { _ in }
    interpreter.showProgress = { _ in }
    let sample = try #require(Samples.objects[type.name], "\(type.name) has no sample")
    try interpreter.run(Source(name: "1", text: "let object = \(sample)"))
    guard case .host(let host)? = interpreter.variables.last?.value else {
      throw RuntimeError(.type, "\(sample) is not an object")
    }
    return (interpreter, host)
  }

  @Test(arguments: Builtins.library.objectTypes)
  func `every member is described, read and offered`(_ type: HostType) throws {
    let (interpreter, host) = try object(type)
    #expect(Swift.type(of: host).hostType === type)
    #expect(!type.documentation.isEmpty)
    #expect(Set(type.memberNames).count == type.memberNames.count, "a name stands twice")
    let offered = Value.host(host).memberNames
    for member in type.allMembers {
      #expect(!member.text.isEmpty, "\(type.name).\(member.title)")
      if member.title.contains("(") {
        #expect(Signature(parsing: member.title).description == member.title)
      }
      guard !member.isCall else { continue }
      #expect(offered.contains(member.name))
      let value = try interpreter.run(Source(name: "2", text: "object.\(member.name)"))
      if case .builtin(let method) = value {
        #expect("\(method.signature)" == member.title)
        #expect(method.documentation == member.text)
      }
    }
  }

  @Test(arguments: Builtins.library.objectTypes)
  func `a mistake in a call names the method`(_ type: HostType) throws {
    let (interpreter, _) = try object(type)
    let calls =
      type.methods.map { ("object.\($0.signature.name)", $0.signature) }
      + [type.call].compactMap { $0 }.map { ("object", $0.signature) }
    for (callee, signature) in calls {
      let (arguments, mistake) =
        if let limit = signature.positionalLimit {
          (Array(repeating: "1", count: limit + 1).joined(separator: ", "), " takes ")
        } else if signature.restRecord == nil {
          ("nothing=1", " has no parameter `nothing`")
        } else {
          ("", "")
        }
      guard !mistake.isEmpty else { continue }
      let call = Source(name: "2", text: "\(callee)(\(arguments))")
      let error = #expect(throws: RuntimeError.self) { try interpreter.run(call) }
      #expect(error?.diagnostic.message.hasPrefix(signature.name + mistake) == true)
      #expect(error?.diagnostic.hint?.contains("\(signature)") == true)
    }
  }

  @Test(arguments: Builtins.library.objectTypes)
  func `help finds every member, under every name of the type`(_ type: HostType) throws {
    for name in [type.name] + type.makers {
      #expect(
        name == type.name || Builtins.library.names.contains(name), "\(name) makes no \(type.name)")
      let whole = try Builtins.library.documentation(of: name)
      for member in type.allMembers {
        #expect(whole.text.contains("`\(member.isCall ? "" : ".")\(member.title)`"))
        guard !member.isCall else { continue }
        let found = try Builtins.library.documentation(of: "\(name).\(member.name)")
        #expect(found.title == "\(name).\(member.title)")
        #expect(found.text == member.text)
      }
    }
  }

  @Test(arguments: [
    (
      "Optimizer.stepp", "Optimizer has no field or method `stepp`",
      "did you mean `Optimizer.step`?"
    ),
    ("Optimiser.step", "no built-in is called `Optimiser.step`", "did you mean `Optimizer.step`?"),
    (
      "Optimiser", "no built-in is called `Optimiser`",
      "did you mean `Optimizer` or `Optimistic`?"
    ),
    ("Optimizer.", "Optimizer has no field or method ``", nil),
  ])
  func `help suggests what is spelt alike`(name: String, message: String, hint: String?) {
    let error = #expect(throws: RuntimeError.self) {
      _ = try Builtins.library.documentation(of: name)
    }
    #expect(error?.diagnostic.message == message)
    #expect(error?.diagnostic.hint == hint)
  }

  @Test func `a call site finds the method of each class that comes`() throws {
    let interpreter = Interpreter(library: Builtins.library) { _ in }
    let program = """
      let key = random_key(0)
      fn sample(d) { d.sample(key=key, 2) }
      let (a, b) = (Uniform(), Normal(7.0, 0.0))
      for i in 0..3 { sample(a); sample(b); sample({sample: (n, key) => n}) }
      sample(b)
      """
    let value = try interpreter.run(Source(name: "1", text: program))
    #expect(value.description() == "[7.0, 7.0]")
  }
}
