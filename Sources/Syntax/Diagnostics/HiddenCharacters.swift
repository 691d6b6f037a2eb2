// Characters that are not seen as what they are: controls, which steer a terminal; format characters,
// which reorder what stands around them, join it, or take no room; separators of lines and paragraphs.
// Where text is shown as a value or in a message they stand as the escapes of a string literal, and a
// source that holds them is warned about (Boucher and Anderson, Trojan Source, 2021). Only what a
// program prints is left as it is.

extension Unicode.Scalar {
  /// True for what does not show as itself; line ends and tabs do.
  public var isHidden: Bool {
    if value < 0x7F { return value < 0x20 && self != "\n" && self != "\t" }
    if value < 0xA0 { return true }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: return true
    default: return false
    }
  }

  /// True for what belongs to the character before it: in emoji, and in scripts whose letters join.
  fileprivate var joins: Bool {
    value == 0x200C || value == 0x200D || (0xE0020...0xE007F).contains(value)
  }

  /// The escape of a string literal that stands for it.
  public var escape: String { "\\u{" + String(value, radix: 16) + "}" }
}

extension Character {
  /// True for one that shows as itself, joiners behind a letter or picture included.
  var isSeen: Bool {
    guard let first = unicodeScalars.first, !first.isHidden else { return false }
    return unicodeScalars.allSatisfy { !$0.isHidden || $0.joins && !first.isASCII }
  }
}

extension String {
  /// The text with its hidden characters as escapes.
  public var showingHidden: String {
    guard unicodeScalars.contains(where: \.isHidden) else { return self }
    var text = ""
    for scalar in unicodeScalars {
      if scalar.isHidden { text += scalar.escape } else { text.unicodeScalars.append(scalar) }
    }
    return text
  }
}

extension Source {
  /// A warning for each line that holds hidden characters, at the first of them.
  var hiddenCharacters: [Diagnostic] {
    var offset = utf8.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var found: [Diagnostic] = []
    // Only lines that are not plain are taken apart.
    while let place = utf8[offset...].firstIndex(where: {
      $0 >= 0x7F || Unicode.Scalar($0).isHidden
    }) {
      let number = line(at: Int32(clamping: place))
      if let hidden = firstHidden(ofLine: number, from: offset) {
        found.append(warning(about: hidden.scalar, at: hidden.offset))
      }
      offset = number < lineStarts.count ? Int(lineStarts[number]) : utf8.count
    }
    return found
  }

  /// The first hidden character of a line that stands at or after an offset.
  private func firstHidden(ofLine number: Int, from first: Int) -> (
    scalar: Unicode.Scalar, offset: Int
  )? {
    var offset = Int(lineStarts[number - 1])
    for character in text(ofLine: number) {
      if offset >= first, !character.isSeen,
        let scalar = character.unicodeScalars.first(where: \.isHidden)
      {
        let before = character.unicodeScalars.prefix { $0 != scalar }
        return (scalar, offset + before.reduce(0) { $0 + UTF8.width($1) })
      }
      offset += character.utf8.count
    }
    return nil
  }

  private func warning(about scalar: Unicode.Scalar, at offset: Int) -> Diagnostic {
    Diagnostic(
      severity: .warning, kind: .syntax, "the character \(scalar.escape) is not seen",
      at: .init(source: self, span: Span(offset, offset + UTF8.width(scalar))),
      hint: "remove it, or write \(scalar.escape) in a string")
  }
}
