// Texts that are the same but for their numbers.

/// Whether two texts are the same but for their numbers, and those to 1e-6 relative.
public func isNearText(_ expected: String, _ got: String) -> Bool {
  isSameText(expected, got, numbers: isNear)
}

/// Whether two texts are the same but for their numbers, and those as asked for.
public func isSameText(
  _ expected: String, _ got: String, numbers isAdmitted: (String, String) -> Bool
) -> Bool {
  let (left, right) = (pieces(of: expected), pieces(of: got))
  return left.count == right.count && zip(left, right).allSatisfy { $0 == $1 || isAdmitted($0, $1) }
}

/// Whether two texts are numbers that agree to 1e-6 relative.
private func isNear(_ expected: String, _ got: String) -> Bool {
  guard let left = Double(expected), let right = Double(got) else { return false }
  return abs(left - right) <= 1e-6 * max(abs(left), abs(right), 1e-6)
}

/// The text cut into numbers and what stands between them.
private func pieces(of text: String) -> [String] {
  var pieces: [String] = []
  var rest = text[...]
  while let first = rest.first {
    let isNumber = first.isNumber || first == "-" || first == "." || first == "+"
    let piece = rest.prefix { character in
      (character.isNumber || "+-.eE".contains(character)) == isNumber
    }
    pieces.append(String(piece.isEmpty ? rest.prefix(1) : piece))
    rest = rest.dropFirst(max(1, piece.count))
  }
  return pieces.filter { !$0.allSatisfy { $0 == " " } }
}
