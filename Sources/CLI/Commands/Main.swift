// The command `mos`: what to run, where text goes, and how the process ends.
//
// Exit statuses: 0 fine, 1 the program failed, 2 the command line was wrong, 65 the source does
// not compile, 130 interrupted, 143 and 129 ended by SIGTERM and SIGHUP. Results go to standard output,
// everything else to standard error.

import ArgumentParser
import Kernels
import Platform

/// How the process ends.
enum ExitStatus {
  static let failure: Int32 = 1
  static let usage: Int32 = 2
  static let compileError: Int32 = 65
  static let interrupted: Int32 = 130
}

/// The version that `mos --version` prints; packages take it from there.
let version = "0.2.0"

/// The root of the command line.
struct MosCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mos",
    abstract: "Run programs of Mos, a language for meta-optimization.",
    usage: """
      mos [options] FILE [arguments]   run a program
      mos [options] -e CODE [arguments]   run a piece of code
      mos [options] -i FILE   run a program, then open the prompt
      mos [options] -   run what standard input holds
      mos   open the prompt, or run what is piped in
      mos --ranks N FILE   run a program as N processes, as `mpirun -n N mos FILE` does
      mos test [paths]   run the `test` blocks of programs
      mos check [paths]   find mistakes without running
      mos fmt [paths]   write programs in the form of the language's page
      mos lsp   serve an editor
      mos kernel   serve a notebook
      """,
    discussion: """
      `mos run --help` lists the options; `mos --generate-completion-script bash`, zsh or fish \
      writes completions for a shell. Exit statuses: 0 fine, 1 the program failed, 2 the \
      command line was wrong, 65 the source does not compile, 130 interrupted, 143 and 129 ended \
      by SIGTERM and SIGHUP.
      """,
    version: "mos \(version)",
    subcommands: [
      RunCommand.self, TestCommand.self, CheckCommand.self, FormatCommand.self, DocCommand.self,
      LanguageServerCommand.self, KernelCommand.self,
    ],
    defaultSubcommand: RunCommand.self)
}

@main
enum Main {
  static func main() {
    mos_list_small_blocks()
    // Swift reads what stands behind the program's name from /proc, and takes it for nothing where that is missing.
    guard !CommandLine.arguments.isEmpty else {
      writeError("error: the system does not tell the arguments; is /proc mounted?\n")
      leave(ExitStatus.usage)
    }
    do {
      var command = try MosCommand.parseAsRoot()
      try command.run()
      leave(0)
    } catch let status as ExitCode {
      leave(status.rawValue)
    } catch let error as RankError {
      // All ranks meet the same; where one alone does, the others wait for it in vain.
      let fail = { writeError("error: \(error.description)\n") }
      if let world = World.current {
        world.fail(error.description, status: ExitStatus.failure) { _ in fail() }
      } else if Launcher.isFirst {
        fail()
      }
      leave(ExitStatus.failure)
    } catch {
      let isClean = MosCommand.exitCode(for: error) == .success
      let message = MosCommand.fullMessage(for: error)
      if let world = World.current {
        world.fail(message, status: ExitStatus.usage) { _ in writeError(message + "\n") }
      } else if isClean {
        StandardOutput.shared.write(message + "\n")
      } else {
        writeError(message + "\n")
      }
      leave(isClean ? 0 : ExitStatus.usage)
    }
  }
}

/// Ends the process once everything is written, and all ranks together. Values are not freed one by one: the
/// system takes the memory back at once.
func leave(_ status: Int32) -> Never {
  StandardOutput.shared.flush()
  if let world = World.current {
    Interrupts.end()
    world.ranks.finish()
  }
  leaveAtOnce(status)
}

/// Ends the process once everything is written, without a word to other ranks.
func leaveAtOnce(_ status: Int32) -> Never {
  StandardOutput.shared.flush()
  fflush(nil)
  _exit(status)
}
