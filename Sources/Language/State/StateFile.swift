// States in safetensors files. The tensors stand there as the format prescribes, under dotted
// paths, so that other programs read them. What is not a tensor stands in the metadata:
//
//     mos_version      1
//     mos_structure    {"kind": "tree", "value": node}
//                      {"kind": "snapshot", "manner": …, "random": …, "names": [text, …],
//                       "targets": [node, …]}
//                      {"kind": "session", "manner": …, "random": …, "variables": {name: node, …}}
//
// A node is null, true, a number, a text, a list of nodes, or an object whose first key says what
// it is: `StateEncoder` writes them all. A snapshot's parameters that two paths share are written
// under both. Whatever is read is detached, so a snapshot from a file is one by deepcopy.

import Autodiff
import Tensors

/// Reading and writing of values and snapshots as safetensors.
package enum StateFile {
  static let versionKey = "mos_version"
  static let structureKey = "mos_structure"
  static let version = 1

  /// Writes a snapshot, or any tree of tensors, numbers and texts.
  ///
  /// - Throws: a type error that names the place of what no file can hold; an io error. The file
  ///   is then as it was.
  package static func write(_ value: Value, to location: FileLocation) throws {
    try contents(of: value).write(to: location)
  }

  /// What a file of a value holds.
  ///
  /// - Throws: a type error that names the place of what no file can hold.
  package static func contents(of value: Value) throws -> Safetensors {
    var encoder = StateEncoder()
    if case .host(let host) = value, let snapshot = host as? Snapshot {
      try encoder.write(snapshot)
    } else {
      encoder.keepsUnknown = false
      encoder.text += "{\"kind\":\"tree\",\"value\":"
      try encoder.write(State(of: value), path: .top)
      encoder.text += "}"
    }
    let metadata = [
      (key: versionKey, value: String(version)), (key: structureKey, value: encoder.text),
    ]
    return Safetensors(encoder.tensors, metadata: metadata)
  }

  /// Reads what `write` wrote; a file of another program is a record of its tensors by name.
  ///
  /// - Throws: an io error that names the file and what is wrong with it.
  package static func read(_ location: FileLocation) throws -> Value {
    try value(of: Safetensors(contentsOf: location), named: location.name)
  }

  /// The value whose file has such contents.
  ///
  /// - Throws: an io error that names the file and what is wrong with it.
  package static func value(of file: Safetensors, named name: String) throws -> Value {
    guard let version = file[metadata: versionKey] else {
      return .record(Record(file.tensors.map { ($0.name, .tensor($0.tensor)) }))
    }
    guard version == String(StateFile.version) else {
      throw RuntimeError(
        .io,
        "\(name.excerpt) has the \(versionKey) \(version.excerpt), and this mos reads "
          + "\(StateFile.version)",
        hint: "a newer mos may have written it")
    }
    do {
      return try StateDecoder.document(file)
    } catch let error as TensorError {
      throw RuntimeError(.io, "\(name.excerpt) is damaged: its \(structureKey): \(error.message)")
    }
  }
}

// MARK: - Writing

/// Writes states as nodes and collects their tensors.
private struct StateEncoder {
  var text = ""
  private(set) var tensors: [(name: String, tensor: Tensor)] = []
  /// True where what no file can hold is noted, and is no error.
  var keepsUnknown = true
  private var names: Set<String> = []

  mutating func write(_ snapshot: Snapshot, path: Path = .top) throws {
    let outer = keepsUnknown
    keepsUnknown = true
    let random = snapshot.random
    text += "{\"kind\":\"\(snapshot.kind)\",\"manner\":\"\(snapshot.manner.rawValue)\","
    if let name = snapshot.name { text += "\"name\":\(name.inJSON)," }
    if let names = snapshot.names {
      text += "\"names\":[\(names.map(\.inJSON).joined(separator: ","))],"
    }
    text += "\"random\":[\"\(random.key)\",\"\(random.counter)\"],"
    switch snapshot.contents {
    case .targets(let states):
      text += "\"targets\":["
      for (i, state) in states.enumerated() {
        if i > 0 { text += "," }
        try write(state, path: states.count == 1 ? path : path[i])
      }
      text += "]}"
    case .session(let variables):
      text += "\"variables\":"
      try write(variables.map { ($0.name, $0.state) }, path: path)
      text += "}"
    }
    keepsUnknown = outer
  }

