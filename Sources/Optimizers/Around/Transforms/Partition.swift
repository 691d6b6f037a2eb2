// Different transformations for different parameters; `masked` is the case of one and none.

import Autodiff
import Tensors

/// Which transformation treats which parameter: a tree of whole numbers, or of bools for 0 and 1.
///
/// The tree may end above the leaves: its number then holds for all leaves below.
public enum Selection: @unchecked Sendable {
  /// The same tree at each step.
  case fixed(Tree)
  /// A function of the parameters; of the updates where the parameters are not given.
  case computed((Tree) throws -> Tree)

  fileprivate func tree(for parameters: Tree) throws -> Tree {
    switch self {
    case .fixed(let tree): tree
    case .computed(let function): try function(parameters)
    }
  }
}

extension GradientTransformation {
  /// Treats each parameter with the transformation that a selection gives it by number.
  ///
  /// Each transformation sees only its own parameters, and nothing in place of the others. The
  /// state is a record of theirs.
  public static func partition(
    _ parts: [(label: String, transformation: GradientTransformation)], _ selection: Selection
  ) -> GradientTransformation {
    let names = parts.map { "\($0.label): \($0.transformation.name)" }.joined(separator: ", ")
    return partition("partition({\(names)})", parts, selection)
  }

  /// Treats the parameters where the mask is true; the updates of the others pass.
  public static func masked(
    _ transformation: GradientTransformation, _ mask: Selection
  ) -> GradientTransformation {
    partition(
      "masked(\(transformation.name))", [("others", .identity), ("masked", transformation)], mask)
  }

  static func partition(
    _ name: String, _ parts: [(label: String, transformation: GradientTransformation)],
    _ selection: Selection
  ) -> GradientTransformation {
    let update = { (updates: Tree, state: Tree, parameters: Tree?, step: StepObjective?) in
      let choice = try selection.tree(for: parameters ?? updates)
      var merged = try updates.selected(parts.count, of: parts.count, by: choice)
      var next: [(key: String, value: Tree)] = []
      for (number, part) in parts.enumerated() {
        func own(_ tree: Tree) throws -> Tree {
          try tree.selected(number, of: parts.count, by: choice)
        }
        let before = try state.entry(part.label, of: name)
        let result =
          if let step, part.transformation.guidedUpdate != nil {
            try part.transformation.update(own(updates), before, step.restricted(own))
          } else {
            try part.transformation.update(own(updates), before, parameters.map(own))
          }
        merged = merged.filled(from: result.updates)
        next.append((part.label, result.state))
      }
      return (updates: merged, state: Tree.record(next))
    }
    var guided: GuidedUpdate?
    if parts.contains(where: { $0.transformation.guidedUpdate != nil }) {
      guided = { updates, state, step in
        let result = try update(try updates ?? step.gradient(), state, step.parameters, step)
        return (result.updates, result.state, step)
      }
    }
    return GradientTransformation(
      name,
      initialize: { parameters in
        let choice = try selection.tree(for: parameters)
        return .record(
          try parts.enumerated().map { number, part in
            let own = try parameters.selected(number, of: parts.count, by: choice)
            return (part.label, try part.transformation.initialize(own))
          })
      },
      update: { try update($0, $1, $2, nil) }, guidedUpdate: guided, isElementwise: false)
  }
}

extension StepObjective {
  /// The step as a transformation of some parameters alone sees it; the others stay where they are.
  ///
  /// - Parameter own: takes all but those out of a tree of the parameters' structure.
  fileprivate func restricted(_ own: @escaping (Tree) throws -> Tree) throws -> StepObjective {
    let (all, objective) = (parameters, objective)
    func completed(_ some: Tree) -> Tree { some.filled(from: all) }
    return try StepObjective(
      self,
      Objective(
        value: { try objective.value(completed($0)) },
        valueAndGradient: { some in
          let found = try objective.valueAndGradient(completed(some))
          return (found.value, try own(found.gradient))
        },
        hessianProduct: objective.hessianProduct.map { product in
          { some, direction in
            try own(product(completed(some), direction.filled(from: all.zerosLike())))
          }
        }), at: own(all))
  }
}

extension Tree {
  /// This tree without the leaves that a selection does not give a number.
  ///
  /// - Throws: a shape error that names the path, where the selection is none of this tree, and a
  ///   value error for a number that is not below `count`.
  fileprivate func selected(
    _ number: Int, of count: Int, by selection: Tree, path: Path = .top
  ) throws -> Tree {
    switch (self, selection) {
    case (.none, _): return .none
    case (_, .leaf(let choice)):
      guard choice.count == 1, let value = choice.concrete?.firstInt, (0..<count).contains(value)
      else {
        throw TensorError(
          .value,
          "the selection\(path.phrase) is \(choice.typeDescription), not one bool or label of its own"
        )
      }
      return value == number ? self : .none
    case (.list(let trees), .list(let choices)) where trees.count == choices.count:
      return .list(
        try trees.indices.map {
          try trees[$0].selected(number, of: count, by: choices[$0], path: path[$0])
        })
    case (.record(let pairs), .record):
      return .record(
        try pairs.map { key, tree in
          let inner = path[key]
          guard let choice = selection[key] else {
            throw TensorError(
              .shape, "the selection says nothing about \(inner)",
              hint: "a mask or a tree of labels has the structure of the parameters")
          }
          return (key, try tree.selected(number, of: count, by: choice, path: inner))
        })
    default:
      throw TensorError(
        .shape, "the selection does not have the structure of the parameters\(path.phrase)",
        hint: "a mask or a tree of labels has an entry for each parameter, or for a whole subtree")
    }
  }

  /// This tree with the leaves of another in place of nothing.
  fileprivate func filled(from other: Tree) -> Tree {
    switch (self, other) {
    case (.none, _): other
    case (.list(let trees), .list(let others)) where trees.count == others.count:
      .list(Swift.zip(trees, others).map { $0.filled(from: $1) })
    case (.record(let pairs), .record(let others)) where pairs.count == others.count:
      .record(Swift.zip(pairs, others).map { ($0.key, $0.value.filled(from: $1.value)) })
    default: self
    }
  }
}
