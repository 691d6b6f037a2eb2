// Values as text: what `print` writes, what the prompt shows, how messages name a value.

import Autodiff
import Syntax
import Tensors

extension Value {
  /// What `print` writes; strings inside structures are quoted.
  ///
  /// - Throws: a limit error for a text without end.
  package func written(quoted: Bool = false) throws -> String {
    if case .string(let object) = self, !quoted { return object.text }
    var writer = ValueWriter()
    try writer.write(self, quoted: quoted, depth: 0)
    return writer.text
  }

  /// What is shown instead on a terminal with colours; nil where that is the text.
  package var drawing: String? {
    guard case .host(let host) = self else { return nil }
    return host.drawing
  }

  /// What `print` writes, cut where it has no end.
  public func description(quoted: Bool = false) -> String {
    var writer = ValueWriter()
    do { try writer.write(self, quoted: quoted, depth: 0) } catch { writer.cut() }
    return writer.text
  }

  /// The beginning and the end of what `print` writes, for messages.
  package var excerpt: String {
    var writer = ValueWriter()
    writer.maximumBytes = 1 << 12
    do { try writer.write(self, quoted: false, depth: 0) } catch { writer.cut() }
    return writer.text.shortened
  }

  /// What the prompt shows: the value, and what it is.
  public var representation: String {
    switch self {
    case .tensor(let variable):
      let note = variable.operationName.map { "grad_fn=\($0)" }
      guard let tensor = variable.concrete else { return description() }
      return tensor.representation(note: note)
    case .parameter(let cell):
      guard let tensor = cell.value.concrete else { return description() }
      return "Parameter \(tensor.representation())"
    case .host(let host): return host.detail.showingHidden
    default: return description(quoted: true)
    }
  }

  /// The number of elements, for `len`.
  package func length() throws -> Int {
    switch self {
    case .list(let values): return values.count
    case .record(let record): return record.count
    case .string(let text): return try text.characters().count
    case .range(let range): return range.count
    case .tensor, .parameter:
      guard let shape = variable?.shape, shape.rank > 0 else {
        throw RuntimeError(
          .type, "a 0-d tensor has no length", hint: "it is one number; x.shape has the extents")
      }
      return shape[0]
    case .host(let host):
      if let count = host.count { return count }
      fallthrough
    default:
      throw RuntimeError(
        .type, "\(shortDescription) has no length",
        hint: isNil
          ? "a function without a value gives nil"
          : "lists, records, ranges, texts and tensors have one")
    }
  }

  /// The value in a text, as in `"{x:.3f}"`; as `print` writes it where there is no specification.
  func formatted(_ specification: String) throws -> Value {
    if specification.isEmpty { return text == nil ? .string(try written()) : self }
    return .string(try format(specification))
  }

  /// The value by a format specification.
  package func format(_ specification: String) throws -> String {
    let parsed = try FormatSpecification.parse(specification)
    switch self {
    case .int(let number): return try parsed.format(number)
    case .float(let number): return try parsed.format(number)
    case .bool(let flag): return try parsed.format(flag)
    case .tensor, .parameter:
      if let tensor = tensorOfOne, tensor.rank == 0 {
        switch tensor.dtype {
        case .f64: return try parsed.format(tensor.firstDouble)
        case .f32: return try parsed.format(Float(tensor.firstDouble))
        case .i64: return try parsed.format(tensor.firstInt)
        case .bool: return try parsed.format(tensor.firstInt != 0)
        }
      }
      return try parsed.format(description())
    default: return try parsed.format(description())
    }
  }
}

/// Writes values; structures nested without end are cut.
struct ValueWriter {
  private(set) var text = ""

  /// Deeper structures print as `…`.
  static let maximumDepth = 100
  /// The longest text: 256 MB, which nobody reads, or less.
  var maximumBytes = 1 << 28

  private var walk = Walk()

