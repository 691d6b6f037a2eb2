// What a level wraps a variable in.

import Devices
import Kernels
import Tensors

/// A variable as one level sees it: a node on a tape, a dual number, or a mapped value.
///
/// On a tape the node's inputs are the operands as the whole program saw them, and `value` is
/// the result as the levels below saw it. Invariant: the inputs were made before the node, so
/// their sequence numbers are smaller and the graph has no cycle.
public final class Traced: @unchecked Sendable {
  /// What `value` gives.
  let result: HeldVariable
  /// The first operand of a node, or the tangent of a dual number.
  @exclusivity(unchecked) private(set) var firstHeld: HeldVariable
  /// The second operand of a node, the gradient accumulated in a leaf, or the operand of a dual number
  /// that has a `squared`.
  @exclusivity(unchecked) private(set) var secondHeld: HeldVariable
  /// Operands of a node with more than two, all of them.
  @exclusivity(unchecked) private(set) var others: [Variable]?
  /// What made the node, or a dual number that has a `squared`; nil for a leaf and other dual numbers.
  /// Every primitive is a static, so no node needs to hold it.
  unowned(unsafe) let primitive: Primitive?
  let attributes: Attributes
  let kind: LevelKind
  /// True for the leaf of a parameter, where `backward` leaves the gradient.
  let isParameter: Bool
  /// True for a dual number whose tangent has a derivative that was taken as 0, until it is used.
  @exclusivity(unchecked) var hasUntoldSlope = false
  /// True for a leaf in whose place its parameter has been given another tensor.
  @exclusivity(unchecked) var isReplaced = false
  /// True for a loss that `backward` has been called with.
  @exclusivity(unchecked) var wasPulledBack = false
  /// For a recorded result, what does not follow it when the recording runs again.
  @exclusivity(unchecked) var stop = Stop.none
  let height: Int32
  /// The walk that came by last and the position it gave, and the last whose target it was; see
  /// `Walk`.
  @exclusivity(unchecked) var position: Int32 = 0
  @exclusivity(unchecked) var walk = 0
  @exclusivity(unchecked) var targetOf = 0
  /// Where in the program it was made.
  let place: UInt64
  let sequence: Int
  let serial: Int

  @inline(__always)
  init(
    _ kind: LevelKind, value: Variable, height: Int, context: Context, primitive: Primitive?,
    attributes: Attributes = .none, first: Variable? = nil, second: Variable? = nil,
    others: [Variable]? = nil, isParameter: Bool = false
  ) {
    self.kind = kind
    result = HeldVariable(value)
    self.height = Int32(truncatingIfNeeded: height)
    self.serial = height == 0 ? 0 : context.levels[height].serial
    self.primitive = primitive
    self.attributes = attributes
    firstHeld = HeldVariable(first)
    secondHeld = HeldVariable(second)
    self.others = others
    self.isParameter = isParameter
    self.place = context.place
    context.sequence &+= 1
    self.sequence = context.sequence
    mos_live_nodes_add(1)
    SmallObjects.charge(Traced.ownBytes)
  }

  /// What a node takes, for the account of memory.
  private static var ownBytes: Int { 192 }

  /// Graphs are freed by a loop, not by recursion: a chain of a million nodes must not take the
  /// stack. What nobody else holds goes to a list that the outermost `deinit` empties.
  deinit {
    mos_live_nodes_add(-1)
    SmallObjects.refund(Traced.ownBytes)
    var isLast = Traced.giveUp(result)
    if Traced.giveUp(firstHeld) { isLast = true }
    if Traced.giveUp(secondHeld) { isLast = true }
    if var variables = others.take() {
      while let variable = variables.popLast() {
        if Traced.giveUp(HeldVariable(consume variable)) { isLast = true }
      }
    }
    if isLast { Traced.release() }
  }

  /// Gives up what a node held. A plain tensor is freed on the spot, since nothing hangs on it; a node
  /// of which this was the last reference goes to the list.
  ///
  /// - Returns: whether it did.
  @inline(__always)
  private static func giveUp(_ held: HeldVariable) -> Bool {
    guard let node = held.node else {
      held.release()
      return false
    }
    var traced = node.takeRetainedValue()
    guard isKnownUniquelyReferenced(&traced) else { return false }
    Context.current.unreleased.append(traced)
    return true
  }

  /// Frees what is on the list, and what that holds, unless that is being done.
  @inline(never)
  private static func release() {
    let context = Context.current
    guard !context.isReleasing else { return }
    context.isReleasing = true
    while let traced = context.unreleased.popLast() { _ = consume traced }
    context.isReleasing = false
  }

  /// The variable as the levels below see it: a node's result, a dual number's primal part, a
  /// mapped value with its mapped axis first.
  @inline(__always) var value: Variable { result.variable.unsafelyUnwrapped }

  /// The first operand of a node, or the tangent of a dual number.
  @inline(__always) var first: Variable? { firstHeld.variable }

  /// The second operand of a node, or the operand of a dual number that has a `squared`.
  @inline(__always) var second: Variable? { secondHeld.variable }

  /// The gradient accumulated in a leaf.
  var gradient: Variable? {
    get { second }
    set {
      let old = secondHeld
      secondHeld = HeldVariable(newValue)
      old.release()
    }
  }

