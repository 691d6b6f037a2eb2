// What a recording reads and wants to find there, in the program's own words: `w: f64[3]`, `net.steps = 2`.

import Autodiff
import Language
import Tensors

/// The texts of what a recording reads.
struct ReadDescription {
  /// The names of the operands, in order: where each was first read.
  private(set) var operands: [String]
  /// What a call has to be like for the recording to hold.
  private(set) var guards: [String] = []

  private let objects: [ReadObject]
  private let interpreter: Interpreter
  /// Where each object was first read.
  private var names: [Int: String] = [:]

  /// - Parameter objects: those that the run has met.
  init(_ reads: RecordedReads, _ objects: [ReadObject], _ interpreter: Interpreter) {
    self.objects = objects
    self.interpreter = interpreter
    operands = Array(repeating: "", count: reads.operandCount)
    for read in reads.entries { add(read) }
    if reads.wantsDistinctOperands {
      guards.append("the same of the tensors by which gradients are taken are one")
    }
    if reads.bound != nil { guards.append("the very same functions, models and parameters") }
    guards.append("floats are \(reads.modes.defaultFloat.name) where nothing says more")
    if reads.modes.detectsAnomalies { guards.append("anomalies are detected") }
  }

  private mutating func add(_ read: RecordedRead) {
    switch read.source {
    case .call: addCall(read.pattern)
    case .global(let slot): add(read.pattern, interpreter.globals.name(of: slot))
    case .captured(let object, let index):
      guard case .closure(let closure) = objects[object] else { return }
      let names = closure.prototype.captureNames
      add(read.pattern, names.indices.contains(index) ? names[index] : "a captured variable")
    case .content(let object), .tensor(let object): add(read.pattern, name(of: object))
    case .field(let object, let slot):
      guard case .instance(let instance) = objects[object] else { return }
      let own = names[object]
      add(read.pattern, (own.map { $0 + "." } ?? "") + instance.type.fields[slot].name)
    case .gradient(let operand):
      let name = operands.indices.contains(operand) ? operands[operand] : ""
      add(read.pattern, (name.isEmpty ? "a tensor" : name) + ".grad")
    case .state(let object): add(read.pattern, name(of: object))
    }
  }

  /// The function, a list of arguments, and a record of those with names.
  private mutating func addCall(_ pattern: ReadPattern) {
    var parameters: [String] = []
    if case .closure(let closure)? = objects.first {
      parameters = closure.prototype.signature.parameters.filter { $0.kind == .plain }.map(\.name)
    }
    guard case .list(let parts) = pattern, parts.count == 3 else { return }
    if case .object(_, .instance) = parts[0] { add(parts[0], "the model") }
    func elements(of pattern: ReadPattern) -> [(key: String?, pattern: ReadPattern)] {
      switch pattern {
      case .list(let patterns): patterns.map { (nil, $0) }
      case .record(let keys, let patterns): zip(keys, patterns).map { ($0, $1) }
      case .constant(.list(let values)): values.map { (nil, .constant($0)) }
      case .constant(.record(let record)): record.pairs.map { ($0.0, .constant($0.1)) }
      default: []
      }
    }
    for (index, part) in elements(of: parts[1]).enumerated() {
      add(part.pattern, index < parameters.count ? parameters[index] : "argument \(index + 1)")
    }
    for (key, part) in elements(of: parts[2]) { add(part, key ?? "") }
  }

  /// The name of an object that was not read but is always the same.
  private func name(of object: Int) -> String { names[object] ?? "a captured variable" }

  private mutating func add(_ pattern: ReadPattern, _ path: String) {
    switch pattern {
    case .operand(let index, let tensor):
      guard operands[index].isEmpty else {
        if operands[index] != path { guards.append("\(path) is \(operands[index])") }
        return
      }
      operands[index] = path
      guards.append("\(path): \(tensor.description)")
    case .key(let index):
      operands[index] = path
      guards.append("\(path): a key")
    case .number(let index, let isInt):
      operands[index] = path
      guards.append("\(path): \(isInt ? "an Int" : "a Float")")
    case .constant(.absent): break
    case .constant(let value): guards.append("\(path) = \(value.written)")
    case .list(let parts):
      guards.append("\(path): a list of \(parts.count)")
      for (index, part) in parts.enumerated() { add(part, "\(path)[\(index)]") }
    case .record(let keys, let parts):
      guards.append("\(path): a record {\(keys.joined(separator: ", "))}")
      for (key, part) in zip(keys, parts) { add(part, "\(path).\(key)") }
    case .snapshot(_, _, let contents): add(contents, path)
    case .object(let index, _): addObject(index, path)
    case .method(_, let index, _):
      guards.append("\(path): the same method")
      addObject(index, path)
    }
  }

  private mutating func addObject(_ index: Int, _ path: String) {
    if let name = names[index] {
      if name != path { guards.append("\(path) is \(name)") }
      return
    }
    names[index] = path
    switch objects[index] {
    case .closure(let closure):
      let name = closure.prototype.name
      guards.append("\(path): the code of \(name == "fn" ? "this function" : name)")
    case .instance(let instance): guards.append("\(path): a \(instance.type.name)")
    case .host(let host): guards.append("\(path): a \(host.typeName)")
    case .parameter, .box: break
    }
  }
}

extension TensorPattern {
  /// `f64[3]`, and how a tape follows the tensor.
  fileprivate var description: String {
    let type = shape.rank == 0 ? dtype.name : "\(dtype.name)\(shape)"
    return switch tracking {
    case .untracked: type
    case .leaf, .input: type + ", which gradients go to"
    case .graph: type + ", which gradients go through"
    }
  }
}

extension Value {
  /// The value as a program writes it, cut where it is long.
  fileprivate var written: String { text?.excerpt ?? excerpt }
}
