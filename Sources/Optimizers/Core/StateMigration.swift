// States of a transformation that takes another's place, as when a learning rate is set between steps.
//
// Whatever the two have in common goes on: moments, counts. A stage that is new, such as a momentum that
// was 0, begins as at a first step.

import Autodiff
import Tensors

extension GradientTransformation {
  /// The state to go on with from one of another transformation.
  func continued(_ state: Tree, of other: GradientTransformation, _ parameters: Tree) throws -> Tree
  {
    hasStates(of: other) ? state : try migrated(state, of: other, parameters)
  }

  /// True where states of the two surely have the same entries.
  private func hasStates(of other: GradientTransformation) -> Bool {
    guard name == other.name, members.count == other.members.count else { return false }
    guard members.isEmpty else {
      return zip(members, other.members).allSatisfy { $0.hasStates(of: $1) }
    }
    return stateNames != nil && stateNames == other.stateNames
  }

  private func migrated(
    _ state: Tree, of other: GradientTransformation, _ parameters: Tree
  ) throws -> Tree {
    guard !members.isEmpty, case .list(let states) = state, states.count == other.members.count
    else { return try initialize(parameters).continuing(state) }
    var rest = Array(zip(other.members, states))
    return .list(
      try members.map { member in
        guard let place = rest.firstIndex(where: { $0.0.name == member.name }) else {
          return try member.initialize(parameters)
        }
        let (before, state) = rest.remove(at: place)
        return try member.continued(state, of: before, parameters)
      })
  }
}

extension Tree {
  /// This state at its beginning with what an earlier one has at the same places.
  fileprivate func continuing(_ before: Tree) -> Tree {
    switch (self, before) {
    case (.leaf(let a), .leaf(let b)) where a.shape == b.shape: return before
    case (.list(let trees), .list(let others)) where trees.count == others.count:
      return .list(Swift.zip(trees, others).map { $0.continuing($1) })
    case (.record(let pairs), .record):
      return .record(pairs.map { key, tree in (key, before[key].map(tree.continuing) ?? tree) })
    // A history that has begun.
    case (.list(let trees), .list) where trees.isEmpty: return before
    case (.none, _): return before
    default: return self
    }
  }
}