  mutating func write(_ state: State, path: Path) throws {
    switch state {
    case .tensor(let variable): text += "{\"tensor\":\(try add(variable, path).inJSON)}"
    case .parameter(let variable): text += "{\"parameter\":\(try add(variable, path).inJSON)}"
    case .list(let states):
      text += "["
      for (i, state) in states.enumerated() {
        if i > 0 { text += "," }
        try write(state, path: path[i])
      }
      text += "]"
    case .record(let pairs):
      text += "{\"record\":"
      try write(pairs, path: path)
      text += "}"
    case .model(let name, let fields):
      text += "{\"model\":\(name.inJSON),\"fields\":"
      try write(fields, path: path)
      text += "}"
    case .object(let name, let state):
      text += "{\"object\":\(name.inJSON),\"state\":"
      try write(state, path: path)
      text += "}"
    case .kept(let name): text += "{\"kept\":\(name.inJSON)}"
    case .value(let value): try write(value, path: path)
    }
  }

  private mutating func write(_ pairs: [(key: String, value: State)], path: Path) throws {
    text += "{"
    for (i, (key, state)) in pairs.enumerated() {
      text += "\(i > 0 ? "," : "")\(key.inJSON):"
      try write(state, path: path[key])
    }
    text += "}"
  }

  private mutating func write(_ value: Value, path: Path) throws {
    switch value {
    case .nil: text += "null"
    case .bool(let flag): text += flag ? "true" : "false"
    case .int(let number): text += "\(number)"
    case .float(let number):
      text += number.isFinite ? "\(number)" : "{\"float\":\"\(number)\"}"
    case .string(let string): text += string.text.inJSON
    case .range(let range):
      text += "{\"range\":[\(range.start),\(range.stop),\(range.step)]}"
    case .host(let host as KeyObject):
      text += "{\"key\":[\"\(host.key.key)\",\"\(host.key.counter)\"]}"
    case .host(let host as DTypeObject): text += "{\"dtype\":\"\(host.dtype.name)\"}"
    // A session keeps earlier snapshots, which would double with each that is kept.
    case .host(let host as Snapshot) where host.kind == "snapshot":
      text += "{\"snapshot\":"
      try write(host, path: path)
      text += "}"
    default:
      guard keepsUnknown else {
        throw RuntimeError(
          .type,
          "\(value.shortDescription)\(path.phrase) cannot be saved",
          hint: "a .safetensors file holds tensors, numbers, texts, and lists, records and "
            + "snapshots of them")
      }
      text += "{\"kept\":\(value.typeName.inJSON)}"
    }
  }

  /// Adds a tensor under its path, or what makes the path unique; gives the name.
  private mutating func add(_ variable: Variable, _ path: Path) throws -> String {
    guard let tensor = variable.concrete else {
      throw RuntimeError(
        .value,
        "\(path.isTop ? "the tensor" : path.shortened) has no numbers that could be saved: vmap "
          + "maps over it", hint: "save outside vmap")
    }
    let base = path.isTop ? "value" : path.description
    var name = base
    var number = 2
    while name == "__metadata__" || !names.insert(name).inserted {
      name = "\(base)#\(number)"
      number += 1
    }
    tensors.append((name, tensor))
    return name
  }
}

extension Snapshot {
  fileprivate var kind: String {
    if case .session = contents { "session" } else { "snapshot" }
  }
}

// MARK: - Reading

/// Reads nodes; every mistake is an error with the place in the text.
private struct StateDecoder {
  private let tensors: [String: Tensor]

