// Functions on trees: any nesting of lists, records, models, parameters and tensors.

import Autodiff
import Language
import Syntax
import Tensors

/// What `tree_flatten` took the leaves out of.
final class TreeStructure: HostObject {
  override class var hostType: HostType { members }
  private static let members = HostType(
    TreeStructure.self, "Structure",
    "A tree without its leaves, as `tree_flatten` gives it and `tree_unflatten` takes it.")

  let tree: ValueTree

  init(_ tree: ValueTree) { self.tree = tree }

  override var summary: String { "<Structure of \(tree.leaves.count) leaves>" }
}

extension Builtins {
  static let trees = BuiltinPage(
    "Trees",
    objects: [TreeStructure.self],
    [
      Builtin(
        "tree_map(f, tree, *more)",
        """
        A tree of the same structure, each leaf replaced by what the function gives for it, and for
        the leaves at the same place in further trees.

        Models become records of their parameters; a snapshot gives a snapshot, which can be
        recovered from.

            let tree = {w: [1.0, 2.0], b: (3.0, 4)}
            print(tree_map(x => x * 2, tree))              # {w: [2.0, 4.0], b: (6.0, 8)}
            print(tree_map((x, y) => x - y, tree, tree))    # {w: [0.0, 0.0], b: (0.0, 0)}
        """
      ) { arguments in
        let isFirst = arguments[0].isCallable
        let function = try arguments.function(isFirst ? 0 : 1)
        let tree = try arguments.valueTree(isFirst ? 1 : 0)
        let more = try arguments.rest(2).map { try arguments.valueTree($0, like: tree) }
        let values = try tree.leaves.indices.map { place in
          try arguments.interpreter.call(
            function, [tree.leaves[place].value] + more.map { $0.leaves[place].value })
        }
        return tree.rebuilt(with: values)
      },
      Builtin(
        "tree_leaves(tree)",
        """
        The leaves of a tree, in order.

            print(tree_leaves({w: [1.0], b: (2.0, 3)}))    # ([1.0], 2.0, 3)
        """
      ) { arguments in .list(try arguments.valueTree(0).leaves.map(\.value)) },
      Builtin(
        "tree_flatten(tree)",
        """
        The leaves of a tree, and its structure for `tree_unflatten`.

            let (leaves, structure) = tree_flatten({w: 1.0, b: (2.0, 3.0)})
            print(tree_unflatten(structure, reversed(leaves)))    # {w: 3.0, b: (2.0, 1.0)}
        """
      ) { arguments in
        let tree = try arguments.valueTree(0)
        return .list([.list(tree.leaves.map(\.value)), .host(TreeStructure(tree))])
      },
      Builtin(
        "tree_unflatten(structure, leaves)",
        """
        A tree of a structure that `tree_flatten` gave, with other leaves.

            let (leaves, structure) = tree_flatten((1.0, {a: 2.0}))
            print(tree_unflatten(structure, ("x", "y")))    # ("x", {a: "y"})
        """
      ) { arguments in
        let structure = try arguments.host(0, as: TreeStructure.self, "a Structure")
        let leaves = try arguments.sequence(1)
        guard leaves.count == structure.tree.leaves.count else {
          throw RuntimeError(
            .value,
            "the structure has \(structure.tree.leaves.count) leaves, and \(leaves.count) were given"
          )
        }
        return structure.tree.rebuilt(with: leaves)
      },
      Builtin(
        "tree_zip(*trees)",
        """
        A tree whose leaves are lists of the leaves at the same place.

            print(tree_zip({a: 1, b: 2}, {a: 3, b: 4}))    # {a: (1, 3), b: (2, 4)}
        """
      ) { arguments in
        guard let first = arguments.rest(0).first else { return .list([]) }
        let tree = try ValueTree(first, for: arguments.callee.name)
        let trees = try arguments.rest(0).map { try arguments.valueTree($0, like: tree) }
        return tree.rebuilt(
          with: tree.leaves.indices.map { place in .list(trees.map { $0.leaves[place].value }) })
      },
      Builtin(
        "tree_reduce(f, tree, initial=nil)",
        """
        One value from all leaves: `f(f(initial, leaf0), leaf1)`; without `initial` it starts with
        the first leaf.

            print(tree_reduce((a, b) => a + b, {a: 1, b: (2, 3)}))    # 6
        """
      ) { arguments in
        var leaves = try arguments.valueTree(1).leaves.map(\.value)[...]
        let function = try arguments.function(0)
        guard var result = arguments.isGiven(2) ? arguments[2] : leaves.popFirst() else {
          throw RuntimeError(
            .value, "tree_reduce of no leaves is not defined", hint: "give an initial value")
        }
        for leaf in leaves { result = try arguments.interpreter.call(function, [result, leaf]) }
        return result
      },
      Builtin(
        "tree_add(a, b)",
        """
        The sums of the leaves at the same places.

            print(tree_add({w: [1.0, 2.0], b: 1}, {w: [3.0, 4.0], b: 2}))    # {w: [4.0, 6.0], b: 3}
        """
      ) { arguments in try arguments.combined(.add) },
      Builtin(
        "tree_sub(a, b)",
        """
        The differences of the leaves at the same places.

            print(tree_sub({w: [1.0, 2.0]}, {w: [3.0, 5.0]}))    # {w: [-2.0, -3.0]}
        """
      ) { arguments in try arguments.combined(.subtract) },
      Builtin(
        "tree_scale(tree, factor)",
        """
        Every leaf times a number.

            print(tree_scale({w: [1.0, 2.0], b: 3.0}, 2.0))    # {w: [2.0, 4.0], b: 6.0}
        """
      ) { arguments in
        let tree = try arguments.valueTree(0)
        return tree.rebuilt(
          with: try tree.leaves.map {
            try Value.binary(.multiply, $0.value, arguments[1])
          })
      },
      Builtin(
        "tree_dot(a, b)",
        """
        The sum of the products of all elements at the same places.

            print(tree_dot({w: [1.0, 2.0], b: 3.0}, {w: [3.0, 4.0], b: 1.0}))    # 14.0
        """
      ) { arguments in
        let a = try arguments.valueTree(0)
        let b = try arguments.valueTree(arguments[1], like: a)
        return .tensor(
          try Arguments.total(try zip(a.leaves, b.leaves).map { try $0.variable * $1.variable }))
      },
      Builtin(
        "tree_norm(tree)",
        """
        The square root of the sum of the squares of all elements.

            print(tree_norm({w: [3.0], b: 4.0}))    # 5.0
        """
      ) { arguments in
        let leaves = try arguments.valueTree(0).leaves
        return .tensor(try Arguments.total(try leaves.map { try $0.variable.square() }).sqrt())
      },
      Builtin(
        "tree_zeros_like(tree)",
        """
        Zeros of the same structure, shapes and dtypes.

            print(tree_zeros_like({w: [1.0, 2.0], b: 3}))    # {w: [0.0, 0.0], b: 0}
        """
      ) { arguments in
        let tree = try arguments.valueTree(0)
        return tree.rebuilt(with: try tree.leaves.map { $0.restored(try $0.variable.zerosLike()) })
      },
      Builtin(
        "tree_ravel(tree)",
        """
        All elements as one vector, and the function that makes the tree of such a vector.

            let (vector, back) = tree_ravel({w: [[1.0, 2.0]], b: 3.0})
            print(vector)             # [1.0, 2.0, 3.0]
            print(back(vector * 2))    # {w: [[2.0, 4.0]], b: 6.0}
        """
      ) { arguments in try arguments.raveled() },
    ])
}

