// Lists, records, ranges and tensors as the program writes, walks and takes them apart.

import Autodiff
import Syntax
import Tensors

extension Machine {
  /// A range from registers: start, stop and step. A closed one goes one further, in its direction.
  func range(_ first: UnsafeMutablePointer<Value>, isClosed: Bool) throws -> RangeObject {
    func bound(_ value: Value) throws -> Int {
      guard let number = Machine.integer(value) else {
        throw RuntimeError(
          .type, "a range goes between Ints, not to \(value.shortDescription)",
          hint: "linspace and arange make tensors of floats")
      }
      return number
    }
    let (start, last, step) = (try bound(first[0]), try bound(first[1]), try bound(first[2]))
    guard step != 0 else { throw RuntimeError(.value, "the step of a range cannot be 0") }
    guard isClosed else { return RangeObject(start, last, step) }
    let (stop, overflow) = last.addingReportingOverflow(step.signum())
    guard !overflow else {
      throw RuntimeError(
        .value,
        "the closed range \(start)..=\(last) has no stop: no Int is \(step > 0 ? "greater" : "less")",
        hint: "\(start)..\(last) leaves the last element out")
    }
    return RangeObject(start, stop, step)
  }

  // MARK: - Walking

  /// What `for` walks over: strings become lists of characters, parameters their tensors.
  func walkable(_ value: Value) throws -> Value {
    switch value {
    case .host(let snapshot as Snapshot): return .record(try snapshot.leaves())
    case .list, .range, .record, .host: return value
    case .tensor(let variable):
      guard variable.rank > 0 else {
        throw RuntimeError(.type, "a 0-d tensor cannot be walked over")
      }
      return value
    case .parameter(let cell): return try walkable(.tensor(cell.value))
    case .string(let text): return .list(text.characters.map { .string(String($0)) })
    default:
      throw RuntimeError(
        .type, "\(value.shortDescription) cannot be walked over",
        hint: value.number != nil
          ? "write 0..\(interpreter.text(of: value)) for a range"
          : "`for` takes ranges, lists, records and tensors")
    }
  }

  /// The element of a walk at an index; nil after the last.
  func element(of value: Value, at index: Int) throws -> Value? {
    switch value {
    case .list(let values): return index < values.count ? values[index] : nil
    case .range(let range): return index < range.count ? .int(range[index]) : nil
    case .record(let record):
      guard index < record.count else { return nil }
      return .list([.string(record.keys[index]), record[place: index]])
    case .tensor(let variable):
      guard index < variable.shape[0] else { return nil }
      return .tensor(try variable.indexed(at: index))
    case .host(let host): return try host.element(at: index, interpreter)
    default: return nil
    }
  }

  /// All elements of a walk.
  func elements(of value: Value) throws -> [Value] {
    let walk = try walkable(value)
    if case .list(let values) = walk { return values }
    var result: [Value] = []
    while let element = try element(of: walk, at: result.count) { result.append(element) }
    return result
  }

  // MARK: - Lists and records

  func append(_ source: UnsafeMutablePointer<Value>, to list: UnsafeMutablePointer<Value>) {
    _ = list.pointee.changeElements { $0.append(source.pointee.take()) }
  }

  func extend(_ list: UnsafeMutablePointer<Value>, with value: Value) throws {
    let more = try elements(of: value)
    _ = list.pointee.changeElements { $0 += more }
  }

  func setKey(
    _ key: String, of record: UnsafeMutablePointer<Value>, _ source: UnsafeMutablePointer<Value>
  ) {
    _ = record.pointee.changeFields { $0[key] = source.pointee.take() }
  }

  func extendRecord(_ record: UnsafeMutablePointer<Value>, with value: Value) throws {
    guard case .record(let more) = value else {
      throw RuntimeError(.type, "`...` in a record spreads a record, not \(value.shortDescription)")
    }
    _ = record.pointee.changeFields { fields in
      for (key, value) in more.pairs { fields[key] = value }
    }
  }

  // MARK: - Taking apart

  func unpackList(_ a: UnsafeMutablePointer<Value>, _ count: Int, hasRest: Bool) throws {
    let source = a.pointee
    var values: [Value]
    switch source {
    case .list(let list): values = list
    case .tensor, .parameter, .range: values = try elements(of: source)
    default:
      throw RuntimeError(
        .type, "\(source.shortDescription) cannot be taken apart into \(count) parts")
    }
    guard hasRest ? values.count >= count : values.count == count else {
      throw RuntimeError(
        .value,
        "\(values.count) \(values.count == 1 ? "value" : "values") cannot be taken apart into "
          + "\(hasRest ? "at least " : "")\(count)")
    }
    a.pointee = .nil
    for i in 0..<count { a[i + 1] = values[i] }
    if hasRest {
      values.removeFirst(count)
      a[count + 1] = .list(values)
    }
  }

