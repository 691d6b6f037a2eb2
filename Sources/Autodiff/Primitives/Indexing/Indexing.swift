// Elements by place: what `x[…]` reads and writes, elements listed by tensors of ids, and order.
//
// An index without mapped ids is a plan, worked out once from the shape, and reading, adding and
// replacing at a plan are each one primitive; reading and adding are each other's transpose. Ids
// that a `vmap` maps cannot be looked at, so they are operands: `take`, `scatter` and `put` along
// the first axis serve them.

import Devices
import Tensors

/// An index: its items, and what they mean for a shape.
final class Index: Sendable {
  let items: [IndexItem]
  let plan: IndexPlan

  init(_ items: [IndexItem], of shape: Shape) throws {
    self.items = items
    plan = try IndexPlan(shape: shape, items: items)
  }

  /// The same index where a mapped axis was put in front, if ids do not send their axes in front
  /// of it.
  ///
  /// NumPy's rule: ids that are not in a row go to the front of the result.
  var keepsFirstAxis: Bool {
    var rows = 0
    var isInRow = false
    for item in items {
      switch item {
      case .at, .ids, .mask:
        if !isInRow { rows += 1 }
        isInRow = true
      case .slice, .newAxis, .ellipsis: isInRow = false
      }
    }
    return plan.isView || rows < 2
  }

  /// The index with one more axis in front of the others.
  func behindFirstAxis(of shape: Shape) throws -> Index {
    try Index([.all] + items, of: shape)
  }

  /// The index with one more axis behind the others, which the result has last too.
  func beforeLastAxis(of shape: Shape) throws -> Index {
    let hasEllipsis = items.contains { if case .ellipsis = $0 { true } else { false } }
    return try Index(items + (hasEllipsis ? [] : [.ellipsis]) + [.all], of: shape)
  }
}

extension Attributes {
  fileprivate var index: Index { object(as: Index.self) }
}

extension Primitive {
  /// The elements that an index names. Attribute: the index.
  ///
  ///     y = x[i]            ẏ = ẋ[i]            x̄ = zeros, ȳ added at i
  static let index = Primitive(
    "index",
    kernel: { x, attributes in
      try x.indexed(attributes.index.plan)
    },
    forward: { _, _, attributes, dx in try dx.read(attributes) },
    reverse: { _, _, attributes, dy in try dy.spread(attributes) },
    batch: { x, attributes in
      let index = attributes.index
      if index.keepsFirstAxis {
        return try x.read(.object(index.behindFirstAxis(of: x.shape)))
      }
      let moved = try x.movedAxis(from: 0, to: x.rank - 1)
      let y = try moved.read(.object(index.beforeLastAxis(of: moved.shape)))
      return try y.movedAxis(from: y.rank - 1, to: 0)
    }, device: DeviceForms.tensor { $0.indexed($1.index.plan) })

  /// Zeros with elements added at an index; the transpose of `index`. Attribute: the index.
  ///
  ///     y = zeros, x added at i            ẏ = zeros, ẋ added at i            x̄ = ȳ[i]
  static let indexAdd = Primitive(
    "index_add",
    kernel: { x, attributes in
      let index = attributes.index
      let zeros = try Tensor.zeros(index.plan.source, x.dtype)
      return index.plan.isView
        ? try zeros.replacing(index.plan, with: x) : try zeros.adding(x, at: index.plan)
    },
    forward: { _, _, attributes, dx in try dx.spread(attributes) },
    reverse: { _, _, attributes, dy in try dy.read(attributes) },
    batch: { x, attributes in
      let index = attributes.index
      let size = x.shape[0]
      let source = index.plan.source
      if index.keepsFirstAxis {
        let wide = try index.behindFirstAxis(of: source.inserting(size, at: 0))
        return try x.spread(.object(wide))
      }
      let wide = try index.beforeLastAxis(of: source.inserting(size, at: source.rank))
      let y = try x.movedAxis(from: 0, to: x.rank - 1).spread(.object(wide))
      return try y.movedAxis(from: y.rank - 1, to: 0)
    }, device: DeviceForms.tensor { try $0.spread($1.index.plan) })

