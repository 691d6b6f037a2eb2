// + - * / and their like: two operands that broadcast.

import Tensors

extension Primitive {
  /// Addition, elementwise.
  ///
  ///     y = a + b            ẏ = ȧ + ḃ            ā = ȳ, b̄ = ȳ
  static let add = Primitive(
    "add", kernel: { a, b, _ in try Tensor.binary(.add, a, b) },
    forward: { a, b, y, _, da, db in
      guard let da else { return try (db ?? y).broadcast(to: y.shape) }
      guard let db else { return try da.broadcast(to: y.shape) }
      return try da + db
    },
    reverse: { a, b, _, _, dy, needsA, needsB in
      (needsA ? try dy.unbroadcast(to: a) : nil, needsB ? try dy.unbroadcast(to: b) : nil)
    }, device: DeviceForms.binary(.add))

  /// Subtraction, elementwise.
  ///
  ///     y = a - b            ẏ = ȧ - ḃ            ā = ȳ, b̄ = -ȳ
  static let subtract = Primitive(
    "subtract", kernel: { a, b, _ in try Tensor.binary(.subtract, a, b) },
    forward: { a, b, y, _, da, db in
      guard let da else { return try (-(db ?? y)).broadcast(to: y.shape) }
      guard let db else { return try da.broadcast(to: y.shape) }
      return try da - db
    },
    reverse: { a, b, _, _, dy, needsA, needsB in
      (
        needsA ? try dy.unbroadcast(to: a) : nil,
        needsB ? try (-dy).unbroadcast(to: b) : nil
      )
    }, device: DeviceForms.binary(.subtract))

  /// Multiplication, elementwise.
  ///
  ///     y = a b            ẏ = ȧ b + a ḃ            ā = ȳ b, b̄ = ȳ a
  static let multiply = Primitive(
    "multiply", kernel: { a, b, _ in try Tensor.binary(.multiply, a, b) },
    forward: { a, b, y, _, da, db in
      guard let da else { return try (db ?? y).scaled(by: a) }
      guard let db else { return try da.scaled(by: b) }
      return try da.scaled(by: b) + db.scaled(by: a)
    },
    reverse: { a, b, _, _, dy, needsA, needsB in
      (
        needsA ? try dy.scaled(by: b).unbroadcast(to: a) : nil,
        needsB ? try dy.scaled(by: a).unbroadcast(to: b) : nil
      )
    }, device: DeviceForms.binary(.multiply))

  /// The multiplication of derivative rules: `a b`, but 0 where a is 0, whatever b is,
  /// and where b is 0 and a infinite.
  ///
  /// So what `where` did not take stays out of a gradient, infinite as it may be.
  static let scale = Primitive(
    "scale", kernel: { a, b, _ in try Tensor.binary(.multiplyUnlessZero, a, b) },
    forward: { a, b, y, _, da, db in
      guard let da else { return try (db ?? y).paired(with: a) }
      guard let db else { return try da.scaled(by: b) }
      return try da.scaled(by: b) + db.paired(with: a)
    },
    reverse: { a, b, _, _, dy, needsA, needsB in
      (
        needsA ? try dy.scaled(by: b).unbroadcast(to: a) : nil,
        needsB ? try dy.paired(with: a).unbroadcast(to: b) : nil
      )
    }, device: DeviceForms.binary(.multiplyUnlessZero))

  /// The product of a cotangent and a tangent: `a b`, but 0 where either is 0, whatever the other is.
  ///
  /// It is what the derivative of `scale` by its second operand brings, so that what `where` did not
  /// take stays out of gradients of gradients, too.
  static let pair = Primitive(
    "pair", kernel: { a, b, _ in try Tensor.binary(.multiplyUnlessEitherZero, a, b) },
    forward: { a, b, y, _, da, db in
      guard let da else { return try (db ?? y).paired(with: a) }
      guard let db else { return try da.paired(with: b) }
      return try da.paired(with: b) + db.paired(with: a)
    },
    reverse: { a, b, _, _, dy, needsA, needsB in
      (
        needsA ? try dy.paired(with: b).unbroadcast(to: a) : nil,
        needsB ? try dy.paired(with: a).unbroadcast(to: b) : nil
      )
    }, device: DeviceForms.binary(.multiplyUnlessEitherZero))

