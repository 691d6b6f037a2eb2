// Reading and writing the elements that a plan names.

extension Tensor {
  /// `x[i]` along the first axis, as a view.
  ///
  /// - Throws: an index error out of range or for a 0-d tensor.
  public func indexed(at index: Int) throws -> Tensor {
    guard rank > 0 else { throw TensorError(.index, "a 0-d tensor has no axes to index") }
    let extent = shape[0]
    let place = index < 0 ? index &+ extent : index
    guard place >= 0 && place < extent else { throw indexError(index, extent: extent) }
    let strides = self.strides
    return view(
      shape: shape.removing(axis: 0), strides: strides.removing(axis: 0),
      offset: place * strides[0])
  }

  /// What an index gives: a view where the plan is one, else a copy.
  ///
  /// - Throws: a shape error for a plan of another shape.
  public func indexed(_ plan: IndexPlan) throws -> Tensor {
    try check(plan)
    let walk = IndexWalk(plan, strides)
    guard !plan.isView else {
      return view(shape: plan.result, strides: walk.strides, offset: walk.start)
    }
    return try Tensor.make(plan.result, dtype) { target in
      try withElements { source in
        switch dtype {
        case .bool: try walk.read(UInt8.self, source, target)
        case .f32: try walk.read(UInt32.self, source, target)
        case .i64, .f64: try walk.read(UInt64.self, source, target)
        }
      }
    }
  }

  /// Zeros of the plan's source shape with `values`, broadcast to the plan's result, put in their
  /// places: added up where a place is named twice if `accumulate`, else the last one counts.
  public static func scattered(
    _ values: Tensor, by plan: IndexPlan, accumulate: Bool = true
  ) throws -> Tensor {
    let zeros = try Tensor.zeros(plan.source, values.dtype)
    try zeros.write(values, by: plan, accumulate: accumulate)
    return zeros
  }

  /// A copy of this tensor in which the plan's elements are `values`, broadcast and converted;
  /// the last one counts where an element is named twice.
  ///
  /// - Throws: a type error for floats in an i64 or bool tensor.
  public func replacing(_ plan: IndexPlan, with values: Tensor) throws -> Tensor {
    try check(plan)
    let result = try copied()
    try result.write(values, by: plan, accumulate: false)
    return result
  }

  /// `replacing(_:with:)` without the copy where nobody else holds these elements and not too many
  /// change: in place, a run cannot end in the midst of it.
  public mutating func replace(_ plan: IndexPlan, with values: Tensor) throws {
    guard plan.result.count <= Tensor.replacedLimit, isUniquelyHeld() else {
      self = try replacing(plan, with: values)
      return
    }
    try check(plan)
    try Safepoint.withoutLooks { try write(values, by: plan, accumulate: false) }
  }

  /// The most elements that are replaced in place: some ten milliseconds where they lie apart.
  private static var replacedLimit: Int { 1 << 21 }

  /// A copy of this tensor with `values` added to the plan's elements, repeatedly where one is
  /// named repeatedly.
  public func adding(_ values: Tensor, at plan: IndexPlan) throws -> Tensor {
    try check(plan)
    let result = try copied()
    try result.write(values, by: plan, accumulate: true)
    return result
  }

  private func check(_ plan: IndexPlan) throws {
    guard plan.source == shape else {
      throw TensorError(
        .shape, "an index made for shape \(plan.source) does not fit \(typeDescription)")
    }
  }

  /// The same elements, contiguous, in memory of its own.
  package func copied() throws -> Tensor {
    if !isContiguous { return try rowMajor(dtype) }
    return try Tensor.make(shape, dtype) { target in
      try withElements { try Safepoint.copy($0, to: target, bytes: count * dtype.size) }
    }
  }

  /// Writes into elements that nobody else has seen yet; they must be contiguous.
  private func write(_ values: Tensor, by plan: IndexPlan, accumulate: Bool) throws {
    guard values.dtype == dtype || dtype.isFloat || values.dtype < dtype else {
      throw TensorError(
        .type, "\(values.dtype.name) values do not fit into \(typeDescription)",
        hint: "convert the tensor first with .to(\(values.dtype.name))")
    }
    guard Shape.broadcast(values.shape, plan.result) == plan.result else {
      throw TensorError(
        .shape, "cannot put \(values.typeDescription) where \(plan.result) is indexed",
        hint: "axes are matched from the right; an axis of 1 stretches")
    }
    let source = try values.rowMajor(dtype)
    let steps = source.shape.stretched(source.strides, to: plan.result)
    let isWhole = source.shape == plan.result
    let walk = IndexWalk(plan, shape.contiguousStrides)
    let offsets = isWhole ? [] : try elementOffsets(plan.result, steps, look: Safepoint.look)
    try source.withElements { source in
      try withElements { target in
        switch (dtype, accumulate) {
        case (.f64, true): try walk.write(Double.self, source, offsets, target) { $0 += $1 }
        case (.f32, true): try walk.write(Float.self, source, offsets, target) { $0 += $1 }
        case (.i64, true): try walk.write(Int.self, source, offsets, target) { $0 &+= $1 }
        case (.bool, true): try walk.write(UInt8.self, source, offsets, target) { $0 |= $1 }
        case (.f64, false), (.i64, false):
          try walk.write(UInt64.self, source, offsets, target) { $0 = $1 }
        case (.f32, false): try walk.write(UInt32.self, source, offsets, target) { $0 = $1 }
        case (.bool, false): try walk.write(UInt8.self, source, offsets, target) { $0 = $1 }
        }
      }
    }
  }
}

