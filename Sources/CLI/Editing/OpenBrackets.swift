// What is open at a place of an entry: brackets, a text, a comment. Unlike the lexer it reads what is not
// finished, and stops at the place.

/// What is open where a text was cut.
struct OpenBrackets {
  private enum Frame {
    case bracket(offset: Int, closer: UInt8)
    /// A text between so many quotes.
    case text(start: Int, quotes: Int)
  }

  private var frames: [Frame] = []
  /// Whether the place is in a comment.
  private(set) var isInComment = false

  /// Reads the bytes before a place.
  init(_ utf8: ArraySlice<UInt8>) {
    var place = utf8.startIndex
    while place < utf8.endIndex { read(utf8, &place) }
  }

  /// The brackets, outermost first; those of interpolations are among them.
  var brackets: [(offset: Int, closer: UInt8)] {
    frames.compactMap {
      if case .bracket(let offset, let closer) = $0 { (offset, closer) } else { nil }
    }
  }

  /// Where the code begins of the innermost interpolation that the place is in; nil outside all.
  var interpolationStart: Int? {
    for (outer, inner) in zip(frames, frames.dropFirst()).reversed() {
      if case .text = outer, case .bracket(let offset, _) = inner { return offset + 1 }
    }
    return nil
  }

  /// Where the text begins that the place is in, behind its quotes; nil in code.
  var textStart: Int? { if case .text(let start, _)? = frames.last { start } else { nil } }

  /// Whether a text of three quotes is open, which goes over lines.
  var isInLongText: Bool { if case .text(_, 3)? = frames.last { true } else { false } }

  private mutating func read(_ utf8: ArraySlice<UInt8>, _ place: inout Int) {
    let byte = utf8[place]
    place += 1
    if case .text(_, let quotes)? = frames.last {
      switch byte {
      case UInt8(ascii: "\\"): place += 1
      case UInt8(ascii: "{"): frames.append(.bracket(offset: place - 1, closer: UInt8(ascii: "}")))
      case UInt8(ascii: "\n") where quotes == 1: frames.removeLast()
      case UInt8(ascii: "\""):
        guard quotes == 1 || utf8[(place - 1)...].prefix(3).elementsEqual([byte, byte, byte]) else {
          return
        }
        frames.removeLast()
        place += quotes - 1
      default: break
      }
      return
    }
    if isInComment {
      isInComment = byte != UInt8(ascii: "\n")
      return
    }
    switch byte {
    case UInt8(ascii: "\""):
      let isLong = utf8[place...].prefix(2).elementsEqual([byte, byte])
      if isLong { place += 2 }
      frames.append(.text(start: place, quotes: isLong ? 3 : 1))
    case UInt8(ascii: "#"): isInComment = true
    case UInt8(ascii: "("): frames.append(.bracket(offset: place - 1, closer: UInt8(ascii: ")")))
    case UInt8(ascii: "["): frames.append(.bracket(offset: place - 1, closer: UInt8(ascii: "]")))
    case UInt8(ascii: "{"): frames.append(.bracket(offset: place - 1, closer: UInt8(ascii: "}")))
    case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
      if case .bracket(_, byte)? = frames.last { frames.removeLast() }
    default: break
    }
  }
}