  /// Division, elementwise; of integers it gives floats.
  ///
  ///     y = a / b            ẏ = ȧ / b - ḃ / b a / b            ā = ȳ / b, b̄ = -ȳ / b a / b
  static let divide = Primitive(
    "divide",
    kernel: { a, b, _ in
      try Tensor.binary(.divide, a, b, defaultFloat: Context.current.defaultFloat)
    },
    forward: { a, b, y, _, da, db in
      guard let db else { return try (da ?? y).over(b) }
      let moved = try db.over(b).scaled(by: a).over(b)
      guard let da else { return try -moved }
      return try da.over(b) - moved
    },
    reverse: { a, b, _, _, dy, needsA, needsB in
      let share = try dy.over(b)
      return (
        needsA ? try share.unbroadcast(to: a) : nil,
        needsB ? try (-(share.scaled(by: a).over(b))).unbroadcast(to: b) : nil
      )
    }, device: DeviceForms.binary(.divide))

  /// The division of derivative rules: `a / b`, but 0 where a is 0 or b infinite.
  static let over = Primitive(
    "over", kernel: { a, b, _ in try Tensor.binary(.divideUnlessZero, a, b) },
    forward: { a, b, y, _, da, db in
      guard let db else { return try (da ?? y).over(b) }
      let moved = try db.over(b).paired(with: y)
      guard let da else { return try -moved }
      return try da.over(b) - moved
    },
    reverse: { a, b, y, _, dy, needsA, needsB in
      let share = try dy.over(b)
      return (
        needsA ? try share.unbroadcast(to: a) : nil,
        needsB ? try (-share.paired(with: y)).unbroadcast(to: b) : nil
      )
    }, device: DeviceForms.binary(.divideUnlessZero))

  /// Division rounded towards minus infinity; constant between its steps.
  static let floorDivide = Primitive(
    constant: "floor_divide", kernel: { a, b, _ in try Tensor.binary(.floorDivide, a, b) },
    device: DeviceForms.binary(.floorDivide))

  /// The remainder of the division rounded towards minus infinity; its sign is b's.
  ///
  ///     y = a - b ⌊a / b⌋            ẏ = ȧ - ⌊a / b⌋ ḃ            ā = ȳ, b̄ = -ȳ ⌊a / b⌋
  static let remainder = Primitive(
    "remainder", kernel: { a, b, _ in try Tensor.binary(.remainder, a, b) },
    forward: { a, b, y, _, da, db in
      guard let db else { return try (da ?? y).broadcast(to: y.shape) }
      let moved = try db.scaled(by: a.floorDivided(by: b))
      guard let da else { return try -moved }
      return try da - moved
    },
    reverse: { a, b, _, _, dy, needsA, needsB in
      (
        needsA ? try dy.unbroadcast(to: a) : nil,
        needsB ? try (-dy.scaled(by: a.floorDivided(by: b))).unbroadcast(to: b) : nil
      )
    }, device: DeviceForms.binary(.remainder))

  /// a to the power b, elementwise.
  ///
  ///     y = a ** b            ∂y/∂a = b a ** (b - 1)            ∂y/∂b = y log a
  ///
  /// At a = 0, ∂y/∂a is 0 for every b < 1, and ∂y/∂b is 0. For a < 0, ∂y/∂b is 0: the power is
  /// real there at single exponents only.
  static let power = Primitive(
    "power", kernel: { a, b, _ in try Tensor.binary(.power, a, b) },
    forward: { a, b, y, _, da, db in
      let first = try da.map { try $0.scaled(by: a.powerSlope(b)) }
      let second = try db.map { try $0.scaled(by: a.powerGrowth(b)) }
      guard let first else { return try second ?? y.zerosLike() }
      guard let second else { return first }
      return try first + second
    },
    reverse: { a, b, _, _, dy, needsA, needsB in
      (
        needsA ? try dy.scaled(by: a.powerSlope(b)).unbroadcast(to: a) : nil,
        needsB ? try dy.scaled(by: a.powerGrowth(b)).unbroadcast(to: b) : nil
      )
    }, device: DeviceForms.binary(.power))

