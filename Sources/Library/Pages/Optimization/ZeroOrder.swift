// Zero-order differentiation: gradients estimated from values, for functions, models and optimizers.

import Autodiff
import Language
import Optimizers
import Tensors
import ZeroOrder

extension Builtins {
  static let zeroOrder = BuiltinPage(
    "Zero-order differentiation", objects: [ZeroOrderFunction.self, ApproximatorObject.self],
    estimators + approximators + [customApproximator])

  private static let estimators: [Builtin] = [
    Builtin(
      "zero_order(f=nil, distribution=nil, method=\"naive\", argnums=0, num_samples=1, sigma=1.0, "
        + "has_aux=false, shaping=\"none\", baseline=\"none\", common_random_numbers=true, "
        + "batched=true, parallel=false)",
      """
      A function whose value is that of `f` and whose derivative by the arguments `argnums` is
      estimated from values of `f`; by everything else gradients flow as usual. Mostly a decorator, of
      a `fn` or of a `model`, which then gets estimated gradients by all its parameters and draws
      noise with its method `sample(shape)`.

      With z drawn from the distribution, N = num_samples and s = sigma:

      - `"naive"`: the mean of f(x + s z) z / s;
      - `"forward"`: the mean of (f(x + s z) - f(x)) z / s. TorchOpt multiplies by sigma here, and
        subtracts differences from differences; this is the published formula;
      - `"antithetic"`: the mean of (f(x + s z) - f(x - s z)) z / 2s, with two evaluations a sample.

      A distribution has mean 0 and variance 1: `Normal(0, 1)` unless another is given, `Rademacher()`,
      `Uniform(-sqrt(3), sqrt(3))`, `Sphere()` and `Orthogonal()` (over all leaves together, of length
      √n), an object with `sample(shape)`, or a function of a shape, called sample by sample and leaf
      by leaf. Noise is fixed by the call: a graph differentiated twice, or to the second order, sees
      the same.

      `shaping` takes `"ranks"` (-½ … ½, ties averaged) or `"zscore"` of the values in place of the
      values, which is no longer the gradient of f but knows no scale. `baseline` subtracts the `"mean"`
      from naive values, or for each sample the mean of the others, `"leave_one_out"`. Samples where f
      is nan or infinite are left out of everything, with a warning; ranks alone have a place for them,
      the worst for nan.

      All samples are evaluated in one call through `vmap` where f allows it: where it does not branch
      on values, nor changes, prints or reads anything outside itself. Otherwise f runs sample by
      sample, on the same numbers; `batched=false` asks for that. With `common_random_numbers` what f
      itself draws is the same in every evaluation. With `parallel=true` the ranks of the program share the
      samples, in pieces of eight: any number of ranks gives the same bits, and a number a sample is all that
      they exchange.

      `g.estimate(x)` of the decorated function gives the estimate as a record with its
      `standard_error`.

          @zero_order(method="antithetic", num_samples=5000, sigma=0.1)
          fn f(x) { sum(x ** 2) }
          seed(0)
          let x = [1.0, 2.0]
          let g = grad(f)(x)
          print(f(x), norm(g - 2 * x) < 0.5)            # 5.0 true
          print(f.estimate(x).standard_error < 0.3)     # [true, true]
      """
    ) { try zeroOrderDecorated($0) }
  ]

  /// The decorator for arguments in TorchOpt's order, `zero_order(Normal(0, 1), "naive", 0, 100)`: the
  /// distribution stands in the function's place, and each argument behind it in the place before its
  /// own, up to the first that is not given. Nil for the order of the signature.
  private static func distributionFirst(_ arguments: Arguments) -> Value? {
    let isMethod = arguments[1].text.map { Estimator.Method(rawValue: $0) != nil } ?? false
    switch arguments[0] {
    case .host(let host) where host is Distribution && (isMethod || !arguments.isGiven(1)): break
    case let value where value.isCallable && isMethod: break
    default: return nil
    }
    return decorator(arguments, isShifted: true)
  }

