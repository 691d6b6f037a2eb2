// Transforms: what optimizers are made of, and what goes around and between them.

import Autodiff
import Language
import Optimizers
import Tensors

extension Builtins {
  static let transforms = BuiltinPage(
    "Transforms", objects: [TransformObject.self],
    combining + scalers + bounds + changes + wrappers + guided)

  private static let combining: [Builtin] = [
    Builtin(
      "chain(*transforms)",
      """
      A transform that passes updates through others from left to right.

          let t = chain(scale(2.0), sgd(0.5))
          print(t.update({w: 2.0}, t.init({w: 1.0}))[0])    # {w: -2.0}
      """
    ) { .host(try $0.chained($0.rest(0), from: 0, "Transforms")) },
    Builtin(
      "masked(transform, mask)",
      """
      A transform of some parameters; the updates of the others pass as they are. The mask is a tree
      of Bools, which may end above the parameters, or a function of the parameters that gives one.

          let w = {a: 1.0, b: 1.0}
          let t = masked(scale(-0.5), {a: true, b: false})
          print(t.update({a: 2.0, b: 2.0}, t.init(w), w)[0])    # {a: -1.0, b: 2.0}
      """
    ) { arguments in
      let mask = try arguments[1].selection(arguments.interpreter)
      return try .transform(around: arguments[0], arguments.transformation(0)) { .masked($0, mask) }
    },
    Builtin(
      "partition(transforms, labels)",
      """
      A transform that treats each parameter with the transform of its label. The labels are a tree
      of Strings, which may end above the parameters, or a function of the parameters.

          let w = {body: {a: 1.0, b: 2.0}, head: 3.0}
          let t = partition({slow: sgd(0.1), fast: sgd(1.0)}, {body: "slow", head: "fast"})
          let g = {body: {a: 1.0, b: 1.0}, head: 1.0}
          print(t.update(g, t.init(w), w)[0])    # {body: {a: -0.1, b: -0.1}, head: -1.0}
      """
    ) { arguments in
      let parts = try arguments.record(0).pairs.map { label, value in
        (
          label: label,
          transformation: try arguments.transformation(value, 0, "a Record of Transforms")
        )
      }
      let labels = try arguments[1].selection(arguments.interpreter, labels: parts.map(\.label))
      return .transform(.partition(parts, labels))
    },
  ]

