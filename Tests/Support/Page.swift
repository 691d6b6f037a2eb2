// A page of the documents: its blocks, and what each is to the tests. `ScriptTests/README.md` lists them.

/// A page of the documents, taken apart.
public struct Page: Sendable {
  /// What stands between two fences.
  public struct Block: Sendable {
    /// What stands behind the opening fence: `mos`, `console`, nothing.
    public let kind: String
    /// Where its first line stands, from 1.
    public let line: Int
    /// The lines between the fences.
    public internal(set) var lines: [String] = []
    /// What the block directly below shows, where that is a `text`: all that this program prints and is told.
    public internal(set) var answer: [String]?

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

    /// Whether the program is one with those of its page: none of its own, and none that `CheckTests` look at.
    public var isOfThePage: Bool {
      kind == "mos" && answer == nil && fileName == nil && replacement == nil
        && !lines.contains { $0.contains("# finds: ") }
    }
  }

  /// Where the page lies.
  public let path: String
  /// The lines of the page.
  public let lines: [String]
  /// What stands between fences, from above.
  public private(set) var blocks: [Block] = []

  /// Takes a page apart.
  public init(path: String, text: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var open: Block?
    for (index, line) in lines.enumerated() {
      guard line.hasPrefix("```") else {
        open?.lines.append(line)
        continue
      }
      if let block = open {
        add(block)
        open = nil
      } else {
        open = Block(kind: String(line.dropFirst(3)), line: index + 2)
      }
    }
    if let open { add(open) }
  }

  /// The pages that people read: all but the reference, which has tests of its own.
  public static let all: [Page] = {
    let root = Files.root
    let paths =
      Files.find(under: root + "/docs", endingIn: ".md").filter { !$0.contains("/reference/") }
      + ["README.md", "CONTRIBUTING.md", "examples/README.md", "Benchmarks/README.md"].map {
        root + "/" + $0
      }
    return paths.compactMap { path in Files.read(path).map { Page(path: path, text: $0) } }
  }()

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
}

extension Page {
  /// The sessions at the prompt that the page shows, whole: each begins with the line `$ mos`, which is left out.
  public var sessions: [[String]] {
    var sessions: [[String]] = []
    for block in blocks where block.isSession {
      if block.lines.first == "$ mos" {
        sessions.append(Array(block.lines.dropFirst()))
      } else if !sessions.isEmpty {
        sessions[sessions.count - 1] += block.lines
      }
    }
    return sessions
  }
}
