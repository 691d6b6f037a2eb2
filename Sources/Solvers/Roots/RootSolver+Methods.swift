// The searches by name.

import Autodiff
import Tensors

/// A way to a fixed point.
public enum FixedPointMethod: String, CaseIterable, Sendable {
  case anderson
  case plain
}

/// A way to a minimum.
public enum MinimizationMethod: String, CaseIterable, Sendable {
  case lbfgs
  case newtonCG = "newton_cg"
  case gradientDescent = "gradient_descent"
}

extension RootSolver {
  /// A root of `f`, which gives tensors of the shapes that it takes, by Newton's method.
  ///
  /// - Throws: a shape error where `f` does not fit.
  public func newtonRoot(_ f: @escaping Function, from start: [Variable]) throws -> Result {
    try find(from: start, condition: f) { raveling, calls in
      Searching(Newton(equations: equations(f, raveling, calls)), LineSearch(.armijo))
    }
  }

  /// A root of `f` by Broyden's method.
  public func broyden(_ f: @escaping Function, from start: [Variable]) throws -> Result {
    try find(from: start, condition: f) { raveling, calls in
      Searching(Broyden(equations: equations(f, raveling, calls)), LineSearch(.armijo))
    }
  }

  /// An x with `t(x)` = x.
  ///
  /// - Parameters:
  ///   - history: the steps that Anderson's method remembers.
  ///   - damping: how much of the way from x to `t(x)` a step goes.
  public func fixedPoint(
    _ t: @escaping Function, from start: [Variable], method: FixedPointMethod = .anderson,
    history: Int = 5, damping: Double = 1
  ) throws -> Result {
    let condition: Function = { x in
      let images = try t(x)
      try requireFit(images, x, called: "the function")
      return try zip(images, x).map { try $0 - $1 }
    }
    return try find(from: start, condition: condition) { raveling, calls in
      FixedPointIteration(
        equations: equations(condition, raveling, calls),
        history: method == .plain ? 0 : history, damping: damping)
    }
  }

  /// The least ½ ‖r(x)‖² by Gauss and Newton's method; the residuals may have any shapes.
  public func gaussNewton(_ r: @escaping Function, from start: [Variable]) throws -> Result {
    try find(from: start, condition: LeastSquares.gradient(of: r)) { raveling, calls in
      Searching(
        GaussNewton(problem: LeastSquares(raveling: raveling, calls: calls, function: r)),
        LineSearch(.armijo))
    }
  }

  /// The least ½ ‖r(x)‖² by Levenberg and Marquardt's method.
  public func levenbergMarquardt(_ r: @escaping Function, from start: [Variable]) throws -> Result {
    try find(from: start, condition: LeastSquares.gradient(of: r)) { raveling, calls in
      LevenbergMarquardt(problem: LeastSquares(raveling: raveling, calls: calls, function: r))
    }
  }

  /// The least `f(x)`, one number.
  ///
  /// - Parameter search: nil for strong Wolfe conditions, of gradient descent Armijo's.
  public func minimize(
    _ f: @escaping Function, from start: [Variable], method: MinimizationMethod = .lbfgs,
    search: LineSearch? = nil
  ) throws -> Result {
    let condition = Objective.gradient(of: f)
    func find<D: Descent>(
      _ rule: LineSearch.Rule, _ make: @escaping (Objective) -> D
    ) throws -> Result {
      try self.find(from: start, condition: condition) { raveling, calls in
        Searching(
          make(Objective(raveling: raveling, calls: calls, function: f)), search ?? LineSearch(rule)
        )
      }
    }
    switch method {
    case .lbfgs: return try find(.wolfe) { LimitedMemoryBFGS(objective: $0) }
    case .newtonCG: return try find(.wolfe) { NewtonConjugateGradient(objective: $0) }
    case .gradientDescent: return try find(.armijo) { GradientDescent(objective: $0) }
    }
  }

  private func equations(
    _ f: @escaping Function, _ raveling: Raveling, _ calls: CallCounter
  ) -> Equations {
    Equations(
      raveling: raveling, calls: calls, isRecorded: options.isUnrolled, solver: options.solver,
      function: f)
  }
}
