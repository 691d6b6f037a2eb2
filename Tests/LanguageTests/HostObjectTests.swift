// Objects of an embedder: how long they live, and what becomes of their states.

import Language
import Library
import Syntax
import Testing

/// An object that is counted as long as it lives.
private final class Guest: HostObject {
  private let house: House

  init(of house: House) {
    self.house = house
    house.guests += 1
  }

  deinit { house.guests -= 1 }
}

/// An object that makes guests and is given them, in every way that a call has.
private final class House: HostObject {
  var guests = 0

  override class var hostType: HostType { members }
  private static let members = HostType(
    House.self, "House", "Where guests are.",
    call: Method("house(*values)", "Nothing.") { _, _ in .nil },
    methods: [
      Method("guest()", "A guest.") { house, _ in .host(Guest(of: house)) },
      Method("takes(a, b=nil)", "Nothing.") { _, _ in .nil },
      Method("throws(a, b=nil)", "An error.") { _, _ in throw RuntimeError(.value, "no room") },
      Method("gathers(a=nil, *rest)", "Nothing.") { _, _ in .nil },
      Method("names(a=nil, **options)", "Nothing.") { _, _ in .nil },
    ],
    fields: [Field("guests", "How many guests are alive.") { .int($0.guests) }])
}

@Suite struct LifetimeTests {
  static let calls = [
    "house.takes(g())", "house.takes(g(), g())", "house.takes(b=g(), a=g())", "house.gathers(g())",
    "house.gathers(g(), g(), g())", "house.gathers(*(g(), g()))", "house.names(a=g(), c=g())",
    "house.names(g(), **{c: g()})", "house(g())", "house(g(), g())", "house(*(g(), g()))",
    "try { house.throws(g()) } catch e {}", "try { house.throws(b=g(), a=g()) } catch e {}",
    "try { house.takes(g(), g(), g()) } catch e {}", "try { house.takes(c=g()) } catch e {}",
    "house.takes(house.takes(g()))", "house.takes(try { house.throws(g()) } catch e { g() })",
    "type(g())", "g().type()", "str(g())", "list(map(x => 1, (g(), g())))", "len((g(), g()))",
    "print(g(), end=str(g()))", "try { zeros(g()) } catch e {}",
    "try { call(g(), g()) } catch e {}",
    "try { call(nothing=g()) } catch e {}", "ignore(g())", "ignore(x=g())", "ignore(*(g(),))",
    "try { ignore(g(), g()) } catch e {}", "try { fail(g()) } catch e {}", "Empty().takes(g())",
    "Empty()(g())", "{takes: ignore}.takes(g())",
  ]

  /// The guests that are alive after a call, in a frame that goes on.
  private func survivors(of program: String) throws -> String {
    let interpreter = Interpreter(library: Builtins.library) { _ in }
    try interpreter.setVariable("house", .host(House()))
    try interpreter.run(
      Source(
        name: "1",
        text: """
          fn g() { house.guest() }
          fn ignore(x) { nil }
          fn fail(x) { throw "no" }
          let call = (type,)[0]
          model Empty() { fn takes(x) { nil }; fn forward(x) { nil } }
          """))
    return try interpreter.run(Source(name: "2", text: program)).description()
  }

  @Test(arguments: calls)
  func `what a call was given does not outlive it`(_ call: String) throws {
    #expect(try survivors(of: "\(call)\nhouse.guests") == "0")
    #expect(try survivors(of: "fn f() { \(call)\nhouse.guests }\nf()") == "0")
    #expect(try survivors(of: "for i in 0..3 { \(call) }\nhouse.guests") == "0")
  }

  @Test func `what is kept is alive`() throws {
    #expect(try survivors(of: "let kept = g()\nhouse.takes(kept)\nhouse.guests") == "1")
  }
}

/// A number that an embedder keeps, and that it may refuse to set.
private final class Counter: HostObject {
  var number = 0
  var isClosed = false

  override var stateTree: Value? { .int(number) }

  override func restore(_ state: Value) throws {
    if case .int(let saved) = state { number = saved }
    if isClosed { throw RuntimeError(.value, "the counter is closed") }
  }
}

@Suite struct RecoveryTests {
  @Test func `a state that cannot be restored leaves all targets as they were`() throws {
    let interpreter = Interpreter(library: Builtins.library) { _ in }
    let (first, second) = (Counter(), Counter())
    try interpreter.setVariable("first", .host(first))
    try interpreter.setVariable("second", .host(second))
    try interpreter.run(
      Source(
        name: "1",
        text: "let x = param(1.0); extract x, first, second as start; x.value = 2.0"))
    first.number = 5
    second.number = 7
    second.isClosed = true
    let recover = Source(name: "2", text: "recover x, first, second from start")
    let error = #expect(throws: RuntimeError.self) { try interpreter.run(recover) }
    #expect(error?.diagnostic.message == "the counter is closed")
    #expect(first.number == 5 && second.number == 7)
    let x = try interpreter.run(Source(name: "3", text: "x.item()"))
    #expect(x.description() == "2.0")
    second.isClosed = false
    try interpreter.run(recover)
    #expect(first.number == 0 && second.number == 0)
  }
}
