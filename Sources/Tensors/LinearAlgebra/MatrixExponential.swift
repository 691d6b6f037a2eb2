// The exponential of a matrix: a Padé approximation of a power of 1/2 of it, squared as often (Al-Mohy and
// Higham, A New Scaling and Squaring Algorithm for the Matrix Exponential, 2009), of degree 13.

import Platform

extension Tensor {
  /// e to the power of this matrix; nan where an element is not finite.
  func exponential() throws -> Tensor {
    let n = shape[0]
    guard try isFiniteEverywhere() else { return try Tensor.full(shape, .nan, .f64) }
    let norm = try firstNorm()
    if norm == 0 { return try Tensor.eye(n, n) }
    // Powers of a matrix of norm 1 at most do not overflow.
    let down = Swift.max(Int(norm.isFinite ? norm.exponent : 1024) + 1, 0)
    let halvings = try Swift.max(down + steps(forPowersOf: halved(down)), 0)
    let scaled = try halved(halvings)
    let all = try halvings + scaled.stepsForRounding()
    var result = try halved(all).padeExponential()
    for _ in 0..<all {
      try Safepoint.look()
      result = try Tensor.matmul(result, result)
    }
    return result
  }

  /// By which power of 2 a matrix of norm 1 at most may be larger, or has to be smaller, for the approximation
  /// to be exact to rounding, as its powers tell.
  private func steps(forPowersOf x: Tensor) throws -> Int {
    let square = try Tensor.matmul(x, x)
    let fourth = try Tensor.matmul(square, square)
    let sixth = try Tensor.matmul(fourth, square)
    let (p6, p8, p10) = (
      pow(try sixth.firstNorm(), 1 / 6), pow(try Tensor.matmul(fourth, fourth).firstNorm(), 1 / 8),
      pow(try Tensor.matmul(fourth, sixth).firstNorm(), 1 / 10)
    )
    let size = Swift.min(Swift.max(p6, p8), Swift.max(p8, p10))
    // The bound of degree 13. No matrix whose powers vanish needs more than 2000 steps up.
    return size > 0 ? Int(Swift.max(log2(size / 4.25).rounded(.up), -2000)) : -2000
  }

  /// How many halvings more rounding asks for: the first term that the approximation lacks is to be small
  /// with absolute values, too.
  ///
  ///     ‖|A|²⁷‖ / (c ‖A‖) against 2⁻⁵³, c = 26! 27! / 13!²
  private func stepsForRounding() throws -> Int {
    let sizes = try Tensor.unary(.abs, self)
    var row = try Tensor.ones(Shape(1, shape[0]))
    var logarithm = 0.0
    for _ in 0..<27 {
      row = try Tensor.matmul(row, sizes)
      let greatest = try row.max(.all(rank: 2)).firstDouble
      guard greatest > 0 else { return 0 }
      logarithm += log2(greatest)
      row = try row.times(1 / greatest)
    }
    let lacking = logarithm - log2(try firstNorm()) - log2(1.1325077560602111e35)
    return lacking.isFinite ? Int(Swift.max(((lacking + 53) / 26).rounded(.up), 0)) : 0
  }

  /// This matrix over a power of 2, in two steps, for the power itself may be beyond the numbers.
  private func halved(_ times: Int) throws -> Tensor {
    let half = times / 2
    return try times == 0
      ? self : self.times(pow(2, -Double(half))).times(pow(2, -Double(times - half)))
  }

  /// The quotient of polynomials of degree 13 that agrees with e to the power of this small matrix.
  private func padeExponential() throws -> Tensor {
    let whole: [Double] = [
      64_764_752_532_480_000, 32_382_376_266_240_000, 7_771_770_303_897_600, 1_187_353_796_428_800,
      129_060_195_264_000, 10_559_470_521_600, 670_442_572_800, 33_522_128_640, 1_323_241_920,
      40_840_800, 960_960, 16_380, 182, 1,
    ]
    let b = whole.map { $0 / whole[0] }
    let one = try Tensor.eye(shape[0], shape[0])
    let square = try Tensor.matmul(self, self)
    let fourth = try Tensor.matmul(square, square)
    let sixth = try Tensor.matmul(fourth, square)
    /// The terms from a coefficient on, every second: of the powers 0 to 6, and of those above.
    func polynomial(from first: Int) throws -> Tensor {
      let high = try sixth.times(b[first + 12]).plus(fourth.times(b[first + 10]))
        .plus(square.times(b[first + 8]))
      return try Tensor.matmul(sixth, high).plus(sixth.times(b[first + 6]))
        .plus(fourth.times(b[first + 4])).plus(square.times(b[first + 2])).plus(one.times(b[first]))
    }
    let odd = try Tensor.matmul(self, polynomial(from: 1))
    let even = try polynomial(from: 0)
    return try Tensor.solve(even.minus(odd), even.plus(odd))
  }

  private func isFiniteEverywhere() throws -> Bool {
    try Tensor.unary(.isfinite, self).all(.all(rank: rank)).firstInt != 0
  }
}