  private static let scalers: [Builtin] = [
    Builtin(
      "scale(factor)",
      """
      A transform that multiplies updates by a number, tensor, parameter or schedule.

          let t = scale(-0.5)
          print(t.update({w: 2.0}, t.init({w: 1.0}))[0])    # {w: -1.0}
      """
    ) { .transform(.scale(try $0.hyperparameter(0))) },
    Builtin(
      "scale_by_schedule(schedule)",
      """
      A transform that multiplies updates by what a schedule gives for the step count.

          let t = scale_by_schedule(count => -1.0 / (count + 1))
          let (updates, state) = t.update({w: 2.0}, t.init({w: 1.0}))
          print(updates, t.update({w: 2.0}, state)[0])    # {w: -2.0} {w: -1.0}
      """
    ) { .transform(.scale(try $0.hyperparameter(0), name: "scale_by_schedule")) },
    Builtin(
      "trace(x=0.9, dampening=0.0, nesterov=false)",
      """
      Given a matrix, the sum of its diagonal. Given a momentum, a transform that keeps a
      decaying sum of the updates: the momentum of SGD.

          print(trace([[1.0, 2.0], [3.0, 4.0]]))    # 5.0
      """
    ) { arguments in
      if let variable = arguments[0].variable, variable.rank >= 2 {
        return .tensor(try variable.trace())
      }
      return .transform(
        try .trace(
          arguments.hyperparameter(0),
          dampening: arguments.hyperparameter(1),
          nesterov: arguments.bool(2)))
    },
    Builtin(
      "add_decayed_weights(weight_decay=0.0, mask=nil)",
      """
      A transform that adds `weight_decay` times the parameters to the updates, where the mask says
      so.

          let t = add_decayed_weights(0.1)
          print(t.update({w: 2.0}, t.init({w: 1.0}), {w: 1.0})[0])    # {w: 2.1}
      """
    ) { arguments in
      let decay = try arguments.hyperparameter(0)
      try decay.require("weight_decay", .nonNegative)
      let added = GradientTransformation.addDecayedWeights(decay)
      guard arguments.has(1) else { return .transform(added) }
      return .transform(.masked(added, try arguments[1].selection(arguments.interpreter)))
    },
    scaler(
      "scale_by_adam(b1=0.9, b2=0.999, eps=1e-8, eps_root=0.0, moment_requires_grad=false)",
      "The directions of `adam`.", shown: "1.0"
    ) { given in
      try .scaleByAdam(
        Betas(given.number("b1"), given.number("b2")), epsilon: given.number("eps"),
        rootEpsilon: given.number("eps_root"))
    },
    scaler(
      "scale_by_adamax(b1=0.9, b2=0.999, eps=1e-6, moment_requires_grad=false)",
      "The directions of `adamax`.", shown: "1.0"
    ) { given in
      try .scaleByAdamax(
        Betas(given.number("b1"), given.number("b2")), epsilon: given.number("eps"))
    },
    scaler(
      "scale_by_radam(b1=0.9, b2=0.999, eps=1e-6, moment_requires_grad=false)",
      "The directions of `radam`.", shown: "2.0"
    ) { given in
      try .scaleByRAdam(
        Betas(given.number("b1"), given.number("b2")), epsilon: given.number("eps"))
    },
    scaler(
      "scale_by_adadelta(rho=0.9, eps=1e-6, moment_requires_grad=false)",
      "The directions of `adadelta`.", shown: "0.0032"
    ) { given in try .scaleByAdadelta(rho: given.number("rho"), epsilon: given.number("eps")) },
    scaler(
      "scale_by_rms(alpha=0.9, eps=1e-8, initial_scale=0.0)",
      "Updates over the root of their moving mean square, as in `rmsprop`.", shown: "3.1623"
    ) { given in
      try .scaleByRMS(
        alpha: given.number("alpha"), epsilon: given.number("eps"),
        initialScale: given.number("initial_scale"))
    },
    scaler(
      "scale_by_stddev(alpha=0.9, eps=1e-8, initial_scale=0.0)",
      "Updates over their moving standard deviation, as in `rmsprop` with `centered`.",
      shown: "3.3333"
    ) { given in
      try .scaleByStandardDeviation(
        alpha: given.number("alpha"), epsilon: given.number("eps"),
        initialScale: given.number("initial_scale"))
    },
    scaler(
      "scale_by_rss(initial_accumulator_value=0.0, eps=1e-10)",
      "Updates over the root of the sum of their squares, as in `adagrad`.", shown: "1.0"
    ) { given in
      try .scaleByRSS(
        initialAccumulator: given.number("initial_accumulator_value"), epsilon: given.number("eps"))
    },
    Builtin(
      "ema(decay, debias=true)",
      """
      A transform that gives the exponential moving average of the updates, corrected for its
      beginning at 0 unless told otherwise.

          let t = ema(0.9)
          print(near(t.update({w: 2.0}, t.init({w: 1.0}))[0].w, 2.0))    # true
      """
    ) { arguments in
      .transform(
        try .movingAverage(
          arguments.hyperparameter(0), debias: arguments.bool(1)))
    },
  ]

  private static let bounds: [Builtin] = [
    Builtin(
      "clip_grad_norm(max_norm, norm_type=2.0, error_if_nonfinite=false, differentiable_norm=false)",
      """
      A transform that scales all updates by one factor, so that their common norm is at most
      `max_norm`. The factor is a constant of differentiation, as in TorchOpt, unless
      `differentiable_norm`. `norm_type` may be `inf`.

          let t = clip_grad_norm(1.0)
          let g = {a: 3.0, b: 4.0}
          print(near(t.update(g, t.init(g))[0].a, 0.6, rtol=1e-6))    # true
      """
    ) { arguments in
      .transform(
        try .clipByGlobalNorm(
          arguments.hyperparameter(0), order: arguments.double(1),
          refusesNonfinite: arguments.bool(2),
          differentiableNorm: arguments.bool(3)))
    },
    Builtin(
      "clip_grad_value(clip_value)",
      """
      A transform that keeps each element of the updates between -`clip_value` and `clip_value`.

          let t = clip_grad_value(1.0)
          print(t.update([0.5, -3.0], t.init([0.0, 0.0]))[0])    # [0.5, -1.0]
      """
    ) { .transform(try .clipByValue($0.hyperparameter(0))) },
    Builtin(
      "zero_nan(x=nil)",
      """
      A tensor with 0 in place of nan; without one, a transform that does so to updates.

      `register_hook(zero_nan)` does it to the gradients that come back through the updates.

          print(zero_nan([nan, 1.0]))    # [0.0, 1.0]
      """
    ) { arguments in
      guard arguments.has(0) else { return .transform(.zeroNaN) }
      return .tensor(try arguments.variable(0).withoutNaN())
    },
    Builtin(
      "register_hook(f)",
      """
      A transform that leaves the updates as they are and passes the gradients that later reach them,
      on the way back from an outer loss, through a function of one tensor: TorchOpt's hook. Where
      the function gives nil, the gradient stays.

          let t = register_hook(g => 10 * g)
          print(grad(x => t.update(x, t.init(x))[0] ** 2)(3.0))    # 60.0
      """
    ) { arguments in
      let function = try arguments.function(0)
      let interpreter = arguments.interpreter
      return .transform(
        .registerHook { [unowned interpreter] gradient in
          let result = try interpreter.call(function, [.tensor(gradient)])
          if case .nil = result { return nil }
          guard let variable = result.variable else {
            throw RuntimeError(
              .type, "a hook gives a Tensor or nil, not \(result.shortDescription)")
          }
          return variable
        })
    },
  ]