  /// The tangent of a dual number that an operation goes on with.
  @inline(__always)
  var tangent: Variable? {
    if hasUntoldSlope { tellSlope() }
    return first
  }

  /// Lets go of the operands, which somebody has taken down.
  func forgetInputs() {
    let (first, second, others) = (firstHeld, secondHeld, others)
    (firstHeld, secondHeld, self.others) = (HeldVariable(nil), HeldVariable(nil), nil)
    first.release()
    second.release()
    _ = consume others
  }

  /// The operands in order.
  var inputs: [Variable] {
    if let others { return others }
    if primitive == nil { return [] }
    if let first {
      if let second { return [first, second] }
      return [first]
    }
    return []
  }
}

/// A variable as a node holds it: a reference that the node counts by hand, and two bits that say which it is.
///
/// To read an enum of references is to count one up and down, and walks and rules look at operands
/// more often than they keep one. Invariant: the node counts each one up when it is made and one down
/// when it ends, so that who holds the node may look without counting.
struct HeldVariable {
  /// The reference; its lowest bit is set for a node, the one above it for a tensor of a device, and all bits are
  /// 0 for nothing.
  private let bits: UInt

  /// A variable that is counted one up.
  @inline(__always)
  init(_ variable: consuming Variable) {
    switch consume variable {
    case .tensor(let tensor):
      bits = UInt(bitPattern: Tensor.Reference(retaining: tensor).address)
    case .traced(let traced):
      bits = UInt(bitPattern: Unmanaged.passRetained(traced).toOpaque()) | 1
    case .placed(let tensor):
      bits = UInt(bitPattern: Unmanaged.passRetained(tensor).toOpaque()) | 2
    }
  }

  /// A variable that is counted one up, or nothing.
  @inline(__always)
  init(_ variable: consuming Variable?) {
    guard let variable else {
      self.init(bits: 0)
      return
    }
    self.init(variable)
  }

  private init(bits: UInt) { self.bits = bits }

  /// A node that somebody else holds.
  @inline(__always)
  init(unretained node: Traced) {
    bits = UInt(bitPattern: Unmanaged.passUnretained(node).toOpaque()) | 1
  }

  @inline(__always) var isNothing: Bool { bits == 0 }

  /// The node, where it is one.
  @inline(__always) var node: Unmanaged<Traced>? {
    guard bits & 1 != 0, let address = UnsafeRawPointer(bitPattern: bits & ~1) else { return nil }
    return Unmanaged.fromOpaque(address)
  }

  /// The plain tensor, where it is one.
  @inline(__always) var tensor: Tensor.Reference? {
    guard bits & 3 == 0, let address = UnsafeRawPointer(bitPattern: bits) else { return nil }
    return Tensor.Reference(at: address)
  }

  /// The tensor of a device, where it is one.
  @inline(__always) private var placed: Unmanaged<DeviceTensor>? {
    guard bits & 2 != 0, let address = UnsafeRawPointer(bitPattern: bits & ~2) else { return nil }
    return Unmanaged.fromOpaque(address)
  }

  /// A reference for oneself.
  @inline(__always) var variable: Variable? {
    if let node { return .traced(node.takeUnretainedValue()) }
    if let tensor { return tensor.look { .tensor($0) } }
    return placed.map { .placed($0.takeUnretainedValue()) }
  }

  /// Looks at the variable; nothing must be there only where nothing is held.
  @inline(__always)
  func look<R>(_ body: (Variable) throws -> R) rethrows -> R {
    if let node { return try node._withUnsafeGuaranteedRef { try body(.traced($0)) } }
    if let tensor { return try tensor.look { try body(.tensor($0)) } }
    return try body(.placed(placed.unsafelyUnwrapped.takeUnretainedValue()))
  }

  /// Counts one down.
  @inline(__always)
  func release() {
    if let node {
      node.release()
    } else if let tensor {
      tensor.release()
    } else {
      placed?.release()
    }
  }

  /// The type of the elements, under every level.
  @inline(__always) var dtype: DType {
    var held = self
    while let node = held.node { held = node._withUnsafeGuaranteedRef { $0.result } }
    if let tensor = held.tensor { return tensor.look { $0.dtype } }
    return held.placed.unsafelyUnwrapped._withUnsafeGuaranteedRef { $0.dtype }
  }

  /// The variable without the tapes that see it first.
  @inline(__always) var withoutTapes: HeldVariable {
    var held = self
    while let node = held.node {
      let value = node._withUnsafeGuaranteedRef { node -> HeldVariable? in
        node.kind == .tape ? node.result : nil
      }
      guard let value else { break }
      held = value
    }
    return held
  }
}

extension Traced {
  /// A recording cannot stand for a program that goes by the values of its arguments.
  @inline(__always)
  func noteThatValueIsRead() {
    guard kind == .record else { return }
    let context = Context.current
    guard isAlive(in: context), let recording = context.recording(of: self) else { return }
    if recording === context.activeRecording, recording.branches(on: self) { return }
    recording.meets("looks at numbers that may be others at the next call")
  }

  @inline(__always)
  func isAlive(in context: Context) -> Bool {
    height == 0
      || (Int(height) < context.levels.count && context.levels[Int(height)].serial == serial)
  }
}
