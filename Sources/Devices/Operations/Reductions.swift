// Many elements into one on a device, in a fixed tree: the same bits in every run on one device.
//
// A view puts the reduced axes last, so that each result has a row. Short rows have an item each; a long row is
// cut into chunks, each put together by a group of items in its local memory, and the chunks' results go through
// the same again.

import Tensors

/// A reduction of a device.
package enum DeviceReduction: Sendable {
  case sum, prod, max, min, any, all

  /// Two partial results put together.
  fileprivate var combination: String {
    switch self {
    case .sum: "p + q"
    case .prod: "p * q"
    case .max: "p != p || p > q ? p : q"
    case .min: "p != p || p < q ? p : q"
    case .any: "p | q"
    case .all: "p & q"
    }
  }

  /// What changes nothing, for a dtype.
  fileprivate func start(_ dtype: DType) -> String {
    switch (self, dtype) {
    case (.sum, _), (.any, _), (.max, .bool): "0"
    case (.prod, _), (.all, _), (.min, .bool): "1"
    case (.max, .i64): "LONG_MIN"
    case (.min, .i64): "LONG_MAX"
    case (.max, _): "-INFINITY"
    case (.min, _): "INFINITY"
    }
  }

  /// The type of results, and of partial ones; nil where whole numbers may overflow or a type has none.
  fileprivate func result(_ dtype: DType) -> DType? {
    switch self {
    case .sum: dtype.isFloat ? dtype : dtype == .bool ? .i64 : nil
    case .prod: dtype.isFloat ? dtype : nil
    case .max, .min: dtype
    case .any, .all: .bool
    }
  }
}

extension DeviceTensor {
  /// The items of a group that reduces.
  private static let groupSize = 64
  /// Rows up to this length have one item each.
  private static let shortRow = 128
  /// The elements of a chunk of a long row.
  private static let chunk = 1 << 14

  /// A reduction over axes; nil where it has no form for devices, or no elements.
  package func reduced(
    _ reduction: DeviceReduction, _ axes: AxisSet, keepAxes: Bool
  ) throws -> DeviceTensor? {
    guard let dtype = reduction.result(dtype), count > 0, axes.bits >> shape.rank == 0 else {
      return nil
    }
    let rows = lastAxes(axes)
    let n = (0..<shape.rank).reduce(1) { axes.contains($1) ? $0 * shape[$1] : $0 }
    let result = try rows.reduceRows(reduction, n, dtype)
    return result.view(
      reducedShape(axes, keepAxes), strides: reducedShape(axes, keepAxes).contiguousStrides)
  }

