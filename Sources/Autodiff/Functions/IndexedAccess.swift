// What `x[…]` reads and writes, whether ids are mapped or not; gather, sort and their kin.

import Kernels
import Tensors

/// One item between the brackets of an index, whose ids may be traced.
public enum VariableIndexItem {
  case at(Int)
  case slice(start: Int?, stop: Int?, step: Int)
  case newAxis
  case ellipsis
  /// i64 ids, or a bool mask.
  case ids(Variable)
}

extension Variable {
  /// The elements that an index names; a view where the index is one.
  ///
  /// - Throws: as `IndexPlan` does; a value error for a mask that `vmap` maps, since each example
  ///   would have another shape.
  public func indexed(_ items: [VariableIndexItem]) throws -> Variable {
    if let plain = try Variable.plain(items) {
      return try apply(.index, self, .object(Index(plain, of: shape)))
    }
    var lists = try MappedIndex(items, of: self)
    let slices = try lists.rows(self)
    return try lists.arranged(slices.take(lists.places, axis: 0))
  }

  /// `x[i]` along the first axis.
  public func indexed(at index: Int) throws -> Variable {
    if case .tensor(let tensor) = self { return .tensor(try tensor.indexed(at: index)) }
    return try indexed([.at(index)])
  }

  /// A copy in which the elements that an index names are others, broadcast.
  ///
  /// Differentiable in both. The last value counts where a place is named twice.
  public func replacing(_ items: [VariableIndexItem], with values: Variable) throws -> Variable {
    if let plain = try Variable.plain(items) {
      return try apply(.replace, self, values, .object(Index(plain, of: shape)))
    }
    // Where each element of the index lies in the flattened tensor.
    let order = Variable.tensor(try Tensor.arange(0, count).reshaped(shape))
    let places = try order.indexed(items)
    let wide = try values.broadcast(to: places.shape)
    return try reshape(to: Shape(count)).putting(wide, at: places).reshape(to: shape)
  }

  /// `replacing(_:with:)` into this variable, in place where it is a plain tensor that nobody else
  /// holds.
  public mutating func replace(_ items: [VariableIndexItem], with values: Variable) throws {
    guard mos_watches_get() == 0, case .tensor(let new) = values, case .tensor = self,
      let plain = try Variable.plain(items)
    else {
      self = try replacing(items, with: values)
      return
    }
    let plan = try IndexPlan(shape: shape, items: plain)
    // A pattern that binds the tensor would leave a second reference in `self`.
    var taken = Variable.empty
    swap(&taken, &self)
    guard case .tensor(var tensor) = consume taken else { return }
    defer { self = .tensor(tensor) }
    try tensor.replace(plan, with: new)
  }

  /// What stands in a variable whose tensor is being changed.
  private static let empty = Variable.tensor(Tensor(0.0))

  /// The items without traced ids; nil where a map hides some.
  private static func plain(_ items: [VariableIndexItem]) throws -> [IndexItem]? {
    var result: [IndexItem] = []
    for item in items {
      switch item {
      case .at(let index): result.append(.at(index))
      case .slice(let start, let stop, let step):
        result.append(.slice(start: start, stop: stop, step: step))
      case .newAxis: result.append(.newAxis)
      case .ellipsis: result.append(.ellipsis)
      case .ids(let ids):
        // Whole numbers that are being recorded stay operands; a mask decides the shape of the result.
        if ids.isRecorded, ids.dtype == .i64 { return nil }
        guard let tensor = ids.concrete else { return nil }
        result.append(.ids(tensor))
      }
    }
    return result
  }
}

/// An index some of whose ids are mapped: first the slices, with the indexed axes whole; then one
/// list of places along those axes, merged and in front; then the ids' axes where NumPy has them.
private struct MappedIndex {
  /// The slices and new axes, with the indexed axes kept.
  var items: [VariableIndexItem] = []
  /// The axes that ids index, after slicing, and the ids.
  var ids: [(axis: Int, places: Variable)] = []
  var places: Variable
  /// The number of axes in front of the ids' in the result.
  var position = 0
  var rank = 0

  init(_ given: [VariableIndexItem], of x: Variable) throws {
    places = .tensor(Tensor(0))
    let taken = given.count { item in
      switch item {
      case .newAxis, .ellipsis: false
      case .at, .slice, .ids: true
      }
    }
    guard taken <= x.rank else {
      throw TensorError(
        .index, "\(taken) indices are too many for a tensor of shape \(x.shape)",
        hint: "it has \(x.rank) \(x.rank == 1 ? "axis" : "axes"); x[nil] makes a new one")
    }
    var axis = 0
    var rows: [Int] = []
    var isInRow = false
    func joinRow() {
      if !isInRow { rows.append(axis - ids.count) }
      isInRow = true
    }
    for item in given {
      switch item {
      case .at(let index):
        joinRow()
        ids.append((axis, .tensor(Tensor(index))))
        items.append(.slice(start: nil, stop: nil, step: 1))
        axis += 1
      case .ids(let list):
        guard list.dtype == .i64 else {
          throw TensorError(
            .type,
            "inside vmap an index is made of whole numbers, and \(list.typeDescription) holds none",
            hint: list.dtype == .bool
              ? "a mask would give each example another shape; use where"
              : "convert it with .to(i64)")
        }
        joinRow()
        ids.append((axis, list))
        items.append(.slice(start: nil, stop: nil, step: 1))
        axis += 1
      case .slice, .newAxis:
        isInRow = false
        items.append(item)
        axis += 1
      case .ellipsis:
        isInRow = false
        items.append(item)
        axis += x.rank - taken
      }
    }
    position = rows.count == 1 ? rows[0] : 0
    rank = x.rank
  }

