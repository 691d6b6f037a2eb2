// What operators mean for every kind of value. The machine comes here when its own paths for
// numbers of one kind do not apply.

import Autodiff
import Glibc
import Syntax
import Tensors

extension Machine {
  /// An operator on R[b] and R[c], or R[b] and a constant; the result goes to R[a], and operands
  /// that were temporaries are forgotten. A tensor that is not read again gives its memory.
  ///
  /// - Parameter updates: the flag that says whether it is the operation of `x += v`.
  @inline(never)
  func slowBinary(
    _ operation: BinaryOperator, _ i: Instruction, _ base: UnsafeMutablePointer<Value>,
    _ pc: UnsafePointer<Instruction>, _ constant: UnsafeMutablePointer<Value>? = nil,
    updates: UInt8 = Flags.updates
  ) throws {
    // Before this operation says where it stands: the time until now was another's.
    if interpreter.interrupt.isPending { _ = try safepoint() }
    state.pointee.pc = pc - 1
    let a = base + Int(i.a)
    let x = base + Int(i.b)
    let y = constant ?? base + Int(i.c)
    if operation == .add, i.a == i.b, case .list(let more) = y.pointee {
      // `xs += more` grows the list in place where it is uniquely held.
      if x.pointee.changeElements({ $0 += more }) != nil { return }
    }
    interpreter.context.place = UInt64(UInt(bitPattern: pc - 1))
    let isLeft = i.flags & Flags.swapped == 0
    let result =
      try overwriting(operation, i, x, y, isLeft: isLeft, isConstant: constant != nil)
      ?? (isLeft
        ? binary(operation, x.pointee, y.pointee) : binary(operation, y.pointee, x.pointee))
    if i.flags & updates != 0 { noteUpdate(of: x, operation) }
    if i.flags & Flags.temporaryB != 0 { x.pointee = .nil }
    if i.flags & Flags.temporaryC != 0 { y.pointee = .nil }
    a.pointee = result
  }

  /// Says that a variable which held a parameter is about to hold a tensor.
  @inline(never)
  private func noteUpdate(
    of place: UnsafeMutablePointer<Value>, _ operation: BinaryOperator
  ) {
    guard case .parameter = place.pointee else { return }
    interpreter.warnOnce(
      "the variable that held a parameter now holds a tensor, and the parameter is as it was",
      hint: "`p.value \(operation.rawValue)= …` changes a parameter p")
  }

  /// The result in the memory of an operand: a temporary, or what the variable held that the result
  /// is assigned to. Nil, with nothing changed, where neither is a plain tensor that nobody else
  /// holds.
  ///
  /// - Parameter isLeft: whether x is the left operand.
  @inline(__always)
  private func overwriting(
    _ operation: BinaryOperator, _ i: Instruction, _ x: UnsafeMutablePointer<Value>,
    _ y: UnsafeMutablePointer<Value>, isLeft: Bool, isConstant: Bool
  ) -> Value? {
    guard let kernel = operation.kernel, x != y, !interpreter.context.detectsAnomalies else {
      return nil
    }
    if i.flags & Flags.temporaryB != 0 || i.a == i.b,
      let result = x.pointee.writeOver(kernel, with: y.pointee, isLeft: isLeft)
    {
      return result
    }
    guard !isConstant, i.flags & Flags.temporaryC != 0 || i.a == i.c else { return nil }
    return y.pointee.writeOver(kernel, with: x.pointee, isLeft: !isLeft)
  }

  /// `x op y`.
  func binary(_ operation: BinaryOperator, _ x: Value, _ y: Value) throws -> Value {
    switch (x, y) {
    case (.int(let m), .int(let n)): return try Numbers.apply(operation, m, n)
    case (.float(let m), .float(let n)): return try Numbers.apply(operation, m, n)
    case (.int(let m), .float(let n)): return try Numbers.apply(operation, Double(m), n)
    case (.float(let m), .int(let n)): return try Numbers.apply(operation, m, Double(n))
    case (.bool(let m), .bool(let n)) where operation == .bitAnd: return .bool(m && n)
    case (.bool(let m), .bool(let n)) where operation == .bitOr: return .bool(m || n)
    case (.string(let s), .string(let t)) where operation == .add:
      return .string(s.text + t.text)
    case (.string(let s), .int(let n)) where operation == .multiply,
      (.int(let n), .string(let s)) where operation == .multiply:
      try limit(s.text.utf8.count, times: n)
      guard !s.text.isEmpty else { return .string(s) }
      return .string(String(repeating: s.text, count: max(n, 0)))
    case (.list(let s), .list(let t)) where operation == .add: return .list(s + t)
    case (.list(let s), .int(let n)) where operation == .multiply,
      (.int(let n), .list(let s)) where operation == .multiply:
      try limit(s.count, times: n)
      guard !s.isEmpty else { return .list(s) }
      return .list(Array((0..<max(n, 0)).map { _ in s }.joined()))
    default: return try tensorBinary(operation, x, y)
    }
  }

