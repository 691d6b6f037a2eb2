// Roots, fixed points and minima.

import Autodiff
import Language
import Solvers
import Tensors

extension Builtins {
  static let roots = BuiltinPage("Roots and minima", rootSearches + minimizers)

  private static let rootSearches: [Builtin] = [
    Builtin(
      "newton_root(f, x0, \(RootSearch.parameters))",
      """
      An x with `f(x) = 0` by Newton's method, from `x0` on; steps that do not make f less are
      shortened. `x0` is a number, a tensor or a tree of them, and `f` gives as many numbers in the same
      shapes.

      What every search on this page has in common: its result is differentiable, to any order, by
      all that `f` reads, as the solution that it is and not as the steps to it (`x0` has no
      gradient); with `differentiate="unroll"` by the steps, from `x0` on. `solve` is the solver for
      the linear systems of derivatives, here of the steps too; `auto_solve()` picks one. A search
      ends where x is good to `rtol` of its size (1e-10 in f64, 1e-5 in f32 unless it is given) as far as
      the last step tells, and of a minimum as far as the step to it tells, H d = -g; where what has to
      vanish is no longer than `atol`; or after `maxiter` steps, here 100. One that gets no nearer for
      rounding has converged where x is good to ten times as much, near 0 of the size of `x0` or of 1.
      One that does not converge warns once for a place in the program, and is an error with
      `strict=true`. With `with_info=true` it gives `(x, info)`, where `info` has the `method`,
      `iterations`, `evaluations` of `f`, the lengths of the `residual` (of a minimum the `gradient`, and
      the `value`) and of the last `step`, `converged`, the `outcome` in words and `advice`. Under `vmap`
      every item converges by itself and has numbers of its own.

          let root = a => newton_root(x => x ** 2 - a, 1.0)
          print(near(root(4.0), 2.0), near(grad(root)(4.0), 0.25))    # true true
      """
    ) { arguments in
      try RootSearch(arguments, from: 2).run { try $0.newtonRoot($1, from: $2) }
    },
    Builtin(
      "broyden(f, x0, \(RootSearch.parameters))",
      """
      An x with `f(x) = 0` by Broyden's method, which computes the Jacobian once and corrects its
      inverse by what steps show: less work a step than `newton_root`, and more steps, 200 at most
      unless `maxiter` is given. Options and `info` are those of `newton_root`.

          let (x, info) = broyden(x => [x[0] + x[1] - 3.0, x[0] * x[1] - 2.0], [0.5, 3.0], with_info=true)
          print(near(x, [1.0, 2.0]), info.converged)    # true true
      """
    ) { arguments in
      try RootSearch(arguments, from: 2).run { try $0.broyden($1, from: $2) }
    },
    Builtin(
      "fixed_point(f, x0, method=\"anderson\", history=5, damping=1.0, \(RootSearch.parameters))",
      """
      An x with `f(x) = x`: by Anderson's method, which combines the last `history` steps, or with
      `method="plain"` by going where `f` says. A step goes `damping` of the way. `maxiter` is 1000
      unless it is given; options and `info` are those of `newton_root`.

          print(near(fixed_point(cos, 1.0), 0.7390851332151607))    # true
          print(near(grad(a => fixed_point(x => 0.5 * x + a, 0.0))(1.0), 2.0))    # true
      """
    ) { arguments in
      let method = try arguments.choice(
        2, FixedPointMethod.allCases.map(\.rawValue))
      let history = try arguments.int(3, atLeast: 1)
      let damping = try arguments.positive(4)
      return try RootSearch(arguments, from: 5).run {
        try $0.fixedPoint(
          $1, from: $2, method: FixedPointMethod(rawValue: method) ?? .anderson, history: history,
          damping: damping)
      }
    },
  ]