  /// What the metadata of a file says it is.
  static func document(_ file: Safetensors) throws -> Value {
    guard let text = file[metadata: StateFile.structureKey] else {
      throw TensorError(.io, "it is not there")
    }
    let decoder = StateDecoder(
      tensors: Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0.tensor) }))
    // A state's level takes at most two of the text's.
    var reader = JSONReader(Array(text.utf8), maximumDepth: 2 * Walk.maximumDepth + 8)
    let value = try decoder.readDocument(&reader)
    try reader.finish()
    return value
  }

  private func readDocument(_ reader: inout JSONReader) throws -> Value {
    var kind: String?
    var name: String?
    var names: [String]?
    var manner: Snapshot.Manner?
    var random: RandomKey?
    var contents: Snapshot.Contents?
    var tree: State?
    try reader.readObject { reader, key in
      switch key {
      case "kind": kind = try reader.readText()
      case "name": name = try reader.readText()
      case "names": names = try readTexts(&reader)
      case "manner": manner = Snapshot.Manner(rawValue: try reader.readText())
      case "random": random = try readKey(&reader)
      case "value": tree = try readNode(&reader)
      case "targets": contents = .targets(try readList(&reader))
      case "variables":
        contents = .session(try readRecord(&reader).map { ($0.key, nil, $0.value) })
      default: try reader.skipValue()
      }
    }
    if kind == "tree", let tree { return tree.value }
    guard let contents, let random, manner != nil, kind == "snapshot" || kind == "session" else {
      throw reader.mistake("it describes neither a tree nor a snapshot")
    }
    if case .targets(let states) = contents, let names, names.count != states.count {
      throw reader.mistake("\(states.count) targets have \(names.count) names")
    }
    return .host(
      Snapshot(
        contents, manner: .deepcopy, names: names, name: name, random: random, isLoaded: true))
  }

  private func readNode(_ reader: inout JSONReader) throws -> State {
    switch try reader.peek() {
    case .array: return .list(try readList(&reader))
    case .object: return try readTagged(&reader)
    case .text: return .value(.string(try reader.readText()))
    case .number:
      switch try reader.readNumber() {
      case .whole(let number): return .value(.int(number))
      case .decimal(let number): return .value(.float(number))
      }
    case .bool(let flag):
      try reader.readWord()
      return .value(.bool(flag))
    case .null:
      try reader.readWord()
      return .value(.nil)
    }
  }

  private func readList(_ reader: inout JSONReader) throws -> [State] {
    var states: [State] = []
    try reader.readArray { states.append(try readNode(&$0)) }
    return states
  }

  private func readTexts(_ reader: inout JSONReader) throws -> [String] {
    var texts: [String] = []
    try reader.readArray { texts.append(try $0.readText()) }
    return texts
  }

  private func readRecord(_ reader: inout JSONReader) throws -> [(key: String, value: State)] {
    var pairs: [(key: String, value: State)] = []
    var keys = Set<String>()
    try reader.readObject { reader, key in
      guard keys.insert(key).inserted else { throw reader.mistake("\(key.excerpt) comes twice") }
      pairs.append((key, try readNode(&reader)))
    }
    return pairs
  }

  private func readTagged(_ reader: inout JSONReader) throws -> State {
    var result: State?
    var name = ""
    try reader.readObject { reader, key in
      switch key {
      case "tensor": result = .tensor(try readTensor(&reader))
      case "parameter": result = .parameter(try readTensor(&reader))
      case "record": result = .record(try readRecord(&reader))
      case "model", "object": name = try reader.readText()
      case "fields": result = .model(name, try readRecord(&reader))
      case "state": result = .object(name, try readNode(&reader))
      case "kept": result = .kept(try reader.readText())
      case "float": result = .value(.float(try readDecimal(&reader)))
      case "range": result = .value(try readRange(&reader))
      case "key": result = .value(.host(KeyObject(try readKey(&reader))))
      case "dtype":
        let text = try reader.readText()
        guard let dtype = DType.allCases.first(where: { $0.name == text }) else {
          throw reader.mistake("\(text.excerpt) is no dtype")
        }
        result = .value(.host(DTypeObject(dtype)))
      case "snapshot": result = .value(try readDocument(&reader))
      default: throw reader.mistake("\(key.excerpt) is no kind of state")
      }
    }
    guard let result else { throw reader.mistake("a state is empty") }
    return result
  }

  private func readTensor(_ reader: inout JSONReader) throws -> Variable {
    let name = try reader.readText()
    guard let tensor = tensors[name] else {
      throw reader.mistake("the file has no tensor \(name.excerpt)")
    }
    return .tensor(tensor)
  }

  private func readDecimal(_ reader: inout JSONReader) throws -> Double {
    let text = try reader.readText()
    guard let number = Double(text) else { throw reader.mistake("\(text.excerpt) is no number") }
    return number
  }

  private func readRange(_ reader: inout JSONReader) throws -> Value {
    var numbers: [Int] = []
    try reader.readArray { reader in
      guard numbers.count < 3, case .whole(let number) = try reader.readNumber() else {
        throw reader.mistake("a range is three whole numbers")
      }
      numbers.append(number)
    }
    guard numbers.count == 3, numbers[2] != 0 else {
      throw reader.mistake("a range is a start, a stop, and a step that is not 0")
    }
    return .range(numbers[0], numbers[1], step: numbers[2])
  }

  private func readKey(_ reader: inout JSONReader) throws -> RandomKey {
    var numbers: [UInt64] = []
    try reader.readArray { reader in
      guard numbers.count < 2, let number = UInt64(try reader.readText()) else {
        throw reader.mistake("a random key is two numbers as text")
      }
      numbers.append(number)
    }
    guard numbers.count == 2 else { throw reader.mistake("a random key is two numbers as text") }
    return RandomKey(key: numbers[0], counter: numbers[1])
  }
}
