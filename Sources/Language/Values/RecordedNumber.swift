// Numbers of a run that is being recorded that may be others in its next run.
//
// A Float or an Int that was another at an earlier call is *counted*: what arithmetic makes of it is computed
// anew before each run, as the program would (`RecordedPrologue`), and where it meets a tensor it is an operand.
// The number that `item` takes from a tensor is *measured*: arithmetic on it is operations of the recording.
//
// Whoever else looks at such a number gets the number of this run. The recording then holds for runs in which
// that number is the same, or, where it was measured, not at all. So built-ins never see one of these.

import Autodiff
import Syntax
import Tensors

/// A number of the run that is being recorded.
package final class RecordedNumber: HostObject {
  package typealias Compute = (RecordedPrologue.Operands) throws -> Value

  private enum Source {
    case counted(Compute)
    /// An f64 without axes.
    case measured(Variable)
  }

  /// The number of this run.
  private let held: Value
  private let source: Source

  private init(_ held: Value, _ source: Source) {
    self.held = held
    self.source = source
    super.init()
    Context.current.activeRecording?.hasNumbers = true
  }

  /// A number that is computed before each run.
  package convenience init(_ held: Value, counted compute: @escaping Compute) {
    self.init(held, .counted(compute))
  }

  /// The number of a tensor of one element; nil for one that no recording follows.
  package convenience init?(measuring variable: Variable?) throws {
    guard let variable, let recording = Context.current.activeRecording, variable.dtype.isFloat,
      variable.count == 1,
      variable.isRecorded, !variable.isMapped
    else { return nil }
    let number = try stopGradient(variable).converted(to: .f64).reshape(to: Shape())
    // What the recording stands for outside is a number that nobody decides anything by.
    self.init(.float(recording.outside(number).underlying.firstDouble), .measured(number))
  }

  /// The number of this run, for who looks at it.
  package var plain: Value {
    switch source {
    case .counted(let compute):
      Context.current.activeRecording?.require { [held] in
        try compute($0).isIdentical(to: held)
      }
    case .measured:
      Context.current.meets(
        obstacle: "looks at numbers that may be others at the next call")
    }
    return held
  }

  /// What the number is to another run.
  package enum Outcome {
    case counted(Compute)
    case measured(Variable)
  }
  package var outcome: Outcome {
    switch source {
    case .counted(let compute): .counted(compute)
    case .measured(let variable): .measured(variable)
    }
  }

  package override var typeName: String { held.typeName }
  package override var summary: String { plain.description() }
  package override var mayHoldCode: Bool { false }
  package override func isEqual(_ other: HostObject) -> Bool {
    (try? Value.equal(plain, .host(other).looked)) ?? false
  }
}

// MARK: - Arithmetic

extension RecordedNumber {
  /// The number as an operand beside a tensor of floats.
  private func variable(beside x: Variable) throws -> Variable {
    switch source {
    case .measured(let variable): return try variable.converted(to: x.dtype)
    case .counted(let compute):
      let dtype = x.dtype
      @Sendable func fitting(_ number: Value) -> Tensor {
        let like = Value.tensor(.tensor(Tensor(0, dtype: dtype)))
        return TensorOperations.operands(like, number)?.1.underlying ?? Tensor(0.0)
      }
      guard let recording = Context.current.activeRecording else { return .tensor(fitting(held)) }
      return recording.operand(of: fitting(held)) { fitting(try compute($0)) }
    }
  }

