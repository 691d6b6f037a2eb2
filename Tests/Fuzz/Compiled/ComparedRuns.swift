// A program run as it is and with all its functions compiled: both must print the same, end in the same way
// and leave the same behind.

import Autodiff
import Language
import Library
import Platform
import Syntax
import TestSupport

/// A comparison of a program with the same program compiled.
struct ComparedRuns {
  let source: Source
  let limits: Limits

  /// What a run leaves.
  private struct End {
    let interpreter: Interpreter
    var output = ""
    var error: Diagnostic?
    var calls: CompiledCalls?

    /// False where a limit ended the run, which comes at another place.
    var isComparable: Bool {
      error?.kind != Diagnostic.Kind.limit.rawValue
        && error?.kind != Diagnostic.Kind.interrupt.rawValue
    }
  }

  /// Where sums cross the border of a compiled call their order is another.
  private static let tolerance = (f64: 1e-9, f32: 1e-4)

  /// The first difference; nil where there is none, or where two runs of the program itself differ.
  func difference() -> String? {
    let plain = end(compiled: false)
    guard plain.isComparable else { return nil }
    let compiled = end(compiled: true)
    guard compiled.isComparable, let found = difference(plain, compiled) else { return nil }
    // The clock, addresses and files make programs that are never twice the same.
    return difference(plain, end(compiled: false)) == nil ? found : nil
  }

  private func difference(_ plain: End, _ compiled: End) -> String? {
    if let found = compiled.calls?.difference { return found }
    if plain.error?.kind != compiled.error?.kind || !areNear(plain.error, compiled.error) {
      return "ended with \(text(plain.error)); compiled, with \(text(compiled.error))"
    }
    guard isNearText(plain.output, compiled.output) else {
      let lines = zip(
        plain.output.split(separator: "\n", omittingEmptySubsequences: false),
        compiled.output.split(separator: "\n", omittingEmptySubsequences: false))
      let other = lines.first { !isNearText(String($0), String($1)) }
      return "printed “\(other?.0 ?? "")”; compiled, “\(other?.1 ?? "")”"
    }
    var likeness = Likeness(Self.tolerance)
    for (name, value) in plain.interpreter.variables {
      let other = compiled.interpreter.value(of: name) ?? .absent
      if let found = likeness.difference(value, other, name) { return "left " + found }
    }
    if plain.interpreter.context.random != compiled.interpreter.context.random {
      return "left another stream of random numbers"
    }
    return nil
  }

  /// Whether two errors say the same of the same line; one of arguments may stand at the function.
  private func areNear(_ plain: Diagnostic?, _ compiled: Diagnostic?) -> Bool {
    guard let plain, let compiled else { return plain == nil && compiled == nil }
    let line = plain.primary.map { $0.source.line(at: $0.span.start) }
    return isNearText(plain.message, compiled.message)
      && (line == compiled.primary.map { $0.source.line(at: $0.span.start) }
        || line.map { line in compiled.trace.contains { $0.contains(":\(line)") } } ?? false)
  }

  private func text(_ error: Diagnostic?) -> String {
    guard let error else { return "no error" }
    let line = error.primary.map { " in line \($0.source.line(at: $0.span.start))" } ?? ""
    return "“\(error.message)”\(line)"
  }

  /// Runs the program in an empty folder.
  private func end(compiled: Bool) -> End {
    Files.withTemporaryFolder { folder in
      let outer = open(".", O_RDONLY)
      chdir(folder)
      defer {
        fchdir(outer)
        close(outer)
      }
      let output = Output()
      let interpreter = Interpreter(library: Builtins.library) { output.text += $0 }
      interpreter.limits = limits
      var end = End(interpreter: interpreter)
      if compiled { end.calls = CompiledCalls(interpreter) }
      do {
        try interpreter.run(source)
      } catch let error as CompileError {
        end.error = error.diagnostics.first
      } catch let error as RuntimeError {
        end.error = error.diagnostic
      } catch {
        preconditionFailure("an error that is not the language's: \(error)")
      }
      end.output = output.text
      return end
    }
  }

  private final class Output { var text = "" }
}
