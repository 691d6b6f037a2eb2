// `x[…]` on lists, records, strings, ranges and tensors.

import Autodiff
import Tensors

extension Value {
  /// The element or part of a value that index parts name.
  func item(_ parts: [Value], _ kinds: [PlaceSite.IndexKind], _ interpreter: Interpreter) throws
    -> Value
  {
    switch self {
    case .list(let values):
      guard kinds.count == 1 else { throw tooManyParts(kinds.count) }
      switch kinds[0] {
      case .slice:
        let bounds = try Value.slice(parts, values.count)
        try MemoryAccount.require(bounds.count, of: List.bytesOfElement)
        return .list(bounds.indices.map { values[$0] })
      case .ellipsis: return self
      case .item: break
      }
      if case .range(let range) = parts[0] {
        return .list(try Value.positions(range, values.count).map { values[$0] })
      }
      guard let index = parts[0].integer else {
        throw RuntimeError(
          .type, "a list is indexed by an Int or a slice, not \(parts[0].shortDescription)")
      }
      return values[try Value.position(index, values.count)]
    case .record(let record):
      guard kinds.count == 1, case .item = kinds[0], let key = parts[0].text else {
        throw RuntimeError(
          .type, "a record is indexed by a String, not \(parts.first?.shortDescription ?? "...")")
      }
      guard let element = record[key] else { throw record.missing(key) }
      return element
    case .string(let text):
      guard kinds.count == 1 else { throw tooManyParts(kinds.count) }
      let characters = try text.characters()
      if case .slice = kinds[0] {
        let bounds = try Value.slice(parts, characters.count)
        return .string(String(try Safepoint.map(bounds.indices) { characters[$0] }))
      }
      if case .range(let range)? = parts.first {
        return .string(
          String(
            try Safepoint.map(Value.positions(range, characters.count)) { characters[$0] }))
      }
      guard let index = parts.first?.integer else {
        throw RuntimeError(.type, "a string is indexed by an Int or a slice")
      }
      return .string(String(characters[try Value.position(index, characters.count)]))
    case .range(let range):
      guard kinds.count == 1 else {
        throw tooManyParts(kinds.count)
      }
      if case .slice = kinds[0] {
        let bounds = try Value.slice(parts, range.count)
        try MemoryAccount.require(bounds.count, of: List.bytesOfElement)
        return .list(try Safepoint.map(bounds.indices) { .int(range[$0]) })
      }
      guard let index = parts.first?.integer else {
        throw RuntimeError(.type, "a range is indexed by an Int or a slice")
      }
      return .int(range[try Value.position(index, range.count)])
    case .tensor, .parameter:
      guard let variable else { return .nil }
      if kinds.count == 1, case .item = kinds[0], case .int(let index) = parts[0] {
        return .tensor(try variable.indexed(at: index))
      }
      return .tensor(try variable.indexed(Value.indexItems(parts, kinds)))
    case .host(let host):
      if let element = try host.item(parts, interpreter) { return element }
      fallthrough
    default:
      throw RuntimeError(.type, "\(shortDescription) cannot be indexed")
    }
  }

  /// The parts of a tensor's index as the numerical core takes them.
  static func indexItems(_ parts: [Value], _ kinds: [PlaceSite.IndexKind]) throws
    -> [VariableIndexItem]
  {
    var items: [VariableIndexItem] = []
    var next = 0
    for kind in kinds {
      switch kind {
      case .ellipsis: items.append(.ellipsis)
      case .slice:
        let (start, stop, step) = try sliceBounds(parts[next...])
        items.append(.slice(start: start, stop: stop, step: step))
        next += 3
      case .item:
        items.append(try parts[next].indexItem())
        next += 1
      }
    }
    return items
  }

