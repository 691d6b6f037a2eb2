// Programs that run more than once: what a host compiled, and texts that it runs again.
//
// Invariant: a kept text is found again only while every name in it would mean the same, that is, as long as
// no name of the main program and no function of the host has been added.

import Syntax

/// A program of one interpreter, compiled.
package struct CompiledProgram {
  fileprivate let closure: Closure
  fileprivate let source: Source
}

/// Texts that ran, with their code.
struct KeptPrograms {
  private struct Key: Hashable {
    let text: String
    let name: String
  }
  private struct Entry {
    let program: CompiledProgram
    let names: Int
    /// When it ran last.
    var use: Int
  }

  /// A host that runs more texts than these in turn compiles them again.
  private static let limit = 128
  private var entries: [Key: Entry] = [:]
  private var uses = 0

  /// The program of a text that was compiled when there were so many names.
  mutating func find(_ text: String, _ name: String, names: Int) -> CompiledProgram? {
    let key = Key(text: text, name: name)
    guard let place = entries.index(forKey: key), entries.values[place].names == names else {
      return nil
    }
    uses += 1
    entries.values[place].use = uses
    return entries.values[place].program
  }

  /// Keeps a program; the one that was not run for longest goes.
  mutating func add(_ text: String, _ name: String, names: Int, _ program: CompiledProgram) {
    let key = Key(text: text, name: name)
    if entries.count >= KeptPrograms.limit, entries[key] == nil,
      let oldest = entries.min(by: { $0.value.use < $1.value.use })
    {
      entries[oldest.key] = nil
    }
    uses += 1
    entries[key] = Entry(program: program, names: names, use: uses)
  }

  mutating func forgetAll() { entries = [:] }
}

extension Interpreter {
  /// Compiles a program, to be run often.
  ///
  /// - Throws: `CompileError`.
  package func compiled(_ source: Source) throws -> CompiledProgram {
    CompiledProgram(closure: Closure(try compile(source, in: modules.main)), source: source)
  }

  /// Runs a program, and gives the value of its last statement.
  package func run(_ program: CompiledProgram) throws -> Value {
    try performing {
      try modules.running(program.source) { try machine.call(.function(program.closure), []) }
    }
  }

  /// Runs a text, which is compiled where it is new.
  package func run(_ text: String, named name: String) throws -> Value {
    if let program = keptPrograms.find(text, name, names: nameCount) { return try run(program) }
    let program = try compiled(Source(name: name, text: text))
    keptPrograms.add(text, name, names: nameCount, program)
    return try run(program)
  }

  /// The names that a text of the main program could mean something by.
  private var nameCount: Int { modules.main.slots.count + definitions }
}
