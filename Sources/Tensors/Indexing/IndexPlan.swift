// What `x[…]` means, worked out once: which elements, in which shape.
//
// A plan has two parts. The view part takes, of each axis of the source, a start and a step, drops
// axes that a number indexes and adds new ones; it never copies. The advanced part, if masks or
// lists of ids are among the items, picks places along some axes of the source; there is one
// group of them, since several arrays of ids broadcast together and name one element each, as in
// NumPy. Reading, writing and their derivatives all walk the same plan.

/// One item between the brackets of an index.
public enum IndexItem: Sendable {
  /// A place along an axis, which goes away; negative ones count from the end.
  case at(Int)
  /// `start:stop:step`, clamped as Python's.
  case slice(start: Int?, stop: Int?, step: Int)
  /// A new axis of 1.
  case newAxis
  /// As many whole axes as the other items leave.
  case ellipsis
  /// The places where a bool tensor, whose axes match the indexed ones, is true.
  case mask(Tensor)
  /// The places that an i64 tensor lists; a bool tensor is a mask.
  case ids(Tensor)

  /// All of an axis.
  public static let all = IndexItem.slice(start: nil, stop: nil, step: 1)
}

/// The elements of a shape that an index names, checked against that shape.
public struct IndexPlan: Sendable {
  /// The shape that is indexed.
  public let source: Shape
  /// The shape of what the index gives.
  public let result: Shape

  /// The start along each axis of the source. A `Shape` serves as the inline list that it is.
  var starts: Shape
  /// The axes that stay whole, are sliced or are new: their extents, their steps, and the axis of
  /// the source that each walks, -1 for a new one.
  var extents = Shape()
  var steps = Shape()
  var axes = Shape()
  /// The ids, or nil for a mere view.
  var advanced: Advanced?

  /// Lists of places along some axes of the source.
  struct Advanced {
    /// The shape that the lists broadcast to.
    var shape: Shape
    /// The axes of the source, and for each the places along it: `shape.count` of them.
    var axes: [Int]
    var places: [[Int]]
    /// The number of view axes in front of `shape` in the result.
    var position: Int
  }

  /// True where the index gives a view of the source.
  public var isView: Bool { advanced == nil }

  /// The view that the index gives of a source of some strides, its first element at an offset; nil where places
  /// are listed.
  package func view(strides: Shape) -> (shape: Shape, strides: Shape, offset: Int)? {
    guard isView else { return nil }
    var own = Shape()
    for (axis, step) in zip(axes.array, steps.array) {
      own.append(axis < 0 ? 0 : step * strides[axis])
    }
    let offset = (0..<starts.rank).reduce(0) { $0 + starts[$1] * strides[$1] }
    return (result, own, offset)
  }

  /// True where no element is named twice, so that a write is well defined in any order.
  public var isInjective: Bool {
    get throws {
      guard let advanced else { return true }
      var seen = Set<Int>()
      for offset in try advanced.offsets(source.contiguousStrides) {
        if seen.count & 4095 == 4095 { try Safepoint.look() }
        guard seen.insert(offset).inserted else { return false }
      }
      return true
    }
  }

  /// - Throws: an index error for a place out of range or too many items, a shape error where a
  ///   mask or ids do not fit, a type error for ids that are not whole numbers.
  public init(shape: Shape, items: [IndexItem]) throws {
    var builder = Builder(shape: shape)
    try builder.add(items)
    source = shape
    starts = builder.starts
    (extents, steps, axes) = (builder.extents, builder.steps, builder.axes)
    advanced = try builder.advanced()
    guard let advanced else {
      result = extents
      return
    }
    let lead = extents.array.prefix(advanced.position)
    result = try Shape(lead + advanced.shape.array + extents.array.dropFirst(advanced.position))
  }

  /// A plan for one axis and all of the others.
  public init(shape: Shape, axis: Int, _ item: IndexItem) throws {
    let axis = try shape.axis(axis)
    try self.init(shape: shape, items: Array(repeating: .all, count: axis) + [item])
  }
}

