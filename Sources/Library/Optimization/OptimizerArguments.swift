// The arguments of optimizers by name.
//
// A function (`adam`), an object (`Adam`) and a differentiable object (`MetaAdam`) take the same
// hyperparameters in different orders and with different defaults. Each signature says its own,
// and what is read here is read by name, a default from the signature's text: no default is
// written twice.

import Autodiff
import Language
import Optimizers
import Tensors

/// What an optimizer was given, by name.
struct OptimizerArguments {
  private let signature: Signature
  private let values: [String: Value]
  /// How many parameters come before those that are read here.
  private let skipped: Int
  private unowned let interpreter: Interpreter

  /// The arguments of a call, but for the first `skipping`.
  init(_ arguments: Arguments, skipping first: Int = 0) {
    signature = arguments.callee
    interpreter = arguments.interpreter
    skipped = first
    var values: [String: Value] = [:]
    for (i, parameter) in signature.parameters.enumerated().dropFirst(first)
    where arguments.has(i) {
      values[parameter.name] = arguments[i]
    }
    self.values = values
  }

  private init(_ other: OptimizerArguments, _ values: [String: Value]) {
    signature = other.signature
    self.values = values
    skipped = other.skipped
    interpreter = other.interpreter
  }

  /// These arguments with others in the place of some.
  ///
  /// - Throws: a type error for a name that the signature does not have.
  func replacing(_ options: Record) throws -> OptimizerArguments {
    let merged = values.merging(options.pairs.map { ($0, $1) }) { _, new in new }
    _ = try Binding(signature, positional: skipped, names: merged.keys.sorted())
    return OptimizerArguments(self, merged)
  }

  /// What the arguments are called, in order.
  var names: [String] { signature.parameters.dropFirst(skipped).map(\.name) }

  /// The argument, or the default as the signature writes it; nil where neither is.
  func value(_ name: String) -> Value {
    if let value = values[name] { return value }
    let place = signature.parameters.firstIndex { $0.name == name }
    return place.map { signature.literal($0) } ?? .nil
  }

  private func mismatch(_ name: String, _ wanted: String) -> RuntimeError {
    RuntimeError(
      .type,
      "`\(name)` of \(signature.name) must be \(wanted), not \(value(name).shortDescription)")
  }

  /// A number, tensor, parameter or schedule.
  func number(_ name: String) throws -> Hyperparameter {
    guard let number = try value(name).hyperparameter(interpreter) else {
      throw mismatch(name, "a number, a tensor or a schedule")
    }
    return number
  }

  /// Two numbers as a list, or as a tensor of two elements.
  func betas(_ name: String = "betas") throws -> Betas {
    switch value(name) {
    case .list(let pair) where pair.count == 2:
      if let first = try pair[0].hyperparameter(interpreter),
        let second = try pair[1].hyperparameter(interpreter)
      {
        return Betas(first, second)
      }
    case .tensor(let pair) where pair.shape == Shape(2):
      return Betas(.variable(try pair.indexed(at: 0)), .variable(try pair.indexed(at: 1)))
    default: break
    }
    throw mismatch(name, "two numbers")
  }

  /// A Bool; false where the signature has no such parameter.
  func flag(_ name: String) throws -> Bool {
    switch value(name) {
    case .bool(let flag): return flag
    case .nil: return false
    default: throw mismatch(name, "a Bool")
    }
  }

  /// An Int.
  func int(_ name: String) throws -> Int {
    guard case .int(let value) = value(name) else { throw mismatch(name, "an Int") }
    return value
  }

  /// A mask: a tree of bools or a function of the parameters; nil for none.
  func mask(_ name: String = "mask") throws -> Selection? {
    let value = value(name)
    if case .nil = value { return nil }
    return try value.selection(interpreter)
  }
}
