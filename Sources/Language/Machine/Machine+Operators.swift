// Operators on registers, where the inner loop's own paths for numbers of one kind do not apply: what
// they give is `Value`'s to say, and in whose memory it is computed is said here.

import Autodiff
import Syntax
import Tensors

extension Machine {
  /// An operator on R[b] and R[c], or R[b] and a constant; the result goes to R[a], and operands
  /// that were temporaries are forgotten. A tensor that is not read again gives its memory.
  ///
  /// - Parameter updates: the flag that says whether it is the operation of `x += v`.
  @inline(never)
  func operate(
    _ operation: BinaryOperator, _ i: Instruction, _ base: UnsafeMutablePointer<Value>,
    _ pc: UnsafePointer<Instruction>, _ constant: UnsafeMutablePointer<Value>? = nil,
    updates: UInt8 = Flags.updates
  ) throws {
    // Before this operation says where it stands: the time until now was another's.
    if interpreter.requests.isPending { _ = try safepoint() }
    state.pointee.pc = pc - 1
    let a = base + Int(i.a)
    let x = base + Int(i.b)
    let y = constant ?? base + Int(i.c)
    if operation == .add, i.a == i.b, case .list(let more) = y.pointee {
      // `xs += more` grows the list in place where it is uniquely held.
      let isDone: Void? = try x.pointee.changeElements {
        try $0.requireRoom(for: more.count)
        $0 += more
      }
      if isDone != nil { return }
    }
    interpreter.context.place = UInt64(UInt(bitPattern: pc - 1))
    let isLeft = i.flags & Flags.swapped == 0
    let result =
      try overwriting(operation, i, x, y, isLeft: isLeft, isConstant: constant != nil)
      ?? (isLeft
        ? Value.binary(operation, x.pointee, y.pointee)
        : Value.binary(operation, y.pointee, x.pointee))
    if i.flags & updates != 0 { noteUpdate(of: x, operation) }
    if i.flags & Flags.temporaryB != 0 { x.pointee = .nil }
    if i.flags & Flags.temporaryC != 0 { y.pointee = .nil }
    a.pointee = result
  }

  /// Says that a variable which held a parameter is about to hold a tensor.
  @inline(never)
  private func noteUpdate(
    of variable: UnsafeMutablePointer<Value>, _ operation: BinaryOperator
  ) {
    guard case .parameter = variable.pointee else { return }
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

  // MARK: - Comparisons that jump

  /// Whether a comparison holds, as its jump takes it.
  func holds(_ comparison: ComparisonOperator, _ x: Value, _ y: Value) throws -> Bool {
    try Value.compare(comparison, x, y).truth()
  }

  /// The same for two registers, flagged where they stand in the other order in the program.
  func holds(
    _ comparison: ComparisonOperator, or swapped: ComparisonOperator,
    _ a: UnsafeMutablePointer<Value>, _ b: UnsafeMutablePointer<Value>, _ i: Instruction
  ) throws -> Bool {
    i.flags & Flags.swapped != 0
      ? try holds(swapped, b.pointee, a.pointee) : try holds(comparison, a.pointee, b.pointee)
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
