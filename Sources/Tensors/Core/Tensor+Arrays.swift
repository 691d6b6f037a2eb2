// Tensors from arrays of Swift, and arrays, spans and numbers of Swift from tensors.

extension Tensor {
  /// A tensor of the numbers of an array, or of arrays nested to one shape.
  ///
  ///     Tensor([1.0, 2.0])                       // f64[2]
  ///     Tensor([[1, 2], [3, 4]] as [[Float]])    // f32[2, 2]
  ///
  /// The dtype is that of the elements. A literal without a type of its own is f64, whole numbers
  /// included; see `Tensor.Literal`.
  /// - Precondition: the arrays of a depth have one extent, and there are at most eight depths.
  ///   `init(checking:)` throws instead, for arrays that come from outside the program.
  @_disfavoredOverload
  public init<Elements: NestedElements>(_ elements: Elements) {
    self = trapping { try Tensor(checking: elements) }
  }

  /// A tensor of the numbers of arrays that may not be of one shape.
  ///
  /// - Throws: a shape error where they are not, or are nested deeper than eight axes; a limit error
  ///   where there is no memory for it.
  public init<Elements: NestedElements>(checking elements: Elements) throws {
    var extents: [Int] = []
    elements.appendExtents(to: &extents)
    let shape = try Shape(extents)
    var all: [Elements.Innermost] = []
    all.reserveCapacity(shape.count)
    try elements.appendElements(to: &all, extents: extents[...])
    try self.init(copying: all, shape: shape)
  }

  /// A tensor of elements in row-major order, as many as the shape has.
  init<Element: TensorElement>(copying elements: [Element], shape: Shape) throws {
    self = try Tensor.make(shape, Element.dtype) { memory in
      elements.withUnsafeBufferPointer {
        guard let first = $0.baseAddress else { return }
        memory.copyMemory(from: first, byteCount: $0.count * Element.dtype.size)
      }
    }
  }

  /// A tensor whose elements a closure writes, in row-major order, into its own memory.
  ///
  ///     try Tensor(shape: [2, 3], of: Double.self) { elements in
  ///       for i in 0..<6 { elements.append(Double(i)) }
  ///     }
  ///
  /// - Throws: what the closure throws; a shape error where it appended fewer elements than the shape has; a
  ///   limit error where there is no memory for them.
  public init<Element: TensorElement>(
    shape: Shape, of type: Element.Type,
    initializingWith fill: (inout OutputSpan<Element>) throws -> Void
  ) throws {
    self = try Tensor.make(shape, Element.dtype) { memory in
      let buffer = UnsafeMutableBufferPointer(
        start: memory.assumingMemoryBound(to: Element.self), count: shape.count)
      var span = OutputSpan(buffer: buffer, initializedCount: 0)
      try fill(&span)
      let count = span.finalize(for: buffer)
      guard count == shape.count else {
        throw TensorError(
          .shape, "a tensor of shape \(shape) has \(shape.count) elements, and \(count) were given")
      }
    }
  }

  /// The elements in row-major order, converted as by `converted(to:)`.
  ///
  /// - Throws: a value error where a float does not fit i64; a limit error where there is no memory.
  public func values<Element: TensorElement>(as type: Element.Type) throws -> [Element] {
    try withElements(as: type) { elements in
      [Element](unsafeUninitializedCapacity: elements.count) { target, count in
        for index in elements.indices { target.initializeElement(at: index, to: elements[index]) }
        count = elements.count
      }
    }
  }

  /// The elements in row-major order for the duration of a call, in place where they lie so already
  /// and are of that type, otherwise as a copy converted as by `converted(to:)`.
  ///
  /// - Throws: what the body throws; a value error where a float does not fit i64; a limit error
  ///   where there is no memory.
  public func withElements<Element: TensorElement, Result>(
    as type: Element.Type, _ body: (Span<Element>) throws -> Result
  ) throws -> Result {
    let source = try rowMajor(Element.dtype)
    return try source.withElements { memory in
      try body(
        Span(
          _unsafeStart: UnsafePointer(memory.assumingMemoryBound(to: Element.self)),
          count: source.count))
    }
  }

  /// The element of a tensor that has one, whatever its axes, converted as by `converted(to:)`.
  ///
  /// - Throws: a shape error for any other number of elements; a value error for a float that does
  ///   not fit i64.
  public func item<Element: TensorElement>(as type: Element.Type = Double.self) throws -> Element {
    guard count == 1 else {
      throw TensorError(
        .shape, "item takes a tensor of one element, not \(typeDescription)",
        hint: "values(as:) gives all of them")
    }
    return try withElements(as: type) { $0[0] }
  }
}
