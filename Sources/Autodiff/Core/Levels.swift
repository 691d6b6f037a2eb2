// One operation where an operand belongs to a level: the innermost of these levels sees it first, and
// rewrites it into operations for the levels below.
//
// Operations differ in their operands, one, two or a list, and in their results, one or several. What a
// level does with an operation is said once, in `applyAtLevels`; a new kind of level is one more case. Below all
// levels an operation is computed on the processor, or on the device where an operand lives.

import Kernels
import Tensors

/// An operation on its operands.
protocol LeveledOperation {
  /// A variable, or a list of them.
  associatedtype Result

  /// Lets a body look at every operand.
  func forEachOperand(_ body: (Variable) -> Void)

  /// The operation on other operands, made of each of its own.
  func replacingOperands(_ replacement: (Variable) throws -> Variable) rethrows -> Self

  /// The result for plain tensors.
  func computed(in context: Context) throws -> Result

  /// The result where no level takes part and an operand lives on a device.
  func computedOnDevice(in context: Context) throws -> Result

  /// The result for the operands as the levels below a height see them.
  func applied(below height: Int32) throws -> Result

  /// The same, and nothing of it is the recording's.
  func appliedUnrecorded(below height: Int32, in context: Context) throws -> Result

  /// The result as a node of a tape or a recording; what cannot be followed stays as it is.
  func node(_ kind: LevelKind, _ result: Result, height: Int32, in context: Context) throws
    -> Result

  /// The result with its tangent.
  func dual(_ result: Result, height: Int32, in context: Context) throws -> Result

  /// The result over a mapped axis of some operands.
  func mapped(height: Int32, in context: Context) throws -> Result
}

extension LeveledOperation {
  @inline(__always)
  func appliedUnrecorded(below height: Int32, in context: Context) throws -> Result {
    try context.belowRecording { try applied(below: height) }
  }

  /// The innermost level that one of the operands belongs to, of height -1 where all are tensors, whether the
  /// level of one has ended, and whether one lives on a device.
  @inline(__always)
  fileprivate func innermostLevel(
    in context: Context
  ) -> (height: Int32, kind: LevelKind, hasEnded: Bool, isPlaced: Bool) {
    var (height, kind, hasEnded, isPlaced) = (Int32(-1), LevelKind.tape, false, false)
    forEachOperand { operand in
      guard case .traced(let traced) = operand else {
        if case .placed = operand { isPlaced = true }
        return
      }
      if !traced.isAlive(in: context) {
        hasEnded = true
      } else if traced.height > height {
        (height, kind) = (traced.height, traced.kind)
      }
    }
    return (height, kind, hasEnded, isPlaced)
  }
}

/// The result of an operation, whatever its operands are.
func applyAtLevels<O: LeveledOperation>(_ operation: O) throws -> O.Result {
  let context = Context.current
  if mos_watches_get() & Int32(MOS_WATCHES_RECORDING) != 0 {
    operation.forEachOperand { context.recording?.inspect($0) }
  }
  let (height, kind, hasEnded, isPlaced) = operation.innermostLevel(in: context)
  if hasEnded { return try applyAtLevels(operation.replacingOperands(alive)) }
  if height < 0 {
    return try isPlaced
      ? operation.computedOnDevice(in: context) : operation.computed(in: context)
  }
  switch kind {
  case .tape:
    let result = try operation.applied(below: height)
    guard Int(height) > context.stoppedTapes else { return result }
    return try operation.node(.tape, result, height: height, in: context)
  case .dual:
    // Forward mode inside forward mode, often enough, is long work on single numbers.
    try Safepoint.look()
    let result = try operation.applied(below: height)
    guard Int(height) > context.stoppedDuals else { return result }
    return try operation.dual(result, height: height, in: context)
  case .batch:
    return try operation.mapped(height: height, in: context)
  case .record:
    let result = try operation.appliedUnrecorded(below: height, in: context)
    return try operation.node(.record, result, height: height, in: context)
  }
}

// MARK: - Operands at a level

/// An operand, or what it stands for if its level has ended.
func alive(_ x: Variable) throws -> Variable {
  var x = x
  while case .traced(let traced) = x, !traced.isAlive(in: .current) {
    guard traced.kind != .batch else { throw Traced.escapedFromMap }
    x = traced.value
  }
  return x
}

extension Traced {
  /// The mistake of keeping a mapped value.
  static var escapedFromMap: TensorError {
    TensorError(
      .value, "a value mapped by vmap was kept and used after that vmap had ended",
      hint: "return it from the mapped function; what comes out has the mapped axis first")
  }
}

/// An operand as the levels below a height see it, and whether it belongs to that height.
@inline(__always)
func lowered(_ x: Variable, _ height: Int32) -> (Variable, Bool) {
  if case .traced(let traced) = x, traced.height == height { return (traced.value, true) }
  return (x, false)
}

/// The tangent of an operand at a dual level of that height.
@inline(__always)
func tangent(_ x: Variable, _ height: Int32) -> Variable? {
  if case .traced(let traced) = x, traced.height == height, traced.value.dtype.isFloat {
    return traced.tangent
  }
  return nil
}

@inline(__always)
func plain(_ x: Variable) -> Tensor {
  guard case .tensor(let tensor) = x else {
    preconditionFailure("a traced operand reached a kernel; please report")
  }
  return tensor
}

extension Context {
  /// A value of a dual or mapped level.
  @inline(__always)
  func value(
    _ kind: LevelKind, _ value: Variable, height: Int32, tangent: Variable? = nil
  ) -> Variable {
    .traced(
      Traced(
        kind, value: value, height: Int(height), context: self, primitive: nil, first: tangent))
  }

  /// A node as the program gets it.
  @inline(__always)
  func kept(_ node: Traced) throws -> Variable {
    node.kind == .record ? try recorded(node, self) : .traced(node)
  }
}

/// A recorded result. What no gradient is to pass when it is made, under `no_grad`, none passes when
/// the recording runs again.
private func recorded(_ node: Traced, _ context: Context) throws -> Variable {
  // What is computed from stopped results alone is stopped with them.
  let stopOfInputs = node.inputs.map(\.stop).min() ?? .none
  if let recording = context.recording(of: node) {
    try recording.requireRoom()
    recording.record(node)
    if recording.isSuspended || recording !== context.recording {
      recording.meets("lets a function with rules of its own read what was computed outside that")
    }
  }
  guard Int(node.height) <= context.stoppedTapes, node.primitive !== Primitive.stopped,
    node.primitive !== Primitive.untaped
  else { return .traced(node) }
  let stop: Traced.Stop = Int(node.height) <= context.stoppedDuals ? .all : .tapes
  node.stop = stopOfInputs
  guard node.stop < stop else { return .traced(node) }
  let result = try apply(stop == .all ? .stopped : .untaped, .traced(node))
  if case .traced(let traced) = result { traced.stop = stop }
  return result
}

extension Traced {
  /// What of the levels outside does not follow a recorded result when the recording runs again.
  enum Stop: UInt8, Comparable {
    case none, tapes, all
    static func < (a: Stop, b: Stop) -> Bool { a.rawValue < b.rawValue }
  }
}

extension Variable {
  /// What does not follow this operand of a recorded operation.
  var stop: Traced.Stop {
    guard case .traced(let traced) = self else { return .all }
    // The parts of a bundle are looked at before it lets go of its operands, and after that it has their stop.
    if traced.primitive?.isBundle == true { return traced.inputs.map(\.stop).min() ?? traced.stop }
    return traced.stop
  }
}