  /// The indexed axes merged in front; finds the places along them.
  mutating func rows(_ x: Variable) throws -> Variable {
    let sliced = try x.indexed(items)
    let indexed = ids.map(\.axis)
    let others = (0..<sliced.rank).filter { !indexed.contains($0) }
    let shape = sliced.shape
    var merged = Variable.tensor(Tensor(0))
    var extent = 1
    for (axis, list) in ids {
      merged = try merged * .tensor(Tensor(shape[axis])) + list.checkedIDs(extent: shape[axis])
      extent *= shape[axis]
    }
    places = merged
    return try sliced.permute(indexed + others)
      .reshape(to: Shape([extent] + others.map { shape[$0] }))
  }

  /// The ids' axes moved from the front to their place.
  func arranged(_ y: Variable) throws -> Variable {
    let own = places.rank
    guard position > 0 else { return y }
    let before = Array(own..<own + position)
    return try y.permute(before + Array(0..<own) + Array((own + position)..<y.rank))
  }
}

// MARK: - Gathering and order

extension Variable {
  /// `y[i][j] = x[i][index[i][j]]` for axis 1, and likewise for others: one element for each of
  /// `index`.
  public func gather(_ index: Variable, axis: Int) throws -> Variable {
    if rank > 0, index.dtype == .i64, try shape.axis(axis) == rank - 1, shape[rank - 1] > 0,
      index.rank == rank, index.shape.removing(axis: rank - 1) == shape.removing(axis: rank - 1)
    {
      return try picked(index)
    }
    let places = try gatherPlaces(index, axis: axis)
    return try reshape(to: Shape(count)).take(places)
  }

  /// This tensor with each element of `source` added where `gather` would read it.
  public func scatterAdd(_ index: Variable, _ source: Variable, axis: Int) throws -> Variable {
    guard source.shape == index.shape else {
      throw TensorError(
        .shape,
        "scatter_add needs an index for each element of \(source.typeDescription), and got "
          + index.typeDescription)
    }
    let places = try gatherPlaces(index, axis: axis)
    let added = try apply(.scatter, source, places, .int(count)).reshape(to: shape)
    return try self + added
  }

  /// Where in the flattened tensor each element lies that an index along an axis names.
  func gatherPlaces(_ index: Variable, axis: Int) throws -> Variable {
    let axis = try shape.axis(axis)
    guard index.dtype == .i64 || index.count == 0 else {
      throw TensorError(
        .type, "an index is a whole number, and \(index.typeDescription) holds none",
        hint: "convert it with .to(i64)")
    }
    guard index.rank == rank else {
      throw TensorError(
        .shape,
        "gather needs an index of \(rank) axes for \(typeDescription), and got "
          + index.typeDescription)
    }
    for other in 0..<rank where other != axis && index.shape[other] > shape[other] {
      throw TensorError(
        .shape, "an index of shape \(index.shape) does not fit \(typeDescription)",
        label: "axis \(other) has \(shape[other]), the index \(index.shape[other])")
    }
    let strides = shape.contiguousStrides
    var places =
      try index.converted(to: .i64).checkedIDs(extent: shape[axis])
      * .tensor(Tensor(strides[axis]))
    for other in 0..<rank where other != axis && index.shape[other] > 1 {
      var along = Array(repeating: 1, count: rank)
      along[other] = index.shape[other]
      let steps = try Tensor.arange(
        0, index.shape[other] * strides[other], Swift.max(strides[other], 1))
      places = try places + .tensor(steps.reshaped(Shape(along)))
    }
    return places
  }

  /// The elements of an axis in order, nan last.
  public func sort(axis: Int = -1, descending: Bool = false) throws -> Variable {
    if rank == 0 { return self }
    return try gather(argsort(axis: axis, descending: descending), axis: axis)
  }

  /// The k greatest elements of an axis, or the least, in order, and their places.
  public func topk(
    _ k: Int, axis: Int = -1, largest: Bool = true
  ) throws -> (values: Variable, places: Variable) {
    let axis = try shape.axis(axis)
    guard k >= 0, k <= shape[axis] else {
      throw TensorError(
        .value, "cannot take the top \(k) of an axis of \(shape[axis])",
        hint: "k goes from 0 to the length of the axis, and `axis` says which")
    }
    let places = try argsort(axis: axis, descending: largest).sliced(axis: axis, from: 0, to: k)
    return (try gather(places, axis: axis), places)
  }
}