  private static let changes: [Builtin] = [
    Builtin(
      "identity()",
      """
      A transform that changes nothing.

          print(identity().update({w: 2.0}, ())[0])    # {w: 2.0}
      """
    ) { _ in .transform(.identity) },
    Builtin(
      "freeze(mask)",
      """
      A transform whose updates are 0 where the mask is true, and pass elsewhere. The mask is that of
      `masked`.

          let t = chain(sgd(1.0), freeze({a: true, b: false}))
          let w = {a: 1.0, b: 1.0}
          print(t.update(w, t.init(w), w)[0])    # {a: 0.0, b: -1.0}
      """
    ) { arguments in
      .transform(.freeze(try arguments[0].selection(arguments.interpreter)))
    },
    Builtin(
      "centralize()",
      """
      A transform that subtracts from each row of a matrix its mean, and so for every index of the first
      of several axes; scalars and vectors pass.

          print(centralize().update([[1.0, 3.0], [5.0, 5.0]], ())[0])    # [[-1.0, 1.0], [0.0, 0.0]]
      """
    ) { _ in .transform(.centralize) },
    Builtin(
      "adaptive_clip(clipping, eps=0.001, axis=nil)",
      """
      A transform that keeps the norm of each unit's update within `clipping` times that of its
      parameters, which counts as `eps` at least. Units are the columns of a matrix, the last axis of a
      convolution's kernel, else the whole leaf; `axis` says over which axes norms are taken instead.

          let t = adaptive_clip(0.1)
          print(near(t.update([30.0, 40.0], (), [3.0, 4.0])[0], [0.3, 0.4]))    # true
      """
    ) { arguments in
      .transform(
        try .adaptiveClip(
          arguments.hyperparameter(0), epsilon: arguments.hyperparameter(1),
          axes: arguments.axes(2)))
    },
    Builtin(
      "add_noise(eta, gamma, key=nil)",
      """
      A transform that adds normal noise of variance eta / tᵞ at the t-th step. A `key`, of `random_key` or
      an Int, stands for the noise of all steps; without one it is the program's stream.

          let t = add_noise(0.01, 0.55, key=0)
          let u = t.update(zeros(1000), t.init(zeros(1000)))[0]
          print(std(u) < 0.11, std(u) > 0.09)    # true true
      """
    ) { arguments in
      .transform(
        try .addNoise(
          variance: arguments.hyperparameter(0), decay: arguments.hyperparameter(1),
          key: arguments.seed(2)))
    },
  ]