extension ValueTree {
  /// The paths by which trees are held beside one another: what a program calls the targets of a
  /// snapshot does not count.
  fileprivate func places() throws -> [Path] {
    guard case .snapshot(let snapshot, _) = structure, snapshot.names != nil else {
      return leaves.map(\.path)
    }
    return try ValueTree(.host(snapshot.unnamed)).leaves.map(\.path)
  }
}

extension Arguments {
  /// The tree of a parameter.
  fileprivate func valueTree(_ index: Int) throws -> ValueTree {
    try ValueTree(self[index], for: callee.name)
  }

  /// A tree with the structure of another.
  ///
  /// - Throws: a value error that names the first path where they differ.
  fileprivate func valueTree(_ value: Value, like other: ValueTree) throws -> ValueTree {
    let tree = try ValueTree(value, for: callee.name)
    for (mine, theirs) in try zip(tree.places(), other.places()) where mine != theirs {
      throw RuntimeError(
        .value,
        "the trees differ: one has a leaf at \(theirs.ownName), the other at \(mine.ownName)",
        hint: "both must have the same keys, in one order, with leaves of the same kind")
    }
    guard tree.leaves.count == other.leaves.count else {
      throw RuntimeError(
        .value,
        "the trees differ: one has \(other.leaves.count) leaves, the other \(tree.leaves.count)",
        hint: "both must have the same keys and lists of one length")
    }
    return tree
  }

  fileprivate func combined(_ operation: BinaryOperator) throws -> Value {
    let a = try valueTree(0)
    let b = try valueTree(self[1], like: a)
    return a.rebuilt(
      with: try zip(a.leaves, b.leaves).map { x, y in
        try Value.binary(operation, x.value, y.value)
      })
  }

  /// The sum of all elements of all tensors.
  fileprivate static func total(_ variables: [Variable]) throws -> Variable {
    var result: Variable?
    for variable in variables {
      let sum = try variable.sum()
      result = try result.map { try $0 + sum } ?? sum
    }
    return result ?? Variable(0, dtype: Context.current.defaultFloat)
  }

  fileprivate func raveled() throws -> Value {
    let tree = try valueTree(0)
    let raveling = Raveling(like: tree.variables)
    let back = BuiltinFunction("back(vector)") { arguments in
      tree.rebuilt(
        with: try zip(tree.leaves, raveling.parts(arguments.variable(0))).map { leaf, part in
          leaf.restored(part)
        })
    }
    return .list([.tensor(try raveling.vector(tree.variables)), .builtin(back)])
  }
}

extension Path {
  /// The path, or words for the top.
  fileprivate var ownName: String { isTop ? "the top" : shortened }
}
