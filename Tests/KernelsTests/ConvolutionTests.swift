// Convolutions, windows and standardized numbers of every size at which they are computed differently, on every
// level of the processor.

import TensorSupport
import Tensors
import Testing

@Suite(.serialized) struct ConvolutionTests {
  /// A convolution of channels, with one stride and padding, on pictures of 5 by 7.
  struct Sizes: Sendable {
    var pictures = 2
    var inputs: Int
    var outputs: Int
    var kernel = 3
    var stride = 1
  }

  private static let sizes: [Sizes] =
    (Threshold.innerRows.around() + Threshold.narrowInnerRows.around()
    + Threshold.tileRows.around(1, 2) + Threshold.narrowTileRows.around(1, 2))
    .flatMap { [Sizes(inputs: 2, outputs: $0), Sizes(inputs: 2, outputs: $0, stride: 2)] }
    + (Threshold.innerColumns.around(1, 2) + Threshold.narrowInnerColumns.around(1, 2)
    + Threshold.piece.around() + Threshold.narrowPiece.around(1, 2))
    .map { Sizes(inputs: $0, outputs: 3, kernel: 1) }
    + [1, 60, 130].map { Sizes(pictures: $0, inputs: 40, outputs: 5) }

  @Test(arguments: sizes, [DType.f64, .f32])
  func `each of its three sums is the loop's`(_ sizes: Sizes, _ dtype: DType) throws {
    let (rows, columns, padding) = (5, 7, sizes.kernel / 2)
    let form = try ConvolutionForm(
      picture: Grid(rows, columns), kernel: Grid(sizes.kernel, sizes.kernel),
      stride: Grid(sizes.stride, sizes.stride), padding: Grid(padding, padding),
      dilation: Grid(1, 1), groups: 1)
    let (n, c, o, k) = (sizes.pictures, sizes.inputs, sizes.outputs, sizes.kernel)
    let (high, wide) = (form.result.y, form.result.x)
    let x = scattered(n * c * rows * columns, seed: 1)
    let w = scattered(o * c * k * k, seed: 2)
    let y = scattered(n * o * high * wide, seed: 3)
    var (results, pictures, weights) = (
      [Double](repeating: 0, count: y.count), [Double](repeating: 0, count: x.count),
      [Double](repeating: 0, count: w.count)
    )
    for p in 0..<n {
      for a in 0..<o {
        for b in 0..<c {
          for t in 0..<k * k {
            for i in 0..<high * wide {
              let row = i / wide * sizes.stride + t / k - padding
              let column = i % wide * sizes.stride + t % k - padding
              guard 0..<rows ~= row, 0..<columns ~= column else { continue }
              let at = ((p * c + b) * rows + row) * columns + column
              let (to, of) = ((p * o + a) * high * wide + i, (a * c + b) * k * k + t)
              results[to] += x[at] * w[of]
              pictures[at] += y[to] * w[of]
              weights[of] += x[at] * y[to]
            }
          }
        }
      }
    }
    let (tx, tw, ty) = (
      try tensor(x, [1, n, c, rows, columns], dtype), try tensor(w, [1, o, c, k, k], dtype),
      try tensor(y, [1, n, o, high, wide], dtype)
    )
    let bound = dtype == .f32 ? 1e-3 : 1e-11
    try onEveryLevelAndSeveralThreads {
      expectSame(try Tensor.convolution(.results, tx, tw, form), results, within: bound)
      expectSame(try Tensor.convolution(.pictures, ty, tw, form), pictures, within: bound)
      expectSame(try Tensor.convolution(.weights, tx, ty, form), weights, within: bound)
    }
  }

  @Test(arguments: [DType.f64, .f32, .i64])
  func `the greatest of windows is the loop's`(_ dtype: DType) throws {
    for columns in [1, 2, 7, 16, 33, 70] {
      let form = try ConvolutionForm(
        picture: Grid(5, columns), kernel: Grid(2, min(columns, 3)), stride: Grid(1, 2),
        padding: Grid(1, 0), dilation: Grid(1, 1), groups: 1)
      let x = scattered(3 * 5 * columns).map { $0.rounded() }
      var places: [Double] = []
      for plane in 0..<3 {
        for i in 0..<form.result.y {
          for j in 0..<form.result.x {
            let inside = (0..<2 * form.kernel.x).compactMap { t -> Int? in
              let row = i - 1 + t / form.kernel.x
              return 0..<5 ~= row ? row * columns + j * 2 + t % form.kernel.x : nil
            }
            let values = inside.map { x[plane * 5 * columns + $0] }
            places.append(Double(inside[values.firstIndex(of: values.max() ?? 0) ?? 0]))
          }
        }
      }
      let windows = try PoolingWindows(form)
      let pictures = try tensor(x, [3, 5, columns], dtype)
      try onEveryLevelAndSeveralThreads {
        expectSame(try pictures.greatestPlaces(windows), places, within: 0)
      }
    }
  }

  @Test(
    arguments: Threshold.shortStandardRow.around() + Threshold.standardPiece.around(1, 2),
    [DType.f64, .f32])
  func `standardized numbers, and their derivatives, are the loop's`(
    _ length: Int, _ dtype: DType
  ) throws {
    let (rows, kept) = (3, 2)
    let (x, u, v) = (
      scattered(rows * kept * length, seed: 1), scattered(rows * kept * length, seed: 2),
      scattered(rows * kept * length, seed: 3)
    )
    var (first, second, third, deviations) = (x, x, x, [0.0, 0.0])
    for group in 0..<kept {
      let places = (0..<rows).flatMap { row in
        (0..<length).map { (row * kept + group) * length + $0 }
      }
      func mean(_ f: (Int) -> Double) -> Double {
        places.reduce(0) { $0 + f($1) } / Double(places.count)
      }
      let m = mean { x[$0] }
      let r = 1 / (mean { (x[$0] - m) * (x[$0] - m) } + 0.1).squareRoot()
      func y(_ i: Int) -> Double { (x[i] - m) * r }
      let (mu, mv, uy, vy) = (
        mean { u[$0] }, mean { v[$0] }, mean { u[$0] * y($0) }, mean { v[$0] * y($0) }
      )
      func gu(_ i: Int) -> Double { r * (u[i] - mu - y(i) * uy) }
      func gv(_ i: Int) -> Double { r * (v[i] - mv - y(i) * vy) }
      let ugv = mean { u[$0] * gv($0) }
      deviations[group] = r
      for i in places {
        (first[i], second[i]) = (y(i), gu(i))
        third[i] = -r * (gu(i) * vy + gv(i) * uy + y(i) * ugv)
      }
    }
    let shape = [rows, kept, length]
    let (tx, tu, tv) = (
      try tensor(x, shape, dtype), try tensor(u, shape, dtype), try tensor(v, shape, dtype)
    )
    let form = Standardization(AxisSet(bits: 0b101), rank: 3, epsilon: 0.1)
    let bound = dtype == .f32 ? 1e-4 : 1e-12
    // The numbers are of the size of 1, and some are 0 but for rounding.
    func expectNear(_ y: Tensor, _ expected: [Double]) {
      expectSame(y.doubles.map { $0 + 4 }, expected.map { $0 + 4 }, within: bound)
    }
    try onEveryLevelAndSeveralThreads {
      expectNear(try tx.standardized(form), first)
      expectNear(try tx.standardizedDerivative(of: tu, form), second)
      expectNear(try tx.standardizedCurvature(of: tu, tv, form), third)
      expectNear(try tx.inverseDeviation(form), deviations)
    }
  }
}