extension IndexPlan.Advanced {
  /// The distance of each listed place from place 0, for a source of these strides.
  func offsets(_ strides: Shape) throws -> [Int] {
    var offsets = try Safepoint.array(repeating: 0, count: shape.count)
    for (axis, places) in zip(axes, places) {
      let stride = strides[axis]
      try Safepoint.forEach(0..<offsets.count) { offsets[$0] &+= places[$0] &* stride }
    }
    return offsets
  }
}

// MARK: - From items to the parts of a plan

/// Takes items one after the other and keeps what has been said so far.
private struct Builder {
  let shape: Shape
  var starts: Shape
  var extents = Shape()
  var steps = Shape()
  var axes = Shape()
  /// The next axis of the source.
  var axis = 0
  var ids: [(axis: Int, places: Tensor)] = []
  /// Masks of no axes: how many ids of nothing each gives.
  var flags: [Int] = []
  /// The rows of items that ids and, beside them, numbers make, and the count of view axes where
  /// the first begins; a second row sends the ids' axes to the front, as in NumPy.
  var rows = 0
  var firstRow = 0
  var isInRow = false

  init(shape: Shape) {
    self.shape = shape
    starts = shape
    for axis in 0..<shape.rank { starts[axis] = 0 }
  }

  mutating func add(_ items: [IndexItem]) throws {
    var taken = 0
    var hasEllipsis = false
    for item in items {
      taken += item.axisCount
      guard case .ellipsis = item else { continue }
      guard !hasEllipsis else {
        throw TensorError(.index, "an index has one ... at most")
      }
      hasEllipsis = true
    }
    guard taken <= shape.rank else {
      throw TensorError(
        .index, "\(taken) indices are too many for a tensor of shape \(shape)",
        hint: shape.rank == 0
          ? "a 0-d tensor has no axes to index"
          : "it has \(shape.rank) \(shape.rank == 1 ? "axis" : "axes"); x[nil] makes a new one")
    }
    let whole = shape.rank - taken
    for item in items { try add(item, whole: whole) }
    if !hasEllipsis { for _ in 0..<whole { try keepAxis() } }
  }

  private mutating func add(_ item: IndexItem, whole: Int) throws {
    switch item {
    case .at(let index):
      starts[axis] = try place(index, axis)
      axis += 1
      joinRow()
    case .slice(let start, let stop, let step):
      try addSlice(start, stop, step)
      isInRow = false
    case .newAxis:
      try addView(extent: 1, step: 0, axis: -1)
      isInRow = false
    case .ellipsis:
      for _ in 0..<whole { try keepAxis() }
      isInRow = false
    case .mask(let mask): try addMask(mask)
    case .ids(let ids) where ids.dtype == .bool: try addMask(ids)
    case .ids(let ids): try addIDs(ids)
    }
  }

  private mutating func joinRow() {
    if isInRow { return }
    if rows == 0 { firstRow = extents.rank }
    rows += 1
    isInRow = true
  }

  private mutating func keepAxis() throws {
    try addView(extent: shape[axis], step: 1, axis: axis)
    axis += 1
  }

  private mutating func addView(extent: Int, step: Int, axis: Int) throws {
    guard extents.rank < Shape.maximumRank else {
      throw TensorError(.shape, "an index cannot give more than \(Shape.maximumRank) axes")
    }
    extents.append(extent)
    steps.append(step)
    axes.append(axis)
  }

  private func place(_ index: Int, _ axis: Int) throws -> Int {
    let extent = shape[axis]
    if index >= 0 && index < extent { return index }
    if index < 0 && index >= -extent { return index + extent }
    throw indexError(index, extent: extent)
  }

