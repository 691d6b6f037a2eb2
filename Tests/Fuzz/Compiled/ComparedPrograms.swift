// The programs that are compared with themselves compiled: the whole corpus, then mutated ones.

import Language
import Platform
import Syntax

struct ComparedPrograms {
  /// Programs as they are.
  private let corpus: [String]
  private let mutator: Mutator

  init(corpus: [String], seed: UInt64) {
    // Limits count what is done, arguments and input are the process's, and `# plain:` says why not.
    self.corpus = corpus.filter { program in
      !["# limit:", "# stdin:", "# args:", "# plain:"].contains { program.contains($0) }
    }
    mutator = Mutator(corpus: self.corpus, seed: seed)
  }

  static var limits: Limits {
    var limits = Limits()
    limits.seconds = 4
    limits.memory = 1 << 30
    return limits
  }

  func program(_ number: Int) -> String {
    number < corpus.count ? corpus[number] : mutator.program(number)
  }
}

/// Runs one program as it is and compiled; ends the process where that makes a difference.
func compare(_ program: String, under limits: Limits) {
  let source = Source(name: "<fuzz>", text: program)
  guard let found = ComparedRuns(source: source, limits: limits).difference() else { return }
  _ = "\(found)\n".withCString { write(2, $0, strlen($0)) }
  exit(4)
}
