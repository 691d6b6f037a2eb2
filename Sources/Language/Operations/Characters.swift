// Characters and parts of texts. A character is an extended grapheme cluster of Unicode, and two are the
// same where they are canonically equivalent: "é" is one, however it is encoded. The line end "\r\n"
// alone is two, as it is written, so that a text of another system can be split at "\n". Everything that
// counts, indexes, walks over or looks into texts goes by these. What
// goes through a whole text looks now and then whether the run is to end, and asks for memory first.

import Tensors

extension String {
  /// Steps between two looks whether the run is to end.
  fileprivate static let stride = 1 << 16

  /// The characters of the text.
  ///
  /// - Throws: a limit error where there is no memory for them, and where the run is to end.
  package func characters() throws -> [Character] {
    try MemoryAccount.require(utf8.count, of: MemoryLayout<Character>.stride)
    var characters: [Character] = []
    func add(_ character: Character) throws {
      if characters.count % String.stride == 0 { try Safepoint.look() }
      characters.append(character)
    }
    if try isPlain() {
      characters.reserveCapacity(utf8.count)
      for byte in utf8 { try add(Character(Unicode.Scalar(byte))) }
    } else {
      for character in self {
        if character == "\r\n" { try add("\r") }
        try add(character == "\r\n" ? "\n" : character)
      }
    }
    return characters
  }

  /// The bytes of the text.
  private func bytes() throws -> [UInt8] {
    try MemoryAccount.require(utf8.count)
    return Array(utf8)
  }

  /// The first place, counted in characters, where a part stands; the empty part is everywhere.
  package func firstPlace(of part: String) throws -> Int? {
    if try isPlain(), try part.isPlain() {
      return try bytes().places(of: part.bytes(), limit: 1).first
    }
    return try characters().places(of: part.characters(), limit: 1).first
  }

  /// The parts before, between and after at most `limit` separators, which must not be empty.
  package func parts(around separator: String, limit: Int = .max) throws -> [String] {
    if try isPlain(), try separator.isPlain() {
      return try bytes().parts(around: separator.bytes(), limit: limit) {
        String(decoding: $0, as: UTF8.self)
      }
    }
    return try characters().parts(around: separator.characters(), limit: limit) { String($0) }
  }

  /// True where the text begins with a part.
  package func begins(with part: String) throws -> Bool {
    // A part has no more characters than scalars.
    let count = part.unicodeScalars.count
    return try String(prefix(count)).characters().starts(with: part.characters())
  }

  /// True where the text ends with a part.
  package func ends(with part: String) throws -> Bool {
    // A plain end, and a byte before it, which could join what follows: no character reaches in.
    if try part.isPlain(), utf8.suffix(part.utf8.count + 1).allSatisfy({ $0 < 0x80 }) {
      return utf8.suffix(part.utf8.count).elementsEqual(part.utf8)
    }
    // From the end, where a flag begins is known only by going back over all that stand before it.
    return try characters().reversed().starts(with: part.characters().reversed())
  }

  /// What stands between white space.
  package func words(limit: Int = .max) throws -> [String] {
    var words: [String] = []
    var rest = try characters()[...]
    while true {
      rest = rest.dropFirst(try rest.distance { !$0.isWhitespace })
      guard !rest.isEmpty else { return words }
      let length = words.count < limit ? try rest.distance { $0.isWhitespace } : rest.count
      try String.requirePart(after: words.count)
      words.append(String(rest.prefix(length)))
      rest = rest.dropFirst(length)
    }
  }

  /// The lines, without their ends.
  package func lines() throws -> [String] {
    var lines: [String] = []
    var rest = self[...].unicodeScalars
    while !rest.isEmpty {
      // Before and behind each of these a character ends.
      let end = try rest.distance {
        "\n"..."\r" ~= $0 || "\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0)
      }
      try String.requirePart(after: lines.count)
      lines.append(String(rest.prefix(end)))
      rest = rest.dropFirst(end)
      rest = rest.dropFirst(rest.starts(with: ["\r", "\n"]) ? 2 : 1)
    }
    return lines
  }