  /// `x op y`, where one of them is such a number.
  static func binary(_ operation: BinaryOperator, _ x: Value, _ y: Value) throws -> Value {
    let (a, b) = (x.recordedNumber, y.recordedNumber)
    if x.isTensor || y.isTensor {
      guard operation.isArithmetic, let number = a ?? b, let tensor = (x.isTensor ? x : y).variable,
        tensor.dtype.isFloat
      else { return try .binary(operation, x.looked, y.looked) }
      let operand = try number.variable(beside: tensor)
      return .tensor(
        a == nil
          ? try TensorOperations.binary(operation, tensor, operand)
          : try TensorOperations.binary(operation, operand, tensor))
    }
    let isMeasured = a?.isMeasured == true || b?.isMeasured == true
    guard operation.isArithmetic || !isMeasured, let held = x.heldNumber, let other = y.heldNumber
    else { return try .binary(operation, x.looked, y.looked) }
    let result = try Value.binary(operation, held, other)
    guard isMeasured else {
      let (first, second) = (x.computed, y.computed)
      return .host(
        RecordedNumber(result) { try .binary(operation, first($0), second($0)) })
    }
    let like = Variable.tensor(Tensor(0.0))
    func variable(_ number: RecordedNumber?, _ value: Value) throws -> Variable {
      try number?.variable(beside: like)
        ?? TensorOperations.operands(.tensor(like), value)?.1 ?? like
    }
    return .host(
      RecordedNumber(
        result,
        .measured(
          try TensorOperations.binary(operation, variable(a, held), variable(b, other)))))
  }

  /// `-x`.
  func negated() throws -> Value {
    let result = try Value.unary(.negate, held)
    switch source {
    case .counted(let compute):
      return .host(RecordedNumber(result) { try Value.unary(.negate, compute($0)) })
    case .measured(let variable): return .host(RecordedNumber(result, .measured(try -variable)))
    }
  }

  /// `x op y` for a comparison: what it decides, the recording holds for.
  static func compare(_ comparison: ComparisonOperator, _ x: Value, _ y: Value) throws -> Value {
    if x.isTensor || y.isTensor, comparison != .in, comparison != .notIn,
      let number = x.recordedNumber ?? y.recordedNumber,
      let tensor = (x.isTensor ? x : y).variable, tensor.dtype.isFloat
    {
      let operand = try number.variable(beside: tensor)
      return .tensor(
        x.isTensor
          ? try TensorOperations.compare(comparison, tensor, operand)
          : try TensorOperations.compare(comparison, operand, tensor))
    }
    let isCounted = x.recordedNumber?.isMeasured != true && y.recordedNumber?.isMeasured != true
    guard isCounted, comparison != .in, comparison != .notIn, let held = x.heldNumber,
      let other = y.heldNumber
    else { return try .compare(comparison, x.looked, y.looked) }
    let result = try Value.compare(comparison, held, other)
    let (first, second) = (x.computed, y.computed)
    Context.current.activeRecording?.require {
      let again = try Value.compare(comparison, first($0), second($0))
      return again.isSameBool(as: result)
    }
    return result
  }

  fileprivate var isMeasured: Bool { if case .measured = source { true } else { false } }
}

extension BinaryOperator {
  fileprivate var isArithmetic: Bool {
    switch self {
    case .add, .subtract, .multiply, .divide: true
    default: false
    }
  }
}

extension Value {
  /// The number of a recording that the value is.
  var recordedNumber: RecordedNumber? {
    if case .host(let host) = self { host as? RecordedNumber } else { nil }
  }

  /// The value with plain numbers in the place of those of a recording.
  package var looked: Value {
    if let number = recordedNumber { return number.plain }
    guard contains({ $0.recordedNumber != nil }) else { return self }
    return mapParts(\.looked) ?? self
  }

  /// The number of this run; nil for what is none.
  fileprivate var heldNumber: Value? {
    switch self {
    case .int, .float: self
    case .host(let number as RecordedNumber): number.heldValue
    default: nil
    }
  }

  /// How another run has the number.
  fileprivate var computed: RecordedNumber.Compute {
    if case .counted(let compute)? = recordedNumber?.outcome { return compute }
    return { _ in self }
  }

  fileprivate func isSameBool(as other: Value) -> Bool {
    if case .bool(let a) = self, case .bool(let b) = other { a == b } else { false }
  }
}

extension RecordedNumber {
  fileprivate var heldValue: Value { held }
}
