// State as a value of Swift: what `extract` keeps of models, parameters and optimizers.

internal import Autodiff
internal import Language
internal import Tensors

/// The state of models, parameters, optimizers and structures of them, its tensors copied and without graphs.
///
///     let start = try mos.extract("net", "optim")
///     try mos.recover("net", "optim", from: start)
///
/// It belongs to no interpreter and to no thread.
public struct Snapshot: @unchecked Sendable {
  // Nothing changes a snapshot of the language after its making, and tensors may be read from anywhere.
  let held: Language.Snapshot

  /// The names of the tensors and numbers in it, as files have them: `net.layers.0.weight`.
  public var names: [String] { (try? held.leaves().keys) ?? [] }

  /// The tensor of a name; of a number, one without axes; nil where there is none.
  public subscript(name: String) -> Tensor? {
    (try? held.leaves())?[name]?.variable?.concrete
  }

  /// Reads a snapshot, or the named tensors of another program, from a safetensors file.
  ///
  /// - Throws: an error of kind `io` that says what is wrong with it.
  public init(contentsOf path: String) throws(MosError) {
    held = try translating { () throws in
      try Language.Snapshot.recovering(StateFile.read(FileLocation(path)))
    }
  }

  init(_ held: Language.Snapshot) { self.held = held }

  /// Writes a safetensors file, which holds what it held until all of it is on disk.
  ///
  /// - Throws: an error of kind `io` with the system's reason.
  public func write(to path: String) throws(MosError) {
    try translating { () throws in try StateFile.write(.host(held), to: FileLocation(path)) }
  }
}

extension Snapshot: CustomStringConvertible {
  /// What it is of, in one line.
  public var description: String { held.summary }
}

extension Snapshot: MosConvertible {
  /// The same snapshot, for `recover`.
  public func mosValue() -> Value { Value(.host(held)) }

  /// What `extract` gave, its tensors copied and without graphs.
  ///
  /// - Throws: for another value.
  public static func from(mosValue value: Value) throws -> Snapshot {
    guard case .host(let host as Language.Snapshot) = value.held else {
      throw value.mismatch("a snapshot")
    }
    return Snapshot(try host.detached())
  }
}

extension Snapshot: Codable {
  /// The contents of its file.
  private struct Contents: Codable {
    var tensors: [NamedTensor]
    var metadata: [String: String]
  }

  private struct NamedTensor: Codable {
    var name: String
    var tensor: Tensor
  }

  /// Encodes the contents of its file: tensors by name, and what stands around them.
  public func encode(to encoder: any Encoder) throws {
    let file = try StateFile.contents(of: .host(held))
    try Contents(
      tensors: file.tensors.map { NamedTensor(name: $0.name, tensor: $0.tensor) },
      metadata: Dictionary(uniqueKeysWithValues: file.metadata.map { ($0.key, $0.value) })
    ).encode(to: encoder)
  }

  /// Decodes the contents of a file.
  ///
  /// - Throws: where they are damaged.
  public init(from decoder: any Decoder) throws {
    let contents = try Contents(from: decoder)
    let file = Safetensors(
      contents.tensors.map { ($0.name, $0.tensor) },
      metadata: contents.metadata.map { ($0.key, $0.value) })
    held = try Language.Snapshot.recovering(
      StateFile.value(of: file, named: "the snapshot"))
  }
}

extension Interpreter {
  /// The state of variables of the main program: models, parameters, optimizers, data.
  ///
  /// - Throws: an error of kind `name` for a variable that there is none of, of kind `type` for one without
  ///   state.
  public func extract(_ names: String...) throws(MosError) -> Snapshot {
    let value = try performing(nil, nil) {
      let values = try names.map(variable)
      return .host(try Language.Snapshot(of: values, manner: .reference, names: names))
    }
    return try value.as(Snapshot.self)
  }

  /// Puts the state back.
  ///
  /// - Throws: an error of kind `value` that lists what does not fit; then nothing is changed.
  public func recover(_ names: String..., from snapshot: Snapshot) throws(MosError) {
    _ = try performing(nil, nil) {
      let values = try snapshot.held.recover(into: names.map(variable))
      for (name, value) in zip(names, values) { try runtime.setVariable(name, value) }
      return .nil
    }
  }

  private func variable(_ name: String) throws -> Language.Value {
    guard let value = runtime.value(of: name) else {
      throw RuntimeError(
        .name, "there is no variable `\(name.shortened)`",
        hint: nearest(to: name, among: self.names).map { "did you mean `\($0)`?" })
    }
    return value
  }
}
