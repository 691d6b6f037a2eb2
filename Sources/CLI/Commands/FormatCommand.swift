// `mos fmt`: programs in the form of the language's page.

import ArgumentParser
import Syntax

/// Formats programs.
struct FormatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fmt", abstract: "Write programs in the form of the language's page.",
    discussion: """
      Files are rewritten in place, `-` goes from standard input to standard output. A file that does \
      not parse is left alone, and the command ends with 65. Of a page of Markdown the blocks of Mos are \
      rewritten, and nothing else.
      """)

  @Flag(
    help: "Changes nothing, names the files that would change, and ends with 1 if there are any.")
  var check = false

  @OptionGroup var options: Options

  @ArgumentParser.Argument(help: "Programs, folders that hold some, or `-`.")
  var paths: [String] = ["."]

  func run() throws {
    // What launchers start many times is done once.
    guard Launcher.isFirst else { return }
    let reporter = Reporter(options)
    var (isBroken, isUnreadable, wouldChange) = (false, false, false)
    for path in try paths.flatMap(programs(at:)) {
      do {
        let (old, text) = try formatted(path)
        let changes = !old.elementsEqual(text.utf8)
        if check {
          if changes { StandardOutput.shared.write("\(path == "-" ? "<stdin>" : path)\n") }
          wouldChange = wouldChange || changes
        } else if path == "-" {
          StandardOutput.shared.write(text)
        } else if changes {
          try writeFile(text, to: path)
        }
      } catch FormatError.mistakes(let diagnostics) {
        diagnostics.forEach(reporter.report)
        isBroken = true
      } catch FormatError.changesTree {
        writeError(
          "error: \(path) was left alone: formatted it would mean something else; please report\n")
        isUnreadable = true
      } catch let error as FileError {
        writeError("error: \(error.description)\n")
        isUnreadable = true
      }
    }
    if isBroken { throw ExitCode(ExitStatus.compileError) }
    if isUnreadable || wouldChange { throw ExitCode(ExitStatus.failure) }
  }

  /// What a file holds, and the same in form.
  private func formatted(_ path: String) throws -> (old: [UInt8], new: String) {
    if MarkdownPage.isPage(path) {
      let text = try readText(path)
      return (Array(text.utf8), try format(page: MarkdownPage(path: path, text: text)))
    }
    let source = try readProgram(path)
    return (source.utf8, try format(source))
  }
}
