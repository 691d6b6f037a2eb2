// Adafactor: the second moments of a matrix from the means of its rows and columns.

import Autodiff
import Tensors

/// How Adafactor remembers second moments.
public struct AdafactorRule: Sendable {
  /// Whether matrices keep two vectors in place of a matrix.
  public var isFactored: Bool
  /// What the second largest extent of a leaf must reach for that.
  public var leastExtent: Int
  /// κ of the decay 1 - t^-κ.
  public var decay: Hyperparameter
  /// Steps that do not count in t.
  public var offset: Int
  /// What is added to squares.
  public var epsilon: Hyperparameter

  /// A rule by its numbers, which are those of `optax.adafactor`.
  ///
  /// - Throws: a value error for numbers out of their ranges.
  public init(
    isFactored: Bool = true, leastExtent: Int = 128, decay: Hyperparameter = 0.8, offset: Int = 0,
    epsilon: Hyperparameter = 1e-30
  ) throws {
    try decay.require("decay_rate", .nonNegative)
    try epsilon.require("eps", .nonNegative)
    self.isFactored = isFactored
    self.leastExtent = leastExtent
    self.decay = decay
    self.offset = offset
    self.epsilon = epsilon
  }

  /// The two largest axes of a shape that is factored, the larger second; the later of equals is.
  fileprivate func axes(of shape: Shape) -> (row: Int, column: Int)? {
    guard isFactored, shape.rank >= 2 else { return nil }
    let sorted = (0..<shape.rank).sorted { (shape[$0], $0) < (shape[$1], $1) }
    let (row, column) = (sorted[shape.rank - 2], sorted[shape.rank - 1])
    return shape[row] >= leastExtent && shape[row] > 0 ? (row, column) : nil
  }
}

extension GradientTransformation {
  /// Updates over the root of second moments that are kept in factors (Shazeer & Stern 2018,
  /// arXiv:1804.04235), at a leaf's t-th step.
  ///
  ///     β = 1 - t^-κ                     q = g² + ε
  ///     r ← β r + (1 - β) mean of q over columns
  ///     c ← β c + (1 - β) mean of q over rows
  ///     u = g / √(r c / mean r)
  ///
  /// Rows and columns are the two largest axes. A leaf that is not factored keeps v ← β v + (1 - β) q
  /// and has u = g / √v.
  public static func scaleByFactoredRMS(_ rule: AdafactorRule) -> GradientTransformation {
    let row = Slot(name: "v_row") { parameter in
      try parameter.zeros(without: rule.axes(of: parameter.shape)?.column)
    }
    let column = Slot(name: "v_col") { parameter in
      try parameter.zeros(without: rule.axes(of: parameter.shape)?.row)
    }
    let whole = Slot(name: "v") { parameter in
      rule.axes(of: parameter.shape) == nil
        ? try parameter.zerosLike() : try parameter.zeros(without: nil)
    }
    return GradientTransformation(
      leafwise: "scale_by_factored_rms", slots: [row, column, whole], [rule.decay, rule.epsilon],
      isElementwise: false
    ) { step in
      let g = step.gradient
      let t = step.number.number { Swift.max(Double($0) - Double(rule.offset), 1) }
      let β = try 1 - t.power(-step.values[0])
      let square = try g.square() + step.values[1]
      guard let axes = rule.axes(of: g.shape) else {
        let v = try β * step.slots[2] + (1 - β) * square
        return [try g * v.rsqrt(), step.slots[0], step.slots[1], v]
      }
      func averaged(_ slot: Int, over axis: Int) throws -> Variable {
        try β * step.slots[slot] + (1 - β) * square.mean(axes: AxisSet(axis))
      }
      let r = try averaged(0, over: axes.column)
      let c = try averaged(1, over: axes.row)
      let place = axes.row > axes.column ? axes.row - 1 : axes.row
      let share = try r / r.mean(axes: AxisSet(place), keepAxes: true)
      let rows = try share.rsqrt().expanded(at: axes.column)
      let columns = try c.rsqrt().expanded(at: axes.row)
      return [try g * rows * columns, r, c, step.slots[2]]
    }
  }

  /// u = g / max(1, rms(g) / d): each leaf with a root mean square of at most d.
  static func clipByBlockRMS(_ threshold: Hyperparameter) -> GradientTransformation {
    GradientTransformation(
      leafwise: "clip_by_block_rms", [threshold], isElementwise: false
    ) { step in
      let g = step.gradient
      let excess = try g.rootMeanSquare() / step.values[0]
      return [try g / excess.maximum(.number(1, like: g))]
    }
  }

  /// u = g max(rms(θ), 10⁻³).
  static let scaleByParameterRMS = GradientTransformation(
    leafwise: "scale_by_param_block_rms", usesParameters: true, isElementwise: false
  ) { step in
    guard let parameter = step.parameter else { return [step.gradient] }
    let size = try parameter.rootMeanSquare().maximum(.number(1e-3, like: parameter))
    return [try Scalar.variable(size) * step.gradient]
  }

  /// Adafactor: `scaleByFactoredRMS`, each leaf's root mean square kept below a threshold, the learning
  /// rate, steps as large as the parameters, momentum, and weight decay apart from the gradient.
  ///
  /// Arguments and defaults follow `optax.adafactor`; what is nil is left out.
  /// - Throws: a value error for a hyperparameter out of its range.
  public static func adafactor(
    learningRate: Hyperparameter? = nil, _ rule: AdafactorRule,
    scalesByParameters: Bool = true, clippingThreshold: Hyperparameter? = 1.0,
    momentum: Hyperparameter? = nil, weightDecay: Hyperparameter? = nil, mask: Selection? = nil
  ) throws -> GradientTransformation {
    try learningRate?.require("lr", .nonNegative)
    try clippingThreshold?.require("clipping_threshold", .positive)
    try weightDecay?.require("weight_decay_rate", .nonNegative)
    var stages = [scaleByFactoredRMS(rule)]
    if let clippingThreshold { stages.append(clipByBlockRMS(clippingThreshold)) }
    if let learningRate { stages.append(scale(learningRate, name: "scale_by_learning_rate")) }
    if scalesByParameters { stages.append(scaleByParameterRMS) }
    if let momentum { stages.append(try movingAverage(momentum, debias: false)) }
    if let weightDecay { stages += try decoupledDecayStage(weightDecay, mask: mask) }
    return chain(stages + [scale(-1)], name: "adafactor")
  }
}

extension Variable {
  /// √(mean x²); 0, with a derivative of 0, for a leaf without elements.
  fileprivate func rootMeanSquare() throws -> Variable {
    count == 0 ? try square().sum() : try square().mean().sqrt()
  }

  /// Zeros of this shape without an axis; one zero for nil.
  fileprivate func zeros(without axis: Int?) throws -> Variable {
    try Variable.tensor(Tensor.zeros(axis.map { shape.removing(axis: $0) } ?? Shape(1), dtype))
      .beside(self)
  }
}
