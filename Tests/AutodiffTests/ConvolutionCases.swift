// Cases of the primitives of convolutions and pooling, and the same sums written out.

import Autodiff
import Tensors
import Testing

/// A convolution of pictures [pictures, groups · inputs, places] with weights [groups · outputs, inputs, kernel].
struct ConvolutionCase: Sendable, CustomTestStringConvertible {
  var pictures = 2
  var inputs = 1
  var outputs = 1
  var places: [Int] = [4, 5]
  var kernel: [Int] = [2, 3]
  var stride: [Int] = [1]
  var padding: [Int] = [0]
  var dilation: [Int] = [1]
  var groups = 1

  /// Kernels as large as the picture, strides beyond the kernel, padding beyond it, one of everything.
  static let all = [
    ConvolutionCase(inputs: 2, outputs: 3), ConvolutionCase(stride: [2], padding: [1]),
    ConvolutionCase(inputs: 2, outputs: 2, stride: [3, 1], padding: [2, 0], groups: 2),
    ConvolutionCase(stride: [1, 2], padding: [3, 1], dilation: [2, 1]),
    ConvolutionCase(pictures: 3, inputs: 2, outputs: 2, kernel: [4, 5]),
    ConvolutionCase(kernel: [1, 1], stride: [3, 2]), ConvolutionCase(kernel: [3, 3], padding: [1]),
    ConvolutionCase(pictures: 1, places: [1, 7], kernel: [1, 3], dilation: [1, 3]),
    ConvolutionCase(pictures: 1, outputs: 2, places: [3, 3], kernel: [2, 2], padding: [4]),
  ]

  var testDescription: String {
    "\(pictures) × \(inputs) → \(outputs), \(places) by \(kernel), stride \(stride), padding \(padding), "
      + "dilation \(dilation), \(groups) groups"
  }

  var pictureShape: [Int] { [pictures, groups * inputs] + places }
  var weightShape: [Int] { [groups * outputs, inputs] + kernel }

  var steps: ConvolutionSteps {
    get throws {
      try ConvolutionSteps(
        stride: stride, padding: padding, dilation: dilation, groups: groups, axes: 2, in: "conv2d")
    }
  }

  @Sendable func convolved(_ x: Variable, _ w: Variable) throws -> Variable {
    try x.convolved(with: w, steps, axes: 2, in: "conv2d")
  }

  /// The sums as they stand in the definition.
  func plain(_ x: [Double], _ w: [Double], _ result: [Int]) -> [Double] {
    func at(_ numbers: [Int], _ axis: Int) -> Int { numbers[min(axis, numbers.count - 1)] }
    var y: [Double] = []
    for n in 0..<pictures {
      for o in 0..<groups * outputs {
        for i in 0..<result[0] {
          for j in 0..<result[1] {
            var sum = 0.0
            for c in 0..<inputs {
              for ky in 0..<kernel[0] {
                for kx in 0..<kernel[1] {
                  let row = i * at(stride, 0) + ky * at(dilation, 0) - at(padding, 0)
                  let column = j * at(stride, 1) + kx * at(dilation, 1) - at(padding, 1)
                  guard 0..<places[0] ~= row, 0..<places[1] ~= column else { continue }
                  let channel = o / outputs * inputs + c
                  sum +=
                    w[((o * inputs + c) * kernel[0] + ky) * kernel[1] + kx]
                    * x[((n * groups * inputs + channel) * places[0] + row) * places[1] + column]
                }
              }
            }
            y.append(sum)
          }
        }
      }
    }
    return y
  }
}

extension PrimitiveTable {
  mutating func addConvolutions() {
    for sample in ConvolutionCase.all {
      let (picture, weight) = (sample.pictureShape, sample.weightShape)
      add("conv2d", [.floats(picture, -1...1), .floats(weight, -1...1)], isInside: true) {
        try sample.convolved($0[0], $0[1])
      }
      add("conv_transpose2d", [.floats(picture, -1...1), .floats(weight, -1...1)], isInside: true) {
        x in
        let y = try sample.convolved(x[0], x[1])
        let pull = try vjp([x[0].zerosLike()]) { [try sample.convolved($0[0], x[1])] }
        return try pull([y])[0] ?? x[0].zerosLike()
      }
      add("conv2d_weights", [.floats(picture, -1...1), .floats(weight, -1...1)], isInside: true) {
        x in
        let y = try sample.convolved(x[0], x[1])
        let pull = try vjp([x[1].zerosLike()]) { [try sample.convolved(x[0], $0[0])] }
        return try pull([y])[0] ?? x[1].zerosLike()
      }
    }
    for axes in [AxisSet(2), AxisSet(bits: 0b101), AxisSet(0), AxisSet(bits: 0b111)] {
      for shape in [[2, 3, 9], [3, 2, 4]] {
        add("standardize", [.floats(shape, -1...1)]) {
          try $0[0].standardized(axes: axes, epsilon: 0.1)
        }
        add("inverse_deviation", [.floats(shape, -1...1)]) {
          try $0[0].inverseDeviation(axes: axes, epsilon: 0.1)
        }
        add(
          "standardize_derivative", [.floats(shape, -1...1), .floats(shape, -1...1)], isInside: true
        ) {
          x in
          let pull = try vjp([x[0]]) { [try $0[0].standardized(axes: axes, epsilon: 0.1)] }
          return try pull([x[1]])[0] ?? x[0].zerosLike()
        }
      }
    }
    add("gather", [f(2, 5), .ids([2, 3], below: 5)]) { try $0[0].picked($0[1]) }
    add("scatter_elements", [f(2, 5), .ids([2, 3], below: 5), f(2, 3)], isInside: true) { x in
      let pull = try vjp([x[0]]) { [try $0[0].picked(x[1])] }
      return try pull([x[2]])[0] ?? x[0].zerosLike()
    }
    add("max_pool2d", [f(2, 1, 4, 5)], isInside: true) {
      try $0[0].maxPooled(
        [2, 3],
        ConvolutionSteps(stride: [2, 1], padding: [1], dilation: [1], axes: 2, in: "max_pool2d"),
        axes: 2, in: "max_pool2d")
    }
  }
}

