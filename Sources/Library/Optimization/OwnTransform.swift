// Transforms that a program writes: a record or a model with `init(params)` and
// `update(grads, state, params)`.
//
// They stand wherever a transform of the library does. What they are given are plain trees, so a model
// as parameters arrives as a record of its fields, and numbers arrive as tensors without axes. A
// parameter without a gradient counts as one with a gradient of 0, and stays where it is. What they give
// back is checked here, once, so that whatever comes after may rely on it.

import Autodiff
import Language
import Optimizers
import Tensors

extension Value {
  /// The value as a transform: one of the library's, or one of a program; nil for anything else.
  func transformation(_ interpreter: Interpreter) throws -> GradientTransformation? {
    if case .host(let host) = self, let transform = host as? TransformObject {
      return transform.transformation
    }
    guard hasOwnMember("init"), hasOwnMember("update") else { return nil }
    return try OwnTransform(self, interpreter).transformation
  }

  /// True for a model or a module with a method or function of the name, and for a model or a record with
  /// such a function in it.
  private func hasOwnMember(_ name: String) -> Bool {
    switch self {
    case .instance(let instance):
      instance.type.hasMethod(name)
        || instance.ownedFields.contains { $0.field.name == name && $0.value.isCallable }
    case .record(let record): record[name]?.isCallable ?? false
    case .module(let module): module.slots[name] != nil
    default: false
    }
  }
}

/// The two functions of a program's transform.
private struct OwnTransform {
  let name: String
  let start: Value
  let step: Value
  /// How many arguments `update` is called with.
  let arguments: Int
  unowned let interpreter: Interpreter

  /// - Throws: a type error for functions with too many or too few parameters.
  init(_ value: Value, _ interpreter: Interpreter) throws {
    self.interpreter = interpreter
    name = value.ownName
    start = try value.field("init", interpreter)
    step = try value.field("update", interpreter)
    _ = try OwnTransform.arguments(of: start, "init", 1...1, "(params)", name, interpreter)
    arguments = try OwnTransform.arguments(
      of: step, "update", 2...4, "(grads, state, params)", name, interpreter)
  }

  /// How many of the arguments a function takes, of as many as there can be.
  private static func arguments(
    of function: Value, _ role: String, _ counts: ClosedRange<Int>, _ shown: String, _ name: String,
    _ interpreter: Interpreter
  ) throws -> Int {
    guard let signature = interpreter.machine.ownSignature(of: function) else {
      return Swift.min(counts.upperBound, 3)
    }
    let plain = signature.parameters.filter { $0.kind == .plain }
    let needed = plain.filter { $0.defaultText == nil }.count
    let taken = signature.restList == nil ? plain.count : Swift.max(plain.count, 3)
    guard needed <= counts.upperBound, taken >= counts.lowerBound else {
      throw RuntimeError(
        .type,
        "`\(role)` of \(name) takes \(plain.count) \(plain.count == 1 ? "argument" : "arguments"), "
          + "and a transform's is called as \(role)\(shown)")
    }
    return Swift.min(taken, counts.upperBound)
  }

  var transformation: GradientTransformation {
    guard arguments == 4 else {
      return GradientTransformation(
        name, initialize: initialize,
        update: { try stepped($0, $1, $2, loss: nil) })
    }
    return GradientTransformation(guided: name, initialize: initialize) { updates, state, step in
      let loss = Value.builtin(
        BuiltinFunction("f(params)") { call in
          let tree = try ValueTree(call[0]).tree
          return .tensor(try step.objective.value(tree))
        })
      let result = try stepped(
        updates ?? step.gradient(), state, step.parameters, loss: loss)
      return (result.updates, result.state, step)
    }
  }

  private func initialize(_ parameters: Tree) throws -> Tree {
    try state(try interpreter.call(start, [Value(parameters)]))
  }