  private func limit(_ count: Int, times n: Int) throws {
    let (total, overflow) = count.multipliedReportingOverflow(by: max(n, 0))
    guard !overflow, total < 1 << 27 else {
      throw RuntimeError(.limit, "\(count) elements \(n) times are too many")
    }
  }

  private func tensorBinary(_ operation: BinaryOperator, _ x: Value, _ y: Value) throws -> Value {
    guard x.isTensor || y.isTensor, let (a, b) = TensorOperations.operands(x, y) else {
      throw mismatch(operation, x, y)
    }
    return .tensor(try TensorOperations.binary(operation, a, b))
  }

  private func mismatch(_ operation: BinaryOperator, _ x: Value, _ y: Value) -> RuntimeError {
    let left = x.shortDescription
    let right = y.shortDescription
    var hint: String?
    if operation == .add, x.text != nil || y.text != nil {
      hint = "write \"{value}\" in a string, or use str(value)"
    }
    if case .nil = x { hint = "the left side is nil" }
    if case .nil = y { hint = "the right side is nil" }
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

  /// `-x`, `+x`, `~x`.
  func unary(_ operation: UnaryOperator, _ x: Value) throws -> Value {
    switch (operation, x) {
    case (.negate, .int(let m)):
      guard m != .min else { throw Numbers.overflow("-(\(m))") }
      return .int(-m)
    case (.negate, .float(let m)): return .float(-m)
    case (.plus, .int), (.plus, .float): return x
    case (.complement, .bool(let flag)): return .bool(!flag)
    case (.complement, .int(let m)): return .int(~m)
    case (_, .tensor), (_, .parameter):
      guard let variable = x.variable else { return .nil }
      return .tensor(try TensorOperations.unary(operation, variable))
    default:
      throw RuntimeError(
        .type, "unary `\(operation.rawValue)` takes a number or tensor, not \(x.shortDescription)")
    }
  }

  // MARK: - Comparisons

  func compare(_ comparison: ComparisonOperator, _ x: Value, _ y: Value) throws -> Value {
    switch comparison {
    case .in: return .bool(try contains(y, x))
    case .notIn: return .bool(try !contains(y, x))
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
        interpreter.context.place = UInt64(UInt(bitPattern: state.pointee.pc))
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
        "cannot compare \(x.shortDescription) and \(y.shortDescription) with `\(comparison.rawValue)`"
      )
    }
  }

  func slowCompare(
    _ comparison: ComparisonOperator, _ a: UnsafeMutablePointer<Value>, _ k: Value
  ) throws -> Bool {
    try truth(compare(comparison, a.pointee, k))
  }

  func slowLess(
    _ a: UnsafeMutablePointer<Value>, _ b: UnsafeMutablePointer<Value>, _ i: Instruction
  ) throws -> Bool {
    i.flags & Flags.swapped != 0
      ? try truth(compare(.greater, b.pointee, a.pointee))
      : try truth(compare(.less, a.pointee, b.pointee))
  }

  func slowLessEqual(
    _ a: UnsafeMutablePointer<Value>, _ b: UnsafeMutablePointer<Value>, _ i: Instruction
  ) throws -> Bool {
    i.flags & Flags.swapped != 0
      ? try truth(compare(.greaterEqual, b.pointee, a.pointee))
      : try truth(compare(.lessEqual, a.pointee, b.pointee))
  }

  /// What a condition makes of a value.
  func truth(_ value: Value) throws -> Bool {
    switch value {
    case .bool(let flag): return flag
    case .tensor, .parameter:
      guard let variable = value.variable, variable.dtype == .bool, variable.rank == 0 else {
        throw RuntimeError(
          .type, "a condition must be a Bool, not \(value.shortDescription)",
          hint: "reduce it with any(…) or all(…)")
      }
      guard let tensor = variable.concrete else {
        throw RuntimeError(
          .value, "a condition inside vmap has a value for each example",
          hint: "choose element by element with where(condition, a, b)")
      }
      return tensor.firstInt != 0
    default:
      throw RuntimeError(
        .type, "a condition must be a Bool, not \(value.shortDescription)",
        hint: value.number == nil ? nil : "compare it, as in `x != 0`")
    }
  }

