// Distributions as values, with parameters that may be tensors: those that directions are drawn from,
// and the names of the module `distributions`, which has all others.
//
// Samples are made from noise by differentiable operations (loc + scale · ε), so gradients reach the
// parameters.

import Autodiff
import Language
import Tensors
import ZeroOrder

/// A distribution: samples of a shape and the logarithm of its density.
class Distribution: HostObject {
  override class var hostType: HostType { distributions }
  override var typeName: String { "Distribution" }
  override var mayHoldCode: Bool { false }

  override func changes(since start: Int) -> Bool { false }

  /// What the distribution was made of.
  var numbers: [Variable] { [] }

  /// A sample of a shape; parameters that are tensors must stretch to it.
  func sample(_ shape: Shape, _ key: inout RandomKey, dtype: DType) throws -> Variable {
    throw RuntimeError(.type, "a distribution of type \(typeName) has no samples")
  }

  /// The shape that the parameters stretch to, which stands behind that of samples.
  func ownShape() throws -> Shape { Shape() }

  /// The entropy, in the own shape.
  func entropy() throws -> Variable {
    throw RuntimeError(.type, "\(summary) has no entropy that is a number")
  }

  /// The logarithm of the density, elementwise where elements are independent.
  func logDensity(_ x: Variable) throws -> Variable {
    throw RuntimeError(.type, "a distribution of type \(typeName) has no density")
  }

  /// A parameter in a dtype, where that loses nothing a graph needs.
  static func matched(_ parameter: Variable, _ dtype: DType) throws -> Variable {
    parameter.rank == 0 && parameter.dtype != dtype ? try parameter.converted(to: dtype) : parameter
  }
}

extension Distribution {
  /// A sample of a shape in front of the own one.
  fileprivate func sample(ofShape shape: Shape, _ key: inout RandomKey) throws -> Variable {
    let whole = try Shape(shape.array + ownShape().array)
    return try sample(whole, &key, dtype: Context.current.defaultFloat)
  }

  /// The shape that two parameters stretch to.
  fileprivate static func common(_ a: Variable, _ b: Variable) throws -> Shape {
    guard let shape = Shape.broadcast(a.shape, b.shape) else {
      throw RuntimeError(
        .shape, "parameters of shapes \(a.shape) and \(b.shape) do not stretch to one")
    }
    return shape
  }

  /// A parameter that is 0 or more.
  fileprivate static func notNegative(_ x: Variable, _ name: String) throws -> Variable {
    try x.bounded(by: Bounds(name, "0 or more", from: 0))
  }

  /// What every distribution can do; some have fields besides.
  static let distributions = HostType(
    Distribution.self, "Distribution", makers: ["Rademacher", "Sphere", "Orthogonal"],
    """
    What `Normal`, `Uniform` and the others of this page give; those of the module `distributions` have
    the same methods. Samples have the default float type.
    """,
    call: Method(
      "distribution(*shape)",
      """
      A sample of a shape from the program's stream, as a function of a shape gives one.

          print(Uniform(0.0, 1.0)(2, 3).shape)    # (2, 3)
      """
    ) { distribution, arguments in
      .tensor(
        try distribution.sample(
          ofShape: arguments.shapeFromRest(0), &Context.current.random))
    },
    methods: [
      Method(
        "sample(*shape, key=nil)",
        """
        A tensor of a shape, `sample(2, 3)` or `sample((2, 3))`, in front of the shape that the
        parameters have, drawn from the program's stream or from a key. Gradients reach the parameters;
        `stop_gradient` makes it a constant, as a score function needs it.

            let key = random_key(0)
            let d = Normal([0.0, 5.0], 0.1)
            print(d.sample(3, key=key).shape)                                     # (3, 2)
            print(array_equal(d.sample(3, key=key), d.sample(3, key=key)))        # true
        """
      ) { distribution, arguments in
        let shape = try arguments.shapeFromRest(0)
        return .tensor(
          try arguments.draw(key: 1) { try distribution.sample(ofShape: shape, &$0) })
      },
      Method(
        "rsample(*shape, key=nil)",
        """
        `sample` by PyTorch's name for samples that are functions of the parameters.

            print(grad(loc => sum(Normal(loc, 2.0).rsample(5)))(1.0))    # 5.0
        """
      ) { distribution, arguments in
        let shape = try arguments.shapeFromRest(0)
        return .tensor(
          try arguments.draw(key: 1) { try distribution.sample(ofShape: shape, &$0) })
      },
      Method(
        "entropy()",
        """
        The mean of `-log_prob(x)` over x, in the shape of the parameters; only `Normal` and `Uniform`
        have one.

            print(near(Uniform(0.0, 2.0).entropy(), log(2.0)))    # true
        """
      ) { distribution, _ in .tensor(try distribution.entropy()) },
      Method(
        "log_prob(x)",
        """
        The natural logarithm of the density at each element of `x`, for `Sphere` at the whole of it.
        `Orthogonal` has no density, which is an error of kind `type`.

            print(near(Uniform(0.0, 2.0).log_prob([1.0, 3.0]), [-log(2.0), -inf]))    # true
        """
      ) { distribution, arguments in
        .tensor(try distribution.logDensity(arguments.stacked(0)))
      },
    ])
}

