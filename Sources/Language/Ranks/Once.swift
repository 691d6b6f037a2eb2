// What a program on several ranks does once: rank 0 does it, the others wait for what came of it.

import Autodiff
import Syntax
import Tensors

extension Ranks {
  /// Does something on rank 0 alone, and gives what it gave on every rank; an error too is every rank's.
  ///
  /// - Parameter deed: what is done, with all that is the same on every rank.
  package func once(_ deed: String, _ body: () throws -> [UInt8] = { [] }) throws -> [UInt8] {
    guard count > 1 else { return try body() }
    // In a task nothing may be waited for, and nothing is done before that is said.
    if refusal != nil { _ = try meet(deed) }
    var outcome: [UInt8] = []
    var failure: RuntimeError?
    if rank == 0 {
      do { outcome = [0] + (try body()) } catch {
        let error = RuntimeError(wrapping: error)
        if error.isUncatchable { throw error }
        failure = error
        let parts = [error.diagnostic.kind, error.diagnostic.message, error.diagnostic.hint ?? ""]
        outcome = [1] + parts.flatMap { Array($0.utf8) + [0] }
      }
    }
    // The others wait here, where they hear of interrupts and limits.
    _ = try meet(deed)
    outcome = try broadcast(outcome, from: 0)
    guard outcome.first == 1 else { return Array(outcome.dropFirst()) }
    let parts = outcome.dropFirst().split(separator: 0, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    let kind = Diagnostic.Kind(rawValue: parts[0]) ?? .io
    shares(parts[1], shownBy: 0)
    throw failure
      ?? RuntimeError(kind, parts[1], hint: parts[2].isEmpty ? nil : parts[2])
  }
}

extension Arguments {
  /// Writes a file, on rank 0 alone while the others wait for it, unless each is to write its own.
  ///
  /// - Parameters:
  ///   - path: the parameter that names the file.
  ///   - everywhere: the parameter that says whether every rank writes.
  package func writing(
    path: Int, everywhere: Int? = nil, _ write: () throws -> Void
  ) throws -> Value {
    let ranks = interpreter.context.ranks
    if try ranks.count == 1 || everywhere.map({ try bool($0) }) == true {
      try write()
    } else {
      _ = try ranks.once("\(callee.name)(\(string(path).excerpt))") {
        try write()
        return []
      }
    }
    return .nil
  }
}
