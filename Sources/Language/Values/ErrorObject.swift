// What `catch e` sees, and what `throw` makes of its value.

import Syntax

/// A caught error: `e.message`, `e.kind`, `e.line`, `e.hint`, `e.value`, and fields of the thrown
/// value.
package final class ErrorObject: HostObject {
  package override class var hostType: HostType { members }

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
      error.diagnostic.message = record["message"]?.text ?? value.excerpt
      if let kind = record["kind"]?.text { error.diagnostic.kind = kind }
      error.diagnostic.hint = record["hint"]?.text
    default: error.diagnostic.message = value.excerpt
    }
    return error
  }

  package override var summary: String {
    "error[\(error.diagnostic.kind)]: \(error.diagnostic.message)"
  }

  /// The fields of a record that was thrown.
  package override var ownFields: Record {
    if case .record(let record) = error.thrown { record } else { Record() }
  }
}

extension ErrorObject {
  private static let members = HostType(
    ErrorObject.self, "Error",
    """
    What `catch e` binds. An error that a program made by throwing a record has the record's fields
    besides.

        try { zeros(2) + zeros(3) } catch e { print(e.kind) }              # shape
        try { throw {message: "too far", step: 3} } catch e { print(e.step) }    # 3
    """,
    fields: [
      Field("message", "What is wrong, a String.") { .string($0.error.diagnostic.message) },
      Field(
        "kind",
        """
        The kind of mistake, a String: `name`, `type`, `shape`, `value`, `index` and others, or what
        a thrown record says; `error` for what else `throw` was given.
        """
      ) { .string($0.error.diagnostic.kind) },
      Field("line", "The number of the line where it happened, an Int; nil where no line did it.") {
        $0.error.diagnostic.primary.map { .int($0.source.line(at: $0.span.start)) } ?? .nil
      },
      Field("hint", "What may help, a String; nil where there is no hint.") {
        $0.error.diagnostic.hint.map { .string($0) } ?? .nil
      },
      Field("value", "What `throw` was given; nil for an error of the language itself.") {
        $0.error.thrown ?? .nil
      },
      Field("trace", "The calls that led there, a list of Strings, the innermost first.") {
        .list($0.error.diagnostic.trace.map { .string($0) })
      },
    ])
}
