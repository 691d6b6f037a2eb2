// What is computed before a recording runs: numbers that follow from counts alone.
//
// An optimizer counts its steps, and its rate and its corrections 1 - βᵗ follow from the count. In a run that is
// being recorded such a number is *counted*: it has the value of the run, and how it is computed from the
// operands of another. Where it meets a tensor it becomes an operand, a tensor of no axes, which each run
// computes by the very arithmetic of Double that the program would have done; where something is decided by it,
// the recording holds for runs in which that is decided alike.

import Tensors

/// What a recording computes and looks at before it runs.
package struct RecordedPrologue {
  /// The operands of a run, as far as they are known.
  package typealias Operands = [Variable?]

  /// One thing after the other.
  package enum Step {
    /// A number that is an operand.
    case operand(Int, (Operands) throws -> Tensor)
    /// Something that has to hold.
    case condition((Operands) throws -> Bool)
  }

  /// In the order in which the run met them.
  package fileprivate(set) var steps: [Step] = []
}

extension Recording {
  /// A number that is computed before each run, as an operand.
  package func operand(
    of tensor: Tensor, _ compute: @escaping (RecordedPrologue.Operands) throws -> Tensor
  ) -> Variable {
    let operand = operand(for: .tensor(tensor))
    prologue.steps.append(.operand(operand.index, compute))
    return operand.variable
  }

  /// Holds for runs of which something is true that is true of this one.
  package func require(_ condition: @escaping (RecordedPrologue.Operands) throws -> Bool) {
    prologue.steps.append(.condition(condition))
  }
}

// MARK: - Counts

/// A count of steps: a whole number, and in a run that is being recorded how it follows from the operands.
public struct Count: Sendable {
  /// The number.
  public let value: Int
  /// How another run has it; nil for one that is the same in each.
  fileprivate let compute: (@Sendable (RecordedPrologue.Operands) throws -> Int)?

  /// A count that is the same whenever the run is recorded.
  public init(_ value: Int) { (self.value, compute) = (value, nil) }

  private init(
    _ value: Int, _ compute: (@Sendable (RecordedPrologue.Operands) throws -> Int)?
  ) {
    (self.value, self.compute) = (value, compute)
  }

  /// The count that a state holds, the same for all examples; nil for other numbers.
  package init?(_ variable: Variable) {
    if let recording = Context.current.activeRecording,
      case .operand(let index) = recording.output(variable),
      let value = recording.operands[index].commonInteger
    {
      self.init(value) { operands in
        guard let value = operands[index]?.commonInteger else { throw Count.isNone }
        return value
      }
    } else {
      guard let value = variable.commonInteger else { return nil }
      self.init(value)
    }
  }

  private static func next(_ value: Int) -> Int { value < Int.max ? value + 1 : value }

  private static let isNone = TensorError(.value, "the operand of a recording is no count")

  /// True where it is known to be another's.
  package func isSame(as other: Count) -> Bool {
    compute == nil && other.compute == nil && value == other.value
  }

  /// The next one; it stays at the greatest there is.
  package var following: Count {
    guard let compute else { return Count(Count.next(value)) }
    return Count(Count.next(value)) { operands in Count.next(try compute(operands)) }
  }

  /// The count as a state keeps it.
  package var variable: Variable {
    guard let compute, let recording = Context.current.activeRecording else {
      return .tensor(Tensor(value))
    }
    return recording.operand(of: Tensor(value)) { Tensor(try compute($0)) }
  }

  /// The count as a number of a formula.
  package var scalar: Scalar { number { Double($0) } }

  /// A number that follows from the count.
  package func number(_ number: @escaping @Sendable (Int) throws -> Double) rethrows -> Scalar {
    let found = try number(value)
    guard let compute else { return .number(found) }
    return .counted(CountedNumber(found) { try number(compute($0)) })
  }

  /// Whether something is true of the count; a recording holds for runs that agree.
  package func decides(_ test: @escaping @Sendable (Int) -> Bool) -> Bool {
    let outcome = test(value)
    if let compute {
      Context.current.activeRecording?.require { test(try compute($0)) == outcome }
    }
    return outcome
  }

  /// True for a count that is the same in each run.
  package var isFixed: Bool { compute == nil }
}

/// A number that a recorded run has from counts alone.
public final class CountedNumber: @unchecked Sendable {
  fileprivate let value: Double
  private let compute: (RecordedPrologue.Operands) throws -> Double

  fileprivate init(
    _ value: Double, _ compute: @escaping (RecordedPrologue.Operands) throws -> Double
  ) {
    (self.value, self.compute) = (value, compute)
  }

  /// The number, by which something is decided that nobody knows: the recording holds for this one alone.
  var decided: Double {
    Context.current.activeRecording?.require { [value, compute] in
      try compute($0).bitPattern == value.bitPattern
    }
    return value
  }

  /// Whether something is true of the number; a recording holds for runs that agree.
  func decides(_ test: @escaping (Double) -> Bool) -> Bool {
    let outcome = test(value)
    Context.current.activeRecording?.require { [compute] in test(try compute($0)) == outcome }
    return outcome
  }

  /// The number as a tensor of no axes.
  func variable(_ dtype: DType) -> Variable {
    guard let recording = Context.current.activeRecording else {
      return .tensor(Tensor(value, dtype: dtype))
    }
    return recording.operand(of: Tensor(value, dtype: dtype)) { [compute] in
      Tensor(try compute($0), dtype: dtype)
    }
  }

  func mapped(_ transform: @escaping (Double) -> Double) -> CountedNumber {
    CountedNumber(transform(value)) { [compute] in transform(try compute($0)) }
  }

  /// What a formula makes of two numbers, one of which is counted.
  static func combining(
    _ a: Scalar, _ b: Scalar, _ formula: @escaping (Double, Double) -> Double
  ) -> CountedNumber? {
    switch (a, b) {
    case (.counted(let a), .counted(let b)):
      CountedNumber(formula(a.value, b.value)) { formula(try a.compute($0), try b.compute($0)) }
    case (.counted(let a), .number(let b)): a.mapped { formula($0, b) }
    case (.number(let a), .counted(let b)): b.mapped { formula(a, $0) }
    default: nil
    }
  }
}
