// How a table is written: what parts its cells, whether its first row has names, which lines are none of
// it, and which columns are wanted.

/// What is known of a table before it is read.
public struct TableFormat: Sendable {
  /// A column by its name, or by its number from 0 on, from the end where it is negative.
  public enum Choice: Sendable {
    case name(String)
    case number(Int)
  }

  /// The byte between cells; nil where the table shows it.
  public var separator: UInt8?
  /// Whether the first row has names; nil where the table shows it.
  public var hasNames: Bool?
  /// What lines begin with that are no rows; empty where all are; nil where the table shows it.
  public var comment: String?
  /// The columns in their order; nil for all.
  public var columns: [Choice]?

  /// A table that shows what it is, but for its columns, all of them.
  public init(
    separator: UInt8? = nil, hasNames: Bool? = nil, comment: String? = nil,
    columns: [Choice]? = nil
  ) {
    (self.separator, self.hasNames) = (separator, hasNames)
    (self.comment, self.columns) = (comment, columns)
  }

  /// The separator that a file's name says: a tab for `.tsv`.
  public static func separator(ofName name: String) -> UInt8? {
    var name = name.lowercased()[...]
    if name.hasSuffix(".gz") { name = name.dropLast(3) }
    return name.hasSuffix(".tsv") ? UInt8(ascii: "\t") : nil
  }
}
