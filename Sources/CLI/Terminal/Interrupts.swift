// Ctrl-C. A press asks the running program to stop at its next safepoint, of which there is one every
// few milliseconds. Should it be in something that does not look, as a wait for a slow reader of its
// output, the process ends by itself a moment later; but never the prompt, which has variables to lose.

import Language
import Platform
import Tensors

/// What SIGINT does.
enum Interrupts {
  // A signal handler is a C function without a context, so what it reaches is global. It is
  // written by the main thread alone, with the handler's reads in between being whole words.
  nonisolated(unsafe) private static var flag: RunRequests?
  nonisolated(unsafe) private static var presses = 0
  nonisolated(unsafe) private static var endsWhenUnheard = false
  nonisolated(unsafe) private static var sizeChanges = 0
  nonisolated(unsafe) private static var resumptions = 0
  /// Whether a launcher ends this rank: who pressed Ctrl-C knows, and what else it ends ranks for one has said.
  nonisolated(unsafe) private(set) static var isOfLauncher = false
  /// The thread that waits for input.
  nonisolated(unsafe) private static var waiting: pthread_t?

  /// How long a program has to come to a safepoint, in microseconds.
  private static let patience: UInt32 = 50_000

  /// From now on Ctrl-C raises the flag.
  static func watch(_ flag: RunRequests, endsWhenUnheard: Bool) {
    flag.clear()
    self.flag = flag
    self.endsWhenUnheard = endsWhenUnheard
    handle(SIGINT) { _ in Interrupts.hear() }
    // Launchers turn Ctrl-C into it, and kill a second later.
    if World.current != nil {
      handle(SIGTERM) { _ in
        Interrupts.isOfLauncher = true
        Interrupts.hear()
      }
    }
    // A flag that is down has been heard: the program is on its way out.
    handle(SIGALRM) { _ in
      guard Interrupts.flag?.isInterrupted == true else { return }
      StandardOutput.shared.flushWithoutWaiting()
      let text: StaticString = "error[interrupt]: interrupted\n"
      if !Interrupts.isOfLauncher {
        _ = Platform.write(2, text.utf8Start, text.utf8CodeUnitCount)
      }
      _exit(ExitStatus.interrupted)
    }
  }

  private static func hear() {
    flag?.interrupt()
    if endsWhenUnheard { ualarm(patience, 0) }
  }

  /// From now on the process ends as the system has it: nothing is left to be put away.
  static func end() {
    for number in [SIGINT, SIGTERM, SIGALRM] { Platform.signal(number, SIG_DFL) }
  }

  /// From now on Ctrl-C only breaks off a wait for input.
  static func ignore() {
    flag?.clear()
    presses = 0
    handle(SIGINT) { _ in
      // A signal may come to any thread, and only its own ends a wait.
      if let waiting = Interrupts.waiting, pthread_equal(pthread_self(), waiting) == 0 {
        pthread_kill(waiting, SIGINT)
      } else {
        Interrupts.presses += 1
      }
    }
  }

  /// From now on Ctrl-\ does nothing: who presses it at the prompt has variables to lose. What the shell
  /// starts hears of it.
  static func ignoreQuit() { handle(SIGQUIT) { _ in } }

  /// Runs a body that is given a wait for standard input: true when there is some, false after a
  /// signal. Signals are held back outside the wait, so that none is lost just before it.
  static func duringWaits<Result>(_ body: (_ wait: () -> Bool) -> Result) -> Result {
    var (interrupt, before) = (sigset_t(), sigset_t())
    sigemptyset(&interrupt)
    sigaddset(&interrupt, SIGINT)
    sigaddset(&interrupt, SIGWINCH)
    sigaddset(&interrupt, SIGCONT)
    handle(SIGWINCH) { _ in Interrupts.sizeChanges += 1 }
    handle(SIGCONT) { _ in Interrupts.resumptions += 1 }
    sigprocmask(SIG_BLOCK, &interrupt, &before)
    waiting = pthread_self()
    defer {
      waiting = nil
      sigprocmask(SIG_SETMASK, &before, nil)
    }
    return body {
      var input = fd_set()
      // The lowest bit is that of standard input; systems name the words in ways of their own.
      withUnsafeMutableBytes(of: &input) { $0[0] = 1 }
      return pselect(1, &input, nil, nil, nil, &before) > 0
    }
  }

  /// Whether Ctrl-C was pressed since the last time this was asked, outside a run.
  static func wasPressed() -> Bool {
    defer { presses = 0 }
    return presses > 0
  }

  /// Whether the terminal has got another size since the last time this was asked.
  static func wasResized() -> Bool {
    defer { sizeChanges = 0 }
    return sizeChanges > 0
  }

  /// Whether the process was stopped and goes on, since the last time this was asked.
  static func wasResumed() -> Bool {
    defer { resumptions = 0 }
    return resumptions > 0
  }

  private static func handle(
    _ signal: Int32, _ handler: @escaping @convention(c) (Int32) -> Void
  ) {
    var action = sigaction()
    action.handler = handler
    // These break off nothing that a program does; a wait by `pselect` ends all the same.
    action.sa_flags = [SIGWINCH, SIGCONT, SIGQUIT].contains(signal) ? SA_RESTART : 0
    sigaction(signal, &action, nil)
  }
}
