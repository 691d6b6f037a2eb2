// Many elements into one, and functions along an axis. The sum is in `Movement`, as the transpose
// of a broadcast.

import Devices
import Tensors

extension Primitive {
  /// A reduction: a function of `(x, y, t)` gives the weights ẏ = Σ w ẋ, x̄ = w ȳ. There y keeps
  /// its reduced axes with extent 1.
  convenience init(
    reduction name: String, squared: Primitive? = nil,
    kernel: @escaping @Sendable (Tensor, AxisSet, Bool) throws -> Tensor,
    again: @escaping @Sendable (Variable, AxisSet, Bool) throws -> Variable,
    weights: @escaping @Sendable (_ x: Variable, _ y: Variable, _ axes: AxisSet) throws -> Variable,
    device: DeviceForm? = nil
  ) {
    self.init(
      name,
      kernel: { x, attributes in
        let (axes, keepAxes) = attributes.axes
        return try kernel(x, axes, keepAxes)
      },
      forward: { x, y, attributes, dx in
        let (axes, keepAxes) = attributes.axes
        let kept = try y.reshape(to: x.shape.keeping(axes))
        return try dx.scaled(by: weights(x, kept, axes)).sum(axes: axes, keepAxes: keepAxes)
      },
      reverse: { x, y, attributes, dy in
        let (axes, _) = attributes.axes
        let shape = x.shape.keeping(axes)
        return try dy.reshape(to: shape).scaled(by: weights(x, y.reshape(to: shape), axes))
      },
      batch: { x, attributes in
        let (axes, keepAxes) = attributes.axes
        return try again(x, axes.shifted, keepAxes)
      }, squared: squared, device: device)
  }

  /// The product over axes.
  ///
  ///     y = Π x            ∂y/∂xᵢ = Π over j ≠ i of xⱼ, without division
  static let prod = Primitive(
    reduction: "prod", kernel: { try $0.prod($1, keepAxes: $2) },
    again: { try $0.prod(axes: $1, keepAxes: $2) },
    weights: { x, _, axes in try x.productOfOthers(axes: axes) },
    device: DeviceForms.reduction(.prod))

  /// The greatest over axes; the derivative is spread evenly over equal ones, over all where one is nan.
  static let max = Primitive(
    reduction: "max", kernel: { try $0.max($1, keepAxes: $2) },
    again: { try $0.max(axes: $1, keepAxes: $2) },
    weights: { x, y, axes in try x.isLess(than: y).not().shares(x.dtype, axes) },
    device: DeviceForms.reduction(.max))

  /// The least over axes; the derivative is spread evenly over equal ones, over all where one is nan.
  static let min = Primitive(
    reduction: "min", kernel: { try $0.min($1, keepAxes: $2) },
    again: { try $0.min(axes: $1, keepAxes: $2) },
    weights: { x, y, axes in try x.isGreater(than: y).not().shares(x.dtype, axes) },
    device: DeviceForms.reduction(.min))

  /// The logarithm of the sum of exponentials over axes.
  ///
  ///     y = log Σ eˣ            ∂y/∂x = e / Σ e, e = e^(x - y)
  ///
  /// Σ e is 1 but for the rounding of y, which is large where y is. Where y is inf, infinite elements
  /// share 1 and others have 0; where y is -inf the derivative is 0.
  static let logsumexp = Primitive(
    reduction: "logsumexp", kernel: { try $0.logsumexp($1, keepAxes: $2) },
    again: { try $0.logsumexp(axes: $1, keepAxes: $2) },
    weights: { x, y, axes in
      let zero = Variable.number(0, like: x)
      let isInfinite = try y.isinf()
      let part = try isInfinite.select(zero, x - isInfinite.select(zero, y)).exp()
      let isHit = try x.isEqual(to: .number(.infinity, like: x)).converted(to: x.dtype)
      let share = try isInfinite.select(isHit, part)
      return try share.over(share.sum(axes: axes, keepAxes: true).infiniteAtZero())
    }, device: DeviceForms.overAxes { try $0.logSumExp($1, keepAxes: $2) })

