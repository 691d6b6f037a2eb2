// The exponential of matrices: a Padé approximation of a power of 1/2 of each, squared as often (Al-Mohy and
// Higham, A New Scaling and Squaring Algorithm for the Matrix Exponential, 2009), of degree 13.
//
// All matrices of a stack go together, each with its own power.

import Platform

extension Tensor {
  /// e to the power of each matrix of a stack `[count, n, n]` of finite numbers.
  func exponentials() throws -> Tensor {
    let norms = try firstNorms()
    // Powers of matrices of norm 1 at most do not overflow.
    let down = norms.map { Swift.max(Int($0.isFinite ? $0.exponent : 1024) + 1, 0) }
    let steps = try halved(down).stepsForPowers()
    let halvings = zip(down, steps).map { Swift.max($0 + $1, 0) }
    let more = try halved(halvings).stepsForRounding()
    let all = zip(halvings, more).map { $0 + $1 }
    var result = try halved(all).padeExponentials()
    for round in 0..<(all.max() ?? 0) {
      try Safepoint.look()
      let square = try Tensor.matmul(result, result)
      let isDue = try Tensor(
        copying: all.map { round < $0 }, shape: Shape(trusted: [all.count, 1, 1]))
      result = try Tensor.select(isDue, square, result)
    }
    return result
  }

  /// The greatest sum of the absolute values of a column, of each matrix.
  private func firstNorms() throws -> [Double] {
    try Tensor.unary(.abs, self).sum(AxisSet(1)).max(AxisSet(1)).allDoubles()
  }

  /// Each matrix over a power of 2, in two steps, for the power itself may be beyond the numbers.
  private func halved(_ times: [Int]) throws -> Tensor {
    func powers(_ exponents: [Int]) throws -> Tensor {
      try Tensor(
        copying: exponents.map { pow(2, -Double($0)) }, shape: Shape(trusted: [times.count, 1, 1]))
    }
    let first = try powers(times.map { $0 / 2 })
    let second = try powers(times.map { $0 - $0 / 2 })
    return try Tensor.binary(.multiply, Tensor.binary(.multiply, self, first), second)
  }

  /// By which power of 2 each matrix, of norm 1 at most, may be larger, or has to be smaller, for the
  /// approximation to be exact to rounding, as its powers tell.
  private func stepsForPowers() throws -> [Int] {
    let square = try Tensor.matmul(self, self)
    let fourth = try Tensor.matmul(square, square)
    let sixth = try Tensor.matmul(fourth, square)
    let p6 = try sixth.firstNorms().map { pow($0, 1 / 6) }
    let p8 = try Tensor.matmul(fourth, fourth).firstNorms().map { pow($0, 1 / 8) }
    let p10 = try Tensor.matmul(fourth, sixth).firstNorms().map { pow($0, 1 / 10) }
    return p6.indices.map { i in
      let size = Swift.min(Swift.max(p6[i], p8[i]), Swift.max(p8[i], p10[i]))
      // The bound of degree 13. No matrix whose powers vanish needs more than 2000 steps up.
      return size > 0 ? Int(Swift.max(log2(size / 4.25).rounded(.up), -2000)) : -2000
    }
  }

  /// How many halvings more rounding asks for: the first term that the approximation lacks is to be small
  /// with absolute values, too.
  ///
  ///     ‖|A|²⁷‖ / (c ‖A‖) against 2⁻⁵³, c = 26! 27! / 13!²
  private func stepsForRounding() throws -> [Int] {
    let sizes = try Tensor.unary(.abs, self)
    var logarithms = Array(repeating: 0.0, count: shape[0])
    var row = try Tensor.ones(Shape(trusted: [shape[0], 1, shape[1]]))
    for _ in 0..<27 {
      row = try Tensor.matmul(row, sizes)
      let greatest = try row.max(AxisSet(bits: 0b110), keepAxes: true)
      for (i, number) in try greatest.allDoubles().enumerated() { logarithms[i] += log2(number) }
      row = try Tensor.binary(.divideUnlessZero, row, greatest)
    }
    return zip(logarithms, try firstNorms()).map { logarithm, norm in
      let lacking = logarithm - log2(norm) - log2(1.1325077560602111e35)
      return lacking.isFinite ? Int(Swift.max(((lacking + 53) / 26).rounded(.up), 0)) : 0
    }
  }

  /// The quotients of polynomials of degree 13 that agree with e to the power of these small matrices.
  private func padeExponentials() throws -> Tensor {
    let whole: [Double] = [
      64_764_752_532_480_000, 32_382_376_266_240_000, 7_771_770_303_897_600, 1_187_353_796_428_800,
      129_060_195_264_000, 10_559_470_521_600, 670_442_572_800, 33_522_128_640, 1_323_241_920,
      40_840_800, 960_960, 16_380, 182, 1,
    ]
    let b = whole.map { $0 / whole[0] }
    let one = try Tensor.eye(shape[1], shape[1])
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
}
