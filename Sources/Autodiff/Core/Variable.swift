// What programs compute with: a tensor, a tensor of a device, or either seen through transformations.
//
// With no transformation and no parameter a variable is a plain tensor, and an operation on it
// goes straight to its kernel. A `Traced` is made by a level of the context and wraps the
// variable as the levels below see it.

import Devices
import Tensors

/// A tensor, or a tensor seen through transformations; eight bytes.
public enum Variable: @unchecked Sendable {
  case tensor(Tensor)
  case traced(Traced)
  /// A tensor that lives on a device.
  case placed(DeviceTensor)
}

// MARK: - Looking at a variable

extension Variable {
  /// A tensor of no axes.
  @inlinable public init(_ number: Double, dtype: DType = .f64) {
    self = .tensor(Tensor(number, dtype: dtype))
  }

  /// The tensor underneath every transformation but a map, brought from its device; nil for a mapped value.
  public var concrete: Tensor? {
    var variable = self
    while true {
      switch variable {
      case .tensor(let tensor): return tensor
      case .placed(let tensor): return tensor.broughtOrEnding
      case .traced(let traced):
        if traced.kind == .batch { return nil }
        traced.noteThatValueIsRead()
        variable = traced.value
      }
    }
  }

  /// The tensor underneath every transformation but a map, where it lives; nil for a mapped value.
  var innermost: Variable? {
    var variable = self
    while case .traced(let traced) = variable {
      if traced.kind == .batch { return nil }
      variable = traced.value
    }
    return variable
  }

  /// The extents as the program sees them: a mapped axis does not show.
  public var shape: Shape {
    switch self {
    case .tensor(let tensor): return tensor.shape
    case .placed(let tensor): return tensor.shape
    case .traced(let traced):
      let shape = traced.result.look { $0.shape }
      return traced.kind == .batch ? shape.removing(axis: 0) : shape
    }
  }

  /// The number of axes, as the program sees them.
  public var rank: Int { shape.rank }
  /// The number of elements, as the program sees them.
  public var count: Int { shape.count }

  /// The type of the elements.
  public var dtype: DType {
    switch self {
    case .tensor(let tensor): tensor.dtype
    case .placed(let tensor): tensor.dtype
    case .traced(let traced): traced.result.dtype
    }
  }

  /// `f64[3, 4]`, the way messages name a tensor.
  public var typeDescription: String {
    let shape = self.shape
    return shape.rank == 0 ? dtype.name : "\(dtype.name)\(shape)"
  }

  /// The numbers, mapped axes first, under every transformation and brought from their device.
  public var underlying: Tensor {
    var variable = self
    while true {
      switch variable {
      case .tensor(let tensor): return tensor
      case .placed(let tensor): return tensor.broughtOrEnding
      case .traced(let traced):
        traced.noteThatValueIsRead()
        variable = traced.value
      }
    }
  }

  /// The whole number that every element is, those of mapped examples included; nil where they
  /// differ, for no elements and for other dtypes than i64.
  package var commonInteger: Int? {
    let tensor = underlying
    guard tensor.dtype == .i64, tensor.count > 0 else { return nil }
    let first = tensor.firstInt
    return tensor.count == 1 || tensor.integers.allSatisfy { $0 == first } ? first : nil
  }

  /// The name of the primitive that made the variable, if a tape recorded it.
  package var operationName: String? {
    guard let node else { return nil }
    guard let (bundle, index) = node.partOf else {
      return node.customFunction?.name ?? node.primitive?.name
    }
    guard let function = bundle.customFunction else { return bundle.primitive?.name }
    return function.names?[index] ?? function.name
  }

  /// The node that the program sees, if any: what `backward` starts from.
  var node: Traced? {
    guard case .traced(let traced) = self.alive, traced.kind == .tape else { return nil }
    return traced
  }

  /// The variable without the levels that have ended.
  package var alive: Variable {
    var variable = self
    while case .traced(let traced) = variable {
      let context = Context.current
      if traced.isAlive(in: context) || traced.kind == .batch { return variable }
      variable = traced.value
    }
    return variable
  }

  /// Whether a `vmap` that has ended mapped it.
  package var hasEscaped: Bool {
    guard case .traced(let traced) = self.alive, traced.kind == .batch else { return false }
    return !traced.isAlive(in: .current)
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
    guard case .traced(let traced) = self, traced.kind == .tape else { return self }
    return traced.result.withoutTapes.variable.unsafelyUnwrapped
  }
}

// MARK: - What follows a variable

extension Variable {
  /// A tape follows it, and the program sees that first.
  public var isTracked: Bool { node != nil }
  /// A tape, a tangent or a recording does, at some level.
  public var isFollowed: Bool { isOnLevel { $0 != .batch } }
  /// A tape or a tangent does, at some level: a derivative may be asked for.
  public var isDifferentiated: Bool { isOnLevel { $0 == .tape || $0 == .dual } }
  /// Nothing follows or maps it, but for a recording to which it is a number.
  package var isConstant: Bool {
    guard case .traced(let traced) = self else { return true }
    return traced.kind == .record && !traced.value.isMapped && !traced.value.isDifferentiated
  }
  /// A recording does, at some level.
  package var isRecorded: Bool { isOnLevel { $0 == .record } }
  /// A `vmap` maps it, at some level.
  package var isMapped: Bool { isOnLevel { $0 == .batch } }

  private func isOnLevel(_ matches: (LevelKind) -> Bool) -> Bool {
    var variable = alive
    while case .traced(let traced) = variable {
      if matches(traced.kind) { return true }
      variable = traced.value.alive
    }
    return false
  }
}
