// What `catch e` sees, and what `throw` makes of its value.

import Syntax

/// A caught error: `e.message`, `e.kind`, `e.line`, `e.hint`, `e.value`, and fields of the thrown
/// value.
final class ErrorObject: HostObject {
  let error: RuntimeError

  init(_ error: RuntimeError) { self.error = error }

  /// The value that `catch` binds.
  static func value(of error: RuntimeError) -> Value { .host(ErrorObject(error)) }

  /// The error for `throw value`: a caught error goes on as it was, a record may say its own
  /// `kind` and `message`.
  static func error(throwing value: Value) -> RuntimeError {
    if case .host(let host as ErrorObject) = value { return host.error }
    var error = RuntimeError(.value, "")
    error.thrown = value
    error.diagnostic.kind = "error"
    switch value {
    case .string(let text): error.diagnostic.message = text.text
    case .record(let record):
      error.diagnostic.message = record["message"]?.text ?? plain(value)
      if let kind = record["kind"]?.text { error.diagnostic.kind = kind }
      error.diagnostic.hint = record["hint"]?.text
    default: error.diagnostic.message = plain(value)
    }
    return error
  }

  private static func plain(_ value: Value) -> String {
    var writer = ValueWriter()
    writer.write(value, quoted: false, depth: 0)
    return writer.text
  }

  override var typeName: String { "Error" }
  override var summary: String { "error[\(error.diagnostic.kind)]: \(error.diagnostic.message)" }
  override var memberNames: [String] { ["message", "kind", "line", "hint", "value", "trace"] }

  override func field(_ name: String, _ interpreter: Interpreter) throws -> Value? {
    switch name {
    case "message": return .string(error.diagnostic.message)
    case "kind": return .string(error.diagnostic.kind)
    case "hint": return error.diagnostic.hint.map { .string($0) } ?? .nil
    case "trace": return .list(error.diagnostic.trace.map { .string($0) })
    case "value": return error.thrown ?? .nil
    case "line":
      guard let place = error.diagnostic.primary else { return .nil }
      return .int(place.source.line(at: place.span.start))
    default:
      if case .record(let record) = error.thrown { return record[name] }
      return nil
    }
  }

  override func isEqual(_ other: HostObject) -> Bool { self === other }
}
