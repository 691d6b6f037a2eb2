// The header of a `.npy` file: a dictionary, written as Python writes one.
//
//     {'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }

/// What elements are, where they are read.
struct ArrayElements {
  enum Kind {
    case number(StoredType)
    /// Texts padded by zeros, of letters of so many bytes: 4 for code points, 1 for UTF-8.
    case text(Int)
  }

  var kind: Kind
  /// The bytes of one.
  var size: Int
  var isBigEndian: Bool
}

/// What a header says.
struct ArrayHeader {
  enum Elements {
    case read(ArrayElements)
    /// Sound, and none of ours: what they are, and how else to save them.
    case unread(String, advice: String)
  }

  var elements: Elements
  var shape: Shape
  var isFortran: Bool
}

extension ArrayHeader.Elements {
  /// The elements of a name of NumPy's, `<f8`; nil where it is none.
  init?(_ name: String) {
    var rest = name[...]
    let order = rest.first.flatMap { "<>|=".contains($0) ? $0 : nil }
    if order != nil { rest.removeFirst() }
    guard let letter = rest.popFirst() else { return nil }
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    let size = Int(digits)
    guard size != nil || digits.isEmpty, rest == digits || "Mm".contains(letter) else { return nil }
    func read(_ kind: ArrayElements.Kind, _ size: Int) -> Self {
      .read(ArrayElements(kind: kind, size: size, isBigEndian: order == ">"))
    }
    if let type = Self.numbers["\(letter)\(digits)"] {
      self = read(.number(type), type.size)
      return
    }
    switch (letter, size) {
    case ("U", let count?) where count <= Int(Int32.max): self = read(.text(4), 4 * count)
    case ("S", let count?), ("a", let count?): self = read(.text(1), count)
    case ("c", _):
      self = .unread("complex numbers", advice: "save x.real and x.imag, each by itself")
    case ("f", 12), ("f", 16), ("g", _):
      self = .unread("numbers of more than 64 bits", advice: "save x.astype('float64')")
    case ("O", _):
      self = .unread(
        "objects of Python, pickled",
        advice: "save numbers as x.astype('float64'), texts as x.astype('str')")
    case ("M", _), ("m", _):
      self = .unread("times", advice: "save x.astype('int64')")
    case ("V", _):
      self = .unread(
        "bytes of a type that NumPy does not know",
        advice: "save numbers as x.astype('float32')")
    default: return nil
    }
  }

  /// Elements with fields.
  static let structures = Self.unread(
    "structures of several fields",
    advice: "save them as columns: numpy.savez(path, **{n: x[n] for n in x.dtype.names})")

  private static let numbers: [String: StoredType] = [
    "f8": .f64, "f4": .f32, "f2": .f16, "i8": .i64, "i4": .i32, "i2": .i16, "i1": .i8,
    "u8": .u64, "u4": .u32, "u2": .u16, "u1": .u8, "b1": .bool, "?": .bool,
  ]
}

/// Reads the dictionary.
struct ArrayHeaderReader {
  var text: Substring

  mutating func read() throws -> ArrayHeader {
    var elements: ArrayHeader.Elements?
    var shape: Shape?
    var isFortran: Bool?
    try expect("{")
    while !take("}") {
      let key = try readText()
      try expect(":")
      switch key {
      case "descr": elements = try readElements()
      case "fortran_order":
        if take("True") {
          isFortran = true
        } else {
          try expect("False")
          isFortran = false
        }
      case "shape": shape = try readShape()
      default: throw TensorError(.value, "the key \(key.excerpt), which is none of the format")
      }
      _ = take(",")
    }
    guard let elements, let shape, let isFortran else {
      throw TensorError(.value, "descr, fortran_order or shape is missing")
    }
    return ArrayHeader(elements: elements, shape: shape, isFortran: isFortran)
  }

  private mutating func readElements() throws -> ArrayHeader.Elements {
    skipSpace()
    if text.hasPrefix("[") || text.hasPrefix("(") {
      try skipBrackets()
      return .structures
    }
    let name = try readText()
    guard let elements = ArrayHeader.Elements(name) else {
      throw TensorError(.value, "elements of type \(name.excerpt), which NumPy does not have")
    }
    return elements
  }

  /// Skips what stands in brackets, of whatever kinds, with the texts in it.
  private mutating func skipBrackets() throws {
    var depth = 0
    while let letter = text.first {
      switch letter {
      case "'", "\"":
        _ = try readText()
        continue
      case "[", "(": depth += 1
      case "]", ")": depth -= 1
      default: break
      }
      text.removeFirst()
      if depth == 0 { return }
    }
    throw mistake("`]`")
  }

  private mutating func readShape() throws -> Shape {
    var extents: [Int] = []
    try expect("(")
    while !take(")") {
      let digits = text.prefix { $0.isASCII && $0.isNumber }
      guard let extent = Int(digits) else { throw mistake("a whole number from 0 on") }
      guard extents.count < Shape.maximumRank else {
        throw TensorError(.value, "more than \(Shape.maximumRank) axes")
      }
      extents.append(extent)
      text = text[digits.endIndex...]
      // Python 2 wrote long numbers so.
      if text.first == "L" { text.removeFirst() }
      _ = take(",")
      skipSpace()
    }
    return try Shape(extents)
  }

  private mutating func readText() throws -> String {
    skipSpace()
    guard let quote = text.first, quote == "'" || quote == "\"" else {
      throw mistake("a text in quotation marks")
    }
    text.removeFirst()
    let content = text.prefix { $0 != quote }
    text = text[content.endIndex...]
    try expect(String(quote))
    return String(content)
  }

  private mutating func skipSpace() { text = text.drop(while: \.isWhitespace) }

  private mutating func take(_ word: String) -> Bool {
    skipSpace()
    guard text.hasPrefix(word) else { return false }
    text.removeFirst(word.count)
    return true
  }

  private mutating func expect(_ word: String) throws {
    guard take(word) else { throw mistake("`\(word)`") }
  }

  private func mistake(_ wanted: String) -> TensorError {
    TensorError(.value, "\(wanted) is missing before \(String(text).excerpt)")
  }
}
