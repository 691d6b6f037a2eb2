// Ctrl-C. The first press asks the running program to stop at its next safepoint; the third,
// should it be deep in something that does not look, ends the process.

import Glibc
import Runtime

/// What SIGINT does.
enum Interrupts {
  // A signal handler is a C function without a context, so what it reaches is global. It is
  // written by the main thread alone, with the handler's reads in between being whole words.
  nonisolated(unsafe) private static var flag: InterruptFlag?
  nonisolated(unsafe) private static var presses = 0

  /// From now on Ctrl-C raises the flag.
  static func watch(_ flag: InterruptFlag) {
    flag.clear()
    self.flag = flag
    presses = 0
    handle { _ in
      Interrupts.presses += 1
      Interrupts.flag?.raise()
      if Interrupts.presses >= 3 { _exit(ExitStatus.interrupted) }
    }
  }

  /// From now on Ctrl-C only breaks off a wait for input.
  static func ignore() {
    flag?.clear()
    presses = 0
    handle { _ in Interrupts.presses += 1 }
  }

  /// Runs a body that is given a wait for standard input: true when there is some, false after a
  /// signal. Signals are held back outside the wait, so that none is lost just before it.
  static func duringWaits<Result>(_ body: (_ wait: () -> Bool) -> Result) -> Result {
    var (interrupt, before) = (sigset_t(), sigset_t())
    sigemptyset(&interrupt)
    sigaddset(&interrupt, SIGINT)
    sigprocmask(SIG_BLOCK, &interrupt, &before)
    defer { sigprocmask(SIG_SETMASK, &before, nil) }
    return body {
      var input = fd_set()
      input.__fds_bits.0 = 1
      return pselect(1, &input, nil, nil, nil, &before) > 0
    }
  }

  /// Whether Ctrl-C was pressed since the last time this was asked, outside a run.
  static func wasPressed() -> Bool {
    defer { presses = 0 }
    return presses > 0
  }

  private static func handle(_ handler: @escaping @convention(c) (Int32) -> Void) {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = handler
    sigaction(SIGINT, &action, nil)
  }
}