  private func stepped(
    _ found: Tree, _ state: Tree, _ parameters: Tree?, loss: Value?
  ) throws -> (updates: Tree, state: Tree) {
    let isComplete = parameters.map { $0.leaves.count == found.leaves.count } ?? true
    let gradients = isComplete ? found : try found.filled(like: parameters ?? found)
    let given =
      [Value(gradients), Value(state), parameters.map { Value($0) } ?? .nil]
      + (loss.map { [$0] } ?? [])
    let result = try interpreter.call(step, Array(given.prefix(arguments)))
    guard case .list(let pair) = result, pair.count == 2 else {
      throw RuntimeError(
        .type, "update of \(name) must give (updates, state), not \(result.shortDescription)")
    }
    let updates = try ValueTree(pair[0])
    if let other = updates.structure.firstOther(.top) {
      throw RuntimeError(
        .type,
        "the updates of \(name) hold \(other.value.shortDescription)\(other.path.phrase), "
          + "and updates are tensors")
    }
    let fitted = try updates.tree.fitted(toGradients: gradients, of: name)
    return (isComplete ? fitted : try found.zip(fitted) { $1 }, try self.state(pair[1]))
  }

  /// A state as a tree.
  ///
  /// - Throws: a type error that names the path of what is neither a tensor nor a number.
  private func state(_ value: Value) throws -> Tree {
    let taken = try ValueTree(value)
    if let other = taken.structure.firstOther(.top) {
      throw RuntimeError(
        .type,
        "the state of \(name) holds \(other.value.shortDescription)\(other.path.phrase), "
          + "which cannot be kept in it",
        hint: "a state is made of tensors, numbers and nil in lists and records")
    }
    return taken.tree
  }
}

extension Value {
  /// What messages and summaries call a program's transform: the model, the module, or the record's
  /// own `name`.
  fileprivate var ownName: String {
    switch self {
    case .instance(let instance): instance.type.name
    case .record(let record): record["name"]?.text ?? "a record"
    default: typeName
    }
  }
}

extension ValueTree.Structure {
  /// The first thing that is neither a leaf nor nothing, or a model, with its path.
  fileprivate func firstOther(_ path: Path) -> (value: Value, path: Path)? {
    switch self {
    case .leaf, .parameter: return nil
    case .list(let parts):
      return parts.enumerated().lazy.compactMap { $1.firstOther(path[$0]) }.first
    case .record(let pairs):
      return pairs.lazy.compactMap { $0.value.firstOther(path[$0.key]) }.first
    case .instance(let instance, _): return (.instance(instance), path)
    case .snapshot(let snapshot, _): return (.host(snapshot), path)
    case .other(let value): return value.isNil ? nil : (value, path)
    }
  }
}

extension Tree {
  /// These updates in the structure of the gradients that they were made of, records in their order.
  ///
  /// A gradient that is not there may have an update, and one that is there none.
  /// - Throws: a shape error that names the path, where they differ.
  fileprivate func fitted(
    toGradients gradients: Tree, of name: String, path: Path = .top
  ) throws -> Tree {
    switch (gradients, self) {
    case (.none, _), (_, .none): return self
    case (.leaf(let gradient), .leaf(let update)):
      guard gradient.shape == update.shape else {
        throw TensorError(
          .shape,
          "\(name) gave an update of \(update.typeDescription) for a gradient of "
            + "\(gradient.typeDescription)\(path.phrase)")
      }
      return self
    case (.list(let wanted), .list(let given)) where wanted.count == given.count:
      return .list(
        try wanted.indices.map {
          try given[$0].fitted(toGradients: wanted[$0], of: name, path: path[$0])
        })
    case (.record(let wanted), .record(let given)) where wanted.count == given.count:
      return .record(
        try wanted.map { key, gradient in
          guard let update = self[key] else {
            throw TensorError(
              .shape, "\(name) gave no update for \(path[key])",
              hint: "updates have the structure of the gradients")
          }
          return (key, try update.fitted(toGradients: gradient, of: name, path: path[key]))
        })
    default:
      throw TensorError(
        .shape,
        "\(name) gave updates that do not have the structure of the gradients\(path.phrase): "
          + "\(summary) for \(gradients.summary)")
    }
  }
}
