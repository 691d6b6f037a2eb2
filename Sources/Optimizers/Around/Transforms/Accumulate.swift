// One step for several gradients.

import Autodiff
import Tensors

extension GradientTransformation {
  /// Gathers `every` gradients, then gives their mean to a transformation; updates of 0 in between.
  ///
  /// A leaf that had a gradient in some of them has the sum of those over `every`, and one that had none has no
  /// update. So that the state is alike from the start, sums begin at 0 and the gradients of each leaf are counted.
  /// - Throws: a value error for `every` below 1.
  public static func accumulate(
    _ transformation: GradientTransformation, every: Int
  ) throws -> GradientTransformation {
    guard every > 0 else {
      throw TensorError(.value, "accumulate needs `every` to be 1 or more, not \(every)")
    }
    let name = "accumulate(\(transformation.name), \(every))"
    return GradientTransformation(
      name, around: transformation,
      initialize: { parameters in
        .record([
          ("inner", try transformation.initialize(parameters)),
          ("sum", try parameters.zerosLike()), ("given", parameters.counts(0)),
          ("count", .count(0)),
        ])
      },
      update: { step, updates, state, parameters in
        let inner = try state.entry("inner", of: name)
        let count = following(try state.count(of: name))
        let before = try state.entry("sum", of: name)
        let sum = try before.adding(updates)
        // In states of earlier versions there is a sum where there was a gradient.
        let given = try (state["given"] ?? before.counts(1)).adding(updates.counts(1))
        guard count >= every else {
          return (
            try updates.zerosLike(),
            .record([("inner", inner), ("sum", sum), ("given", given), ("count", .count(count))])
          )
        }
        let mean = try sum.map { try $0 / Double(every) }
        let result = try step(mean.whereAbove0(given, of: name), inner, parameters)
        return (
          result.updates,
          .record([
            ("inner", result.state), ("sum", try sum.zerosLike()), ("given", given.counts(0)),
            ("count", .count(0)),
          ])
        )
      })
  }
}

extension Tree {
  /// A count in the place of each leaf.
  fileprivate func counts(_ count: Int) -> Tree { map { _ in .tensor(Tensor(count)) } }

  /// The tree with nothing where a count is 0.
  fileprivate func whereAbove0(_ counts: Tree, of name: String) throws -> Tree {
    switch (self, counts) {
    case (.leaf, .leaf(let count)):
      guard let count = count.commonInteger else {
        throw TensorError(.value, "a count in the state of \(name) is not one of gradients")
      }
      return count == 0 ? .none : self
    case (.list(let trees), .list(let others)):
      return .list(try Swift.zip(trees, others).map { try $0.whereAbove0($1, of: name) })
    case (.record(let pairs), .record(let others)):
      return .record(
        try Swift.zip(pairs, others).map { pair, other in
          (pair.key, try pair.value.whereAbove0(other.value, of: name))
        })
    default: return self
    }
  }

  /// The sum of two trees; where one has nothing, the other.
  fileprivate func adding(_ other: Tree) throws -> Tree {
    switch (self, other) {
    case (.none, _): other
    case (.list(let trees), .list(let others)) where trees.count == others.count:
      .list(try Swift.zip(trees, others).map { try $0.adding($1) })
    case (.record(let pairs), .record(let others)) where pairs.map(\.key) == others.map(\.key):
      .record(
        try Swift.zip(pairs, others).map { pair, other in
          (pair.key, try pair.value.adding(other.value))
        })
    default: try zip(other, missing: { $0 }) { try $0 + $1 }
    }
  }
}
