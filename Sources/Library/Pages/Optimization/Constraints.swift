// Minima within sets: projections, proximal steps, and quadratic programs.

import Autodiff
import Language
import Solvers
import Tensors

extension Builtins {
  static let constraints = BuiltinPage("Constraints", sets + constrainedMinimizers)

  private static let sets: [Builtin] = [
    Builtin(
      "project(params, set)", of: "constraints",
      """
      The nearest point of a set: `box`, `ball`, `simplex`, `halfspace`, `hyperplane`, `affine_set`, or any
      function of one's own that gives it. `params` are a number, a tensor or a tree of them. Projections are
      differentiable, to every order, in the point and in what the set is made of; at an edge the derivative is
      that of points that are not moved.

          print(project([2.0, -1.0], box(0.0, 1.0)), near(project([3.0, 4.0], ball(1.0)), [0.6, 0.8]))    # [1.0, 0.0] true
      """),
    Builtin(
      "box(low=nil, high=nil)", of: "constraints",
      """
      The set of what lies between two bounds, each a number, a tensor or a tree like the points, or nil.

          print(project({a: [2.0, -3.0], b: 0.5}, box(high=1.0)))    # {a: [1.0, -3.0], b: 0.5}
      """),
    Builtin(
      "ball(radius=1.0, center=nil, norm=2)", of: "constraints",
      """
      The set of what is no farther than a radius from a center, 0 unless it is given, by the norm 2, 1 or inf
      of all numbers of a tree together.

          print(project([3.0, -4.0], ball(2.0, norm=1)), project([3.0, -4.0], ball(2.0, norm=inf)))    # [0.5, -1.5] [2.0, -2.0]
      """),
    Builtin(
      "simplex(total=1.0)", of: "constraints",
      """
      The set of numbers along the last axis that are 0 or more and sum to a total.

          print(project([1.0, 0.5, -3.0], simplex()))    # [0.75, 0.25, 0.0]
      """),
    Builtin(
      "halfspace(a, b)", of: "constraints",
      """
      The set of points with `a · x ≤ b`, where `a` is a tensor or tree like the points.

          print(project([3.0, 4.0], halfspace([1.0, 0.0], 1.0)))    # [1.0, 4.0]
      """),
    Builtin(
      "hyperplane(a, b)", of: "constraints",
      """
      The set of points with `a · x = b`, where `a` is a tensor or tree like the points.

          print(project([3.0, 4.0], hyperplane([1.0, 1.0], 1.0)))    # [0.0, 1.0]
      """),
    Builtin(
      "affine_set(a, b)", of: "constraints",
      """
      The set of points with `a @ x = b` for a matrix of any rank; equations that contradict each other are an
      error of kind `value`.

          print(near(project([3.0, 4.0], affine_set([[1.0, 1.0]], [1.0])), [0.0, 1.0]))    # true
      """),
    Builtin(
      "prox_l1(x, strength=1.0, step=1.0)", of: "constraints",
      """
      The proximal step of `strength * sum(abs(x))`, the y that makes `step * strength * sum(abs(y)) + sum((y -
      x) ** 2) / 2` least: numbers move towards 0 by `step * strength`, and stop there. `x` may be a tree, and
      `strength` a tensor that gradients reach.

          print(prox_l1([3.0, -0.5, -2.0]))    # [2.0, 0.0, -1.0]
      """),
    Builtin(
      "prox_l2(x, strength=1.0, step=1.0)", of: "constraints",
      """
      The proximal step of `strength` times the length of all numbers together: they move towards 0, and stop
      there.

          print(near(prox_l2([3.0, 4.0]), [2.4, 3.2]), prox_l2([0.3, 0.4]))    # true [0.0, 0.0]
      """),
    Builtin(
      "prox_ridge(x, strength=1.0, step=1.0)", of: "constraints",
      """
      The proximal step of `strength / 2 * sum(x ** 2)`: a division by `1 + step * strength`.

          print(prox_ridge([3.0, -1.0], 1.0))    # [1.5, -0.5]
      """),
    Builtin(
      "prox_elastic_net(x, strength=1.0, gamma=1.0, step=1.0)", of: "constraints",
      """
      The proximal step of `strength * (sum(abs(x)) + gamma / 2 * sum(x ** 2))`.

          print(prox_elastic_net([3.0, -0.5]))    # [1.0, 0.0]
      """),
  ]