  private static let wrappers: [Builtin] = [
    Builtin(
      "accumulate(transform, every)",
      """
      A transform that gathers `every` gradients and steps with their mean; its updates in between
      are 0.

          let t = accumulate(sgd(1.0), 2)
          let (first, state) = t.update(1.0, t.init(0.0))
          print(first, t.update(3.0, state)[0])    # 0.0 -2.0
      """
    ) { arguments in
      let every = try arguments.int(1)
      return try .transform(around: arguments[0], arguments.transformation(0)) {
        try .accumulate($0, every: every)
      }
    },
    Builtin(
      "lookahead(transform, sync_period=5, slow_step_size=0.5, reset_state=false)",
      """
      A transform with slow parameters in its state: at every `sync_period`-th step they go
      `slow_step_size` of the way to the fast ones, which begin again from there.

          let t = lookahead(sgd(1.0), sync_period=1)
          print(t.update(1.0, t.init(0.0), 0.0)[0])    # -0.5
      """
    ) { arguments in
      let (period, resets) = (try arguments.int(1), try arguments.bool(3))
      let slowStep = try arguments.hyperparameter(2)
      return try .transform(around: arguments[0], arguments.transformation(0)) {
        try .lookahead($0, period: period, slowStep: slowStep, resets: resets)
      }
    },
    Builtin(
      "apply_if_finite(transform, max_consecutive_errors=5)",
      """
      A transform that leaves steps out where a gradient or an update is not finite, and stops with
      an error that names the leaves after more than so many in a row. It never lets nan through.

          let t = apply_if_finite(sgd(1.0))
          let (updates, state) = t.update({w: nan}, t.init({w: 0.0}))
          print(updates, state.in_a_row)    # {w: 0.0} 1
      """
    ) { arguments in
      let tolerated = try arguments.int(1)
      return try .transform(around: arguments[0], arguments.transformation(0)) {
        try .applyIfFinite($0, tolerated: tolerated)
      }
    },
    Builtin(
      "inject_hyperparams(factory, **hyperparams)",
      """
      A transform made by a function of its hyperparameters, which stand in its state as
      `hyperparams`: a program reads them there and puts others in their place. Schedules are
      written there as they go.

          let t = inject_hyperparams(sgd, lr=0.1)
          let state = t.init(0.0)
          state.hyperparams.lr = 0.5
          print(t.update(1.0, state)[0])    # -0.5
      """
    ) { .transform(try injected($0)) },
  ]

  private static let guided: [Builtin] = [
    Builtin(
      "reduce_on_plateau(factor=0.1, patience=10, rtol=0.0001, atol=0.0, cooldown=0, "
        + "accumulation_size=1, min_scale=0.0)",
      """
      A transform that multiplies updates by a scale, 1 at first, which is multiplied by `factor` after
      `patience` values of the loss in a row that are not below (1 - rtol) best - atol. It needs the loss:
      `opt.step(loss)` gives it, and `t.update(grads, state, params, loss)`.

      `cooldown` values after a reduction do not count; with `accumulation_size` the mean of so many losses
      is one value. The state says the present `scale`.

          let x = param(1.0)
          let opt = Optimizer(x, chain(sgd(1.0), reduce_on_plateau(factor=0.5, patience=2)))
          for i in 0..4 { opt.step(0 * x + 3.0) }
          print(opt.state[0][1].scale)    # 0.5
      """
    ) { arguments in
      .transform(
        .reduceOnPlateau(
          try PlateauRule(
            factor: arguments.hyperparameter(0), patience: arguments.int(1),
            relative: arguments.double(2), absolute: arguments.double(3),
            cooldown: arguments.int(4), accumulation: arguments.int(5),
            least: arguments.hyperparameter(6))))
    },
    Builtin(
      "heavy_ball(momentum=0.9, dampening=0.0)",
      """
      Momentum: a decaying sum of the gradients, which begins at 0, so that the first output is the
      gradient itself.

          let t = heavy_ball(0.9)
          let (first, state) = t.update({w: 1.0}, t.init({w: 0.0}))
          print(first, t.update({w: 1.0}, state)[0])    # {w: 1.0} {w: 1.9}
      """
    ) { arguments in
      .transform(
        try .heavyBall(
          momentum: arguments.hyperparameter(0),
          dampening: arguments.hyperparameter(1)))
    },
    Builtin(
      "newton_cg(lr=1.0, maxiter=nil, tol=1e-8, reg=1e-8, hvp=\"autodiff\", h=1e-3, "
        + "hvp_method=nil)",
      """
      Newton's method: the updates -lr d with (H + reg I) d = g, d by conjugate gradients of at most
      `maxiter` products with the Hessian (as many as there are unknowns unless it is given), until the
      residual is no longer than `tol` and less than half the gradient. It asks for the loss, as `backtracking` does.

      `hvp` says how products are found: by `"autodiff"`, or by `"forward"` or `"central"` differences
      of gradients a distance `h` apart, which go with approximated gradients too. torchzero's words for
      them, `"autograd"`, `"fd_forward"`, `"fd_central"`, serve as well, and so does its `hvp_method` for
      `hvp`.

          let x = param([-1.1, 2.5])
          fn rosenbrock(p) { (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2 }
          let opt = Optimizer(x, chain(FDM(), newton_cg(hvp="forward"), backtracking()))
          for i in 0..20 { opt.step(() => rosenbrock(x)) }
          print(rosenbrock(x) < 1e-6)    # true
      """
    ) { arguments in
      let product = try arguments.choice(
        arguments.has(6) ? 6 : 4, HessianProductMethod.allCases.map(\.rawValue) + torchzeroProducts)
      let newton = try GradientTransformation.newtonCG(
        learningRate: arguments.hyperparameter(0),
        NewtonRule(
          product: HessianProductMethod(
            rawValue: product.hasPrefix("fd_") ? String(product.dropFirst(3)) : product)
            ?? .autodiff,
          maximumProducts: arguments.has(1) ? arguments.int(1) : nil,
          tolerance: arguments.double(2),
          ridge: arguments.scalar(3),
          h: arguments.double(5)))
      return .host(
        TransformObject(
          newton, makesSteps: true,
          behindSteps: (.chain([.scale(-1.0), newton], name: "newton_cg"), nil)))
    },
    Builtin(
      "backtracking(init=1.0, beta=0.5, c=1e-4, condition=\"armijo\", maxiter=10, adaptive=true)",
      """
      A line search along the updates: the first of the steps init, beta init, beta² init … after
      which the loss is low enough, or none after `maxiter`. It asks for the loss, so the step is made
      with a function: `opt.step(() => loss(net))`, or `t.update(grads, state, params, f)`.

      With a the step, s the slope along the updates, `"armijo"` wants f(a) < f(0) + c a s,
      `"goldstein"` also f(a) > f(0) + (1 - c) a s, `"decrease"` f(a) < f(0). Updates that go uphill,
      as a bare gradient does, are turned. Trials that are not finite count as too long. With
      `adaptive`, a search that failed makes the next one begin where it ended, until that would move
      nothing; then the search starts over.

          let x = param(3.0)
          let opt = Optimizer(x, backtracking())
          opt.step(() => x ** 2)
          print(x)    # 0.0
      """
    ) { arguments in
      let condition = try arguments.choice(
        3, BacktrackingRule.Condition.allCases.map(\.rawValue))
      let search = GradientTransformation.backtracking(
        try BacktrackingRule(
          initial: arguments.double(0), factor: arguments.double(1),
          sufficient: arguments.double(2),
          condition: BacktrackingRule.Condition(rawValue: condition) ?? .armijo,
          trials: arguments.int(4), isAdaptive: arguments.bool(5)))
      return .host(TransformObject(search, makesSteps: true))
    },
  ]

