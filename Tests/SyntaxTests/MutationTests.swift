// Thousands of broken programs: the parser ends, and whatever it says can be drawn.

import Syntax
import Testing

@Suite struct MutationTests {
  /// A program with a bit of everything.
  private static let program = """
    #!/usr/bin/env mos
    ## A fully connected layer.
    model Linear(inputs, outputs, bias=true) {
        param weight = kaiming_uniform(inputs, outputs)
        buffer calls = 0
        let parts = list(f(i, o) for (i, o) in zip(sizes, sizes[1:]) if i < o)
        @checkpoint
        fn forward(x: f64[n, ...]) -> [n] {
            calls += 1
            if bias { x @ weight + 1 } else if not x { -x ** 2 } else { nil }
        }
    }
    from nn import Linear, MLP as Net
    import "lib/tasks.mos" as tasks
    let (first, *rest) = ([1.0, 2.5e-3], {w, b: 0, ...r}, "θ {x:.4f} {f("a", {b: 1})} \\u{3b8}")
    extract net, optim as start by copy
    for (i, task) in tasks[::-1, ..., nil] {
        x |> f(*xs, lr=0.1, **o)
            .sum(axis=0)
        recover net from start
        let g = (a, b=1) => { let y = a // b; y }
    }
    with no_grad, seed(0) { while 0 < x <= 10 and x not in (1, 2) { break } }
    try { throw \"\"\"a
    b {x}\"\"\" } catch {message} { print(message) }
    test "name" { assert x[0..10:2] == 1, "no" }
    """

  /// What is put in besides bytes of the program itself.
  private static let fragments = [
    "(", ")", "[", "]", "{", "}", "\"", "\"\"\"", "\n", ":", ",", "=", "=>", "..", "...", ".", "|>",
    "..=", "\\", "#", "##", "@", "*", "**", "-", "not ", "if ", "else", "fn ", "let ", "extract ",
    " by ",
    "for ", "in ", "θ", "日", "\t", "\r", "\u{0}", "\u{FEFF}", "1e", "0.", "99999999999999999999",
  ]

  @Test func `a changed program ends in a tree or in diagnostics`() {
    #expect(parse(Source(name: "whole", text: Self.program)).diagnostics.isEmpty)
    let renderer = DiagnosticRenderer(colored: true)
    let original = Array(Self.program.utf8)
    var random = SplitMix(state: 20)
    for _ in 0..<2_000 {
      var bytes = original
      for _ in 0...random.next(below: 4) { Self.change(&bytes, &random) }
      let source = Source(name: "changed", text: String(decoding: bytes, as: UTF8.self))
      for diagnostic in parse(source).diagnostics {
        #expect(!renderer.render(diagnostic).isEmpty)
        let span = diagnostic.primary?.span ?? .zero
        #expect(span.start <= span.end && Int(span.end) <= source.utf8.count)
      }
    }
  }

  @Test func `random bytes end in a tree or in diagnostics`() {
    var random = SplitMix(state: 7)
    for _ in 0..<1_000 {
      let bytes = (0..<random.next(below: 200)).map { _ in UInt8(random.next(below: 256)) }
      _ = parse(Source(name: "noise", text: String(decoding: bytes, as: UTF8.self)))
    }
  }

  @Test func `every beginning of a program parses, and its last line decides if it is whole`() {
    let bytes = Array(Self.program.utf8)
    for length in stride(from: 0, to: bytes.count, by: 3) {
      _ = parse(Source(name: "cut", text: String(decoding: bytes[..<length], as: UTF8.self)))
    }
  }

  /// Deletes, repeats, moves or puts in a few bytes.
  private static func change(_ bytes: inout [UInt8], _ random: inout SplitMix) {
    guard !bytes.isEmpty else { return }
    let place = random.next(below: bytes.count)
    let end = min(bytes.count, place + 1 + random.next(below: 20))
    switch random.next(below: 4) {
    case 0: bytes.removeSubrange(place..<end)
    case 1: bytes.insert(contentsOf: Array(bytes[place..<end]), at: random.next(below: bytes.count))
    case 2: bytes[place] = UInt8(random.next(below: 256))
    default:
      bytes.insert(
        contentsOf: Array(fragments[random.next(below: fragments.count)].utf8), at: place)
    }
  }
}

/// SplitMix64, so that every run sees the same programs.
private struct SplitMix {
  var state: UInt64

  mutating func next(below bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(max(1, bound)))
  }
}
