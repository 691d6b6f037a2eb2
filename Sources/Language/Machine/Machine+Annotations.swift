// Annotations, checked at each call: what a function was given, and what it gives back.

import Syntax

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