  /// The Euclidean norm over axes.
  ///
  ///     y = √Σx²            ∂y/∂x = x / y, 0 at 0
  static let norm = Primitive(
    reduction: "norm", squared: .squaredNorm,
    kernel: { try $0.norm($1, keepAxes: $2) },
    again: { try $0.norm(axes: $1, keepAxes: $2) },
    weights: { x, y, _ in try x.over(y.infiniteAtZero(.slope)) },
    device: DeviceForms.overAxes { try $0.norm($1, keepAxes: $2) })

  /// The mean of the squared differences of two tensors of one shape over axes.
  ///
  ///     y = Σ (a - b)² / n            ẏ = Σ 2 (a - b) (ȧ - ḃ) / n            ā = 2 (a - b) ȳ / n, b̄ = -ā
  static let meanSquaredDifference = Primitive(
    "mse_loss",
    kernel: { a, b, attributes in
      let (axes, _) = attributes.axes
      return try Tensor.meanSquaredDifference(a, b, axes)
    },
    forward: { a, b, y, attributes, da, db in
      let (axes, _) = attributes.axes
      let half = Double(a.shape.count(of: axes)) / 2
      let motion =
        if let da, let db { try da - db } else { try da ?? -(db ?? y) }
      return try motion.scaled(by: a - b).sum(axes: axes).over(.number(half, like: y))
    },
    reverse: { a, b, _, attributes, dy, needsA, needsB in
      let (axes, _) = attributes.axes
      let half = Double(a.shape.count(of: axes)) / 2
      let share = try dy.over(.number(half, like: dy))
      let whole = share.rank == 0 ? share : try share.reshape(to: a.shape.keeping(axes))
      let cotangent = try whole.scaled(by: a - b)
      return (needsA ? cotangent : nil, needsB ? try -cotangent : nil)
    },
    batch: { a, aIsMapped, b, bIsMapped, attributes in
      let (axes, _) = attributes.axes
      let size = (aIsMapped ? a : b).shape[0]
      let (s, t) = (try mapped(a, aIsMapped, size: size), try mapped(b, bIsMapped, size: size))
      return try s.meanSquaredDifference(t, axes: axes.shifted)
    },
    device: { x, attributes, _ in
      guard case .tensor(let a) = x[0], case .tensor(let b) = x[1] else { return nil }
      return try DeviceTensor.meanSquaredDifference(a, b, attributes.axes.0).map { [$0] }
    })

  /// True where any element over the axes is not zero.
  static let anyTrue = Primitive(test: "any", device: .any) {
    try $0.any($1, keepAxes: $2)
  } again: {
    try $0.any(axes: $1, keepAxes: $2)
  }

  /// True where no element over the axes is zero.
  static let allTrue = Primitive(test: "all", device: .all) {
    try $0.all($1, keepAxes: $2)
  } again: {
    try $0.all(axes: $1, keepAxes: $2)
  }

  private convenience init(
    test name: String, device: DeviceReduction,
    kernel: @escaping @Sendable (Tensor, AxisSet, Bool) throws -> Tensor,
    again: @escaping @Sendable (Variable, AxisSet, Bool) throws -> Variable
  ) {
    self.init(
      constant: name,
      kernel: { x, attributes in
        let (axes, keepAxes) = attributes.axes
        return try kernel(x, axes, keepAxes)
      },
      batch: { x, attributes in
        let (axes, keepAxes) = attributes.axes
        return try again(x, axes.shifted, keepAxes)
      }, device: DeviceForms.reduction(device))
  }

  // MARK: Along an axis

  /// A function along an axis, its number the attribute.
  private convenience init(
    along name: String, kernel: @escaping @Sendable (Tensor, Int) throws -> Tensor,
    again: @escaping @Sendable (Variable, Int) throws -> Variable,
    forward: @escaping @Sendable (Variable, Variable, Int, Variable) throws -> Variable,
    reverse: @escaping @Sendable (Variable, Variable, Int, Variable) throws -> Variable,
    device: DeviceForm? = nil
  ) {
    self.init(
      name,
      kernel: { x, attributes in try kernel(x, attributes.int) },
      forward: { x, y, attributes, t in try forward(x, y, attributes.int, t) },
      reverse: { x, y, attributes, t in try reverse(x, y, attributes.int, t) },
      batch: { x, attributes in try again(x, attributes.int + 1) }, device: device)
  }