  /// The decorator with the first argument as its distribution.
  private static func decorator(_ arguments: Arguments, isShifted: Bool) -> Value? {
    let parameters = arguments.callee.parameters
    var named = [("distribution", arguments[0])]
    var isShifted = isShifted
    for index in parameters.indices.dropFirst() {
      guard arguments.isGiven(index) else {
        isShifted = false
        continue
      }
      let place = isShifted ? index + 1 : index
      guard place < parameters.count else { return nil }
      named.append((parameters[place].name, arguments[index]))
    }
    return Differentiation.decorator(arguments, named: named)
  }

  private static func zeroOrderDecorated(_ arguments: Arguments) throws -> Value {
    let interpreter = arguments.interpreter
    if let decorator = distributionFirst(arguments) { return decorator }
    let options = try zeroOrderOptions(arguments)
    switch arguments[0] {
    case .absent: return Differentiation.decorator(arguments)
    case .model(let type):
      guard type.hasMethod("forward") else {
        throw RuntimeError(
          .type, "zero_order needs a model with a method `forward`, and \(type.name) has none")
      }
      guard !arguments.has(3) else {
        throw RuntimeError(
          .value, "argnums has no place for a model: gradients go to all its parameters")
      }
      let hasOwnSource = arguments.has(1) || !type.hasMethod("sample")
      let memory = ZeroOrderFunction.Memory()
      return .model(
        ModelType(type, replacing: "forward") { [unowned interpreter] instance, forward, call in
          var own = options
          if !hasOwnSource, let source = try Value.instance(instance).directionSource(interpreter) {
            own.source = source
          }
          return try ZeroOrderFunction(forward, .parameters(instance), own, memory).call(call)
        })
    default:
      // `zero_order(noise, method="naive")` of a function of a shape looks like one of the function to
      // be estimated, until it is called with that.
      return .host(
        ZeroOrderFunction(
          try arguments.function(0), .arguments(try Differentiation.argumentNumbers(arguments, 3)),
          options, decorator: arguments.isGiven(1) ? nil : decorator(arguments, isShifted: false)))
    }
  }

  private static func zeroOrderOptions(_ arguments: Arguments) throws -> ZeroOrderOptions {
    try ZeroOrderOptions(
      arguments, distribution: 1, method: 2, samples: 4, hasAux: arguments.bool(6), shaping: 7)
  }
}

// MARK: - Approximators

