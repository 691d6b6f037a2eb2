// What operators mean for every kind of value. The machine comes here when its own paths for
// numbers of one kind do not apply.

import Autodiff
import Syntax
import Tensors

extension Value {
  /// `x op y`.
  package static func binary(_ operation: BinaryOperator, _ x: Value, _ y: Value) throws -> Value {
    // Tensors come first: the pairs below are copies of both, which small ones would notice.
    if case .tensor(let a) = x, case .tensor(let b) = y {
      return .tensor(try TensorOperations.binary(operation, a, b))
    }
    if x.isTensor || y.isTensor { return try tensorBinary(operation, x, y) }
    switch (x, y) {
    case (.int(let m), .int(let n)): return try Numbers.apply(operation, m, n)
    case (.float(let m), .float(let n)): return try Numbers.apply(operation, m, n)
    case (.int(let m), .float(let n)): return try Numbers.apply(operation, Double(m), n)
    case (.float(let m), .int(let n)): return try Numbers.apply(operation, m, Double(n))
    case (.bool(let m), .bool(let n)) where operation == .bitAnd: return .bool(m && n)
    case (.bool(let m), .bool(let n)) where operation == .bitOr: return .bool(m || n)
    case (.string(let s), .string(let t)) where operation == .add:
      try MemoryAccount.require(s.text.utf8.count + t.text.utf8.count)
      return .string(s.text + t.text)
    case (.string(let s), .int(let n)) where operation == .multiply,
      (.int(let n), .string(let s)) where operation == .multiply:
      guard !s.text.isEmpty else { return .string(s) }
      return .string(try repeated(s.text, count: max(n, 0)))
    case (.list(let s), .list(let t)) where operation == .add:
      try MemoryAccount.require(s.count + t.count, of: List.bytesOfElement)
      return .list(s + t)
    case (.list(let s), .int(let n)) where operation == .multiply,
      (.int(let n), .list(let s)) where operation == .multiply:
      guard !s.isEmpty else { return .list(s) }
      return .list(try List(repeating: s, count: n))
    default:
      if x.recordedNumber != nil || y.recordedNumber != nil {
        return try RecordedNumber.binary(operation, x, y)
      }
      throw mismatch(operation, x, y)
    }
  }

  private static func repeated(_ text: String, count: Int) throws -> String {
    let (bytes, overflow) = text.utf8.count.multipliedReportingOverflow(by: count)
    try MemoryAccount.require(overflow ? .max : bytes)
    // Through a longer part, so that few are put together, with looks between.
    guard count > 4096 else { return String(repeating: text, count: count) }
    let part = String(repeating: text, count: 1024)
    var result = ""
    result.reserveCapacity(bytes)
    for _ in 0..<count / 1024 {
      try Safepoint.look()
      result += part
    }
    return result + String(repeating: text, count: count % 1024)
  }

  private static func tensorBinary(_ operation: BinaryOperator, _ x: Value, _ y: Value) throws
    -> Value
  {
    if x.recordedNumber != nil || y.recordedNumber != nil {
      return try RecordedNumber.binary(operation, x, y)
    }
    guard let (a, b) = TensorOperations.operands(x, y) else { throw mismatch(operation, x, y) }
    return .tensor(try TensorOperations.binary(operation, a, b))
  }

  private static func mismatch(_ operation: BinaryOperator, _ x: Value, _ y: Value) -> RuntimeError
  {
    let left = x.shortDescription
    let right = y.shortDescription
    let hint = operatorHint(operation, x, y)
    let message =
      switch operation {
      case .add: "cannot add \(left) and \(right)"
      case .subtract: "cannot subtract \(right) from \(left)"
      case .multiply: "cannot multiply \(left) and \(right)"
      case .divide, .floorDivide: "cannot divide \(left) by \(right)"
      case .remainder: "cannot take the remainder of \(left) by \(right)"
      case .power: "cannot raise \(left) to the power \(right)"
      case .matmul: "cannot multiply \(left) and \(right) as matrices"
      case .bitAnd, .bitOr: "`\(operation.rawValue)` takes bools, not \(left) and \(right)"
      }
    return RuntimeError(.type, message, hint: hint)
  }