/// The normal distribution with a mean and a standard deviation.
final class NormalDistribution: Distribution {
  override class var hostType: HostType { members }
  private static let members = HostType(
    NormalDistribution.self, "Normal", "What `Normal` gives, a `Distribution`.",
    extending: distributions,
    fields: [
      Field("loc", "The mean, as it was given, a tensor.") { .tensor($0.location) },
      Field("scale", "The standard deviation, as it was given, a tensor.") { .tensor($0.scale) },
      Field("mean", "The mean in the shape of both.") {
        .tensor(try $0.location.broadcast(to: $0.ownShape()))
      },
      Field("variance", "The variance in the shape of both.") {
        .tensor(try ($0.scale * $0.scale).broadcast(to: $0.ownShape()))
      },
    ])

  let location: Variable
  let scale: Variable

  /// - Throws: a value error for a negative scale, a shape error for parameters that do not fit.
  init(_ location: Variable, _ scale: Variable) throws {
    self.location = location
    self.scale = try Distribution.notNegative(scale, "scale of Normal")
    _ = try Distribution.common(location, scale)
  }

  override var typeName: String { "Normal" }
  override var numbers: [Variable] { [location, scale] }
  override var summary: String { "Normal(\(brief(location)), \(brief(scale)))" }

  override func sample(_ shape: Shape, _ key: inout RandomKey, dtype: DType) throws -> Variable {
    let noise = try key.drawn { try $0.normal(shape, dtype) }
    return try Distribution.matched(location, dtype) + Distribution.matched(scale, dtype) * noise
  }

  override func ownShape() throws -> Shape { try Distribution.common(location, scale) }

  ///     H = log σ + ½ + log √(2π)
  override func entropy() throws -> Variable {
    try (scale.log() + 1.4189385332046727).broadcast(to: ownShape())
  }

  ///     log p(x) = -((x - μ) / σ)² / 2 - log σ - log √(2π)
  override func logDensity(_ x: Variable) throws -> Variable {
    let distance = try (x - location) / scale
    return try -(distance * distance * 0.5) - scale.log() - 0.9189385332046727
  }
}

/// The uniform distribution between two bounds.
final class UniformDistribution: Distribution {
  override class var hostType: HostType { members }
  private static let members = HostType(
    UniformDistribution.self, "Uniform", "What `Uniform` gives, a `Distribution`.",
    extending: distributions,
    fields: [
      Field("low", "The lower bound, as it was given, a tensor.") { .tensor($0.low) },
      Field("high", "The upper bound, as it was given, a tensor.") { .tensor($0.high) },
      Field("mean", "The middle between both.") { .tensor(try ($0.low + $0.high) * 0.5) },
      Field("variance", "A twelfth of the square of their distance.") {
        let width = try $0.high - $0.low
        return .tensor(try width * width * (1.0 / 12))
      },
    ])

  let low: Variable
  let high: Variable

  /// - Throws: a value error for bounds that cross, a shape error for parameters that do not fit.
  init(_ low: Variable, _ high: Variable) throws {
    self.low = low
    self.high = high
    _ = try Distribution.common(low, high)
    _ = try Distribution.notNegative(stopGradient(high - low), "high - low of Uniform")
  }

  override var typeName: String { "Uniform" }
  override var numbers: [Variable] { [low, high] }
  override var summary: String { "Uniform(\(brief(low)), \(brief(high)))" }

  override func sample(_ shape: Shape, _ key: inout RandomKey, dtype: DType) throws -> Variable {
    let noise = try key.drawn { try $0.uniform(shape, dtype) }
    let low = try Distribution.matched(low, dtype)
    return try low + (Distribution.matched(high, dtype) - low) * noise
  }

  override func ownShape() throws -> Shape { try Distribution.common(low, high) }

  ///     H = log(high - low)
  override func entropy() throws -> Variable { try (high - low).log() }

  ///     log p(x) = -log(high - low) inside, -∞ outside
  override func logDensity(_ x: Variable) throws -> Variable {
    let density = try -((high - low).log())
    let inside = try x.isGreaterOrEqual(to: low).and(x.isLess(than: high))
    return try inside.select(density, .number(-.infinity, like: density))
  }
}

/// -1 or 1, each with probability one half.
final class RademacherDistribution: Distribution {
  override var summary: String { "Rademacher()" }

