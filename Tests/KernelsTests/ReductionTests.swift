// Reductions and functions along rows of every length at which they are cut differently.

import Platform
import TensorSupport
import Tensors
import Testing

@Suite(.serialized) struct ReductionTests {
  /// How many rows there are, and how long they are.
  static let rows: [(Int, Int)] = {
    let short = [Threshold.narrowLanes, .widerLanes, .lanes].flatMap { $0.around() }
    let threads = 2 * Threshold.task.value
    var result: [(Int, Int)] = short.map { (1, $0) }
    for n in Threshold.leaf.around(1, 2, 3, 4) { result.append((1, n)) }
    for n in Threshold.prefetchedRow.around() { result.append((1, n)) }
    for n in Threshold.task.around(1, 2, 3) { result.append((1, n)) }
    for n in Threshold.task.around() { result.append((3, n)) }
    for n in short + Threshold.leaf.around() { result.append((threads / n + 1, n)) }
    for rows in Threshold.longRows.around() {
      result += [(rows, Threshold.leaf.value + 1), (rows, threads + 1)]
    }
    return result
  }()

  /// Rows that are cut into as many pieces as there may be, each as long as a task or longer.
  static let longest = Threshold.task.around(Threshold.rowPieces.value).map { (1, $0) }

  private let row = AxisSet(1)

  /// What a loop makes of each row.
  private func loop(
    _ values: [Double], _ n: Int, _ body: (ArraySlice<Double>) -> Double
  ) -> [Double] {
    stride(from: 0, to: values.count, by: n).map { body(values[$0..<$0 + n]) }
  }

  private func loop(
    _ a: [Double], _ b: [Double], _ n: Int, _ term: (Double, Double) -> Double
  ) -> [Double] {
    stride(from: 0, to: a.count, by: n).map { first in
      (first..<first + n).reduce(0) { $0 + term(a[$1], b[$1]) }
    }
  }

  @Test(arguments: rows + longest, [DType.f64, .f32])
  func `sums of rows, and of pairs of rows, are a loop's`(
    _ shape: (rows: Int, n: Int), _ dtype: DType
  ) throws {
    let (rows, n) = shape
    let (a, b) = (scattered(rows * n, seed: 1), scattered(rows * n, seed: 2))
    let sums = loop(a, n) { $0.reduce(0, +) }
    let (products, squares) = (loop(a, b, n) { $0 * $1 }, loop(a, a, n) { $0 * $1 })
    let means = loop(a, b, n) { ($0 - $1) * ($0 - $1) }.map { rounded($0 / Double(n), dtype) }
    let lengths = squares.map { rounded($0.squareRoot(), dtype) }
    let (x, y) = (
      try tensor(a, [rows, n], dtype).layouts, try tensor(b, [rows, n], dtype).layouts
    )
    try onEveryLevelAndSeveralThreads(for: rows * n) {
      for (x, y) in zip(x, y) {
        try expectSame(x.sum(row), sums)
        try expectSame(x.norm(row), lengths)
        try expectSame(Tensor.meanSquaredDifference(x, y, row), means)
        guard rows == 1 else { continue }
        let dot = try Tensor.matmul(x.squeezed(0), y.squeezed(0))
        expectSame(dot, products)
      }
    }
  }

  /// What is left of a quotient or root of whole numbers in a dtype.
  private func rounded(_ value: Double, _ dtype: DType) -> Double {
    dtype == .f32 ? Double(Float(value)) : value
  }

  /// Places beside which rows are cut, in a row of some length.
  private func edges(_ n: Int) -> [Int] {
    let cuts = [8, 16, 32, 512, n / 2, 1 << 16, 1 << 17, n].flatMap { [$0 - 1, $0] }
    return Set(cuts + [0]).filter { $0 >= 0 && $0 < n }.sorted()
  }

  @Test(arguments: rows)
  func `one element that differs is found wherever it is`(_ shape: (rows: Int, n: Int)) throws {
    let (rows, n) = shape
    let edges = edges(n)
    let (values, signs) = (
      scattered(rows * n), scattered(rows * n, seed: 3).map { $0 < 0 ? -1.0 : 1 }
    )
    let products = loop(signs, n) { $0.reduce(1, *) }
    // Each row has it elsewhere; a single row has it in every place in turn.
    for first in 0..<(rows == 1 ? edges.count : 1) {
      let found = (0..<rows).map { edges[(first + $0) % edges.count] }
      func marked(_ values: [Double], _ mark: (Double) -> Double) -> [Double] {
        var values = values
        for (row, place) in found.enumerated() {
          values[row * n + place] = mark(values[row * n + place])
        }
        return values
      }
      let places = found.map(Double.init)
      func every(_ value: Double) -> [Double] { .init(repeating: value, count: rows) }
      for dtype in [DType.f64, .f32, .i64] {
        let high = try tensor(marked(values) { _ in 5 }, [rows, n], dtype)
        let low = try tensor(marked(values) { _ in -5 }, [rows, n], dtype)
        let doubled = try tensor(marked(signs) { 2 * $0 }, [rows, n], dtype)
        try onEveryLevelAndSeveralThreads(for: rows * n) {
          try expectSame(high.max(row), every(5))
          try expectSame(high.argmax(axis: 1), places)
          try expectSame(low.min(row), every(-5))
          try expectSame(low.argmin(axis: 1), places)
          try expectSame(doubled.prod(row), products.map { 2 * $0 })
        }
      }
      let nothing = [Double](repeating: 0, count: rows * n)
      let one = try tensor(marked(nothing) { _ in 1 }, [rows, n], .bool)
      let others = try Tensor.unary(.logicalNot, one)
      try onEveryLevelAndSeveralThreads(for: rows * n) {
        try expectSame(one.any(row), every(1))
        try expectSame(others.all(row), every(0))
        try expectSame(one.sum(row), every(1))
        try expectSame(one.max(row), every(1))
        try expectSame(others.min(row), every(0))
        try expectSame(one.argmax(axis: 1), places)
        try expectSame(others.argmin(axis: 1), places)
      }
    }
  }

