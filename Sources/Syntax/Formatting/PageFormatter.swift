// The blocks of a page in the form of the language's page; all else stays as it is, byte by byte.

/// A page with the form of its programs put right.
///
/// What shows a mistake is left as it is written: its answer counts its lines. So is a block that is a program
/// only with the next ones, as where prose stands inside a function.
///
/// - Throws: `FormatError`; the page is then to be left alone.
package func format(page: MarkdownPage) throws(FormatError) -> String {
  let mistakes = parse(page.program).diagnostics
  guard !mistakes.contains(where: { $0.severity == .error }) else { throw .mistakes(mistakes) }
  var lines = page.writtenLines
  for block in page.blocks.reversed() where block.kind == "mos" && !block.showsMistake {
    let text: String
    do {
      text = try format(Source(name: page.path, text: block.text))
    } catch .mistakes(let found) {
      if block.isOfThePage { continue }
      let placed = parse(page.program(of: [block])).diagnostics
      throw .mistakes(placed.isEmpty ? found : placed)
    }
    guard text != block.text else { continue }
    let isCarriageReturn = lines[block.line - 2].dropLast().last == UInt8(ascii: "\r")
    let written = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
      line -> [UInt8] in
      // The marks of a quotation stand before an empty line too, blanks do not.
      var bytes = Array(block.prefix.utf8) + Array(line.utf8)
      while line.isEmpty, bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
      return bytes + Array((isCarriageReturn ? "\r\n" : "\n").utf8)
    }
    let first = block.line - 1
    lines.replaceSubrange(first..<first + block.lines.count, with: written)
  }
  return String(decoding: lines.joined(), as: UTF8.self)
}

extension MarkdownPage {
  /// The lines of the page, each with its end.
  fileprivate var writtenLines: [[UInt8]] {
    source.lineStarts.indices.map { index in
      let next = index + 1
      let end = next < source.lineStarts.count ? Int(source.lineStarts[next]) : source.utf8.count
      return Array(source.utf8[Int(source.lineStarts[index])..<end])
    }
  }
}
