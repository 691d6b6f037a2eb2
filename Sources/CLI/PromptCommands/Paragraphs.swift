// Documentation on a narrow terminal: paragraphs are broken anew; examples, lists and tables stay as they are.

extension String {
  /// The text with the lines of its paragraphs broken before a column, where one is longer.
  func brokenAnew(columns width: Int) -> String {
    let lines = split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.contains(where: { $0.columns > width }) else { return self }
    var result: [String] = []
    var paragraph: [Substring] = []
    func endParagraph() {
      result += String.fill(paragraph.flatMap { $0.split(separator: " ") }, width)
      paragraph = []
    }
    for line in lines {
      let isText = !line.isEmpty && !["    ", "- ", "|", "#"].contains { line.hasPrefix($0) }
      if isText {
        paragraph.append(line)
      } else {
        endParagraph()
        result.append(String(line))
      }
    }
    endParagraph()
    return result.joined(separator: "\n")
  }

  /// Lines of words, as many to each as fit.
  private static func fill(_ words: [Substring], _ width: Int) -> [String] {
    var lines: [String] = []
    for word in words {
      if let last = lines.last, last.columns + 1 + word.columns <= width {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
