// Names under which TorchOpt and torchzero have what is called otherwise here. A call goes to the
// library's own function; what differs is what parameters are called, and some defaults.

import Autodiff
import Language
import Optimizers
import Solvers
import Tensors

extension Builtin {
  /// Another name for a built-in.
  ///
  /// The parameters have the own function's names but for those in `renaming`; a default that is written
  /// in the signature is given to the own function, whatever its own default is.
  init(
    _ signature: String, for own: String, renaming: [String: String] = [:],
    effects: Effects = .none,
    _ documentation: String
  ) {
    self.init(signature, documentation, effects: effects) { arguments in
      let interpreter = arguments.interpreter
      guard let function = interpreter.builtin(own) else {
        preconditionFailure("there is no built-in \(own): please report")
      }
      let named = arguments.callee.parameters.indices.compactMap { place -> (String, Value)? in
        let value = arguments.given(place)
        let name = arguments.callee.parameters[place].name
        return value.isNil || value.isAbsent ? nil : (renaming[name] ?? name, value)
      }
      return try interpreter.call(function, [], named: named)
    }
  }
}

extension Builtins {
  static let aliases = BuiltinPage(
    "Names from TorchOpt and torchzero", stateAliases + solverAliases + moduleAliases)

  private static let stateAliases: [Builtin] = [
    Builtin(
      "extract_state_dict(target, by=\"reference\", device=nil, with_buffers=true, "
        + "detach_buffers=false, enable_visual=false, visual_prefix=\"\")",
      """
      `extract_state` under TorchOpt's name. With `with_buffers=false` buffers are left out, and stay as
      they are when the snapshot is recovered. `enable_visual` gives the snapshot the name
      `visual_prefix`, by which `graph` calls its leaves.

          let a = param(1.0)
          let start = extract_state_dict(a, by="copy")
          a.value = 5.0
          recover_state_dict(a, start)
          print(a)    # 1.0
      """
    ) { arguments in
      let prefix = try arguments.bool(5) ? arguments.string(6) : ""
      return .host(
        try Snapshot(
          of: [arguments[0]], manner: arguments.manner(1), hasBuffers: arguments.bool(3),
          detachesBuffers: arguments.bool(4), place: arguments.place(2),
          name: prefix.isEmpty ? nil : prefix))
    },
    Builtin(
      "recover_state_dict(target, state)", for: "recover_state", renaming: ["state": "snapshot"],
      effects: .changes,
      """
      `recover_state` under TorchOpt's name.

          let a = param(1.0)
          let start = extract_state_dict(a)
          a.value = 5.0
          print(recover_state_dict(a, start))    # 1.0
      """),
    Builtin(
      "module_clone(target, by=\"reference\", detach_buffers=false, device=nil)",
      """
      `clone` under TorchOpt's name.

          let a = param(1.0)
          let b = module_clone(a, by="deepcopy")
          b.value = 2.0
          print(a, b)    # 1.0 2.0
      """
    ) { arguments in
      var cloner = Cloner(
        try arguments.manner(1), detachesBuffers: try arguments.bool(2),
        place: try arguments.place(3),
        arguments.interpreter)
      return try cloner.clone(arguments[0])
    },
    Builtin(
      "module_detach_(target)", for: "stop_gradient", effects: .changes,
      """
      `stop_gradient` under TorchOpt's name: the target, cut from its graph where it stands.

          let (a, x) = (param(1.0), param(2.0))
          MetaSGD(a, lr=1.0).step(a * x)
          print(grad(module_detach_(a) * x, x))    # -1.0
      """),
    Builtin(
      "make_functional(model)",
      """
      `functional` under functorch's name: `(apply, params)`, where the parameters are leaves, so that
      `grad(loss, params)` of a loss that was computed from them gives gradients.

          model Line() {
              param a = 2.0
              fn forward(x) { a * x }
          }
          let (line, params) = make_functional(Line())
          let loss = line(params, 3.0)
          print(loss, grad(loss, params))    # 6.0 {a: 3.0}
      """
    ) { arguments in
      guard case .instance = arguments[0] else { throw arguments.mismatch(0, "a model") }
      return try Differentiation.functional(arguments[0], asLeaves: true)
    },
  ]

