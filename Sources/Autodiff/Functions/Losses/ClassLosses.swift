// Losses of predictions among classes: the target is the number of a class, or a probability for each.

import Tensors

extension Bounds {
  fileprivate static let labelSmoothing = Bounds(
    "`label_smoothing` of cross_entropy", "from 0 to 1", from: 0, to: 1)

  fileprivate static func classes(_ count: Int) -> Bounds {
    Bounds(from: 0, to: Double(count - 1)) { .noClass($0, of: count) }
  }
}

extension Variable {
  /// The cross entropy of these logits and classes, over the last axis.
  ///
  ///     l = log softmax x            class t: -w_t l_t            probabilities p: -Σ w_c p_c l_c
  ///
  /// The mean of classes is divided by the sum of the weights that they have, that of probabilities by the
  /// number of rows. Smoothing by ε puts `(1 - ε) p + ε / C` in the place of p, of a class too, which the mean
  /// still divides by its own weight.
  ///
  /// - Parameters:
  ///   - target: i64 classes, one for each row; or probabilities, of this shape.
  ///   - weight: one number for each class; nil for 1.
  ///   - ignored: the class number of rows that count for nothing.
  public func crossEntropy(
    _ target: Variable, labelSmoothing: Scalar = 0, weight: Variable? = nil,
    ignoring ignored: Int = -100,
    _ reduction: LossReduction = .mean
  ) throws -> Variable {
    guard rank >= 1 else {
      throw TensorError(
        .shape, "cross_entropy needs an axis of classes, and got \(typeDescription)")
    }
    let last = rank - 1
    let smoothing = try labelSmoothing.bounded(by: .labelSmoothing)
    let logarithms = try logSoftmax(axis: last)
    let weight = try weight.map { try classWeights($0, of: "cross_entropy") }
    let weighted = try weight.map { try logarithms * $0 } ?? logarithms
    if target.dtype == .i64 && target.shape == shape.removing(axis: last) {
      let rows = try ClassRows(target, of: self, ignoring: ignored, weight: weight)
      var loss = try rows.loss(weighted)
      if smoothing.number != 0 {
        let even = try rows.kept(-weighted.mean(axes: AxisSet(last)))
        loss = try (1 - smoothing) * loss + smoothing * even
      }
      return try rows.reduced(loss, reduction)
    }
    guard target.shape == shape, target.dtype.isFloat else {
      throw TensorError(
        .shape, "cross_entropy does not fit \(typeDescription) and \(target.typeDescription)",
        hint: "the target is an i64 class for each row, or a probability for each logit")
    }
    guard ignored < 0 else {
      throw TensorError(
        .value, "cross_entropy cannot ignore class \(ignored) of a target of probabilities",
        hint: "a row of zeros counts for nothing, though the mean divides by it")
    }
    let fit = try -(target * weighted).sum(axes: AxisSet(last))
    guard smoothing.number != 0 else { return try fit.reduced(reduction) }
    let even = try -weighted.mean(axes: AxisSet(last))
    return try ((1 - smoothing) * fit + smoothing * even).reduced(reduction)
  }

  /// The negative of these log-probabilities at the target's classes, over the last axis.
  ///
  ///     class t: -w_t x_t            the mean: Σ / Σ w_t
  ///
  /// - Parameters: as of `crossEntropy`.
  public func negativeLogLikelihood(
    _ target: Variable, weight: Variable? = nil, ignoring ignored: Int = -100,
    _ reduction: LossReduction = .mean
  ) throws -> Variable {
    guard rank >= 1, target.dtype == .i64, target.shape == shape.removing(axis: rank - 1) else {
      throw TensorError(
        .shape, "nll_loss does not fit \(typeDescription) and \(target.typeDescription)",
        hint: "the target is an i64 class for each row of log-probabilities")
    }
    let x = try floating()
    let weight = try weight.map { try classWeights($0, of: "nll_loss") }
    let rows = try ClassRows(target, of: self, ignoring: ignored, weight: weight)
    return try rows.reduced(rows.loss(weight.map { try x * $0 } ?? x), reduction)
  }

  private func classWeights(_ weight: Variable, of loss: String) throws -> Variable {
    guard weight.shape == Shape(shape[rank - 1]) else {
      throw TensorError(
        .shape,
        "`weight` of \(loss) must have one number for each of \(shape[rank - 1]) classes, and is "
          + weight.typeDescription)
    }
    return try weight.floating()
  }
}

/// The class of each row, those that are ignored, and what the rows weigh.
private struct ClassRows {
  /// Class 0 where a row is ignored.
  private let classes: Variable
  /// Nil where none is: most targets are plain numbers, which can be looked at.
  private let isIgnored: Variable?
  private let weight: Variable?

  init(_ target: Variable, of x: Variable, ignoring ignored: Int, weight: Variable?) throws {
    let known: Variable
    if case .tensor(let tensor) = target, try !tensor.contains(ignored) {
      (isIgnored, known) = (nil, target)
    } else {
      let marks = try target.isEqual(to: .tensor(Tensor(ignored)))
      (isIgnored, known) = (marks, try marks.select(.tensor(Tensor(0)), target))
    }
    classes = try known.bounded(by: .classes(x.shape[x.rank - 1]))
    self.weight = weight
  }

  /// The negative element of each row at its class.
  func loss(_ x: Variable) throws -> Variable {
    try kept(-x.gather(classes.expanded(at: -1), axis: x.rank - 1).squeezed(-1))
  }

  /// 0 where a row is ignored.
  func kept(_ x: Variable) throws -> Variable {
    try isIgnored?.select(.number(0, like: x), x) ?? x
  }

  /// The losses of the rows put together; the mean divides by what they weigh.
  func reduced(_ loss: Variable, _ reduction: LossReduction) throws -> Variable {
    if reduction != .mean || weight == nil && isIgnored == nil {
      return try loss.reduced(reduction)
    }
    let share = try weight?.take(classes) ?? loss.onesLike()
    return try loss.sum() / kept(share).sum()
  }
}

extension Tensor {
  /// Whether an element is a whole number.
  fileprivate func contains(_ number: Int) throws -> Bool {
    try Tensor.binary(.equal, self, Tensor(number)).any(.all(rank: rank)).firstInt != 0
  }
}
