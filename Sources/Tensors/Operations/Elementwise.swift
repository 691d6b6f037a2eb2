// Functions applied element by element: which type they compute in, which shape comes out, and
// what is said when a kernel finds an overflow. The loops are in `Kernels`.

internal import Kernels

/// The elementwise functions of one operand. The order is the kernels' (`Kernels.h`).
public enum UnaryKernel: UInt8, Sendable, CaseIterable {
  case negate, abs, sign, exp, expm1, log, log1p, log2, log10, sqrt, rsqrt
  case square, reciprocal, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh
  case asinh, acosh, atanh, floor, ceil, round, trunc, erf, erfc, erfinv
  case lgamma, digamma, trigamma, relu, sigmoid, softplus, logSigmoid, silu, gelu
  /// The derivatives of sigmoid and tanh, exact where those saturate.
  case sigmoidSlope, tanhSlope
  case isnan, isinf, isfinite, logicalNot

  /// True where whole numbers stay whole.
  var keepsWholeNumbers: Bool {
    switch self {
    case .negate, .abs, .sign, .square, .floor, .ceil, .round, .trunc, .relu: true
    default: false
    }
  }

  /// True where the result is of type bool.
  package var isTest: Bool { rawValue >= UnaryKernel.isnan.rawValue }

  /// The type that elements are converted to before the function, and that comes out of it.
  package func types(_ dtype: DType, defaultFloat: DType) -> (compute: DType, result: DType) {
    if self == .logicalNot { return (dtype, .bool) }
    let compute: DType =
      dtype.isFloat ? dtype : keepsWholeNumbers ? .i64 : isTest ? .f64 : defaultFloat
    return (compute, isTest ? .bool : compute)
  }
}

/// The elementwise functions of two operands. The order is the kernels' (`Kernels.h`).
public enum BinaryKernel: UInt8, Sendable, CaseIterable {
  case add, subtract, multiply, divide, floorDivide, remainder, power, minimum
  case maximum, atan2, equal, notEqual, less, lessEqual, greater, greaterEqual
  case and, or
  /// `a / b`, but 0 where a is 0 or b infinite, whatever the other is: no nan in derivatives.
  case divideUnlessZero
  /// `a * b`, but 0 where a is 0, whatever b is, and where b is 0 and a infinite.
  case multiplyUnlessZero
  /// `a * b`, but 0 where either is 0, whatever the other is.
  case multiplyUnlessEitherZero
  /// `b > 0 ? a : 0`, the derivative of a rectifier at b times a.
  case gate

  /// What messages call the operation: `cannot add f64[3, 4] and f64[5]`.
  package var verb: String {
    switch self {
    case .add: "add"
    case .subtract: "subtract"
    case .multiply, .multiplyUnlessZero, .multiplyUnlessEitherZero, .gate: "multiply"
    case .divide, .floorDivide, .divideUnlessZero: "divide"
    case .remainder: "take the remainder of"
    case .power: "raise to a power"
    case .minimum: "take the minimum of"
    case .maximum: "take the maximum of"
    case .atan2: "take atan2 of"
    case .equal, .notEqual, .less, .lessEqual, .greater, .greaterEqual: "compare"
    case .and, .or: "combine"
    }
  }

  /// The sign between the operands in messages.
  var symbol: String {
    switch self {
    case .add: "+"
    case .subtract: "-"
    case .multiply: "*"
    case .divide: "/"
    case .floorDivide: "//"
    case .remainder: "%"
    case .power: "**"
    default: verb
    }
  }

  /// The type that both operands are converted to, and the one that comes out.
  func types(_ a: Tensor, _ b: Tensor, defaultFloat: DType) throws -> (
    compute: DType, result: DType
  ) {
    if let types = types(a.dtype, b.dtype, defaultFloat: defaultFloat) { return types }
    throw TensorError(
      .type, "cannot combine \(a.typeDescription) and \(b.typeDescription) bit by bit",
      hint: "compare first: (x > 0) & (y > 0)")
  }