extension Builtins {
  private static let approximators: [Builtin] = [
    Builtin(
      "FDM(h=1e-3, formula=\"central\", target=\"closure\")",
      """
      Finite differences along every coordinate. Like every approximator, called with a function it
      gives the function's gradient, also as a decorator; in front of a chain it stands for the
      gradient of the loss, which all transforms after it then see: see `newton_cg` and `backtracking`.
      Steps are made with a function of the loss: `opt.step(() => loss(net))`.

      Formulas: \(formulas). With n coordinates the two-point formulas to one side evaluate n + 1
      times, `"central2"` 2n; in a chain the loss itself is evaluated once more. Parameters are never
      changed, so there is nothing to restore.

      `h` is a number, a schedule of the count of steps, or a tree of them by the parameters' structure.
      `target` says what an optimizer's step sees of the approximation: with `"closure"` whoever asks for
      a gradient anywhere, and nothing is evaluated before; with `"grad"` the gradient at the parameters,
      evaluated at once; with `"update"` the updates alone, so that later transforms that ask for the
      gradient get the exact one.

          let slope = FDM(h=1e-3, formula="central4")(x => sum(x ** 3))
          print(round(slope([1.0, 2.0]), 6))    # [3.0, 12.0]
      """
    ) { arguments in
      .approximator(
        try .finiteDifferences(
          arguments.stencil(1), h: arguments.distance(0),
          rehearse: arguments.rehearsal
        ).aimed(arguments, 2))
    },
    randomized(
      "RandomizedFDM", h: "1e-3", samples: 1, formula: "central", distribution: "rademacher",
      "Differences along random directions."),
    randomized(
      "SPSA", h: "1e-3", samples: 1, formula: "central", distribution: "rademacher",
      "Simultaneous perturbation (Spall 1992): `RandomizedFDM` under its name."),
    randomized(
      "RDSA", h: "1e-3", samples: 1, formula: "central2", distribution: "gaussian",
      "Random directions stochastic approximation: differences along normal directions."),
    randomized(
      "GaussianSmoothing", h: "1e-2", samples: 100, formula: "forward2", distribution: "gaussian",
      "The gradient of the loss smoothed by a normal distribution (Nesterov and Spokoiny 2015)."),
    Builtin(
      "MeZO(h=1e-3, n_samples=1, formula=\"central2\", distribution=\"rademacher\", seed=nil, "
        + "return_approx_loss=false, target=\"closure\")",
      """
      Differences along random directions that are never stored: each is drawn again from its key
      whenever it is needed (Malladi et al. 2023). As the first of a chain whose other members treat
      every element by itself, such as `sgd(0.01)`, an optimizer's step moves the parameters where
      they lie and exactly back, so that it needs no memory but what evaluating the loss takes.

          let w = param(ones(4))
          let opt = Optimizer(w, chain(MeZO(seed=0), sgd(0.05)))
          for i in 0..200 { opt.step(() => sum(w ** 2)) }
          print(norm(w) < 0.1)    # true
      """
    ) { arguments in
      var rule = try arguments.randomizedDifferences()
      rule.seed = try arguments.seed(4)
      rule.reportsMovedLoss = try arguments.bool(5)
      rule.isReplayed = true
      return .approximator(
        try .randomizedDifferences("MeZO", rule, rehearse: arguments.rehearsal)
          .aimed(arguments, 6))
    },
    Builtin(
      "ForwardGradient(n_samples=1, distribution=\"gaussian\", pre_generate=true, seed=nil, "
        + "jvp_method=\"autograd\", h=1e-3, target=\"closure\")",
      """
      Exact slopes along random directions, by forward mode (Baydin et al. 2022): unbiased, without a
      backward pass. `jvp_method` `"forward"` or `"central"` takes differences along the direction of
      length 1 instead.

          seed(0)
          let gradient = ForwardGradient(n_samples=2000)(x => sum(x ** 2))
          print(norm(gradient([1.0, 2.0]) - [2.0, 4.0]) < 0.5)    # true
      """
    ) { arguments in
      var rule = try RandomizedDifferences(
        h: arguments.distance(5), samples: arguments.int(0),
        stencil: .forwardDifference, source: arguments.directions(1))
      rule.isFixedInStep = try arguments.bool(2)
      rule.seed = try arguments.seed(3)
      let method = try arguments.choice(
        4, SlopeMethod.allCases.map(\.rawValue))
      return .approximator(
        try .forwardGradient(
          rule, SlopeMethod(rawValue: method) ?? .autograd, rehearse: arguments.rehearsal
        ).aimed(arguments, 6))
    },
  ]

  private static let formulas =
    Stencil.all.map { "`\"\($0.name)\"`" }.joined(separator: ", ")
    + ", and `\"forward\"`, `\"backward\"`, `\"central\"`, `\"central3\"` for those of two points"

  /// A row of the table of approximators by random directions.
  private static func randomized(
    _ name: String, h: String, samples: Int, formula: String, distribution: String, _ about: String
  ) -> Builtin {
    Builtin(
      "\(name)(h=\(h), n_samples=\(samples), formula=\"\(formula)\", "
        + "distribution=\"\(distribution)\", pre_generate=true, seed=nil, beta=0.0, "
        + "return_approx_loss=false, target=\"closure\")",
      """
      \(about)

      The mean over `n_samples` directions z of z times the slope of the loss along it, by any formula
      that `FDM` lists. `distribution` is a name ("rademacher", "gaussian", "uniform", "sphere",
      "orthogonal", all with variance 1), a distribution, or a function of a shape. With
      `pre_generate` all gradients of an optimizer's step have the same directions, without it each
      its own. A `seed`, an Int or a Key, makes a stream of its own, counted in the state. `beta` lets
      directions change slowly, z ← beta z + √(1 - beta²) ξ, at the same variance.
      `return_approx_loss` saves the evaluation at the parameters for formulas that do without, and
      reports the loss after the first move. `h` and `target` are as those of `FDM`.

          seed(0)
          let gradient = \(name)(h=1e-4, n_samples=4000)(x => sum(x ** 2))
          print(norm(gradient([1.0, 2.0]) - [2.0, 4.0]) < 0.5)    # true
      """
    ) { arguments in
      var rule = try arguments.randomizedDifferences()
      rule.isFixedInStep = try arguments.bool(4)
      rule.seed = try arguments.seed(5)
      rule.momentum = try arguments.double(6)
      rule.reportsMovedLoss = try arguments.bool(7)
      return .approximator(
        try .randomizedDifferences(name, rule, rehearse: arguments.rehearsal)
          .aimed(arguments, 8))
    }
  }