  /// `a == b` as one Bool: tensors are equal where shapes and all elements are.
  func equal(_ x: Value, _ y: Value, depth: Int = 0) throws -> Bool {
    guard depth < ValueTree.maximumDepth else {
      throw RuntimeError(.limit, "the values are nested more than \(ValueTree.maximumDepth) deep")
    }
    switch (x, y) {
    case (.nil, .nil): return true
    case (.bool(let s), .bool(let t)): return s == t
    case (.int(let s), .int(let t)): return s == t
    case (.float(let s), .float(let t)): return s == t
    case (.int(let s), .float(let t)), (.float(let t), .int(let s)):
      return Numbers.order(s, t) == 0
    case (.string(let s), .string(let t)): return s.text == t.text
    case (.list(let s), .list(let t)):
      guard s.count == t.count else { return false }
      for (v, w) in zip(s, t) where try !equal(v, w, depth: depth + 1) { return false }
      return true
    case (.record(let s), .record(let t)):
      guard s.count == t.count else { return false }
      for (key, v) in s.pairs {
        guard let w = t[key], try equal(v, w, depth: depth + 1) else { return false }
      }
      return true
    case (.range(let s), .range(let t)):
      return s.count == t.count
        && (s.count == 0 || s[0] == t[0] && s[s.count - 1] == t[t.count - 1])
    case (.function(let s), .function(let t)):
      return s === t
        || s.header == t.header && s.receiver === t.receiver && s.captures == t.captures
    case (.builtin(let s), .builtin(let t)): return s === t || s.name == t.name
    case (.instance(let s), .instance(let t)): return s === t
    case (.model(let s), .model(let t)): return s === t
    case (.module(let s), .module(let t)): return s === t
    case (.parameter(let s), .parameter(let t)) where s === t: return true
    case (.host(let s), .host(let t)): return s.isEqual(t)
    case (.host, .builtin), (.builtin, .host):
      // `x.dtype == bool`: the name `bool` is a function too.
      if case .host(let s as DTypeObject) = x, case .builtin(let b) = y {
        return s.dtype.name == b.name
      }
      if case .host(let t as DTypeObject) = y, case .builtin(let b) = x {
        return t.dtype.name == b.name
      }
      return false
    default:
      guard x.isNumeric, y.isNumeric, let a = x.variable, let b = y.variable else { return false }
      guard a.shape == b.shape else { return false }
      let same = try TensorOperations.compare(.equal, a, b)
      guard let tensor = same.concrete else { return false }
      return try tensor.all(.all(rank: tensor.rank)).firstInt != 0
    }
  }

