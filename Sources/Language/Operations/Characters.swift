// Characters and parts of texts. A character is an extended grapheme cluster of Unicode, and two are the
// same where they are canonically equivalent: "é" is one, however it is encoded. The line end "\r\n"
// alone is two, as it is written, so that a text of another system can be split at "\n". Everything that
// counts, indexes, walks over or looks into texts goes by these.

import Tensors

extension String {
  /// What a function of the text gives, on a thread of its own where the text is so long that the run
  /// may have to end before.
  ///
  /// - Throws: what the function throws, or an interrupt or a limit error.
  package func heard<R>(_ function: @escaping (String) throws -> R) throws -> R {
    // A byte takes up to some tens of nanoseconds.
    try AbandonableCall.value(work: utf8.count << 5) { try function(self) }
  }

  /// The characters of the text.
  package var characters: [Character] {
    guard utf8.contains(UInt8(ascii: "\r")) else { return Array(self) }
    return flatMap { $0 == "\r\n" ? ["\r", "\n"] : [$0] }
  }

  /// The first place, counted in characters, where a part stands; the empty part is everywhere.
  package func firstPlace(of part: String) throws -> Int? {
    try heard { text in
      if text.isPlain, part.isPlain {
        return Array(text.utf8).places(of: Array(part.utf8), limit: 1).first
      }
      return text.characters.places(of: part.characters, limit: 1).first
    }
  }

  /// The parts before, between and after at most `limit` separators, which must not be empty.
  package func parts(around separator: String, limit: Int = .max) throws -> [String] {
    try heard { text in
      if text.isPlain, separator.isPlain {
        return Array(text.utf8).parts(around: Array(separator.utf8), limit: limit)
          .map { String(decoding: $0, as: UTF8.self) }
      }
      return text.characters.parts(around: separator.characters, limit: limit).map { String($0) }
    }
  }

  /// True where the text begins with a part.
  package func begins(with part: String) throws -> Bool {
    // A part has no more characters than scalars.
    try part.heard { part in
      String(prefix(part.unicodeScalars.count)).characters.starts(with: part.characters)
    }
  }

  /// True where the text ends with a part.
  package func ends(with part: String) throws -> Bool {
    // A plain end, and a byte before it, which could join what follows: no character reaches in.
    if part.isPlain, utf8.suffix(part.utf8.count + 1).allSatisfy({ $0 < 0x80 }) {
      return utf8.suffix(part.utf8.count).elementsEqual(part.utf8)
    }
    // From the end, where a flag begins is known only by going back over all that stand before it.
    return try heard { $0.characters.reversed().starts(with: part.characters.reversed()) }
  }

  /// What stands between white space.
  package func words(limit: Int = .max) throws -> [String] {
    try heard { $0.split(maxSplits: limit, whereSeparator: \.isWhitespace).map { String($0) } }
  }

  /// True where each byte is a character, so that bytes, which are many times as fast, can be compared.
  private var isPlain: Bool { utf8.allSatisfy { $0 < 0x80 } }
}

extension Array where Element: Equatable {
  /// Where a part stands, from left to right and not overlapping, at most `limit` times: in one pass,
  /// whatever the part repeats (Knuth, Morris and Pratt 1977).
  fileprivate func places(of part: [Element], limit: Int) -> [Int] {
    guard let head = part.first else { return [0] }
    let borders = part.borders
    var places: [Int] = []
    var (next, matched) = (0, 0)
    while places.count < limit, next < count {
      if matched == 0 {
        guard let place = self[next...].firstIndex(of: head) else { break }
        (next, matched) = (place + 1, 1)
      } else if self[next] == part[matched] {
        (next, matched) = (next + 1, matched + 1)
      } else {
        matched = borders[matched - 1]
      }
      if matched == part.count {
        places.append(next - matched)
        matched = 0
      }
    }
    return places
  }

  /// For each element, how many of the first ones also end there, without being all up to it.
  private var borders: [Int] {
    var borders = [Int](repeating: 0, count: count)
    var length = 0
    for place in indices.dropFirst() {
      while length > 0, self[place] != self[length] { length = borders[length - 1] }
      if self[place] == self[length] { length += 1 }
      borders[place] = length
    }
    return borders
  }

  /// What stands before, between and after at most `limit` separators.
  fileprivate func parts(around separator: [Element], limit: Int) -> [ArraySlice<Element>] {
    var start = 0
    let parts = places(of: separator, limit: limit).map { place in
      defer { start = place + separator.count }
      return self[start..<place]
    }
    return parts + [self[start...]]
  }
}
