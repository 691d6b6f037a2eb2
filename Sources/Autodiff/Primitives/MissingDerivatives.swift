// Derivatives that do not exist, taken as 0, and the notice that says so.
//
// The first derivative of √x, a norm, a power below 1 and an angle at 0 is promised to be 0, as is
// the slope of a corner. A function made of these may be smooth there, cos ‖x‖ for one, and what
// the rules give for its second derivative is not: they see one operation and not the whole. So
// whoever differentiates such a slope is told, once a place. The squares that programs write are
// no such case; see `squared`.

import Devices
import Tensors

/// What has no derivative somewhere, for the notice that tells it.
enum MissingDerivative: Int {
  /// A slope whose first derivative at 0 is promised to be 0.
  case slope
  /// Eigenvectors and singular vectors of equal values.
  case vectors

  /// Tells that the derivative was taken as 0.
  func tell(at place: UInt64 = Context.current.place) {
    let context = Context.current
    switch self {
    case .slope:
      if context.holdsSlopes {
        context.hasHeldSlope = true
        return
      }
      Notice(
        "a root, norm, power or angle at 0 has no second derivative; it was taken as 0",
        hint: "norm(x) ** 2 and sqrt(x) ** 2 are exact; for others add a small number to x",
        place: place
      ).send()
    case .vectors:
      Notice(
        "vectors of equal eigenvalues or singular values have no derivative; it was taken as 0",
        hint: "spectral_map, expm, sqrtm and logm of a matrix have all theirs", place: place
      ).send()
    }
  }
}

extension Primitive {
  /// A direction, 0 where another operand is 0. Attribute: the `MissingDerivative` that is told where
  /// that happens; none for a derivative that is truly 0.
  ///
  ///     y = x ≠ 0 ? t : 0            ẏ = x ≠ 0 ? ṫ : 0            t̄ = x ≠ 0 ? ȳ : 0
  static let withoutZeros: Primitive = Primitive(
    "without_zeros",
    kernel: { t, x, attributes in
      let zero = Tensor(0, dtype: x.dtype)
      let isZero = try Tensor.binary(.equal, x, zero)
      if case .int(let number) = attributes, let missing = MissingDerivative(rawValue: number),
        try missing == .slope ? isZero.hasTrue() : t.hasMore(thanNoiseAt: isZero)
      {
        missing.tell()
      }
      return try Tensor.select(isZero, Tensor(0, dtype: t.dtype), t)
    },
    forward: { _, x, y, attributes, dt, _ in
      try dt.map { try apply(.withoutZeros, $0, x, attributes) } ?? y.zerosLike()
    },
    reverse: { t, x, _, attributes, dy, needsT, _ in
      (needsT ? try apply(.withoutZeros, dy, x, attributes).unbroadcast(to: t) : nil, nil)
    },
    device: { x, attributes, device in
      // Where something is to be told the processor looks.
      if case .int = attributes, try DeviceTensor.hasZero(x[1]) { return nil }
      return try DeviceTensor.withoutZeros(x[0], x[1], on: device).map { [$0] }
    })

  /// The elements, infinite instead of 0: what one divides by where a quotient at 0 is to be 0 at
  /// every order. Attribute: as `withoutZeros`.
  ///
  ///     y = x ≠ 0 ? x : ∞            ẏ = x ≠ 0 ? ẋ : 0            x̄ = x ≠ 0 ? ȳ : 0
  ///
  /// The infinity is a promised 0 on its way, and none that `detectsAnomalies` looks for.
  static let infiniteAtZero = Primitive(
    "infinite_at_zero",
    kernel: { x, _ in
      let zero = Tensor(0, dtype: x.dtype)
      return try Tensor.select(
        Tensor.binary(.equal, x, zero), Tensor(.infinity, dtype: x.dtype), x)
    },
    forward: { x, _, attributes, dx in try apply(.withoutZeros, dx, x, attributes) },
    reverse: { x, _, attributes, dy in try apply(.withoutZeros, dy, x, attributes) },
    device: DeviceForms.tensor { x, _ in try x.infiniteAtZero() })

  /// The elements of a slope that has no derivative at 0.
  ///
  ///     y = x            ẏ = x ≠ 0 ? ẋ : 0            x̄ = x ≠ 0 ? ȳ : 0
  static let cornerAtZero = Primitive(
    "corner_at_zero", kernel: { x, _ in x },
    forward: { x, _, attributes, dx in try apply(.withoutZeros, dx, x, attributes) },
    reverse: { x, _, attributes, dy in try apply(.withoutZeros, dy, x, attributes) },
    device: DeviceForms.identity)
}

extension Variable {
  /// The elements, infinite instead of 0; a derivative of them at 0 is 0, and told if it is missing.
  func infiniteAtZero(_ missing: MissingDerivative? = nil) throws -> Variable {
    try apply(.infiniteAtZero, self, missing.map { .int($0.rawValue) } ?? .none)
  }

  /// The elements of a slope that has no derivative at 0.
  func cornerAtZero() throws -> Variable {
    try apply(.cornerAtZero, self, .int(MissingDerivative.slope.rawValue))
  }

  /// This direction of vectors over what tells them apart, the gaps between values or values
  /// themselves: 0 where that is 0, which is told.
  func over(apart: Variable) throws -> Variable {
    try apply(.withoutZeros, self, apart, .int(MissingDerivative.vectors.rawValue))
      .over(apart.infiniteAtZero())
  }
}

extension Tensor {
  /// Whether any element of a tensor of Bools is true.
  fileprivate func hasTrue() throws -> Bool {
    try any(.all(rank: rank), keepAxes: false).firstInt != 0
  }

  /// Whether an element that is marked is more than the rounding of the greatest.
  fileprivate func hasMore(thanNoiseAt marks: Tensor) throws -> Bool {
    guard count > 0, try marks.hasTrue() else { return false }
    let sizes = try Tensor.unary(.abs, self)
    let marked = try Tensor.select(marks, sizes, Tensor(0, dtype: dtype))
    let all = AxisSet.all(rank: rank)
    return try marked.max(all).firstDouble > 8 * dtype.rounding * sizes.max(all).firstDouble
  }
}
