// Operators between kinds: which they take, and what comes of them.

import Syntax

extension KindWalk {
  /// `left op right`.
  func binary(
    _ operation: BinaryOperator, _ left: Known, _ right: Known, _ span: Span
  ) -> Known {
    let (left, right) = (left.value, right.value)
    if left.isUnknown || right.isUnknown {
      // The other side alone may rule it out.
      for known in [left, right] where !known.mayCompute {
        report(.operator, "\(known.description) has no operator `\(operation.rawValue)`", span)
        return .unknown
      }
      return left.isTensor || right.isTensor ? .tensor(nil) : .unknown
    }
    switch (left, right) {
    case (.tensor(let a), .tensor(let b)):
      guard let a, let b else { return .tensor(nil) }
      return operation == .matmul ? product(a, b, span) : stretched(a, b, span, operation.rawValue)
    case (.tensor(let a), _) where right.isNumber || right.isBool,
      (_, .tensor(let a)) where left.isNumber || left.isBool:
      return .tensor(a)
    case (.int, .int):
      return operation == .divide ? .float : operation == .power ? .number : .int(nil)
    case (_, _) where left.isNumber && right.isNumber:
      return isFloat(left) || isFloat(right) ? .float : .number
    case (.bool, .bool) where operation == .bitAnd || operation == .bitOr: return .bool
    case (.text, .text) where operation == .add: return .text(nil)
    case (.list, .list) where operation == .add: return .list(nil)
    case (.text, .int), (.int, .text), (.text, .number), (.number, .text):
      if operation == .multiply { return .text(nil) }
    case (.list, .int), (.int, .list), (.list, .number), (.number, .list):
      if operation == .multiply { return .list(nil) }
    default: break
    }
    report(
      .operator, KindWalk.refusal(operation, left, right), span, hint: hint(operation, left, right))
    return .unknown
  }

  private func isFloat(_ known: Known) -> Bool { if case .float = known { true } else { false } }

  private static func refusal(_ operation: BinaryOperator, _ left: Known, _ right: Known) -> String
  {
    let (a, b) = (left.description, right.description)
    return switch operation {
    case .add: "cannot add \(a) and \(b)"
    case .subtract: "cannot subtract \(b) from \(a)"
    case .multiply: "cannot multiply \(a) and \(b)"
    case .divide, .floorDivide: "cannot divide \(a) by \(b)"
    case .remainder: "cannot take the remainder of \(a) by \(b)"
    case .power: "cannot raise \(a) to the power \(b)"
    case .matmul: "cannot multiply \(a) and \(b) as matrices"
    case .bitAnd, .bitOr: "`\(operation.rawValue)` takes bools, not \(a) and \(b)"
    }
  }

  private func hint(_ operation: BinaryOperator, _ left: Known, _ right: Known) -> String? {
    switch (left, right) {
    case (.nil, _): "the left side is nil"
    case (_, .nil): "the right side is nil"
    case (.text, _), (_, .text):
      operation == .add ? "write \"{value}\" in a string, or use str(value)" : nil
    case (.list, _), (_, .list): "brackets make tensors: [1.0, 2.0]"
    default: nil
    }
  }

  /// The result of an elementwise operation, with its mistake.
  func stretched(_ a: [Int?], _ b: [Int?], _ span: Span, _ operation: String) -> Known {
    if let shape = KnownShapes.stretched(a, b) { return .tensor(shape) }
    report(
      .shape, "`\(operation)` is given tensors of shapes \(Known.text(a)) and \(Known.text(b))",
      span,
      hint: "axes are matched from the right; one of them must be 1 to stretch")
    return .tensor(nil)
  }

  /// The result of a matrix product, with its mistake.
  func product(_ a: [Int?], _ b: [Int?], _ span: Span) -> Known {
    switch KnownShapes.product(a, b) {
    case .shape(let shape): return .tensor(shape)
    case .unknown: return .tensor(nil)
    case .scalar:
      report(
        .shape, "`@` needs operands of at least one axis", span, hint: "`*` multiplies by a number")
    case .mismatch(let m, let n):
      report(
        .shape,
        "cannot multiply tensors of shapes \(Known.text(a)) and \(Known.text(b)) as matrices", span,
        hint: "the last axis of the left is \(m), and the axis of the right that meets it is \(n)")
    }
    return .tensor(nil)
  }

