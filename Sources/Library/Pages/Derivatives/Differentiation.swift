// Derivatives: of a result that the program has (`grad(loss, wrt)`, `backward`), and of functions
// (`grad(f)`, `jvp`, `vjp`, `vmap` …). A function's arguments may be trees; the numerical core
// sees their leaves.

import Autodiff
import Language
import Tensors

extension Builtins {
  static let differentiation = BuiltinPage(
    "Differentiation",
    [
      Builtin(
        "param(value, name=nil)",
        """
        A parameter: a cell with identity that holds a new leaf with the numbers of `value`.
        Integers become the default float type.

            let x = param(2.0)
            backward(x ** 3)
            print(x.grad)    # 12.0
        """
      ) { arguments in
        let variable = try arguments.variable(0).asFloat()
        let name = arguments.has(1) ? try arguments.string(1) : nil
        return .parameter(try ParameterCell(leafOf: variable, name: name))
      },
      Builtin(
        "backward(loss, create_graph=false)",
        """
        Adds the gradient of `loss` to `.grad` of every leaf parameter that it depends on. The
        graph stays and may be used again. With `create_graph=true` the gradients are
        differentiable.

            let x = param(3.0)
            backward(x * x)
            backward(x * x)
            print(x.grad)    # 12.0
        """, effects: .changes
      ) { arguments in
        let loss = try arguments.variable(0)
        let (isTracked, isStale) = try leaveGradients(of: loss, createGraph: arguments.bool(1))
        guard isTracked else {
          throw RuntimeError(
            .value, "this loss does not depend on any parameter",
            hint: "a parameter is made by param(…) or a model's `param` field; "
              + "no_grad and stop_gradient cut the dependence")
        }
        if isStale {
          arguments.interpreter.warnOnce(
            "the parameters have changed since this loss was computed, so backward leaves them no gradient",
            hint: "compute the loss inside the loop, before each backward(loss)")
        }
        return .nil
      },
      Builtin(
        "zero_grad(*targets)",
        """
        Takes away the gradients that `backward` left in parameters, leaves, models and trees of
        them.

            let x = param(3.0)
            backward(x * x)
            zero_grad(x)
            print(x.grad)    # nil
        """, effects: .changes
      ) { arguments in
        for target in arguments.rest(0) { try Differentiation.clearGradients(target) }
        return .nil
      },
      Builtin(
        "grad(f=nil, wrt=nil, argnums=0, has_aux=false, create_graph=true, strict=false)",
        """
        `grad(loss, wrt)` gives the gradient of a loss with the structure of `wrt`: a parameter,
        a tensor that the loss was computed from, a model, or lists and records of them. It
        touches no `.grad`. What the loss does not depend on gets zeros and a warning, or an
        error with `strict=true`.

        `grad(f, argnums=0)` gives the function that computes the gradient of `f`, with the same
        warning for arguments that `f` does not depend on. With `argnums` a list it gives a list; with `has_aux=true`, `f` gives `(loss, aux)` and the
        gradient function `(gradient, aux)`.

            print(grad(x => x ** 3)(2.0))    # 12.0
            let w = param([1.0, 2.0])
            print(grad(sum(w * w), w))       # [2.0, 4.0]
        """
      ) { arguments in
        try Differentiation.gradient(arguments)
      },
      Builtin(
        "value_and_grad(f=nil, argnums=0, has_aux=false, strict=false)",
        """
        A function that gives `(value, gradient)`; with `has_aux=true`, `((loss, aux), gradient)`.

            print(value_and_grad(x => x ** 2)(3.0))    # (9.0, 6.0)
        """
      ) { arguments in
        guard arguments.has(0) else { return Differentiation.decorator(arguments) }
        return Differentiation.gradientFunction(
          of: try arguments.function(0), argnums: try Differentiation.argumentNumbers(arguments, 1),
          hasAux: try arguments.bool(2), withValue: true,
          strict: try arguments.bool(3))
      },
      Builtin(
        "jvp(f, primals, tangents)",
        """
        Forward mode: `(value, tangent)` of `f` at `primals` along `tangents`. Both are lists of
        arguments; a bare value serves for one.

            print(jvp(x => x ** 2, 3.0, 1.0))    # (9.0, 6.0)
        """
      ) { arguments in
        let f = try arguments.function(0)
        let interpreter = arguments.interpreter
        let (value, tangent) = try Differentiation.pushForward(
          interpreter, f, try arguments.argumentList(1), try arguments.argumentList(2))
        return .list([value, tangent])
      },
      Builtin(
        "vjp(f, *args)",
        """
        Reverse mode: `(value, pull)`, where `pull(u)` is the cotangent of the argument, or a
        list of them where there are several.

            let (y, pull) = vjp(x => [x[0] * x[1], x[1]], [2.0, 3.0])
            print(pull([1.0, 0.0]))    # [3.0, 2.0]
        """
      ) { arguments in
        let f = try arguments.function(0)
        let values = arguments.rest(1)
        let (result, pull) = try Differentiation.pullBack(arguments.interpreter, f, values)
        return .list([
          result,
          .builtin(
            BuiltinFunction("pull(cotangent)") { call in
              let cotangents = try pull(call[0])
              return cotangents.count == 1 ? cotangents[0] : .list(cotangents)
            }),
        ])
      },
      Builtin(
        "hvp(f, x=nil, v=nil)",
        """
        The Hessian of `f` at `x` times `v`, by forward over reverse mode. Without `x` it gives
        a function of both.

            print(hvp(x => sum(x ** 3), [1.0, 2.0], [1.0, 0.0]))    # [6.0, 0.0]
        """
      ) { arguments in
        let f = try arguments.function(0)
        guard arguments.has(1) else {
          return .builtin(
            BuiltinFunction("hvp(x, v)") { call in
              try Differentiation.hessianProduct(call.interpreter, f, call[0], call[1])
            })
        }
        guard arguments.has(2) else { throw arguments.mismatch(2, "the vector to multiply by") }
        return try Differentiation.hessianProduct(
          arguments.interpreter, f, arguments[1], arguments[2])
      },
      Builtin(
        "jacobian(f, x=nil, mode=\"auto\")",
        """
        All partial derivatives of `f` at `x`: shape `y.shape + x.shape`; trees give trees.
        `mode` is `"reverse"`, `"forward"` or `"auto"`, which takes the cheaper.

            print(jacobian(x => [x[0] * x[1], x[1] ** 2], [2.0, 3.0]))    # [[3.0, 2.0], [0.0, 6.0]]
        """
      ) { arguments in
        let f = try arguments.function(0)
        let mode = try arguments.choice(2, ["auto", "reverse", "forward"])
        return try Differentiation.pointwise(arguments, "jacobian(x)") { interpreter, x in
          try Differentiation.jacobian(interpreter, f, x, mode: mode)
        }
      },
      Builtin(
        "hessian(f, x=nil)",
        """
        The second derivatives of a scalar function at `x`, by forward over reverse mode.

            print(hessian(x => x[0] ** 2 * x[1], [1.0, 2.0]))    # [[4.0, 2.0], [2.0, 0.0]]
        """
      ) { arguments in
        let f = try arguments.function(0)
        return try Differentiation.pointwise(arguments, "hessian(x)") { interpreter, x in
          let gradient = Differentiation.gradientFunction(
            of: f, argnums: .one(0), hasAux: false, withValue: false, strict: false)
          return try Differentiation.jacobian(interpreter, gradient, x, mode: "forward")
        }
      },
      Builtin(
        "vmap(f=nil, in_axes=0, out_axes=0)",
        """
        A function that runs `f` on every slice of its arguments at once. `in_axes` is an axis
        for all arguments or a list with an axis for each, nil for one that is not mapped.

            print(vmap(x => sum(x ** 2))([[1.0, 2.0], [3.0, 4.0]]))    # [5.0, 25.0]
        """
      ) { arguments in
        guard arguments.has(0) else { return Differentiation.decorator(arguments) }
        let f = try arguments.function(0)
        let inAxes = arguments.isGiven(1) ? arguments[1] : .int(0)
        let outAxis = try arguments.int(2)
        return .builtin(
          BuiltinFunction("mapped(*args, **options)") { call in
            try Differentiation.mapped(
              call.interpreter, f, call.rest(0), call.options(1), inAxes: inAxes, outAxis: outAxis)
          })
      },
      Builtin(
        "linearize(f, x)",
        """
        `(value, push)` of `f` at `x`, where `push(v)` is the derivative along `v`.

            let (y, push) = linearize(x => x ** 2, 3.0)
            print(push(2.0))    # 12.0
        """
      ) { arguments in
        let f = try arguments.function(0)
        let x = arguments[1]
        return try Differentiation.linearized(arguments.interpreter, f, x)
      },
      Builtin(
        "checkpoint(f=nil, steps=nil, snapshots=nil)",
        """
        A function like `f` whose graph is not kept: the backward pass runs `f` again, on the arguments
        and variables that were there at the call. What it sets then does not last, but for counts
        (`calls += 1` of an Int), and what it prints it prints again.

        With `steps`, a loop: the function takes a state and gives it after so many calls of `f`,
        each `f(state)` or `f(state, i)`. No more than `snapshots` states are kept, and steps run
        again as rarely as that allows (binomial checkpointing): 100 steps with 5 snapshots run
        316 more. Gradients are those of the plain loop. Unless given, the snapshots are about
        the binary logarithm of the steps.

            print(grad(checkpoint(x => sin(x) ** 2))(0.0))    # 0.0
            let descend = checkpoint(x => x - 0.1 * x ** 3, steps=100, snapshots=5)
            print("{grad(descend)(1.0):.6f}")    # 0.008440
        """
      ) { arguments in
        guard arguments.has(0) else { return Differentiation.decorator(arguments) }
        let f = try arguments.function(0)
        if arguments.has(1) {
          let steps = try arguments.int(1, atLeast: 0)
          let snapshots =
            try arguments.has(2)
            ? arguments.int(2) : Swift.max(1, 64 - steps.leadingZeroBitCount)
          return Differentiation.checkpointedLoop(f, steps: steps, snapshots: snapshots)
        }
        return .builtin(
          BuiltinFunction("checkpointed(*args, **options)") { call in
            try Differentiation.checkpointed(call.interpreter, f, call.rest(0), call.options(1))
          })
      },
      Builtin(
        "compile(f)",
        """
        The function, recorded when it is first called and then run from the recording, without the
        interpreter. What it reads, arguments, variables that it closes over, parameters, fields of
        models, the state of optimizers, the stream of random numbers, is read anew at each call: tensors
        may have other numbers, and so may Floats and Ints that only arithmetic is done with; where anything
        else differs (structure, shapes, dtypes, text) it is recorded once more. It has derivatives and maps
        like any function. Compiling changes no result and no effect: what the function sets, parameters,
        gradients, variables, buffers, an optimizer's state, is set when all has been computed, so that
        whole training steps compile.

        A condition or a whole number that the function takes from a tensor is a branch: each way through is
        recorded when it is first taken. A function that gives back a model or an optimizer that it has made, or
        shows something (`print`) cannot be recorded: it runs as it is, and a warning says so once, at the line
        that stands in the way. So it does for new values of a number or a text of which 8 have been recorded, and
        past 8 ways. `explain(f, args…)` says what becomes of a call. What a compiled function gives leads to no
        parameter that it made itself.

            let w = param([1.0, 2.0])
            let opt = Adam(w, lr=0.1)
            @compile
            fn step(x) { opt.step(sum(tanh(x @ w) ** 2)).item() }
            print(step(eye(2)) > step(eye(2)))    # true
        """
      ) { arguments in
        let compiled = CompiledFunction(try arguments.function(0), arguments.interpreter)
        let function = BuiltinFunction("compiled(*args, **options)") { call in
          try compiled.call(call.rest(0), call.options(1), call.interpreter)
        }
        function.subject = compiled
        function.standsFor = arguments.interpreter.machine.ownSignature(of: arguments[0])
        return .builtin(function)
      },
      Builtin(
        "explain(f, *args, **options)",
        """
        What becomes of the call `f(*args, **options)` when `f` is compiled: whether it is, the operations, what
        has to be the same for the recording to be run again, and all that stands in the way, with its lines.
        Printed, it is a table. `f` is called once as a rehearsal, which changes nothing outside it; it may be
        compiled already or not.

            let e = explain((w, x) => sum(tanh(x @ w)), [1.0, 2.0], eye(2))
            print(e.compiled, e.operations, e.operands)    # true 3 ("w", "x")
            print(explain(x => "{x}", tensor(2.0)).obstacles[0].reason)
            # looks at numbers that may be others at the next call
        """, effects: .reads
      ) { arguments in
        .host(
          try arguments.interpreter.explain(
            try arguments.function(0), arguments.rest(1), arguments.options(2)))
      },
      Builtin(
        "custom_vjp(f=nil, forward=nil, backward=nil)",
        """
        A function with a reverse rule of its own. `forward(args…)` gives `(value, residuals)`
        and `backward(residuals, g)` a list with one cotangent for each argument, nil for none.
        Gradients go to arguments alone: a value that depends on something else which a derivative
        follows is an error. As a decorator, `f` is left out.

            let half = custom_vjp(x => x, x => (x, nil), (r, g) => (0.5 * g,))
            print(grad(x => half(x) ** 2)(3.0))    # 3.0
        """
      ) { arguments in
        guard arguments.has(0) else { return Differentiation.decorator(arguments) }
        return try Differentiation.customFunction(
          f: arguments.function(0), forward: arguments.function(1), backward: arguments.function(2))
      },
      Builtin(
        "custom_jvp(f=nil, rule=nil)",
        """
        A function with a forward rule of its own. `rule(primals, tangents)`, both lists with an entry for each
        argument, gives `(value, tangent)`; a tangent of nil is 0. The tangent is linear in the tangents, so that
        its transpose is the reverse rule; where that shows not to be so, it is an error. Derivatives go to
        arguments alone: a value that depends on something else which a derivative follows is an error. As a
        decorator, `f` is left out.

            fn rule(primals, tangents) {
                let ((x,), (dx,)) = (primals, tangents)
                (log1p(exp(x)), dx * sigmoid(x))
            }
            let safe = custom_jvp(x => log1p(exp(x)), rule)
            print(jvp(safe, 0.0, 1.0)[1], grad(safe)(1000.0))    # 0.5 1.0
        """
      ) { arguments in
        guard arguments.has(0) else { return Differentiation.decorator(arguments) }
        return Differentiation.customForwardFunction(
          f: try arguments.function(0), rule: try arguments.function(1))
      },
      Builtin(
        "jet(f, primals, series)",
        """
        Taylor mode: `(value, derivatives)` of `f` along a curve through `primals`, whose derivatives by its
        parameter the series are, from the first on; all have one length. For each tensor of the value there is a
        list of its derivatives. Both are lists with an entry for each argument; a bare value and its series
        serve for one.

        Forward mode runs inside forward mode, as often as a series is long: with K terms a product of two
        numbers takes 3 ** K, so that each further term triples the time.

            print(jet(sin, 0.0, (1.0, 0.0, 0.0)))                         # (0.0, (1.0, 0.0, -1.0))
            print(jet((x, y) => x * y, (2.0, 3.0), ((1.0, 0.0), (1.0, 0.0))))    # (6.0, (5.0, 2.0))
        """
      ) { arguments in
        let f = try arguments.function(0)
        let primals = try arguments.argumentList(1)
        let isOne: Bool
        if case .list = arguments[1] { isOne = false } else { isOne = true }
        let series = isOne ? [arguments[2]] : try arguments.sequence(2)
        return try Differentiation.jet(
          arguments.interpreter, f, primals, series.map { try arguments.sequence($0, 2) })
      },
      Builtin(
        "while_loop(cond, body, init)",
        """
        The state after `body(state)`, from `init` on, as long as `cond(state)` is true. It is differentiated
        as it ran, in every mode.

        Inside `vmap` it ends for each example when its condition fails: its state stays from then on, while the
        body runs for all until the last has ended, on the last state that it took of each. So every step gives
        a state of one structure and one shape. What was not kept is no part of any derivative.

            let halve = x => while_loop(x => x > 1.0, x => x / 2, x)
            print(halve(12.0), vmap(halve)([12.0, 1.0, 5.0]), grad(halve)(12.0))    # 0.75 [0.75, 1.0, 0.625] 0.0625
        """
      ) { arguments in
        try Differentiation.whileLoop(
          arguments.interpreter, arguments.function(0), arguments.function(1), from: arguments[2])
      },
      Builtin(
        "stop_gradient(target)",
        """
        The numbers of a tensor or tree, constants for every derivative. Given a parameter, a
        model or an optimizer, it makes their current tensors new leaves, and gives the target.

            print(grad(x => stop_gradient(x) * x)(3.0))    # 3.0
        """
      ) { arguments in
        try Differentiation.withoutGradient(arguments[0])
      },
      Builtin(
        "check_grad(f, *args, order=2, tolerance=nil)",
        """
        Compares the derivatives of `f` at the arguments with central differences, in every mode:
        reverse, forward, and with `order=2` reverse over reverse and forward over reverse. True
        where all agree; otherwise an error that says by how much each mode differs. Differences
        are relative to the greater of 1 and the numbers compared; the tolerance is 1e-5 in f64
        and 1e-2 in f32 unless given.

            print(check_grad(x => sum(sin(x) ** 2), [0.1, 0.2]))    # true
        """
      ) { arguments in
        let order = try arguments.int(2)
        guard order == 1 || order == 2 else {
          throw RuntimeError(.value, "check_grad checks order 1 or 2, not \(order)")
        }
        return try Differentiation.checked(
          arguments.interpreter, arguments.function(0), arguments.rest(1), order: order,
          tolerance: arguments.has(3) ? arguments.double(3) : nil)
      },
      Builtin(
        "functional(model)",
        """
        `(apply, params)`: a model as a function of its parameters. `params` is a record of
        tensors, and `apply(params, args…)` runs the model with those. A parameter that stands at
        several places of the model is listed at the first; in a list of layers nil stands for what has
        no parameters, as an activation.

            model Line() {
                param a = 2.0
                fn forward(x) { a * x }
            }
            let (apply, params) = functional(Line())
            print(grad(p => apply(p, 3.0))(params))    # {a: 3.0}
        """
      ) { arguments in
        guard case .instance = arguments[0] else { throw arguments.mismatch(0, "a model") }
        return try Differentiation.functional(arguments[0])
      },
    ])
}
