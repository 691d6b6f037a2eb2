// Gradient approximators: gradients of a loss from its values, for one function or in front of a
// chain of transformations.
//
// In a chain an approximator replaces the gradient of the step's objective: whatever comes later, a
// line search or a Newton step by differences of gradients, sees the approximation. Nothing is
// evaluated until one of them asks. The loss itself stays what it is. Where only the gradient at the
// parameters, or the updates alone, are to be replaced, the `target` says so.
//
// Random directions belong to a step: a key stands for them, and every gradient of the step draws
// the same ones again from it, unless each is to have its own. Those of a program's distribution
// are kept for the step.

import Autodiff
import Optimizers
import Tensors

/// What one approximation may use besides the loss and the point.
public struct ApproximationDraw: @unchecked Sendable {
  /// The key of this approximation's directions.
  public let key: RandomKey
  /// Directions that were made ahead, as rows of each leaf; nil to draw them by the key.
  public let directions: [Variable]?
  /// The number of steps before this one.
  public let count: Int
  /// The loss at the parameters, where it is known.
  public let loss: Variable?
  /// What was made ahead for all approximations of the step.
  public let prepared: Any?
  /// What a program's distribution has given for this key.
  let drawn = DrawnDirections()
}

/// What of a step an approximator replaces.
public enum ApproximationTarget: String, Sendable, CaseIterable {
  /// The gradient wherever a later transformation asks for it; nothing is evaluated before.
  case closure
  /// The gradient at the parameters, evaluated at once; elsewhere it stays exact.
  case grad
  /// The updates, evaluated at once; later transformations see the exact gradient.
  case update
}

/// A rule that makes gradients of values.
public struct GradientApproximator: @unchecked Sendable {
  /// `(loss, parameters, draw) → the gradient, and the loss at the parameters where it is known`.
  public typealias Approximate = (
    _ loss: @escaping Objective.Value, _ parameters: Tree, _ draw: ApproximationDraw
  ) throws -> (gradient: Tree, value: Variable?)
  /// `(directions of the step before, parameters, key) → those of this step`.
  typealias Advance = ([Variable]?, [Variable], RandomKey) throws -> [Variable]

  /// The name in the language, for summaries and messages.
  public let name: String
  let approximate: Approximate
  /// How directions follow from those of the step before; nil where nothing is remembered.
  let advance: Advance?
  /// Where the directions of the n-th step come from; nil for the program's stream.
  let seed: RandomKey?
  /// Whether all gradients of a step have the same directions.
  let isFixedInStep: Bool
  /// Makes whole steps where the parameters lie.
  let inPlace: InPlaceDifferences?
  /// Makes something ahead for all approximations of a step.
  let prepare: Prepare?
  /// What of a step is replaced.
  public var target = ApproximationTarget.closure

  init(
    _ name: String, seed: RandomKey? = nil, isFixedInStep: Bool = true, advance: Advance? = nil,
    inPlace: InPlaceDifferences? = nil, prepare: Prepare? = nil,
    approximate: @escaping Approximate
  ) {
    self.name = name
    self.prepare = prepare
    self.seed = seed
    self.isFixedInStep = isFixedInStep
    self.advance = advance
    self.inPlace = inPlace
    self.approximate = approximate
  }

  /// Makes something for all approximations of one step.
  public typealias Prepare = (_ loss: @escaping Objective.Value, _ parameters: Tree) throws -> Any?

  /// An approximator by its rule, which leaves the parameters as they are.
  ///
  /// - Parameter prepare: what it makes, once a step, is the draw's `prepared`.
  public init(_ name: String, prepare: Prepare? = nil, approximate: @escaping Approximate) {
    self.init(name, seed: nil, prepare: prepare, approximate: approximate)
  }
}

// MARK: - Steps

/// What an approximator remembers from one step to the next.
public struct ApproximatorState: @unchecked Sendable {
  var count = 0
  var directions: [Variable]?

  /// Nothing.
  public init() {}

  init(_ tree: Tree, of name: String) throws {
    guard case .leaf(let counted)? = tree["count"], let count = counted.commonInteger, count >= 0
    else {
      throw TensorError(
        .value, "the state has no count, so it is not one of \(name)",
        hint: "a state comes from the init of the same transform")
    }
    self.count = count
    if case .list(let trees)? = tree["directions"] { directions = trees.flatMap(\.leaves) }
  }

  var tree: Tree {
    .record([
      ("count", .count(count)),
      ("directions", directions.map { .list($0.map(Tree.leaf)) } ?? .none),
    ])
  }
}

extension GradientApproximator {
  /// The draw of a step, and what is remembered after it.
  func draw(
    _ state: ApproximatorState, _ leaves: [Variable], loss: Variable? = nil, prepared: Any? = nil
  ) throws -> (draw: ApproximationDraw, state: ApproximatorState) {
    let key = try seed?.folded(UInt64(state.count)) ?? Context.current.random.branch()
    var next = state
    if next.count < Int.max { next.count += 1 }
    next.directions = try advance?(state.directions, leaves, key)
    let draw = ApproximationDraw(
      key: key, directions: next.directions, count: state.count, loss: loss, prepared: prepared)
    return (draw, next)
  }

  /// The gradient of a function at a point, as one step of its own.
  public func gradient(
    of loss: @escaping Objective.Value, at parameters: Tree, _ state: inout ApproximatorState
  ) throws -> Tree {
    let (draw, next) = try draw(
      state, parameters.leaves, prepared: prepare?(loss, parameters))
    let found = try approximate(loss, parameters, draw).gradient
    state = next
    return found
  }

  /// The transformation that makes this the gradient of all transformations after it, or what else the
  /// target says.
  public var transformation: GradientTransformation {
    GradientTransformation(
      guided: name, stepInPlace: target == .closure ? stepInPlace : nil,
      initialize: { _ in ApproximatorState().tree },
      update: { _, state, step in
        let before = try ApproximatorState(state, of: name)
        let isAtOnce = target != .closure
        let (draw, next) = try draw(
          before, step.parameters.leaves, loss: isAtOnce ? step.knownValue : nil,
          prepared: prepare?(step.objective.value, step.parameters))
        guard isAtOnce else {
          return (nil, next.tree, StepObjective(step) { approximated($0, draw) })
        }
        let found = try approximate(step.objective.value, step.parameters, draw)
        if let value = found.value { step.noteValue(value) }
        return target == .update
          ? (found.gradient, next.tree, step)
          : (nil, next.tree, StepObjective(step, gradient: found.gradient))
      })
  }

  private var stepInPlace: GradientTransformation.StepInPlace? {
    inPlace.map { inPlace in
      { parameters, state, loss, after in
        let before = try ApproximatorState(state, of: name)
        let (draw, next) = try draw(before, parameters.map(\.value))
        let value = try inPlace.step(parameters, draw, loss, after)
        return (value, next.tree)
      }
    }
  }

  private func approximated(_ objective: Objective, _ draw: ApproximationDraw) -> Objective {
    var calls: UInt64 = 0
    return Objective(
      value: objective.value,
      valueAndGradient: { parameters in
        var own = draw
        if !isFixedInStep {
          own = ApproximationDraw(
            key: try draw.key.branch(calls), directions: nil, count: draw.count, loss: nil,
            prepared: draw.prepared)
          calls += 1
        }
        let found = try approximate(objective.value, parameters, own)
        return (try found.value ?? objective.value(parameters), found.gradient)
      })
  }
}
