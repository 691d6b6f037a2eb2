// Tensors from nothing: constants, ranges, identity; and copies in another type or layout.

internal import Kernels

extension Tensor {
  /// Every element zero; a large tensor's pages cost nothing until they are written.
  public static func zeros(_ shape: Shape, _ dtype: DType = .f64) throws -> Tensor {
    let shape = try shape.checked()
    let count = shape.count
    let bytes = count * dtype.size
    if bytes <= inlineLimit {
      let result = try uninitialized(shape, dtype)
      result.header.data.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
      return result
    }
    let storage = try Storage.allocate(count: count, dtype: dtype, shape: shape, zeroed: true)
    return Tensor(
      shape: shape, count: count, data: storage.address, owner: storage, layout: nil, dtype: dtype)
  }

  /// Every element one.
  public static func ones(_ shape: Shape, _ dtype: DType = .f64) throws -> Tensor {
    try full(shape, 1, dtype)
  }

  /// Every element the value; i64 takes its whole part.
  ///
  /// - Throws: a value error where a whole number does not fit.
  public static func full(_ shape: Shape, _ value: Double, _ dtype: DType) throws -> Tensor {
    if value == 0 && value.sign == .plus { return try zeros(shape, dtype) }
    if dtype == .i64 && !(value > -0x1p63 && value < 0x1p63) {
      throw TensorError(.value, "\(value) does not fit i64")
    }
    let number = Tensor(value, dtype: dtype)
    return shape.rank == 0 ? number : try full(shape, number)
  }

  /// Every element that of a 0-d tensor.
  public static func full(_ shape: Shape, _ value: Tensor) throws -> Tensor {
    try value.broadcast(to: shape.checked()).contiguous()
  }

  /// `start, start + step, …` up to but without `stop`, in i64.
  ///
  /// - Throws: a value error for a step of 0.
  public static func arange(_ start: Int, _ stop: Int, _ step: Int = 1) throws -> Tensor {
    guard step != 0 else {
      throw TensorError(
        .value, "a range cannot have the step 0",
        hint: "linspace(low, high, n) takes a number of points")
    }
    // Distances are taken as UInt, where the difference of any two Ints fits.
    let runs = step > 0 ? stop > start : stop < start
    let distance = step > 0 ? UInt(bitPattern: stop &- start) : UInt(bitPattern: start &- stop)
    let count = runs ? (distance - 1) / step.magnitude + 1 : 0
    let shape = try Shape([Int(clamping: count)])
    return try make(shape, .i64) { pointer in
      let elements = pointer.assumingMemoryBound(to: Int.self)
      try Safepoint.forEach(0..<Int(count)) { elements[$0] = start &+ $0 &* step }
    }
  }

  /// `start, start + step, …` up to but without `stop`, in a float type.
  ///
  /// - Throws: a value error for a step of 0 or bounds that are not finite.
  public static func arange(
    _ start: Double, _ stop: Double, _ step: Double, _ dtype: DType = .f64
  ) throws -> Tensor {
    guard step != 0 else {
      throw TensorError(
        .value, "a range cannot have the step 0",
        hint: "linspace(low, high, n) takes a number of points")
    }
    let length = ((stop - start) / step).rounded(.up)
    guard length.isFinite else {
      throw TensorError(.value, "a range from \(start) to \(stop) by \(step) has no end")
    }
    let shape = try Shape([Int(exactly: Swift.max(length, 0)) ?? .max])
    let result = try make(shape, .f64) { pointer in
      let elements = pointer.assumingMemoryBound(to: Double.self)
      try Safepoint.forEach(0..<shape.count) { elements[$0] = start + Double($0) * step }
    }
    return try result.converted(to: dtype)
  }