  /// `element in container`.
  private func contains(_ container: Value, _ element: Value) throws -> Bool {
    switch container {
    case .list(let values):
      for value in values where try equal(value, element) { return true }
      return false
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
      return text.text.firstPlace(of: part) != nil
    case .range(let range):
      guard let value = Numbers.whole(element) else { return false }
      let (distance, overflow) = value.subtractingReportingOverflow(range.start)
      guard !overflow, range.count > 0 else { return false }
      let (quotient, remainder) = distance.quotientAndRemainder(dividingBy: range.step)
      return remainder == 0 && quotient >= 0 && quotient < range.count
    case .tensor, .parameter:
      guard let tensor = container.variable, let value = element.variable, value.rank == 0 else {
        throw RuntimeError(.type, "a tensor holds numbers, not \(element.shortDescription)")
      }
      let same = try TensorOperations.compare(.equal, tensor, value)
      guard let found = same.concrete else { return false }
      return try found.any(.all(rank: found.rank)).firstInt != 0
    default:
      throw RuntimeError(
        .type,
        "`in` looks in lists, records, ranges, strings and tensors, not in "
          + container.shortDescription)
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
  var isTensor: Bool {
    switch self {
    case .tensor, .parameter: true
    default: false
    }
  }
}

/// Arithmetic of plain numbers.
enum Numbers {
  static func overflow(_ text: String) -> RuntimeError {
    RuntimeError(
      .value, "\(text) does not fit a 64-bit Int", hint: "compute with floats: write 1.0 for 1")
  }

  static func apply(_ operation: BinaryOperator, _ m: Int, _ n: Int) throws -> Value {
    let result: (partialValue: Int, overflow: Bool)
    switch operation {
    case .add: result = m.addingReportingOverflow(n)
    case .subtract: result = m.subtractingReportingOverflow(n)
    case .multiply: result = m.multipliedReportingOverflow(by: n)
    case .divide: return .float(Double(m) / Double(n))
    case .floorDivide:
      guard n != 0 else { throw division(m) }
      result = m.dividedReportingOverflow(by: n)
      if !result.overflow {
        return .int(
          m % n != 0 && (m < 0) != (n < 0) ? result.partialValue - 1 : result.partialValue)
      }
    case .remainder:
      guard n != 0 else { throw division(m) }
      if n == -1 { return .int(0) }
      let remainder = m % n
      return .int(remainder != 0 && (remainder < 0) != (n < 0) ? remainder + n : remainder)
    case .power: return try power(m, n)
    case .bitAnd: return .int(m & n)
    case .bitOr: return .int(m | n)
    case .matmul:
      throw RuntimeError(.type, "`@` multiplies matrices, not \(m) and \(n)", hint: "use `*`")
    }
    guard !result.overflow else { throw overflow("\(m) \(operation.rawValue) \(n)") }
    return .int(result.partialValue)
  }

  private static func division(_ m: Int) -> RuntimeError {
    RuntimeError(.value, "\(m) is divided by zero", hint: "floats give inf or nan instead")
  }

  /// `m ** n`: an Int for n ≥ 0, a Float below.
  private static func power(_ m: Int, _ n: Int) throws -> Value {
    if n < 0 {
      if m == 0 { throw RuntimeError(.value, "0 cannot be raised to the negative power \(n)") }
      return .float(pow(Double(m), Double(n)))
    }
    var result = 1
    var factor = m
    var exponent = n
    while exponent > 0 {
      if exponent & 1 == 1 {
        let product = result.multipliedReportingOverflow(by: factor)
        if product.overflow { throw overflow("\(m) ** \(n)") }
        result = product.partialValue
      }
      exponent >>= 1
      if exponent > 0 {
        let square = factor.multipliedReportingOverflow(by: factor)
        if square.overflow { throw overflow("\(m) ** \(n)") }
        factor = square.partialValue
      }
    }
    return .int(result)
  }

  static func apply(_ operation: BinaryOperator, _ m: Double, _ n: Double) throws -> Value {
    switch operation {
    case .add: return .float(m + n)
    case .subtract: return .float(m - n)
    case .multiply: return .float(m * n)
    case .divide: return .float(m / n)
    case .floorDivide: return .float(floorDivided(m, n))
    case .remainder:
      let remainder = fmod(m, n)
      return .float(remainder != 0 && (remainder < 0) != (n < 0) ? remainder + n : remainder)
    case .power: return .float(pow(m, n))
    case .matmul, .bitAnd, .bitOr:
      throw RuntimeError(
        .type, "`\(operation.rawValue)` does not take the numbers \(m) and \(n)")
    }
  }

  /// `m // n`: the quotient of an exact multiple, so that rounding down sees no rounding; the same
  /// as a tensor's.
  private static func floorDivided(_ m: Double, _ n: Double) -> Double {
    guard n != 0 else { return m / n }
    let rest = fmod(m, n)
    var quotient = (m - rest) / n
    if rest != 0, (rest < 0) != (n < 0) { quotient -= 1 }
    guard quotient != 0 else { return copysign(0, m / n) }
    let whole = quotient.rounded(.down)
    return quotient - whole > 0.5 ? whole + 1 : whole
  }

  /// True where an Int is itself as a Float, and so is each between it and 0.
  @inline(__always) static func isFloat(_ m: Int) -> Bool { m.magnitude <= 1 << 53 }

  /// How an Int stands to a Float, exactly: below, at or above 0, nan where the Float is nan.
  static func order(_ m: Int, _ n: Double) -> Double {
    // Rounding keeps the order of numbers that it does not make equal.
    let rounded = Double(m)
    guard rounded == n else { return rounded < n ? -1 : rounded > n ? 1 : .nan }
    // A Float of that size is whole; past the greatest Int there is one more.
    guard let whole = Int(exactly: n) else { return -1 }
    return m < whole ? -1 : m > whole ? 1 : 0
  }

  /// The Int that a number, Bool or 0-d tensor is equal to, if there is one.
  static func whole(_ value: Value) -> Int? {
    switch value {
    case .int(let number): return number
    case .float(let number): return Int(exactly: number)
    case .bool(let flag): return flag ? 1 : 0
    case .tensor, .parameter:
      guard let tensor = value.tensorOfOne, tensor.rank == 0 else { return nil }
      return tensor.dtype.isFloat ? Int(exactly: tensor.firstDouble) : tensor.firstInt
    default: return nil
    }
  }

  static func compare<T: Comparable>(_ comparison: ComparisonOperator, _ m: T, _ n: T) -> Bool {
    switch comparison {
    case .equal: m == n
    case .notEqual: m != n
    case .less: m < n
    case .lessEqual: m <= n
    case .greater: m > n
    case .greaterEqual: m >= n
    case .in, .notIn: false
    }
  }
}

extension BinaryOperator {
  /// The kernel of arithmetic that has no errors to tell about floats.
  fileprivate var kernel: BinaryKernel? {
    switch self {
    case .add: .add
    case .subtract: .subtract
    case .multiply: .multiply
    case .divide: .divide
    default: nil
    }
  }
}
