// How pieces of text are shown, and whether they are.

/// A way in which a byte of an entry is shown.
struct Style: Equatable {
  /// What a piece of a program is.
  enum Role: UInt8 {
    case plain, keyword, text, number, comment, builtin, command, mark, mistake
  }

  var role: Role
  /// Whether it is one of two brackets that belong together at the cursor.
  var isMatched = false

  static let plain = Style(role: .plain)

  /// The sequence that begins it; empty for plain text.
  var sequence: String {
    let color =
      switch role {
      case .plain: ""
      case .keyword: "35"
      case .text: "32"
      case .number: "36"
      case .comment: "90"
      case .builtin: "34"
      case .command: "33"
      case .mark: "1;32"
      case .mistake: "31"
      }
    let codes = [color, isMatched ? "1;7" : ""].filter { !$0.isEmpty }
    return codes.isEmpty ? "" : "\u{1b}[\(codes.joined(separator: ";"))m"
  }

  /// The sequence that ends any.
  static let end = "\u{1b}[0m"
}
