// `mos --ranks N`: mpirun with this program, its output passed on, its pages of advice as one line.

import ArgumentParser
import Platform

/// A launcher that this process starts and waits for.
enum RankLaunch {
  /// The launcher's process, for signal handlers; 0 before it runs.
  nonisolated(unsafe) private static var process: pid_t = 0
  /// The signal that asked this process to end; 0 before.
  nonisolated(unsafe) private static var ending: Int32 = 0

  /// Whether a command with `--ranks` is to start a launcher: not as a rank of one, and not for one rank, which
  /// needs none.
  static func isNeeded(_ count: Int?) -> Bool {
    Launcher.current == nil && (count ?? 1) > 1
  }

  /// Runs the command line that this process was given on so many ranks.
  ///
  /// - Throws: the status that the launcher ended with; what is missing for it.
  static func run(_ count: Int, _ options: Options) throws {
    _ = try MessageLibrary.load()
    setVariables(options)
    // What was closed stays of no use, and its number is not taken for the launcher's.
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
      _ = open("/dev/null", O_RDONLY)
    }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw RankError("cannot start mpirun: \(errorText())") }
    _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
    _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
    for signal in [SIGINT, SIGTERM, SIGHUP] { passOn(signal) }
    let words =
      ["mpirun", "-n", "\(count)", MessageLibrary.executable] + CommandLine.arguments.dropFirst()
    guard let started = startProgram(words, input: 0, output: 1, errors: ends[1]) else {
      throw RankError(
        """
        cannot start mpirun, which starts ranks: \(errorText())
          = install openmpi-bin, or mpich, or another MPI
        """)
    }
    process = started
    close(ends[1])
    show(errorsOf: ends[0])
    var status: Int32 = 0
    while waitpid(started, &status, 0) < 0 && errno == EINTR {}
    if ending == SIGINT { writeError("error[interrupt]: interrupted\n") }
    if ending != 0 { throw ExitCode(128 + ending) }
    let signal = status & 0x7f
    throw ExitCode(signal == 0 ? (status >> 8) & 0xff : 128 + signal)
  }

  /// What mpirun and the ranks hear of this process. Variables are read by the MPI that they are for, while
  /// options would be mistakes for others.
  private static func setVariables(_ options: Options) {
    // More ranks than cores; each then yields its core while it waits.
    setenv("OMPI_MCA_rmaps_base_oversubscribe", "1", 1)
    setenv("PRTE_MCA_rmaps_default_mapping_policy", ":oversubscribe", 0)
    if getuid() == 0, isContainer {
      setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1)
      setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1)
    }
    // A rank writes to its launcher and cannot see the terminal.
    if options.showsColor(on: 1), options.showsColor(on: 2) { setenv("CLICOLOR_FORCE", "1", 1) }
  }

  /// Whether this is a container, whose root is no more than a user: the files that Docker and Podman leave,
  /// and the variable of systemd.
  private static var isContainer: Bool {
    access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0
      || getenv("container") != nil || getenv("KUBERNETES_SERVICE_HOST") != nil
  }

  /// A signal for this process is one for the launcher. What a terminal sends, the launcher is sent too.
  private static func passOn(_ signal: Int32) {
    var action = sigaction()
    action.sa_flags = SA_RESTART | SA_SIGINFO
    #if os(Linux)
      action.__sigaction_handler.sa_sigaction = { signal, information, _ in
        RankLaunch.ending = signal
        let isOfKernel = (information?.pointee.si_code ?? 0) > 0
        if !isOfKernel, RankLaunch.process > 0 { kill(RankLaunch.process, signal) }
      }
    #else
      action.__sigaction_u.__sa_sigaction = { signal, information, _ in
        RankLaunch.ending = signal
        let isOfKernel = (information?.pointee.si_pid ?? 0) == 0
        if !isOfKernel, RankLaunch.process > 0 { kill(RankLaunch.process, signal) }
      }
    #endif
    sigaction(signal, &action, nil)
  }

  /// Shows what ranks write to standard error, and what of the launcher's is worth it, until all have ended.
  private static func show(errorsOf descriptor: Int32) {
    var text = LauncherText()
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      text.add(piece[..<count]) { writeAll($0, to: 2) }
    }
    text.end { writeAll($0, to: 2) }
    close(descriptor)
  }
}
