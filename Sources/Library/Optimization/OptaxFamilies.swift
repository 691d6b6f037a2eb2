// The optimizers that PyTorch or Optax has and TorchOpt has not; see `OptimizerFamilies.swift`.

import Language
import Optimizers

extension OptimizerFamily {
  static let optax: [OptimizerFamily] = [
    OptimizerFamily(
      signature: "amsgrad(lr, b1=0.9, b2=0.999, eps=1e-8, eps_root=0.0, "
        + "bias_correction_mu=true, bias_correction_nu=true)",
      about: """
        Adam by the greatest of its corrected second moments so far. PyTorch corrects the greatest:
        `adam(lr, amsgrad=true)`.
        """,
      names: ["AMSGrad"], shown: ("-0.1", "2.9", "3.6")
    ) { given in
      try .amsgrad(
        learningRate: given.number("lr"), betas: Betas(given.number("b1"), given.number("b2")),
        epsilon: given.number("eps"), rootEpsilon: given.number("eps_root"),
        correctsFirst: given.flag("bias_correction_mu"),
        correctsSecond: given.flag("bias_correction_nu"))
    },
    OptimizerFamily(
      signature:
        "nadamw(lr, b1=0.9, b2=0.999, eps=1e-8, eps_root=0.0, weight_decay=0.0001, mask=nil)",
      about: "Adam with Nesterov's momentum, and weight decay apart from the gradient.",
      names: ["NAdamW"], shown: ("-0.1474", "2.8526", "3.4105")
    ) { given in
      try .nadamw(
        learningRate: given.number("lr"), betas: Betas(given.number("b1"), given.number("b2")),
        epsilon: given.number("eps"), rootEpsilon: given.number("eps_root"),
        weightDecay: given.number("weight_decay"), mask: given.mask())
    },
    OptimizerFamily(
      signature: "adabelief(lr, b1=0.9, b2=0.999, eps=1e-16, eps_root=1e-16, nesterov=false)",
      about: """
        Adam with the mean square distance of the gradient from its moving average in place of its
        square: large steps where gradients come as expected.
        """,
      names: ["AdaBelief"], shown: ("-0.1111", "2.8889", "3.5556")
    ) { given in
      try .adabelief(
        learningRate: given.number("lr"), betas: Betas(given.number("b1"), given.number("b2")),
        epsilon: given.number("eps"), rootEpsilon: given.number("eps_root"),
        nesterov: given.flag("nesterov"))
    },
    OptimizerFamily(
      signature: "adan(lr, b1=0.98, b2=0.92, b3=0.99, eps=1e-8, eps_root=1e-8, weight_decay=0.0, "
        + "mask=nil)",
      about: """
        Adam with the moving average of the gradient's change as Nesterov's look ahead; weight decay
        apart from the gradient.
        """,
      names: ["Adan"], shown: ("-0.1", "2.9", "3.6")
    ) { given in
      try .adan(
        learningRate: given.number("lr"), betas: Betas(given.number("b1"), given.number("b2")),
        third: given.number("b3"), epsilon: given.number("eps"),
        rootEpsilon: given.number("eps_root"), weightDecay: given.number("weight_decay"),
        mask: given.mask())
    },
    OptimizerFamily(
      signature: "adafactor(lr=nil, min_dim_size_to_factor=128, decay_rate=0.8, decay_offset=0, "
        + "multiply_by_parameter_scale=true, clipping_threshold=1.0, momentum=nil, "
        + "weight_decay_rate=nil, eps=1e-30, factored=true, weight_decay_mask=nil)",
      about: """
        Steps by second moments of which a large matrix keeps the means of rows and columns alone. Steps
        are as large as the parameter's root mean square, unless `multiply_by_parameter_scale=false`; what
        is nil is left out.
        """,
      names: ["Adafactor"], shown: ("-0.1", "2.7", "3.6")
    ) { given in
      try .adafactor(
        learningRate: given.numberOrNothing("lr"),
        AdafactorRule(
          isFactored: given.flag("factored"), leastExtent: given.int("min_dim_size_to_factor"),
          decay: given.number("decay_rate"), offset: given.int("decay_offset"),
          epsilon: given.number("eps")),
        scalesByParameters: given.flag("multiply_by_parameter_scale"),
        clippingThreshold: given.numberOrNothing("clipping_threshold"),
        momentum: given.numberOrNothing("momentum"),
        weightDecay: given.numberOrNothing("weight_decay_rate"),
        mask: given.mask("weight_decay_mask"))
    },
    OptimizerFamily(
      signature: "rprop(lr=0.01, etas=(0.5, 1.2), step_sizes=(1e-6, 50.0), maximize=false)",
      about: """
        Every element goes by the sign of its gradient, with a step size of its own: it begins as `lr`,
        is multiplied by the second of `etas` where the sign stays and by the first where it turns, and
        is kept within `step_sizes`. Gradients reach the numbers, not what the loss was made of.
        """,
      names: ["Rprop"], shown: ("-0.1", "2.9", "3.6")
    ) { given in
      try .rprop(
        learningRate: given.number("lr"), etas: given.betas("etas"),
        stepSizes: given.betas("step_sizes"), maximize: given.flag("maximize"))
    },
    OptimizerFamily(
      signature: "lars(lr, weight_decay=0.0, weight_decay_mask=true, trust_coefficient=0.001, "
        + "eps=0.0, trust_ratio_mask=true, momentum=0.9, nesterov=false)",
      about: """
        Momentum with directions whose length is `trust_coefficient` times that of their parameter: for
        large batches.
        """,
      names: ["LARS"], shown: ("-0.0001", "2.9997", "3.9996")
    ) { given in
      try .lars(
        learningRate: given.number("lr"), weightDecay: given.number("weight_decay"),
        decayMask: given.mask("weight_decay_mask"),
        trustCoefficient: given.number("trust_coefficient"), epsilon: given.number("eps"),
        trustMask: given.mask("trust_ratio_mask"), momentum: given.number("momentum"),
        nesterov: given.flag("nesterov"))
    },
    OptimizerFamily(
      signature: "yogi(lr, b1=0.9, b2=0.999, eps=0.001)",
      about: "Adam whose second moment changes by no more than the squared gradient.",
      names: ["Yogi"], shown: ("-0.0999", "2.9", "3.6")
    ) { given in
      try .yogi(
        learningRate: given.number("lr"), betas: Betas(given.number("b1"), given.number("b2")),
        epsilon: given.number("eps"))
    },
    OptimizerFamily(
      signature: "sign_sgd(lr)",
      about: """
        Steps of one length by the signs of the gradient, whose derivative is 0: gradients reach the
        learning rate and the parameters, not the loss of a step.
        """,
      names: ["SignSGD"], shown: ("-0.1", "2.9", "3.6")
    ) { given in try .signSGD(learningRate: given.number("lr")) },
    OptimizerFamily(
      signature: "muon(lr, ns_coeffs=(3.4445, -4.775, 2.0315), ns_steps=5, beta=0.95, eps=1e-8, "
        + "weight_decay=0.0, weight_decay_mask=nil, nesterov=true, adaptive=false, "
        + "preconditioning=\"frobenius\", adam_b1=0.9, adam_b2=0.999, adam_eps_root=0.0, "
        + "adam_weight_decay=0.0, adam_learning_rate=nil, consistent_rms=nil)",
      about: """
        Matrices step by the orthogonal matrix near their momentum, found by `ns_steps` iterations of
        Newton and Schulz with the coefficients `ns_coeffs`: three numbers, three for each iteration,
        `"standard"` or `"dion"`. `preconditioning` is `"frobenius"`, `"spectral"`, `"aol"` or
        `"schatten"`. All other parameters step by Adam, with the same learning rate unless they have
        their own.
        """,
      names: ["Muon"], shown: ("-0.1474", "2.8526", "3.4105")
    ) { given in
      let word = try given.choice(
        "preconditioning", MuonRule.Preconditioning.allCases.map(\.rawValue))
      return try .muon(
        learningRate: given.number("lr"),
        MuonRule(
          coefficients: given.muonCoefficients(), steps: given.int("ns_steps"),
          epsilon: given.double("eps"),
          preconditioning: MuonRule.Preconditioning(rawValue: word) ?? .frobenius),
        beta: given.number("beta"), weightDecay: given.number("weight_decay"),
        mask: given.mask("weight_decay_mask"), nesterov: given.flag("nesterov"),
        isAdaptive: given.flag("adaptive"), consistentRMS: given.numberOrNothing("consistent_rms"),
        adam: MuonOthers(
          learningRate: given.numberOrNothing("adam_learning_rate"),
          betas: Betas(given.number("adam_b1"), given.number("adam_b2")),
          rootEpsilon: given.number("adam_eps_root"),
          weightDecay: given.number("adam_weight_decay")))
    },
    OptimizerFamily(
      signature: "schedule_free(lr, base_optimizer=nil, b1=0.9, weight_lr_power=2.0)",
      about: """
        Steps of a base optimizer, `sgd(lr)` unless it is given, whose iterates are averaged in place of a
        falling learning rate. Gradients are taken between the iterate and the average; the average,
        `schedule_free_eval_params(state, params)`, is what is to be used in the end. Optax's order,
        `schedule_free(base_optimizer, lr)`, is understood, too.
        """,
      names: ["ScheduleFree"], shown: ("-0.2", "2.4", "0.8")
    ) { given in
      var (rate, base) = ("lr", "base_optimizer")
      if try given.transformation("lr") != nil {
        (rate, base) = (base, rate)
        guard !given.value(rate).isNil else {
          throw RuntimeError(
            .value, "schedule_free needs the learning rate beside the base optimizer",
            hint: "schedule_free(0.1, sgd(0.1))")
        }
      }
      let learningRate = try given.number(rate)
      return try .scheduleFree(
        given.transformation(base) ?? .sgd(learningRate: learningRate),
        learningRate: learningRate, beta: given.number("b1"),
        power: given.number("weight_lr_power"))
    },
    OptimizerFamily(
      signature: "sam(lr, adv_optimizer=nil, sync_period=2, reset_state=true, opaque_mode=false, "
        + "rho=0.05)",
      about: """
        Sharpness-aware minimization: of `sync_period` steps all but the last go uphill, a distance `rho`
        along the gradient unless `adv_optimizer` says how, and the last goes back and down by the gradient
        from there. `lr` is the learning rate of gradient descent, or any other transform for the way
        down. With `opaque_mode` one step does it all, and asks for the loss as `backtracking` does.
        """,
      names: ["SAM"], shown: ("0.05", "3.05", "4.2")
    ) { given in
      try .sharpnessAware(
        given.transformation("lr") ?? .sgd(learningRate: given.number("lr")),
        adversary: given.transformation("adv_optimizer")
          ?? .sharpnessAdversary(given.number("rho")),
        period: given.int("sync_period"), resets: given.flag("reset_state"),
        asksForGradients: given.flag("opaque_mode"))
    },
    optimistic("optimistic", ["Optimistic"]),
    optimistic("optimistic_gradient_descent", []),
  ]

  /// `optimistic`, and under Optax's name.
  private static func optimistic(_ name: String, _ names: [String]) -> OptimizerFamily {
    OptimizerFamily(
      signature: "\(name)(lr, alpha=1.0, beta=1.0)",
      about: """
        Gradient descent by (alpha + beta) times the gradient minus beta times the last one: for games,
        whose iterates it makes converge where those of gradient descent go round.
        """,
      names: names, shown: ("-0.2", "2.4", "0.8")
    ) { given in
      try .optimisticGradientDescent(
        learningRate: given.number("lr"), alpha: given.number("alpha"),
        beta: given.number("beta"))
    }
  }
}
