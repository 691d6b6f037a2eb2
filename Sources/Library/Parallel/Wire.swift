// Values as bytes, from rank to rank.
//
// Tensors do not go this way: they are leaves, which sums and gathers bring to the others, with their
// derivatives. What stands around them is written here, and read back the same on every rank.

import Autodiff
import Language
import Syntax
import Tensors

/// Bytes that are being written.
struct WireWriter {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ number: Int) { withUnsafeBytes(of: number) { bytes += $0 } }

  mutating func add(_ number: UInt64) { add(Int(bitPattern: UInt(number))) }

  mutating func add(_ text: String) { add(Array(text.utf8)) }

  mutating func add(_ text: String?) {
    add(text == nil ? 0 : 1)
    if let text { add(text) }
  }

  mutating func add(_ part: [UInt8]) {
    add(part.count)
    bytes += part
  }
}

/// Bytes that are being read, in the order in which they were written.
struct WireReader {
  private let bytes: [UInt8]
  private var place = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { place >= bytes.count }

  mutating func int() -> Int {
    defer { place += MemoryLayout<Int>.size }
    return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: Int.self) }
  }

  mutating func word() -> UInt64 { UInt64(UInt(bitPattern: int())) }

  mutating func part() -> [UInt8] {
    let count = int()
    defer { place += count }
    return Array(bytes[place..<place + count])
  }

  mutating func text() -> String { String(decoding: part(), as: UTF8.self) }

  mutating func optionalText() -> String? { int() == 0 ? nil : text() }
}

// MARK: - Values

/// A value taken apart into what can be written and its tensors.
struct WireValue {
  /// What stands around the tensors.
  private(set) var structure: [UInt8]
  /// The tensors, in their order.
  private(set) var leaves: [Variable]
  /// Where each stands.
  private(set) var paths: [Path] = []

  /// Which numbers are tensors, beside tensors.
  enum Leaves { case tensors, floats, numbers }

  private enum Tag: Int {
    case none, no, yes, int, float, text, list, record, range
    /// A tensor, and one that was a number.
    case leaf, number
  }

  /// Takes a value apart.
  ///
  /// - Parameter leaves: which numbers are tensors, that can be added.
  /// - Throws: a type error for what no other rank can have, with its path.
  init(_ value: Value, of name: String, leaves: Leaves) throws {
    var writer = WireWriter()
    self.init(structure: [], leaves: [])
    try add(value, .top, to: &writer, name, leaves, depth: 0)
    structure = writer.bytes
  }

  /// A value from its parts.
  init(structure: [UInt8], leaves: [Variable]) {
    self.structure = structure
    self.leaves = leaves
  }

  private static let deepest = 500

  private mutating func add(
    _ value: Value, _ path: Path, to writer: inout WireWriter, _ name: String,
    _ kind: Leaves, depth: Int
  ) throws {
    guard depth < WireValue.deepest else {
      throw RuntimeError(
        .limit, "what \(name) gives is nested deeper than \(WireValue.deepest) levels")
    }
    func tag(_ tag: Tag) { writer.add(tag.rawValue) }
    switch value {
    case .nil, .absent: tag(.none)
    case .bool(let flag): tag(flag ? .yes : .no)
    case .int(let number) where kind == .numbers:
      tag(.number)
      leaves.append(.tensor(Tensor(number)))
      paths.append(path)
    case .int(let number):
      tag(.int)
      writer.add(number)
    case .float(let number) where kind != .tensors:
      tag(.number)
      leaves.append(.tensor(Tensor(number)))
      paths.append(path)
    case .float(let number):
      tag(.float)
      writer.add(number.bitPattern)
    case .string(let text):
      tag(.text)
      writer.add(text.text)
    case .range(let range):
      tag(.range)
      writer.add(range.start)
      writer.add(range.stop)
      writer.add(range.step)
    case .list(let values):
      tag(.list)
      writer.add(values.count)
      for (index, part) in values.enumerated() {
        try add(
          part, path[index], to: &writer, name, kind, depth: depth + 1)
      }
    case .record(let record):
      tag(.record)
      writer.add(record.count)
      for (key, part) in record.pairs {
        writer.add(key)
        try add(part, path[key], to: &writer, name, kind, depth: depth + 1)
      }
    default:
      guard let variable = value.variable else {
        throw RuntimeError(
          .type,
          "what \(name) gives holds \(value.shortDescription)\(path.isTop ? "" : " at `\(path)`"), "
            + "which other ranks cannot have",
          hint: "give tensors, numbers, text, lists and records; of a model, extract its state")
      }
      try variable.requireProcessor(for: name)
      tag(.leaf)
      leaves.append(variable)
      paths.append(path)
    }
  }

  /// Whether another value differs in the numbers of its tensors alone.
  func isAlike(_ other: WireValue) -> Bool {
    structure == other.structure && leaves.map(\.shape) == other.leaves.map(\.shape)
      && leaves.map(\.dtype) == other.leaves.map(\.dtype)
  }

  /// The value that a structure stands for, with its tensors.
  static func value(_ structure: [UInt8], _ leaves: inout ArraySlice<Variable>) -> Value {
    var reader = WireReader(structure)
    return read(&reader, &leaves)
  }

  /// What stands around tensors, for messages.
  static func sketch(of structure: [UInt8]) -> String {
    var leaves = Array(repeating: Variable.tensor(Tensor(0.0)), count: leafCount(structure))[...]
    return value(structure, &leaves).excerpt
  }

  private static func read(
    _ reader: inout WireReader, _ leaves: inout ArraySlice<Variable>
  ) -> Value {
    switch Tag(rawValue: reader.int()) {
    case nil, .none?: return .nil
    case .no: return .bool(false)
    case .yes: return .bool(true)
    case .int: return .int(reader.int())
    case .float: return .float(Double(bitPattern: reader.word()))
    case .text: return .string(reader.text())
    case .range:
      let (start, stop, step) = (reader.int(), reader.int(), reader.int())
      return .range(RangeObject(start, stop, step))
    case .list:
      let count = reader.int()
      return .list((0..<count).map { _ in read(&reader, &leaves) })
    case .record:
      let count = reader.int()
      return .record(
        Record((0..<count).map { _ in (reader.text(), read(&reader, &leaves)) }))
    case .leaf: return leaves.popFirst().map { .tensor($0) } ?? .nil
    case .number:
      guard let leaf = leaves.popFirst() else { return .nil }
      guard let tensor = leaf.concrete, tensor.rank == 0, !leaf.isDifferentiated else {
        return .tensor(leaf)
      }
      return tensor.dtype.isFloat ? .float(tensor.firstDouble) : .int(tensor.firstInt)
    }
  }

  /// How many tensors a structure has.
  static func leafCount(_ structure: [UInt8]) -> Int {
    var count = 0
    var reader = WireReader(structure)
    func walk() {
      switch Tag(rawValue: reader.int()) {
      case nil, .none?, .no, .yes: break
      case .int, .float: _ = reader.int()
      case .text: _ = reader.part()
      case .range: for _ in 0..<3 { _ = reader.int() }
      case .list: for _ in 0..<reader.int() { walk() }
      case .record:
        for _ in 0..<reader.int() {
          _ = reader.part()
          walk()
        }
      case .leaf, .number: count += 1
      }
    }
    walk()
    return count
  }
}