@Suite struct ConvolutionTests {
  @Test(arguments: ConvolutionCase.all) func `is the sum of its definition`(
    _ sample: ConvolutionCase
  ) throws {
    var samples = Samples(3)
    let x = try samples.tensor(sample.pictureShape, in: -1...1)
    let w = try samples.tensor(sample.weightShape, in: -1...1)
    let y = try sample.convolved(.tensor(x), .tensor(w))
    let expected = sample.plain(
      Variable.tensor(x).numbers, Variable.tensor(w).numbers, Array(y.shape.array[2...]))
    #expect(difference(y.numbers, expected) < 1e-13)
  }

  /// Sizes around every threshold: strips of rows, panels of positions, pieces of sums, blocks of pictures.
  @Test(arguments: [1, 5, 6, 7, 12, 13, 25], [1, 3, 29, 90]) func `any number of channels`(
    outputs: Int, inputs: Int
  ) throws {
    for places in [[3, 3], [6, 31], [9, 14]] {
      let sample = ConvolutionCase(
        inputs: inputs, outputs: outputs, places: places, kernel: [3, 3], padding: [1])
      var samples = Samples(4)
      let x = try samples.tensor(sample.pictureShape, in: -1...1)
      let w = try samples.tensor(sample.weightShape, in: -1...1)
      let u = try samples.tensor([2, outputs] + places, in: -1...1)
      for dtype in [DType.f32, .f64] {
        let tolerance = dtype == .f32 ? 2e-5 : 1e-12
        let (x, w, u) = (
          Variable.tensor(try x.converted(to: dtype)), Variable.tensor(try w.converted(to: dtype)),
          Variable.tensor(try u.converted(to: dtype))
        )
        let y = try sample.convolved(x, w)
        #expect(difference(y.numbers, sample.plain(x.numbers, w.numbers, places)) < tolerance)
        // ⟨x ∗ w, u⟩ = ⟨x, u ∗ᵀ w⟩ = ⟨w, x ⋆ u⟩
        let back = try vjp([x, w]) { [try sample.convolved($0[0], $0[1])] }([u])
        let product = try (y * u).sum().numbers
        for (operand, cotangent) in zip([x, w], back) {
          let other = try (operand * #require(cotangent)).sum().numbers
          #expect(difference(product, other) < tolerance * 20)
        }
      }
    }
  }

  @Test func `many pictures are the pictures one by one`() throws {
    let sample = ConvolutionCase(
      pictures: 70, inputs: 8, outputs: 9, places: [28, 28], kernel: [3, 3], padding: [1])
    var samples = Samples(5)
    let x = Variable.tensor(try samples.tensor(sample.pictureShape, in: -1...1))
    let w = Variable.tensor(try samples.tensor(sample.weightShape, in: -1...1))
    let all = try sample.convolved(x, w)
    let pull = try vjp([w]) { [try sample.convolved(x, $0[0])] }
    let gradient = try #require(try pull([all])[0])
    var sum = try w.zerosLike()
    for n in 0..<70 {
      let one = try x.sliced(axis: 0, from: n, to: n + 1)
      let y = try sample.convolved(one, w)
      #expect(
        difference(y.numbers, try all.sliced(axis: 0, from: n, to: n + 1).numbers) == 0)
      let pull = try vjp([w]) { [try sample.convolved(one, $0[0])] }
      sum = try sum + #require(try pull([y])[0])
    }
    #expect(difference(gradient.numbers, sum.numbers) < 1e-10)
  }

  /// What is not finite reaches what it is a term of, and nothing else.
  @Test func `infinities stay where they are`() throws {
    let steps = try ConvolutionSteps(
      stride: [1], padding: [1], dilation: [1], axes: 2, in: "conv2d")
    var numbers = Array(repeating: 1.0, count: 16)
    numbers[3] = .infinity
    let x = Variable.tensor(try makeTensor(numbers, [1, 4, 4]))
    let ones = Variable.tensor(try Tensor.full(Shape([1, 1, 3, 3]), 1, .f64))
    let y = try x.convolved(with: ones, steps, axes: 2, in: "conv2d").numbers
    let inf = Double.infinity
    #expect(y == [4, 6, inf, inf, 6, 9, inf, inf, 6, 9, 9, 6, 4, 6, 6, 4])
    // A cotangent of 0 beside the infinity gives 0.
    let pull = try vjp([ones]) { [try x.convolved(with: $0[0], steps, axes: 2, in: "conv2d")] }
    var u = Array(repeating: 0.0, count: 16)
    u[12] = 1
    let back = try pull([.tensor(makeTensor(u, [1, 4, 4]))])[0]
    #expect(try #require(back).numbers == [0, 1, 1, 0, 1, 1, 0, 0, 0])
  }
}