/// A plan laid over memory of some strides: the offset of an element of the result is that of its
/// outer axes, its ids and its inner axes, added up, and inner axes that lie in a row are runs.
private struct IndexWalk {
  /// The offset and strides of the view part.
  let start: Int
  let strides: Shape
  private let plan: IndexPlan
  private let source: Shape

  init(_ plan: IndexPlan, _ source: Shape) {
    var start = 0
    for axis in 0..<source.rank { start += plan.starts[axis] * source[axis] }
    var strides = plan.extents
    for i in 0..<strides.rank {
      strides[i] = plan.axes[i] < 0 ? 0 : plan.steps[i] * source[plan.axes[i]]
    }
    self.start = start
    self.strides = strides
    self.plan = plan
    self.source = source
  }

  private typealias Runs = (outer: [Int], ids: [Int], inner: [Int], length: Int)

  /// Offsets of runs of elements, in three factors, and the length of a run.
  private func runs() throws -> Runs {
    let position = plan.advanced?.position ?? 0
    var outer = (Shape(), Shape())
    var inner = (Shape(), Shape())
    for i in 0..<plan.extents.rank {
      if i < position {
        outer.0.append(plan.extents[i])
        outer.1.append(strides[i])
      } else {
        inner.0.append(plan.extents[i])
        inner.1.append(strides[i])
      }
    }
    var length = 1
    while inner.0.rank > 0, inner.1[inner.0.rank - 1] == length || inner.0[inner.0.rank - 1] == 1 {
      length *= inner.0[inner.0.rank - 1]
      inner = (inner.0.removing(axis: inner.0.rank - 1), inner.1.removing(axis: inner.1.rank - 1))
    }
    return (
      try elementOffsets(outer.0, outer.1, look: Safepoint.look),
      try plan.advanced?.offsets(source) ?? [0],
      try elementOffsets(inner.0, inner.1, look: Safepoint.look), length
    )
  }

  /// Calls the body with the offset of each run, in order, and looks now and then.
  @inline(__always)
  private func forEach(_ runs: Runs, _ body: (_ offset: Int) -> Void) throws {
    let each = Swift.max(Safepoint.piece / Swift.max(runs.length, 1), 1)
    var done = 0
    for first in runs.outer {
      for id in runs.ids {
        try Safepoint.pieces(of: 0..<runs.inner.count, each: each) { piece in
          if done > each {
            try Safepoint.look()
            done = 0
          }
          done &+= piece.count
          for i in piece { body(start &+ first &+ id &+ runs.inner[i]) }
        }
      }
    }
  }

  /// Copies the plan's elements of `source` to `target`, in order.
  func read<T>(_: T.Type, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer) throws {
    let source = source.assumingMemoryBound(to: T.self)
    var next = target.assumingMemoryBound(to: T.self)
    let runs = try runs()
    guard runs.length > 0 else { return }
    try forEach(runs) { offset in
      if runs.length == 1 {
        next.pointee = source[offset]
      } else {
        next.update(from: source + offset, count: runs.length)
      }
      next += runs.length
    }
  }

  /// Puts values into the plan's elements of `target`: those at `offsets` from `source`, or one
  /// after the other if there are none.
  @inline(__always)
  func write<T>(
    _: T.Type, _ source: UnsafeRawPointer, _ offsets: [Int], _ target: UnsafeMutableRawPointer,
    _ put: (inout T, T) -> Void
  ) throws {
    let source = source.assumingMemoryBound(to: T.self)
    let target = target.assumingMemoryBound(to: T.self)
    let runs = try runs()
    var position = 0
    try forEach(runs) { offset in
      let to = target + offset
      for i in 0..<runs.length {
        put(&to[i], source[offsets.isEmpty ? position : offsets[position]])
        position &+= 1
      }
    }
  }
}
