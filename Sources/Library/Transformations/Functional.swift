// `functional(model)`: a model as a function of its parameters.

import Autodiff
import Language
import Tensors

extension Differentiation {
  /// `(apply, params)` of a model; a parameter that stands at several places is listed at the first.
  static func functional(_ model: Value, asLeaves: Bool = false) throws -> Value {
    let tree = try ValueTree(model).withEachCellOnce
    let parameters = tree.rebuilt(
      with: try tree.variables.map { .tensor(asLeaves ? try leaf(of: $0) : stopGradient($0)) })
    let apply = BuiltinFunction("apply(params, *args, **options)") { call in
      let given = try ValueTree(call[0]).variables(
        inOrderOf: tree, subject: "what apply of a functional model was given",
        hint: "functional(model) gives them in their structure")
      return try tree.substituted(given) { model in
        try call.interpreter.call(model, call.rest(1), named: Array(call.options(2).pairs))
      }
    }
    return .list([.builtin(apply), parameters])
  }
}

extension ValueTree {
  /// The tree without the further places of a cell, and without what is no parameter, as an activation among
  /// layers: a record or model lacks the key there, a list holds nil.
  fileprivate var withEachCellOnce: ValueTree {
    var seen: Set<ObjectIdentifier> = []
    var kept: [Leaf] = []
    var next = 0
    /// Nil where the cell has been met, or nothing can be learned.
    func once(_ structure: Structure) -> Structure? {
      switch structure {
      case .leaf, .parameter:
        defer { next += 1 }
        if let cell = leaves[next].cell, !seen.insert(ObjectIdentifier(cell)).inserted {
          return nil
        }
        kept.append(leaves[next])
        return structure
      case .list(let structures): return .list(structures.map { once($0) ?? .other(.nil) })
      case .record(let pairs): return .record(members(pairs))
      case .instance(let instance, let pairs): return .instance(instance, members(pairs))
      case .snapshot, .other: return nil
      }
    }
    func members(
      _ pairs: [(key: String, value: Structure)]
    ) -> [(key: String, value: Structure)] {
      pairs.compactMap { key, value in once(value).map { (key, $0) } }
    }
    let structure = once(structure) ?? structure
    return ValueTree(leaves: kept, structure: structure)
  }
}
