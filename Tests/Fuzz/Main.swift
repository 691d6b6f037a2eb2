// Programs mutated from the examples, the golden scripts and, where it lies beside the repository,
// the conformance suite; calls of every built-in with extreme values; programs that take all they can
// get. Each must end in a value or an error of the language, within its limits: a process that dies, or
// stays silent, is a failure, and its program is printed and made smaller.
//
//     Fuzz [--count n] [--seed n]      100,000 programs from a fresh seed
//     Fuzz --sweep …                   every built-in with extreme values instead
//     Fuzz --hostile …                 programs that grow without end instead
//     Fuzz --compiled …                every program of the corpus and mutated ones, as they are and with all
//                                      functions compiled: both must do the same
//     Fuzz --print n --seed n          the program of a number, printed
//     Fuzz --file program.mos          one program, as a worker runs it
//     Fuzz --snapshots …               damaged files instead of programs; --print n writes file n
//                                      to the folder as snapshot-n with its ending, and loads it

import Platform
import TestSupport

@main
struct Main {
  /// What a worker may take for one program after the other: far less than the machine has.
  private static let programMemory = 6 << 30

  static func main() {
    let arguments = CommandLine.arguments
    func number(_ name: String) -> Int? {
      arguments.firstIndex(of: name).flatMap { index in
        index + 1 < arguments.count ? Int(arguments[index + 1]) : nil
      }
    }
    let seed = number("--seed") ?? Int(now() * 1000)
    let count = number("--count") ?? 100_000
    if arguments.contains("--snapshots") {
      let fuzzer = SnapshotFuzzer(seed: UInt64(seed))
      if let wanted = number("--print") {
        let file = fuzzer.file(wanted)
        Files.write(file.bytes, to: "snapshot-\(wanted).\(file.ending)")
        fuzzer.run(wanted)
      } else if let first = number("--first"), let step = number("--step") {
        limitMemory(1 << 30)
        work(numbers: stride(from: first, to: count, by: step), fuzzer.run)
      } else {
        exit(Overseer(.snapshots, seed: seed, count: count).run() ? 0 : 1)
      }
      return
    }
    // A program from a file is run as it stands.
    let folders =
      arguments.contains("--file")
      ? [] : ["examples", "Tests/Scripts", "Tests/Fuzz/Crashes", "../shared/conformance"]
    let corpus = folders.flatMap { Files.find(under: Files.root + "/" + $0, endingIn: ".mos") }
      .compactMap(Files.read)
    let mutator = Mutator(corpus: corpus, seed: UInt64(seed))
    let programs: Programs =
      arguments.contains("--sweep")
      ? .sweep(Sweep())
      : arguments.contains("--hostile")
        ? .hostile(Hostile(mutator: mutator))
        : arguments.contains("--compiled")
          ? .compared(ComparedPrograms(corpus: corpus, seed: UInt64(seed))) : .mutated(mutator)
    if let index = arguments.firstIndex(of: "--file"), index + 1 < arguments.count {
      limitMemory(programMemory)
      programs.run(Files.read(arguments[index + 1]) ?? "")
    } else if let wanted = number("--print") {
      print(programs.program(wanted))
    } else if let first = number("--first"), let step = number("--step") {
      limitMemory(programMemory)
      work(numbers: stride(from: first, to: count, by: step)) {
        programs.run(programs.program($0))
      }
    } else {
      let count = min(count, programs.count ?? count)
      exit(Overseer(.programs(programs), seed: seed, count: count).run() ? 0 : 1)
    }
  }
}
