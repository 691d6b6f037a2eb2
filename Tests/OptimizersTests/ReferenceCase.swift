// The optimizers that the oracles name, made here.

import Optimizers

/// Optimizers by the names that `TorchOptReference` gives them.
func torchOptCase(_ name: String) throws -> GradientTransformation {
  func poly(_ power: Double) -> Hyperparameter {
    .schedule(
      .polynomial(from: 0.1, to: 0.01, power: .number(power), steps: 4, begin: 1))
  }
  switch name {
  case "sgd lr=0.1": return try .sgd(learningRate: 0.1)
  case "sgd lr=0.1 wd=0.01": return try .sgd(learningRate: 0.1, weightDecay: 0.01)
  case "sgd lr=0.1 mom=0.9": return try .sgd(learningRate: 0.1, momentum: 0.9)
  case "sgd lr=0.1 mom=0.9 damp=0.5":
    return try .sgd(learningRate: 0.1, momentum: 0.9, dampening: 0.5)
  case "sgd lr=0.1 mom=0.9 nesterov wd=0.01":
    return try .sgd(learningRate: 0.1, momentum: 0.9, weightDecay: 0.01, nesterov: true)
  case "sgd lr=0.1 mom=0.9 wd=0.01 maximize":
    return try .sgd(learningRate: 0.1, momentum: 0.9, weightDecay: 0.01, maximize: true)
  case "adam lr=0.1": return try .adam(learningRate: 0.1)
  case "adam lr=0.1 wd=0.01 eps=1e-3":
    return try .adam(learningRate: 0.1, epsilon: 1e-3, weightDecay: 0.01)
  case "adam lr=0.1 eps_root=1e-3": return try .adam(learningRate: 0.1, rootEpsilon: 1e-3)
  case "adam lr=0.1 maximize": return try .adam(learningRate: 0.1, maximize: true)
  case "adamw lr=0.1 wd=0.01": return try .adamw(learningRate: 0.1)
  case "adamw lr=0.1 wd=0.1 maximize":
    return try .adamw(learningRate: 0.1, weightDecay: 0.1, maximize: true)
  case "adamax lr=0.1 eps=1e-6": return try .adamax(learningRate: 0.1)
  case "adamax lr=0.1 eps=1e-8 wd=0.01":
    return try .adamax(learningRate: 0.1, epsilon: 1e-8, weightDecay: 0.01)
  case "adadelta lr=1 rho=.9 eps=1e-6": return try .adadelta(learningRate: 1.0)
  case "adadelta lr=1 rho=.95 eps=1e-3 wd=0.01":
    return try .adadelta(learningRate: 1.0, rho: 0.95, epsilon: 1e-3, weightDecay: 0.01)
  case "adagrad lr=0.1": return try .adagrad(learningRate: 0.1)
  case "adagrad lr=0.1 lr_decay=0.1 init_acc=0.1 eps=1e-8 wd=0.01":
    return try .adagrad(
      learningRate: 0.1, learningRateDecay: 0.1, weightDecay: 0.01, initialAccumulator: 0.1,
      epsilon: 1e-8)
  case "radam lr=0.1 eps=1e-6": return try .radam(learningRate: 0.1)
  case "radam lr=0.1 b=(.9,.9) eps=1e-6":
    return try .radam(learningRate: 0.1, betas: Betas(0.9, 0.9))
  case "radam lr=0.1 b=(.8,.6) eps=1e-6 wd=.01":
    return try .radam(learningRate: 0.1, betas: Betas(0.8, 0.6), weightDecay: 0.01)
  case "rmsprop lr=0.01 alpha=.99": return try .rmsprop()
  case "rmsprop lr=0.01 alpha=.9 mom=.9 eps=1e-8 wd=.01":
    return try .rmsprop(alpha: 0.9, weightDecay: 0.01, momentum: 0.9)
  case "rmsprop lr=0.01 alpha=.9 centered": return try .rmsprop(alpha: 0.9, centered: true)
  case "rmsprop lr=0.01 alpha=.9 centered mom=.5 nesterov initial_scale=1":
    return try .rmsprop(
      alpha: 0.9, momentum: 0.5, centered: true, initialScale: 1.0, nesterov: true)
  case "adam lr=linear(0.1->0.01,4,begin 1)": return try .adam(learningRate: poly(1))
  case "sgd lr=poly(0.1->0.01,p=2,4,begin 1)": return try .sgd(learningRate: poly(2))
  case "sgd lr=exp(0.1,rate .5,begin 1,steps 2)":
    return try .sgd(
      learningRate: .schedule(.exponential(from: 0.1, rate: 0.5, begin: 1, steps: 2)))
  case "sgd lr=exp(0.1,rate .5,begin 1,steps 2,staircase,end .04)":
    return try .sgd(
      learningRate: .schedule(
        .exponential(from: 0.1, rate: 0.5, begin: 1, steps: 2, staircase: true, end: 0.04)))
  case "chain(clip 1.0, sgd .1 mom .9)":
    return .chain([try .clipByGlobalNorm(1.0), try .sgd(learningRate: 0.1, momentum: 0.9)])
  case "chain(clip inf-norm 0.5, sgd .1)":
    return .chain([try .clipByGlobalNorm(0.5, order: .infinity), try .sgd(learningRate: 0.1)])
  default: throw UnknownCase(name: name)
  }
}