  func unpackRecord(
    _ a: UnsafeMutablePointer<Value>, _ firstName: Int, _ count: Int,
    _ header: UnsafeMutablePointer<CodeHeader>
  ) throws {
    let source = a.pointee
    for i in 0..<count {
      do {
        a[i + 1] = try field(name(UInt16(firstName + i), header), of: source)
      } catch var error as RuntimeError
        where error.diagnostic.kind == Diagnostic.Kind.name.rawValue
      {
        // The pattern does not fit, as where a list is too short.
        error.diagnostic.kind = Diagnostic.Kind.value.rawValue
        throw error
      }
    }
    a.pointee = .nil
  }

  // MARK: - Tensor literals

  /// A tensor of numbers, bools or tensors of one shape.
  func tensorLiteral(_ elements: UnsafeBufferPointer<Value>) throws -> Value {
    interpreter.context.place = UInt64(UInt(bitPattern: state.pointee.pc))
    if let tensor = try plainLiteral(elements) { return .tensor(tensor) }
    let variables = try elements.enumerated().map { index, element -> Variable in
      guard element.isNumeric, let variable = element.variable else {
        let isText = element.text != nil
        throw RuntimeError(
          .type, "a tensor holds numbers, and element \(index) is \(element.shortDescription)",
          hint: isText ? "parentheses make lists: (\"a\", \"b\")" : "parentheses make lists: (a, b)"
        )
      }
      return variable
    }
    guard let first = variables.first else {
      return .tensor(try Tensor.zeros(Shape(0), interpreter.context.defaultFloat))
    }
    var dtype = first.dtype
    for (index, variable) in variables.enumerated() {
      dtype = max(dtype, variable.dtype)
      guard variable.shape == first.shape else {
        throw RuntimeError(
          .shape,
          "the elements of a tensor have one shape, and element \(index) is "
            + "\(variable.typeDescription) beside \(first.typeDescription)",
          hint: "parentheses make lists of anything")
      }
    }
    return .tensor(try Variable.stack(variables.map { try $0.converted(to: dtype) }))
  }

  /// The tensor of elements that are all plain numbers or all bools; nil for others.
  private func plainLiteral(_ elements: UnsafeBufferPointer<Value>) throws -> Tensor? {
    var hasFloat = false
    var bools = 0
    for element in elements {
      switch element {
      case .int: break
      case .float: hasFloat = true
      case .bool: bools += 1
      default: return nil
      }
    }
    guard !elements.isEmpty, bools == 0 || bools == elements.count else { return nil }
    let dtype: DType = bools > 0 ? .bool : hasFloat ? interpreter.context.defaultFloat : .i64
    return try Tensor.make(Shape(elements.count), dtype) { address in
      for (i, element) in elements.enumerated() {
        switch (dtype, element) {
        case (.i64, .int(let value)):
          address.storeBytes(of: value, toByteOffset: i * 8, as: Int.self)
        case (.bool, .bool(let flag)):
          address.storeBytes(of: flag ? 1 : 0, toByteOffset: i, as: UInt8.self)
        case (.f32, _):
          address.storeBytes(of: Float(element.number ?? 0), toByteOffset: i * 4, as: Float.self)
        default:
          address.storeBytes(of: element.number ?? 0, toByteOffset: i * 8, as: Double.self)
        }
      }
    }
  }

  // MARK: - Text

  /// A value by a format specification; the plain text where there is none.
  func format(_ value: Value, _ specification: String) throws -> Value {
    if specification.isEmpty {
      if value.text != nil { return value }
      return .string(interpreter.text(of: value))
    }
    return .string(try interpreter.format(value, specification))
  }

  func joinTexts(
    _ a: UnsafeMutablePointer<Value>, _ first: UnsafeMutablePointer<Value>, _ count: Int
  ) {
    var text = ""
    for i in 0..<count {
      if case .string(let part) = first[i] { text += part.text }
    }
    clearRegisters(first, count)
    a.pointee = .string(text)
  }

  // MARK: - Assertions and tests

  func assertionFailure(
    _ a: UnsafeMutablePointer<Value>, _ index: Int, _ header: UnsafeMutablePointer<CodeHeader>
  ) -> RuntimeError {
    let site = header.pointee.prototype._withUnsafeGuaranteedRef { $0.sites.assertions[index] }
    var message = "assertion failed: \(site.text)"
    if let text = a.pointee.text { message = "assertion failed: \(text)" }
    var error = RuntimeError(.assertion, message)
    let values = site.operands.enumerated().compactMap { i, text -> String? in
      let value = interpreter.text(of: a[i + 1], quoted: true)
      // What is written out says its value itself.
      return value == text ? nil : "\(text) is \(value)"
    }
    if !values.isEmpty { error.diagnostic.hint = values.joined(separator: ", ") }
    return error
  }

  func addTest(_ name: String, _ body: Value, _ header: UnsafeMutablePointer<CodeHeader>) {
    guard case .function(let closure) = body else { return }
    interpreter.addTest(name, closure.prototype.source, closure.prototype.span, body)
  }
}