  /// Rows of so many elements into one each.
  private func reduceRows(
    _ reduction: DeviceReduction, _ n: Int, _ dtype: DType
  ) throws -> DeviceTensor {
    let rows = count / n
    let isShort = n <= DeviceTensor.shortRow
    let chunks = isShort ? 1 : (n + DeviceTensor.chunk - 1) / DeviceTensor.chunk
    let result = try DeviceTensor.uninitialized(Shape(rows, chunks), dtype, on: device)
    let isTest = reduction == .any || reduction == .all
    let type = ProgramText.type(dtype)
    let beginning = """
      static \(type) combine(\(type) p, \(type) q) { return \(reduction.combination); }
      static \(type) element(global const \(ProgramText.type(self.dtype)) *x, long i,
                             const shape_t *s, const layout_t *l) {
        return x[\(isContiguous && offset == 0 ? "i" : "place(i, s, l)")]\(isTest ? " != 0" : "");
      }

      """
    let parameters = """
      const long start, const shape_t s, const layout_t l, const long n, const long rows,
      const long chunks, const long chunk, global \(type) *restrict y,
      global const \(ProgramText.type(self.dtype)) *x
      """
    let body =
      isShort
      ? """
      kernel void main_kernel(\(parameters)) {
        const long row = start + get_global_id(0);
        if (row >= rows) return;
        \(type) r = element(x, row * n, &s, &l);
        for (long k = 1; k < n; k++) r = combine(r, element(x, row * n + k, &s, &l));
        y[row] = r;
      }
      """
      : """
      kernel void main_kernel(\(parameters)) {
        local \(type) part[\(DeviceTensor.groupSize)];
        const int j = get_local_id(0);
        const long piece = start + get_group_id(0);
        const long row = piece / chunks, begin = piece % chunks * chunk;
        const long end = min(n, begin + chunk);
        \(type) r = \(reduction.start(dtype));
        for (long k = begin + j; k < end; k += \(DeviceTensor.groupSize))
          r = combine(r, element(x, row * n + k, &s, &l));
        part[j] = r;
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int width = \(DeviceTensor.groupSize) / 2; width > 0; width /= 2) {
          if (j < width) part[j] = combine(part[j], part[j + width]);
          barrier(CLK_LOCAL_MEM_FENCE);
        }
        if (j == 0) y[piece] = part[0];
      }
      """
    let kernel = try device.kernel(
      ProgramText.program(
        beginning + body, isWide: ProgramText.isWide(count), on: device))
    var arguments: [KernelArgument] = [
      .int(0), .ints(shape.words), .ints([offset] + strides(stretchedTo: shape)), .int(n),
      .int(rows), .int(chunks), .int(DeviceTensor.chunk), .memory(result.memory), .memory(memory),
    ]
    // Pieces of the work: rows with an item each, or groups.
    let group = DeviceTensor.groupSize
    let all = isShort ? rows : rows * chunks
    let workOfEach = isShort ? n : Swift.min(n, DeviceTensor.chunk)
    let piece = Swift.max(1, memory.connection.pieceOfWork / workOfEach / group) * group
    for start in stride(from: 0, to: all, by: piece) {
      let some = Swift.min(piece, all - start)
      arguments[0] = .int(start)
      let items = isShort ? (some + group - 1) / group * group : some * group
      try kernel.launch(arguments, items: [items], group: [group], work: some * workOfEach)
    }
    return chunks == 1 ? result : try result.reduceRows(reduction, chunks, dtype)
  }

  /// The shape after reducing.
  private func reducedShape(_ axes: AxisSet, _ keepAxes: Bool) -> Shape {
    var result = Shape()
    for axis in 0..<shape.rank {
      if !axes.contains(axis) { result.append(shape[axis]) } else if keepAxes { result.append(1) }
    }
    return result
  }

  /// A view with axes moved behind the others.
  private func lastAxes(_ axes: AxisSet) -> DeviceTensor {
    let all = Array(0..<shape.rank)
    return permuted(
      Shape(trusted: all.filter { !axes.contains($0) } + all.filter { axes.contains($0) }))
  }
}

// MARK: - Made of reductions

extension DeviceTensor {
  /// An expression of `a`, `b`, … of this dtype, stretched to a shape.
  private func combined(
    _ expression: String, with others: [DeviceOperand], shape: Shape? = nil
  ) throws -> DeviceTensor {
    let operands = [.tensor(self)] + others
    return try DeviceTensor.elementwise(
      expression, operands, compute: operands.map { _ in dtype }, result: dtype,
      shape: shape ?? self.shape, on: device)
  }

  /// The Euclidean norm over axes, √Σx² as m √Σ(x/m)², so that no square overflows or vanishes.
  package func norm(_ axes: AxisSet, keepAxes: Bool) throws -> DeviceTensor? {
    guard dtype.isFloat, count > 0,
      let largest = try combined("fabs(a)", with: []).reduced(.max, axes, keepAxes: true)
    else { return nil }
    let scale = try largest.combined("a > 0 && a - a == 0 ? a : 1", with: [])
    guard
      let sum = try combined("(a / b) * (a / b)", with: [.tensor(scale)])
        .reduced(.sum, axes, keepAxes: true)
    else { return nil }
    let result = try sum.combined("sqrt(a) * b", with: [.tensor(scale)])
    return try result.reshaped(reducedShape(axes, keepAxes))
  }

