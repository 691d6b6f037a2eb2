// Where a variable lives, and variables moved to another place.

import Devices
import Tensors

extension Variable {
  /// Where the numbers live, under every transformation.
  package var place: Place {
    var variable = self
    while true {
      switch variable {
      case .tensor: return .processor
      case .placed(let tensor): return .device(tensor.device)
      case .traced(let traced): variable = traced.value
      }
    }
  }

  /// The elements at a place; the variable itself where it lives there. Derivatives pass, each to where its operand
  /// lives.
  ///
  /// - Throws: a limit error where there is no memory for them, a type error for f64 where there is none.
  package func moved(to place: Place) throws -> Variable {
    self.place == place ? self : try applyAtLevels(Move(x: self, place: place))
  }

  /// The elements where another variable lives: a constant beside an operand.
  @inline(__always)
  package func beside(_ other: Variable) throws -> Variable {
    if case .tensor = other { return self }
    return try moved(to: other.place)
  }
}

extension Variable {
  /// The elements where the first of two numbers lives that is on a device.
  func beside(_ first: Scalar, _ second: Scalar) throws -> Variable {
    for case .variable(let number) in [first, second] where number.place != .processor {
      return try beside(number)
    }
    return self
  }
}

/// A variable on its way to a place.
private struct Move: LeveledOperation {
  let x: Variable
  let place: Place

  func forEachOperand(_ body: (Variable) -> Void) { body(x) }

  func replacingOperands(_ replacement: (Variable) throws -> Variable) rethrows -> Move {
    Move(x: try replacement(x), place: place)
  }

  func computed(in context: Context) throws -> Variable {
    guard case .device(let device) = place else { return x }
    return .placed(try DeviceTensor(plain(x), on: device))
  }

  func computedOnDevice(in context: Context) throws -> Variable {
    guard case .placed(let tensor) = x else { return try computed(in: context) }
    switch place {
    case .processor: return .tensor(try tensor.brought())
    case .device(let device): return .placed(try tensor.moved(to: device))
    }
  }

  func applied(below height: Int32) throws -> Variable {
    try lowered(x, height).0.moved(to: place)
  }

  func appliedUnrecorded(below height: Int32, in context: Context) throws -> Variable {
    context.recording?.meets("moves a tensor to \"\(place.name)\"")
    return try context.belowRecording { try applied(below: height) }
  }

  func node(_ kind: LevelKind, _ y: Variable, height: Int32, in context: Context) throws -> Variable
  {
    guard kind == .record || y.dtype.isFloat else { return y }
    return try context.kept(
      Traced(
        kind, value: y, height: Int(height), context: context, primitive: .moved,
        attributes: .object(Destination(place)), first: x))
  }

  func dual(_ y: Variable, height: Int32, in context: Context) throws -> Variable {
    guard let dx = tangent(x, height) else { return y }
    return context.value(.dual, y, height: height, tangent: try dx.moved(to: place))
  }

  func mapped(height: Int32, in context: Context) throws -> Variable {
    context.value(.batch, try lowered(x, height).0.moved(to: place), height: height)
  }
}

/// A place as an attribute.
private final class Destination: Sendable {
  let place: Place

  init(_ place: Place) { self.place = place }
}

extension Primitive {
  /// A tensor moved to another place. A node's alone: to move is no function of a tensor of the processor, so that
  /// it is applied as `Move`.
  ///
  ///     y = x            x̄ = ȳ, where x lives
  static let moved = Primitive(
    "to_device", kernel: { x, _ in x },
    forward: { _, _, attributes, dx in
      try dx.moved(to: attributes.object(as: Destination.self).place)
    },
    reverse: { x, _, _, dy in try dy.moved(to: x.place) })
}
