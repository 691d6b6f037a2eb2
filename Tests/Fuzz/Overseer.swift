// The process that starts workers and watches them.

import Platform
import TestSupport

/// Runs all cases in worker processes.
struct Overseer {
  /// What the cases are.
  enum Cases {
    case programs(Programs)
    case snapshots
  }

  private let cases: Cases
  private let seed: Int
  private let count: Int
  private let program = "/proc/self/exe"

  init(_ cases: Cases, seed: Int, count: Int) {
    self.cases = cases
    self.seed = seed
    self.count = count
  }

  /// A worker is killed when one case keeps it for longer.
  private var patience: Double { if case .programs(.compared) = cases { 60 } else { 15 } }

  private var noun: String { if case .snapshots = cases { "files" } else { "programs" } }

  /// What tells a worker what the cases are.
  private var option: [String] {
    switch cases {
    case .programs(let programs): programs.option.map { [$0] } ?? []
    case .snapshots: ["--snapshots"]
    }
  }

  /// A running worker.
  private struct Worker {
    var process: pid_t
    var pipe: Int32
    var current: Int
    var since: Double
  }

  /// Runs everything; true where nothing died and nothing hung.
  func run() -> Bool {
    let start = now()
    let step = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    var failures = 0
    Files.withTemporaryFolder { folder in
      var workers = (0..<step).compactMap { startWorker(at: $0, step: step, in: folder) }
      while !workers.isEmpty {
        var polls = workers.map { pollfd(fd: $0.pipe, events: Int16(POLLIN), revents: 0) }
        poll(&polls, nfds_t(polls.count), 1000)
        for index in workers.indices.reversed() {
          let worker = workers[index]
          if polls[index].revents != 0, let latest = latestNumber(from: worker.pipe) {
            workers[index].current = latest
            workers[index].since = now()
          } else if polls[index].revents != 0 {
            close(worker.pipe)
            workers.remove(at: index)
            guard let ending = ending(of: worker.process) else { continue }
            failures += 1
            report(worker.current, ending, in: folder)
            if let next = startWorker(at: worker.current + step, step: step, in: folder) {
              workers.append(next)
            }
          } else if now() - worker.since > patience {
            kill(worker.process, SIGKILL)
          }
        }
        if failures >= 20 {
          for worker in workers { kill(worker.process, SIGKILL) }
          print("stopping after \(failures) failures")
          return
        }
      }
    }
    let seconds = Int((now() - start).rounded())
    print("fuzz: \(count) \(noun), seed \(seed), \(failures) failures, \(seconds) s")
    return failures == 0
  }

  private func startWorker(at first: Int, step: Int, in folder: String) -> Worker? {
    guard first < count else { return nil }
    var arguments = ["--seed", "\(seed)", "--count", "\(count)", "--first", "\(first)"]
    arguments += option
    let worker = try? startProcess(program, arguments + ["--step", "\(step)"], directory: folder)
    return worker.map { Worker(process: $0.process, pipe: $0.output, current: first, since: now()) }
  }

  /// The last of the numbers that the worker wrote; nil at its end.
  private func latestNumber(from pipe: Int32) -> Int? {
    var numbers = [UInt64](repeating: 0, count: 512)
    let bytes = read(pipe, &numbers, numbers.count * 8)
    return bytes >= 8 ? Int(numbers[bytes / 8 - 1]) : nil
  }

  /// How a worker failed; nil where it did all its work.
  private func ending(of process: pid_t) -> String? {
    var status: Int32 = 0
    waitpid(process, &status, 0)
    let signal = status & 0x7f
    if signal == SIGKILL { return "hung for \(Int(patience)) s, or ran out of memory" }
    if signal != 0 { return "died of signal \(signal)" }
    if status >> 8 == 3 { return "took more than it may" }
    if status >> 8 == 4 { return "did something else when compiled" }
    return status == 0 ? nil : "exited with status \(status >> 8)"
  }

  private func report(_ number: Int, _ ending: String, in folder: String) {
    switch cases {
    case .programs(let programs):
      let text = smaller(programs.program(number), in: folder)
      print("---- program \(number) of seed \(seed) \(ending):\n\(text)\n----")
    case .snapshots:
      print("---- file \(number) of seed \(seed) \(ending); see --print \(number)")
    }
    fflush(nil)
  }

  /// Takes lines away while the program still fails, for a little while.
  private func smaller(_ text: String, in folder: String) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let deadline = now() + 20
    var size = max(1, lines.count / 2)
    while size >= 1 {
      var start = 0
      while start < lines.count, now() < deadline {
        var fewer = lines
        fewer.removeSubrange(start..<min(lines.count, start + size))
        if fails(fewer.joined(separator: "\n"), in: folder) {
          lines = fewer
        } else {
          start += size
        }
      }
      size /= 2
    }
    return lines.joined(separator: "\n")
  }

  private func fails(_ text: String, in folder: String) -> Bool {
    let path = folder + "/smaller.mos"
    Files.write(text, to: path)
    let result = try? runProcess(
      program, ["--file", path] + option, directory: folder, timeLimit: patience)
    return result.map { $0.status != 0 } ?? false
  }
}
