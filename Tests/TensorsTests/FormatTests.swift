// Numbers and arrays as text.

import TensorSupport
import Testing

@testable import Tensors

@Suite struct FormatTests {
  @Test func `numbers are laid out as Python's repr`() {
    for (value, text) in shortestTexts { #expect(formatShortest(value) == text) }
    #expect(formatShortest(Float(0.1)) == "0.1")
    #expect(formatShortest(Float(1e-5)) == "1e-05")
    #expect(formatShortest(Float(16777216)) == "16777216.0")
    #expect(formatShortest(Float(3.4e38)) == "3.4e+38")
    #expect(formatShortest(-Float.infinity) == "-inf")
  }

  @Test func `arrays keep six digits and cut zeros`() throws {
    let cases: [([Double], String)] = [
      ([1, 1.0 / 3], "[1.0, 0.333333]"),
      ([2.0 / 3 * 1e-5, 1e20, 100000], "[6.66667e-06, 1e+20, 100000.0]"),
      ([1_234_567, 1_000_000, 1_500_000_000], "[1.23457e+06, 1000000.0, 1500000000.0]"),
      ([.nan, -.infinity, -0.0, 0.1 + 0.2], "[nan, -inf, -0.0, 0.3]"),
      ([999_999.9, 0.000123456789], "[1000000.0, 0.000123457]"),
      ([], "[]"),
    ]
    for (values, text) in cases { #expect(try tensor(values).description == text) }
    #expect(try whole([1, -20]).description == "[1, -20]")
    #expect(try tensor([1, 0], nil, .bool).description == "[true, false]")
    #expect(Tensor(1.0 / 3).description == "0.3333333333333333")
    #expect(Tensor(1.0 / 3, dtype: .f32).description == "0.33333334")
    #expect(Tensor(7).description == "7" && Tensor(true).description == "true")
    #expect(try Tensor.zeros(Shape(3, 0)).description == "[]")
  }

  @Test func `the columns of a matrix align on the point`() throws {
    let x = try tensor([1, 2.25, -10.5, 100, 1e-10, 3], [3, 2])
    #expect(
      x.description == """
        [[  1.0  ,   2.25],
         [-10.5  , 100.0 ],
         [  1e-10,   3.0 ]]
        """)
    #expect(try tensor([1, 22.5], [1, 2]).description == "[[1.0, 22.5]]")
    #expect(
      try whole([1, 200, -30, 4], [2, 2]).description == """
        [[  1, 200],
         [-30,   4]]
        """)
    #expect(
      try counting([2, 2, 2], .i64).description == """
        [[[0, 1],
          [2, 3]],

         [[4, 5],
          [6, 7]]]
        """)
    #expect(
      try counting([2, 3], .i64).swappedAxes(0, 1).description == """
        [[0, 3],
         [1, 4],
         [2, 5]]
        """)
  }

  @Test func `more than a thousand elements show their edges`() throws {
    #expect(try counting([1001], .i64).description == "[0, 1, 2, …, 998, 999, 1000]")
    #expect(try counting([1000], .i64).description.contains("500"))
    #expect(
      try counting([100, 20], .i64).description == """
        [[   0,    1,    2, …,   17,   18,   19],
         [  20,   21,   22, …,   37,   38,   39],
         [  40,   41,   42, …,   57,   58,   59],
         …,
         [1940, 1941, 1942, …, 1957, 1958, 1959],
         [1960, 1961, 1962, …, 1977, 1978, 1979],
         [1980, 1981, 1982, …, 1997, 1998, 1999]]
        """)
  }

  @Test func `the prompt adds the type`() throws {
    #expect(try tensor([1, 2]).representation() == "[1.0, 2.0] : f64[2]")
    #expect(Tensor(3.0).representation(note: "grad_fn=mul") == "3.0 : f64 grad_fn=mul")
  }

  @Test func `format specifications are Python's`() throws {
    for (value, specification, text) in floatFormats {
      let formatted = try FormatSpecification.parse(specification).format(value)
      #expect(formatted == text, "\(value):\(specification)")
    }
    for (value, specification, text) in integerFormats {
      let formatted = try FormatSpecification.parse(specification).format(value)
      #expect(formatted == text, "\(value):\(specification)")
    }
    for (value, specification, text) in textFormats {
      let formatted = try FormatSpecification.parse(specification).format(value)
      #expect(formatted == text, "\(value):\(specification)")
    }
    #expect(try FormatSpecification.parse("").format(true) == "true")
    #expect(try FormatSpecification.parse("d").format(true) == "1")
    #expect(try FormatSpecification.parse(">6").format(false) == " false")
    #expect(try FormatSpecification.parse("").format(Float(0.1)) == "0.1")
  }

  @Test func `specifications that cannot be read say where`() {
    #expect(
      message { try FormatSpecification.parse(".3q") } == "format '.3q' cannot be read from 'q' on")
    #expect(
      message { try FormatSpecification.parse("5.f") }
        == "format '5.f' has a point without a precision after it")
    #expect(
      message { try FormatSpecification.parse("99999999999999999999d") }
        == "format '99999999999999999999d' asks for a width of 99999999999999999999")
    #expect(
      message { try FormatSpecification.parse(".5000f") }
        == "format '.5000f' asks for a precision of 5000")
    #expect(
      message { try FormatSpecification.parse("d").format(1.5) }
        == "format 'd' does not suit a float")
    #expect(
      message { try FormatSpecification.parse(".2").format(3) }
        == "format '.2' has a precision, and 3 is an integer")
    #expect(
      message { try FormatSpecification.parse(".2f").format("text") }
        == "format '.2f' does not suit text")
    #expect(message { try FormatSpecification.parse("c").format(-1) } == "-1 is no character")
  }

  @Test func `the greatest precision of the greatest number fits`() throws {
    let text = try FormatSpecification.parse(".4096f").format(-Double.greatestFiniteMagnitude)
    #expect(text.utf8.count == 1 + 309 + 1 + 4096)
  }
}
