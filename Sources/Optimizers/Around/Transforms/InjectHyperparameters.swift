// Hyperparameters in the state, where a program reads and changes them.

import Autodiff
import Tensors

extension GradientTransformation {
  /// A transformation whose hyperparameters are part of its state.
  ///
  /// At each step it is made anew from what the state holds; schedules are evaluated and their
  /// values written there. A program that wants another learning rate puts it into the state.
  /// - Parameters:
  ///   - initial: the hyperparameters at the beginning, by name.
  ///   - schedules: those that are to be taken from a schedule at each step, by name.
  ///   - make: makes the transformation of hyperparameters by name.
  public static func injectHyperparameters(
    _ initial: [(key: String, value: Tree)], schedules: [(key: String, value: Schedule)],
    _ make: @escaping ([(key: String, value: Tree)]) throws -> GradientTransformation
  ) -> GradientTransformation {
    let name = "inject_hyperparams"
    let current = { (kept: [(key: String, value: Tree)], count: Int) in
      try kept.map { key, tree in
        guard let schedule = schedules.first(where: { $0.key == key }) else { return (key, tree) }
        let scalar = try schedule.value(count)
        return (key, Tree.leaf(try scalar.like(.number(0, like: Variable(0)))))
      }
    }
    let update = { (updates: Tree, state: Tree, parameters: Tree?, step: StepObjective?) in
      let count = try state.count(of: name)
      guard case .record(let kept) = try state.entry("hyperparams", of: name) else {
        throw TensorError(.value, "the hyperparams in the state of \(name) are not a record")
      }
      let values = try current(kept, count)
      let (made, inner) = (try make(values), try state.entry("inner", of: name))
      let result =
        if let step {
          try made.update(updates, inner, step)
        } else {
          try made.update(updates, inner, parameters)
        }
      let next = Tree.record([
        ("hyperparams", .record(values)), ("inner", result.state),
        ("count", .count(following(count))),
      ])
      return (updates: result.updates, state: next)
    }
    return GradientTransformation(
      name,
      initialize: { parameters in
        let values = try current(initial + schedules.map { ($0.key, .none) }, 0)
        return .record([
          ("hyperparams", .record(values)), ("inner", try make(values).initialize(parameters)),
          ("count", .count(0)),
        ])
      },
      update: { try update($0, $1, $2, nil) },
      guidedUpdate: { updates, state, step in
        let result = try update(try updates ?? step.gradient(), state, step.parameters, step)
        return (result.updates, result.state, step)
      }, isElementwise: false)
  }
}
