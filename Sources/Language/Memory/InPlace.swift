// Changing a list, a record or a tensor where it stands.
//
// A pattern that binds a payload keeps the place's own reference till its scope ends, and what
// changes the payload then copies all of it: a loop that stores n elements takes n² steps. So a
// value is taken out of its place first, which holds nil meanwhile, and put back on every way out.

import Autodiff
import Tensors

extension Value {
  /// Takes the value out of its place and leaves nil there.
  @inline(__always)
  mutating func take() -> Value {
    var taken = Value.nil
    swap(&taken, &self)
    return taken
  }

  /// Runs the body on the elements of a list where they are; nil, without running it, for
  /// anything else.
  @inline(__always)
  mutating func changeElements<Result>(
    _ body: (inout List) throws -> Result
  ) rethrows -> Result? {
    guard case .list = self, case .list(var elements) = take() else { return nil }
    defer { self = .list(elements) }
    return try body(&elements)
  }

  /// Runs the body on the fields of a record where they are; nil, without running it, for
  /// anything else.
  @inline(__always)
  mutating func changeFields<Result>(
    _ body: (inout Record) throws -> Result
  ) rethrows -> Result? {
    guard case .record = self, case .record(var fields) = take() else { return nil }
    defer { self = .record(fields) }
    return try body(&fields)
  }

  /// Combines a plain tensor with another operand in its own memory, and takes it out of its place;
  /// nil, with nothing changed, where that cannot be done.
  @inline(__always)
  mutating func writeOver(
    _ kernel: BinaryKernel, with other: Value, isLeft: Bool
  ) -> Value? {
    guard case .tensor(.tensor) = self, case .tensor(.tensor(var tensor)) = take() else {
      return nil
    }
    let isDone =
      switch other {
      case .tensor(.tensor(let operand)):
        tensor.writeOver(kernel, with: operand, isLeft: isLeft)
      case .float(let number): tensor.writeOver(kernel, with: number, isLeft: isLeft)
      case .int(let number): tensor.writeOver(kernel, with: Double(number), isLeft: isLeft)
      default: false
      }
    if isDone { return .tensor(.tensor(tensor)) }
    self = .tensor(.tensor(tensor))
    return nil
  }

  /// The place of a key in a record, or nil.
  func position(of key: String) -> Int? {
    if case .record(let record) = self { record.position(of: key) } else { nil }
  }
}