  /// A tensor with other elements at an index; the last one counts where a place is named twice.
  /// Attribute: the index.
  ///
  ///     y = x with y[i] = v            ẏ = ẋ with ẏ[i] = v̇            x̄ = ȳ with 0 at i, v̄ = ȳ[i]
  static let replace = Primitive(
    "replace",
    kernel: { x, v, attributes in
      try x.replacing(attributes.index.plan, with: v)
    },
    forward: { x, v, y, attributes, dx, dv in
      let zero = Variable.number(0, like: y)
      return try (dx ?? y.zerosLike()).replaced(dv ?? zero, attributes)
    },
    reverse: { x, v, _, attributes, dy, needsX, needsV in
      let index = attributes.index
      let zero = Variable.number(0, like: dy)
      var taken: Variable?
      if needsV {
        var values = try dy.read(attributes)
        if try !index.plan.isInjective {
          values = try values * index.winners(values.dtype).beside(values)
        }
        taken = try values.unbroadcast(to: v)
      }
      return (needsX ? try dy.replaced(zero, attributes) : nil, taken)
    },
    batch: { x, xIsMapped, v, vIsMapped, attributes in
      let index = attributes.index
      let size = xIsMapped ? x.shape[0] : v.shape[0]
      let target = try mapped(x, xIsMapped, size: size)
      var values = v
      if vIsMapped {
        let shape = index.plan.result
        guard shape.rank >= v.rank - 1 else { throw index.misfit(v) }
        values = try padded(v, with: shape.rank - (v.rank - 1))
          .broadcast(to: shape.inserting(size, at: 0))
      }
      if index.keepsFirstAxis {
        return try target.replaced(values, .object(index.behindFirstAxis(of: target.shape)))
      }
      let moved = try target.movedAxis(from: 0, to: target.rank - 1)
      values =
        vIsMapped
        ? try values.movedAxis(from: 0, to: values.rank - 1)
        : try values.reshape(to: values.shape.inserting(1, at: values.rank))
      let y = try moved.replaced(values, .object(index.beforeLastAxis(of: moved.shape)))
      return try y.movedAxis(from: y.rank - 1, to: 0)
    },
    device: { x, attributes, _ in
      guard case .tensor(let target) = x[0] else { return nil }
      return try target.replacing(attributes.index.plan, with: x[1]).map { [$0] }
    })
}

extension Index {
  /// Ones where an element that is written stays, zeros where a later one overwrites it.
  fileprivate func winners(_ dtype: DType) throws -> Variable {
    let order = try Tensor.arange(0, plan.result.count).reshaped(plan.result)
    let zeros = try Tensor.zeros(plan.source, .i64)
    let last = try zeros.replacing(plan, with: order).indexed(plan)
    return .tensor(try Tensor.binary(.equal, last, order).converted(to: dtype))
  }

  fileprivate func misfit(_ v: Variable) -> TensorError {
    let shape = v.shape.removing(axis: 0)
    return TensorError(
      .shape, "cannot put \(v.dtype.name)\(shape) where \(plan.result) is indexed",
      hint: "axes are matched from the right; an axis of 1 stretches")
  }
}

// MARK: - Ids as operands

extension Primitive {
  /// The slices along the first axis that ids list.
  ///
  ///     y = x[ids]            ẏ = ẋ[ids]            x̄ = zeros, ȳ added at ids
  static let take = Primitive(
    "take", kernel: { x, ids, _ in try x.take(axis: 0, ids) },
    forward: { _, ids, y, _, dx, _ in try (dx ?? y).taken(ids) },
    reverse: { x, ids, _, _, dy, needsX, _ in
      (needsX ? try dy.scattered(to: ids, extent: x.shape[0]) : nil, nil)
    },
    batch: { x, xIsMapped, ids, idsAreMapped, _ in
      guard xIsMapped else { return try x.taken(ids) }
      guard idsAreMapped else {
        return try x.movedAxis(from: 0, to: 1).taken(ids).movedAxis(from: ids.rank, to: 0)
      }
      let places = try ids.places(extent: x.shape[1], size: x.shape[0])
      return try x.mergingFirstAxes().taken(places)
    })

  /// One element of the last axis for each place; the other axes are those of the places.
  ///
  ///     y[r, k] = x[r, p[r, k]]            ẏ = ẋ at p            x̄ = zeros, ȳ added at p
  static let pick = Primitive(
    "gather", kernel: { x, places, _ in try x.pick(places) },
    forward: { _, places, y, _, dx, _ in try (dx ?? y).picked(places) },
    reverse: { x, places, _, _, dy, needsX, _ in
      (needsX ? try dy.unpicked(places, extent: x.shape[x.rank - 1]) : nil, nil)
    },
    batch: { x, xIsMapped, places, placesAreMapped, _ in
      let size = (xIsMapped ? x : places).shape[0]
      return try mapped(x, xIsMapped, size: size).picked(
        mapped(places, placesAreMapped, size: size))
    })