  override func sample(_ shape: Shape, _ key: inout RandomKey, dtype: DType) throws -> Variable {
    let coins = try key.drawn { try $0.bernoulli(0.5, shape, dtype) }
    return try coins * 2 - 1
  }

  ///     log p(x) = -log 2 at -1 and 1, -∞ elsewhere
  override func logDensity(_ x: Variable) throws -> Variable {
    try x.abs().isEqual(to: .number(1, like: x))
      .select(.number(-0.6931471805599453, like: x), .number(-.infinity, like: x))
  }
}

/// Uniform on the unit sphere of the whole shape.
final class SphereDistribution: Distribution {
  override var summary: String { "Sphere()" }

  override func sample(_ shape: Shape, _ key: inout RandomKey, dtype: DType) throws -> Variable {
    try key.drawn { key in
      let noise = try key.normal(shape, dtype)
      let squares = try Tensor.binary(.multiply, noise, noise)
      let length = try Tensor.unary(.sqrt, squares.sum(.all(rank: shape.rank)))
      return try Tensor.binary(.divide, noise, length)
    }
  }

  ///     log p(x) = log Γ(n/2) - log 2 - n/2 log π
  override func logDensity(_ x: Variable) throws -> Variable {
    let half = Double(x.count) / 2
    return try Variable.number(half, like: x).lgamma() - 0.6931471805599453
      - half * 1.1447298858494002
  }
}

/// Directions that are orthogonal to one another, each of length √n for n elements.
final class OrthogonalDistribution: Distribution {
  override var summary: String { "Orthogonal()" }

  override func sample(_ shape: Shape, _ key: inout RandomKey, dtype: DType) throws -> Variable {
    let own = try key.branch()
    let count = shape.rank > 1 ? shape[0] : 1
    let leaf = try Tensor.zeros(shape.rank > 1 ? shape.removing(axis: 0) : shape, dtype)
    let rows = try Directions.orthogonal.draw(count, [.tensor(leaf)], own)[0]
    return shape.rank > 1 ? rows : try rows.reshape(to: shape)
  }
}

/// A number as it prints, a tensor by its type.
private func brief(_ variable: Variable) -> String {
  if variable.rank == 0, let tensor = variable.concrete { return tensor.description }
  return variable.typeDescription
}

extension Builtins {
  static let distributions = [
    Builtin(
      "Normal(loc=0.0, scale=1.0)",
      """
      The normal distribution with a mean and a standard deviation, 0 or more. What every distribution
      has: `sample(*shape)` in front of the shape that its parameters stretch to, differentiable in them,
      also by PyTorch's name `rsample`; `log_prob(x)`; `entropy()`; `mean` and `variance`; and `kl(p, q)`.

          seed(0)
          let d = Normal(5.0, 0.1)
          print(d.sample(2, 3).shape, near(d.log_prob(5.0), 1.38364655978938))    # (2, 3) true
      """
    ) { arguments in
      .host(
        try NormalDistribution(
          arguments.isGiven(0) ? try floating(arguments.variable(0)) : arguments.number(0),
          arguments.isGiven(1) ? try floating(arguments.variable(1)) : arguments.number(1)))
    },
    Builtin(
      "Uniform(low=0.0, high=1.0)",
      """
      The uniform distribution from low up to, and without, high.

          seed(0)
          let x = Uniform(-1.0, 1.0).sample(100)
          print(all(abs(x) <= 1.0), Uniform(0.0, 2.0).log_prob(3.0))    # true -inf
      """
    ) { arguments in
      .host(
        try UniformDistribution(
          arguments.isGiven(0) ? try floating(arguments.variable(0)) : arguments.number(0),
          arguments.isGiven(1) ? try floating(arguments.variable(1)) : arguments.number(1)))
    },
    Builtin(
      "Rademacher()",
      """
      -1 or 1, each with probability one half.

          seed(0)
          print(abs(Rademacher().sample(3)))    # [1.0, 1.0, 1.0]
      """
    ) { _ in .host(RademacherDistribution()) },
    Builtin(
      "Sphere()",
      """
      Uniform on the unit sphere: a sample of any shape has length 1.

          seed(0)
          print(near(norm(Sphere().sample(4)), 1.0))    # true
      """
    ) { _ in .host(SphereDistribution()) },
    Builtin(
      "Orthogonal()",
      """
      Random directions that are orthogonal to one another: along the first axis of a sample, in
      blocks of as many as there are dimensions, each of length √n for n elements.

          seed(0)
          let z = Orthogonal().sample(3, 3)
          print(near(z @ z.T, 3.0 * eye(3)))    # true
      """
    ) { _ in .host(OrthogonalDistribution()) },
  ]
}

extension Arguments {
  /// A number of the default float type.
  fileprivate func number(_ value: Double) -> Variable {
    Variable(value, dtype: Context.current.defaultFloat)
  }
}
