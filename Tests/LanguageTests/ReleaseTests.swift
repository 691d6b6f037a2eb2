// Values of any depth end on any stack, and rings of values end at all.

import Platform
import Syntax
import Testing

@testable import Language
@testable import Library

/// Runs a body on a thread with a stack of 512 KB, what a host's threads have at least.
private func onSmallStack(_ body: @escaping () -> Void) {
  final class Start {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  pthread_attr_setstacksize(&attributes, 512 * 1024)
  var thread = pthread_t()
  let start = Unmanaged.passRetained(Start(body))
  pthread_create(
    &thread, &attributes,
    { pointer in
      guard let pointer else { return nil }
      Unmanaged<Start>.fromOpaque(pointer).takeRetainedValue().body()
      return nil
    }, start.toOpaque())
  pthread_join(thread, nil)
  pthread_attr_destroy(&attributes)
}

@Suite struct ReleaseTests {
  /// Programs whose last value is nested 200,000 levels deep.
  static let deepValues = [
    "let v = (); for i in 0..200_000 { v = (v,) }; v",
    "let v = (); for i in 0..200_000 { v = (1, v, \"text\", v) }; v",
    "let v = {}; for i in 0..200_000 { v = {a: v} }; v",
    "let v = {}; for i in 0..200_000 { v = {a: 1, b: (v, 2)} }; v",
    "let v = () => 1; for i in 0..200_000 { let w = v; v = () => w }; v",
    "let v = () => 1; for i in 0..200_000 { let w = v; v = () => { w = nil; w } }; v",
    "model M(x) { let next = x }; let v = nil; for i in 0..200_000 { v = M(v) }; v",
    "model M(x) { let next = x; fn f() { 1 } }; let v = nil; for i in 0..200_000 { v = M(v).f }; v",
    "let v = x => x; for i in 0..200_000 { v = vmap(v) }; v",
    "let v = (); for i in 0..200_000 { v = try { throw (v,) } catch e { e } }; v",
  ]

  @Test(arguments: deepValues)
  func `a value of any depth ends on a small stack`(_ program: String) {
    onSmallStack {
      let interpreter = Interpreter(library: Builtins.library) { _ in }
      var value: Value? = nil
      #expect(throws: Never.self) {
        value = try interpreter.run(Source(name: "1", text: program))
        try interpreter.run(Source(name: "2", text: "v = nil"))
      }
      #expect(value != nil)
      value = nil
      // And with its interpreter.
      _ = try? interpreter.run(Source(name: "3", text: program))
    }
  }

  /// Programs that make a thing which holds itself.
  static let rings = [
    "let f = nil; f = () => f",
    "let f = nil; let g = () => f; f = (g, g)",
    "let f = nil; f = {a: ({b: () => f},)}",
    "let m = Holder(); m.value = m",
    "let m = Holder(); m.value = (m, {a: m})",
    "let m = Holder(); let n = Holder(); m.value = n; n.value = m",
    "let m = Holder(); m.value = () => m.get()",
    "let m = Holder(); m.value = m.get",
    "let m = nil; m = Holder(); m.value = () => { m = nil; m }",
    "let k = nil; model Inner() { let x = 1; fn f() { k } }; k = Inner()",
    "let f = nil; let g = nil; f = () => g; g = () => f",
  ]

  @Test(arguments: rings)
  func `what holds itself is freed`(_ ring: String) throws {
    let interpreter = Interpreter(library: Builtins.library) { _ in }
    try interpreter.run(
      Source(
        name: "1",
        text: """
          model Holder() { let value = nil; fn get() { self.value } }
          fn make() { \(ring); nil }
          for i in 0..30_000 { make() }
          """))
    #expect(interpreter.holders.count < 2 * Holders.patience)
    try interpreter.run(Source(name: "2", text: "for i in 0..2_000 { make() }"))
    #expect(interpreter.holders.count < 100)
  }

  /// Places that hold a model from outside of its ring; `seen` is what the model holds, read through it.
  static let places: [(keep: String, read: String)] = [
    ("kept.push(m)", "kept[i].get()[0]"),
    ("kept.push({a: (m,)})", "kept[i].a[0].get()[0]"),
    ("kept.push(() => m)", "kept[i]().get()[0]"),
    ("kept.push(m.get)", "kept[i]()[0]"),
    ("let n = Holder(); n.value = m; kept.push(n)", "kept[i].get().get()[0]"),
    ("kept.push(vmap(x => m.value[0] + x))", "kept[i]([0])[0]"),
  ]

  @Test(arguments: places)
  func `what is held from outside stays as it is`(_ place: (keep: String, read: String)) throws {
    var text = ""
    let interpreter = Interpreter(library: Builtins.library) { text += $0 }
    try interpreter.run(
      Source(
        name: "1",
        text: """
          model Holder() { let value = nil; fn get() { self.value } }
          let kept = ()
          fn make(i) {
            let m = Holder()
            m.value = (i, m)
            if i % 100 == 0 { \(place.keep) }
          }
          for i in 0..25_000 { make(i) }
          let sum = 0
          for i in 0..len(kept) { sum += \(place.read) }
          print(len(kept), sum)
          """))
    #expect(text == "250 \(100 * 249 * 250 / 2)\n")
  }

  @Test func `a run of its own sees no other's holders`() throws {
    let outer = Interpreter(library: Builtins.library) { _ in }
    let inner = Interpreter(library: Builtins.library) { _ in }
    try outer.run(
      Source(name: "1", text: "fn make() { let f = nil; f = () => f; f }; let a = make()"))
    try inner.run(
      Source(name: "1", text: "fn make() { let f = nil; f = () => f; f }; let a = make()"))
    #expect(outer.holders.count == 1)
    #expect(inner.holders.count == 1)
  }
}