  /// Zeros with elements added along the last axis, where places say; the transpose of `pick`. Attribute:
  /// the extent.
  ///
  ///     y[r, p[r, k]] += x[r, k]            ẏ = zeros, ẋ added at p            x̄ = ȳ at p
  static let unpick = Primitive(
    "scatter_elements",
    kernel: { x, places, attributes in try x.unpick(places, extent: attributes.int) },
    forward: { _, places, y, attributes, dx, _ in
      try (dx ?? y).unpicked(places, extent: attributes.int)
    },
    reverse: { _, places, _, _, dy, needsX, _ in (needsX ? try dy.picked(places) : nil, nil) },
    batch: { x, xIsMapped, places, placesAreMapped, attributes in
      let size = (xIsMapped ? x : places).shape[0]
      return try mapped(x, xIsMapped, size: size).unpicked(
        mapped(places, placesAreMapped, size: size), extent: attributes.int)
    })

  /// Zeros with slices added along the first axis, where ids say; the transpose of `take`.
  /// Attribute: the extent.
  ///
  ///     y = zeros, x added at ids            ẏ = zeros, ẋ added at ids            x̄ = ȳ[ids]
  static let scatter = Primitive(
    "scatter_add",
    kernel: { x, ids, attributes in
      let extent = attributes.int
      let rest = Array(x.shape.array.dropFirst(ids.rank))
      let shape = try Shape([extent] + rest)
      return try Tensor.zeros(shape, x.dtype)
        .adding(x, at: IndexPlan(shape: shape, axis: 0, .ids(ids)))
    },
    forward: { _, ids, y, attributes, dx, _ in
      let extent = attributes.int
      return try (dx ?? y).scattered(to: ids, extent: extent)
    },
    reverse: { _, ids, _, _, dy, needsX, _ in (needsX ? try dy.taken(ids) : nil, nil) },
    batch: { x, xIsMapped, ids, idsAreMapped, attributes in
      let extent = attributes.int
      guard idsAreMapped else {
        return try x.movedAxis(from: 0, to: ids.rank).scattered(to: ids, extent: extent)
          .movedAxis(from: 1, to: 0)
      }
      let size = ids.shape[0]
      let values = try mapped(x, xIsMapped, size: size)
      let places = try ids.places(extent: extent, size: size)
      let (total, overflow) = size.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw TensorError(.limit, "\(size) × \(extent) places are too many") }
      return try values.scattered(to: places, extent: total).splittingFirstAxis(size)
    })

  /// A tensor with other slices along the first axis, where ids say; the last one counts where a
  /// place is named twice. Operands: the tensor, the ids, the slices.
  ///
  ///     y = x with y[ids] = v            x̄ = ȳ with 0 at ids, v̄ = ȳ[ids]
  static let put = Primitive(
    "put",
    kernel: { inputs, _ in
      let plan = try IndexPlan(shape: inputs[0].shape, axis: 0, .ids(inputs[1]))
      return try inputs[0].replacing(plan, with: inputs[2])
    },
    forward: { inputs, y, _, tangents in
      let values = try tangents[2] ?? inputs[2].zerosLike().converted(to: y.dtype)
      return try (tangents[0] ?? y.zerosLike()).putting(values, at: inputs[1])
    },
    reverse: { inputs, _, _, dy, needs in
      let (ids, v) = (inputs[1], inputs[2])
      var taken: Variable?
      if needs[2] {
        let order = Variable.tensor(try Tensor.arange(0, ids.count).reshaped(ids.shape))
        let places = Variable.tensor(try Tensor.zeros(Shape(dy.shape[0]), .i64))
        let last = try places.putting(order, at: ids).taken(ids)
        let ones = Array(repeating: 1, count: v.rank - ids.rank)
        let stays = try last.isEqual(to: order).reshape(to: Shape(ids.shape.array + ones))
          .beside(dy)
        taken = try stays.select(dy.taken(ids), .number(0, like: dy))
      }
      let zeros = try v.zerosLike().converted(to: dy.dtype)
      return [needs[0] ? try dy.putting(zeros, at: ids) : nil, nil, taken]
    },
    batch: { inputs, areMapped, size, _ in
      let x = try mapped(inputs[0], areMapped[0], size: size)
      let ids = try mapped(inputs[1], areMapped[1], size: size)
      let v = try mapped(inputs[2], areMapped[2], size: size)
      let places = try ids.places(extent: x.shape[1], size: size)
      return try x.mergingFirstAxes().putting(v, at: places).splittingFirstAxis(size)
    })

  /// Ids checked against an extent, negative ones counted from the end. Attribute: the extent.
  static let places = Primitive(
    constant: "ids",
    kernel: { ids, attributes in
      if ids.count == 0 { return ids }
      let all = try Tensor.arange(0, attributes.int)
      return try all.take(axis: 0, ids)
    })

  /// The places that put an axis in order, stable and with nan last. Attribute: the axis, and
  /// whether the greatest comes first.
  static let argsort = Primitive(
    constant: "argsort",
    kernel: { x, attributes in
      let (axes, descending) = attributes.axes
      return try x.argsort(axis: axes.bits.trailingZeroBitCount, descending: descending)
    },
    batch: { x, attributes in
      let (axes, descending) = attributes.axes
      return try x.argsort(axis: axes.bits.trailingZeroBitCount + 1, descending: descending)
    })
}

