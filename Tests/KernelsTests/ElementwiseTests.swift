// Elementwise loops over operands of every layout, in every extent at which they walk differently.
//
// Elements are a few different numbers, thrown about. What a kernel makes of each of them alone says
// what it must make of all.

import TensorSupport
import Tensors
import Testing

/// Rows and columns of a result.
private typealias Extents = (rows: Int, columns: Int)

/// How an operand lies under a result of two axes.
private enum Layout: CaseIterable {
  case plain, spread, turned, row, column, number

  /// Whether the operand has an element for each of the result.
  private var isWhole: Bool { self == .plain || self == .spread || self == .turned }

  /// Whether two operands fill the result together.
  func fills(with other: Layout) -> Bool {
    isWhole || other.isWhole || Set([self, other]) == [.row, .column]
  }

  /// Which of the different numbers stands at a place.
  private func choice(_ i: Int, _ j: Int, _ extents: Extents, _ seed: Int) -> Int {
    switch self {
    case .plain, .spread, .turned: thrown(i * extents.columns + j, seed)
    case .row: thrown(j, seed)
    case .column: thrown(i, seed)
    case .number: seed
    }
  }

  /// For each element of the result the operand's one, by its place among the different numbers.
  func choices(_ extents: Extents, of count: Int, _ seed: Int) -> [Int] {
    (0..<extents.rows * extents.columns).map {
      choice($0 / extents.columns, $0 % extents.columns, extents, seed) % count
    }
  }

  /// The operand.
  func operand(_ numbers: [Double], _ extents: Extents, _ seed: Int, _ dtype: DType) throws
    -> Tensor
  {
    let (rows, columns) = extents
    func number(_ i: Int, _ j: Int) -> Double {
      numbers[choice(i, j, extents, seed) % numbers.count]
    }
    switch self {
    case .row: return try tensor((0..<columns).map { number(0, $0) }, nil, dtype)
    case .column: return try tensor((0..<rows).map { number($0, 0) }, [rows, 1], dtype)
    case .number: return try tensor([number(0, 0)], [], dtype)
    case .plain, .spread, .turned:
      let all = (0..<rows * columns).map { number($0 / columns, $0 % columns) }
      let place = self == .plain ? 0 : self == .spread ? 1 : 2
      return try tensor(all, [rows, columns], dtype).layouts[place]
    }
  }
}

@Suite(.serialized) struct ElementwiseTests {
  /// Results that one thread fills.
  private static let small: [Extents] = {
    var result: [Extents] = (1...17).map { (1, $0) }
    // Loops take up to four vectors at a time, of 16 to 64 bytes, of elements of 1 to 8.
    for columns in Threshold.vectorBytes.around(2, 4, 8, 16) { result.append((1, columns)) }
    for threshold in [Threshold.repeatedRow, .shortRow, .periodicRow, .pass, .block] {
      for columns in threshold.around() { result.append((3, columns)) }
    }
    for columns in Threshold.geluTurn.around(1, 2) { result.append((1, columns)) }
    for columns in Threshold.shortRow.around() { result.append((30, columns)) }
    for columns in Threshold.block.around(2, 3) { result.append((1, columns)) }
    for rows in Threshold.fewRows.around() { result.append((rows, 16)) }
    return result
  }()

  /// Results near the extents that threads share.
  private static let large: [Extents] = {
    var result: [Extents] = []
    for columns in Threshold.smallCount.around(1, 2, 3) { result.append((1, columns)) }
    for columns in Threshold.smallCount.around() { result.append((3, columns)) }
    for columns in Threshold.pass.around() { result.append((512, columns)) }
    for columns in Threshold.shortRow.around() {
      result.append((2 * Threshold.task.value / 24 + 1, columns))
    }
    return result
  }()

  private func tolerance(_ dtype: DType) -> Double { dtype == .f32 ? 1e-6 : 1e-14 }

  private func numbers(_ dtype: DType) -> [Double] {
    switch dtype {
    case .bool: [0, 1]
    case .i64: [-3, -1, 0, 1, 2, 5, 7]
    default: [0.25, 0.5, 0.75, -0.5, 1.5, 2, -0.25]
    }
  }

  private func factors(_ dtype: DType) -> [Double] {
    switch dtype {
    case .bool: [1, 0]
    case .i64: [1, 2, 3, 5]
    default: [0.5, 2, -0.75, 1.25]
    }
  }

  @Test(arguments: UnaryKernel.allCases, [DType.f64, .f32, .i64])
  func `a function of each element`(_ kernel: UnaryKernel, _ dtype: DType) throws {
    try check(kernel, dtype, Self.small)
  }

  @Test(arguments: [UnaryKernel.negate, .exp, .sin, .gelu], [DType.f64, .f32])
  func `a function of each of many elements`(_ kernel: UnaryKernel, _ dtype: DType) throws {
    try check(kernel, dtype, Self.large)
  }

  private func check(_ kernel: UnaryKernel, _ dtype: DType, _ results: [Extents]) throws {
    let numbers = numbers(dtype)
    let alone = try numbers.map { try Tensor.unary(kernel, tensor([$0], nil, dtype)).doubles[0] }
    for extents in results {
      for layout in [Layout.plain, .spread, .turned] {
        let expected = layout.choices(extents, of: numbers.count, 1).map { alone[$0] }
        let x = try layout.operand(numbers, extents, 1, dtype)
        try onEveryLevelAndSeveralThreads(for: expected.count) {
          let y = try Tensor.unary(kernel, x)
          expectSame(y, expected, within: tolerance(dtype), "\(layout) \(extents)")
        }
      }
    }
  }