  /// The text in pieces that are short enough for one step of work. A piece may end within a character.
  package var pieces: some Sequence<Substring> {
    sequence(state: self[...].unicodeScalars) { rest -> Substring? in
      guard !rest.isEmpty else { return nil }
      let piece = rest.prefix(String.stride)
      rest = rest[piece.endIndex...]
      return Substring(piece)
    }
  }

  /// The text with each piece replaced by another text, at most so many times as long.
  package func mapPieces(growing times: Int, _ transform: (Substring) -> String) throws -> String {
    try MemoryAccount.require(utf8.count, of: times)
    var text = ""
    for piece in pieces {
      try Safepoint.look()
      text += transform(piece)
    }
    return text
  }

  /// Looks now and then while a list of parts grows.
  ///
  /// - Throws: a limit error where there is no memory for as many parts again.
  private static func requirePart(after count: Int) throws {
    guard count % stride == 0 else { return }
    try MemoryAccount.require(count + stride, of: List.bytesOfText)
  }

  /// True where each byte is a character, so that bytes, which are many times as fast, can be compared.
  private func isPlain() throws -> Bool {
    let answer: Bool? = try utf8.withContiguousStorageIfAvailable { bytes in
      var isPlain = true
      try Safepoint.pieces(of: bytes.indices, each: 1 << 20) { piece in
        isPlain = isPlain && bytes[piece].allSatisfy { $0 < 0x80 }
      }
      return isPlain
    }
    return answer ?? utf8.allSatisfy { $0 < 0x80 }
  }
}

extension Collection {
  /// How many elements come before the first of a kind.
  fileprivate func distance(to isWanted: (Element) -> Bool) throws -> Int {
    var count = 0
    for element in self {
      if count % String.stride == 0 { try Safepoint.look() }
      if isWanted(element) { break }
      count += 1
    }
    return count
  }
}

extension Array where Element: Equatable {
  /// Where a part stands, from left to right and not overlapping, at most `limit` times: in one pass,
  /// whatever the part repeats (Knuth, Morris and Pratt 1977).
  fileprivate func places(of part: [Element], limit: Int) throws -> [Int] {
    guard let head = part.first else { return [0] }
    let borders = try part.borders()
    var places: [Int] = []
    var (next, matched, steps) = (0, 0, 0)
    while places.count < limit, next < count {
      steps += 1
      if steps % String.stride == 0 { try Safepoint.look() }
      if matched == 0 {
        let end = Swift.min(count, next + String.stride)
        if let place = self[next..<end].firstIndex(of: head) {
          (next, matched) = (place + 1, 1)
        } else {
          try Safepoint.look()
          next = end
          continue
        }
      } else if self[next] == part[matched] {
        (next, matched) = (next + 1, matched + 1)
      } else {
        matched = borders[matched - 1]
      }
      if matched == part.count {
        if places.count % String.stride == 0 {
          try MemoryAccount.require(places.count, of: MemoryLayout<Int>.stride)
        }
        places.append(next - matched)
        matched = 0
      }
    }
    return places
  }

  /// For each element, how many of the first ones also end there, without being all up to it.
  private func borders() throws -> [Int] {
    try MemoryAccount.require(count, of: MemoryLayout<Int>.stride)
    var borders = [Int](repeating: 0, count: count)
    var length = 0
    for place in indices.dropFirst() {
      if place % String.stride == 0 { try Safepoint.look() }
      while length > 0, self[place] != self[length] { length = borders[length - 1] }
      if self[place] == self[length] { length += 1 }
      borders[place] = length
    }
    return borders
  }

  /// What stands before, between and after at most `limit` separators, as texts.
  fileprivate func parts(
    around separator: [Element], limit: Int, _ text: (ArraySlice<Element>) -> String
  ) throws -> [String] {
    let places = try places(of: separator, limit: limit)
    try MemoryAccount.require(places.count, of: List.bytesOfText)
    var start = 0
    let parts = places.map { place in
      defer { start = place + separator.count }
      return text(self[start..<place])
    }
    return parts + [text(self[start...])]
  }
}
