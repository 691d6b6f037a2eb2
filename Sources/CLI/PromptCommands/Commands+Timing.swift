// `:time`, `:timeit`, `:profile`: where the time goes.

import Language

extension PromptCommand {
  nonisolated(unsafe) static let timing: [PromptCommand] = [
    PromptCommand("time", "code", "runs once and says how long it took", .code) { prompt, code in
      let start = ContinuousClock.now
      guard prompt.evaluate(code) else { return }
      say("took \(readable(ContinuousClock.now - start))")
    },
    PromptCommand(
      "timeit", "code", "runs for half a second; the time of one run", .code
    ) { prompt, code in
      prompt.step(":timeit \(code)") { timeRepeatedly(code, prompt) }
    },
    PromptCommand("profile", "code", "runs once; the lines that took the time", .code) {
      prompt, code in
      prompt.step(":profile \(code)") {
        let program = "print(profile(() => {\n\(code)\n}))"
        if case .value = prompt.session.run(source(program)) { return true }
        return false
      }
    },
  ]

  private static func timeRepeatedly(_ code: String, _ prompt: Prompt) -> Bool {
    let entry = source(code)
    let start = ContinuousClock.now
    var (runs, best) = (0, Duration.seconds(Int64.max / 2))
    repeat {
      let begin = ContinuousClock.now
      guard case .value = prompt.session.run(entry) else { return runs > 0 }
      best = min(best, ContinuousClock.now - begin)
      runs += 1
    } while ContinuousClock.now - start < .milliseconds(500) && runs < 1_000_000
    let mean = (ContinuousClock.now - start) / runs
    say("best \(readable(best)), mean \(readable(mean)), of \(runs) runs")
    return true
  }

  /// A duration with three digits and a fitting unit.
  static func readable(_ duration: Duration) -> String {
    var value =
      Double(duration.components.seconds) * 1e9
      + Double(duration.components.attoseconds) * 1e-9
    for unit in ["ns", "µs", "ms"] {
      if value < 1000 { return "\((value * 10).rounded() / 10) \(unit)" }
      value /= 1000
    }
    return "\((value * 100).rounded() / 100) s"
  }
}