  /// `count` numbers from `start` to `stop`, both included, at equal distances.
  public static func linspace(
    _ start: Double, _ stop: Double, _ count: Int, _ dtype: DType = .f64
  ) throws -> Tensor {
    let shape = try Shape([count])
    let result = try make(shape, .f64) { pointer in
      let elements = pointer.assumingMemoryBound(to: Double.self)
      let step = (stop - start) / Double(Swift.max(count - 1, 1))
      try Safepoint.forEach(0..<count) { elements[$0] = start + Double($0) * step }
      if count > 1 { elements[count - 1] = stop }
    }
    return try result.converted(to: dtype)
  }

  /// Ones on the diagonal of an n by m matrix.
  public static func eye(_ n: Int, _ m: Int, _ dtype: DType = .f64) throws -> Tensor {
    let result = try zeros(try Shape([n, m]), dtype)
    let data = result.elements
    try Safepoint.forEach(0..<Swift.min(n, m), each: 1 << 12) { i in
      let element = data + (i * m + i) * dtype.size
      switch dtype {
      case .bool: element.storeBytes(of: 1, as: UInt8.self)
      case .i64: element.storeBytes(of: 1, as: Int64.self)
      case .f32: element.storeBytes(of: 1, as: Float.self)
      case .f64: element.storeBytes(of: 1, as: Double.self)
      }
    }
    return result
  }

  /// The elements on and below the k-th diagonal of the last two axes; zero elsewhere.
  public func tril(_ k: Int = 0) throws -> Tensor { try triangle(k, isLower: true) }

  /// The elements on and above the k-th diagonal of the last two axes; zero elsewhere.
  public func triu(_ k: Int = 0) throws -> Tensor { try triangle(k, isLower: false) }

  private func triangle(_ k: Int, isLower: Bool) throws -> Tensor {
    guard rank >= 2 else {
      throw TensorError(
        .shape, "a triangle is taken of two axes or more, not of \(typeDescription)")
    }
    let (rows, columns) = (shape[rank - 2], shape[rank - 1])
    let source = try contiguous()
    let result = try Tensor.zeros(shape, dtype)
    let size = dtype.size
    try source.withElements { from in
      let to = result.elements
      guard rows * columns > 0 else { return }
      let bound = Swift.max(-rows, Swift.min(columns, k))
      try Safepoint.rows(0..<(count / columns), of: columns) { row in
        let i = row % rows
        let edge = Swift.max(0, Swift.min(columns, isLower ? i + bound + 1 : i + bound))
        let (first, length) = isLower ? (0, edge) : (edge, columns - edge)
        let offset = (row * columns + first) * size
        (to + offset).copyMemory(from: from + offset, byteCount: length * size)
      }
    }
    return result
  }

  // MARK: Copies

  /// The same elements in another type: bool is `x != 0`, i64 the whole part.
  ///
  /// - Throws: a value error where a float does not fit i64.
  public func converted(to dtype: DType) throws -> Tensor {
    if dtype == self.dtype { return self }
    return try copy(dtype)
  }

  /// The same elements in row-major order; itself where they are so already.
  public func contiguous() throws -> Tensor {
    if isContiguous { return self }
    return try copy(dtype)
  }

  private func copy(_ dtype: DType) throws -> Tensor {
    let result = try Tensor.uninitialized(shape, dtype)
    var status = Int32(MOS_OK)
    withShapeExtents { extents in
      var operand = mos_operand(self, stretchedTo: shape)
      status = withExtendedLifetime(self) {
        mos_copy(&operand, Int32(rank), extents, dtype.rawValue, result.header.data)
      }
    }
    try Safepoint.look()
    guard status == MOS_OK else {
      throw TensorError(
        .value, "\(typeDescription) holds numbers that do not fit \(dtype.name)",
        hint: "nan, infinities and numbers beyond ±9.2e18 have no whole number")
    }
    PlanRecorder.current?.copy(self, result)
    return result
  }

  private func withShapeExtents(_ body: (UnsafePointer<Int>) -> Void) {
    withUnsafePointer(to: shape.extents) {
      body(UnsafeRawPointer($0).assumingMemoryBound(to: Int.self))
    }
  }
}
