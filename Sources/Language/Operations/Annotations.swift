// Shape annotations: names of axes are bound across the whole signature.

import Autodiff
import Syntax
import Tensors

/// One value against one annotation.
struct AnnotationCheck {
  let subject: String
  let annotation: Annotation
  let source: Source

  func check(_ value: Value, _ bindings: inout [(name: String, extent: Int)]) throws {
    switch annotation.kind {
    case .type(let name):
      guard matches(value, name) else { throw violation(value, bindings) }
    case .tensor(let dtype, let axes):
      guard value.isNumeric, let variable = value.variable else { throw violation(value, bindings) }
      if let dtype, variable.dtype.name != dtype, value.isTensor {
        throw violation(value, bindings)
      }
      if let axes { try check(variable.shape, axes, value, &bindings) }
    }
  }

  private func matches(_ value: Value, _ name: String) -> Bool {
    switch (name, value) {
    case ("Float", .float), ("Float", .int), ("Int", .int), ("String", .string), ("Bool", .bool),
      ("List", .list), ("Record", .record), ("Range", .range), ("Tensor", .tensor),
      ("Tensor", .parameter), ("Parameter", .parameter), ("Module", .module):
      true
    case ("Function", _): value.isCallable
    case ("Model", .instance), ("Model", .model): true
    case ("Float", _): value.tensorOfOne.map { $0.rank == 0 && $0.dtype.isFloat } ?? false
    case ("Int", _): value.tensorOfOne.map { $0.rank == 0 && $0.dtype == .i64 } ?? false
    case ("Bool", _): value.tensorOfOne.map { $0.rank == 0 && $0.dtype == .bool } ?? false
    case (_, .host(let host)): host.typeName == name
    case (_, .instance(let instance)): instance.type.name == name
    default: false
    }
  }

  private func check(
    _ shape: Shape, _ axes: [Annotation.Axis], _ value: Value,
    _ bindings: inout [(name: String, extent: Int)]
  ) throws {
    let ellipsis = axes.firstIndex { if case .ellipsis = $0 { true } else { false } }
    let fixed = axes.count - (ellipsis == nil ? 0 : 1)
    guard ellipsis == nil ? shape.rank == fixed : shape.rank >= fixed else {
      throw violation(value, bindings)
    }
    for (i, axis) in axes.enumerated() {
      let place = if let ellipsis, i > ellipsis { i + shape.rank - axes.count } else { i }
      switch axis {
      case .ellipsis: continue
      case .size(let size): guard shape[place] == size else { throw violation(value, bindings) }
      case .name(let name):
        if let bound = bindings.first(where: { $0.name == name }) {
          guard shape[place] == bound.extent else { throw violation(value, bindings) }
        } else if name != "_" {
          bindings.append((name, shape[place]))
        }
      }
    }
  }

  private func violation(_ value: Value, _ bindings: [(name: String, extent: Int)]) -> RuntimeError
  {
    let wanted = source.text(of: annotation.span)
    let known = bindings.map { "\($0.name) = \($0.extent)" }.joined(separator: ", ")
    let isShape = if case .tensor = annotation.kind { value.isTensor } else { false }
    return RuntimeError(
      isShape ? .shape : .type,
      "\(subject) must be \(wanted)\(known.isEmpty ? "" : " with \(known)"), not "
        + value.shortDescription,
      hint: "the declaration says \(wanted): change it, or what is given")
  }
}