  /// Blocks of rows that are added to one another, their number and their length.
  static let columns: [(Int, Int, Int)] = {
    var result: [(Int, Int, Int)] = []
    for rows in Threshold.run.around(1, 2, 4) {
      for columns in Threshold.columnsReducedTogether.around() + Threshold.strip.around(1, 2) {
        result.append((2, rows, columns))
      }
    }
    for columns in Threshold.strip.around() {
      result += [(1, 512, columns), (2, 256, columns), (70, 8, columns)]
    }
    for rows in Threshold.run.around() { result.append((1, rows, 8192)) }
    return result
  }()

  @Test(arguments: columns)
  func `rows reduced to one are a loop's`(
    _ shape: (blocks: Int, rows: Int, columns: Int)
  ) throws {
    let (blocks, rows, columns) = shape
    let values = scattered(blocks * rows * columns)
    let signs = values.map { $0 < 0 ? -1.0 : 1 }
    func loop(_ values: [Double], _ combine: (Double, Double) -> Double) -> [Double] {
      (0..<blocks * columns).map { place in
        let first = place / columns * rows * columns + place % columns
        return (1..<rows).reduce(values[first]) { combine($0, values[first + $1 * columns]) }
      }
    }
    let (sums, products) = (loop(values, +), loop(signs, *))
    let (greatest, least) = (loop(values, max), loop(values, min))
    for dtype in [DType.f64, .f32, .i64] {
      let x = try tensor(values, [blocks, rows, columns], dtype).layouts
      let y = try tensor(signs, [blocks, rows, columns], dtype).layouts
      try onEveryLevelAndSeveralThreads(for: values.count) {
        for (x, y) in zip(x, y) {
          try expectSame(x.sum(row), sums)
          try expectSame(x.max(row), greatest)
          try expectSame(x.min(row), least)
          try expectSame(y.prod(row), products)
        }
      }
    }
    let flags = try tensor(values.map { $0 > 0 ? 1 : 0 }, [blocks, rows, columns], .bool)
    let isPositive = greatest.map { $0 > 0 ? 1.0 : 0 }
    let others = try Tensor.unary(.logicalNot, flags)
    try onEveryLevelAndSeveralThreads(for: values.count) {
      try expectSame(flags.any(row), isPositive)
      try expectSame(others.all(row), isPositive.map { 1 - $0 })
    }
  }

  @Test(arguments: rows)
  func `functions along rows are a loop's`(_ shape: (rows: Int, n: Int)) throws {
    let (rows, n) = shape
    let values = scattered(rows * n, spread: 3)
    let signs = values.map { $0 < 0 ? -1.0 : 1 }
    func running(_ values: [Double], _ combine: (Double, Double) -> Double) -> [Double] {
      var result = values
      for i in result.indices where i % n > 0 { result[i] = combine(result[i - 1], result[i]) }
      return result
    }
    let (sums, products) = (running(values, +), running(signs, *))
    let totals = loop(values, n) { log($0.reduce(0) { $0 + exp($1) }) }
    let logs = values.indices.map { values[$0] - totals[$0 / n] }
    let shares = logs.map { exp($0) }
    for dtype in [DType.f64, .f32, .i64] {
      let plain = try tensor(values, [rows, n], dtype)
      let turned = try plain.swappedAxes(0, 1).contiguous()
      let y = try tensor(signs, [rows, n], dtype)
      try onEveryLevelAndSeveralThreads(for: values.count) {
        for x in try plain.layouts {
          try expectSame(x.cumsum(axis: 1), sums)
        }
        let down = try turned.cumsum(axis: 0).swappedAxes(0, 1)
        expectSame(down, sums)
        try expectSame(y.cumprod(axis: 1), products)
        let tolerance = dtype == .f32 ? 1e-5 : 1e-11
        try expectSame(plain.logsumexp(row), totals, within: tolerance)
        try expectSame(plain.softmax(axis: 1), shares, within: tolerance)
        try expectSame(plain.logSoftmax(axis: 1), logs, within: tolerance)
      }
    }
  }

  @Test(arguments: Threshold.look.around(1, 2))
  func `a row that is walked in pieces is a loop's`(n: Int) throws {
    let values = scattered(n, spread: 3)
    var sum = 0.0
    let sums = values.map { value in
      sum += value
      return sum
    }
    let total = log(values.reduce(0) { $0 + exp($1) })
    for dtype in [DType.f64, .f32, .i64] {
      let x = try tensor(values, [1, n], dtype)
      try onEveryLevelAndSeveralThreads(for: n) {
        try expectSame(x.cumsum(axis: 1), sums)
        try expectSame(x.logsumexp(row), [total], within: dtype == .f32 ? 1e-5 : 1e-11)
      }
    }
  }
}
