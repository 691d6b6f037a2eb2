// A tensor: elements of one dtype, seen through a shape and strides.
//
// A `Tensor` is one reference. A small tensor is one allocation that holds the header and the
// elements; a large one keeps its elements in a `Storage` from the caching allocator; a view
// keeps the tensor or storage it looks into. Invariants:
//
// - elements are never written once the tensor has been handed out (a kernel fills it first), but
//   by who holds its only reference (`isUniquelyHeld`);
// - `header.data` points at the element of index (0, …, 0) and stays valid while the buffer lives,
//   because `header.owner` holds whatever owns that memory;
// - `header.strides` is nil exactly when the elements are contiguous in row-major order.

internal import Kernels

/// Strides of a view, in elements; they may be zero (broadcast) or negative (`x[::-1]`).
@usableFromInline
final class Layout: Sendable {
  @usableFromInline let strides: Shape
  @usableFromInline init(_ strides: Shape) { self.strides = strides }
}

/// Everything of a tensor but its elements.
///
/// Plain bits, so that reading a field never counts references: the buffer holds one reference
/// to the owner and one to the layout, and lets go of them when it dies.
@usableFromInline
struct TensorHeader {
  @usableFromInline var shape: Shape
  @usableFromInline var count: Int
  @usableFromInline var data: UnsafeMutableRawPointer
  @usableFromInline var owner: Unmanaged<AnyObject>?
  @usableFromInline var layout: Unmanaged<Layout>?
  @usableFromInline var dtype: DType
  /// The recording in which the tensor was made, 0 for none; see `Tensor.recording`.
  @usableFromInline var recording: UInt32

  /// A header that holds on to the owner and the layout.
  @usableFromInline init(
    shape: Shape, count: Int, data: UnsafeMutableRawPointer, owner: AnyObject?, layout: Layout?,
    dtype: DType
  ) {
    self.shape = shape
    self.count = count
    self.data = data
    self.owner = owner.map { Unmanaged.passRetained($0) }
    self.layout = layout.map { Unmanaged.passRetained($0) }
    self.dtype = dtype
    recording = mos_recording_get()
    SmallObjects.charge(ownBytes)
  }

  /// What the tensor's own allocation takes: this header, and the elements that lie behind it.
  fileprivate var ownBytes: Int {
    MemoryLayout<TensorHeader>.size + 16 + (owner == nil ? count &* dtype.size : 0)
  }
}

@usableFromInline
final class TensorBuffer: ManagedBuffer<TensorHeader, UInt64> {
  deinit {
    withUnsafeMutablePointerToHeader {
      SmallObjects.refund($0.pointee.ownBytes)
      $0.pointee.owner?.release()
      $0.pointee.layout?.release()
    }
  }
}

/// Elements of one dtype in up to eight axes; immutable once shared.
public struct Tensor: @unchecked Sendable {
  @usableFromInline var buffer: TensorBuffer

  /// Elements up to these bytes live in the tensor's own allocation.
  @usableFromInline static let inlineLimit = 1024

  @inlinable init(buffer: TensorBuffer) { self.buffer = buffer }

  /// Read through a pointer: the buffer is alive as long as `self`, and a header does not change
  /// once the tensor is handed out, so no access can overlap a write.
  @inlinable var header: TensorHeader {
    _read { yield buffer.withUnsafeMutablePointerToHeader { $0 }.pointee }
  }

  /// A tensor whose elements the caller fills before anyone else sees it.
  ///
  /// The memory is not cleared. The fill gets the first element's address; elements lie in
  /// row-major order.
  /// - Throws: a limit error, naming the memory, where it is not to be had.
  @inlinable
  package static func make(
    _ shape: Shape, _ dtype: DType, fill: (UnsafeMutableRawPointer) throws -> Void
  ) throws -> Tensor {
    let tensor = try uninitialized(shape, dtype)
    try fill(tensor.header.data)
    return tensor
  }

