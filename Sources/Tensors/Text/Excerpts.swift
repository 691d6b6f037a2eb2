// How messages quote what a program or a file holds: so much of it as tells one from another. Every
// message goes by this, whose length therefore does not depend on the length of what it is about.

extension String {
  /// The text, or its beginning and end where it has more than sixty characters.
  package var shortened: String {
    guard index(startIndex, offsetBy: 61, limitedBy: endIndex) != nil else { return self }
    return "\(prefix(40))…\(suffix(19))"
  }

  /// The shortened text in quotation marks.
  package var excerpt: String { shortened.inJSON }
}
