// Implicit differentiation: gradients through the solution of a problem, not through the steps to it.

import Autodiff
import Language
import Solvers
import Tensors

extension Builtins {
  static let implicitDifferentiation = BuiltinPage(
    "Implicit differentiation",
    [
      Builtin(
        "custom_root(optimality, argnums=nil, has_aux=false, solve=nil)",
        """
        A decorator for a function that finds x with `optimality(x, …) = 0`, however it does that: what
        it gives is differentiated as the function of its arguments that the condition defines, to
        any order, in forward and reverse mode.

        The first argument is where the function starts, the others are those of `optimality`
        behind x. A function that has a default for its start may be called without one, and with the
        others by name. Gradients go to all of them and to what `optimality` closes over; with `argnums`, one
        number or a list, of the arguments to those alone. Solutions and arguments may be trees; with `has_aux=true`
        the function gives `(solution, aux)`. `solve` is the solver for the linear systems, or a function
        `(matvec, b) => x`; `auto_solve()` picks one.

            @custom_root((x, a) => x ** 2 - a)
            fn root(start, a) { sqrt(a) }
            print(root(1.0, 4.0), grad(a => root(1.0, a))(4.0))    # 2.0 0.25
        """
      ) { arguments in
        let root = try CustomRoot(arguments, isFixedPoint: false)
        return .builtin(BuiltinFunction("custom_root(f)") { root.decorated(try $0.function(0)) })
      },
      Builtin(
        "custom_fixed_point(t, argnums=nil, has_aux=false, solve=nil)",
        """
        A decorator for a function that finds x with `t(x, …) = x`; else as `custom_root`.

            @custom_fixed_point((x, a) => 0.5 * (x + a / x))
            fn root(start, a) { sqrt(a) }
            print(root(1.0, 4.0), grad(a => root(1.0, a))(4.0))    # 2.0 0.25
        """
      ) { arguments in
        let root = try CustomRoot(arguments, isFixedPoint: true)
        return .builtin(
          BuiltinFunction("custom_fixed_point(f)") { root.decorated(try $0.function(0)) })
      },
      Builtin(
        "implicit(model=nil, solve=nil)",
        """
        A decorator for a model with `fn solve(…)`, which sets its parameters to a solution, and `fn
        objective()`, which is least there, or `fn optimality()`, a list with a tensor for each
        parameter, which is zero there. After `solve` the parameters are functions of everything
        that the objective or condition reads: the meta-parameters need not be named. Where the
        objective or condition has parameters, it gets the arguments of `solve` of the same names,
        or, where names differ, at the same places, and gradients reach these too.

            @implicit(solve=cg())
            model Ridge(penalty) {
                param w = 0.0
                fn objective() { (w - 3.0) ** 2 + penalty * w ** 2 }
                fn solve() { w = 3.0 / (1.0 + penalty.value) }
            }
            let penalty = param(1.0)
            let ridge = Ridge(penalty)
            ridge.solve()
            backward(ridge.w)
            print(ridge.w, penalty.grad)    # 1.5 -0.75

            @implicit
            model Mean() {
                param w = 0.0
                fn objective(x) { sum((w - x) ** 2) }
                fn solve(x) { w = mean(x) }
            }
            let average = Mean()
            let x = param([1.0, 2.0, 6.0])
            average.solve(x)
            backward(average.w)
            print(average.w, near(x.grad, ones(3) / 3.0))    # 3.0 true
        """
      ) { arguments in
        let implicit = ImplicitModel(solver: try arguments.solver(1))
        guard arguments.has(0) else {
          return .builtin(BuiltinFunction("implicit(model)") { try implicit.decorated($0[0]) })
        }
        return try implicit.decorated(arguments[0])
      },
    ])
}
