// Things that can be walked over, as arrays: what `for` takes is what `map`, `zip` and `sum` take.

import Autodiff
import Language
import Tensors

extension Arguments {
  /// The elements of a list, range, record (pairs), string (characters) or tensor (first axis).
  ///
  /// - Throws: a type error for anything else, a limit error for a range too long to write out.
  func sequence(_ index: Int) throws -> [Value] { try sequence(self[index], index) }

  /// The elements of a value that came in a parameter.
  func sequence(_ value: Value, _ index: Int) throws -> [Value] {
    switch value {
    case .list(let values):
      try MemoryAccount.require(values.count, of: List.bytesOfElement)
      return Array(values)
    case .range(let range): return try range.values()
    case .record(let record):
      try MemoryAccount.require(record.count, of: List.bytesOfPair + List.bytesOfText)
      return record.pairs.map { .list([.string($0), $1]) }
    case .string(let string): return try string.characterValues()
    case .tensor(let variable): return try rows(variable, index)
    case .parameter(let cell): return try rows(cell.value, index)
    case .host(let snapshot as Snapshot): return try sequence(.record(snapshot.leaves()), index)
    case .host(let host):
      var values: [Value] = []
      while let value = try host.element(at: values.count, interpreter) {
        try Safepoint.look()
        values.append(value)
      }
      return values
    default: throw mismatch(value, index, "a List or something else that `for` walks over")
    }
  }

  private func rows(_ variable: Variable, _ index: Int) throws -> [Value] {
    guard variable.rank > 0 else { throw mismatch(index, "something with elements") }
    var rows = Rows(variable)
    return try Safepoint.map(0..<variable.shape[0]) { .tensor(try rows($0)) }
  }

  /// The plain numbers of a list or range of them; nil for anything else, one tensor in it
  /// suffices.
  func numbers(_ value: Value) throws -> [Value]? {
    switch value {
    case .list(let values):
      for (i, value) in values.enumerated() {
        if i & 65535 == 65535 { try Safepoint.look() }
        switch value {
        case .int, .float, .bool: continue
        default: return nil
        }
      }
      return try sequence(value, 0)
    case .range: return try sequence(value, 0)
    default: return nil
    }
  }

  /// What a small tensor takes, and its place in two arrays.
  static let bytesOfTensor = 192

  /// A tensor, a number, or a list of numbers and tensors of one shape, as a tensor.
  func stacked(_ index: Int) throws -> Variable { try stacked(self[index], index) }

  /// A value of a parameter as a tensor, lists stacked.
  func stacked(_ value: Value, _ index: Int, depth: Int = 0) throws -> Variable {
    if let variable = value.variable { return variable }
    guard depth <= Shape.maximumRank else {
      throw RuntimeError(.shape, "a tensor has at most \(Shape.maximumRank) axes")
    }
    switch value {
    case .list(let values):
      if let numbers = try numbers(value) { return .tensor(try Arguments.tensor(of: numbers)) }
      try MemoryAccount.require(values.count, of: Arguments.bytesOfTensor)
      return try Variable.stack(
        Arguments.alike(Safepoint.map(Array(values)) { try stacked($0, index, depth: depth + 1) }),
        axis: 0)
    case .range(let range): return .tensor(try Tensor.arange(range.start, range.stop, range.step))
    default: throw mismatch(value, index, "a Tensor or a List of numbers")
    }
  }

  /// Tensors in one dtype, the greatest of theirs.
  static func alike(_ variables: [Variable]) throws -> [Variable] {
    let dtype = variables.reduce(DType.bool) { .promoted($0, $1.dtype) }
    return try Safepoint.map(variables) { try $0.converted(to: dtype) }
  }

  /// A tensor of one axis of plain numbers: bools, or ints, or else the default float type.
  static func tensor(of numbers: [Value]) throws -> Tensor {
    let shape = try Shape([numbers.count])
    var ints: [Int] = []
    var bools = 0
    var floats = 0
    try Safepoint.forEach(0..<numbers.count) { i in
      switch numbers[i] {
      case .int(let value): ints.append(value)
      case .bool(let value):
        ints.append(value ? 1 : 0)
        bools += 1
      default: floats += 1
      }
    }
    if floats == 0 && !numbers.isEmpty {
      let tensor = try Tensor.make(shape, .i64) { elements in
        elements.withMemoryRebound(to: Int.self, capacity: ints.count) {
          $0.update(from: ints, count: ints.count)
        }
      }
      return bools == ints.count ? try tensor.converted(to: .bool) : tensor
    }
    let tensor = try Tensor.make(shape, .f64) { elements in
      let elements = elements.assumingMemoryBound(to: Double.self)
      try Safepoint.forEach(0..<numbers.count) { i in
        if case .bool(let value) = numbers[i] {
          elements[i] = value ? 1 : 0
        } else {
          elements[i] = numbers[i].number ?? 0
        }
      }
    }
    return try tensor.converted(to: Context.current.defaultFloat)
  }
}
