// Updates that get smaller where the loss no longer falls.

import Autodiff
import Tensors

/// When a loss counts as no longer falling.
public struct PlateauRule: Sendable {
  /// What the scale is multiplied by.
  public var factor: Hyperparameter
  /// The number of values without improvement after which it is.
  public var patience: Int
  /// The share of the best value by which another must be below it.
  public var relative: Double
  /// How much it must be below it besides.
  public var absolute: Double
  /// The number of values after a reduction that do not count.
  public var cooldown: Int
  /// How many losses are averaged for one value.
  public var accumulation: Int
  /// The least scale.
  public var least: Hyperparameter

  /// A rule by its numbers, which are those of `optax.contrib.reduce_on_plateau`.
  ///
  /// - Throws: a value error for numbers out of their ranges.
  public init(
    factor: Hyperparameter = 0.1, patience: Int = 10, relative: Double = 1e-4,
    absolute: Double = 0, cooldown: Int = 0, accumulation: Int = 1, least: Hyperparameter = 0.0
  ) throws {
    try factor.require(
      "factor", HyperparameterRange(words: "above 0 and below 1") { $0 > 0 && $0 < 1 })
    try least.require("min_scale", .nonNegative)
    try Hyperparameter.number(relative).require("rtol", .fraction)
    try Hyperparameter.number(absolute).require("atol", .nonNegative)
    guard relative > 0 || absolute > 0 else {
      throw TensorError(.value, "rtol or atol must be above 0, and both are 0")
    }
    for (name, value, lowest) in [
      ("patience", patience, 1), ("cooldown", cooldown, 0), ("accumulation_size", accumulation, 1),
    ] where value < lowest {
      throw TensorError(.value, "\(name) must be \(lowest) or more, not \(value)")
    }
    self.factor = factor
    self.patience = patience
    self.relative = relative
    self.absolute = absolute
    self.cooldown = cooldown
    self.accumulation = accumulation
    self.least = least
  }
}

extension GradientTransformation {
  /// u = s g, where the scale s is 1 at first and is multiplied by a factor, whenever the loss has not
  /// improved for a while.
  ///
  /// The loss v improves where v < (1 - r) best - a. Only its value decides, so gradients pass through the
  /// scale and the updates, and not through the decision.
  public static func reduceOnPlateau(_ rule: PlateauRule) -> GradientTransformation {
    GradientTransformation(
      guided: Plateau.name, initialize: { _ in Plateau().tree },
      update: { updates, state, step in
        var plateau = try Plateau(state)
        try plateau.see(step.value().plainNumber(Plateau.name), rule)
        let scale = Scalar.variable(plateau.scale)
        let scaled = try (updates ?? step.gradient()).map { try scale * $0 }
        return (scaled, plateau.tree, step)
      })
  }
}

/// What `reduceOnPlateau` remembers.
private struct Plateau {
  static let name = "reduce_on_plateau"
  var scale = Variable(1.0)
  private var best = Double.infinity
  private var count = 0
  private var cooling = 0
  private var seen = 0
  private var average = 0.0

  init() {}

  init(_ tree: Tree) throws {
    func number(_ key: String) throws -> Variable {
      guard case .leaf(let variable) = try tree.entry(key, of: Plateau.name), variable.count == 1
      else {
        throw TensorError(.value, "the \(key) in the state of \(Plateau.name) is not a number")
      }
      return variable
    }
    scale = try number("scale")
    best = try number("best_value").plainNumber(Plateau.name)
    average = try number("avg_value").plainNumber(Plateau.name)
    count = try tree.count("plateau_count", of: Plateau.name)
    cooling = try tree.count("cooldown_count", of: Plateau.name)
    seen = try tree.count("count", of: Plateau.name)
  }

  var tree: Tree {
    .record([
      ("scale", .leaf(scale)), ("best_value", .leaf(Variable(best))),
      ("plateau_count", .count(count)), ("cooldown_count", .count(cooling)),
      ("count", .count(seen)), ("avg_value", .leaf(Variable(average))),
    ])
  }

  mutating func see(_ loss: Double, _ rule: PlateauRule) throws {
    average = (Double(seen) * average + loss) / Double(following(seen))
    seen = following(seen)
    guard seen >= rule.accumulation else { return }
    let improves = average < (1 - rule.relative) * best - rule.absolute
    if improves { best = average }
    let stalled = improves ? 0 : following(count)
    (seen, average) = (0, 0)
    guard cooling == 0 else {
      (count, cooling) = (0, cooling - 1)
      return
    }
    guard stalled >= rule.patience else {
      count = stalled
      return
    }
    let least = try rule.least.scalar(at: 0).like(scale)
    scale = try (rule.factor.scalar(at: 0) * scale).maximum(least)
    (count, cooling) = (0, rule.cooldown)
  }
}
