// Transformations one after the other.

import Autodiff
import Tensors

extension GradientTransformation {
  /// Passes updates through transformations from left to right; the state is a list of theirs.
  ///
  /// - Parameter name: what it is called; the names of the members where it is nil.
  public static func chain(
    _ transformations: [GradientTransformation], name: String? = nil
  ) -> GradientTransformation {
    if transformations.count == 1, name == nil { return transformations[0] }
    let name = name ?? "chain(\(transformations.map(\.name).joined(separator: ", ")))"
    return GradientTransformation(
      name,
      initialize: { parameters in .list(try transformations.map { try $0.initialize(parameters) })
      },
      update: { updates, state, parameters in
        guard case .list(let states) = state, states.count == transformations.count else {
          throw TensorError(
            .value, "the state of \(name) must be a list of \(transformations.count)",
            hint: "a state comes from the init of the same transform")
        }
        var updates = updates
        var next: [Tree] = []
        for (transformation, state) in Swift.zip(transformations, states) {
          let result = try transformation.update(updates, state, parameters)
          updates = result.updates
          next.append(result.state)
        }
        return (updates, .list(next))
      })
  }
}
