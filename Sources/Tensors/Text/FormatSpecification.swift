// Python's format mini-language: `{loss:.4f}`, `{name:>10}`, `{n:,}`.
//
//     spec  := [[fill] align] [sign] ["z"] ["#"] ["0"] [width] [group] ["." precision] [type]
//     align := "<" | ">" | "=" | "^"        sign := "+" | "-" | " "        group := "," | "_"

/// How a value is laid out as text.
package struct FormatSpecification: Sendable, Equatable {
  /// Widths and precisions beyond any use are mistakes, and would cost memory.
  package static let limit = 4096

  enum Alignment: Character { case left = "<", right = ">", afterSign = "=", center = "^" }
  enum Sign: Character { case always = "+", negative = "-", space = " " }

  var fill: Character = " "
  var alignment: Alignment?
  var sign = Sign.negative
  /// `-0.0` is shown without its sign.
  var dropsNegativeZero = false
  var isAlternate = false
  var width = 0
  var group: Character?
  var precision: Int?
  /// The letter of the type; nil is the value's own.
  var type: Character?
  private var text = ""

  /// - Throws: a value error that shows what cannot be read.
  package static func parse(_ text: String) throws -> FormatSpecification {
    var parser = Parser(rest: Substring(text), text: text)
    return try parser.parse()
  }

  private struct Parser {
    var rest: Substring
    let text: String

    mutating func parse() throws -> FormatSpecification {
      var result = FormatSpecification()
      result.text = text
      var hasFill = false
      if let second = rest.dropFirst().first, let alignment = Alignment(rawValue: second),
        let fill = rest.first
      {
        result.fill = fill
        result.alignment = alignment
        hasFill = true
        rest = rest.dropFirst(2)
      } else if let first = rest.first, let alignment = Alignment(rawValue: first) {
        result.alignment = alignment
        rest = rest.dropFirst()
      }
      if let first = rest.first, let sign = Sign(rawValue: first) {
        result.sign = sign
        rest = rest.dropFirst()
      }
      result.dropsNegativeZero = accept("z")
      result.isAlternate = accept("#")
      if accept("0") {
        if !hasFill { result.fill = "0" }
        result.alignment = result.alignment ?? .afterSign
      }
      result.width = try number("width") ?? 0
      if let first = rest.first, first == "," || first == "_" {
        result.group = first
        rest = rest.dropFirst()
      }
      if accept(".") {
        guard let precision = try number("precision") else {
          throw TensorError(
            .value, "format '\(text.shortened)' has a point without a precision after it")
        }
        result.precision = precision
      }
      if let type = rest.popFirst() {
        guard "bcdeEfFgGnosxX%".contains(type), rest.isEmpty else {
          throw TensorError(
            .value,
            "format '\(text.shortened)' cannot be read from '\("\(type)\(rest)".shortened)' on",
            hint: "formats are Python's: [[fill]align][sign][#][0][width][,][.precision][type]")
        }
        result.type = type
      }
      return result
    }

    private mutating func accept(_ character: Character) -> Bool {
      guard rest.first == character else { return false }
      rest = rest.dropFirst()
      return true
    }

    private mutating func number(_ name: String) throws -> Int? {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard !digits.isEmpty else { return nil }
      rest = rest.dropFirst(digits.count)
      guard let value = Int(digits), value <= FormatSpecification.limit else {
        throw TensorError(
          .value, "format '\(text.shortened)' asks for a \(name) of \(String(digits).shortened)",
          hint: "the most is \(FormatSpecification.limit)")
      }
      return value
    }
  }

  // MARK: Values

  /// A float: shortest digits without a type or precision, else as the type says.
  package func format(_ value: Double) throws -> String {
    try formatFloat(value) { formatShortest(value) }
  }

  /// An f32, whose shortest digits are fewer.
  package func format(_ value: Float) throws -> String {
    try formatFloat(Double(value)) { formatShortest(value) }
  }

  /// An integer: decimal, `b` binary, `o` octal, `x` `X` hexadecimal, `c` the character, or as
  /// a float with a float's type.
  package func format(_ value: Int) throws -> String {
    if let type, "eEfFgG%".contains(type) { return try format(Double(value)) }
    guard precision == nil else {
      throw TensorError(
        .value, "format '\(text.shortened)' has a precision, and \(value) is an integer",
        hint: "add f for a number with decimals: '\(text.shortened)f'")
    }
    var digits: String
    var prefix = ""
    switch type {
    case nil, "d", "n": digits = String(value.magnitude)
    case "b": (prefix, digits) = ("0b", String(value.magnitude, radix: 2))
    case "o": (prefix, digits) = ("0o", String(value.magnitude, radix: 8))
    case "x": (prefix, digits) = ("0x", String(value.magnitude, radix: 16))
    case "X": (prefix, digits) = ("0X", String(value.magnitude, radix: 16, uppercase: true))
    case "c":
      guard let scalar = UInt32(exactly: value).flatMap(Unicode.Scalar.init) else {
        throw TensorError(.value, "\(value) is no character")
      }
      return padded(String(Character(scalar)), default: .left)
    default: throw mismatch("an integer")
    }
    let size = type == nil || type == "d" || type == "n" ? 3 : 4
    return number(
      sign: value < 0, prefix: isAlternate ? prefix : "", whole: digits, rest: "", groupSize: size)
  }

  /// Text: `precision` cuts it, and it stands left unless told otherwise.
  package func format(_ value: String) throws -> String {
    guard type == nil || type == "s" else { throw mismatch("text") }
    guard alignment != .afterSign || fill == "0" else { throw mismatch("text") }
    guard sign == .negative, group == nil, !isAlternate else { throw mismatch("text") }
    let cut = precision.map { String(value.prefix($0)) } ?? value
    var plain = self
    if alignment == .afterSign { plain.alignment = .left }
    return plain.padded(cut, default: .left)
  }

  /// Bools format as text, but as 1 and 0 with an integer's type.
  package func format(_ value: Bool) throws -> String {
    guard let type, type != "s" else { return try format(value ? "true" : "false") }
    return try format(value ? 1 : 0)
  }

  private func mismatch(_ what: String) -> TensorError {
    TensorError(
      .value, "format '\(text.shortened)' does not suit \(what)",
      hint: what == "text"
        ? "text takes fill, alignment, width and precision"
        : "integers take d, b, o, x, X, c, floats e, f, g and %")
  }

  private func formatFloat(_ value: Double, _ shortest: () -> String) throws -> String {
    var digits: String
    let magnitude = value.magnitude
    switch type {
    case nil:
      digits = precision == nil ? unsigned(shortest()) : general(magnitude, precision ?? 6)
    case "e", "E", "f", "F", "g", "G":
      // `n` is `g` in the only locale there is.
      digits = printed(
        magnitude, letter, precision: precision ?? 6, alternate: isAlternate)
    case "n": digits = printed(magnitude, "g", precision: precision ?? 6, alternate: isAlternate)
    case "%":
      digits =
        printed(magnitude * 100, "f", precision: precision ?? 6, alternate: isAlternate) + "%"
    default: throw mismatch("a float")
    }
    if type == "E" || type == "F" || type == "G" { digits = digits.uppercased() }
    var isNegative = value.sign == .minus && !value.isNaN
    if isNegative && dropsNegativeZero && !digits.contains(where: { "123456789in".contains($0) }) {
      isNegative = false
    }
    let whole = digits.prefix { $0.isASCII && $0.isNumber }
    return number(
      sign: isNegative, prefix: "", whole: String(whole),
      rest: String(digits.dropFirst(whole.count)), groupSize: 3)
  }

  private var letter: Unicode.Scalar { type?.unicodeScalars.first ?? "g" }

  private func unsigned(_ text: String) -> String {
    text.hasPrefix("-") ? String(text.dropFirst()) : text
  }

  /// `g`, but with a digit after the point: `10.0`, not `10`.
  private func general(_ value: Double, _ precision: Int) -> String {
    guard value.isFinite else { return formatShortest(value) }
    let precision = max(precision, 1)
    let scientific = printed(value, "e", precision: precision - 1)
    let exponent = Int(scientific.drop { $0 != "e" }.dropFirst()) ?? 0
    if exponent >= -4 && exponent < precision - 1 {
      let text = printed(value, "g", precision: precision, alternate: isAlternate)
      return text.contains(".") ? text : text + ".0"
    }
    if isAlternate { return scientific }
    // The exponent form of `g`: trailing zeros of the mantissa are cut.
    var mantissa = scientific.prefix { $0 != "e" }
    if mantissa.contains(".") {
      while mantissa.last == "0" { mantissa.removeLast() }
      if mantissa.last == "." { mantissa.removeLast() }
    }
    return String(mantissa + scientific.drop { $0 != "e" })
  }

  // MARK: Layout

  private func number(
    sign isNegative: Bool, prefix: String, whole: String, rest: String, groupSize: Int
  ) -> String {
    let mark = isNegative ? "-" : sign == .always ? "+" : sign == .space ? " " : ""
    var whole = whole
    // Zeros that fill the width are grouped with the digits, as Python does.
    if fill == "0" && alignment == .afterSign, group != nil, !whole.isEmpty {
      let room = width - mark.count - prefix.count - rest.count
      while grouped(whole, groupSize).count < room { whole = "0" + whole }
    }
    let body = grouped(whole, groupSize) + rest
    if alignment == .afterSign {
      let missing = max(0, width - mark.count - prefix.count - body.count)
      return mark + prefix + String(repeating: fill, count: missing) + body
    }
    return padded(mark + prefix + body, default: .right)
  }

  private func grouped(_ digits: String, _ size: Int) -> String {
    guard let group, digits.count > size else { return digits }
    var result = ""
    for (position, digit) in digits.enumerated() {
      if position > 0 && (digits.count - position) % size == 0 { result.append(group) }
      result.append(digit)
    }
    return result
  }

  private func padded(_ text: String, default alignment: Alignment) -> String {
    let missing = max(0, width - text.prefix(width).count)
    guard missing > 0 else { return text }
    let before =
      switch self.alignment ?? alignment {
      case .left: 0
      case .right, .afterSign: missing
      case .center: missing / 2
      }
    return String(repeating: fill, count: before) + text
      + String(repeating: fill, count: missing - before)
  }
}
