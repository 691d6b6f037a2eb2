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
      "`\(name)` of \(signature.name) must be \(wanted), not \(value(name).shortDescription)",
      hint: signature.hint)
  }

  /// A number, tensor, parameter or schedule.
  func number(_ name: String) throws -> Hyperparameter {
    guard let number = try value(name).hyperparameter(interpreter) else {
      throw mismatch(name, "a number, a tensor or a schedule")
    }
    return number
  }

  /// A number, tensor, parameter or schedule; nil for nil.
  func numberOrNothing(_ name: String) throws -> Hyperparameter? {
    value(name).isNil ? nil : try number(name)
  }

  /// A plain number.
  func double(_ name: String) throws -> Double {
    guard let number = value(name).number else { throw mismatch(name, "a plain number") }
    return number
  }

  /// One of a few words.
  func choice(_ name: String, _ words: [String]) throws -> String {
    guard let word = value(name).text, words.contains(word) else {
      throw mismatch(name, "one of " + words.map { "\"\($0)\"" }.joined(separator: ", "))
    }
    return word
  }

  /// A transform; nil where it is none.
  func transformation(_ name: String) throws -> GradientTransformation? {
    try value(name).transformation(interpreter)
  }

  /// Muon's coefficients: three numbers, rows of three, or the name of a set.
  func muonCoefficients(_ name: String = "ns_coeffs") throws -> [[Double]] {
    let given = value(name)
    switch given.text {
    case "standard": return [MuonRule.standard]
    case "dion": return MuonRule.dion
    default: break
    }
    let rows: [Value]
    if case .list(let values) = given, case .list? = values.first {
      rows = Array(values)
    } else if case .tensor(let tensor) = given, tensor.rank == 2 {
      rows = try (0..<tensor.shape[0]).map { .tensor(try tensor.indexed(at: $0)) }
    } else {
      rows = [given]
    }
    return try rows.map { row in
      guard let numbers = row.plainNumbers else {
        throw mismatch(name, "three numbers, rows of three, \"standard\" or \"dion\"")
      }
      return numbers
    }
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

  /// The transformation of these arguments, whose moments are inputs of the graph where they say so.
  func make(
    _ transformation: (OptimizerArguments) throws -> GradientTransformation
  ) throws -> GradientTransformation {
    let made = try transformation(self)
    return try flag("moment_requires_grad") ? made.tracingMoments : made
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

  /// A mask: a tree of bools or a function of the parameters; nil for none, and for one that is true.
  func mask(_ name: String = "mask") throws -> Selection? {
    switch value(name) {
    case .nil, .bool(true): nil
    default: try value(name).selection(interpreter)
    }
  }
}

extension Value {
  /// The numbers of a list of them, or of a tensor with one axis.
  fileprivate var plainNumbers: [Double]? {
    switch self {
    case .list(let values):
      let numbers = values.compactMap(\.number)
      return numbers.count == values.count ? numbers : nil
    case .tensor(let tensor): return tensor.rank == 1 ? tensor.concrete?.doubles : nil
    default: return nil
    }
  }
}
