// How far predictions are from what they should be.

import Autodiff
import Language
import Tensors

extension Builtins {
  private static let shapeNote = """
    Prediction and target have one shape, or the target is a plain number.
    """

  private static let reductionNote = """
    `reduction` is "mean", "sum" or "none", which keeps the elements.
    """

  static let losses = BuiltinPage(
    "Losses", differences + ofClasses + ofProbabilities + ofMargins)

  private static let differences: [Builtin] = [
    Builtin(
      "mse_loss(prediction, target, reduction=\"mean\")",
      """
      The mean squared difference.

      \(shapeNote)
      \(reductionNote)

          print(mse_loss([1.0, 2.0], [1.0, 4.0]))    # 2.0
      """
    ) { arguments in
      let (p, t) = try arguments.predictionAndTarget()
      return .tensor(try p.squaredLoss(t, arguments.reduction(2)))
    },
    Builtin(
      "l1_loss(prediction, target, reduction=\"mean\")",
      """
      The mean absolute difference.

      \(shapeNote)
      \(reductionNote)

          print(l1_loss([1.0, 2.0], [1.0, 4.0]))    # 1.0
      """
    ) { arguments in
      let (p, t) = try arguments.predictionAndTarget()
      return .tensor(try p.absoluteLoss(t, arguments.reduction(2)))
    },
    Builtin(
      "huber_loss(prediction, target, delta=1.0, reduction=\"mean\")",
      """
      Half the squared difference up to delta, which is above 0, and a line from there on.

      \(shapeNote)
      \(reductionNote)

          print(huber_loss([0.0, 0.0], [0.5, 3.0], reduction="none"))    # [0.125, 2.5]
      """
    ) { arguments in
      let (p, t) = try arguments.predictionAndTarget()
      return .tensor(
        try p.huberLoss(t, delta: arguments.scalar(2), arguments.reduction(3)))
    },
    Builtin(
      "smooth_l1_loss(prediction, target, beta=1.0, reduction=\"mean\")",
      """
      Half the squared difference over beta up to beta, and the absolute difference less beta / 2 from there on: the
      Huber loss divided by its delta, and the absolute difference where beta is 0.

      \(shapeNote)
      \(reductionNote)

          print(smooth_l1_loss([0.0, 0.0], [0.5, 3.0], beta=0.5, reduction="none"))    # [0.25, 2.75]
      """
    ) { arguments in
      let (p, t) = try arguments.predictionAndTarget()
      return .tensor(
        try p.smoothAbsoluteLoss(t, beta: arguments.scalar(2), arguments.reduction(3)))
    },
    Builtin(
      "cosine_similarity(a, b, axis=-1, eps=1e-8)",
      """
      The cosine of the angle between vectors along an axis of the shape that both stretch to.

          print(cosine_similarity([1.0, 0.0], [0.0, 2.0]))    # 0.0
      """
    ) { arguments in
      let (a, b) = try arguments.pair()
      return .tensor(
        try a.cosineSimilarity(
          b, axis: arguments.int(2), epsilon: arguments.scalar(3)))
    },
  ]

  private static let ofClasses: [Builtin] = [
    Builtin(
      "cross_entropy(logits, target, axis=-1, reduction=\"mean\", label_smoothing=0.0, weight=nil, ignore_index=-100)",
      """
      The negative logarithm of the probability that the softmax of the logits gives the target.

      The target holds a class number for each row of logits, counted from 0, or probabilities in
      the shape of the logits. `label_smoothing` is the part, from 0 to 1, that all classes share.
      `weight` has a number for each class, by which its terms count; rows whose class is `ignore_index` count for
      nothing.

      \(reductionNote)
      The mean of class numbers is divided by the sum of the weights that they have, which is their number without
      weights, and that of probabilities by the number of rows.

          print(cross_entropy([[0.0, 0.0]], [1]))    # 0.6931471805599453
          print(cross_entropy([[0.0, 0.0], [5.0, 0.0]], [1, -100], weight=[1.0, 3.0]))    # 0.6931471805599453
      """
    ) { arguments in
      let target = try arguments.stacked(1)
      return .tensor(
        try arguments.classesLast(axis: 2, target) { logits, target in
          try logits.crossEntropy(
            target, labelSmoothing: arguments.scalar(4), weight: arguments.weight(5),
            ignoring: arguments.int(6), arguments.reduction(3))
        })
    },
    Builtin(
      "nll_loss(log_probs, target, weight=nil, ignore_index=-100, reduction=\"mean\", axis=-1)",
      """
      The negative of the log-probabilities at the target's classes: `cross_entropy` of what went through `log_softmax`.

      The target holds a class number for each row, counted from 0. `weight` has a number for each class, by which its
      terms count; rows whose class is `ignore_index` count for nothing.

      \(reductionNote)
      The mean is divided by the sum of the weights.

          print(nll_loss([[-1.0, -0.5], [-2.0, -0.25]], [0, 1]))    # 0.625
      """
    ) { arguments in
      let target = try arguments.stacked(1)
      return .tensor(
        try arguments.classesLast(axis: 5, target) { x, target in
          try x.negativeLogLikelihood(
            target, weight: arguments.weight(2), ignoring: arguments.int(3), arguments.reduction(4))
        })
    },
  ]