  /// How torchzero calls the ways of finding products with the Hessian.
  private static let torchzeroProducts = ["autograd", "fd_forward", "fd_central"]

  /// A scaler with an example of one step.
  private static func scaler(
    _ signature: String, _ about: String, shown: String,
    _ make: @escaping @Sendable (OptimizerArguments) throws -> GradientTransformation
  ) -> Builtin {
    let name = Signature(parsing: signature).name
    return Builtin(
      signature,
      """
      \(about)

          let t = \(name)()
          print(round(t.update({w: 2.0}, t.init({w: 1.0}))[0].w, 4))    # \(shown)
      """
    ) { .transform(try OptimizerArguments($0).make(make)) }
  }

  /// `inject_hyperparams`: numbers and trees of them go to the state, schedules are kept aside, and
  /// what is neither stays as it was given.
  private static func injected(_ arguments: Arguments) throws -> GradientTransformation {
    let factory = try arguments.function(0)
    let interpreter = arguments.interpreter
    var initial: [(key: String, value: Tree)] = []
    var schedules: [(key: String, value: Schedule)] = []
    var fixed: [(String, Value)] = []
    for (key, value) in arguments.options(1).pairs {
      let tree = try ValueTree(value)
      switch value {
      case .int, .float, .tensor, .parameter: initial.append((key, tree.tree))
      case .list where !tree.holdsOther: initial.append((key, tree.tree))
      default:
        if let schedule = value.schedule(interpreter) {
          schedules.append((key, schedule))
        } else {
          fixed.append((key, value))
        }
      }
    }
    let constants = fixed
    return .injectHyperparameters(initial, schedules: schedules) { [unowned interpreter] values in
      let named = values.map { ($0.key, Value($0.value)) } + constants
      let made = try interpreter.call(factory, [], named: named)
      guard let transformation = try made.transformation(interpreter) else {
        throw RuntimeError(
          .type,
          "the factory of inject_hyperparams must give a Transform, not "
            + made.shortDescription)
      }
      return transformation
    }
  }
}