  /// The same of the operands' types; nil where they cannot be combined.
  @inline(__always)
  package func types(
    _ a: DType, _ b: DType, defaultFloat: DType
  ) -> (compute: DType, result: DType)? {
    let promoted = DType.promoted(a, b)
    switch self {
    case .add, .subtract, .multiply, .floorDivide, .remainder, .power:
      let compute = promoted == .bool ? .i64 : promoted
      return (compute, compute)
    case .divide, .atan2, .divideUnlessZero, .multiplyUnlessZero, .multiplyUnlessEitherZero, .gate:
      let compute = promoted.isFloat ? promoted : defaultFloat
      return (compute, compute)
    case .minimum, .maximum:
      return (promoted, promoted)
    case .equal, .notEqual, .less, .lessEqual, .greater, .greaterEqual:
      return (promoted, .bool)
    case .and, .or:
      return promoted.isFloat ? nil : (promoted, promoted)
    }
  }
}

// MARK: - One operand

extension Tensor {
  /// Applies a function to each element.
  ///
  /// i64 and bool elements become `defaultFloat` for functions into the real numbers; negate,
  /// abs, sign, square, relu and the roundings keep i64 (bool becomes i64). `round` rounds half
  /// to even; `gelu` is the exact one, `x Φ(x)`; the tests give bool.
  /// - Throws: a value error where a whole number overflows.
  public static func unary(
    _ kernel: UnaryKernel, _ x: Tensor, defaultFloat: DType = .f64
  ) throws -> Tensor {
    let dtype = x.dtype
    let types = kernel.types(dtype, defaultFloat: defaultFloat)
    guard
      let function = mos_unary_kernel(Int32(kernel.rawValue), Int32(types.compute.rawValue))
    else { preconditionFailure("no kernel for \(kernel) of \(dtype); please report") }
    let result = try uninitialized(x.shape, types.result)
    let status: Int32
    if x.isContiguous && dtype == types.compute && x.count <= smallCount {
      status = withExtendedLifetime(x.buffer) {
        function(x.count, x.header.data, nil, nil, result.header.data)
      }
    } else {
      status = run(result, (function, nil, nil), x, types.compute)
      try Safepoint.look()
    }
    if status != MOS_OK { throw kernel.overflow(x) }
    if let recorder = PlanRecorder.current {
      if x.isContiguous && dtype == types.compute {
        recorder.unary(kernel, function, types, x, result)
      } else {
        let loop = loop(result, (function, nil, nil), x, types.compute)
        recorder.loop("\(kernel)", loop, [x], result)
      }
    }
    return result
  }

  /// Below this number of elements nothing is split over threads, and a contiguous operand's
  /// kernel is called at once.
  static var smallCount: Int { 1 << 16 }

  /// The kernels of an elementwise loop by form; those of one or three operands have one form.
  typealias Forms = (mos_block_kernel?, mos_block_kernel?, mos_block_kernel?)

  /// An elementwise loop over one operand.
  private static func loop(
    _ result: Tensor, _ kernels: Forms, _ a: Tensor, _ compute: DType
  ) -> mos_loop {
    var loop = mos_loop(result, kernels, operands: 1)
    loop.operand.0 = mos_operand(a, stretchedTo: result.shape)
    loop.compute.0 = compute.rawValue
    return loop
  }

  /// An elementwise loop over two operands that stretch to the result's shape.
  private static func loop(
    _ result: Tensor, _ kernels: Forms, _ a: Tensor, _ b: Tensor, _ compute: DType
  ) -> mos_loop {
    var loop = mos_loop(result, kernels, operands: 2)
    loop.operand.0 = mos_operand(a, stretchedTo: result.shape)
    loop.operand.1 = mos_operand(b, stretchedTo: result.shape)
    loop.compute = (compute.rawValue, compute.rawValue, 0)
    return loop
  }

  /// Runs an elementwise loop over one operand.
  static func run(
    _ result: Tensor, _ kernels: Forms, _ a: Tensor, _ compute: DType
  ) -> Int32 {
    var loop = loop(result, kernels, a, compute)
    return withExtendedLifetime((a, result)) { mos_elementwise(&loop) }
  }

