// What newcomers write, and what they are answered: `Tests/Scripts/errors/newcomers/*.txt` is the table.
// An entry is a program, then in `# ` lines all that it prints and all that is said about it; blank lines
// part entries. A new mistake is its program in one of the files; `MOS_ACCEPT=1` writes the answers, whose
// difference is to be looked at.

import Language
import Library
import Platform
import Syntax
import TestSupport
import Testing

@Suite struct NewcomerTests {
  private static let folder = Files.root + "/Tests/Scripts/errors/newcomers"
  private static let files = ["python", "numpy", "torch", "jax", "mos"]

  private struct Entry {
    let program: [String]
    let answers: [String]

    init(_ text: Substring) {
      let lines = text.split(separator: "\n").map(String.init)
      program = lines.filter { !$0.hasPrefix("# ") }
      answers = lines.filter { $0.hasPrefix("# ") }
    }
  }

  private static func entries(_ file: String) throws -> [Entry] {
    let text = try #require(Files.read("\(folder)/\(file).txt"))
    return paragraphs(text).map { Entry($0) }
  }

  private static func paragraphs(_ text: String) -> [Substring] {
    var result: [Substring] = []
    var start = text.startIndex
    while let end = text[start...].firstRange(of: "\n\n") {
      result.append(text[start..<end.lowerBound])
      start = end.upperBound
    }
    return (result + [text[start...]]).filter { !$0.allSatisfy(\.isWhitespace) }
  }

  /// What a program prints, and what is said about it, in order.
  private static func answers(to program: String) -> [String] {
    var (printed, said) = ("", [Diagnostic]())
    let interpreter = Interpreter(library: Builtins.library) { printed += $0 }
    interpreter.warn = { said.append($0) }
    do {
      _ = try interpreter.run(Source(name: "newcomer", text: program + "\n"))
    } catch let error as CompileError {
      said += error.diagnostics
    } catch {
      said.append(RuntimeError(wrapping: error).diagnostic)
    }
    return printed.split(separator: "\n").map { "# prints: \($0)" }
      + said.flatMap { diagnostic in
        ["# \(diagnostic.severity)[\(diagnostic.kind)]: \(diagnostic.message)"]
          + (diagnostic.hint.map { ["# hint: \($0)"] } ?? [])
      }
  }

  @Test(arguments: files)
  func `every mistake has its answer`(file: String) throws {
    let entries = try NewcomerTests.entries(file)
    if getenv("MOS_ACCEPT") != nil {
      let text = entries.map { entry in
        (entry.program + NewcomerTests.answers(to: entry.program.joined(separator: "\n")))
          .joined(separator: "\n")
      }.joined(separator: "\n\n")
      #expect(Files.write(text + "\n", to: "\(NewcomerTests.folder)/\(file).txt"))
      return
    }
    for entry in entries {
      let program = entry.program.joined(separator: "\n")
      #expect(NewcomerTests.answers(to: program) == entry.answers, "\(program)")
    }
  }

  @Test(arguments: files)
  func `every answer says what to do`(file: String) throws {
    for entry in try NewcomerTests.entries(file) {
      #expect(!entry.answers.isEmpty, "\(entry.program)")
      for (answer, next) in zip(entry.answers, entry.answers.dropFirst() + ["# error"])
      where answer.hasPrefix("# error") || answer.hasPrefix("# warning") {
        // What must be is what to do.
        #expect(
          next.hasPrefix("# hint") || answer.contains(" must "), "\(entry.program): \(answer)")
      }
    }
  }

  @Test func `there are enough of them`() throws {
    let count = try NewcomerTests.files.reduce(0) { try $0 + NewcomerTests.entries($1).count }
    #expect(count >= 150)
  }
}