  /// `op operand`.
  func unary(_ operation: UnaryOperator, _ operand: Known, _ span: Span) -> Known {
    switch (operation, operand) {
    case (.complement, .bool): return .bool
    case (.negate, .int(let number)):
      return .int(number.flatMap { $0 == .min ? nil : -$0 })
    case (_, .int), (_, .float), (_, .number): return operand
    case (_, .tensor), (_, .parameter): return operand.value
    case (_, .unknown), (_, .object): return .unknown
    default:
      report(
        .operator,
        "unary `\(operation.rawValue)` takes a number or tensor, not \(operand.description)",
        span)
      return .unknown
    }
  }

  /// `left op right` of a comparison.
  func comparison(
    _ operation: ComparisonOperator, _ left: Known, _ right: Known, _ span: Span
  ) -> Known {
    let (left, right) = (left.value, right.value)
    switch operation {
    case .in, .notIn:
      switch right {
      case .int, .float, .number, .bool, .nil, .function, .model, .instance, .module:
        report(
          .operator,
          "`in` looks in lists, records, ranges, strings and tensors, not in \(right.description)",
          span)
      default: break
      }
      return .bool
    case .equal, .notEqual:
      if case .tensor(let a?) = left, case .tensor(let b?) = right {
        return stretched(a, b, span, operation.rawValue)
      }
      if left.isUnknown || right.isUnknown { return .unknown }
      return left.isTensor || right.isTensor ? .unknown : .bool
    default: break
    }
    if left.isUnknown || right.isUnknown { return .unknown }
    switch (left, right) {
    case (.tensor(let a), .tensor(let b)):
      guard let a, let b else { return .tensor(nil) }
      return stretched(a, b, span, operation.rawValue)
    case (.tensor(let a), _) where right.isNumber || right.isBool,
      (_, .tensor(let a)) where left.isNumber || left.isBool:
      return .tensor(a)
    case (_, _) where left.isNumber && right.isNumber: return .bool
    case (.text, .text), (.list, .list): return .bool
    case (.object, _), (_, .object), (.bool, _), (_, .bool): return .unknown
    default:
      report(
        .operator,
        "cannot compare \(left.description) and \(right.description) with `\(operation.rawValue)`",
        span)
      return .unknown
    }
  }

  /// A value where a Bool is asked for.
  func condition(_ known: Known, _ span: Span) {
    switch known.value {
    case .unknown, .bool, .object: return
    case .tensor(let extents):
      guard let extents, !extents.isEmpty else { return }
      report(
        .operator, "a condition must be a Bool, not \(known.description)", span,
        hint: "reduce it with any(…) or all(…), or choose by element with where(…) or `~`")
    default:
      report(
        .operator, "a condition must be a Bool, not \(known.description)", span,
        hint: known.isNumber ? "compare it, as in `x != 0`" : nil)
    }
  }

  /// What an element of a walk over a value is.
  func element(of things: Known, _ span: Span) -> Known {
    switch things.value {
    case .range: return .int(nil)
    case .list(let elements?):
      guard let first = elements.first else { return .unknown }
      return elements.dropFirst().reduce(first) { $0.joined($1) }
    case .text: return .text(nil)
    case .record: return .list([.text(nil), .unknown])
    case .tensor(let extents?):
      if !extents.isEmpty { return .tensor(Array(extents.dropFirst())) }
      report(.operator, "a 0-d tensor cannot be walked over", span)
    case .int, .float, .number:
      report(
        .operator, "\(things.description) cannot be walked over", span,
        hint: "write 0..n for a range")
    case .nil, .bool, .function, .model, .instance, .module:
      report(
        .operator, "\(things.description) cannot be walked over", span,
        hint: "`for` takes ranges, lists, records and tensors")
    default: break
    }
    return .unknown
  }
}

extension Known {
  var isBool: Bool { if case .bool = self { true } else { false } }

  /// True for what may stand beside some operator.
  fileprivate var mayCompute: Bool {
    switch self {
    case .nil, .record, .range, .function, .model, .instance, .module: false
    default: true
    }
  }
}
