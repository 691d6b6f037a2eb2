// What programs compute with: a tensor, or a tensor seen through transformations.
//
// With no transformation and no parameter a variable is a plain tensor, and an operation on it
// goes straight to its kernel. A `Traced` is made by a level of the context and wraps the
// variable as the levels below see it.

import Kernels
import Tensors

/// A tensor, or a tensor seen through transformations; eight bytes.
public enum Variable: @unchecked Sendable {
  case tensor(Tensor)
  case traced(Traced)
}

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
  }

  /// Graphs are freed by a loop, not by recursion: a chain of a million nodes must not take the
  /// stack. What nobody else holds goes to a list that the outermost `deinit` empties.
  deinit {
    mos_live_nodes_add(-1)
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

// MARK: - Looking at a variable

extension Variable {
  /// A tensor of no axes.
  @inlinable public init(_ number: Double, dtype: DType = .f64) {
    self = .tensor(Tensor(number, dtype: dtype))
  }

  /// The tensor underneath every transformation but a map; nil for a mapped value.
  public var concrete: Tensor? {
    var variable = self
    while true {
      switch variable {
      case .tensor(let tensor): return tensor
      case .traced(let traced):
        if traced.kind == .batch { return nil }
        traced.noteThatValueIsRead()
        variable = traced.value
      }
    }
  }

  /// The extents as the program sees them: a mapped axis does not show.
  public var shape: Shape {
    switch self {
    case .tensor(let tensor): return tensor.shape
    case .traced(let traced):
      let shape = traced.value.shape
      return traced.kind == .batch ? shape.removing(axis: 0) : shape
    }
  }

  public var rank: Int { shape.rank }
  public var count: Int { shape.count }

  public var dtype: DType {
    // Spelled out, for every operation asks: `underlying` would count a reference.
    var variable = self
    while true {
      switch variable {
      case .tensor(let tensor): return tensor.dtype
      case .traced(let traced): variable = traced.value
      }
    }
  }

  /// `f64[3, 4]`, the way messages name a tensor.
  public var typeDescription: String {
    let shape = self.shape
    return shape.rank == 0 ? dtype.name : "\(dtype.name)\(shape)"
  }

  /// The numbers, mapped axes first, under every transformation.
  public var underlying: Tensor {
    var variable = self
    while true {
      switch variable {
      case .tensor(let tensor): return tensor
      case .traced(let traced):
        traced.noteThatValueIsRead()
        variable = traced.value
      }
    }
  }

  /// The whole number that every element is, those of mapped examples included; nil where they
  /// differ, for no elements and for other dtypes than i64.
  public var commonInteger: Int? {
    let tensor = underlying
    guard tensor.dtype == .i64, tensor.count > 0 else { return nil }
    let first = tensor.firstInt
    return tensor.count == 1 || tensor.integers.allSatisfy { $0 == first } ? first : nil
  }

  /// True for a plain tensor and for what the program's own tape follows: it outlives every
  /// transformation.
  public var isAmbient: Bool {
    if case .traced(let traced) = self { traced.height == 0 } else { true }
  }

  /// True for a result of what is being recorded whole.
  public var isRecorded: Bool {
    var variable = self
    while case .traced(let traced) = variable {
      if traced.kind == .record, traced.isAlive(in: .current) { return true }
      variable = traced.value
    }
    return false
  }

  /// True where the variable depends on something that a tape follows.
  public var isTracked: Bool { node != nil }

  /// True where a tape, a tangent or a recording follows the variable at some level.
  public var isFollowed: Bool {
    var variable = alive
    while case .traced(let traced) = variable {
      if traced.kind != .batch { return true }
      variable = traced.value.alive
    }
    return false
  }

  /// True where a tape or a tangent follows the variable at some level: a derivative may be asked for.
  public var isDifferentiated: Bool {
    var variable = alive
    while case .traced(let traced) = variable {
      if traced.kind == .tape || traced.kind == .dual { return true }
      variable = traced.value.alive
    }
    return false
  }

  /// The name of the primitive that made the variable, if a tape recorded it.
  public var operationName: String? {
    guard let node else { return nil }
    let maker = node.partOf?.bundle ?? node
    return maker.customFunction?.name ?? maker.primitive?.name
  }

  /// The node that the program sees, if any: what `backward` starts from.
  var node: Traced? {
    guard case .traced(let traced) = self.alive, traced.kind == .tape else { return nil }
    return traced
  }

  /// The variable without the levels that have ended.
  public var alive: Variable {
    var variable = self
    while case .traced(let traced) = variable {
      let context = Context.current
      if traced.isAlive(in: context) || traced.kind == .batch { return variable }
      variable = traced.value
    }
    return variable
  }

  /// The variable as the levels below the given height see it.
  func below(_ height: Int) -> Variable {
    var variable = self
    while case .traced(let traced) = variable, Int(traced.height) >= height {
      variable = traced.value
    }
    return variable
  }

  /// The variable without the tapes that are not inside dual numbers or recordings.
  var withoutTapesAtAnyDepth: Variable {
    guard case .traced(let traced) = alive else { return alive }
    switch traced.kind {
    case .tape: return traced.value.withoutTapesAtAnyDepth
    case .dual, .record: return alive
    case .batch:
      return .traced(
        Traced(
          .batch, value: traced.value.withoutTapesAtAnyDepth, height: Int(traced.height),
          context: .current, primitive: nil))
    }
  }

  /// The variable without the tapes that see it first.
  var withoutTapes: Variable {
    var variable = self
    while case .traced(let traced) = variable, traced.kind == .tape { variable = traced.value }
    return variable
  }
}

extension Traced {
  /// A recording cannot stand for a program that goes by the values of its arguments.
  @inline(__always)
  fileprivate func noteThatValueIsRead() {
    guard kind == .record else { return }
    let context = Context.current
    if isAlive(in: context) {
      context.recording(of: self)?.meets("looks at numbers that may be others at the next call")
    }
  }

  @inline(__always)
  func isAlive(in context: Context) -> Bool {
    height == 0
      || (Int(height) < context.levels.count && context.levels[Int(height)].serial == serial)
  }
}