  /// Runs an elementwise loop over two operands that stretch to the result's shape.
  static func run(
    _ result: Tensor, _ kernels: Forms, _ a: Tensor, _ b: Tensor, _ compute: DType
  ) -> Int32 {
    var loop = loop(result, kernels, a, b, compute)
    return withExtendedLifetime((a, b, result)) { mos_elementwise(&loop) }
  }

  /// Runs a binary kernel's loop.
  static func run(
    _ result: Tensor, _ kernel: BinaryKernel, _ a: Tensor, _ b: Tensor, _ compute: DType
  ) -> Int32 {
    run(result, forms(kernel, compute), a, b, compute)
  }

  private static func forms(_ kernel: BinaryKernel, _ compute: DType) -> Forms {
    (
      mos_binary_kernel(kernel, compute, MOS_BOTH_VECTORS),
      mos_binary_kernel(kernel, compute, MOS_SECOND_SCALAR),
      mos_binary_kernel(kernel, compute, MOS_FIRST_SCALAR)
    )
  }

  /// The n-th derivative of digamma at each element.
  ///
  /// - Throws: a value error for a negative `n`.
  public static func polygamma(_ n: Int, _ x: Tensor, defaultFloat: DType = .f64) throws -> Tensor {
    guard n >= 0 else {
      throw TensorError(.value, "polygamma of the negative order \(n) is not defined")
    }
    let order = Int32(clamping: n)
    let dtype = x.dtype.isFloat ? x.dtype : defaultFloat
    let source = try x.converted(to: .f64).contiguous()
    let result = try make(x.shape, .f64) { pointer in
      try source.withElements { elements in
        let (y, x) = (
          pointer.assumingMemoryBound(to: Double.self),
          elements.assumingMemoryBound(to: Double.self)
        )
        try Safepoint.forEach(0..<source.count, each: 1 << 12) {
          y[$0] = mos_polygamma(order, x[$0])
        }
      }
    }
    return try result.converted(to: dtype)
  }

  /// How numbers of the gamma distribution move with its shape: -∂ⁿP(a, x)/∂aⁿ over the density at x, of
  /// the order 1, 2 or 3, the first to 1e-10 of itself for shapes up to 1e6.
  public static func gammaSlope(_ order: Int, _ a: Tensor, _ x: Tensor) throws -> Tensor {
    guard let shape = Shape.broadcast(a.shape, x.shape) else {
      throw TensorError(
        .shape, "cannot combine \(a.typeDescription) and \(x.typeDescription) in gamma_slope")
    }
    let dtype = DType.promoted(a.dtype, x.dtype)
    let shapes = try a.broadcast(to: shape).converted(to: .f64).contiguous()
    let numbers = try x.broadcast(to: shape).converted(to: .f64).contiguous()
    let result = try make(shape, .f64) { pointer in
      try shapes.withElements { a in
        try numbers.withElements { x in
          let (y, a, x) = (
            pointer.assumingMemoryBound(to: Double.self),
            a.assumingMemoryBound(to: Double.self), x.assumingMemoryBound(to: Double.self)
          )
          try Safepoint.forEach(0..<shape.count, each: 1 << 10) {
            y[$0] = mos_gamma_slope(Int32(order), a[$0], x[$0])
          }
        }
      }
    }
    return try result.converted(to: dtype)
  }
}

/// The kernel for operands of a type, of the form that says which are one number.
func mos_binary_kernel(_ kernel: BinaryKernel, _ dtype: DType, _ form: Int) -> mos_block_kernel? {
  Kernels.mos_binary_kernel(Int32(kernel.rawValue), Int32(dtype.rawValue), Int32(form))
}

extension mos_loop {
  /// A loop that fills a result; its operands are set next.
  fileprivate init(_ result: Tensor, _ kernels: Tensor.Forms, operands: Int32) {
    self.init()
    rank = Int32(result.rank)
    extent = result.shape.extents
    self.operands = operands
    result_size = UInt8(result.dtype.size)
    kernel = kernels
    self.result = result.header.data
  }
}

