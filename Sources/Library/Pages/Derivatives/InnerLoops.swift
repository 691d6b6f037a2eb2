// Loops, and how their derivative is found: one argument.

import Autodiff
import Language
import Tensors

extension Builtins {
  static let innerLoops = BuiltinPage(
    "Inner loops",
    objects: [LoopGradientObject.self, LoopInfo.self, OptimizerStep.self, CrossCheckTable.self],
    [
      Builtin(
        "inner_loop(step, steps=nil, gradient=\"auto\", tol=nil, xs=nil, memory=nil, with_info=false, has_aux=false)",
        """
        A function `(state, *metas)` that gives the state after so many steps `step(state, *metas)`, and
        whose derivative is found as `gradient` says. Every way gives the same value, bit for bit. `state`
        and `metas` are trees; what the step closes over is differentiated as metas are. A Float in the state
        becomes a 0-d tensor; whole numbers, Bools, text and keys are constants. Every step gives a state
        of the structure, the dtypes and the shapes of the first.

        A parameter named `round` takes the number of the step. With `xs`, a tree of tensors, a step is
        `step(state, x, *metas)`, where x is its slice along the first axes. With `has_aux=true` a step
        gives `(state, aux)` and the loop `(state, auxes)`, stacked, constants of the derivative. With `tol`
        the loop stops when no leaf moves by more than `tol * (1 + norm(leaf))`; inside `vmap` each example
        stops by itself and keeps the bits that it had. `with_info=true` gives `(state, info)`.

        - `"unroll"`: reverse mode through all steps. Where the graph would pass `memory` bytes, by default
          a tenth of the limit, few states are kept and steps run again: the same numbers.
        - `recompute(snapshots=s)`: the same numbers with s states kept (binomial checkpointing).
        - `truncate(k)`: through the last k steps alone; `"one_step"` is `truncate(1)`.
        - `"forward"`: forward mode, one tangent a followed number; memory does not grow with the steps.
        - `"implicit"`, or a linear solver such as `cg()`, `lu_solve()`, `neumann(terms=k)`: as the
          solution of `state = step(state, *metas)` at the last state (implicit function theorem).
        - `estimate(…)`: from values of the loop, by the metas and what the step closes over.
        - `"first_order"`: as if the steps had only moved the state; first-order MAML.
        - `"none"`: the state is a constant.
        - `"auto"`: `"forward"` for 1 to 8 followed numbers, else `"unroll"`.

        By the state that the loop begins with, the derivative is 0 for implicit ones, `"one_step"`,
        `truncate(k)` with fewer steps than the loop, and `"none"`. Second derivatives of the methods
        that leave something out are those of what they keep. References: Griewank and Walther 2000
        (recompute); Shaban et al. 2019 (truncate); Franceschi et al. 2017 (forward); Lorraine et al. 2020
        (Neumann series); Bolte et al. 2023 (one step); Finn et al. 2017 (first order).

            fn step(w, penalty) { w - 0.1 * grad(w => (w - 3.0) ** 2 + penalty * w ** 2)(w) }
            let loop = inner_loop(step, steps=100, gradient="implicit")
            print("{loop(0.0, 1.0):.4f} {grad(p => loop(0.0, p))(1.0):.4f}")    # 1.5000 -0.7500
            print("{grad(p => inner_loop(step, steps=100)(0.0, p))(1.0):.4f}")    # -0.7500
        """
      ) { arguments in
        let loop = try InnerLoop(arguments)
        return .builtin(
          BuiltinFunction("loop(*args, **options)") { call in
            try loop.call(call.rest(0), Array(call.options(1).pairs), call.interpreter)
          })
      },
      Builtin(
        "scan(step, state, xs=nil, length=nil, memory=nil)",
        """
        `(state, ys)`: the state after the last of the steps, each of which gives `(state, y)`, and their ys
        stacked along new first axes; JAX's `lax.scan`. A step is `step(state, x)`, with x the slice of `xs`,
        a tree of tensors, along the first axes; without `xs` there are `length` steps, and x is nil.
        States are alike as those of `inner_loop` are. Where the graph beside the ys would pass `memory`
        bytes, by default a tenth of the limit, few states are kept and steps run again: the same numbers.

            let (total, sums) = scan((s, x) => (s + x, s + x), 0.0, [1.0, 2.0, 3.0])
            print(total, sums)    # 6.0 [1.0, 3.0, 6.0]
        """
      ) { try Scan($0)(from: $0[1]) },
      Builtin(
        "recompute(snapshots=nil)",
        """
        A way to differentiate `inner_loop`: with the numbers of `"unroll"`, bit for bit, and so many
        states kept; the steps between run again, as rarely as that allows. Unless given, the snapshots are
        about the binary logarithm of the steps.

            let cube = inner_loop((x, a) => a * x, steps=3, gradient=recompute(snapshots=1))
            print(grad(a => cube(1.0, a))(2.0))    # 12.0
        """
      ) { arguments in
        let snapshots = arguments.has(0) ? try arguments.int(0, atLeast: 1) : nil
        return .host(LoopGradientObject(.recompute(snapshots: snapshots)))
      },
      Builtin(
        "truncate(steps)",
        """
        A way to differentiate `inner_loop`: through so many last steps, as if the state before them
        were a constant.

            let cube = inner_loop((x, a) => a * x, steps=3, gradient=truncate(2))
            print(grad(a => cube(1.0, a))(2.0))    # 8.0
        """
      ) { .host(LoopGradientObject(.truncate(try $0.int(0, atLeast: 1)))) },
      Builtin(
        "estimate(num_samples=100, sigma=0.01, method=\"antithetic\", distribution=nil, shaping=\"none\", "
          + "baseline=\"none\", common_random_numbers=true, batched=true)",
        """
        A way to differentiate `inner_loop`: by the metas and what the step closes over, all moved together, from
        values of the loop, with the
        options of `zero_order`. Samples are drawn when the backward pass runs; the loop draws the same numbers
        in each. The count of steps is held.

            seed(0)
            let cube = inner_loop((x, a) => a * x, steps=3, gradient=estimate(num_samples=1000))
            print(abs(grad(a => cube(1.0, a))(2.0) - 12.0) < 1.5)    # true
        """
      ) { arguments in
        let options = try ZeroOrderOptions(
          arguments, distribution: 3, method: 2, samples: 0, hasAux: false, shaping: 4)
        return .host(
          LoopGradientObject(
            .estimate(options, text: "estimate(\(options.estimator.samples))")))
      },
      Builtin(
        "crosscheck(f, *metas, gradients=nil)",
        """
        How ways to differentiate a loop compare: `f(*metas)` gives a loss, and runs once for each of
        `gradients`, which every `inner_loop` that it calls takes in place of its own. A row tells the value, the
        norm of the gradient, its cosine and relative distance to the first row's, an estimate of its error,
        derivatives beside differences of values along two random directions, seconds and bytes; a sentence
        says which agree within their errors, and the cheapest of those within 1 %. Two that disagree beyond their errors
        are a warning. The function may only compute: it runs several times on the same random numbers, and its
        value has to be the same, bit for bit. Unless given, the methods are `"unroll"`, `"forward"` and `"implicit"`.

            fn step(w, penalty) { w - 0.1 * grad(w => (w - 3.0) ** 2 + penalty * w ** 2)(w) }
            let table = crosscheck(p => inner_loop(step, steps=200)(0.0, p) ** 2, 1.0,
                gradients=("unroll", "implicit", truncate(5), "none"))
            print(list(row.method for row in table), near(table[1].norm, 2.25))    # ("unroll", "implicit", "truncate(5)", "none") true
            print(table[1].distance < 1e-9, table[3].norm, table[3].error)    # true 0.0 nil
        """, effects: .reads, needs: [.clock]
      ) { .host(try CrossCheck($0)()) },
      Builtin(
        "optimizer_step(t, loss)",
        """
        The steps of a transform on a loss, for `inner_loop`: a function of `(params, state)`, which begins
        as `(params, t.init(params))`, and of what the loss takes behind the parameters. For implicit
        derivatives the equation is that the gradient of the loss is 0.

            let t = sgd(0.1)
            let loop = inner_loop(optimizer_step(t, (w, a) => (w - a) ** 2), steps=50)
            print(round(grad(a => loop((0.0, t.init(0.0)), a)[0])(2.0), 4))    # 1.0
        """
      ) { arguments in
        guard let transformation = try arguments[0].transformation(arguments.interpreter) else {
          throw arguments.mismatch(0, "a transform", hint: "adam(0.1), sgd(0.1), chain(…)")
        }
        return .host(OptimizerStep(transformation, try arguments.function(1)))
      },
    ])
}
