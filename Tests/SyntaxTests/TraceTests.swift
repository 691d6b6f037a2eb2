// Traces of every length around the one at which steps are left out.

import Syntax
import Testing

@Suite struct `Traces` {
  /// The lines of a chain of so many different calls.
  private func chain(_ count: Int) -> [String] {
    var trace = Trace()
    for number in 0..<count { trace.add("f\(number)") }
    return trace.lines
  }

  @Test(arguments: 2...9) func `a short chain is shown whole`(count: Int) {
    #expect(chain(count) == (0..<count).map { "f\($0)" })
  }

  @Test(arguments: [10, 11, 12, 13, 30, 1000])
  func `a long chain says how many calls are left out`(count: Int) {
    let ends = (0..<4).map { "f\($0)" } + (count - 4..<count).map { "f\($0)" }
    var expected = ends
    expected.insert("… \(count - 8) more calls", at: 4)
    #expect(chain(count) == expected)
  }

  @Test func `one call is told by its place`() {
    #expect(chain(0).isEmpty)
    #expect(chain(1).isEmpty)
  }

  @Test func `what repeats is counted, by turns too`() {
    var trace = Trace()
    for _ in 0..<3 { trace.add("f") }
    for _ in 0..<50 { for call in ["g", "h"] { trace.add(call) } }
    trace.add("main")
    #expect(trace.lines == ["f, 3 times", "g, 50 times", "h, 50 times", "main"])
  }

  @Test func `calls that are left out are counted with their repetitions`() {
    var trace = Trace()
    for number in 0..<10 { for _ in 0...number { trace.add("f\(number)") } }
    #expect(trace.lines[4] == "… 11 more calls")
  }
}