  /// A tensor with memory not yet written; `Tensors` alone hands these to kernels.
  @usableFromInline
  static func uninitialized(_ shape: Shape, _ dtype: DType) throws -> Tensor {
    let count = shape.count
    let bytes = count &* dtype.size
    if bytes <= inlineLimit {
      let buffer = unsafeDowncast(
        TensorBuffer.create(minimumCapacity: (bytes + 7) >> 3) { buffer in
          TensorHeader(
            shape: shape, count: count,
            data: UnsafeMutableRawPointer(buffer.withUnsafeMutablePointerToElements { $0 }),
            owner: nil, layout: nil, dtype: dtype)
        }, to: TensorBuffer.self)
      return Tensor(buffer: buffer)
    }
    let storage = try Storage.allocate(count: count, dtype: dtype, shape: shape)
    return Tensor(
      shape: shape, count: count, data: storage.address, owner: storage, layout: nil, dtype: dtype)
  }

  @usableFromInline init(
    shape: Shape, count: Int, data: UnsafeMutableRawPointer, owner: AnyObject?, layout: Layout?,
    dtype: DType
  ) {
    buffer = unsafeDowncast(
      TensorBuffer.create(minimumCapacity: 0) { _ in
        TensorHeader(
          shape: shape, count: count, data: data, owner: owner, layout: layout, dtype: dtype)
      }, to: TensorBuffer.self)
  }

  /// The extents of the axes.
  @inlinable public var shape: Shape { header.shape }
  /// The number of axes.
  @inlinable public var rank: Int { header.shape.rank }
  /// The number of elements.
  @inlinable public var count: Int { header.count }
  /// The type of the elements.
  @inlinable public var dtype: DType { header.dtype }
  /// The number of the recording that was being made on the thread when this tensor was, 0 for none.
  @inlinable package var recording: UInt32 { header.recording }
  /// True where elements lie one after the other in row-major order.
  @inlinable public var isContiguous: Bool { header.layout == nil }
  /// The distance, in elements, between neighbours along each axis.
  @inlinable public var strides: Shape {
    header.layout?._withUnsafeGuaranteedRef { $0.strides } ?? header.shape.contiguousStrides
  }

  /// The elements' address for the duration of the call; walk it by `strides`.
  @inlinable package func withElements<R>(_ body: (UnsafeMutableRawPointer) throws -> R) rethrows
    -> R
  {
    try withExtendedLifetime(buffer) { try body(elements) }
  }

  /// The first element's address, for work of which the recorder of a plan is not told.
  @usableFromInline package var elements: UnsafeMutableRawPointer {
    PlanRecorder.look()
    return header.data
  }

  /// A view of the same elements through another shape and strides.
  ///
  /// The caller has made sure that every index of the shape stays inside the elements. `offset`
  /// is in elements and relative to this tensor's first element.
  func view(shape: Shape, strides: Shape, offset: Int = 0) -> Tensor {
    let h = header
    let contiguous = Tensor.isContiguous(shape: shape, strides: strides)
    return Tensor(
      shape: shape, count: shape.count, data: h.data + offset * h.dtype.size,
      owner: h.owner?.takeUnretainedValue() ?? buffer, layout: contiguous ? nil : Layout(strides),
      dtype: h.dtype)
  }

  /// True where these elements, contiguous and ours, are reached through this value alone.
  mutating func isUniquelyHeld() -> Bool {
    guard isContiguous, isKnownUniquelyReferenced(&buffer) else { return false }
    return buffer.withUnsafeMutablePointerToHeader { header in
      // An unmanaged reference has the bits of a strong one, which is what is asked about.
      withUnsafeMutablePointer(to: &header.pointee.owner) { owner in
        let strong = UnsafeMutableRawPointer(owner).assumingMemoryBound(to: AnyObject?.self)
        return strong.pointee == nil
          || isKnownUniquelyReferenced(&strong.pointee) && !(strong.pointee is ForeignMemory)
      }
    }
  }

  /// True where strides walk the shape in row-major order without gaps; axes of extent 1 and
  /// empty tensors do not matter.
  static func isContiguous(shape: Shape, strides: Shape) -> Bool {
    var step = 1
    var axis = shape.rank - 1
    while axis >= 0 {
      let extent = shape[axis]
      if extent == 0 { return true }
      if extent != 1 {
        if strides[axis] != step { return false }
        step *= extent
      }
      axis -= 1
    }
    return true
  }

