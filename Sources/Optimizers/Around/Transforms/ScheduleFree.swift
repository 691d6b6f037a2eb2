// Schedule-free learning: an average of the iterates in place of a falling learning rate.

import Autodiff
import Tensors

extension GradientTransformation {
  /// Schedule-free learning (Defazio et al. 2024, arXiv:2405.15682) around a transformation.
  ///
  /// The parameters are y, where gradients are taken. With η the greatest learning rate so far:
  ///
  ///     z ← z + u                        w ← w + ηᵖ,  c = ηᵖ / w
  ///     x ← (1 - c) x + c z              y ← β x + (1 - β) z
  ///
  /// x, the average, is what the parameters are to be in the end: `scheduleFreeParameters`. A learning
  /// rate that is a schedule is taken from count 1 on for the weights, as `optax.contrib.schedule_free`
  /// does, whose arguments and defaults these are.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func scheduleFree(
    _ base: GradientTransformation, learningRate: Hyperparameter, beta: Hyperparameter = 0.9,
    power: Hyperparameter = 2.0
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    try beta.require("b1", .share)
    try power.require("weight_lr_power", .nonNegative)
    let name = "schedule_free"
    return GradientTransformation(
      name, around: base,
      initialize: { parameters in
        .record([
          ("inner", try base.initialize(parameters)), ("z", parameters),
          ("b1", .leaf(try beta.scalar(at: 0).variable)), ("weight_sum", .leaf(Variable(0.0))),
          ("max_lr", .leaf(Variable(0.0))), ("count", .count(0)),
        ])
      },
      update: { step, updates, state, parameters in
        guard let parameters else {
          throw TensorError(
            .value, "\(name) needs the parameters, and update was called without them",
            hint: "call update(grads, state, params)")
        }
        let count = try state.count(of: name)
        func kept(_ key: String) throws -> Variable {
          guard case .leaf(let variable) = try state.entry(key, of: name) else {
            throw TensorError(.value, "the \(key) in the state of \(name) is not a number")
          }
          return variable
        }
        let rate = try learningRate.scalar(at: following(count)).variable
        let greatest = try kept("max_lr").maximum(rate)
        let weight = try greatest.power(power.scalar(at: count).variable)
        let sum = try kept("weight_sum") + weight
        let zero = Variable.number(0, like: sum)
        let isEmpty = try sum.isEqual(to: zero)
        let c = try isEmpty.select(zero, weight / isEmpty.select(.number(1, like: sum), sum))
        let β = try beta.scalar(at: count)
        let made = try step(updates, state.entry("inner", of: name), parameters)
        let moved = try made.updates.scan([state.entry("z", of: name), parameters]) { u, others in
          let (z, y) = (others[0], others[1])
          let next = try z.updated(by: u)
          let x = try (y - (1 - β) * z) / β
          let c = try Scalar.variable(c).like(x)
          let average = try (1 - c) * x + c * next
          return [try β * average + (1 - β) * next - y, next, y]
        }
        return (
          moved[0],
          .record([
            ("inner", made.state), ("z", moved[1]), ("b1", .leaf(try β.variable)),
            ("weight_sum", .leaf(sum)), ("max_lr", .leaf(greatest)),
            ("count", .count(following(count))),
          ])
        )
      })
  }

  /// The average of schedule-free learning, x = (y - (1 - β) z) / β, from its state and parameters y.
  ///
  /// - Throws: a value error for another state.
  public static func scheduleFreeParameters(_ state: Tree, _ parameters: Tree) throws -> Tree {
    let name = "schedule_free"
    guard case .leaf(let β) = try state.entry("b1", of: name) else {
      throw TensorError(.value, "the b1 in the state of \(name) is not a number")
    }
    return try parameters.zip(state.entry("z", of: name), missing: { $0 }) { y, z in
      let β = try Scalar.variable(β).like(y)
      return try (y - (1 - β) * z) / β
    }
  }
}

extension Scalar {
  /// The number as a tensor of no axes.
  fileprivate var variable: Variable {
    get throws {
      switch self {
      case .number(let value): Variable(value)
      case .counted: try like(Variable(0.0))
      case .variable(let variable):
        variable.dtype.isFloat ? variable : try variable.converted(to: .f64)
      }
    }
  }
}

extension HyperparameterRange {
  /// Weights of averages that are divided by.
  fileprivate static let share = HyperparameterRange(words: "above 0 and at most 1") {
    $0 > 0 && $0 <= 1
  }
}