  /// Running sums.
  ///
  ///     yₖ = Σ over j ≤ k of xⱼ            ẏ = cumsum ẋ            x̄ = cumsum of ȳ from the end
  static let cumsum = Primitive(
    along: "cumsum", kernel: { try $0.cumsum(axis: $1) }, again: { try $0.cumsum(axis: $1) },
    forward: { _, _, axis, t in try t.cumsum(axis: axis) },
    reverse: { _, _, axis, t in try t.flip(axes: [axis]).cumsum(axis: axis).flip(axes: [axis]) })

  /// Running products; the rules do not divide, so zeros are exact.
  ///
  ///     yₖ = xₖ yₖ₋₁            ẏₖ = xₖ ẏₖ₋₁ + yₖ₋₁ ẋₖ            x̄ₖ = yₖ₋₁ zₖ, zₖ = ȳₖ + xₖ₊₁ zₖ₊₁
  static let cumprod = Primitive(
    along: "cumprod", kernel: { try $0.cumprod(axis: $1) }, again: { try $0.cumprod(axis: $1) },
    forward: { x, y, axis, t in
      try t.scaled(by: y.shifted(by: 1, fill: 1, axis: axis)).recurrence(factor: x, axis: axis)
    },
    reverse: { x, y, axis, t in
      let factor = try x.flip(axes: [axis]).shifted(by: 1, fill: 0, axis: axis)
      let z = try t.flip(axes: [axis]).recurrence(factor: factor, axis: axis).flip(axes: [axis])
      return try z.scaled(by: y.shifted(by: 1, fill: 1, axis: axis))
    })

  ///     y = eˣ / Σ eˣ            ẏ = y (ẋ - Σ y ẋ)            x̄ = y (ȳ - Σ y ȳ)
  static let softmax = Primitive(
    along: "softmax", kernel: { try $0.softmax(axis: $1) }, again: { try $0.softmax(axis: $1) },
    forward: { _, y, axis, t in try y.softmaxSlope(t, axis) },
    reverse: { _, y, axis, t in try y.softmaxSlope(t, axis) },
    device: DeviceForms.tensor { try $0.softmax(axis: $1.int) })

  ///     y = x - log Σ eˣ            ẏ = ẋ - Σ eʸ ẋ            x̄ = ȳ - eʸ Σ ȳ
  static let logSoftmax = Primitive(
    along: "log_softmax", kernel: { try $0.logSoftmax(axis: $1) },
    again: { try $0.logSoftmax(axis: $1) },
    forward: { _, y, axis, t in
      try t - t.scaled(by: y.exp()).sum(axes: AxisSet(axis), keepAxes: true)
    },
    reverse: { _, y, axis, t in
      try t - t.sum(axes: AxisSet(axis), keepAxes: true).scaled(by: y.exp())
    }, device: DeviceForms.tensor { try $0.logSoftmax(axis: $1.int) })

  /// The place of the greatest element along an axis. Attribute: the axis, kept or not.
  static let argmax = Primitive(place: "argmax") {
    try $0.argmax(axis: $1, keepAxes: $2)
  } again: {
    try $0.argmax(axis: $1, keepAxes: $2)
  }

  /// The place of the least element along an axis. Attribute: the axis, kept or not.
  static let argmin = Primitive(place: "argmin") {
    try $0.argmin(axis: $1, keepAxes: $2)
  } again: {
    try $0.argmin(axis: $1, keepAxes: $2)
  }

