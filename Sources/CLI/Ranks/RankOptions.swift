// The option of commands that run programs on several processes.

import ArgumentParser

/// How many processes run a program.
struct RankOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Runs the program as so many processes, by mpirun.", valueName: "count"))
  var ranks: Int?

  func validate() throws {
    if let ranks, ranks < 1 { throw ValidationError("--ranks needs 1 or more") }
  }
}