extension UnaryKernel {
  /// The error of a whole number that overflows: only these have one.
  fileprivate func overflow(_ x: Tensor) -> TensorError {
    let value = x.firstWholeNumber { value in
      switch self {
      case .square: value.multipliedReportingOverflow(by: value).overflow
      default: value == .min
      }
    }
    return TensorError(
      .value, "\(self) of \(value.map(String.init) ?? "a whole number") overflows i64",
      hint: "use floats for numbers beyond 9223372036854775807")
  }
}

extension Tensor {
  /// The first element of an i64 tensor for which the test is true; for messages.
  fileprivate func firstWholeNumber(where test: (Int) -> Bool) -> Int? {
    guard let plain = try? converted(to: .i64).contiguous() else { return nil }
    return plain.withElements { elements in
      let values = elements.assumingMemoryBound(to: Int.self)
      return (0..<plain.count).first { test(values[$0]) }.map { values[$0] }
    }
  }
}

// MARK: - Two operands

extension Tensor {
  /// Combines two tensors element by element, stretching axes of 1.
  ///
  /// Types meet as `bool < i64 < f32 < f64`; arithmetic of bools is done in i64, comparisons give
  /// bool, division gives floats (`defaultFloat` for whole numbers), `floorDivide` and `remainder`
  /// round towards minus infinity, `minimum` and `maximum` give nan where either is nan.
  /// - Throws: a shape error where the shapes do not fit; a value error where whole numbers
  ///   overflow, are divided by 0 or raised to a negative power.
  public static func binary(
    _ kernel: BinaryKernel, _ a: Tensor, _ b: Tensor, defaultFloat: DType = .f64
  ) throws -> Tensor {
    if a.rank == 0 && b.rank == 0 && a.dtype == b.dtype && a.dtype.isFloat {
      let result =
        a.dtype == .f64
        ? scalars(kernel, a, b, Double.self) { Tensor($0) }
        : scalars(kernel, a, b, Float.self) { Tensor(Double($0), dtype: .f32) }
      if let result {
        if let recorder = PlanRecorder.current {
          recorder.binary(kernel, MOS_BOTH_VECTORS, (a.dtype, result.dtype), a, b, result)
        }
        return result
      }
    }
    let types = try kernel.types(a, b, defaultFloat: defaultFloat)
    if let form = plainForm(a, b, types.compute) {
      let result = try uninitialized(
        form == MOS_FIRST_SCALAR ? b.shape : a.shape, types.result)
      if result.count <= smallCount {
        let status = call(kernel, types.compute, form, a, b, result)
        if status != MOS_OK { throw kernel.failure(status, a, b) }
        PlanRecorder.current?.binary(kernel, form, types, a, b, result)
        return result
      }
    }
    guard let shape = Shape.broadcast(a.shape, b.shape) else {
      throw Shape.mismatch(kernel.verb, a, b)
    }
    if shape == a.shape, let result = try repeatingRows(kernel, types, a, b) {
      PlanRecorder.current?.repeatingRows(kernel, types, a, b, result)
      return result
    }
    let isOne = shape == a.shape || shape == b.shape
    let result = try uninitialized(isOne ? shape : shape.checked(), types.result)
    let status = run(result, kernel, a, b, types.compute)
    try Safepoint.look()
    if status != MOS_OK { throw kernel.failure(status, a, b) }
    if let recorder = PlanRecorder.current {
      if let form = plainForm(a, b, types.compute) {
        recorder.binary(kernel, form, types, a, b, result)
      } else {
        let loop = loop(result, forms(kernel, types.compute), a, b, types.compute)
        recorder.loop(kernel, types, loop, a, b, result)
      }
    }
    return result
  }

  /// The form of a binary kernel that can read both operands in place, if one can.
  private static func plainForm(_ a: Tensor, _ b: Tensor, _ compute: DType) -> Int? {
    guard a.isContiguous && b.isContiguous && a.dtype == compute && b.dtype == compute else {
      return nil
    }
    if a.shape == b.shape { return MOS_BOTH_VECTORS }
    if b.rank == 0 { return MOS_SECOND_SCALAR }
    return a.rank == 0 ? MOS_FIRST_SCALAR : nil
  }

