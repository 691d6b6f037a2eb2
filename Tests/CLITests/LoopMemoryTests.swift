// Gradients of long loops take no more memory than they are told to, and the picture of it is the measured one.

import Platform
import TestSupport
import Testing

@Suite struct `The memory of loops` {
  /// `Benchmarks/run memory_loops` measures; `MOS_ACCEPT=1` draws what is kept of that anew.
  @Test func `are drawn as they look`() throws {
    let kept = Files.root + "/docs/pictures/loop-memory.svg"
    try Files.withTemporaryFolder { folder in
      let figures = Files.root + "/Benchmarks/memory/loops"
      let result = try runProcess(
        Files.mos, [figures + ".mos", "draw", figures + ".csv", "."], directory: folder)
      #expect(result.status == 0, "\(result.errors)")
      let picture = try #require(Files.read(folder + "/loop-memory.svg"))
      if getenv("MOS_ACCEPT") != nil {
        #expect(Files.write(picture, to: kept))
      } else {
        #expect(Files.read(kept) == picture, "\(kept): MOS_ACCEPT=1 draws it")
      }
    }
  }

  /// The most memory that a process holds which takes a gradient through a loop, in kB.
  private func peak(of loop: String, steps: Int, memory: Int) throws -> Int {
    let program = """
      let w = 0.3 * sin(arange(256.0)).reshape(16, 16)
      let g = grad(w => sum(\(loop)))(w)
      let text = read_text("/proc/self/status")
      let start = find(text, "VmHWM:") + 6
      print(int(strip(split(text[start..start + 20], "kB")[0])))
      """
    let text = program.replacing("STEPS", with: "\(steps)").replacing("BYTES", with: "\(memory)")
    let result = try runProcess(Files.mos, ["--threads", "1", "-e", text])
    return try #require(Int(result.output.dropLast()), "\(result.errors)")
  }

  @Test(arguments: [
    "inner_loop(s => tanh(w @ s + 0.1), steps=STEPS, memory=BYTES, gradient=\"unroll\")(zeros(16))",
    "scan((s, x) => (tanh(w @ s + 0.1), nil), zeros(16), length=STEPS, memory=BYTES)[0]",
  ]) func `stay within their bounds`(_ loop: String) throws {
    let short = try peak(of: loop, steps: 10, memory: 1_000_000)
    let bounded = try peak(of: loop, steps: 12_000, memory: 1_000_000)
    let plain = try peak(of: loop, steps: 12_000, memory: 1_000_000_000_000)
    #expect(plain - short > 12_000, "the graph is kept: \(plain) kB beside \(short)")
    #expect(bounded - short < 7000, "few states are kept: \(bounded) kB beside \(short)")
  }
}
