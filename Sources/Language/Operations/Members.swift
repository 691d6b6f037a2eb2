// What programs can read of values that are no objects of a class, one row each: the fields of tensors,
// parameters, ranges, functions and model declarations, and what every model has besides its own methods.
//
// Names are few, so that a walk over the rows beats hashing.

import Autodiff
import Tensors

/// A field, or a method without arguments.
package struct ValueMember: Sendable {
  package let name: String
  /// In Markdown.
  package let documentation: String
  /// Whether it is written with parentheses.
  package let isMethod: Bool
  let read: @Sendable (Value) throws -> Value

  init(
    _ name: String, _ documentation: String, isMethod: Bool = false,
    _ read: @escaping @Sendable (Value) throws -> Value
  ) {
    self.name = name
    self.documentation = documentation
    self.isMethod = isMethod
    self.read = read
  }

  /// A field of what arithmetic takes.
  fileprivate static func ofVariable(
    _ name: String, _ documentation: String, _ read: @escaping @Sendable (Variable) throws -> Value
  ) -> ValueMember {
    ValueMember(name, documentation) { try $0.variable.map(read) ?? .nil }
  }
}

/// The members of values of a type.
package struct ValueMembers: Sendable {
  /// What `type(v)` gives, or for models the word for them.
  package let type: String
  /// What such values are, in Markdown.
  package let documentation: String
  /// The rows in order.
  package let rows: [ValueMember]
  /// What takes arguments, in order.
  package var methods: [ValueMethod] = []

  @inline(__always) package subscript(name: String) -> ValueMember? {
    rows.first { $0.name == name }
  }

  /// All types, in the order of the reference.
  package static let all = [
    tensor, parameter, list, record, range, function, model, instance,
  ]

  /// The names of all of them.
  package var names: [String] { rows.map(\.name) + methods.map(\.signature.name) }
}

// MARK: - Tensors

extension ValueMembers {
  package static let tensor = ValueMembers(
    type: "Tensor",
    documentation: """
      Numbers of one dtype in up to eight axes. Every function of the reference whose first argument is a
      tensor can be written as a method of it: `x.sum(axis=0)`. An Int, a Float and a Bool have the fields too.
      """,
    rows: shared + [
      .ofVariable(
        "grad", "What `backward` left for it, a tensor of its shape; nil where it left nothing."
      ) { $0.gradient.map { .tensor($0) } ?? .nil }
    ])

  static let parameter = ValueMembers(
    type: "Parameter",
    documentation: """
      A cell that holds a tensor, which optimizers and `p.value = …` change. Arithmetic takes the tensor.

          let p = param([1.0, 2.0])
          sum(p * p).backward()
          print(p.grad, p.shape)    # [2.0, 4.0] (2,)
      """,
    rows: shared + [
      ValueMember(
        "grad", "What `backward` left, a tensor of its shape; nil where it left nothing."
      ) { value in
        guard case .parameter(let cell) = value else { return .nil }
        return cell.gradient.map { .tensor($0) } ?? .nil
      },
      ValueMember("name", "The name of the field that it was made for, a String; nil elsewhere.") {
        value in
        guard case .parameter(let cell) = value else { return .nil }
        return cell.name.map { .string($0) } ?? .nil
      },
    ])

  private static let shared: [ValueMember] = [
    .ofVariable("shape", "The extents of the axes, a list of Ints.") {
      .list($0.shape.array.map { .int($0) })
    },
    .ofVariable("ndim", "The number of axes.") { .int($0.rank) },
    .ofVariable("size", "The number of elements.") { .int($0.count) },
    .ofVariable("dtype", "The type of the elements: `f64`, `f32`, `i64` or `bool`.") {
      .host(DTypeObject($0.dtype))
    },
    .ofVariable(
      "device", "Where the elements live, a String: `\"cpu\"`, or a device that `devices()` lists."
    ) {
      .string($0.place.name)
    },
    .ofVariable(
      "value", "The tensor itself; of a parameter the one that it holds, which can be set."
    ) { .tensor($0) },
    .ofVariable("T", "The same elements with the axes in reverse order.") {
      .tensor(try $0.permute(Array((0..<$0.rank).reversed())))
    },
  ]
}

// MARK: - Other values

extension ValueMembers {
  static let range = ValueMembers(
    type: "Range",
    documentation:
      "Ints at equal distances, `start..stop:step`, made one by one as they are asked for.",
    rows: [
      .ofRange("start", "The first Int.") { $0.start },
      .ofRange("stop", "The Int that it ends before.") { $0.stop },
      .ofRange("step", "The distance from one to the next.") { $0.step },
    ])

