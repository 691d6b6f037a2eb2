// Rounding to decimal digits beside Python's.

import TensorSupport
import Tensors
import Testing

@Suite struct `Rounding to digits` {
  @Test func `is Python's, to the bit`() {
    for (x, digits, expected) in RoundingOracle.cases {
      let rounded = x.rounded(digits: digits)
      #expect(rounded.bitPattern == expected.bitPattern, "round(\(x), \(digits)) is \(rounded)")
    }
  }

  @Test func `leaves what is not finite, and what has no such digits`() {
    for digits in [-400, -1, 0, 3, 400] {
      #expect(Double.infinity.rounded(digits: digits) == .infinity)
      #expect(Double.nan.rounded(digits: digits).isNaN)
      #expect((-0.0).rounded(digits: digits).sign == .minus)
    }
    #expect(1.5.rounded(digits: 400) == 1.5)
    #expect((-1.5).rounded(digits: -400).bitPattern == (-0.0).bitPattern)
  }

  @Test func `goes element by element, in either float type`() throws {
    let x = try tensor([2.675, -0.125, 1.0])
    #expect(try x.rounded(digits: 2).doubles == [2.67, -0.12, 1])
    let single = try x.converted(to: .f32).rounded(digits: 1)
    #expect(single.dtype == .f32)
    #expect(try single.doubles == [Double(Float(2.7)), Double(Float(-0.1)), 1])
  }
}
