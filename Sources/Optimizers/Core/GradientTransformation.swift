// A gradient transformation: two pure functions over trees.
//
//     initialize  parameters → state
//     update      (updates, state, parameters) → (updates, state)
//
// Everything a transformation remembers is in its state, the step count and "first step" flags
// included, so that resuming, reusing one for another model and jumping back are exact. Updates
// are written with differentiable operations; what is done to the parameters is
// `parameters + updates`, so the sign is turned inside.
//
// A transformation that needs more than the gradient (a line search, an estimate of the gradient)
// is made with an update that may ask for the loss; see `Objective`. `chain` passes the loss along.
//
// A parameter without a gradient is `none` in the updates, and stays as it is, its state too.
// Interface and formulas follow Optax (github.com/google-deepmind/optax) and TorchOpt 0.7.3.

import Autodiff
import Tensors

/// Two pure functions that turn gradients into updates.
public struct GradientTransformation: @unchecked Sendable {
  /// Makes the state for parameters.
  public typealias Initialize = (_ parameters: Tree) throws -> Tree
  /// Turns updates into updates, with the next state.
  public typealias Update = (_ updates: Tree, _ state: Tree, _ parameters: Tree?) throws -> (
    updates: Tree, state: Tree
  )

  /// The name in the language, for summaries and messages.
  public let name: String
  /// Makes the state for parameters.
  public let initialize: Initialize
  /// Turns updates into updates, with the next state.
  public let update: Update
  /// Turns updates into updates where the loss is at hand; nil where `update` is all there is.
  let guidedUpdate: GuidedUpdate?
  /// Makes a whole step where the parameters lie; nil for all but estimates from seeds.
  let stepInPlace: StepInPlace?
  /// False where an update does not look at the parameters, which then need not be gathered for it.
  let usesParameters: Bool
  /// True where the update of an element depends on its gradient and parameter alone, and nothing
  /// is remembered: such updates may be made of one part of a leaf after the other.
  let isElementwise: Bool
  /// Those of a chain, in order.
  let members: [GradientTransformation]
  /// The entries of the state, where it is a record of them for every kind of parameters.
  let stateNames: [String]?

  /// A transformation with a state.
  ///
  /// A name of more than 200 characters is cut: transformations around transformations carry the
  /// names of all within.
  public init(_ name: String, initialize: @escaping Initialize, update: @escaping Update) {
    self.init(name, initialize: initialize, update: update, isElementwise: false)
  }

  init(
    _ name: String, initialize: @escaping Initialize, update: @escaping Update,
    guidedUpdate: GuidedUpdate? = nil, stepInPlace: StepInPlace? = nil,
    usesParameters: Bool = true, isElementwise: Bool, members: [GradientTransformation] = [],
    stateNames: [String]? = nil
  ) {
    self.name = name.utf8.count <= 200 ? name : name.prefix(199) + "…"
    self.initialize = initialize
    self.update = update
    self.guidedUpdate = guidedUpdate
    self.stepInPlace = stepInPlace
    self.usesParameters = usesParameters
    self.isElementwise = isElementwise
    self.members = members
    self.stateNames = stateNames
  }

  /// A transformation without a state.
  public init(
    stateless name: String,
    _ update: @escaping (_ updates: Tree, _ parameters: Tree?) throws -> Tree
  ) {
    self.init(
      name, initialize: { _ in .list([]) },
      update: { updates, state, parameters in (try update(updates, parameters), state) })
  }

  /// The transformation that changes nothing.
  public static let identity = GradientTransformation(stateless: "identity") { updates, _ in updates
  }
}

extension Tree {
  /// The entry of a state, or an error that says the state belongs to something else.
  func entry(_ key: String, of name: String) throws -> Tree {
    guard let entry = self[key] else {
      throw TensorError(
        .value, "the state has no \(key), so it is not one of \(name)",
        hint: "a state comes from the init of the same transform")
    }
    return entry
  }

  /// The step count in a state that has one for all leaves.
  func count(_ key: String = "count", of name: String) throws -> Int {
    guard case .leaf(let variable) = try entry(key, of: name),
      let count = variable.commonInteger, count >= 0
    else {
      throw TensorError(.value, "the \(key) in the state of \(name) is not one step count")
    }
    return count
  }

  /// A step count as a state keeps it.
  package static func count(_ count: Int) -> Tree { .leaf(.tensor(Tensor(count))) }
}

/// The step count after another; it stays at the greatest there is.
func following(_ count: Int) -> Int { count < Int.max ? count + 1 : count }

/// The parameters after a step: each plus its update.
///
/// - Throws: a shape error that names the path, where the structures differ.
public func applyUpdates(_ parameters: Tree, _ updates: Tree) throws -> Tree {
  try parameters.zip(updates, missing: { $0 }) { try $0.updated(by: $1) }
}

extension Variable {
  /// A parameter plus its update, in the parameter's dtype where that is one of floats.
  ///
  /// - Throws: a shape error for an update that would stretch the parameter.
  func updated(by update: Variable) throws -> Variable {
    let result = try self + update
    guard result.shape == shape else {
      throw TensorError(
        .shape,
        "an update of \(update.typeDescription) does not fit a parameter of \(typeDescription)",
        hint: "does the state belong to a parameter of another shape?")
    }
    return dtype.isFloat ? try result.converted(to: dtype) : result
  }
}
