// The table of optimizers. Names, orders and defaults are those of TorchOpt 0.7.3, of PyTorch for
// NAdam and Rprop, and of Optax for all others.

import Language
import Optimizers

extension OptimizerFamily {
  /// Every optimizer.
  static let all = torchOpt + optax

  /// torchzero's last stage, which has no object.
  static let learningRate = OptimizerFamily(
    signature: "LR(lr)",
    about: """
      The last stage of a chain under torchzero's name: -lr times the directions that it is given. Behind
      a transform that makes steps, such as `newton_cg`, `backtracking` or an optimizer, it makes them
      lr times as long.
      """,
    names: [], shown: ("-0.2", "", ""),
    make: { given in try .scaleByLearningRate(given.number("lr")) },
    behindSteps: { given in .scale(try given.number("lr")) })

  private static let torchOpt: [OptimizerFamily] = [
    OptimizerFamily(
      signature: "sgd(lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=false, "
        + "moment_requires_grad=false, maximize=false)",
      about: """
        Gradient descent, with momentum and weight decay. Gradients always pass through the
        momentum; here and in the other optimizers `moment_requires_grad` makes the moments before the
        first step inputs, which have derivatives and stand in pictures of the graph.
        """,
      names: ["SGD"],
      parameters: "lr, momentum=0.0, weight_decay=0.0, dampening=0.0, nesterov=false, "
        + "moment_requires_grad=true, maximize=false",
      shown: ("-0.2", "2.4", "0.8")
    ) { given in
      try .sgd(
        learningRate: given.number("lr"), momentum: given.number("momentum"),
        dampening: given.number("dampening"), weightDecay: given.number("weight_decay"),
        nesterov: given.flag("nesterov"), maximize: given.flag("maximize"))
    },
    OptimizerFamily(
      signature: "adam(lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, eps_root=0.0, "
        + "moment_requires_grad=false, maximize=false, use_accelerated_op=false, amsgrad=false)",
      about: """
        Adam: moving averages of the gradient and of its square, corrected for their beginning at 0;
        `eps` is added to the root and `eps_root` below it. Its derivative is finite where the second
        moment is 0. With `amsgrad` the second moment never falls, as in PyTorch. A step is one fused
        operation wherever its numbers are plain; `use_accelerated_op` is accepted as TorchOpt has it.
        """,
      names: ["Adam"], shown: ("-0.1", "2.9", "3.6")
    ) { given in
      try .adam(
        learningRate: given.number("lr"), betas: given.betas(), epsilon: given.number("eps"),
        weightDecay: given.number("weight_decay"), rootEpsilon: given.number("eps_root"),
        maximize: given.flag("maximize"), amsgrad: given.flag("amsgrad"))
    },
    OptimizerFamily(
      signature: "adamw(lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, eps_root=0.0, "
        + "mask=nil, moment_requires_grad=false, maximize=false, use_accelerated_op=false, "
        + "amsgrad=false)",
      about: """
        Adam with weight decay apart from the gradient: w ← w - lr (u + weight_decay w). `mask` says
        which parameters decay: a tree of Bools, or a function of the parameters that gives one.
        """,
      names: ["AdamW"], defaults: ["moment_requires_grad": "false"],
      shown: ("-0.101", "2.897", "3.596")
    ) { given in
      try .adamw(
        learningRate: given.number("lr"), betas: given.betas(), epsilon: given.number("eps"),
        weightDecay: given.number("weight_decay"), rootEpsilon: given.number("eps_root"),
        mask: given.mask(), maximize: given.flag("maximize"), amsgrad: given.flag("amsgrad"))
    },
    OptimizerFamily(
      signature: "adamax(lr=0.001, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.0, "
        + "moment_requires_grad=false)",
      about: "Adam with a decaying maximum of the gradient's size in place of the mean square.",
      names: ["Adamax", "AdaMax"], defaults: ["lr": "0.002", "eps": "1e-8"],
      shown: ("-0.1", "2.9", "3.6")
    ) { given in
      try .adamax(
        learningRate: given.number("lr"), betas: given.betas(), epsilon: given.number("eps"),
        weightDecay: given.number("weight_decay"))
    },
    OptimizerFamily(
      signature: "nadam(lr=0.002, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, "
        + "momentum_decay=0.004, decoupled_weight_decay=false, moment_requires_grad=false, "
        + "maximize=false)",
      about: """
        Adam with Nesterov's momentum, which grows from half of the first beta. With
        `decoupled_weight_decay` the decay is that of `adamw`.
        """,
      names: ["NAdam"], shown: ("-0.1056", "2.8944", "3.5774")
    ) { given in
      try .nadam(
        learningRate: given.number("lr"), betas: given.betas(), epsilon: given.number("eps"),
        weightDecay: given.number("weight_decay"), momentumDecay: given.number("momentum_decay"),
        decoupledWeightDecay: given.flag("decoupled_weight_decay"),
        maximize: given.flag("maximize"))
    },
    OptimizerFamily(
      signature: "radam(lr=0.001, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.0, "
        + "moment_requires_grad=false)",
      about: """
        Adam that goes by the average gradient alone until enough of them are seen to know the
        variance.
        """,
      names: ["RAdam"], defaults: ["eps": "1e-8"], shown: ("-0.2", "2.4", "0.8")
    ) { given in
      try .radam(
        learningRate: given.number("lr"), betas: given.betas(), epsilon: given.number("eps"),
        weightDecay: given.number("weight_decay"))
    },
    OptimizerFamily(
      signature: "adagrad(lr=0.01, lr_decay=0.0, weight_decay=0.0, "
        + "initial_accumulator_value=0.0, eps=1e-10, maximize=false)",
      about: """
        Steps that shrink with the root of the sum of all squared gradients; `lr_decay` divides the
        learning rate by 1 + lr_decay times the count of steps.
        """,
      names: ["Adagrad", "AdaGrad"], shown: ("-0.1", "2.9", "3.6")
    ) { given in
      try .adagrad(
        learningRate: given.number("lr"), learningRateDecay: given.number("lr_decay"),
        weightDecay: given.number("weight_decay"),
        initialAccumulator: given.number("initial_accumulator_value"),
        epsilon: given.number("eps"), maximize: given.flag("maximize"))
    },
    OptimizerFamily(
      signature: "adadelta(lr=0.001, rho=0.9, eps=1e-6, weight_decay=0.0, "
        + "moment_requires_grad=false)",
      about: "Steps as long as the mean square of the steps before, over that of the gradients.",
      names: ["Adadelta", "AdaDelta"], defaults: ["lr": "1.0"],
      shown: ("-0.0003", "2.9997", "3.9987")
    ) { given in
      try .adadelta(
        learningRate: given.number("lr"), rho: given.number("rho"), epsilon: given.number("eps"),
        weightDecay: given.number("weight_decay"))
    },
    OptimizerFamily(
      signature: "rmsprop(lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0, "
        + "centered=false, initial_scale=0.0, nesterov=false, maximize=false)",
      about: """
        Gradients over the root of a moving mean square; `centered` takes the moving variance. The
        learning rate stands behind the momentum.
        """,
      names: ["RMSprop", "RMSProp"], shown: ("-1.0", "2.0", "0.0")
    ) { given in
      try .rmsprop(
        learningRate: given.number("lr"), alpha: given.number("alpha"),
        epsilon: given.number("eps"), weightDecay: given.number("weight_decay"),
        momentum: given.number("momentum"), centered: given.flag("centered"),
        initialScale: given.number("initial_scale"), nesterov: given.flag("nesterov"),
        maximize: given.flag("maximize"))
    },
    OptimizerFamily(
      signature: "lion(lr, b1=0.9, b2=0.99, weight_decay=0.001, mask=nil)",
      about: """
        Steps of one length in the direction of a sign, with weight decay apart from the gradient.
        The derivative of a sign is 0, so gradients reach the numbers and the parameters, not the
        loss of a step.
        """,
      names: ["Lion"], shown: ("-0.1001", "2.8997", "3.5996")
    ) { given in
      try .lion(
        learningRate: given.number("lr"), betas: Betas(given.number("b1"), given.number("b2")),
        weightDecay: given.number("weight_decay"), mask: given.mask())
    },
    OptimizerFamily(
      signature: "lamb(lr, b1=0.9, b2=0.999, eps=1e-6, eps_root=0.0, weight_decay=0.0, mask=nil)",
      about: """
        Adam's directions, each made as long as its parameter's norm: for large batches.
        """,
      names: ["Lamb"], shown: ("-0.1", "2.7", "3.6")
    ) { given in
      try .lamb(
        learningRate: given.number("lr"), betas: Betas(given.number("b1"), given.number("b2")),
        epsilon: given.number("eps"), rootEpsilon: given.number("eps_root"),
        weightDecay: given.number("weight_decay"), mask: given.mask())
    },
    OptimizerFamily(
      signature: "lbfgs(lr=1.0, memory_size=10, scale_init_precond=true)",
      about: """
        The gradient times an inverse Hessian that the last `memory_size` steps suggest. There is no
        line search: a transform does not see the loss.
        """,
      names: ["LBFGS"], shown: ("-0.1", "2.9", "3.6")
    ) { given in
      try .lbfgs(
        learningRate: given.number("lr"), memory: given.int("memory_size"),
        scalesInitial: given.flag("scale_init_precond"))
    },
  ]
}
