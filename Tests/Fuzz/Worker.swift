// A worker process: it runs cases one after the other and says before each which one comes, so that
// the one that ends the process is known.

import Glibc
import Language
import Library
import Syntax

/// Runs the cases of the numbers, every `stride`-th.
func work(numbers: StrideTo<Int>, _ run: (Int) -> Void) {
  for number in numbers {
    var bytes = UInt64(number)
    withUnsafeBytes(of: &bytes) { _ = write(1, $0.baseAddress, $0.count) }
    run(number)
  }
}

/// Runs one program under limits. It must end in a value or in an error of the language.
func execute(_ program: String) {
  let source = Source(name: "<fuzz>", text: program)
  _ = parse(source).isIncomplete
  let renderer = DiagnosticRenderer(colored: false)
  let interpreter = Interpreter(library: Builtins.library, output: { _ in })
  interpreter.limits.instructions = 20_000
  interpreter.limits.seconds = 2
  interpreter.limits.memory = 256 << 20
  interpreter.warn = { _ = renderer.render($0) }
  do {
    _ = try interpreter.run(source).representation
  } catch let error as CompileError {
    error.diagnostics.forEach { _ = renderer.render($0) }
  } catch let error as RuntimeError {
    _ = renderer.render(error.diagnostic)
  } catch {
    preconditionFailure("an error that is not the language's: \(error)")
  }
}
