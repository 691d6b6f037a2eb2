// A collective at levels: what a tape records of it, the tangent of its result, a mapped axis.
//
// Ranks have to do the same at every level, also where on one of them nothing is to be followed: a walk back
// that comes by a collective has to come by it on every rank. So when the ranks meet they tell of which levels
// their operands are, and all take part at the levels that any operand is of.

import Tensors

extension Variable {
  /// What a collective makes of the operands of all ranks, which give tensors of one shape and dtype.
  ///
  /// - Parameter deed: what is done, where it is more than this exchange; for messages, with a word for it.
  /// - Throws: a value error on every rank where the ranks call different things.
  package func exchanged(
    by collective: Collective, as deed: (code: UInt64, text: () -> String)? = nil
  ) throws -> Variable {
    let code = deed?.code ?? collective.code(shape, dtype)
    return try exchanged(
      by: collective, deed?.text() ?? collective.described(shape, dtype), code: code)
  }

  fileprivate func exchanged(
    by collective: Collective, _ deed: @autoclosure () -> String, code: UInt64
  ) throws -> Variable {
    let context = Context.current
    let x = try Autodiff.alive(self)
    try x.requireProcessor(for: collective.name)
    let levels = try context.levelsOfAnyRank(
      of: CollectionOfOne(x), context.ranks, deed(), code: code)
    context.ranks.exchanges += 1
    return try x.exchanged(by: collective, at: levels, in: context)
  }

  /// - Parameter levels: the heights of the levels at which this is still to be done, a bit each.
  fileprivate func exchanged(
    by collective: Collective, at levels: UInt64, in context: Context
  ) throws -> Variable {
    guard levels != 0 else {
      return .tensor(try collective(plain(self), context.ranks))
    }
    let height = Int32(63 - levels.leadingZeroBitCount)
    let below = levels & ~(1 << UInt64(height))
    let level = context.levels[Int(height)]
    let (value, isHere) = lowered(self, height)
    switch level.kind {
    case .tape:
      let result = try value.exchanged(by: collective, at: below, in: context)
      guard Int(height) > context.stoppedTapes, result.dtype.isFloat else { return result }
      let leaf = Traced(
        .tape, value: value, height: Int(height), context: context, primitive: nil)
      return try CollectiveCall(collective, of: value, context)
        .node(result, operand: isHere ? self : .traced(leaf), height: height, in: context)
    case .dual:
      let result = try value.exchanged(by: collective, at: below, in: context)
      guard Int(height) > context.stoppedDuals, result.dtype.isFloat else { return result }
      let tangent = try (isHere ? Autodiff.tangent(self, height) : nil) ?? value.zerosLike()
      return context.value(
        .dual, result, height: height, tangent: try tangent.exchanged(by: collective))
    case .batch:
      // The mapped axis is first; that of ranks goes before it and comes back behind it.
      var all = try mapped(value, isHere, size: level.size)
      if collective.takesRows { all = try all.movedAxis(from: 1, to: 0) }
      var result = try all.exchanged(by: collective, at: below, in: context)
      if collective.givesRows { result = try result.movedAxis(from: 0, to: 1) }
      return context.value(.batch, result, height: height)
    case .record:
      throw TensorError(
        .value,
        "\(collective.name) cannot be called in what is recorded to be solved or linearized",
        hint: "exchange before it, and capture what that gives")
    }
  }
}

extension Variable {
  /// - Throws: a value error for a tensor of a device, which ranks cannot exchange.
  package func requireProcessor(for name: String) throws {
    var inner = self
    while case .traced(let traced) = inner { inner = traced.value }
    guard case .placed = inner else { return }
    throw TensorError(
      .value, "\(name) exchanges tensors of the processor, and this one is on a device",
      hint: "bring it with .to(\"cpu\"), and back with .to(device) behind it")
  }
}

extension Context {
  /// The transformations that are active, which have to be the same on every rank: ` inside vmap, reverse mode`.
  private var transformations: String {
    guard !isPlain else { return "" }
    // Above the level of each transformation is the tape of what it transforms.
    let names = stride(from: 1, to: levels.count, by: 2).map { height in
      switch levels[height].kind {
      case .tape: "reverse mode"
      case .dual: "forward mode"
      case .batch: "vmap"
      case .record: "compile"
      }
    }
    return " inside \(names.joined(separator: ", "))"
  }

  /// The heights of the levels that operands belong to on any rank, a bit each; they need not be as many on every rank.
  ///
  /// - Throws: a value error on every rank where they do different things.
  func levelsOfAnyRank(
    of operands: some Sequence<Variable>, _ ranks: Ranks, _ deed: @autoclosure () -> String,
    code: UInt64? = nil
  ) throws -> UInt64 {
    var levels: UInt64 = 0
    for var operand in operands {
      while case .traced(let traced) = operand {
        guard traced.height < 64 else {
          throw TensorError(
            .limit, "ranks exchange something inside more than 31 transformations",
            hint: "does a function differentiate itself?")
        }
        levels |= 1 << UInt64(traced.height)
        operand = try alive(traced.value)
      }
    }
    var own = code.map { word in
      var code = Code()
      code.add(word)
      return code
    }
    for level in self.levels { own?.add(UInt64(level.kind.rawValue)) }
    let seen = try ranks.meet(deed() + transformations, code: own?.word, [levels, ~levels])
    return ranks.count == 1 || seen[0] == ~seen[1] ? levels : try ranks.union(of: levels)
  }
}

extension Ranks {
  /// The bits that any rank has. The ranks have met.
  fileprivate func union(of own: UInt64) throws -> UInt64 {
    let bytes = withUnsafeBytes(of: own) { Array($0) }
    return try allGather(bytes).reduce(into: 0) { union, bytes in
      union |= bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    }
  }
}

/// A collective that was called, for its way back.
package final class CollectiveCall: Sendable {
  private let collective: Collective
  /// How many had been recorded before, the same on every rank.
  private let number: Int
  private let shape: Shape
  private let dtype: DType

  fileprivate init(_ collective: Collective, of x: Variable, _ context: Context) {
    self.collective = collective
    shape = x.shape
    dtype = x.dtype
    number = context.collectives.number
  }

  /// What ranks have to do alike.
  fileprivate var description: String {
    "the way back of \(collective.described(shape, dtype)), number \(number)"
  }

  /// A word for it.
  private var code: UInt64 {
    var code = Code()
    code.add(collective.code(shape, dtype))
    code.add(UInt64(number))
    return code.word
  }

  /// The node of a result.
  fileprivate func node(
    _ result: Variable, operand: Variable, height: Int32, in context: Context
  ) throws -> Variable {
    let collective = collective
    let function = CustomFunction(
      collective.name, results: 1, value: { [try $0[0].exchanged(by: collective)] },
      forward: { _, tangents in [try tangents[0]?.exchanged(by: collective)] },
      selectiveReverse: { _, cotangents, _ in
        [
          try cotangents[0]?.exchanged(
            by: collective.transposed, self.description, code: self.code)
        ]
      }, meetsRanks: true)
    let bundle = Traced(
      .tape, value: result, height: Int(height), context: context, primitive: .custom,
      attributes: .object(function), others: [operand])
    context.collectives.keep(bundle)
    return try bundle.parts([result], in: context)[0]
  }
}
