// Programs in the form of the language's page: four spaces, one blank round operators and the `=` of
// `let`, none round the `=` of defaults and named arguments.
//
// Words are laid out anew between the line ends that people chose: no line is joined and none is broken,
// so that the newline rule (language reference, §2) reads the same program. Three passes: `Spacing` says
// what stands between two words of a line, `Layout` how far a line is indented, `Margins` where the
// comments behind lines begin. Strings, interpolations included, are kept as they are written.
//
// Invariant: the tree of what comes out is that of what went in, which is looked at each time, and
// formatting it again changes nothing.

/// Why a program was not formatted.
package enum FormatError: Error {
  /// It does not parse.
  case mistakes([Diagnostic])
  /// A mistake of the formatter: the tree of the result would be another one.
  case changesTree
}

/// A program in the form of the language's page.
///
/// - Throws: `FormatError`; the program is then to be left alone.
package func format(_ source: Source) throws(FormatError) -> String {
  let parsed = parse(source)
  guard !parsed.diagnostics.contains(where: { $0.severity == .error }) else {
    throw .mistakes(parsed.diagnostics)
  }
  let words = Word.all(of: tokenize(source).tokens, blockBraces: parsed.blockBraces)
  var layout = Layout(source, words)
  layout.run()
  let text = layout.lines.aligned().map(\.written).joined()
  let result = parse(Source(name: source.name, text: text))
  guard TreeShape(parsed.program) == TreeShape(result.program) else { throw .changesTree }
  return text
}

/// A word as the formatter moves it: a token, or a string with all that stands in it.
struct Word {
  var kind: Token.Kind
  var span: Span
  var startsLine: Bool
  /// True for a brace of a block or a model's body.
  var isBlockBrace = false

  /// The words of a program, `.end` as the last.
  static func all(of tokens: [Token], blockBraces: Set<Int>) -> [Word] {
    var words: [Word] = []
    words.reserveCapacity(tokens.count)
    // How many strings are open, and the word of the outermost.
    var depth = 0
    var openBlocks: [Bool] = []
    for (index, token) in tokens.enumerated() {
      if token.kind == .stringOpen { depth += 1 }
      if token.kind == .stringClose { depth -= 1 }
      if depth > 0 || token.kind == .stringClose {
        if token.kind == .stringOpen, depth == 1 {
          words.append(Word(kind: .string, span: token.span, startsLine: token.startsLine))
        } else {
          words[words.count - 1].span.end = token.span.end
        }
        continue
      }
      var word = Word(kind: token.kind, span: token.span, startsLine: token.startsLine)
      if token.kind.closer != nil {
        word.isBlockBrace = blockBraces.contains(index)
        openBlocks.append(word.isBlockBrace)
      } else if token.kind.isCloser {
        word.isBlockBrace = openBlocks.popLast() ?? false
      }
      words.append(word)
    }
    return words
  }
}

/// A line of a formatted program.
struct FormattedLine {
  /// A comment behind code, or one that goes on in the same column on a line of its own.
  struct Margin {
    var text: String
    /// The column that it stands in, and how wide its line's code is, in the text that is formatted.
    var column: Int
    var codeWidth: Int
  }

  var indentation = 0
  /// The code, or a comment that stands alone; it may hold line ends, of strings.
  var text = ""
  var margin: Margin?

  /// The columns that the last line of the text takes, with the indentation.
  var width: Int {
    guard let end = text.utf8.lastIndex(of: UInt8(ascii: "\n")) else {
      return text.isEmpty ? 0 : indentation + text.count
    }
    return text[text.utf8.index(after: end)...].count
  }

  /// The line with its end.
  var written: String {
    var written = text.isEmpty ? "" : String(repeating: " ", count: indentation) + text
    if let margin {
      written += String(repeating: " ", count: max(0, margin.column - width)) + margin.text
    }
    return written + "\n"
  }
}