  private static let constrainedMinimizers: [Builtin] = [
    Builtin(
      "proximal_gradient(f, prox, x0, acceleration=true, stepsize=nil, \(RootSearch.parameters))",
      """
      The x that makes `f(x) + g(x)` least, for a smooth `f` and a function g whose proximal step is
      `prox(x, step)`, such as `(x, step) => prox_l1(x, 0.1, step)`; or, with a set such as `simplex()`, the
      least `f(x)` in the set. A function of one argument is called with x alone. `acceleration` is FISTA's
      momentum, begun anew where it points uphill; a step is as long as the gradients allow, unless
      `stepsize` says it. `maxiter` is 10000 unless it is given; options and `info` are those of
      `newton_root`, where the `residual` is that of x = prox(x - grad(f)(x), 1). Gradients reach all that `f`
      and `prox` read.

          let lasso = s => proximal_gradient(x => sum((x - [3.0, 0.2]) ** 2) / 2, (x, step) => prox_l1(x, s, step), zeros(2))
          print(near(lasso(1.0), [2.0, 0.0]), near(jacobian(lasso, 1.0), [-1.0, 0.0]))    # true true
          print(near(proximal_gradient(x => sum((x - [3.0, 2.5]) ** 2), simplex(), zeros(2)), [0.75, 0.25]))    # true
      """
    ) { arguments in
      let interpreter = arguments.interpreter
      let prox = try arguments.function(1)
      let takesStep = (interpreter.machine.ownSignature(of: prox)?.positionalLimit ?? 2) > 1
      let search = try RootSearch(arguments, from: 5, start: 2)
      let length = arguments.has(4) ? try arguments.positive(4) : nil
      let isAccelerated = try arguments.bool(3)
      return try search.run { solver, f, start in
        try solver.proximalGradient(
          f,
          { parts, step in
            let tree = search.start.rebuilt(with: parts.map { .tensor($0) })
            let result = try interpreter.call(prox, takesStep ? [tree, .tensor(step)] : [tree])
            return try ValueTree(result).floats()
          }, from: start, isAccelerated: isAccelerated, length: length)
      }
    },
    Builtin(
      "quadratic_program(P, q, A=nil, b=nil, G=nil, h=nil, maxiter=nil, rtol=nil, solve=nil, with_info=false, strict=false)",
      """
      The x that makes `x @ P @ x / 2 + q @ x` least with `A @ x = b` and `G @ x <= h`, for a P without
      negative eigenvalues, of which the symmetric part counts; both kinds of constraints may be missing, and
      an h that is inf bounds nothing. Dense, by an interior point method of `maxiter` steps, 100 unless it is
      given, after which the constraints that push are solved for exactly; `rtol` is 1e-10 unless it is given.

      Gradients, to every order, reach all data, by the conditions of Karush, Kuhn and Tucker, solved by
      `solve`. A constraint that touches the solution without pushing counts as not there, and a warning says
      so. Constraints that contradict each other, and a program that falls without end, are errors of kind
      `value`; under `vmap` such items are nan, with a warning. With `with_info=true` it gives `(x, info)`, with
      the multipliers `equality` and `inequality`, differentiable too, the `value`, `iterations`, `residual`,
      `converged`, `outcome` and `advice`.

          let solution = b => quadratic_program(eye(2), [-1.0, -2.0], G=[[1.0, 1.0]], h=[b])
          print(near(solution(2.0), [0.5, 1.5]), near(jacobian(solution, 2.0), [0.5, 0.5]))    # true true
      """
    ) { try $0.quadraticProgram() },
    Builtin(
      "qp(P, q, A=nil, b=nil, G=nil, h=nil, maxiter=nil, rtol=nil, solve=nil, with_info=false, strict=false)",
      """
      `quadratic_program` by a short name.

          print(near(qp([[2.0]], [-2.0], A=[[1.0]], b=[3.0]), [3.0]), near(qp([[2.0]], [-2.0]), [1.0]))    # true true
      """
    ) { try $0.quadraticProgram() },
  ]
}

extension Arguments {
  /// What `quadratic_program` gives.
  fileprivate func quadraticProgram() throws -> Value {
    func data(_ index: Int) throws -> Variable? {
      try has(index) ? stacked(index).asFloat() : nil
    }
    let program = try QuadraticProgram(
      p: floating(stacked(0)), q: floating(stacked(1)), a: data(2), b: data(3), g: data(4),
      h: data(5))
    var options = RootOptions()
    options.maximumIterations = has(6) ? try int(6, atLeast: 0) : nil
    options.relativeTolerance = try tolerance(7)
    options.solver = LinearSolver.make(
      from: try solver(8), for: try ValueTree(.tensor(program.unknowns)), interpreter)
    options.isStrict = try bool(10)
    let solution = try RootSolver(options).solve(program)
    guard try bool(9) else { return .tensor(solution.x) }
    guard case .record(let record) = try Value(solution.report) else { return .nil }
    let figures = record.pairs.filter { !["evaluations", "step"].contains($0.0) }
    let multipliers = [("equality", solution.equality), ("inequality", solution.inequality)]
    return .list([
      .tensor(solution.x),
      .record(
        Record(
          figures.map { ($0.0, $0.1) }
            + multipliers.map { ($0.0, $0.1.map { .tensor($0) } ?? .nil) })),
    ])
  }
}
