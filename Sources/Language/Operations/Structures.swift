// Lists, records, ranges and tensors as the program writes, walks and takes them apart.

import Autodiff
import Syntax
import Tensors

extension Value {
  /// A range from start to stop by step. A closed one goes one further, in its direction.
  static func range(from first: Value, to last: Value, by step: Value, isClosed: Bool) throws
    -> RangeObject
  {
    func bound(_ value: Value) throws -> Int {
      guard let number = value.integer else {
        throw RuntimeError(
          .type, "a range goes between Ints, not to \(value.shortDescription)",
          hint: "linspace and arange make tensors of floats")
      }
      return number
    }
    let (start, last, step) = (try bound(first), try bound(last), try bound(step))
    guard step != 0 else {
      throw RuntimeError(
        .value, "the step of a range cannot be 0",
        hint: "steps are 1 or more, or -1 and less to count down")
    }
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
  package func walkable() throws -> Value {
    switch self {
    case .host(let snapshot as Snapshot): return .record(try snapshot.leaves())
    case .list, .range, .record, .host: return self
    case .tensor(let variable):
      guard variable.rank > 0 else {
        throw RuntimeError(
          .type, "a 0-d tensor cannot be walked over",
          hint: "it is one number, with nothing to walk over or take apart; float(x) is its value")
      }
      return self
    case .parameter(let cell): return try Value.tensor(cell.value).walkable()
    case .string(let text): return .list(try text.characterValues())
    default:
      throw RuntimeError(
        .type, "\(shortDescription) cannot be walked over",
        hint: number != nil
          ? "write 0..\(description()) for a range"
          : "`for` takes ranges, lists, records and tensors")
    }
  }

  /// What a walk from the first element to the last asks for them.
  package func walk() throws -> Value {
    let values = try walkable()
    if case .tensor(let variable) = values, case .traced = variable {
      return .host(RowWalk(variable))
    }
    return values
  }

  /// The element of a walk at an index; nil after the last.
  package func element(at index: Int, _ interpreter: Interpreter) throws -> Value? {
    switch self {
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
  func elements(_ interpreter: Interpreter) throws -> [Value] {
    let walk = try walk()
    switch walk {
    case .list(let values):
      try MemoryAccount.require(values.count, of: List.bytesOfElement)
      return Array(values)
    case .range(let range): return try range.values()
    default: break
    }
    var result: [Value] = []
    while let element = try walk.element(at: result.count, interpreter) {
      if result.count & 4095 == 4095 { try Safepoint.look() }
      result.append(element)
    }
    return result
  }

  // MARK: - Lists and records

  /// Appends to a list.
  mutating func append(_ element: Value) { _ = changeElements { $0.append(element) } }

  /// Appends all elements of a walk to a list.
  mutating func append(contentsOf value: Value, _ interpreter: Interpreter) throws {
    let more = try value.elements(interpreter)
    _ = try changeElements {
      try $0.requireRoom(for: more.count)
      $0 += more
    }
  }

  /// Gives a record a field.
  mutating func set(_ key: String, to value: Value) { _ = changeFields { $0[key] = value } }

  /// Gives a record all fields of another.
  mutating func merge(_ value: Value) throws {
    guard case .record(let more) = value else {
      throw RuntimeError(.type, "`...` in a record spreads a record, not \(value.shortDescription)")
    }
    _ = changeFields { fields in
      for (key, value) in more.pairs { fields[key] = value }
    }
  }

  /// The elements for a pattern of so many parts, or at least so many where it has a rest.
  func parts(_ count: Int, hasRest: Bool, _ interpreter: Interpreter) throws -> [Value] {
    switch self {
    case .list, .tensor, .parameter, .range: break
    default:
      throw RuntimeError(
        .type, "\(shortDescription) cannot be taken apart into \(count) parts",
        hint: isNil
          ? "a function without a value gives nil"
          : "lists, tensors and ranges can; records with let {a, b} = r")
    }
    let values = try elements(interpreter)
    guard hasRest ? values.count >= count : values.count == count else {
      throw RuntimeError(
        .value,
        "\(values.count) \(values.count == 1 ? "value" : "values") cannot be taken apart into "
          + "\(hasRest ? "at least " : "")\(count)",
        hint: values.count > count
          ? "write (a, *rest) for the rest, and _ for what is not wanted"
          : "write fewer names, or (a, *rest)")
    }
    return values
  }

  /// The field that a pattern names.
  func part(_ name: String, _ interpreter: Interpreter) throws -> Value {
    do {
      return try field(name, interpreter)
    } catch var error as RuntimeError
      where error.diagnostic.kind == Diagnostic.Kind.name.rawValue
    {
      // The pattern does not fit, as where a list is too short.
      error.diagnostic.kind = Diagnostic.Kind.value.rawValue
      throw error
    }
  }

  // MARK: - Tensor literals

  /// A tensor of numbers, bools or tensors of one shape.
  static func tensor(of elements: UnsafeBufferPointer<Value>) throws -> Value {
    if let tensor = try plainLiteral(elements) { return .tensor(tensor) }
    let variables = try elements.enumerated().map { index, element -> Variable in
      guard element.isNumeric, let variable = element.variable else {
        let hint =
          switch element {
          case .list: "brackets inside of brackets make a matrix: [[1, 2], [3, 4]]"
          case .string: "parentheses make lists: (\"a\", \"b\")"
          default: "parentheses make lists: (a, b)"
          }
        throw RuntimeError(
          .type, "a tensor holds numbers, and element \(index) is \(element.shortDescription)",
          hint: hint)
      }
      return variable
    }
    guard let first = variables.first else {
      return .tensor(try Tensor.zeros(Shape(0), Context.current.defaultFloat))
    }
    var dtype = first.dtype
    for (index, variable) in variables.enumerated() {
      dtype = max(dtype, variable.dtype)
      guard variable.shape == first.shape else {
        throw RuntimeError(
          .shape,
          "the elements of a tensor have one shape, and element \(index) is "
            + "\(variable.typeDescription) beside \(first.typeDescription)",
          hint: "rows have one length; parentheses make lists of anything")
      }
    }
    return .tensor(try Variable.stack(variables.map { try $0.converted(to: dtype) }))
  }

  /// The tensor of elements that are all plain numbers or all bools; nil for others.
  private static func plainLiteral(_ elements: UnsafeBufferPointer<Value>) throws -> Tensor? {
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
    let dtype: DType = bools > 0 ? .bool : hasFloat ? Context.current.defaultFloat : .i64
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
}