  private static func call(
    _ kernel: BinaryKernel, _ compute: DType, _ form: Int, _ a: Tensor, _ b: Tensor,
    _ result: Tensor
  ) -> Int32 {
    guard result.count > 0 else { return Int32(MOS_OK) }
    guard let function = mos_binary_kernel(kernel, compute, form) else {
      preconditionFailure("no kernel for \(kernel) of \(compute); please report")
    }
    return withExtendedLifetime(a) {
      withExtendedLifetime(b) {
        function(result.count, a.header.data, b.header.data, nil, result.header.data)
      }
    }
  }

  /// The result where each of a few rows meets the same row, as where a layer adds its bias; nil for
  /// other operands and where a kernel has something to say about its numbers.
  private static func repeatingRows(
    _ kernel: BinaryKernel, _ types: (compute: DType, result: DType), _ a: Tensor, _ b: Tensor
  ) throws -> Tensor? {
    guard isOfFewRows(a, b), a.dtype == types.compute else { return nil }
    let result = try uninitialized(a.shape, types.result)
    return runRows(result, kernel, a, b) ? result : nil
  }

  /// Whether a tensor is a few rows, each as long as another tensor that is one row.
  static func isOfFewRows(_ a: Tensor, _ row: Tensor) -> Bool {
    let n = row.count
    return n >= 16 && a.isContiguous && row.isContiguous && row.dtype == a.dtype
      && (row.rank == 1 || row.shape[row.rank - 1] == n) && a.count / n <= 64
      && a.count <= 64 * smallCount
  }

  /// Runs a binary kernel over each row and the same row; false where it has something to say.
  static func runRows(_ result: Tensor, _ kernel: BinaryKernel, _ a: Tensor, _ row: Tensor) -> Bool
  {
    guard let function = mos_binary_kernel(kernel, a.dtype, MOS_BOTH_VECTORS) else { return false }
    let n = row.count
    let (step, width) = (n * a.dtype.size, n * result.dtype.size)
    return withExtendedLifetime((a, row, result)) {
      (0..<a.count / n).allSatisfy { index in
        function(
          n, a.header.data + index * step, row.header.data, nil,
          result.header.data + index * width) == MOS_OK
      }
    }
  }

  /// Two plain numbers: no table, no loop.
  @inline(__always)
  private static func scalars<Number: FloatingPoint>(
    _ kernel: BinaryKernel, _ a: Tensor, _ b: Tensor, _: Number.Type, _ tensor: (Number) -> Tensor
  ) -> Tensor? {
    let x = a.header.data.load(as: Number.self)
    let y = b.header.data.load(as: Number.self)
    switch kernel {
    case .add: return tensor(x + y)
    case .subtract: return tensor(x - y)
    case .multiply: return tensor(x * y)
    case .multiplyUnlessZero: return tensor(x == 0 || (y == 0 && x == x) ? 0 : x * y)
    case .divide: return tensor(x / y)
    case .equal: return Tensor(x == y)
    case .notEqual: return Tensor(x != y)
    case .less: return Tensor(x < y)
    case .lessEqual: return Tensor(x <= y)
    case .greater: return Tensor(x > y)
    case .greaterEqual: return Tensor(x >= y)
    default: return nil
    }
  }

  /// `a` where the condition is true, else `b`; the three stretch to one shape.
  public static func select(_ condition: Tensor, _ a: Tensor, _ b: Tensor) throws -> Tensor {
    guard let values = Shape.broadcast(a.shape, b.shape) else {
      throw Shape.mismatch("choose between", a, b)
    }
    guard let shape = Shape.broadcast(condition.shape, values) else {
      throw Shape.mismatch(
        "choose by", condition, Shape.broadcast(condition.shape, a.shape) == nil ? a : b)
    }
    let dtype = DType.promoted(a.dtype, b.dtype)
    let result = try uninitialized(shape.checked(), dtype)
    let kernel = mos_select_kernel(Int32(dtype.rawValue))
    if condition.isPlain(.bool, shape) && a.isPlain(dtype, shape) && b.isPlain(dtype, shape),
      result.count <= smallCount, let kernel
    {
      _ = withExtendedLifetime((condition, a, b)) {
        kernel(
          result.count, condition.header.data, a.header.data, b.header.data, result.header.data)
      }
      PlanRecorder.current?.select(kernel, condition, a, b, result)
      return result
    }
    var loop = mos_loop(result, (kernel, nil, nil), operands: 3)
    loop.operand.0 = mos_operand(condition, stretchedTo: shape)
    loop.operand.1 = mos_operand(a, stretchedTo: shape)
    loop.operand.2 = mos_operand(b, stretchedTo: shape)
    loop.compute = (DType.bool.rawValue, dtype.rawValue, dtype.rawValue)
    PlanRecorder.current?.loop("select", loop, [condition, a, b], result)
    _ = withExtendedLifetime((condition, a, b)) { mos_elementwise(&loop) }
    try Safepoint.look()
    return result
  }
}

