// What a level wraps a variable in.

import Kernels
import Tensors

/// A variable as one level sees it: a node on a tape, a dual number, or a mapped value.
///
/// On a tape the node's inputs are the operands as the whole program saw them, and `value` is
/// the result as the levels below saw it. Invariant: the inputs were made before the node, so
/// their sequence numbers are smaller and the graph has no cycle.
public final class Traced: @unchecked Sendable {
  /// The variable as the levels below see it: a node's result, a dual number's primal part, a
  /// mapped value with its mapped axis first.
  @exclusivity(unchecked) private(set) var value: Variable
  /// The first operand of a node, or the tangent of a dual number.
  @exclusivity(unchecked) var first: Variable?
  /// The second operand of a node, the gradient accumulated in a leaf, or the operand of a dual number
  /// that has a `squared`.
  @exclusivity(unchecked) var second: Variable?
  /// Operands of a node with more than two, all of them.
  @exclusivity(unchecked) var others: [Variable]?
  /// What made the node, or a dual number that has a `squared`; nil for a leaf and other dual numbers.
  /// Every primitive is a static, so no node needs to hold it.
  unowned(unsafe) let primitive: Primitive?
  let attributes: Attributes
  /// Where in the program it was made.
  let place: UInt64
  let sequence: Int
  let serial: Int
  let height: Int32
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
  /// The walk that came by last and the position it gave, and the last whose target it was; see
  /// `Walk`.
  @exclusivity(unchecked) var walk = 0
  @exclusivity(unchecked) var targetOf = 0
  @exclusivity(unchecked) var position: Int32 = 0

  @inline(__always)
  init(
    _ kind: LevelKind, value: Variable, height: Int, context: Context, primitive: Primitive?,
    attributes: Attributes = .none, first: Variable? = nil, second: Variable? = nil,
    others: [Variable]? = nil, isParameter: Bool = false
  ) {
    self.kind = kind
    self.value = value
    self.height = Int32(truncatingIfNeeded: height)
    self.serial = height == 0 ? 0 : context.levels[height].serial
    self.primitive = primitive
    self.attributes = attributes
    self.first = first
    self.second = second
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
    var last: [Traced] = []
    Traced.collect(first.take(), into: &last)
    Traced.collect(second.take(), into: &last)
    if var variables = others.take() {
      while let variable = variables.popLast() { Traced.collect(consume variable, into: &last) }
    }
    if case .traced = value {
      let inner = value
      value = Traced.released
      Traced.collect(consume inner, into: &last)
    }
    guard !last.isEmpty else { return }
    let context = Context.current
    context.unreleased.append(contentsOf: last)
    last = []
    guard !context.isReleasing else { return }
    context.isReleasing = true
    while let traced = context.unreleased.popLast() { _ = consume traced }
    context.isReleasing = false
  }

  /// Keeps a node whose last reference is given up; others live on, and a plain tensor is freed
  /// on the spot, since nothing hangs on it.
  @inline(__always)
  private static func collect(_ variable: consuming Variable?, into last: inout [Traced]) {
    guard case .traced(var traced)? = consume variable else { return }
    if isKnownUniquelyReferenced(&traced) { last.append(traced) }
  }

  /// What stands for the value of a node that is being freed.
  private static let released = Variable.tensor(Tensor(0.0))

  /// The gradient accumulated in a leaf.
  var gradient: Variable? {
    get { second }
    set { second = newValue }
  }

  /// The tangent of a dual number that an operation goes on with.
  @inline(__always)
  var tangent: Variable? {
    if hasUntoldSlope { tellSlope() }
    return first
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
