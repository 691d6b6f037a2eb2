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
    "Losses",
    [
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
        "cross_entropy(logits, target, axis=-1, reduction=\"mean\", label_smoothing=0.0)",
        """
        The negative logarithm of the probability that the softmax of the logits gives the target.

        The target holds a class number for each row of logits, counted from 0, or probabilities in
        the shape of the logits. `label_smoothing` is the part, from 0 to 1, that all classes share.

        \(reductionNote)

            print(cross_entropy([[0.0, 0.0]], [1]))    # 0.6931471805599453
        """
      ) { arguments in
        let logits = try arguments.variable(0)
        var target = try arguments.stacked(1)
        let axis = try logits.rank == 0 ? 0 : logits.shape.axis(arguments.int(2))
        if target.rank == logits.rank, target.rank > 0 {
          target = try target.movedAxis(from: axis, to: target.rank - 1)
        }
        return .tensor(
          try logits.movedAxis(from: axis, to: max(logits.rank - 1, 0)).crossEntropy(
            target, labelSmoothing: arguments.scalar(4), arguments.reduction(3)))
      },
      Builtin(
        "binary_cross_entropy(p, target, from_logits=false, reduction=\"mean\")",
        """
        The negative logarithm of the probability that p gives targets of 0 and 1; with
        `from_logits=true` p are numbers whose sigmoid is the probability.

        \(shapeNote)
        \(reductionNote)

            print(binary_cross_entropy([0.0], [1.0], from_logits=true))    # 0.6931471805599453
        """
      ) { arguments in
        let (p, t) = try arguments.predictionAndTarget()
        let reduction = try arguments.reduction(3)
        return .tensor(
          try arguments.bool(2)
            ? p.binaryCrossEntropyWithLogits(t, reduction) : p.binaryCrossEntropy(t, reduction))
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
    ])
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

  /// The word of `reduction=`.
  fileprivate func reduction(_ index: Int) throws -> LossReduction {
    LossReduction(rawValue: try choice(index, ["mean", "sum", "none"])) ?? .mean
  }
}