  private static let weightNote = """
    `weight` says how much each element counts; it has the shape of the prediction or stretches to it, and the mean
    still divides by the number of elements.
    """

  private static let ofProbabilities: [Builtin] = [
    Builtin(
      "binary_cross_entropy(p, target, from_logits=false, reduction=\"mean\", weight=nil)",
      """
      The negative logarithm of the probability that p gives targets of 0 and 1; with
      `from_logits=true` p are numbers whose sigmoid is the probability.

      \(shapeNote)
      \(weightNote)
      \(reductionNote)

          print(binary_cross_entropy([0.0], [1.0], from_logits=true))    # 0.6931471805599453
      """
    ) { arguments in
      let (p, t) = try arguments.predictionAndTarget()
      let reduction = try arguments.reduction(3)
      let weight = try arguments.weight(4)
      return .tensor(
        try arguments.bool(2)
          ? p.binaryCrossEntropyWithLogits(
            t, weight: weight, of: "binary_cross_entropy", reduction)
          : p.binaryCrossEntropy(t, weight: weight, reduction))
    },
    Builtin(
      "binary_cross_entropy_with_logits(logits, target, weight=nil, pos_weight=nil, reduction=\"mean\")",
      """
      The negative logarithm of the probability that the sigmoid of the logits gives targets of 0 and 1, without
      overflow.

      \(shapeNote)
      \(weightNote)
      `pos_weight` is how many times targets of 1 count; the number of targets of 0 for one of them makes up for their
      rarity.
      \(reductionNote)

          print(binary_cross_entropy_with_logits([0.0, 0.0], [1.0, 0.0], pos_weight=[3.0, 3.0], reduction="none"))
          # [2.07944, 0.693147]
      """
    ) { arguments in
      let (x, t) = try arguments.predictionAndTarget()
      return .tensor(
        try x.binaryCrossEntropyWithLogits(
          t, weight: arguments.weight(2), positiveWeight: arguments.weight(3),
          arguments.reduction(4)))
    },
    Builtin(
      "kl_div(log_prediction, target, reduction=\"mean\", log_target=false)",
      """
      The divergence `target (log(target) - log_prediction)` of two distributions.

      \(shapeNote)
      `reduction` is "mean", "batchmean", "sum" or "none".

          print(kl_div([0.0], [1.0]))    # 0.0
      """
    ) { arguments in
      var (p, t) = try arguments.predictionAndTarget()
      if try arguments.bool(3) { t = try t.exp() }
      let word = try arguments.choice(
        2, ["mean", "batchmean", "sum", "none"])
      guard word == "batchmean" else {
        return .tensor(try p.klDivergence(t, LossReduction(rawValue: word) ?? .mean))
      }
      return .tensor(try p.klDivergence(t, .sum) / Double(p.rank == 0 ? 1 : p.shape[0]))
    },
    Builtin(
      "gaussian_nll_loss(prediction, target, variance, full=false, eps=1e-6, reduction=\"mean\")",
      """
      The negative logarithm of the density that a normal distribution with the predicted mean and variance has at the
      target: `(log(v) + (prediction - target)² / v) / 2`, and with `full=true` the constant `log(2π) / 2`.

      \(shapeNote)
      There is a variance for each element, for each row (the last axis is missing or 1), or one for all. A variance
      below `eps` counts as `eps`, but for its derivative.
      \(reductionNote)

          print(gaussian_nll_loss([1.0, 2.0], [1.0, 4.0], [1.0, 1.0]))    # 1.0
      """
    ) { arguments in
      let (p, t) = try arguments.predictionAndTarget()
      let variance = try Arguments.number(arguments[2], beside: p) ?? arguments.variable(2)
      return .tensor(
        try p.normalLikelihoodLoss(
          t, variance: variance, isWhole: arguments.bool(3), epsilon: arguments.scalar(4),
          arguments.reduction(5)))
    },
    Builtin(
      "poisson_nll_loss(prediction, target, log_input=true, full=false, eps=1e-8, reduction=\"mean\")",
      """
      The negative logarithm of the probability of counts under a Poisson distribution, of whose rates the predictions
      are the logarithms: `exp(x) - target x`. With `log_input=false` they are the rates: `x - target log(x + eps)`.
      `full=true` adds Stirling's approximation of `log(target!)` for targets above 1.

      \(shapeNote)
      \(reductionNote)

          print(poisson_nll_loss([0.0, 0.0], [1.0, 3.0]))    # 1.0
      """
    ) { arguments in
      let (p, t) = try arguments.predictionAndTarget()
      return .tensor(
        try p.poissonLikelihoodLoss(
          t, isLogarithm: arguments.bool(2), isWhole: arguments.bool(3),
          epsilon: arguments.scalar(4), arguments.reduction(5)))
    },
  ]

