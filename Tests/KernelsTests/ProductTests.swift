// Products of matrices of every extent at which they are cut differently.
//
// Products of small whole numbers are exact in every order, so that an edge, a block, a piece or a
// thread's part that is wrong shows.

import Kernels
import TensorSupport
import Tensors
import Testing

@Suite(.serialized) struct ProductTests {
  /// Rows, what is summed, columns.
  static let extents: [(Int, Int, Int)] = {
    var rows = Threshold.narrowTileRows.around(1, 3)
    rows += Threshold.tileRows.around(1, 2, 3) + Threshold.packedRows.around()
    rows += Threshold.blockRows.around() + Threshold.singleBlockRows.around(1, 2)
    rows += Threshold.blockTile.around()
    var pieces = Threshold.square.around() + [1, 2]
    pieces += Threshold.piece.around(1, 2) + Threshold.narrowPiece.around(1, 2)
    var columns = [1, 2] + Threshold.vectorBytes.around(1, 2, 4) + [3, 4, 5, 7, 8, 9, 1025]
    columns += Threshold.blockColumns.around() + Threshold.singleBlockColumns.around()
    var result: [(Int, Int, Int)] = []
    for m in rows { result += [(m, 50, 40), (m, 193, 130)] }
    for k in pieces { result += [(7, k, 33), (100, k, 130)] }
    for n in columns { result += [(7, 20, n), (300, 30, n)] }
    // Panels of 96 rows, and of elements of 8 and of 4 bytes, that are read where they lie or packed.
    for width in [8, 4] {
      for n in [-1, 0, 1] { result.append((40, 96, Threshold.directBytes.value / 96 / width + n)) }
    }
    for least in [Threshold.packedWork, .productBlock] {
      for k in [-1, 0, 1] { result.append((64, least.value / 64 / 64 + k, 64)) }
      for k in [-1, 0, 1] { result.append((64, least.value / 32 / 64 + k, 64)) }
    }
    return result
  }()

  @Test(arguments: extents)
  func `a product of matrices is a loop's`(_ extents: (m: Int, k: Int, n: Int)) throws {
    let (m, k, n) = extents
    let a = scattered(m * k, spread: 3, seed: 1)
    let b = scattered(k * n, spread: 3, seed: 2)
    let expected = product(a, b, m, k, n)
    for dtype in [DType.f64, .f32] {
      let lefts = try tensor(a, [m, k], dtype).orders
      let rights = try tensor(b, [k, n], dtype).orders
      for (x, y) in lefts.flatMap({ x in rights.map { (x, $0) } }) {
        try onEveryLevelAndSeveralThreads { try expectSame(Tensor.matmul(x, y), expected) }
      }
    }
    let whole = try Tensor.matmul(tensor(a, [m, k], .i64), tensor(b, [k, n], .i64))
    expectSame(whole, expected)
  }

  @Test(arguments: Threshold.gram.around() + Threshold.blockTile.around(1, 3), [31, 32, 33, 300])
  func `a matrix times its transpose is a loop's`(_ n: Int, _ k: Int) throws {
    let a = scattered(n * k, spread: 3)
    let turned = (0..<k * n).map { a[$0 % n * k + $0 / n] }
    let expected = product(a, turned, n, k, n)
    for dtype in [DType.f64, .f32] {
      for x in try tensor(a, [n, k], dtype).orders {
        try onEveryLevelAndSeveralThreads {
          let y = try Tensor.matmul(x, x.swappedAxes(0, 1))
          expectSame(y, expected)
        }
      }
    }
  }

  /// Stacks whose products, of 2¹⁵ multiplications each, threads share from some number on.
  @Test(arguments: [2, 3] + [63, 64, 65, 127, 128, 129], [DType.f64, .f32, .i64])
  func `a stack of products is a loop's`(_ count: Int, _ dtype: DType) throws {
    let size = 32 * 32
    let a = scattered(count * size, spread: 3, seed: 1)
    let b = scattered(count * size, spread: 3, seed: 2)
    func expected(_ right: (Int) -> ArraySlice<Double>) -> [Double] {
      (0..<count).flatMap {
        product(Array(a[$0 * size..<($0 + 1) * size]), Array(right($0)), 32, 32, 32)
      }
    }
    let pairs = expected { b[$0 * size..<($0 + 1) * size] }
    let stretched = expected { _ in b[..<size] }
    let x = try tensor(a, [count, 32, 32], dtype).orders
    let y = try tensor(b, [count, 32, 32], dtype).orders
    let one = try tensor(Array(b[..<size]), [32, 32], dtype).orders
    try onEveryLevelAndSeveralThreads {
      for x in x {
        for (y, one) in zip(y, one) {
          try expectSame(Tensor.matmul(x, y), pairs)
          try expectSame(Tensor.matmul(x, one), stretched)
        }
      }
    }
  }