extension Variable {
  /// The elements at an index.
  fileprivate func read(_ index: Attributes) throws -> Variable { try apply(.index, self, index) }

  /// Zeros with these elements added at an index.
  fileprivate func spread(_ index: Attributes) throws -> Variable {
    try apply(.indexAdd, self, index)
  }

  /// This tensor with other elements at an index.
  fileprivate func replaced(_ values: Variable, _ index: Attributes) throws -> Variable {
    try apply(.replace, self, values, index)
  }

  /// The slices along the first axis that ids list.
  fileprivate func taken(_ ids: Variable) throws -> Variable { try apply(.take, self, ids) }

  /// Zeros of an extent, with these slices added where ids say.
  fileprivate func scattered(to ids: Variable, extent: Int) throws -> Variable {
    try apply(.scatter, self, ids, .int(extent))
  }

  /// The elements of the last axis at places, which have the other axes of this.
  package func picked(_ places: Variable) throws -> Variable { try apply(.pick, self, places) }

  /// Zeros with a last axis of an extent, with these elements added at places of their shape.
  fileprivate func unpicked(_ places: Variable, extent: Int) throws -> Variable {
    try apply(.unpick, self, places, .int(extent))
  }

  /// Ids with a mapped first axis as places along that axis and the next merged.
  fileprivate func places(extent: Int, size: Int) throws -> Variable {
    let inside = try apply(.places, self, .int(extent))
    let starts = try Tensor.arange(0, size)
      .reshaped(Shape([size] + Array(repeating: 1, count: rank - 1)))
    return try inside + .tensor(Tensor.binary(.multiply, starts, Tensor(extent)))
  }

  fileprivate func mergingFirstAxes() throws -> Variable {
    let extents = shape.array
    return try reshape(to: Shape([extents[0] * extents[1]] + extents.dropFirst(2)))
  }

  fileprivate func splittingFirstAxis(_ size: Int) throws -> Variable {
    let extents = shape.array
    return try reshape(
      to: Shape([size, size == 0 ? 0 : extents[0] / size] + extents.dropFirst()))
  }

  /// Ids that are checked against an extent, none negative.
  func checkedIDs(extent: Int) throws -> Variable { try apply(.places, self, .int(extent)) }

  /// The slices along an axis that ids list; the ids' axes replace it.
  public func take(_ ids: Variable, axis: Int = 0) throws -> Variable {
    let axis = try shape.axis(axis)
    guard axis > 0 else { return try taken(ids) }
    let rest = Array(0..<rank).filter { $0 != axis }
    let moved = try movedAxis(from: axis, to: 0).taken(ids)
    let before = Array(ids.rank..<ids.rank + axis)
    let after = Array((ids.rank + axis)..<(ids.rank + rest.count))
    return try moved.permute(before + Array(0..<ids.rank) + after)
  }

  /// This tensor with the slices at ids along the first axis replaced; the last one counts where
  /// a place is named twice.
  public func putting(_ values: Variable, at ids: Variable) throws -> Variable {
    let shape = Shape(trusted: ids.shape.array + self.shape.array.dropFirst())
    return try apply(.put, [self, ids, values.broadcast(to: shape)])
  }

  /// The places that put an axis in order.
  public func argsort(axis: Int = -1, descending: Bool = false) throws -> Variable {
    if rank == 0 { return .tensor(Tensor(0)) }
    return try apply(
      .argsort, self, .axes(AxisSet(shape.axis(axis)), keepAxes: descending))
  }
}
