// What went wrong, where, and what to do: a value. How it is drawn stands in
// `DiagnosticRenderer`; the sentences stand where the mistake is found, one file a family.
//
// Form of every message: lower case, no full stop, the values named; the hint says what to do.

/// A mistake or a warning with its places.
public struct Diagnostic: Sendable {
  /// How grave it is.
  public enum Severity: Sendable { case error, warning, note }

  /// The kinds of the language reference, §12, which `catch e` sees as `e.kind`.
  public enum Kind: String, Sendable {
    case syntax, name, type, shape, index, value, io, limit, interrupt, assertion
    /// An error of the host program's own, and the use of an interpreter from two threads at once.
    case host, busy
  }

  /// A place, with what is to be said about it.
  public struct Label: Sendable {
    /// The text that the span is in.
    public var source: Source
    /// The place.
    public var span: Span
    /// A few words beside the carets, or none.
    public var text: String?

    /// A label at a place.
    public init(source: Source, span: Span, text: String? = nil) {
      self.source = source
      self.span = span
      self.text = text
    }
  }

  public var severity: Severity
  public var kind: String
  public var message: String
  /// The place that is underlined; nil where there is none (a broken command line).
  public var primary: Label?
  /// Other places that matter: `defined here`, the other operand.
  public var secondary: [Label]
  /// What to do about it.
  public var hint: String?
  /// The calls that led here, innermost first, each as `forward (train.mos:12)`.
  public var trace: [String]

  /// A diagnostic of the given kind.
  public init(
    severity: Severity = .error, kind: Kind, _ message: String, at primary: Label? = nil,
    secondary: [Label] = [], hint: String? = nil
  ) {
    self.severity = severity
    self.kind = kind.rawValue
    self.message = message
    self.primary = primary
    self.secondary = secondary
    self.hint = hint
    self.trace = []
  }
}