  mutating func write(_ value: Value, quoted: Bool, depth: Int) throws {
    guard depth < ValueWriter.maximumDepth else {
      text += "…"
      return
    }
    switch value {
    case .nil, .absent: text += "nil"
    case .int(let number): text += String(number)
    case .float(let number): text += formatShortest(number)
    case .bool(let flag): text += flag ? "true" : "false"
    case .string(let object):
      try write(object.text, quoted: quoted)
    case .tensor(let variable): write(variable)
    case .parameter(let cell): write(cell.value)
    case .list(let values):
      try enter()
      text += "("
      for (i, element) in values.enumerated() {
        if i > 0 { text += ", " }
        try look()
        try write(element, quoted: true, depth: depth + 1)
      }
      text += values.count == 1 ? ",)" : ")"
    case .record(let record):
      try enter()
      text += "{"
      for (i, (key, element)) in record.pairs.enumerated() {
        if i > 0 { text += ", " }
        try look()
        try write(key, quoted: !ValueWriter.isIdentifier(key))
        text += ": "
        try write(element, quoted: true, depth: depth + 1)
      }
      text += "}"
    case .range(let range):
      text += "\(range.start)..\(range.stop)" + (range.step == 1 ? "" : ":\(range.step)")
    case .function(let closure): text += "<\(closure.prototype.signature)>"
    case .builtin(let builtin): text += "<\(builtin.standsFor ?? builtin.signature)>"
    case .model(let type): text += "<model \(type.signature)>"
    case .instance(let instance): write(instance)
    case .module(let module): text += "<module \(module.name.showingHidden)>"
    case .host(let host): text += host.summary.showingHidden
    case .box(let box): try write(box.value, quoted: quoted, depth: depth + 1)
    }
  }

  /// Says that there is more.
  mutating func cut() { text += "…" }

  private mutating func enter() throws {
    try walk.enter()
    try look()
  }

  private mutating func write(_ text: String, quoted: Bool) throws {
    try MemoryAccount.require(self.text.utf8.count + text.utf8.count)
    guard quoted else {
      self.text += text
      return
    }
    self.text += "\""
    for piece in text.pieces {
      self.text += piece.escaped
      try look()
    }
    self.text += "\""
  }

  private func look() throws {
    try Safepoint.look()
    try MemoryAccount.require(text.utf8.count)
    guard text.utf8.count <= maximumBytes else {
      throw RuntimeError(
        .limit, "the text of a value is longer than \(maximumBytes) bytes")
    }
  }

  private mutating func write(_ variable: Variable) {
    if let tensor = variable.concrete {
      text += tensor.description
    } else {
      text += "<\(variable.typeDescription) mapped by vmap>"
    }
  }

  /// `Linear(1 → 40, 80 parameters)` would need to know the model, so the fields speak.
  private mutating func write(_ instance: ModelInstance) {
    let cells = (try? instance.cells()) ?? []
    let count = cells.reduce(0) { $0 + $1.cell.value.count }
    text += "<\(instance.type.name) with \(count) \(count == 1 ? "parameter" : "parameters")>"
  }

  /// True for a key that needs no quotes.
  static func isIdentifier(_ key: String) -> Bool {
    guard let first = key.unicodeScalars.first else { return false }
    return (first == "_" || first.properties.isAlphabetic)
      && key.unicodeScalars.allSatisfy {
        $0 == "_" || $0.properties.isAlphabetic || $0.properties.numericType != nil
      }
  }
}

extension String {
  /// The text as a string literal.
  package var quoted: String { "\"\(self[...].escaped)\"" }
}

extension Substring {
  /// The text as it stands in a string literal.
  fileprivate var escaped: String {
    var result = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case "{": result += "\\{"
      case "}": result += "\\}"
      case _ where scalar.isHidden: result += scalar.escape
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension Value {
  /// How messages name the value: short, with its kind where the text alone would not tell.
  public var shortDescription: String {
    switch self {
    case .int(let number): return "the Int \(number)"
    case .float(let number): return "the Float \(formatShortest(number))"
    case .bool(let flag): return "the Bool \(flag)"
    case .string(let object):
      let isLong = object.text.prefix(21).count > 20
      let text = isLong ? object.text.prefix(20) + "…" : object.text
      return "the String \(text.quoted)"
    case .tensor(let variable): return variable.typeDescription
    case .parameter(let cell): return "a Parameter \(cell.value.typeDescription)"
    case .list(let values): return "a List of \(values.count)"
    case .record: return "a Record"
    case .range: return "a Range"
    case .function(let closure): return "the Function \(closure.prototype.name)"
    case .builtin(let builtin): return "the Function \(builtin.name)"
    case .instance(let instance): return instance.type.name.withArticle
    case .model(let type): return "the Model \(type.name)"
    case .module(let module): return "the Module \(module.name)"
    case .host(let host): return host.typeName.withArticle
    case .box(let box): return box.value.shortDescription
    case .nil, .absent: return "nil"
    }
  }
}

extension String {
  /// The name of a thing behind `a` or `an`, as it is said: an Adam, an SGD, a MetaSGD.
  package var withArticle: String {
    let isSpelt = dropFirst().first?.isUppercase ?? false
    return "\((isSpelt ? "AEFHILMNORSX" : "AEIO").contains(first ?? " ") ? "an" : "a") \(self)"
  }
}