  /// What may have been meant by an operator that does not take its operands.
  private static func operatorHint(_ operation: BinaryOperator, _ x: Value, _ y: Value) -> String {
    if x.isNil || y.isNil {
      return "the \(x.isNil ? "left" : "right") side is nil, as a function without a value gives it"
    }
    if x.text != nil || y.text != nil {
      switch operation {
      case .add: return "write \"{value}\" in a string, or use str(value)"
      case .remainder where x.text != nil:
        return "values stand in the string itself: \"x = {x:.2f}\""
      case .subtract: return "text.replace(part, \"\") takes a part out"
      default: return "int(text) and float(text) read a number"
      }
    }
    for side in [x, y] {
      switch side {
      case .list: return "brackets make tensors: [1.0, 2.0]; tensor(xs) makes one of a list"
      case .record:
        return operation == .add
          ? "{...a, ...b} joins two records, and tree_add adds their leaves"
          : "tree_map(f, a, b) works leaf by leaf"
      case .function(let closure): return "call the function: \(closure.prototype.name)(…)"
      case .builtin(let builtin): return "call the function: \(builtin.name)(…)"
      case .range: return "arange(start, stop) makes a tensor of numbers"
      case .instance(let instance):
        return "its numbers are fields: .\(instance.type.fields.first?.name ?? "w")"
      case .model(let type): return "make the model by calling it: \(type.name)(…)"
      default: continue
      }
    }
    return "operators take numbers and tensors"
  }

  /// `-x`, `+x`, `~x`.
  static func unary(_ operation: UnaryOperator, _ x: Value) throws -> Value {
    switch (operation, x) {
    case (.negate, .int(let m)):
      guard m != .min else { throw Numbers.overflow("-(\(m))") }
      return .int(-m)
    case (.negate, .float(let m)): return .float(-m)
    case (.plus, .int), (.plus, .float): return x
    case (.complement, .bool(let flag)): return .bool(!flag)
    case (.complement, .int(let m)): return .int(~m)
    case (.negate, .host(let number as RecordedNumber)): return try number.negated()
    case (_, .tensor), (_, .parameter):
      guard let variable = x.variable else { return .nil }
      return .tensor(try TensorOperations.unary(operation, variable))
    default:
      throw RuntimeError(
        .type, "unary `\(operation.rawValue)` takes a number or tensor, not \(x.shortDescription)",
        hint: operatorHint(.multiply, x, x))
    }
  }

  // MARK: - Comparisons

  /// `x op y` for a comparison: a Bool, or a tensor of them where an operand is a tensor.
  package static func compare(_ comparison: ComparisonOperator, _ x: Value, _ y: Value) throws
    -> Value
  {
    if x.recordedNumber != nil || y.recordedNumber != nil {
      return try RecordedNumber.compare(comparison, x, y)
    }
    switch comparison {
    case .in: return .bool(try y.contains(x))
    case .notIn: return .bool(try !y.contains(x))
    default: break
    }
    switch (x, y) {
    case (.int(let m), .int(let n)): return .bool(Numbers.compare(comparison, m, n))
    case (.float(let m), .float(let n)): return .bool(Numbers.compare(comparison, m, n))
    case (.int(let m), .float(let n)):
      return .bool(Numbers.compare(comparison, Numbers.order(m, n), 0))
    case (.float(let m), .int(let n)):
      return .bool(Numbers.compare(comparison, 0, Numbers.order(n, m)))
    case (.string(let s), .string(let t)):
      return .bool(Numbers.compare(comparison, s.text, t.text))
    default: break
    }
    if x.isTensor || y.isTensor {
      if let (a, b) = TensorOperations.operands(x, y) {
        return .tensor(try TensorOperations.compare(comparison, a, b))
      }
      if comparison == .equal || comparison == .notEqual { return .bool(comparison == .notEqual) }
    }
    switch comparison {
    case .equal: return .bool(try equal(x, y))
    case .notEqual: return .bool(try !equal(x, y))
    default:
      if case .list(let s) = x, case .list(let t) = y {
        for (v, w) in zip(s, t) where try !equal(v, w) { return try compare(comparison, v, w) }
        return .bool(Numbers.compare(comparison, s.count, t.count))
      }
      throw RuntimeError(
        .type,
        "cannot compare \(x.shortDescription) and \(y.shortDescription) with `\(comparison.rawValue)`",
        hint: x.isNil || y.isNil ? "one side is nil" : "numbers, texts and tensors have an order")
    }
  }

