// Values of the language as directions: distributions, their names, objects with `sample`, and
// functions of a shape.

import Autodiff
import Language
import Tensors
import ZeroOrder

extension Directions {
  /// The laws by the names that approximators know them by.
  static func named(_ name: String) -> Directions? {
    switch name {
    case "normal", "gaussian": .normal
    case "rademacher": .rademacher
    case "uniform": .uniform
    case "sphere": .sphere
    case "orthogonal": .orthogonal
    default: nil
    }
  }

  static let names = ["normal", "gaussian", "rademacher", "uniform", "sphere", "orthogonal"]
}

extension Value {
  /// The value as a source of directions; nil for other types.
  func directionSource(_ interpreter: Interpreter) throws -> DirectionSource? {
    if let name = text {
      guard let law = Directions.named(name) else {
        let known = Directions.names.map { "\"\($0)\"" }.joined(separator: ", ")
        throw RuntimeError(
          .value, "there is no distribution \(name.excerpt)",
          hint: nearest(to: name, among: Directions.names).map { "did you mean \"\($0)\"?" }
            ?? "there are \(known)")
      }
      return .law(law)
    }
    if case .host(let host) = self, let distribution = host as? Distribution {
      guard !distribution.numbers.contains(where: \.carriesDerivative) else {
        throw RuntimeError.notDifferentiated("the distribution of directions")
      }
      interpreter.warn(ofDirectionsBy: distribution)
      return .law(distribution.directions)
    }
    let function: Value
    if isCallable, !hasSample {
      function = self
    } else if hasSample {
      function = try field("sample", interpreter)
    } else {
      return nil
    }
    return .function { [unowned interpreter] shape, _ in
      let extents = Value.list(shape.array.map { .int($0) })
      let sample = try interpreter.call(function, [extents])
      guard let variable = sample.variable else {
        throw RuntimeError(
          .type, "a distribution gives a Tensor, not \(sample.shortDescription)")
      }
      return variable
    }
  }

  /// True for a model or record with a method or function `sample`.
  private var hasSample: Bool {
    switch self {
    case .instance(let instance): instance.type.method("sample") != nil
    case .record(let record): record["sample"]?.isCallable ?? false
    case .module(let module): module.slots["sample"] != nil
    default: false
    }
  }
}

extension Distribution {
  /// The distribution as directions over all leaves.
  ///
  /// A sphere or an orthogonal block spans all leaves together and is scaled so that every element
  /// has variance 1; other distributions are drawn as they are.
  fileprivate var directions: Directions {
    if self is SphereDistribution { return .sphere }
    if self is OrthogonalDistribution { return .orthogonal }
    if self is NormalDistribution, let moments, moments == (0, 1) { return .normal }
    return .elementwise(summary) { shape, dtype, key in
      try self.sample(shape, &key, dtype: dtype)
    }
  }
}

extension Interpreter {
  /// Warns of a distribution whose mean is not 0 or whose variance is not 1.
  fileprivate func warn(ofDirectionsBy distribution: Distribution) {
    guard let (mean, variance) = distribution.moments else { return }
    let advice = "the formulas need mean 0 and variance 1; sigma or h says how far a sample goes"
    if mean.magnitude > 1e-6 * variance.squareRoot() {
      warn("\(distribution.summary) has mean \(formatShortest(mean)), not 0", hint: advice)
    } else if (variance - 1).magnitude > 1e-3 {
      warn(
        "\(distribution.summary) has variance \(formatShortest(variance)), so estimates are "
          + "\(formatShortest(variance)) times the gradient", hint: advice)
    }
  }
}

extension Distribution {
  /// The mean and variance of an element, where they are known numbers.
  fileprivate var moments: (mean: Double, variance: Double)? {
    func number(_ x: Variable) -> Double? { x.count == 1 ? x.concrete?.firstDouble : nil }
    switch self {
    case let normal as NormalDistribution:
      guard let mean = number(normal.location), let scale = number(normal.scale) else { return nil }
      return (mean, scale * scale)
    case let uniform as UniformDistribution:
      guard let low = number(uniform.low), let high = number(uniform.high) else { return nil }
      return ((low + high) / 2, (high - low) * (high - low) / 12)
    default: return nil
    }
  }
}
