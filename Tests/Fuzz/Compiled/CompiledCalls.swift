// A program all of whose functions are compiled, and what is looked at whenever one of them is called.
//
// A compiled function is first called with other numbers than the program gives it, as a rehearsal, so
// that what the program gets comes from a recording of something else: a number that was frozen is
// another one. After the call the function runs once more as it is written, again as a rehearsal, and both
// values must agree to the bit. Functions with effects cannot be rehearsed; what they leave is compared at
// the program's end (`ComparedRuns`).

import Autodiff
import Language
import Tensors

/// Compiles the functions of a program as they are made.
final class CompiledCalls: @unchecked Sendable {
  private unowned let interpreter: Interpreter
  private let compile: Value
  /// True while a call is looked at: what that calls is not.
  private var isLooking = false
  /// The first call whose value was not the function's.
  private(set) var difference: String?
  /// The calls that were compared.
  private(set) var compared = 0

  /// The calls of one function that are looked at: later ones are of the same kinds.
  private static let mostLookedAt = 4

  init(_ interpreter: Interpreter) {
    self.interpreter = interpreter
    compile = interpreter.builtin("compile") ?? .nil
    interpreter.decorator = BuiltinFunction(
      Builtin("compile(f)", "") { [unowned self] arguments in try decorated(arguments[0]) })
  }

  /// What stands for a function that a program has made.
  private func decorated(_ function: Value) throws -> Value {
    // Inside a recording compiled functions run as they are.
    guard !interpreter.context.isRecording else { return function }
    let pair = Pair(function: function, compiled: try interpreter.call(compile, [function]))
    let stand = BuiltinFunction(
      Builtin("fn(*args, **options)", "") { [unowned self] arguments in
        try call(pair, Call(arguments.rest(0), arguments.options(1)))
      })
    if case .builtin(let compiled) = pair.compiled { stand.subject = compiled.subject }
    stand.standsFor = interpreter.machine.ownSignature(of: function)
    return .builtin(stand)
  }

  /// A function as it is written, and compiled.
  private final class Pair: @unchecked Sendable {
    let function: Value
    let compiled: Value
    var calls = 0

    init(function: Value, compiled: Value) {
      (self.function, self.compiled) = (function, compiled)
    }
  }

  /// The arguments of a call.
  private struct Call {
    let positional: [Value]
    let named: [(String, Value)]

    init(_ positional: [Value], _ named: Record) {
      self.positional = positional
      self.named = Array(named.pairs.map { ($0.0, $0.1) })
    }

    private init(positional: [Value], named: [(String, Value)]) {
      (self.positional, self.named) = (positional, named)
    }

    /// The same with other numbers.
    func moved() throws -> Call {
      Call(
        positional: try positional.map(Call.moved),
        named: try named.map { ($0, try Call.moved($1)) })
    }

    /// A value whose tensors of floats have other numbers, but for those that a tape follows.
    private static func moved(_ value: Value) throws -> Value {
      switch value {
      case .tensor(.tensor(let tensor)) where tensor.dtype.isFloat && tensor.count < 100_000:
        let other = try Variable.tensor(tensor) * 1.0009765625
        return .tensor(.tensor(other.underlying))
      case .list(let values): return .list(try values.map(moved))
      case .record(let record):
        return .record(Record(try record.pairs.map { ($0.0, try moved($0.1)) }))
      default: return value
      }
    }
  }

  private func call(_ pair: Pair, _ call: Call) throws -> Value {
    if interpreter.context.isRecording { return try self.call(pair.function, call) }
    pair.calls += 1
    // Who watches loops would see those of the other runs, too.
    return pair.calls > Self.mostLookedAt || isLooking || interpreter.whoWatchesLoops != nil
      ? try self.call(pair.compiled, call) : try lookedAt(pair.function, pair.compiled, call)
  }

  private func call(_ function: Value, _ call: Call) throws -> Value {
    try interpreter.call(function, call.positional, named: call.named)
  }

  /// Calls a compiled function and compares what it gives.
  private func lookedAt(_ function: Value, _ compiled: Value, _ call: Call) throws -> Value {
    let random = interpreter.context.random
    let moved = try call.moved()
    _ = try looking { try interpreter.rehearse { try self.call(compiled, moved) } }
    interpreter.context.random = random
    // Before the call: what that changes a function may read.
    let expected = try looking {
      try interpreter.rehearse { try asWritten { try self.call(function, call) } }
    }
    let wanted = interpreter.context.random
    interpreter.context.random = random
    let value = try self.call(compiled, call)
    if let expected, difference == nil {
      compared += 1
      var likeness = Likeness()
      if let found = likeness.difference(expected, value) {
        let place = interpreter.machine.currentPlace
        let line = place.map { " in line \($0.source.line(at: $0.span.start))" } ?? ""
        difference = "a compiled call\(line) gave another value\(found)"
      } else if interpreter.context.random != wanted {
        difference = "a compiled call left another stream of random numbers"
      }
    }
    return value
  }

  private func looking<R>(_ body: () throws -> R) rethrows -> R {
    let outer = isLooking
    isLooking = true
    defer { isLooking = outer }
    return try body()
  }

  private func asWritten<R>(_ body: () throws -> R) rethrows -> R {
    let outer = interpreter.runsAsWritten
    interpreter.runsAsWritten = true
    defer { interpreter.runsAsWritten = outer }
    return try body()
  }
}