  /// log Σ eˣ over axes, without overflow.
  package func logSumExp(_ axes: AxisSet, keepAxes: Bool) throws -> DeviceTensor? {
    guard dtype.isFloat, let largest = try reduced(.max, axes, keepAxes: true),
      let sum = try combined("exp(a - b)", with: [.tensor(largest)])
        .reduced(.sum, axes, keepAxes: true)
    else { return nil }
    let result = try largest.combined(
      "fabs(a) == INFINITY ? a : a + log(b)", with: [.tensor(sum)])
    return try result.reshaped(reducedShape(axes, keepAxes))
  }

  /// eˣ / Σ eˣ along an axis.
  package func softmax(axis: Int) throws -> DeviceTensor? {
    guard dtype.isFloat, let largest = try reduced(.max, AxisSet(axis), keepAxes: true) else {
      return nil
    }
    let exponentials = try combined("exp(a - b)", with: [.tensor(largest)])
    guard let sum = try exponentials.reduced(.sum, AxisSet(axis), keepAxes: true) else {
      return nil
    }
    return try exponentials.combined("a / b", with: [.tensor(sum)])
  }

  /// x - log Σ eˣ along an axis.
  package func logSoftmax(axis: Int) throws -> DeviceTensor? {
    guard dtype.isFloat, let largest = try reduced(.max, AxisSet(axis), keepAxes: true),
      let sum = try combined("exp(a - b)", with: [.tensor(largest)])
        .reduced(.sum, AxisSet(axis), keepAxes: true)
    else { return nil }
    return try combined("a - b - log(c)", with: [.tensor(largest), .tensor(sum)])
  }

  /// The squares of the elements.
  package func squared() throws -> DeviceTensor? {
    dtype.isFloat ? try combined("a * a", with: []) : nil
  }

  /// True where every element lies between two numbers; false where one is nan.
  package func isWithin(_ low: Double, _ high: Double) throws -> Bool {
    let axes = AxisSet.all(rank: shape.rank)
    guard let least = try reduced(.min, axes, keepAxes: false),
      let greatest = try reduced(.max, axes, keepAxes: false)
    else { return false }
    return try least.brought().firstDouble >= low && greatest.brought().firstDouble <= high
  }

  /// The elements, infinite instead of 0; nil for whole numbers.
  package func infiniteAtZero() throws -> DeviceTensor? {
    dtype.isFloat ? try combined("a == 0 ? INFINITY : a", with: []) : nil
  }

  /// Whether an element of an operand is 0.
  package static func hasZero(_ x: DeviceOperand) throws -> Bool {
    switch x {
    case .number(let number, _): return number.firstDouble == 0
    case .tensor(let tensor):
      if tensor.count == 0 { return false }
      let all = try tensor.reduced(.all, .all(rank: tensor.shape.rank), keepAxes: false)
      return try all.map { try $0.brought().firstInt == 0 } ?? true
    }
  }

  /// A direction, 0 where another operand is 0; nil where they do not fit.
  package static func withoutZeros(
    _ t: DeviceOperand, _ x: DeviceOperand, on device: Device
  ) throws -> DeviceTensor? {
    guard let shape = Shape.broadcast(t.shape, x.shape) else { return nil }
    return try elementwise(
      "b == 0 ? 0 : a", [t, x], compute: [t.dtype, x.dtype], result: t.dtype, shape: shape,
      on: device)
  }

  /// The mean of (a - b)² over axes, of floats of one shape and dtype.
  package static func meanSquaredDifference(
    _ a: DeviceTensor, _ b: DeviceTensor, _ axes: AxisSet
  ) throws -> DeviceTensor? {
    guard a.shape == b.shape, a.dtype == b.dtype, a.dtype.isFloat,
      let sum = try a.combined("(a - b) * (a - b)", with: [.tensor(b)])
        .reduced(.sum, axes, keepAxes: false)
    else { return nil }
    let extent = Double(a.count / Swift.max(sum.count, 1))
    return try sum.combined("a / b", with: [.number(Tensor(extent, dtype: a.dtype))])
  }
}
