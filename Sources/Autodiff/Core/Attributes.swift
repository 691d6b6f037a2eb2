// The constants of an operation. Each primitive says which it takes, and reads them as that: others are a
// mistake of ours, never the operand given back as a result.

import Tensors

/// The constants of an operation: axes, shapes, indices.
package enum Attributes: @unchecked Sendable {
  case none
  /// An axis, an index, an extent, an order, or flags.
  case int(Int)
  case axes(AxisSet, keepAxes: Bool)
  case dtype(DType)
  case number(Double)
  indirect case shape(Shape)
  case object(AnyObject)
}

extension Attributes {
  var int: Int {
    guard case .int(let number) = self else { mismatch("a whole number") }
    return number
  }

  var axes: (AxisSet, keepAxes: Bool) {
    guard case .axes(let axes, let keepAxes) = self else { mismatch("axes") }
    return (axes, keepAxes)
  }

  var dtype: DType {
    guard case .dtype(let dtype) = self else { mismatch("a dtype") }
    return dtype
  }

  var shape: Shape {
    guard case .shape(let shape) = self else { mismatch("a shape") }
    return shape
  }

  /// A number that may have been left out.
  var optionalNumber: Double? {
    switch self {
    case .none: nil
    case .number(let number): number
    default: mismatch("a number or nothing")
    }
  }

  func object<Object: AnyObject>(as type: Object.Type) -> Object {
    guard case .object(let object) = self, Swift.type(of: object) == type else {
      mismatch("\(type)")
    }
    return unsafeDowncast(object, to: type)
  }

  @inline(never)
  private func mismatch(_ expected: String) -> Never {
    preconditionFailure("an operation expected \(expected) and was given \(self); please report")
  }
}