  private convenience init(
    place name: String, kernel: @escaping @Sendable (Tensor, Int, Bool) throws -> Tensor,
    again: @escaping @Sendable (Variable, Int, Bool) throws -> Variable
  ) {
    self.init(
      constant: name,
      kernel: { x, attributes in
        let (axes, keepAxes) = attributes.axes
        return try kernel(x, axes.first, keepAxes)
      },
      batch: { x, attributes in
        let (axes, keepAxes) = attributes.axes
        return try again(x, axes.first + 1, keepAxes)
      })
  }
}

extension AxisSet {
  /// The lowest axis; the set must have one.
  fileprivate var first: Int { bits.trailingZeroBitCount }
}

extension Shape {
  /// This shape without the given axes.
  func reducing(_ axes: AxisSet) -> Shape {
    var result = Shape()
    for axis in 0..<rank where !axes.contains(axis) { result.append(self[axis]) }
    return result
  }

  /// The number of elements that a reduction over axes puts together.
  func count(of axes: AxisSet) -> Int {
    (0..<rank).reduce(1) { axes.contains($1) ? $0 * self[$1] : $0 }
  }
}

extension Variable {
  /// The product over all axes unless they are given.
  public func prod(axes: AxisSet? = nil, keepAxes: Bool = false) throws -> Variable {
    try apply(.prod, self, .axes(axes ?? .all(rank: rank), keepAxes: keepAxes))
  }

  /// The greatest element over all axes unless they are given.
  public func max(axes: AxisSet? = nil, keepAxes: Bool = false) throws -> Variable {
    try apply(.max, self, .axes(axes ?? .all(rank: rank), keepAxes: keepAxes))
  }

  /// The least element over all axes unless they are given.
  public func min(axes: AxisSet? = nil, keepAxes: Bool = false) throws -> Variable {
    try apply(.min, self, .axes(axes ?? .all(rank: rank), keepAxes: keepAxes))
  }

  /// log Σ eˣ without overflow, over all axes unless they are given.
  public func logsumexp(axes: AxisSet? = nil, keepAxes: Bool = false) throws -> Variable {
    try apply(.logsumexp, floating(), .axes(axes ?? .all(rank: rank), keepAxes: keepAxes))
  }

  /// The Euclidean norm over all axes unless they are given; its derivative at 0 is 0.
  public func norm(axes: AxisSet? = nil, keepAxes: Bool = false) throws -> Variable {
    try apply(.norm, floating(), .axes(axes ?? .all(rank: rank), keepAxes: keepAxes))
  }

  /// The mean of the squared differences over axes, for floats of one shape and dtype.
  func meanSquaredDifference(_ b: Variable, axes: AxisSet) throws -> Variable {
    try apply(.meanSquaredDifference, self, b, .axes(axes, keepAxes: false))
  }

  /// True where any element is not zero, over all axes unless they are given.
  public func any(axes: AxisSet? = nil, keepAxes: Bool = false) throws -> Variable {
    try apply(.anyTrue, self, .axes(axes ?? .all(rank: rank), keepAxes: keepAxes))
  }

  /// True where no element is zero, over all axes unless they are given.
  public func all(axes: AxisSet? = nil, keepAxes: Bool = false) throws -> Variable {
    try apply(.allTrue, self, .axes(axes ?? .all(rank: rank), keepAxes: keepAxes))
  }

  /// The place of the greatest element along an axis; in the flattened tensor for nil.
  public func argmax(axis: Int? = nil, keepAxes: Bool = false) throws -> Variable {
    try place(.argmax, axis, keepAxes)
  }

  /// The place of the least element along an axis; in the flattened tensor for nil.
  public func argmin(axis: Int? = nil, keepAxes: Bool = false) throws -> Variable {
    try place(.argmin, axis, keepAxes)
  }

  private func place(_ p: Primitive, _ axis: Int?, _ keepAxes: Bool) throws -> Variable {
    guard let axis else {
      let flat = try apply(p, flattened(), .axes(AxisSet(0), keepAxes: false))
      return keepAxes ? try flat.reshape(to: shape.keeping(.all(rank: rank))) : flat
    }
    return try apply(p, self, .axes(AxisSet(shape.axis(axis)), keepAxes: keepAxes))
  }