  private static let solverAliases: [Builtin] = [
    Builtin(
      "ns(A, b, maxiter=10, alpha=1.0)",
      """
      The solution by the Neumann series as TorchOpt's function: α Σ (I - α A)ᵏ b with k from 0 to `maxiter`,
      one term more than `neumann` counts. `A` is a matrix, or a linear function of a tree such as `b`.

          print(near(ns([[0.5]], [1.0], maxiter=40), [2.0]))    # true
      """
    ) { arguments in
      let last = try arguments.int(2, atLeast: 0)
      let solver = SolverObject(
        .neumann(terms: last < Int.max ? last + 1 : last, alpha: try arguments.scalar(3)))
      return try arguments.interpreter.call(.host(solver), [arguments[0], arguments[1]])
    },
    Builtin(
      "ns_inv(A, maxiter=10, alpha=1.0)",
      """
      TorchOpt's inverse of a matrix by the Neumann series, α Σ (I - α A)ᵏ with k from 0 to `maxiter` - 1.

          print(near(ns_inv([[0.5]], maxiter=40), [[2.0]]))    # true
      """
    ) { arguments in
      guard let matrix = arguments[0].variable, matrix.rank == 2,
        matrix.shape[0] == matrix.shape[1]
      else { throw arguments.mismatch(0, "a square matrix") }
      let identity = try Tensor.eye(matrix.shape[0], matrix.shape[0], matrix.asFloat().dtype)
      let solver = SolverObject(
        .neumann(terms: try arguments.int(1, atLeast: 1), alpha: try arguments.scalar(2)))
      return try arguments.interpreter.call(
        .host(solver), [arguments[0], .tensor(Variable(identity))])
    },
    Builtin(
      "zero_nan_hook(g)", for: "nan_to_num", renaming: ["g": "x"],
      """
      TorchOpt's hook: `nan_to_num` of one tensor, so that nan is 0 and an infinity the largest number.

          let impl = chain(register_hook(zero_nan_hook), adam(0.1))
          print(zero_nan_hook([nan, 1.0]))    # [0.0, 1.0]
      """),
    Builtin(
      "nan_to_num_hook(nan=0.0, posinf=nil, neginf=nil)",
      """
      TorchOpt's maker of hooks: the function `nan_to_num` with these numbers.

          print(nan_to_num_hook(nan=7.0)([nan, 1.0]))    # [7.0, 1.0]
      """
    ) { arguments in
      let interpreter = arguments.interpreter
      let named = ["nan", "posinf", "neginf"].enumerated().compactMap { place, name in
        arguments.has(place) ? (name, arguments[place]) : nil
      }
      return .builtin(
        BuiltinFunction("hook(g)") { [unowned interpreter] gradient in
          guard let function = interpreter.builtin("nan_to_num") else { return .nil }
          return try interpreter.call(function, [gradient[0]], named: named)
        })
    },
  ]

  private static let moduleAliases: [Builtin] = [
    Builtin(
      "NewtonCG(maxiter=nil, tol=1e-8, reg=1e-8, hvp_method=\"autograd\", h=1e-3)",
      for: "newton_cg",
      renaming: ["hvp_method": "hvp"],
      """
      `newton_cg` under torchzero's name. `hvp_method` is `"autograd"`, `"fd_forward"` or `"fd_central"`, or
      what `newton_cg` calls them; behind an approximator it must be one of differences.

          let x = param([-1.1, 2.5])
          fn rosenbrock(p) { (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2 }
          let opt = Optimizer(x, FDM(), NewtonCG(hvp_method="fd_forward"), Backtracking())
          for i in 0..20 { opt.step(() => rosenbrock(x)) }
          print(rosenbrock(x) < 1e-6)    # true
      """),
    Builtin(
      "Backtracking(init=1.0, beta=0.5, c=1e-4, condition=\"armijo\", maxiter=10, adaptive=true)",
      for: "backtracking",
      """
      `backtracking` under torchzero's name.

          let x = param(3.0)
          Optimizer(x, NewtonCG(), Backtracking()).step(() => x ** 2)
          print(abs(x) < 1e-6)    # true
      """),
    Builtin(
      "HeavyBall(momentum=0.9, dampening=0.0)", for: "heavy_ball",
      """
      `heavy_ball` under torchzero's name: the buffer begins at 0, as torchzero's does with
      `ema_init="zeros"`.

          let x = param(1.0)
          let opt = Optimizer(x, HeavyBall(0.5), LR(0.1))
          for i in 0..2 { opt.step(3 * x) }
          print(round(x, 4))    # 0.25
      """),
    Builtin(
      "NAG(momentum=0.9)",
      """
      Nesterov's momentum under torchzero's name: `trace` with `nesterov`.

          let t = NAG(0.9)
          print(t.update({w: 1.0}, t.init({w: 0.0}))[0])    # {w: 1.9}
      """
    ) { .transform(try .trace($0.hyperparameter(0), dampening: 0, nesterov: true)) },
    Builtin(
      "EMA(momentum=0.9, debias=false)", for: "ema", renaming: ["momentum": "decay"],
      """
      `ema` under torchzero's name, which does not correct for the beginning at 0 unless told.

          let t = EMA(0.75)
          print(t.update({w: 1.0}, t.init({w: 0.0}))[0])    # {w: 0.25}
      """),
    Builtin(
      "ClipNorm(max_norm)", for: "clip_grad_norm",
      """
      `clip_grad_norm` under torchzero's name, with the norm of all parameters together.

          let t = ClipNorm(1.0)
          let g = {a: 3.0, b: 4.0}
          print(near(t.update(g, t.init(g))[0].a, 0.6, rtol=1e-6))    # true
      """),
    Builtin(
      "ClipValue(value)", for: "clip_grad_value", renaming: ["value": "clip_value"],
      """
      `clip_grad_value` under torchzero's name.

          let t = ClipValue(1.0)
          print(t.update([0.5, -3.0], t.init([0.0, 0.0]))[0])    # [0.5, -1.0]
      """),
    OptimizerFamily.learningRate.functionBuiltin,
  ]
}
