// Operators on tensors: the one place where the machine meets the primitives' names.
//
// A bare number never changes a tensor's dtype, except that a Float with an i64 or bool tensor
// gives the default float type.

import Autodiff
import Syntax
import Tensors

enum TensorOperations {
  static func binary(_ operation: BinaryOperator, _ a: Variable, _ b: Variable) throws -> Variable {
    switch operation {
    case .add: try a + b
    case .subtract: try a - b
    case .multiply: try a * b
    case .divide: try a / b
    case .floorDivide: try a.floorDivided(by: b)
    case .remainder: try a.remainder(dividingBy: b)
    case .power: try a.power(b)
    case .matmul: try a.matmul(b)
    case .bitAnd: try a.and(b)
    case .bitOr: try a.or(b)
    }
  }

  static func compare(_ comparison: ComparisonOperator, _ a: Variable, _ b: Variable) throws
    -> Variable
  {
    switch comparison {
    case .equal: try a.isEqual(to: b)
    case .notEqual: try a.isNotEqual(to: b)
    case .less: try a.isLess(than: b)
    case .lessEqual: try a.isLessOrEqual(to: b)
    case .greater: try a.isGreater(than: b)
    case .greaterEqual: try a.isGreaterOrEqual(to: b)
    case .in, .notIn: a
    }
  }

  static func unary(_ operation: UnaryOperator, _ x: Variable) throws -> Variable {
    switch operation {
    case .negate: try -x
    case .plus: x
    case .complement: try x.not()
    }
  }

  /// The operands as variables, a bare number in a dtype that leaves the other's alone.
  static func operands(_ x: Value, _ y: Value) -> (Variable, Variable)? {
    switch x {
    case .int, .float:
      guard let b = y.variable else { return nil }
      return (fitting(x, b), b)
    default: break
    }
    guard let a = x.variable else { return nil }
    switch y {
    case .int, .float: return (a, fitting(y, a))
    default: break
    }
    guard let b = y.variable else { return nil }
    return (a, b)
  }

  private static func fitting(_ number: Value, _ other: Variable) -> Variable {
    switch number {
    case .int(let value):
      other.dtype.isFloat ? Variable(Double(value), dtype: other.dtype) : .tensor(Tensor(value))
    case .float(let value): .number(value, like: other)
    default: other
    }
  }
}

extension Tensor {
  /// A vector of integers.
  package static func i64(_ values: [Int]) throws -> Tensor {
    try Tensor.make(Shape(values.count), .i64) { address in
      for (i, value) in values.enumerated() {
        address.storeBytes(of: value, toByteOffset: i * 8, as: Int.self)
      }
    }
  }
}