  static let function = ValueMembers(
    type: "Function",
    documentation: "A function of a program, or a built-in.",
    rows: [
      ValueMember("name", "The name that it was declared by, a String.") { value in
        switch value {
        case .function(let closure): .string(closure.prototype.name)
        case .builtin(let builtin): .string(builtin.name)
        default: .nil
        }
      }
    ])

  static let model = ValueMembers(
    type: "Model",
    documentation:
      "A declared model. Calling it makes one of its instances; its methods are fields.",
    rows: [
      ValueMember("name", "The declared name, a String.") { value in
        if case .model(let type) = value { .string(type.name) } else { .nil }
      }
    ])

  package static let instance = ValueMembers(
    type: "Instance",
    documentation: "A model's fields and methods are those of its declaration, and these.",
    rows: [
      .ofInstance("parameters", "The parameters that it owns, a list, each once.") {
        .list(try $0.cells().map { .parameter($0.cell) })
      },
      .ofInstance("named_parameters", "The same as a record, by their paths: `layers.0.weight`.") {
        .record(Record(try $0.cells().map { ($0.path, .parameter($0.cell)) }))
      },
      .ofInstance("buffers", "What its `buffer` fields hold, a record by paths.") {
        .record(Record(try ModelWalk(.instance($0)).buffers))
      },
      .ofInstance(
        "modules", "Itself and the models inside it, a list, outer ones first, each once."
      ) {
        .list(try $0.modules().map { .instance($0.module) })
      },
      .ofInstance("named_modules", "The same as a record, by their paths; its own is empty.") {
        .record(
          Record(try $0.modules().map { ($0.path, .instance($0.module)) }))
      },
      .ofInstance(
        "train",
        """
        Sets the field `training` of itself and of the models inside it that have one, so that dropout drops
        and batch normalization takes the statistics of its batch. Gives the model.
        """
      ) { try $0.setTraining(true) },
      .ofInstance(
        "eval", "Sets `training` back, as `train` sets it: for predictions. Gives the model."
      ) { try $0.setTraining(false) },
    ])
}

extension ValueMember {
  fileprivate static func ofRange(
    _ name: String, _ documentation: String, _ read: @escaping @Sendable (RangeObject) -> Int
  ) -> ValueMember {
    ValueMember(name, documentation) { value in
      if case .range(let range) = value { .int(read(range)) } else { .nil }
    }
  }

  fileprivate static func ofInstance(
    _ name: String, _ documentation: String,
    _ read: @escaping @Sendable (ModelInstance) throws -> Value
  ) -> ValueMember {
    ValueMember(name, documentation, isMethod: true) { value in
      guard case .instance(let instance) = value else { return .nil }
      return try read(instance)
    }
  }
}

extension ModelInstance {
  /// Itself and the models inside it, each once, by their paths.
  package func modules() throws -> [(path: String, module: ModelInstance)] {
    try ModelWalk(.instance(self)).modules
  }

  /// Sets the fields `training` of this model and of those inside it.
  fileprivate func setTraining(_ isTraining: Bool) throws -> Value {
    for (_, module) in try modules() {
      guard let slot = module.type.slots["training"] else { continue }
      switch module.type.fields[slot].kind {
      case .let, .buffer: try module.write(slot: slot, .bool(isTraining))
      case .param, .method, .argument: break
      }
    }
    return .instance(self)
  }

  /// The parameters that it owns, in declaration order, each once.
  package func cells() throws -> [(path: String, cell: ParameterCell)] {
    var seen: Set<ObjectIdentifier> = []
    return try ValueTree(.instance(self), numbersAreLeaves: false).leaves.compactMap { leaf in
      guard let cell = leaf.cell, seen.insert(ObjectIdentifier(cell)).inserted else { return nil }
      return (leaf.path.description, cell)
    }
  }
}

/// A walk over the models in a value, outermost first, each once.
private struct ModelWalk {
  private(set) var modules: [(path: String, module: ModelInstance)] = []
  /// Buffers by their paths, in declaration order.
  private(set) var buffers: [(String, Value)] = []
  private var seen: Set<ObjectIdentifier> = []
  private var walk = Walk()

  init(_ value: Value) throws { try add(value, .top) }

  private mutating func add(_ value: Value, _ path: Path) throws {
    if let parts = try value.parts(at: path) {
      try walk.enter(path)
      for (path, value) in parts { try add(value, path) }
    }
    guard case .instance(let instance) = value,
      seen.insert(ObjectIdentifier(instance)).inserted
    else { return }
    try walk.enter(path)
    modules.append((path.description, instance))
    for (field, value) in instance.ownedFields {
      let path = path[field.name]
      if field.kind == .buffer { buffers.append((path.description, value)) }
      if value.holdsState { try add(value, path) }
    }
  }
}