  private static let customApproximator = Builtin(
    "GradApproximator(approximate, name=\"GradApproximator\", target=\"closure\", pre_step=nil, "
      + "return_approx_loss=false)",
    """
    A gradient approximator of one's own, by a function `approximate(f, params)` that gives a tree of
    the structure of `params`, with `f(params)` the loss. It can be called, decorate, and stand in
    front of a chain, as all approximators do; `target` is that of `FDM`.

    A function with a parameter `loss` is given the loss at `params` where it is known, else nil; it may give
    a list of the gradient, the loss at `params` or nil, and the loss at a moved point or nil. The loss
    saves an evaluation, and with `return_approx_loss` the moved one does. `pre_step(f, params)` runs once a
    step, however often the gradient is asked for; what it gives is handed to a parameter `drawn`.

        fn one_sided(f, x, h=1e-6) { (f(x + h) - f(x)) / h }
        let approx = GradApproximator(one_sided)
        print(round(approx(x => x ** 2)(3.0), 3))    # 6.0
    """
  ) { arguments in
    .approximator(
      try GradientApproximator(
        arguments.string(1), calling: arguments.function(0),
        preparing: arguments.has(3) ? arguments.function(3) : nil,
        reportsMovedLoss: arguments.bool(4), arguments.interpreter
      ).aimed(arguments, 2))
  }
}

extension GradientApproximator {
  /// The approximator with the target of an argument.
  fileprivate func aimed(_ arguments: Arguments, _ index: Int) throws -> GradientApproximator {
    let word = try arguments.choice(index, ApproximationTarget.allCases.map(\.rawValue))
    var aimed = self
    aimed.target = ApproximationTarget(rawValue: word) ?? .closure
    return aimed
  }
}

// MARK: - Their arguments

extension Arguments {
  /// How approximators try a function on several points at once.
  fileprivate var rehearsal: SampledFunction.Rehearsal {
    { [unowned interpreter] in try interpreter.rehearse($0) }
  }

  /// A finite-difference formula by name.
  fileprivate func stencil(_ index: Int) throws -> Stencil {
    let name = try string(index)
    guard let stencil = Stencil(named: name) else {
      let names = Stencil.all.map(\.name) + Stencil.aliases.keys.sorted()
      throw RuntimeError(
        .value, "`\(parameterName(index))` of \(callee.name) cannot be \(name.excerpt)",
        hint: nearest(to: name, among: names).map { "did you mean \"\($0)\"?" }
          ?? "formulas are \(Stencil.all.map { "\"\($0.name)\"" }.joined(separator: ", "))")
    }
    return stencil
  }

  /// The parameters that all approximators by random directions begin with.
  fileprivate func randomizedDifferences() throws -> RandomizedDifferences {
    try RandomizedDifferences(
      h: distance(0), samples: int(1),
      stencil: stencil(2), source: directions(3))
  }

  /// How far points move for differences.
  ///
  /// - Throws: a value error for one that a derivative passes through, or that `vmap` maps.
  fileprivate func distance(_ index: Int) throws -> Hyperparameter {
    if !given(index).isCallable {
      for leaf in try ValueTree(given(index)).variables { _ = try undifferentiated(leaf, index) }
    }
    return try hyperparameter(index)
  }

  /// A source of directions, or the law of a name.
  fileprivate func directions(_ index: Int) throws -> DirectionSource {
    let value = given(index)
    guard let source = try value.directionSource(interpreter) else {
      throw mismatch(index, "a distribution or its name")
    }
    return source
  }
}
