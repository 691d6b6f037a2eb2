// Transformations around one other: what is common to those that decide when and with what it is asked.

import Autodiff
import Tensors

extension GradientTransformation {
  /// Asks the transformation within for updates of some updates.
  typealias Inner = (_ updates: Tree, _ state: Tree, _ parameters: Tree?) throws -> (
    updates: Tree, state: Tree
  )

  /// A transformation around one that may ask for the loss, and gets it where the step has it.
  init(
    _ name: String, around inner: GradientTransformation, initialize: @escaping Initialize,
    update:
      @escaping (
        _ inner: Inner, _ updates: Tree, _ state: Tree, _ parameters: Tree?
      ) throws -> (updates: Tree, state: Tree)
  ) {
    var guided: GuidedUpdate?
    if inner.guidedUpdate != nil {
      guided = { updates, state, step in
        let result = try update(
          { updates, state, _ in try inner.update(updates, state, step) },
          try updates ?? step.gradient(), state,
          step.parameters)
        return (result.updates, result.state, step)
      }
    }
    self.init(
      name, initialize: initialize,
      update: { updates, state, parameters in
        try update({ try inner.update($0, $1, $2) }, updates, state, parameters)
      }, guidedUpdate: guided, isElementwise: false)
  }
}
