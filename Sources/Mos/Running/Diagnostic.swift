// Mistakes, warnings and their places, as data that an editor can show.

internal import Syntax

/// A mistake or a warning.
public struct Diagnostic: Sendable {
  /// How grave it is.
  public enum Severity: Sendable { case error, warning, note }

  /// How grave it is.
  public let severity: Severity
  /// `syntax`, `shape`, `limit` …; see `MosError`.
  public internal(set) var kind: String
  /// A sentence that names the values.
  public let message: String
  /// What to do about it.
  public let hint: String?
  /// The place that is underlined; nil where there is none.
  public let place: Place?
  /// Other places that matter.
  public let related: [Place]
  /// The calls that led there, innermost first, each as `forward (train.mos:12)`.
  public let trace: [String]
  /// As the language has it.
  private let original: Syntax.Diagnostic

  init(_ diagnostic: Syntax.Diagnostic) {
    original = diagnostic
    severity =
      switch diagnostic.severity {
      case .error: .error
      case .warning: .warning
      case .note: .note
      }
    kind = diagnostic.kind
    message = diagnostic.message
    hint = diagnostic.hint
    place = diagnostic.primary.map(Place.init)
    related = diagnostic.secondary.map(Place.init)
    trace = diagnostic.trace
  }
}

extension Diagnostic: CustomStringConvertible {
  /// The text with the source line underlined, as the command line shows it.
  public var description: String { DiagnosticRenderer(colored: false).render(original) }
}

/// A place in a program's text.
public struct Place: Sendable, Hashable {
  /// The name that the text was run under.
  public let file: String
  /// The line, from 1.
  public let line: Int
  /// The character in the line, from 1.
  public let column: Int
  /// The bytes of the text, in UTF-8.
  public let range: Range<Int>
  /// A few words about it.
  public let note: String?

  init(_ label: Syntax.Diagnostic.Label) {
    file = label.source.name
    (line, column) = label.source.position(at: label.span.start)
    range = Int(label.span.start)..<Int(label.span.end)
    note = label.text
  }
}
