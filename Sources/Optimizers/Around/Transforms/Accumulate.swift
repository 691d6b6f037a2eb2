// One step for several gradients.

import Autodiff
import Tensors

extension GradientTransformation {
  /// Gathers `every` gradients, then gives their mean to a transformation; updates of 0 in between.
  ///
  /// A leaf that had a gradient in some of them has the sum of those over `every`.
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
          ("inner", try transformation.initialize(parameters)), ("sum", .none),
          ("count", .count(0)),
        ])
      },
      update: { step, updates, state, parameters in
        let inner = try state.entry("inner", of: name)
        let count = following(try state.count(of: name))
        let sum = try state.entry("sum", of: name).adding(updates)
        guard count >= every else {
          return (
            try updates.zerosLike(),
            .record([("inner", inner), ("sum", sum), ("count", .count(count))])
          )
        }
        let mean = try sum.map { try $0 / Double(every) }
        let result = try step(mean, inner, parameters)
        return (
          result.updates,
          .record([("inner", result.state), ("sum", .none), ("count", .count(0))])
        )
      })
  }
}

extension Tree {
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