  private mutating func addSlice(_ start: Int?, _ stop: Int?, _ step: Int) throws {
    let extent = shape[axis]
    guard step != 0 else { throw TensorError(.value, "a slice cannot have the step 0") }
    // A longer step than the axis takes one element just the same, and cannot overflow.
    let step = max(-extent - 1, min(step, extent + 1))
    func clamped(_ bound: Int, _ low: Int, _ high: Int) -> Int {
      max(low, min(bound < 0 ? bound + extent : bound, high))
    }
    let first: Int
    let count: Int
    if step > 0 {
      first = start.map { clamped($0, 0, extent) } ?? 0
      let end = stop.map { clamped($0, 0, extent) } ?? extent
      count = end > first ? (end - first - 1) / step + 1 : 0
    } else {
      first = start.map { clamped($0, -1, extent - 1) } ?? extent - 1
      let end = stop.map { clamped($0, -1, extent - 1) } ?? -1
      count = first > end ? (first - end - 1) / -step + 1 : 0
    }
    starts[axis] = count > 0 ? first : 0
    try addView(extent: count, step: step, axis: axis)
    axis += 1
  }

  private mutating func addMask(_ mask: Tensor) throws {
    guard mask.dtype == .bool else {
      throw TensorError(.type, "a mask is a bool tensor, and \(mask.typeDescription) is not")
    }
    joinRow()
    if mask.rank == 0 {
      flags.append(mask.firstInt)
      return
    }
    for own in 0..<mask.rank where mask.shape[own] != shape[axis + own] {
      throw TensorError(
        .shape, "a mask of shape \(mask.shape) does not fit a tensor of shape \(shape)",
        label: "axis \(axis + own) has \(shape[axis + own]), the mask \(mask.shape[own])",
        hint: "a mask has the tensor's shape or that of its first axes; whole numbers pick by place"
      )
    }
    for places in try mask.nonzero() {
      ids.append((axis, places))
      axis += 1
    }
  }

  private mutating func addIDs(_ list: Tensor) throws {
    // `x[[]]`: an empty literal has no dtype of its own.
    guard list.dtype == .i64 || list.count == 0 else {
      throw TensorError(
        .type, "an index is a whole number, and \(list.typeDescription) holds none",
        hint: "convert it with .to(i64)")
    }
    if list.rank == 0 { return try add(.at(list.firstInt), whole: 0) }
    joinRow()
    ids.append((axis, list.count == 0 ? try list.rowMajor(.i64) : list))
    axis += 1
  }

  /// The lists, broadcast together and checked.
  func advanced() throws -> IndexPlan.Advanced? {
    guard !ids.isEmpty || !flags.isEmpty else { return nil }
    var common = Shape()
    for shape in ids.map(\.places.shape) + flags.map({ Shape($0) }) {
      guard let both = Shape.broadcast(common, shape) else {
        throw TensorError(
          .shape, "indices of shapes \(common) and \(shape) do not fit together",
          hint: "lists of ids broadcast; for all combinations index one axis after the other")
      }
      common = both
    }
    var places: [[Int]] = []
    for (axis, list) in ids {
      let extent = shape[axis]
      let steps = list.shape.stretched(list.strides, to: common)
      places.append(
        try list.withElements { elements in
          let list = elements.assumingMemoryBound(to: Int.self)
          return try Safepoint.map(
            elementOffsets(common, steps, look: Safepoint.look)
          ) { offset in
            let index = list[offset]
            let place = index < 0 ? index &+ extent : index
            guard place >= 0 && place < extent else { throw indexError(index, extent: extent) }
            return place
          }
        })
    }
    return IndexPlan.Advanced(
      shape: common, axes: ids.map(\.axis), places: places,
      position: rows == 1 ? firstRow : 0)
  }
}

extension IndexItem {
  /// The axes of the source that the item speaks of.
  fileprivate var axisCount: Int {
    switch self {
    case .at, .slice: 1
    case .newAxis, .ellipsis: 0
    case .mask(let mask): mask.rank
    case .ids(let ids): ids.dtype == .bool ? ids.rank : 1
    }
  }
}

/// The error for a place outside an axis.
func indexError(_ index: Int, extent: Int) -> TensorError {
  TensorError(
    .index, "index \(index) is out of range for an axis of \(extent)",
    hint: extent == 0
      ? "the axis is empty"
      : "indices go from 0 to \(extent - 1), or from -1 to \(-extent) at the end")
}
