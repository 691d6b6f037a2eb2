// Text: printing, formatting, taking apart and putting together.

import Language
import Tensors

extension Builtins {
  static let text = BuiltinPage(
    "Text",
    [
      Builtin(
        "print(*values, sep=\" \", end=\"\\n\", all_ranks=false)",
        """
        Writes the values, `sep` between them and `end` after them. Of several ranks the first alone writes,
        unless `all_ranks` asks for the text of each, with its number in front: `[1] text`.

            print("loss", 0.5, sep=" = ")    # loss = 0.5
        """, effects: .writes
      ) { arguments in
        let separator = try arguments.string(1)
        let end = try arguments.string(2)
        let inColors = arguments.interpreter.showsColors
        let texts = try arguments.rest(0).map { try (inColors ? $0.drawing : nil) ?? $0.written() }
        let text = try joined(texts, separator) + end
        let ranks = arguments.interpreter.context.ranks
        let isOfAll = try arguments.bool(3) && ranks.count > 1
        try arguments.interpreter.writeHeard(
          isOfAll ? "[\(ranks.rank)] " + text : text, everywhere: isOfAll)
        return .nil
      },
      Builtin(
        "repr(value)",
        """
        The value as the prompt shows it: texts quoted, tensors with their dtype and shape.

            print(repr("a"), repr([1.0, 2.0]))    # "a" [1.0, 2.0] : f64[2]
        """
      ) { arguments in .string(arguments[0].representation) },
      Builtin(
        "str(value)",
        """
        The text that `print` writes for the value.

            print(str(1) + "!")    # 1!
        """
      ) { arguments in .string(try arguments[0].written()) },
      Builtin(
        "format(value, spec=\"\")",
        """
        The value as text by a format specification, as after the `:` in `"{value:.3f}"`.

            print(format(3.14159, ".2f"), format("ab", ">5"))    # 3.14    ab
        """
      ) { arguments in
        .string(
          try arguments[0].format(arguments.string(1)))
      },
      Builtin(
        "join(values, separator=\"\")",
        """
        One text of many, the separator between them; `", ".join(values)` works too.

            print(join(("a", 1, "b"), ", "))    # a, 1, b
        """
      ) { arguments in
        // Python's order has the separator first.
        let isSwapped = arguments[0].text != nil && arguments[1].text == nil && arguments.has(1)
        let separator = try isSwapped ? arguments.string(0) : arguments.string(1)
        let values = try arguments.sequence(isSwapped ? 1 : 0)
        return .string(try joined(try values.map { try $0.written() }, separator))
      },
      Builtin(
        "strip(text, characters=nil)",
        """
        The text without white space, or without the given characters, at its ends.

            print(strip("  a b "), strip("--a--", "-"))    # a b a
        """, stripped),
      Builtin(
        "trim(text, characters=nil)",
        """
        The same as `strip`.

            print(trim("  a b "))    # a b
        """, stripped),
      Builtin(
        "upper(text)",
        """
        The text in capital letters.

            print(upper("abc"))    # ABC
        """
      ) { arguments in .string(try arguments.string(0).mapPieces(growing: 3) { $0.uppercased() }) },
      Builtin(
        "lower(text)",
        """
        The text in small letters.

            print(lower("ABC"))    # abc
        """
      ) { arguments in .string(try arguments.string(0).mapPieces(growing: 3) { $0.lowercased() }) },
      Builtin(
        "replace(text, old, new, count=nil)",
        """
        The text with each `old` in it, or the first `count` of them, replaced.

            print(replace("a-b-c", "-", "+"), replace("a-b-c", "-", "+", count=1))    # a+b+c a+b-c
        """
      ) { arguments in
        let old = try arguments.string(1)
        guard !old.isEmpty else {
          throw RuntimeError(.value, "`old` of replace must not be empty")
        }
        let parts = try arguments.string(0).parts(
          around: old, limit: arguments.has(3) ? arguments.int(3, atLeast: 0) : .max)
        return .string(try joined(parts, try arguments.string(2)))
      },
      Builtin(
        "contains(values, value)",
        """
        True where a text has the part, a list the element, a record the key; as `in`.

            print(contains("abc", "bc"), contains((1, 2), 3))    # true false
        """
      ) { arguments in
        try .compare(.in, arguments[1], arguments[0])
      },
      Builtin(
        "find(values, value)",
        """
        The first place of a part in a text, in characters, or of an element in a list; nil where there
        is none.

            print(find("abcb", "b"), find((5, 6), 7))    # 1 nil
        """
      ) { arguments in
        if case .string(let string) = arguments[0] {
          let place = try string.text.firstPlace(of: arguments.string(1))
          return place.map { .int($0) } ?? .nil
        }
        let values = try arguments.sequence(0)
        var place: Int?
        try Safepoint.pieces(of: values.indices, each: 1 << 14) { piece in
          if place != nil { return }
          place = try piece.first { try Value.equal(values[$0], arguments[1]) }
        }
        return place.map { .int($0) } ?? .nil
      },
      Builtin(
        "starts_with(text, prefix)",
        """
        True where the text begins with the prefix.

            print(starts_with("abc", "ab"))    # true
        """
      ) { arguments in .bool(try arguments.string(0).begins(with: try arguments.string(1))) },
      Builtin(
        "ends_with(text, suffix)",
        """
        True where the text ends with the suffix.

            print(ends_with("abc", "bc"))    # true
        """
      ) { arguments in .bool(try arguments.string(0).ends(with: arguments.string(1))) },
      Builtin(
        "lines(text)",
        """
        The lines of a text, without their ends.

            print(lines("a\\nb\\n"))    # ("a", "b")
        """
      ) { arguments in
        .list(try arguments.string(0).lines().map { .string($0) })
      },
      Builtin(
        "code_points(text)",
        """
        The numbers that Unicode gives the letters of a text, as an i64 tensor: a network's input, letter by
        letter. `from_code_points` is the way back.

            print(code_points("abc"))    # [97, 98, 99]
        """
      ) { arguments in
        let letters = try arguments.string(0).unicodeScalars
        let codes = try Tensor(shape: Shape([letters.count]), of: Int.self) { codes in
          for letter in letters {
            codes.append(Int(letter.value))
            if codes.count % Safepoint.piece == 0 { try Safepoint.look() }
          }
        }
        return .tensor(codes)
      },
      Builtin(
        "from_code_points(numbers)",
        """
        The text of the numbers that Unicode gives its letters, an i64 tensor or a list.

            print(from_code_points([77, 111, 115]))    # Mos
        """
      ) { arguments in
        let numbers = try arguments.ints(0)
        // No letter takes more than four bytes.
        try MemoryAccount.require(4 * numbers.count)
        var text = String.UnicodeScalarView()
        try Safepoint.forEach(0..<numbers.count) { i in
          guard let value = UInt32(exactly: numbers[i]), let letter = Unicode.Scalar(value) else {
            throw RuntimeError(.value, "\(numbers[i]) is the number of no letter")
          }
          text.append(letter)
        }
        return .string(String(text))
      },
    ])

  /// Texts put together, a separator between them.
  private static func joined(_ texts: [String], _ separator: String) throws -> String {
    let between = separator.utf8.count.multipliedReportingOverflow(by: max(texts.count - 1, 0))
    let bytes = texts.reduce(0) { $0 + $1.utf8.count }
    try MemoryAccount.require(between.overflow ? .max : between.partialValue)
    try MemoryAccount.require(between.partialValue + bytes)
    return texts.joined(separator: separator)
  }

  private static let stripped: Builtin.Function = { arguments in
    let text = try arguments.string(0)
    guard arguments.has(1) else { return .string(text.trimmed) }
    let characters = Set(try arguments.string(1).characters())
    var part = try text.characters()[...]
    while let first = part.first, characters.contains(first) { part.removeFirst() }
    while let last = part.last, characters.contains(last) { part.removeLast() }
    return .string(String(part))
  }
}
