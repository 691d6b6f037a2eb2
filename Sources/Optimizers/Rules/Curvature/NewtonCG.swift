// Newton's method with the linear system solved by conjugate gradients.

import Autodiff
import Solvers
import Tensors

/// How a Newton step finds products with the Hessian.
public enum HessianProductMethod: String, Sendable, CaseIterable {
  /// Automatic differentiation, exact.
  case autodiff
  /// ‖v‖ (∇f(x + h u) - ∇f(x)) / h with u = v / ‖v‖
  case forward
  /// ‖v‖ (∇f(x + h u) - ∇f(x - h u)) / 2h
  case central
}

/// How a Newton step goes.
public struct NewtonRule: Sendable {
  /// How products with the Hessian are made.
  public var product: HessianProductMethod
  /// The most products a step takes; nil for the number of unknowns.
  public var maximumProducts: Int?
  /// The residual's length that is small enough; see `conjugateGradientDirection`.
  public var tolerance: Double
  /// What is added to the Hessian's diagonal; gradients reach it.
  public var ridge: Scalar
  /// How far gradients are taken apart for their differences.
  public var h: Double

  /// A rule by its numbers.
  ///
  /// - Throws: a value error for numbers out of their ranges.
  public init(
    product: HessianProductMethod = .autodiff, maximumProducts: Int? = nil,
    tolerance: Double = 1e-8, ridge: Scalar = 1e-8, h: Double = 1e-3
  ) throws {
    try Hyperparameter.number(tolerance).require("tol", .nonNegative)
    guard h > 0, h.isFinite else {
      throw TensorError(.value, "h must be above 0 and finite, not \(h)")
    }
    if let maximumProducts, maximumProducts < 1 {
      throw TensorError(.value, "maxiter must be 1 or more, not \(maximumProducts)")
    }
    self.product = product
    self.maximumProducts = maximumProducts
    self.tolerance = tolerance
    self.ridge = try ridge.bounded(by: Bounds("reg", "0 or more", from: 0))
    self.h = h
  }
}

extension GradientTransformation {
  /// The direction -d with (H + ρ I) d = g, by at most n steps of conjugate gradients (Nocedal &
  /// Wright, algorithm 7.1), times a learning rate.
  ///
  /// Where the curvature along the first direction, g, is not positive, d is g scaled by what the
  /// curvature would give if it were. Conjugate gradients stop at a residual that is small enough, be it
  /// at once, so that a gradient of 0, or a Hessian for which one step is exact, gives no nan.
  public static func newtonCG(
    learningRate: Hyperparameter = 1.0, _ rule: NewtonRule
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    let newton = GradientTransformation(
      guided: "scale_by_newton_cg", initialize: { _ in .list([]) },
      update: { updates, state, step in
        let right = try (updates ?? step.gradient()).filled(like: step.parameters)
        let product = try rule.makeProduct(step)
        var isFirst = true
        do {
          let direction = try conjugateGradientDirection(
            right.leaves, tolerance: rule.tolerance,
            maximumSteps: rule.maximumProducts ?? right.leaves.reduce(0) { $0 + $1.count }
          ) { leaves in
            let v = right.with(leaves)
            let found = try product(v).zip(v) { try $0 + rule.ridge * $1 }
            if isFirst { try NegativeCurvature.check(v, found) }
            isFirst = false
            return found.leaves
          }
          return (right.with(direction), state, step)
        } catch let curvature as NegativeCurvature {
          return (
            try right.map { try $0 * curvature.step.converted(to: $0.dtype) }, state, step
          )
        }
      })
    return .chain([newton, try scaleByLearningRate(learningRate)], name: "newton_cg")
  }
}

/// A first direction along which the loss does not curve upwards.
private struct NegativeCurvature: Error {
  /// ⟨v, v⟩ / |⟨v, H v⟩|, or 1 where that is not finite.
  let step: Variable

  static func check(_ v: Tree, _ product: Tree) throws {
    let curvature = try v.dot(product)
    guard try curvature.plainNumber("newton_cg") <= 0 else { return }
    let step = try v.dot(v) / curvature.abs()
    let isUsable = try step.plainNumber("newton_cg").isFinite
    throw NegativeCurvature(step: isUsable ? step : Variable(1))
  }
}

extension NewtonRule {
  /// Products with the Hessian at a step's parameters.
  fileprivate func makeProduct(_ step: StepObjective) throws -> (Tree) throws -> Tree {
    let objective = step.objective
    func gradient(_ v: Tree, by length: Double) throws -> Tree {
      let point = try applyUpdates(step.parameters, v.map { try $0 * length })
      return try objective.valueAndGradient(point).gradient.filled(like: step.parameters)
    }
    switch product {
    case .autodiff:
      guard let product = objective.hessianProduct else {
        throw TensorError(
          .value,
          "newton_cg by automatic differentiation would pass by the approximated gradient",
          hint: "newton_cg(hvp=\"forward\") takes differences of gradients")
      }
      return { v in try product(step.parameters, v).filled(like: step.parameters) }
    case .forward, .central:
      let here =
        product == .forward ? try step.gradient().filled(like: step.parameters) : nil
      return { v in
        let length = try v.dot(v).plainNumber("newton_cg").squareRoot()
        guard length > 0 else { return try v.zerosLike() }
        let ahead = try gradient(v, by: h / length)
        let other = try here ?? gradient(v, by: -h / length)
        let distance = here == nil ? 2 * h : h
        return try ahead.minus(other).map { try $0 * (length / distance) }
      }
    }
  }
}
