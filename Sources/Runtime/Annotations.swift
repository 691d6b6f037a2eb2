// Shape annotations, checked at each call: names of axes are bound across the whole signature.

import Autodiff
import Syntax
import Tensors

extension Machine {
  /// Checks a function's arguments; a defaulted `nil` passes where the default says so.
  func checkArguments(
    _ header: UnsafeMutablePointer<CodeHeader>, _ base: UnsafeMutablePointer<Value>
  ) throws {
    let prototype = header.pointee.prototype.takeUnretainedValue()
    guard let site = prototype.sites.annotations.first else { return }
    var bindings: [(name: String, extent: Int)] = []
    do {
      for parameter in site.parameters {
        try AnnotationCheck(
          subject: "`\(parameter.name)` of \(prototype.name)", annotation: parameter.annotation,
          source: prototype.source
        ).check(base[parameter.register].unboxed, &bindings)
      }
    } catch {
      throw atCall(error)
    }
    if site.result != nil { handlers.append(bindingsHandler(bindings)) }
  }

  /// The error at the call that brought the arguments, where a Mos function made it.
  private func atCall(_ error: any Error) -> RuntimeError {
    var error = RuntimeError(wrapping: error)
    let frame = frames[state.pointee.frameCount - 1]
    guard frame.tailCalls == 0 else { return error }
    let caller = frame.header.pointee.prototype.takeUnretainedValue()
    error.diagnostic.primary = Diagnostic.Label(
      source: caller.source, span: caller.span(at: frame.pc - 1))
    error.diagnostic.trace = trace()
    return error
  }

  /// The bindings wait for the result in the register after the last.
  private func bindingsHandler(_ bindings: [(name: String, extent: Int)]) -> Handler {
    Handler(
      kind: .context(BindingsObject(bindings)), frameCount: state.pointee.frameCount,
      base: state.pointee.base, header: state.pointee.header, captures: state.pointee.captures)
  }

  func checkResult(
    _ header: UnsafeMutablePointer<CodeHeader>, _ base: UnsafeMutablePointer<Value>, _ value: Value
  ) throws {
    let prototype = header.pointee.prototype.takeUnretainedValue()
    guard let result = prototype.sites.annotations.first?.result else { return }
    var bindings: [(name: String, extent: Int)] = []
    if case .context(let object as BindingsObject)? = handlers.last?.kind {
      bindings = object.bindings
      handlers.removeLast()
    }
    try AnnotationCheck(
      subject: "the result of \(prototype.name)", annotation: result, source: prototype.source
    ).check(value, &bindings)
  }
}

extension Value {
  /// What the variable holds whose register this is.
  fileprivate var unboxed: Value {
    if case .box(let box) = self { box.value } else { self }
  }
}

/// What the arguments bound, kept on the handlers' stack so that an error forgets it.
private final class BindingsObject: HostObject {
  let bindings: [(name: String, extent: Int)]
  init(_ bindings: [(name: String, extent: Int)]) { self.bindings = bindings }
}

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
        + value.shortDescription)
  }
}
