// A worker process: it runs cases one after the other and says before each which one comes, so that
// the one that ends the process is known.

import Language
import Library
import Platform
import Syntax
import TestSupport

/// Runs the cases of the numbers, every `stride`-th.
func work(numbers: StrideTo<Int>, _ run: (Int) -> Void) {
  for number in numbers {
    var bytes = UInt64(number)
    withUnsafeBytes(of: &bytes) { _ = write(1, $0.baseAddress, $0.count) }
    run(number)
  }
}

/// Runs one program under limits. It must end in a value or in an error of the language, within
/// twice the time that it may take, and take little more memory than it may.
func execute(_ program: String, under limits: Limits) {
  let source = Source(name: "<fuzz>", text: program)
  _ = parse(source).isIncomplete
  lookOver(source)
  let renderer = DiagnosticRenderer(colored: false)
  let interpreter = Interpreter(library: Builtins.library, output: { _ in })
  interpreter.limits = limits
  interpreter.warn = { _ = renderer.render($0) }
  let costs = Costs()
  do {
    try interpreter.run(source)
  } catch let error as CompileError {
    error.diagnostics.forEach { _ = renderer.render($0) }
  } catch let error as RuntimeError {
    _ = renderer.render(error.diagnostic)
  } catch {
    preconditionFailure("an error that is not the language's: \(error)")
  }
  costs.check(limits)
}

/// Formats and checks a program: a program that parses keeps its tree, and formatting it again changes nothing.
private func lookOver(_ source: Source) {
  let interpreter = Interpreter(library: Builtins.library, output: { _ in })
  _ = interpreter.findings(in: source)
  do {
    let once = try format(source)
    guard try format(Source(name: source.name, text: once)) == once else {
      preconditionFailure("formatted twice it is another text")
    }
  } catch FormatError.changesTree {
    preconditionFailure("formatted it is another tree")
  } catch {}
}

/// What a run costs.
private struct Costs {
  /// What a process takes beside what is counted: stacks, and buffers of threads.
  private static let uncounted = 300_000_000

  private let start = now()
  private let work = Costs.workSeconds
  private let resident: Int

  init() {
    // Begins the count of the peak anew.
    Files.write("5", to: "/proc/self/clear_refs")
    resident = Costs.status("VmRSS:")
  }

  /// Ends the process where a run took far more than it may.
  func check(_ limits: Limits) {
    // On a loaded machine time passes without work.
    let seconds = min(now() - start, Costs.workSeconds - work)
    let bytes = Costs.status("VmHWM:") - resident
    if let allowed = limits.seconds, seconds > 2 * allowed {
      Costs.fail("took \(seconds) s where \(allowed) are allowed")
    }
    if let allowed = limits.memory, bytes > 2 * allowed + Costs.uncounted {
      Costs.fail("took \(bytes) bytes where \(allowed) are allowed")
    }
  }

  private static func fail(_ text: String) {
    _ = text.withCString { write(2, $0, strlen($0)) }
    exit(3)
  }

  /// The time that the process has worked.
  private static var workSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// A number of the process's status, in bytes.
  private static func status(_ name: String) -> Int {
    let line = Files.read("/proc/self/status")?.split(separator: "\n").first { $0.hasPrefix(name) }
    return (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) * 1024
  }
}

/// Lets the process take no more than this beside what it has, so that a greater allocation ends it.
func limitMemory(_ bytes: Int) {
  let pages = Files.read("/proc/self/statm")?.split(separator: " ").first.flatMap { Int($0) } ?? 0
  // Programs run on a stack of 64 GiB of addresses.
  let total = pages * sysconf(Int32(_SC_PAGESIZE)) + 64 << 30 + bytes
  var limit = rlimit(rlim_cur: rlim_t(total), rlim_max: rlim_t(total))
  setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
}