  private static let minimizers: [Builtin] = [
    Builtin(
      "gauss_newton(r, x0, \(RootSearch.parameters))",
      """
      The x that makes `sum(r(x) ** 2)` least, by Gauss and Newton's method with a line search; `r` may
      give any number of residuals, as a tensor or a tree. `maxiter` is 200 unless it is given; options
      and `info` are those of `newton_root`, with `value` half the sum. Derivatives are exact also
      where the residuals do not vanish.

          let t = [0.0, 1.0, 2.0]
          let fit = gauss_newton(w => w[0] * exp(w[1] * t) - [1.0, 2.0, 4.0], [1.0, 0.0])
          print(near(fit, [1.0, log(2.0)]))    # true
      """
    ) { arguments in
      try RootSearch(arguments, from: 2).run { try $0.gaussNewton($1, from: $2) }
    },
    Builtin(
      "levenberg_marquardt(r, x0, \(RootSearch.parameters))",
      """
      The x that makes `sum(r(x) ** 2)` least, by Levenberg and Marquardt's method: as `gauss_newton`,
      and safer far from a solution and where the Jacobian is singular. Steps do not depend on
      the units of the unknowns.

          let fit = levenberg_marquardt(w => [10.0 * (w[1] - w[0] ** 2), 1.0 - w[0]], [-1.2, 1.0])
          print(near(fit, [1.0, 1.0]))    # true
      """
    ) { arguments in
      try RootSearch(arguments, from: 2).run { try $0.levenbergMarquardt($1, from: $2) }
    },
    Builtin(
      "minimize(f, x0, method=\"lbfgs\", line_search=nil, \(RootSearch.parameters), bounds=nil)",
      """
      The x that makes `f(x)`, one number, least: by `"lbfgs"`, by `"newton_cg"` with Hessian products, or
      by `"gradient_descent"`. `line_search` is `"wolfe"`, for strong Wolfe conditions, or `"armijo"`, as
      gradient descent has it unless it is given. `maxiter` is 1000, 200 for `"newton_cg"` and 10000
      for `"gradient_descent"`; options and `info` are those of `newton_root`.

      `bounds=(low, high)` keeps x between two numbers, tensors or trees like `x0`, or above or below one of
      them where the other is nil, by projected L-BFGS; `f` is never called outside. Gradients reach the
      bounds: an x at a bound moves with it, even where `f` does not push it there.

          let ridge = a => minimize(x => sum((x - [1.0, 2.0]) ** 2) + a * sum(x ** 2), zeros(2))
          print(near(ridge(1.0), [0.5, 1.0]), near(grad(a => sum(ridge(a)))(1.0), -0.75))    # true true
          print(near(minimize(x => sum((x - [1.0, 2.0]) ** 2), zeros(2), bounds=(nil, 1.5)), [1.0, 1.5]))    # true
      """
    ) { arguments in
      let name = try arguments.choice(
        2, MinimizationMethod.allCases.map(\.rawValue))
      if let box = try arguments.box(11, for: 1) {
        guard name == "lbfgs", !arguments.has(3) else {
          throw RuntimeError(
            .value, "bounds of minimize are for its method \"lbfgs\" with a search of its own",
            hint: "leave out method and line_search")
        }
        return try RootSearch(arguments, from: 4).run {
          try $0.minimize($1, from: $2, within: box)
        }
      }
      let rule =
        arguments.has(3)
        ? LineSearch.Rule(
          rawValue: try arguments.choice(3, LineSearch.Rule.allCases.map(\.rawValue)))
        : nil
      return try RootSearch(arguments, from: 4).run {
        try $0.minimize(
          $1, from: $2, method: MinimizationMethod(rawValue: name) ?? .lbfgs,
          search: rule.map { LineSearch($0) })
      }
    },
    Builtin(
      "line_search(f, x, direction, method=\"wolfe\", first=1.0, c1=0.0001, c2=0.9, maxiter=40, with_info=false, strict=false)",
      """
      How far to go from `x` along `direction` to make `f`, one number, less: an α with `f(x + α d)` no
      more than `f(x) + c1 α s`, where s is the slope at `x`, and with `method="wolfe"` a slope of
      at most `c2` times that at `x`; `"armijo"` looks from `first` on downwards only. α is a number
      for derivatives, and 0 where nothing descends. At most `maxiter` points are looked at. With
      `with_info=true` it gives `(α, info)`, where `info` is as for `newton_root`, with the `slope` and
      the `value` there.

          let (length, info) = line_search(x => sum(x ** 2), [1.0, 1.0], [-1.0, -1.0], first=0.1, with_info=true)
          print(info.converged, info.value < 2.0)    # true true
      """
    ) { arguments in
      let f = try arguments.function(0)
      let x = try arguments.floatTree(1)
      let rule = try arguments.choice(3, LineSearch.Rule.allCases.map(\.rawValue))
      let c1 = try arguments.positive(5, below: 1)
      let c2 = try arguments.positive(6, below: 1)
      guard c1 < c2 else {
        throw RuntimeError(
          .value, "c1 of line_search must be less than c2, and they are \(c1) and \(c2)")
      }
      let search = LineSearch(
        LineSearch.Rule(rawValue: rule) ?? .wolfe, decrease: c1, curvature: c2,
        budget: try arguments.int(7, atLeast: 1))
      let (length, report) = try search.length(
        of: arguments.interpreter.treeFunction(f, of: x), from: x.floats(),
        along: arguments.floatTree(2).floats(), first: arguments.positive(4),
        isStrict: arguments.bool(9))
      return try arguments.bool(8)
        ? .list([.tensor(length), try Value(report)]) : .tensor(length)
    },
  ]
}

extension Arguments {
  /// Bounds for the elements of a tree, `(low, high)`; nil where there are none.
  fileprivate func box(_ index: Int, for tree: Int) throws -> BoxConstraint? {
    guard has(index) else { return nil }
    guard case .list(let pair) = self[index], pair.count == 2 else {
      throw mismatch(index, "a pair (low, high)", hint: "nil stands for no bound: (0.0, nil)")
    }
    let structure = try floatTree(tree)
    let unknowns = try structure.floats()
    func bounds(_ value: Value, _ none: Double) throws -> [Variable] {
      if case .nil = value { return unknowns.map { Variable.number(none, like: $0) } }
      let given = try ValueTree(value)
      guard given.leaves.count == 1 || given.leaves.count == unknowns.count else {
        throw RuntimeError(
          .shape,
          "a bound of minimize has \(given.leaves.count) tensors, and x0 \(unknowns.count)",
          hint: "one number bounds all of x0, a tree like it each of its parts")
      }
      return try given.leaves.count == 1
        ? unknowns.map { _ in try given.floats()[0] } : given.floats()
    }
    func stretched(_ bounds: [Variable]) throws -> [Variable] {
      try zip(bounds, unknowns).map { bound, x in
        guard Shape.broadcast(bound.shape, x.shape) == x.shape else {
          throw RuntimeError(
            .shape,
            "a bound of minimize is \(bound.typeDescription), which does not stretch to "
              + "\(x.typeDescription) of x0")
        }
        return try bound.broadcast(to: x.shape)
      }
    }
    return try BoxConstraint(
      low: stretched(bounds(pair[0], -.infinity)), high: stretched(bounds(pair[1], .infinity)))
  }

  /// A number above 0 and below a bound.
  func positive(_ index: Int, below bound: Double = .infinity) throws -> Double {
    let value = try double(index)
    guard value > 0, value < bound else {
      let limit = bound.isFinite ? " and below \(formatShortest(bound))" : " and finite"
      throw RuntimeError(
        .value,
        "`\(parameterName(index))` of \(callee.name) must be above 0\(limit), not \(value)")
    }
    return value
  }
}
