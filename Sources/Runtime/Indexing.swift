// `x[…]` on lists, records, strings, ranges and tensors.

import Autodiff
import Tensors

extension Machine {
  /// The element or part of a value that index parts name.
  func item(_ parts: [Value], _ kinds: [PlaceSite.IndexKind], of value: Value) throws -> Value {
    switch value {
    case .list(let values):
      guard kinds.count == 1 else { throw Machine.tooManyParts(kinds.count, value) }
      switch kinds[0] {
      case .slice:
        let bounds = try Machine.slice(parts, values.count)
        return .list(bounds.indices.map { values[$0] })
      case .ellipsis: return value
      case .item: break
      }
      if case .range(let range) = parts[0] {
        return .list(try Machine.positions(range, values.count).map { values[$0] })
      }
      guard let index = Machine.integer(parts[0]) else {
        throw RuntimeError(
          .type, "a list is indexed by an Int or a slice, not \(parts[0].shortDescription)")
      }
      return values[try Machine.position(index, values.count)]
    case .record(let record):
      guard kinds.count == 1, case .item = kinds[0], let key = parts[0].text else {
        throw RuntimeError(
          .type, "a record is indexed by a String, not \(parts.first?.shortDescription ?? "...")")
      }
      guard let element = record[key] else {
        let near = nearest(to: key, among: record.keys)
        throw RuntimeError(
          .index, "the record has no key \(key.quoted)",
          hint: near.map { "did you mean \($0.quoted)?" }
            ?? (record.count <= 8 ? "it has \(record.keys.joined(separator: ", "))" : nil))
      }
      return element
    case .string(let text):
      guard kinds.count == 1 else { throw Machine.tooManyParts(kinds.count, value) }
      let characters = text.characters
      if case .slice = kinds[0] {
        let bounds = try Machine.slice(parts, characters.count)
        return .string(String(bounds.indices.map { characters[$0] }))
      }
      if case .range(let range)? = parts.first {
        return .string(
          String(try Machine.positions(range, characters.count).map { characters[$0] }))
      }
      guard let part = parts.first, let index = Machine.integer(part) else {
        throw RuntimeError(.type, "a string is indexed by an Int or a slice")
      }
      return .string(String(characters[try Machine.position(index, characters.count)]))
    case .range(let range):
      guard kinds.count == 1, let part = parts.first else {
        throw Machine.tooManyParts(kinds.count, value)
      }
      if case .slice = kinds[0] {
        let bounds = try Machine.slice(parts, range.count)
        return .list(bounds.indices.map { .int(range[$0]) })
      }
      guard let index = Machine.integer(part) else {
        throw RuntimeError(.type, "a range is indexed by an Int or a slice")
      }
      return .int(range[try Machine.position(index, range.count)])
    case .tensor, .parameter:
      guard let variable = value.variable else { return .nil }
      interpreter.context.place = UInt64(UInt(bitPattern: state.pointee.pc))
      if kinds.count == 1, case .item = kinds[0], case .int(let index) = parts[0] {
        return .tensor(try variable.indexed(at: index))
      }
      return .tensor(try variable.indexed(indexItems(parts, kinds)))
    case .host(let host):
      if let element = try host.item(parts, interpreter) { return element }
      fallthrough
    default:
      throw RuntimeError(.type, "\(value.shortDescription) cannot be indexed")
    }
  }

  /// What `x[…]` reads: one step from a register.
  func indexed(_ site: PlaceSite, _ base: UnsafeMutablePointer<Value>) throws -> Value {
    guard case .register(let register) = site.root, case .index(let kinds)? = site.steps.first
    else {
      return .nil
    }
    let parts = Array(UnsafeBufferPointer(start: base + site.keys, count: registerCount(kinds)))
    return try item(parts, kinds, of: base[register])
  }

  /// The parts of a tensor's index as the numerical core takes them.
  func indexItems(_ parts: [Value], _ kinds: [PlaceSite.IndexKind]) throws -> [VariableIndexItem] {
    var items: [VariableIndexItem] = []
    var next = 0
    for kind in kinds {
      switch kind {
      case .ellipsis: items.append(.ellipsis)
      case .slice:
        let step = try bound(parts[next + 2]) ?? 1
        guard step != 0 else { throw RuntimeError(.index, "the step of a slice cannot be 0") }
        items.append(
          .slice(start: try bound(parts[next]), stop: try bound(parts[next + 1]), step: step))
        next += 3
      case .item:
        items.append(try indexItem(parts[next]))
        next += 1
      }
    }
    return items
  }

  private func bound(_ value: Value) throws -> Int? {
    if value.isNil { return nil }
    guard let number = Machine.integer(value) else {
      throw RuntimeError(.type, "a slice's bounds are Ints, not \(value.shortDescription)")
    }
    return number
  }

  private func indexItem(_ value: Value) throws -> VariableIndexItem {
    switch value {
    case .int(let index): return .at(index)
    case .nil: return .newAxis
    case .range(let range):
      if range.start >= 0, range.stop >= 0 {
        return .slice(start: range.start, stop: range.stop, step: range.step)
      }
      return .ids(.tensor(try Tensor.i64(range.written())))
    case .bool(let flag): return .ids(.tensor(Tensor(flag)))
    case .list:
      guard let ids = value.ints else { break }
      return .ids(.tensor(try Tensor.i64(ids)))
    case .tensor, .parameter:
      // An empty literal has no dtype of its own.
      guard let ids = value.variable, !ids.dtype.isFloat || ids.count == 0 else { break }
      if ids.dtype == .i64, ids.rank == 0, let tensor = ids.concrete { return .at(tensor.firstInt) }
      return .ids(ids)
    default: break
    }
    throw RuntimeError(
      .type,
      "a tensor is indexed by Ints, slices, masks and lists of Ints, not "
        + value.shortDescription)
  }

  // MARK: - Positions

  static func integer(_ value: Value) -> Int? {
    if case .int(let number) = value { return number }
    guard let tensor = value.tensorOfOne, tensor.dtype == .i64 else { return nil }
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

  static func tooManyParts(_ count: Int, _ value: Value) -> RuntimeError {
    RuntimeError(.index, "\(value.shortDescription) takes one index, and \(count) were given")
  }

  struct Slice {
    var start: Int
    var stop: Int
    var step: Int
    var indices: StrideTo<Int> { stride(from: start, to: stop, by: step) }
  }

  /// `start:stop:step` clamped to a length, as Python's.
  static func slice(_ parts: [Value], _ count: Int) throws -> Slice {
    func bound(_ value: Value) throws -> Int? {
      if value.isNil { return nil }
      guard let number = integer(value) else {
        throw RuntimeError(.type, "a slice's bounds are Ints, not \(value.shortDescription)")
      }
      return number
    }
    let step = try bound(parts[2]) ?? 1
    guard step != 0 else { throw RuntimeError(.index, "the step of a slice cannot be 0") }
    func clamp(_ index: Int, _ low: Int, _ high: Int) -> Int {
      min(max(index < 0 ? max(index, -count - 1) + count : index, low), high)
    }
    let start = try bound(parts[0])
    let stop = try bound(parts[1])
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
