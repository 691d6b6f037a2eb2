// A program on several ranks, which are threads of the test.

import Autodiff
import Language
import Library
import Platform
import Syntax

/// What a rank printed, and how it ended.
struct RankEnd: Sendable, Equatable {
  var output = ""
  var warnings: [String] = []
  /// `kind: message` of the error that ended it.
  var error: String?
}

/// Runs a program on so many ranks, each for at most a minute.
func run(_ program: String, ranks count: Int, seconds: Double = 60) -> [RankEnd] {
  let threads = ThreadRanks(count)
  let ends = Monitor([RankEnd?](repeating: nil, count: count))
  for rank in 0..<count {
    let isStarted = Thread.start(stackSize: 16 << 20) {
      let end = run(program, as: rank, of: threads, seconds)
      if end.error != nil { threads.giveUp() }
      ends.change { $0[rank] = end }
    }
    precondition(isStarted, "no thread for a rank")
  }
  return ends.wait { ends in
    ends.contains { $0 == nil } ? nil : ends.compactMap { $0 }
  }
}

private func run(_ program: String, as rank: Int, of threads: ThreadRanks, _ seconds: Double)
  -> RankEnd
{
  var end = RankEnd()
  let interpreter = Interpreter(library: Builtins.library) { end.output += $0 }
  interpreter.warn = { end.warnings.append($0.message) }
  interpreter.limits.seconds = seconds
  interpreter.context.ranks = Ranks(threads.communicator(rank: rank))
  do {
    try interpreter.run(Source(name: "test.mos", text: program))
    try interpreter.context.with { try interpreter.context.ranks.finish() }
  } catch let error as RuntimeError {
    end.error = "\(error.diagnostic.kind): \(error.diagnostic.message)"
  } catch let error as CompileError {
    end.error = error.diagnostics.map { "\($0.kind): \($0.message)" }.joined(separator: "; ")
  } catch {
    end.error = "\(error)"
  }
  return end
}

/// The lines that each rank printed.
func lines(_ program: String, ranks count: Int) -> [[String]] {
  run(program, ranks: count).map { end in
    let text = end.output + (end.error.map { "\($0)\n" } ?? "")
    return text.split(separator: "\n").map(String.init)
  }
}