  private func indexItem() throws -> VariableIndexItem {
    switch self {
    case .int(let index): return .at(index)
    case .nil: return .newAxis
    case .range(let range):
      if range.start >= 0, range.stop >= 0 {
        return .slice(start: range.start, stop: range.stop, step: range.step)
      }
      return .ids(.tensor(try Tensor.i64(range.written())))
    case .bool(let flag): return .ids(.tensor(Tensor(flag)))
    case .list:
      guard let ids = ints else { break }
      return .ids(.tensor(try Tensor.i64(ids)))
    case .tensor, .parameter:
      // An empty literal has no dtype of its own.
      guard let ids = variable, !ids.dtype.isFloat || ids.count == 0 else { break }
      if ids.dtype == .i64, ids.rank == 0, let tensor = ids.concrete { return .at(tensor.firstInt) }
      return .ids(ids)
    default: break
    }
    throw RuntimeError(
      .type,
      "a tensor is indexed by Ints, slices, masks and lists of Ints, not \(shortDescription)")
  }

  // MARK: - Positions

  /// The Int that stands for a position: an Int, or the element of an i64 tensor of one.
  var integer: Int? {
    if case .int(let number) = self { return number }
    guard let tensor = tensorOfOne, tensor.dtype == .i64 else { return nil }
    return tensor.firstInt
  }

  /// The places that the elements of a range mean.
  private static func positions(_ range: RangeObject, _ count: Int) throws -> [Int] {
    try range.written().map { try position($0, count) }
  }

  /// The place that an index means; negative ones count from the end.
  static func position(_ index: Int, _ count: Int) throws -> Int {
    if index >= 0 && index < count { return index }
    if index < 0 && index >= -count { return index + count }
    throw RuntimeError(
      .index, "index \(index) is out of range for \(count) \(count == 1 ? "element" : "elements")",
      hint: count == 0 ? nil : "indices go from \(-count) to \(count - 1)")
  }

  func tooManyParts(_ count: Int) -> RuntimeError {
    RuntimeError(.index, "\(shortDescription) takes one index, and \(count) were given")
  }

  struct Slice {
    var start: Int
    var stop: Int
    var step: Int
    var indices: StrideTo<Int> { stride(from: start, to: stop, by: step) }
    var count: Int { RangeObject(start, stop, step).count }
  }

  /// `start:stop:step`, nil where a bound is left out.
  private static func sliceBounds(_ parts: ArraySlice<Value>) throws
    -> (start: Int?, stop: Int?, step: Int)
  {
    let bounds = try parts.prefix(3).map { part -> Int? in
      if part.isNil { return nil }
      guard let number = part.integer else {
        throw RuntimeError(.type, "a slice's bounds are Ints, not \(part.shortDescription)")
      }
      return number
    }
    let step = bounds[2] ?? 1
    guard step != 0 else { throw RuntimeError(.index, "the step of a slice cannot be 0") }
    return (bounds[0], bounds[1], step)
  }

  /// `start:stop:step` clamped to a length, as Python's.
  static func slice(_ parts: [Value], _ count: Int) throws -> Slice {
    let (start, stop, step) = try sliceBounds(parts[...])
    func clamp(_ index: Int, _ low: Int, _ high: Int) -> Int {
      min(max(index < 0 ? max(index, -count - 1) + count : index, low), high)
    }
    if step > 0 {
      return Slice(
        start: start.map { clamp($0, 0, count) } ?? 0,
        stop: stop.map { clamp($0, 0, count) } ?? count,
        step: step)
    }
    return Slice(
      start: start.map { clamp($0, -1, count - 1) } ?? count - 1,
      stop: stop.map { clamp($0, -1, count - 1) } ?? -1, step: max(step, -count - 2))
  }
}

extension Record {
  /// The error for a key that is not there, with the nearest one that is.
  func missing(_ key: String) -> RuntimeError {
    let near = nearest(to: key, among: keys)
    return RuntimeError(
      .index, "the record has no key \(key.excerpt)",
      hint: near.map { "did you mean \($0.excerpt)?" }
        ?? (count == 0
          ? "the record is empty"
          : count <= 8 ? "it has \(keys.map(\.shortened).joined(separator: ", "))" : nil))
  }
}