  /// The angle of the point (x, y), elementwise: `atan(y / x)` in the right quadrant.
  ///
  ///     θ = atan2(y, x)            ∂θ/∂y = x / (x² + y²)            ∂θ/∂x = -y / (x² + y²)
  ///
  /// Both derivatives are 0 at (0, 0). Coordinates are taken in units of the greater, s, so that no
  /// square overflows or vanishes: with p = y / s and q = x / s, ∂θ/∂y = q / (p² + q²) / s.
  static let atan2 = Primitive(
    "atan2",
    kernel: { y, x, _ in
      try Tensor.binary(.atan2, y, x, defaultFloat: Context.current.defaultFloat)
    },
    forward: { y, x, angle, _, dy, dx in
      let (toY, toX) = try y.angleSlopes(x)
      let first = try dy.map { try $0.scaled(by: toY) }
      let second = try dx.map { try $0.scaled(by: toX) }
      guard let first else { return try second ?? angle.zerosLike() }
      guard let second else { return first }
      return try first + second
    },
    reverse: { y, x, _, _, t, needsY, needsX in
      let (toY, toX) = try y.angleSlopes(x)
      return (
        needsY ? try t.scaled(by: toY).unbroadcast(to: y) : nil,
        needsX ? try t.scaled(by: toX).unbroadcast(to: x) : nil
      )
    }, device: DeviceForms.binary(.atan2))

  /// The greater of two, elementwise; nan where either is.
  ///
  /// The derivative goes to the greater, half to each where they are equal or one is nan.
  static let maximum = Primitive(choosing: .maximum, "maximum") { a, b in try a.isGreater(than: b) }

  /// The lesser of two, elementwise; nan where either is.
  ///
  /// The derivative goes to the lesser, half to each where they are equal or one is nan.
  static let minimum = Primitive(choosing: .minimum, "minimum") { a, b in try b.isGreater(than: a) }

  /// One of two operands, told by a test that is true where it is the first.
  private convenience init(
    choosing kernel: BinaryKernel, _ name: String,
    isFirst: @escaping @Sendable (Variable, Variable) throws -> Variable
  ) {
    // Where one is nan, neither is first.
    @Sendable func shares(_ a: Variable, _ b: Variable, _ t: Variable, _ s: Variable) throws
      -> Variable
    {
      let tie = try (t + s) * 0.5
      return try isFirst(a, b).select(t, isFirst(b, a).select(s, tie))
    }
    self.init(
      name, kernel: { a, b, _ in try Tensor.binary(kernel, a, b) },
      forward: { a, b, y, _, da, db in
        let zero = Variable.number(0, like: y)
        return try shares(a, b, da ?? zero, db ?? zero).broadcast(to: y.shape)
      },
      reverse: { a, b, y, _, dy, needsA, needsB in
        let zero = Variable.number(0, like: dy)
        return (
          needsA ? try shares(a, b, dy, zero).unbroadcast(to: a) : nil,
          needsB ? try shares(a, b, zero, dy).unbroadcast(to: b) : nil
        )
      }, device: DeviceForms.binary(kernel))
  }

  /// What a function sees of a parameter from outside; see `Parameter`.
  ///
  ///     y = x            ẏ = ẋ            x̄ = ȳ
  static let lift = Primitive(
    "lift", kernel: { x, _ in x }, forward: { _, _, _, dx in dx },
    reverse: { _, _, _, dy in dy }, device: DeviceForms.identity)

  /// The operand as a constant: what `stopGradient` leaves in a recording.
  static let stopped = Primitive(
    constant: "stop_gradient", kernel: { x, _ in x }, device: DeviceForms.identity)

  /// The numbers for every tape a constant, as those of `create_graph=false` are; a tangent passes.
  static let untaped = Primitive(
    "untaped", kernel: { x, _ in x }, forward: { _, _, _, dx in dx },
    reverse: { x, _, _, _ in try x.zerosLike() }, isTaped: false, device: DeviceForms.identity)
}

extension Variable {
  /// `a + b`, elementwise.
  package static func + (a: Variable, b: Variable) throws -> Variable { try apply(.add, a, b) }

  /// `a - b`, elementwise.
  package static func - (a: Variable, b: Variable) throws -> Variable { try apply(.subtract, a, b) }

  /// `a * b`, elementwise.
  package static func * (a: Variable, b: Variable) throws -> Variable { try apply(.multiply, a, b) }

  /// `a / b`, elementwise; of integers it gives floats.
  package static func / (a: Variable, b: Variable) throws -> Variable { try apply(.divide, a, b) }

  /// This plus another, elementwise, axes of 1 stretched.
  ///
  /// - Throws: a shape error where the shapes do not fit; a value error where whole numbers overflow.
  public func adding(_ other: Variable) throws -> Variable { try self + other }

  /// This minus another, elementwise, axes of 1 stretched.
  ///
  /// - Throws: a shape error where the shapes do not fit; a value error where whole numbers overflow.
  public func subtracting(_ other: Variable) throws -> Variable { try self - other }