  /// The reference that a tensor is, for who counts references by hand.
  package struct Reference {
    @usableFromInline let buffer: Unmanaged<TensorBuffer>

    /// The reference of a tensor, which is counted one up.
    @inlinable package init(retaining tensor: Tensor) { buffer = .passRetained(tensor.buffer) }

    /// The reference of a tensor that somebody else holds.
    @inlinable package init(unretained tensor: Tensor) { buffer = .passUnretained(tensor.buffer) }

    /// A reference by its address.
    @inlinable package init(at address: UnsafeRawPointer) { buffer = .fromOpaque(address) }

    /// Where it is.
    @inlinable package var address: UnsafeRawPointer { UnsafeRawPointer(buffer.toOpaque()) }

    /// Counts it one down.
    @inlinable package func release() { buffer.release() }

    /// Looks at the tensor while somebody else holds it; counts nothing.
    @inlinable @inline(__always)
    package func look<R>(_ body: (Tensor) throws -> R) rethrows -> R {
      try buffer._withUnsafeGuaranteedRef { try body(Tensor(buffer: $0)) }
    }
  }

  /// The same reference: the very tensor.
  @inlinable public static func === (a: Tensor, b: Tensor) -> Bool { a.buffer === b.buffer }

  /// The number that every element is, without axes, where this is one number or one stretched; nil else.
  package var stretchedNumber: Tensor? {
    if rank == 0 { return self }
    let own = strides
    guard count > 0, (0..<rank).allSatisfy({ shape[$0] == 1 || own[$0] == 0 }), !isContiguous else {
      return nil
    }
    return view(shape: Shape(), strides: Shape())
  }

  /// `f64[3, 4]`, the way messages name a tensor; `f64` for a 0-d one.
  public var typeDescription: String { rank == 0 ? dtype.name : "\(dtype.name)\(shape)" }
}

// MARK: - Single numbers

extension Tensor {
  /// A 0-d tensor.
  @inlinable public init(_ value: Double, dtype: DType = .f64) {
    self = Tensor.scalar(dtype) { pointer in
      switch dtype {
      case .f64: pointer.storeBytes(of: value, as: Double.self)
      case .f32: pointer.storeBytes(of: Float(value), as: Float.self)
      case .i64:
        pointer.storeBytes(of: Int64(exactly: value.rounded(.towardZero)) ?? 0, as: Int64.self)
      case .bool: pointer.storeBytes(of: value != 0 ? 1 : 0, as: UInt8.self)
      }
    }
  }

  /// A 0-d tensor of dtype i64.
  @inlinable public init(_ value: Int) {
    self = Tensor.scalar(.i64) { $0.storeBytes(of: Int64(value), as: Int64.self) }
  }

  /// A 0-d tensor of dtype bool.
  @inlinable public init(_ value: Bool) {
    self = Tensor.scalar(.bool) { $0.storeBytes(of: value ? 1 : 0, as: UInt8.self) }
  }

  @usableFromInline
  static func scalar(_ dtype: DType, _ fill: (UnsafeMutableRawPointer) -> Void) -> Tensor {
    let buffer = unsafeDowncast(
      TensorBuffer.create(minimumCapacity: 1) { buffer in
        TensorHeader(
          shape: Shape(), count: 1,
          data: UnsafeMutableRawPointer(buffer.withUnsafeMutablePointerToElements { $0 }),
          owner: nil, layout: nil, dtype: dtype)
      }, to: TensorBuffer.self)
    let tensor = Tensor(buffer: buffer)
    fill(tensor.header.data)
    return tensor
  }

  /// The value of the first element as a Double; the tensor must have one.
  @inlinable package var firstDouble: Double {
    precondition(count > 0, "the first element of an empty tensor was asked for; please report")
    let data = UnsafeRawPointer(elements)
    switch dtype {
    case .f64: return data.load(as: Double.self)
    case .f32: return Double(data.load(as: Float.self))
    case .i64: return Double(data.load(as: Int64.self))
    case .bool: return data.load(as: UInt8.self) != 0 ? 1 : 0
    }
  }

  /// The value of the first element of an i64 or bool tensor.
  @inlinable package var firstInt: Int {
    precondition(count > 0, "the first element of an empty tensor was asked for; please report")
    let data = UnsafeRawPointer(elements)
    switch dtype {
    case .i64: return Int(data.load(as: Int64.self))
    case .bool: return data.load(as: UInt8.self) != 0 ? 1 : 0
    case .f32, .f64: preconditionFailure("an Int of a float tensor was asked for; please report")
    }
  }
}
