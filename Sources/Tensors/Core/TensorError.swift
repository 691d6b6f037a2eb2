// What a numerical operation says when it cannot be done: a kind, a sentence, a hint. The
// language turns it into a diagnostic with the place in the program.

/// A mistake in the use of a numerical operation.
public struct TensorError: Error, Sendable {
  /// The kinds of the language reference, §12.
  public enum Kind: String, Sendable {
    case type, shape, index, value, io, limit, interrupt
  }
  /// What sort of mistake it is.
  public var kind: Kind
  /// Lower case, no full stop, the values named.
  public var message: String
  /// A few words beside the underlined place: `the last axes are 4 and 5`.
  public var label: String?
  /// What to do about it.
  public var hint: String?

  /// A mistake with its sentence.
  public init(_ kind: Kind, _ message: String, label: String? = nil, hint: String? = nil) {
    self.kind = kind
    self.message = message
    self.label = label
    self.hint = hint
  }
}

extension TensorError: CustomStringConvertible {
  /// `[shape] cannot add f64[2] and f64[3] (axes are matched from the right …)`
  public var description: String {
    "[\(kind.rawValue)] \(message)" + (hint.map { " (\($0))" } ?? "")
  }
}
