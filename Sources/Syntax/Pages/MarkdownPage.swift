// A page of Markdown, and the program that its blocks are.
//
// The blocks of Mos of a page are one program, read from above: `mos run page.md` runs it, and the tests run
// the documents so. What is a block is Markdown's to say (CommonMark, §4.5 and §5): fences of three or more
// backquotes or tildes, in lists and quotations too; `PageLines` reads them.
//
// Invariant: a byte of the program stands at its place on the page. All else is blanked and none is left out
// before it, so that lines and columns are the page's; what a list or a quotation puts before a line of code is
// its margin (`Source.margins`), which no word and no text holds.

/// A page of Markdown, taken apart.
public struct MarkdownPage: Sendable {
  /// What stands between two fences.
  public struct Block: Sendable {
    /// The first word behind the opening fence: `mos`, `console`, nothing.
    public let kind: String
    /// Where its first line stands, from 1.
    public let line: Int
    /// The lines between the fences, without their margins.
    public internal(set) var lines: [String] = []
    /// The lines of the block directly below, where that is a `text`: all that this program prints and is told.
    public internal(set) var answer: [String]?
    /// What the list or the quotation that it stands in puts before each of its lines.
    let prefix: String
    /// How many bytes stand before the code of each line.
    var margins: [Int] = []

    /// Its lines, each with its end.
    public var text: String { lines.map { $0 + "\n" }.joined() }

    /// The file that the program is, by its first line: `# maml.mos: what it is for`.
    public var fileName: String? {
      guard kind == "mos", let first = lines.first, first.hasPrefix("# ") else { return nil }
      let name = first.dropFirst(2).prefix { $0.isLetter || $0.isNumber || "_.-".contains($0) }
      return name.hasSuffix(".mos") ? String(name) : nil
    }

    /// What the program takes the place of, by its first line: `# in maml.mos, instead of adapt`.
    public var replacement: (fileName: String, name: String)? {
      guard kind == "mos", let first = lines.first, first.hasPrefix("# in ") else { return nil }
      let words = first.dropFirst(5).split(separator: " ")
      guard words.count == 4, words[0].hasSuffix(","), words[1] == "instead", words[2] == "of"
      else { return nil }
      return (String(words[0].dropLast()), String(words[3]))
    }

    /// Whether it is a session at the prompt, or goes on with one.
    public var isSession: Bool {
      kind == "console" && (lines.first == "$ mos" || lines.first?.hasPrefix("mos> ") == true)
    }

    /// Whether it shows a mistake, by its answer or by a margin that says what `mos check` finds: a program of
    /// its own, whose lines the answer counts.
    public var showsMistake: Bool {
      let isTold = answer?.contains { line in
        ["error", "warning"].contains { line.hasPrefix($0 + ":") || line.hasPrefix($0 + "[") }
      }
      return isTold == true || lines.contains { $0.contains("# finds: ") }
    }

    /// Whether the program is one with those of its page, and not one of its own.
    public var isOfThePage: Bool {
      kind == "mos" && fileName == nil && replacement == nil && !showsMistake
    }
  }

  /// Where the page lies.
  public var path: String { source.name }
  /// What stands between fences, from above.
  public private(set) var blocks: [Block] = []
  /// The page as it is written.
  let source: Source

  /// Takes a page apart.
  public init(path: String, text: String) {
    source = Source(name: path, text: text)
    // Behind the end of the last line there is no line.
    let count = source.lineStarts.count - (source.utf8.last == UInt8(ascii: "\n") ? 1 : 0)
    var reader = PageLines()
    var open: Block?
    for number in 0..<count {
      let line = source.text(ofLine: number + 1)
      let (endsBlock, event) = reader.read(line)
      if endsBlock, let block = open {
        add(block)
        open = nil
      }
      switch event {
      case .text: break
      case .opening(let kind, let prefix):
        open = Block(kind: kind, line: number + 2, prefix: prefix)
      case .code(let margin):
        open?.lines.append(String(decoding: line.utf8.dropFirst(margin), as: UTF8.self))
        open?.margins.append(margin)
      }
    }
    if let open { add(open) }
  }

  /// A `text` directly behind a program is its answer.
  private mutating func add(_ block: Block) {
    if block.kind == "text", let last = blocks.last, last.kind == "mos",
      last.line + last.lines.count + 2 == block.line
    {
      blocks[blocks.count - 1].answer = block.lines
    } else {
      blocks.append(block)
    }
  }

  /// The lines of the page.
  public var lines: [String] { (1...source.lineStarts.count).map { source.text(ofLine: $0) } }

  /// Whether a file is a page, by its name.
  public static func isPage(_ path: String) -> Bool {
    let name = path.suffix(10).lowercased()
    return name.hasSuffix(".md") || name.hasSuffix(".markdown")
  }
}

extension MarkdownPage {
  /// The program that the page is.
  public var program: Source { program(of: blocks.filter(\.isOfThePage)) }

  /// Some blocks as one program, at their places.
  func program(of blocks: [Block]) -> Source {
    var utf8: [UInt8] = []
    var margins = [Int32](repeating: -1, count: source.lineStarts.count)
    for block in blocks {
      for (index, margin) in block.margins.enumerated() {
        let line = block.line - 1 + index
        let start = Int(source.lineStarts[line])
        let next = line + 1
        let end = next < source.lineStarts.count ? Int(source.lineStarts[next]) : source.utf8.count
        blank(&utf8, upTo: start + margin)
        utf8 += source.utf8[start + margin..<end]
        margins[line] = Int32(clamping: margin)
      }
    }
    return Source(name: path, utf8: utf8, margins: margins)
  }

  private func blank(_ utf8: inout [UInt8], upTo end: Int) {
    let isLineEnd = { (byte: UInt8) in byte == UInt8(ascii: "\n") }
    utf8 += source.utf8[utf8.count..<end].map { isLineEnd($0) ? $0 : UInt8(ascii: " ") }
  }
}

extension Source {
  /// The program that a file holds: its text, or the blocks of a page.
  public static func program(ofFile path: String, text: String) -> Source {
    MarkdownPage.isPage(path)
      ? MarkdownPage(path: path, text: text).program : Source(name: path, text: text)
  }
}
