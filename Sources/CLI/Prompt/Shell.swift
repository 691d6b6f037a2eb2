// `!command`: a line for the shell, with the terminal as its own.

import Platform

enum Shell {
  /// Runs a line and waits for its end; an exit status other than 0 is told.
  static func run(_ line: String) {
    guard !line.isEmpty else {
      writeError("error: write a command behind `!`, as in `!ls`\n")
      return
    }
    if let status = start(["/bin/sh", "-c", line]), status != 0 {
      writeError(status > 128 ? "ended by signal \(status - 128)\n" : "exit status \(status)\n")
    }
  }

  /// Runs a program and waits for its end; nil where it cannot be started, which is told.
  static func start(_ words: [String]) -> Int32? {
    StandardOutput.shared.flush()
    guard let process = startProgram(words, input: 0, output: 1) else {
      writeError("error: cannot start \(words[0]): \(errorText())\n")
      return nil
    }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    // Ctrl-C was for the program.
    Interrupts.ignore()
    let signal = status & 0x7f
    return signal == 0 ? (status >> 8) & 0xff : 128 + signal
  }
}