/// Optimizers by the names that `TorchOracle` gives them.
func torchCase(_ name: String) throws -> GradientTransformation {
  switch name {
  case "sgd": return try .sgd(learningRate: 0.05)
  case "sgd momentum": return try .sgd(learningRate: 0.05, momentum: 0.9, weightDecay: 0.01)
  case "sgd dampening": return try .sgd(learningRate: 0.05, momentum: 0.8, dampening: 0.3)
  case "sgd nesterov": return try .sgd(learningRate: 0.05, momentum: 0.9, nesterov: true)
  case "sgd maximize": return try .sgd(learningRate: 0.01, weightDecay: 0.1, maximize: true)
  case "adam": return try .adam(learningRate: 0.05)
  case "adam decay":
    return try .adam(
      learningRate: 0.05, betas: Betas(0.8, 0.95), epsilon: 1e-4, weightDecay: 0.1)
  case "adamw": return try .adamw(learningRate: 0.05, weightDecay: 0.1)
  case "adamax": return try .adamax(learningRate: 0.05, weightDecay: 0.01)
  case "nadam": return try .nadam(learningRate: 0.05)
  case "nadam decay":
    return try .nadam(
      learningRate: 0.05, betas: Betas(0.8, 0.95), weightDecay: 0.1, momentumDecay: 0.01)
  case "nadam decoupled":
    return try .nadam(learningRate: 0.05, weightDecay: 0.1, decoupledWeightDecay: true)
  case "radam": return try .radam(learningRate: 0.05, weightDecay: 0.01)
  case "radam short":
    return try .radam(learningRate: 0.05, betas: Betas(0.8, 0.9), epsilon: 1e-8)
  case "adagrad": return try .adagrad(learningRate: 0.5)
  case "adagrad decay":
    return try .adagrad(
      learningRate: 0.5, learningRateDecay: 0.01, weightDecay: 0.1, initialAccumulator: 0.1)
  case "adadelta": return try .adadelta(learningRate: 1.0)
  case "adadelta decay":
    return try .adadelta(learningRate: 0.5, rho: 0.95, epsilon: 1e-3, weightDecay: 0.1)
  case "rmsprop": return try .rmsprop(learningRate: 0.05)
  case "rmsprop momentum":
    return try .rmsprop(learningRate: 0.01, alpha: 0.9, weightDecay: 0.1, momentum: 0.9)
  case "rmsprop centered": return try .rmsprop(learningRate: 0.05, alpha: 0.9, centered: true)
  default: throw UnknownCase(name: name)
  }
}

/// An oracle has data for an optimizer that nothing here makes.
struct UnknownCase: Error { let name: String }