  /// Running sums along an axis.
  public func cumsum(axis: Int) throws -> Variable {
    try apply(.cumsum, self, .int(shape.axis(axis)))
  }

  /// Running products along an axis.
  public func cumprod(axis: Int) throws -> Variable {
    try apply(.cumprod, self, .int(shape.axis(axis)))
  }

  /// eˣ / Σ eˣ along an axis.
  public func softmax(axis: Int = -1) throws -> Variable {
    try apply(.softmax, floating(), .int(shape.axis(axis)))
  }

  /// x - log Σ eˣ along an axis.
  public func logSoftmax(axis: Int = -1) throws -> Variable {
    try apply(.logSoftmax, floating(), .int(shape.axis(axis)))
  }

  // MARK: Parts of rules

  /// Equal shares of 1 over axes for elements that are true.
  fileprivate func shares(_ dtype: DType, _ axes: AxisSet) throws -> Variable {
    let isHit = try converted(to: dtype)
    return try isHit.over(isHit.sum(axes: axes, keepAxes: true))
  }

  fileprivate func softmaxSlope(_ t: Variable, _ axis: Int) throws -> Variable {
    try (t - t.scaled(by: self).sum(axes: AxisSet(axis), keepAxes: true)).scaled(by: self)
  }

  /// For each element the product of the others over the axes, in this shape.
  fileprivate func productOfOthers(axes: AxisSet) throws -> Variable {
    let reduced = (0..<rank).filter(axes.contains)
    let order = (0..<rank).filter { !axes.contains($0) } + reduced
    let moved = try permute(order)
    let outer = shape.reducing(axes)
    let n = reduced.reduce(1) { $0 * shape[$1] }
    if n == 0 { return self }
    let rows = try moved.reshape(to: Shape(outer.count, n)).rowProductsOfOthers()
    var inverse = order
    for (new, old) in order.enumerated() { inverse[old] = new }
    return try rows.reshape(to: moved.shape).permute(inverse)
  }

  /// The same along the last of two axes: products of pairs, what is missing in each pair, and
  /// back; linear work, and exact where elements are zero.
  private func rowProductsOfOthers() throws -> Variable {
    let n = shape[1]
    if n == 1 { return try onesLike() }
    let even = n % 2 == 0 ? self : try padded(before: [0, 0], after: [0, 1], value: 1)
    let half = even.shape[1] / 2
    let pairs = try even.reshape(to: Shape(trusted: [shape[0], half, 2]))
    let others = try (pairs.prod2()).rowProductsOfOthers().reshape(
      to: Shape(trusted: [shape[0], half, 1]))
    let result = try (pairs.flip(axes: [2]) * others).reshape(to: even.shape)
    return n % 2 == 0 ? result : try result.sliced(axis: 1, from: 0, to: n)
  }

  /// The products of pairs along the last of three axes.
  private func prod2() throws -> Variable {
    let (first, second) = (try sliced(axis: 2, from: 0, to: 1), try sliced(axis: 2, from: 1, to: 2))
    return try (first * second).reshape(to: Shape(shape[0], shape[1]))
  }

  /// The elements moved along an axis, with a number where nothing comes.
  fileprivate func shifted(by places: Int, fill: Scalar, axis: Int) throws -> Variable {
    let extent = shape[axis]
    let kept = try sliced(axis: axis, from: 0, to: Swift.max(extent - places, 0))
    var before = Array(repeating: 0, count: rank)
    before[axis] = Swift.min(places, extent)
    return try kept.padded(before: before, after: Array(repeating: 0, count: rank), value: fill)
  }

  /// zₖ = factorₖ zₖ₋₁ + uₖ along an axis, in a logarithmic number of steps.
  fileprivate func recurrence(factor: Variable, axis: Int) throws -> Variable {
    var (z, a) = (self, factor)
    var places = 1
    while places < shape[axis] {
      z = try z + z.shifted(by: places, fill: 0, axis: axis).scaled(by: a)
      a = try a * a.shifted(by: places, fill: 0, axis: axis)
      places *= 2
    }
    return z
  }
}
