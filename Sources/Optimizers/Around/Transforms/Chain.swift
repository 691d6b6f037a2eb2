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
    func states(_ state: Tree) throws -> [Tree] {
      guard case .list(let states) = state, states.count == transformations.count else {
        throw TensorError(
          .value, "the state of \(name) must be a list of \(transformations.count)",
          hint: "a state comes from the init of the same transform")
      }
      return states
    }
    return GradientTransformation(
      name,
      initialize: { parameters in .list(try transformations.map { try $0.initialize(parameters) })
      },
      update: { updates, state, parameters in
        var updates = updates
        var next: [Tree] = []
        let states = try states(state)
        for index in transformations.indices {
          let result = try transformations[index].update(updates, states[index], parameters)
          updates = result.updates
          next.append(result.state)
        }
        return (updates, .list(next))
      },
      guidedUpdate: guidedUpdate(of: transformations, states),
      stepInPlace: stepInPlace(of: transformations, states),
      usesParameters: transformations.contains(where: \.usesParameters),
      isElementwise: transformations.allSatisfy(\.isElementwise), members: transformations)
  }

  /// What members that ask for the loss and members that do not make of updates; nil where none
  /// asks.
  private static func guidedUpdate(
    of transformations: [GradientTransformation], _ states: @escaping (Tree) throws -> [Tree]
  ) -> GuidedUpdate? {
    guard transformations.contains(where: { $0.guidedUpdate != nil }) else { return nil }
    return { updates, state, step in
      var (updates, step) = (updates, step)
      var next: [Tree] = []
      for (transformation, state) in Swift.zip(transformations, try states(state)) {
        let result = try transformation.guided(updates, state, step)
        (updates, step) = (result.updates, result.step)
        next.append(result.state)
      }
      return (updates, .list(next), step)
    }
  }

  /// The step of a first member that makes it in place, where all others are elementwise.
  private static func stepInPlace(
    of transformations: [GradientTransformation], _ states: @escaping (Tree) throws -> [Tree]
  ) -> StepInPlace? {
    let others = Array(transformations.dropFirst())
    guard let first = transformations.first?.stepInPlace,
      others.allSatisfy(\.isElementwise)
    else { return nil }
    return { parameters, state, loss, after in
      let states = try states(state)
      let result = try first(parameters, states[0], loss, .chain(others + [after]))
      return (result.value, .list([result.state] + states.dropFirst()))
    }
  }
}