  private static let ofMargins: [Builtin] = [
    Builtin(
      "hinge_loss(prediction, target, reduction=\"mean\")",
      """
      `max(0, 1 - target prediction)` of scores and targets of -1 and 1.

      \(shapeNote)
      \(reductionNote)

          print(hinge_loss([0.5, 2.0], [-1.0, 1.0], reduction="none"))    # [1.5, 0.0]
      """
    ) { arguments in
      let (p, t) = try arguments.predictionAndTarget()
      return .tensor(try p.hingeLoss(t, arguments.reduction(2)))
    },
    Builtin(
      "hinge_embedding_loss(x, target, margin=1.0, reduction=\"mean\")",
      """
      The distance x where the target is 1, and `max(0, margin - x)` where it is -1.

      \(shapeNote)
      \(reductionNote)

          print(hinge_embedding_loss([0.25, 0.25], [1.0, -1.0], reduction="none"))    # [0.25, 0.75]
      """
    ) { arguments in
      let (x, t) = try arguments.predictionAndTarget()
      return .tensor(
        try x.hingeEmbeddingLoss(t, margin: arguments.scalar(2), arguments.reduction(3)))
    },
    Builtin(
      "margin_ranking_loss(a, b, target, margin=0.0, reduction=\"mean\")",
      """
      `max(0, margin - target (a - b))`: a should be above b where the target is 1, and below where it is -1.

      \(reductionNote)

          print(margin_ranking_loss([1.0, 1.0], [0.0, 3.0], [1.0, 1.0]))    # 1.0
      """
    ) { arguments in
      let (a, b) = try arguments.predictionAndTarget()
      let target = try Arguments.number(arguments[2], beside: a) ?? arguments.variable(2)
      return .tensor(
        try a.marginRankingLoss(b, target, margin: arguments.scalar(3), arguments.reduction(4)))
    },
    Builtin(
      "triplet_loss(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=false, reduction=\"mean\")",
      """
      `max(0, d(anchor, positive) - d(anchor, negative) + margin)` of vectors along the last axis, where
      `d(a, b) = norm(a - b + eps, ord=p)`: PyTorch's `triplet_margin_loss`. With `swap=true` the second distance is
      from whichever of anchor and positive is nearer to the negative.

      \(reductionNote)
      It is not differentiated by `p`.

          print(triplet_loss([0.0, 0.0], [0.0, 0.0], [3.0, 4.0], margin=6.0, eps=0.0))    # 1.0
      """
    ) { arguments in
      .tensor(
        try arguments.variable(0).tripletLoss(
          arguments.variable(1), arguments.variable(2), margin: arguments.scalar(3),
          order: arguments.double(4), epsilon: arguments.scalar(5), swaps: arguments.bool(6),
          arguments.reduction(7)))
    },
    Builtin(
      "cosine_embedding_loss(a, b, target, margin=0.0, reduction=\"mean\")",
      """
      `1 - cos` of the angle between vectors along the last axis where the target is 1, and `max(0, cos - margin)` where
      it is -1.

      \(reductionNote)

          print(near(cosine_embedding_loss([[1.0, 0.0]], [[0.0, 2.0]], [1.0]), 1.0))    # true
      """
    ) { arguments in
      .tensor(
        try arguments.variable(0).cosineEmbeddingLoss(
          arguments.variable(1), arguments.variable(2), margin: arguments.scalar(3),
          arguments.reduction(4)))
    },
  ]
}

extension Arguments {
  /// The prediction and the target of a loss: of one shape, or a plain number as target.
  fileprivate func predictionAndTarget() throws -> (Variable, Variable) {
    let (prediction, target) = try pair()
    guard prediction.shape == target.shape || self[1].number != nil else {
      throw Variable.unfitting(prediction, target, callee.name)
    }
    return (prediction, target)
  }

  /// What is weighed by, as a tensor; nil where it was not given.
  fileprivate func weight(_ index: Int) throws -> Variable? {
    has(index) ? try stacked(index) : nil
  }

  /// A loss of predictions whose axis of classes, and the target's where it has that, are made the last.
  fileprivate func classesLast(
    axis index: Int, _ target: Variable, _ loss: (Variable, Variable) throws -> Variable
  ) throws -> Variable {
    let x = try variable(0)
    let axis = try x.rank == 0 ? 0 : x.shape.axis(int(index))
    let isWhole = target.rank == x.rank && target.rank > 0
    return try loss(
      x.movedAxis(from: axis, to: max(x.rank - 1, 0)),
      isWhole ? target.movedAxis(from: axis, to: target.rank - 1) : target)
  }

  /// The word of `reduction=`.
  fileprivate func reduction(_ index: Int) throws -> LossReduction {
    LossReduction(rawValue: try choice(index, ["mean", "sum", "none"])) ?? .mean
  }
}