  /// Rows, what is summed, columns, for the kernel by itself.
  static let kernelExtents: [(Int, Int, Int)] = {
    var result: [(Int, Int, Int)] = []
    for threshold in [Threshold.tileRows, .narrowTileRows] {
      for m in threshold.around(1, 2, Threshold.packedStrips.value) { result.append((m, 5, 9)) }
    }
    for m in Threshold.blockRows.around(1, 2) { result.append((m, 5, 9)) }
    let pieces = Threshold.piece.around(1, 2) + Threshold.narrowPiece.around(1, 2)
    for k in Threshold.square.around(1, 2) + Threshold.doubleSquare.around() + pieces {
      result += [(7, k, 9), (50, k, 33)]
    }
    let columns = Array(1...9) + Threshold.vectorBytes.around(1, 2, 4)
    for n in columns + Threshold.blockColumns.around(1, 2) { result += [(7, 3, n), (289, 3, n)] }
    return result
  }()

  @Test(arguments: kernelExtents)
  func `the kernel adds and subtracts, packed or not, and keeps to its columns`(
    _ extents: (m: Int, k: Int, n: Int)
  ) throws {
    try checkKernel(extents, .f64, Double.self)
    try checkKernel(extents, .f32, Float.self)
  }

  private func checkKernel<Element: BinaryFloatingPoint>(
    _ extents: (m: Int, k: Int, n: Int), _ dtype: DType, _: Element.Type
  ) throws {
    let (m, k, n) = extents
    let a = scattered(m * k, spread: 3, seed: 1)
    let b = scattered(k * n, spread: 3, seed: 2)
    let products = product(a, b, m, k, n)
    let lefts = bothOrders(a, m, k).map { $0.map { Element($0) } }
    let rights = bothOrders(b, k, n).map { $0.map { Element($0) } }
    let scratch = UnsafeMutableRawPointer.allocate(
      byteCount: Int(MOS_PRODUCT_SCRATCH), alignment: 64)
    defer { scratch.deallocate() }
    // Three columns beside those of the result, and what stood there before.
    let (row, before) = (n + 3, 7.0)
    try onEveryLevel {
      let kernel = try #require(mos_product_kernel_of(Int32(dtype.rawValue)))
      for choice in 0..<48 {
        let (turnsA, turnsB) = (choice & 1, choice >> 1 & 1)
        let (packs, upper) = (choice >> 2 & 1 == 1, choice >> 3 & 1)
        let sign = choice / 16 - 1
        var y = [Element](repeating: Element(before), count: m * row)
        y.withUnsafeMutableBytes { y in
          lefts[turnsA].withUnsafeBytes { a in
            rights[turnsB].withUnsafeBytes { b in
              guard let y = y.baseAddress, let a = a.baseAddress, let b = b.baseAddress else {
                return
              }
              var arguments = mos_product(
                rows: m, inner: k, columns: n, a: a, b: b, y: y,
                a_row: turnsA == 0 ? k : 1, a_column: turnsA == 0 ? 1 : m,
                b_row: turnsB == 0 ? n : 1, b_column: turnsB == 0 ? 1 : k,
                y_row: row, sign: Int32(sign), upper: Int32(upper))
              kernel(&arguments, packs ? scratch : nil)
            }
          }
        }
        var (found, expected) = ([Double](), [Double]())
        for i in 0..<m {
          for j in (upper == 1 ? min(i, n) : 0)..<row {
            let term = j < n ? products[i * n + j] : 0
            found.append(Double(y[i * row + j]))
            expected.append(j >= n || sign != 0 ? before + Double(sign) * term : term)
          }
        }
        expectSame(found, expected, "\(extents) level \(mos_kernel_level()) choice \(choice)")
      }
    }
  }

  /// A matrix's elements row by row, and column by column.
  private func bothOrders(_ values: [Double], _ rows: Int, _ columns: Int) -> [[Double]] {
    [values, values.indices.map { values[$0 % rows * columns + $0 / rows] }]
  }
}