  /// This times another, elementwise, axes of 1 stretched.
  ///
  /// - Throws: a shape error where the shapes do not fit; a value error where whole numbers overflow.
  public func multiplied(by other: Variable) throws -> Variable { try self * other }

  /// This divided by another, elementwise, axes of 1 stretched; of integers it gives floats.
  ///
  /// - Throws: a shape error where the shapes do not fit.
  public func divided(by other: Variable) throws -> Variable { try self / other }

  /// `a ** b`, elementwise.
  public func power(_ exponent: Variable) throws -> Variable { try apply(.power, self, exponent) }

  /// `a // b`: the quotient rounded towards minus infinity.
  public func floorDivided(by b: Variable) throws -> Variable { try apply(.floorDivide, self, b) }

  /// `a % b`: the remainder, with the sign of b.
  public func remainder(dividingBy b: Variable) throws -> Variable {
    try apply(.remainder, self, b)
  }

  /// The angle of the points whose second coordinate this is.
  public func atan2(_ x: Variable) throws -> Variable { try apply(.atan2, self, x) }

  /// The greater of two, elementwise.
  public func maximum(_ other: Variable) throws -> Variable { try apply(.maximum, self, other) }

  /// The lesser of two, elementwise.
  public func minimum(_ other: Variable) throws -> Variable { try apply(.minimum, self, other) }

  /// `a b` for derivative rules: 0 where this is 0.
  func scaled(by b: Variable) throws -> Variable { try apply(.scale, self, b) }

  /// `a b` of a cotangent and a tangent: 0 where either is 0.
  func paired(with b: Variable) throws -> Variable { try apply(.pair, self, b) }

  /// `a / b` for derivative rules: 0 where a is 0 or b infinite.
  func over(_ b: Variable) throws -> Variable { try apply(.over, self, b) }

  /// The derivatives of `atan2` by this, the second coordinate, and by the first.
  fileprivate func angleSlopes(_ x: Variable) throws -> (Variable, Variable) {
    let unit = try stopGradient(abs().maximum(x.abs())).infiniteAtZero()
    let (p, q) = (try over(unit), try x.over(unit))
    let square = try (p * p + q * q).infiniteAtZero(.slope)
    return (try q.over(square).over(unit), try -p.over(square).over(unit))
  }

  /// `b a ** (b - 1)`, 0 at a = 0 for b < 1.
  fileprivate func powerSlope(_ b: Variable) throws -> Variable {
    if case .tensor(let exponent) = b, exponent.count == 1 {
      let p = exponent.firstDouble
      if p == 2 { return try self * 2 }
      if p == 0 { return try zerosLike() }
      if p == 1 { return try onesLike() }
      // Below 1, ∞ ** (p - 1) is the 0 that the slope at 0 is promised to be.
      if p < 1, p > -.infinity {
        return try infiniteAtZero(.slope).power(.number(p - 1, like: self)) * p
      }
      let base = p < 2 ? try cornerAtZero() : self
      return try base.power(.number(p - 1, like: self)) * p
    }
    let b = b.dtype.isFloat ? b : try b.converted(to: dtype)
    let zero = Variable.number(0, like: self)
    let isHole = try isEqual(to: zero).and(b.isLess(than: .number(1, like: b)))
    let base = try isHole.select(.number(1, like: self), cornerAtZero(ofPower: b))
    return try isHole.select(zero, b * base.power(b - 1))
  }

  /// The elements, of which those with an exponent below 2 that is not 0 or 1 have a slope without a
  /// derivative at 0.
  private func cornerAtZero(ofPower b: Variable) throws -> Variable {
    let isSmooth = try b.isEqual(to: b.floor()).and(b.isGreaterOrEqual(to: .number(0, like: b)))
    let hasCorner = try isSmooth.not().and(b.isLess(than: .number(2, like: b)))
    return try hasCorner.select(hasCorner.select(self, onesLike()).cornerAtZero(), self)
  }

  /// `a ** b log a`, 0 where a is not positive and b a number.
  fileprivate func powerGrowth(_ b: Variable) throws -> Variable {
    let a = dtype.isFloat ? self : try converted(to: b.dtype)
    let zero = Variable.number(0, like: a)
    let isFlat = try a.isLessOrEqual(to: zero).and(b.isEqual(to: b))
    let base = try isFlat.select(.number(1, like: a), a)
    return try isFlat.select(zero, base.power(b) * base.log())
  }
}
