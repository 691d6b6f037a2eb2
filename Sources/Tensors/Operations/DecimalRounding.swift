// Rounding to decimal digits, as Python's `round(x, digits)`: to the nearest number with so many digits
// after the point, as `"{x:.2f}"` shows it. Halves, which few binary numbers are exactly, go to even:
// 2.675 is a little less than it looks, and becomes 2.67.

extension Double {
  /// The nearest number with so many digits after the point; before it where `digits` is negative.
  package func rounded(digits: Int) -> Double {
    guard isFinite else { return self }
    let result = digits < 0 ? roundedToTens(-digits) : roundedToFraction(digits)
    return Double(signOf: self, magnitudeOf: result)
  }

  /// The nearest multiple of 10ⁿ: the IEEE remainder is exact, and its quotient goes to even at halves.
  private func roundedToTens(_ n: Int) -> Double {
    n > 308 ? 0 : self - remainder(dividingBy: Double("1e\(n)") ?? .infinity)
  }

  /// With N the exact x 10ⁿ rounded, the nearest number to N / 10ⁿ. Up to 10²², and as long as N has
  /// room, all of these are exact: the product misses x 10ⁿ by an error that is itself a number, and
  /// which decides where the product is a half.
  private func roundedToFraction(_ digits: Int) -> Double {
    guard magnitude < 0x1p52, digits <= 330 else { return self }
    let scale = Double("1e\(digits)") ?? .infinity
    let product = self * scale
    guard digits <= 22, product.magnitude < 0x1p52 else {
      return Double(printed(self, "f", precision: digits)) ?? self
    }
    let low = product.rounded(.down)
    let error = (-product).addingProduct(self, scale)
    guard product - low == 0.5, error != 0 else { return product.rounded(.toNearestOrEven) / scale }
    return (error > 0 ? low + 1 : low) / scale
  }
}

extension Tensor {
  /// Every element of a float tensor rounded to so many digits after the point.
  public func rounded(digits: Int) throws -> Tensor {
    let values = try allDoubles()
    return try Tensor.make(shape, dtype) { address in
      try Safepoint.forEach(0..<values.count, each: 1 << 12) { place in
        let rounded = values[place].rounded(digits: digits)
        if dtype == .f32 {
          address.storeBytes(of: Float(rounded), toByteOffset: place * 4, as: Float.self)
        } else {
          address.storeBytes(of: rounded, toByteOffset: place * 8, as: Double.self)
        }
      }
    }
  }
}