extension Tensor {
  /// Whether a kernel can read this tensor in place as one of that type and shape.
  fileprivate func isPlain(_ dtype: DType, _ shape: Shape) -> Bool {
    isContiguous && self.dtype == dtype && self.shape == shape
  }
}

extension BinaryKernel {
  /// The error of whole numbers, with the first pair that made it.
  fileprivate func failure(_ status: Int32, _ a: Tensor, _ b: Tensor) -> TensorError {
    let pair = firstPair(status, a, b)
    if status == MOS_ZERO_DIVISION {
      let what = pair.map { "\($0.0) \(symbol) 0" } ?? "a whole number"
      return TensorError(
        .value, "whole numbers cannot be divided by 0: \(what)",
        hint: "use floats, 1.0 / 0, for an infinite result")
    }
    if status == MOS_NEGATIVE_POWER {
      let what = pair.map { "\($0.0) ** \($0.1)" } ?? "a whole number"
      return TensorError(
        .value, "whole numbers cannot be raised to a negative power: \(what)",
        hint: "make one of them a float: \(pair.map { "\($0.0).0 ** \($0.1)" } ?? "2.0 ** -1")")
    }
    let what = pair.map { "\($0.0) \(symbol) \($0.1)" } ?? "the result"
    return TensorError(
      .value, "\(what) overflows i64",
      hint: "use floats for numbers beyond 9223372036854775807")
  }

  private func firstPair(_ status: Int32, _ a: Tensor, _ b: Tensor) -> (Int, Int)? {
    guard let shape = Shape.broadcast(a.shape, b.shape),
      let left = try? a.broadcast(to: shape).converted(to: .i64).contiguous(),
      let right = try? b.broadcast(to: shape).converted(to: .i64).contiguous()
    else { return nil }
    return left.withElements { p in
      right.withElements { q in
        let (x, y) = (p.assumingMemoryBound(to: Int.self), q.assumingMemoryBound(to: Int.self))
        let place = (0..<left.count).first { fails(x[$0], y[$0]) }
        return place.map { (x[$0], y[$0]) }
      }
    }
  }

  private func fails(_ x: Int, _ y: Int) -> Bool {
    switch self {
    case .add: return x.addingReportingOverflow(y).overflow
    case .subtract: return x.subtractingReportingOverflow(y).overflow
    case .multiply: return x.multipliedReportingOverflow(by: y).overflow
    case .floorDivide, .remainder: return y == 0 || (x == .min && y == -1)
    case .power:
      if y < 0 { return true }
      if x >= -1 && x <= 1 { return false }
      var product = 1
      for _ in 0..<min(y, 64) {
        let (next, overflow) = product.multipliedReportingOverflow(by: x)
        if overflow { return true }
        product = next
      }
      return false
    default: return false
    }
  }
}

extension Shape {
  /// This shape, after making sure that its number of elements fits.
  ///
  /// - Throws: a limit error otherwise.
  package func checked() throws -> Shape {
    var count = 1
    for axis in 0..<rank where self[axis] > 1 {
      let (product, overflow) = count.multipliedReportingOverflow(by: self[axis])
      guard !overflow, product < 1 << 60 else {
        throw TensorError(.limit, "a tensor of shape \(self) is too large to address")
      }
      count = product
    }
    return self
  }
}