  /// What a condition makes of a value.
  package func truth() throws -> Bool {
    switch self {
    case .bool(let flag): return flag
    case .tensor, .parameter:
      guard let variable = self.variable, variable.dtype == .bool, variable.rank == 0 else {
        throw RuntimeError(
          .type, "a condition must be a Bool, not \(shortDescription)",
          hint: (self.variable?.rank ?? 0) == 0
            ? "compare it, as in `x > 0`"
            : self.variable?.dtype == .bool
              ? "reduce it with any(…) or all(…); element by element it is ~mask, a & b, a | b, and "
                + "where(mask, a, b)"
              : "compare it, and reduce that with any(…) or all(…)")
      }
      guard let tensor = variable.concrete else {
        throw RuntimeError(
          .value, "a condition inside vmap has a value for each example",
          hint: "choose element by element with where(condition, a, b)")
      }
      return tensor.firstInt != 0
    default:
      throw RuntimeError(
        .type, "a condition must be a Bool, not \(shortDescription)", hint: conditionHint)
    }
  }

  /// What to compare where a Bool is wanted.
  private var conditionHint: String {
    switch self {
    case .int, .float: "compare it, as in `x != 0`"
    case .list, .record: "ask for its length, as in `len(x) > 0`"
    case .string: "ask for its length, as in `len(text) > 0`"
    case .nil: "compare it, as in `x != nil`; a function without a value gives nil"
    case .function, .builtin: "call the function with ()"
    default: "compare it, as in `x != nil`"
    }
  }

  /// `element in self`.
  private func contains(_ element: Value) throws -> Bool {
    switch self {
    case .list(let values):
      var isFound = false
      try Safepoint.pieces(of: 0..<values.count, each: 1 << 14) { piece in
        isFound = try isFound || piece.contains { try Value.equal(values[$0], element) }
      }
      return isFound
    case .record(let record):
      guard let key = element.text else {
        throw RuntimeError(.type, "a record's keys are strings, not \(element.shortDescription)")
      }
      return record.position(of: key) != nil
    case .host(let snapshot as Snapshot):
      guard let name = element.text else {
        throw RuntimeError(
          .type, "a snapshot's names are strings, not \(element.shortDescription)")
      }
      return (try? snapshot.part(at: name)) != nil
    case .string(let text):
      guard let part = element.text else {
        throw RuntimeError(
          .type, "a string holds strings, not \(element.shortDescription)")
      }
      return try text.text.firstPlace(of: part) != nil
    case .range(let range):
      guard let value = Numbers.whole(element) else { return false }
      let (distance, overflow) = value.subtractingReportingOverflow(range.start)
      guard !overflow, range.count > 0 else { return false }
      let (quotient, remainder) = distance.quotientAndRemainder(dividingBy: range.step)
      return remainder == 0 && quotient >= 0 && quotient < range.count
    case .tensor, .parameter:
      guard let tensor = variable, let value = element.variable, value.rank == 0 else {
        throw RuntimeError(.type, "a tensor holds numbers, not \(element.shortDescription)")
      }
      let same = try TensorOperations.compare(.equal, tensor, value)
      guard let found = same.concrete else { return false }
      return try found.any(.all(rank: found.rank)).firstInt != 0
    default:
      throw RuntimeError(
        .type,
        "`in` looks in lists, records, ranges, strings and tensors, not in "
          + shortDescription,
        hint: number == nil ? "keys(x) or tolist(x) may give a list" : "write 0..n for a range")
    }
  }
}

extension Value {
  /// True for what arithmetic takes.
  var isNumeric: Bool {
    switch self {
    case .int, .float, .bool, .tensor, .parameter: true
    default: false
    }
  }

  /// True for a tensor or parameter.
  package var isTensor: Bool {
    switch self {
    case .tensor, .parameter: true
    default: false
    }
  }
}