  /// All layouts of two operands that fill a result.
  private static let pairs: [(Layout, Layout)] = Layout.allCases.flatMap { first in
    Layout.allCases.filter { first.fills(with: $0) }.map { (first, $0) }
  }

  private static let fewPairs: [(Layout, Layout)] = [
    (.plain, .plain), (.spread, .plain), (.turned, .column), (.plain, .row), (.row, .column),
    (.number, .plain), (.plain, .number),
  ]

  @Test(arguments: BinaryKernel.allCases, [DType.f64, .f32, .i64, .bool])
  func `a function of two operands' elements`(_ kernel: BinaryKernel, _ dtype: DType) throws {
    try check(kernel, dtype, dtype, Self.small, Self.fewPairs)
  }

  @Test(arguments: [BinaryKernel.subtract, .power], [DType.f64, .f32, .i64])
  func `a function of many elements of two operands`(
    _ kernel: BinaryKernel, _ dtype: DType
  ) throws {
    try check(kernel, dtype, dtype, Self.large, Self.fewPairs)
  }

  @Test(arguments: [DType.f64, .f32, .i64, .bool])
  func `operands of every two layouts`(_ dtype: DType) throws {
    try check(.subtract, dtype, dtype, Self.small, Self.pairs)
  }

  @Test func `operands of two types are converted on the way`() throws {
    try check(.subtract, .i64, .f64, Self.small, Self.pairs)
    try check(.subtract, .f32, .i64, Self.large, Self.fewPairs)
  }

  private func check(
    _ kernel: BinaryKernel, _ left: DType, _ right: DType, _ results: [Extents],
    _ pairs: [(Layout, Layout)]
  ) throws {
    let (numbers, factors) = (numbers(left), factors(right))
    func alone(_ number: Double, _ factor: Double) throws -> Double {
      try Tensor.binary(kernel, tensor([number], nil, left), tensor([factor], nil, right))
        .doubles[0]
    }
    // Some kernels do not take some types.
    guard let table = try? numbers.map({ number in try factors.map { try alone(number, $0) } })
    else { return }
    let bound = tolerance(left == .f32 || right == .f32 ? .f32 : .f64)
    for extents in results {
      for (first, second) in pairs {
        let (i, j) = (
          first.choices(extents, of: numbers.count, 1),
          second.choices(extents, of: factors.count, 2)
        )
        let expected = zip(i, j).map { table[$0][$1] }
        let a = try first.operand(numbers, extents, 1, left)
        let b = try second.operand(factors, extents, 2, right)
        try onEveryLevelAndSeveralThreads(for: expected.count) {
          let y = try Tensor.binary(kernel, a, b)
          expectSame(y, expected, within: bound, "\(first) \(second) \(extents)")
        }
      }
    }
  }

  @Test(arguments: [DType.f64, .f32, .i64, .bool])
  func `a choice between elements`(_ dtype: DType) throws {
    let (numbers, others) = (numbers(dtype), factors(dtype))
    for extents in Self.small + [Self.large[3], Self.large[5], Self.large[10]] {
      for condition in [Layout.plain, .turned, .row, .column, .number] {
        for (first, second) in Self.fewPairs {
          let p = condition.choices(extents, of: 2, 3)
          let x = first.choices(extents, of: numbers.count, 1).map { numbers[$0] }
          let y = second.choices(extents, of: others.count, 2).map { others[$0] }
          let a = try first.operand(numbers, extents, 1, dtype)
          let b = try second.operand(others, extents, 2, dtype)
          let flags = try condition.operand([0, 1], extents, 3, .bool)
          let chosen = x.indices.map { p[$0] == 1 ? x[$0] : y[$0] }
          try onEveryLevelAndSeveralThreads(for: chosen.count) {
            let choice = try Tensor.select(flags, a, b)
            expectSame(choice, chosen, "\(condition) \(first) \(second) \(extents)")
          }
        }
      }
    }
  }

  @Test(arguments: [DType.f64, .f32, .i64, .bool], [DType.f64, .f32, .i64, .bool])
  func `conversions and copies of every layout`(_ from: DType, _ to: DType) throws {
    let numbers = [0.0, 1, 2, 3, -1]
    let alone = try tensor(numbers, nil, from).converted(to: to).doubles
    let turned = Threshold.tile.around().flatMap { rows in
      Threshold.transposedStrip.around(1, 2).map { (rows, $0) }
    }
    for extents in Self.small + Self.large + turned + turned.map({ ($1, $0) }) {
      for layout in [Layout.plain, .spread, .turned] {
        let expected = layout.choices(extents, of: numbers.count, 4).map { alone[$0] }
        let x = try layout.operand(numbers, extents, 4, from)
        try onEveryLevelAndSeveralThreads(for: expected.count) {
          let y = try x.converted(to: to).contiguous()
          expectSame(y, expected, "\(layout) \(extents)")
        }
      }
    }
  }
}
