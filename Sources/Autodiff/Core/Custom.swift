// Functions with rules of their own: what `custom_vjp`, estimators, linear solves and implicit
// functions are made of.
//
// Such a function is one operation with one result or several, a bundle on a tape. Its value is
// computed with nothing recorded, so only its arguments get gradients, not the variables that it
// closes over; `RecordedFunction` makes those arguments too. Without a forward rule, forward mode
// transposes the reverse rule: ẏ is what pulls ẋ through u ↦ reverse(x, u), taken at u = 0, which
// is exact because a reverse rule is linear in the cotangents.

import Tensors

/// A function of tensors with its own derivative rules.
public final class CustomFunction: @unchecked Sendable {
  /// The function itself.
  public typealias Value = ([Variable]) throws -> [Variable]
  /// `(arguments, tangents) → tangents of the results`; nil stands for zero on both sides.
  public typealias Forward = ([Variable], [Variable?]) throws -> [Variable?]
  /// `(arguments, cotangents of the results) → cotangents`; nil stands for zero on both sides.
  public typealias Reverse = ([Variable], [Variable?]) throws -> [Variable?]
  /// The same, told which cotangents are asked for.
  public typealias SelectiveReverse = ([Variable], [Variable?], [Bool]) throws -> [Variable?]

  let name: String
  /// What each result is called, where they are not called by the function's name.
  let names: [String]?
  /// The number of results.
  let count: Int
  /// The function itself, whatever levels its arguments belong to.
  public let value: Value
  let forward: Forward?
  let reverse: SelectiveReverse
  /// What a recording calls instead, where the value is known for the arguments of one call alone.
  let again: Value?
  /// Whether ranks exchange something in its rules, so that a walk back comes by it on all of them or on none.
  let meetsRanks: Bool

  /// A function of so many results with its rules, written with differentiable operations.
  ///
  /// - Parameter again: what a `RecordedFunction` calls instead with other arguments, for a function
  ///   whose value was computed beforehand.
  public convenience init(
    _ name: String, results count: Int, value: @escaping Value, forward: Forward? = nil,
    reverse: @escaping Reverse, again: Value? = nil
  ) {
    self.init(
      name, results: count, value: value, forward: forward,
      selectiveReverse: { arguments, cotangents, _ in try reverse(arguments, cotangents) },
      again: again)
  }

  /// A function whose reverse rule is told which cotangents are asked for.
  public init(
    _ name: String, results count: Int, value: @escaping Value, forward: Forward?,
    selectiveReverse: @escaping SelectiveReverse, again: Value? = nil, names: [String]? = nil,
    meetsRanks: Bool = false
  ) {
    self.name = name
    self.names = names
    self.count = count
    self.value = value
    self.forward = forward
    reverse = selectiveReverse
    self.again = again
    self.meetsRanks = meetsRanks
  }

  /// A function of one result with its reverse rule, `(arguments, cotangent) → cotangents`.
  public convenience init(
    _ name: String, value: @escaping ([Variable]) throws -> Variable,
    reverse: @escaping ([Variable], Variable) throws -> [Variable?]
  ) {
    self.init(
      name, results: 1, value: { [try value($0)] },
      reverse: { arguments, cotangents in
        guard let cotangent = cotangents[0] else { return arguments.map { _ in nil } }
        return try reverse(arguments, cotangent)
      })
  }

  /// The result of a function of one, recorded as one operation.
  public func callAsFunction(_ arguments: [Variable]) throws -> Variable {
    try results(arguments)[0]
  }

  /// The results for arguments, recorded as one operation.
  public func results(_ arguments: [Variable]) throws -> [Variable] {
    try applyAtLevels(CustomCall(function: self, arguments: arguments))
  }

  /// The tangents of the results, by the forward rule or by the transposed reverse rule.
  fileprivate func pushForward(
    _ arguments: [Variable], _ tangents: [Variable?], _ results: [Variable]
  ) throws -> [Variable?] {
    if let forward { return try forward(arguments, tangents) }
    let moves = tangents.map { $0 != nil }
    let transposed = try vjp(results.map { try $0.zerosLike() }) { cotangents in
      try zip(self.reverse(arguments, cotangents, moves), arguments).map {
        try $0 ?? $1.zerosLike()
      }
    }
    return try transposed(tangents)
  }

  /// This function over a mapped first axis of some arguments.
  fileprivate func mapped(_ isMapped: [Bool], size: Int) -> CustomFunction {
    let axes: [Int?] = isMapped.map { $0 ? 0 : nil }
    /// Maps a rule, whose other operands are all mapped and may be missing.
    func map(
      _ rule: @escaping Reverse
    ) -> ([Variable], [Variable?], _ axesOfOthers: [Int?]) throws -> [Variable?] {
      { arguments, others, axesOfOthers in
        var flags: [Bool] = []
        let given = others.compactMap { $0 }
        let axesOfGiven = zip(others, axesOfOthers).filter { $0.0 != nil }.map(\.1)
        guard (axes + axesOfGiven).contains(where: { $0 != nil }) else {
          return try rule(arguments, others)
        }
        let found = try vmap(arguments + given, axes: axes + axesOfGiven, size: size) { all in
          var next = all[arguments.count...].makeIterator()
          let mapped = others.map { $0 == nil ? nil : next.next() }
          let results = try rule(Array(all.prefix(arguments.count)), mapped)
          flags = results.map { $0 != nil }
          return results.compactMap { $0 }
        }
        var next = found.makeIterator()
        return flags.map { $0 ? next.next() : nil }
      }
    }
    return CustomFunction(
      name, results: count,
      value: { arguments in try vmap(arguments, axes: axes, size: size) { try self.value($0) } },
      forward: forward.map { rule in
        let mappedForward = map(rule)
        return { arguments, tangents in try mappedForward(arguments, tangents, axes) }
      },
      selectiveReverse: { arguments, cotangents, asked in
        let all: [Int?] = cotangents.map { _ in 0 }
        let mappedReverse = map { try self.reverse($0, $1, asked) }
        return try zip(mappedReverse(arguments, cotangents, all), isMapped).map {
          cotangent, isMapped in
          isMapped ? cotangent : try cotangent?.sum(axes: AxisSet(0))
        }
      }, meetsRanks: meetsRanks)
  }
}

/// A call of a function with rules of its own.
private struct CustomCall: LeveledOperation {
  let function: CustomFunction
  let arguments: [Variable]

  func forEachOperand(_ body: (Variable) -> Void) { arguments.forEach(body) }

  func replacingOperands(_ replacement: (Variable) throws -> Variable) rethrows -> Self {
    CustomCall(function: function, arguments: try arguments.map(replacement))
  }

  func computed(in context: Context) throws -> [Variable] {
    try context.withoutGradients { try function.value(arguments).map(stopGradient) }
  }

  func computedOnDevice(in context: Context) throws -> [Variable] { try computed(in: context) }

  func applied(below height: Int32) throws -> [Variable] {
    try function.results(arguments.map { lowered($0, height).0 })
  }

  func appliedUnrecorded(below height: Int32, in context: Context) throws -> [Variable] {
    let results = try context.suspendingRecording { try applied(below: height) }
    context.activeRecording?.callsFunctions = true
    return results
  }

  func node(
    _ kind: LevelKind, _ results: [Variable], height: Int32, in context: Context
  ) throws -> [Variable] {
    guard kind == .record || results.contains(where: \.dtype.isFloat) else { return results }
    let bundle = Traced(
      kind, value: results[0], height: Int(height), context: context, primitive: .custom,
      attributes: .object(function), others: arguments)
    if function.meetsRanks, kind == .tape { context.collectives.keep(bundle) }
    return try zip(bundle.parts(results, in: context), results).map { part, result in
      kind == .record || result.dtype.isFloat ? part : result
    }
  }

  func dual(_ results: [Variable], height: Int32, in context: Context) throws -> [Variable] {
    let tangents = arguments.map { tangent($0, height) }
    guard tangents.contains(where: { $0 != nil }) else { return results }
    let values = arguments.map { lowered($0, height).0 }
    return try zip(results, function.pushForward(values, tangents, results)).map {
      result, tangent in
      guard let tangent, result.dtype.isFloat else { return result }
      // A rule may close over dual numbers of this level; a tangent belongs to those below.
      return context.value(.dual, result, height: height, tangent: tangent.below(Int(height)))
    }
  }

  func mapped(height: Int32, in context: Context) throws -> [Variable] {
    let size = context.levels[Int(height)].size
    return try function.mapped(arguments.map { lowered($0, height).1 }, size: size)
      .results(arguments.map { lowered($0, height).0 })
      .map { context.value(.batch, $0, height: height) }
  }
}

extension Primitive {
  /// A call of a `CustomFunction`, the node's attribute.
  ///
  ///     ȳ ↦ the function's own rule
  static let custom = Primitive(
    bundle: "custom", of: 0, kernel: { inputs, _ in inputs },
    forward: { _, _, tangents in tangents },
    reverse: { inputs, attributes, cotangents in
      return try attributes.object(as: CustomFunction.self).pullBack(
        inputs, cotangents, asked: inputs.map { _ in true })
    })
}

extension CustomFunction {
  /// The cotangents of a call's inputs, in their dtypes.
  func pullBack(
    _ inputs: [Variable], _ cotangents: [Variable?], asked: [Bool]
  ) throws -> [Variable?] {
    try zip(reverse(inputs, cotangents, asked), inputs).map { cotangent, input in
      input.dtype.isFloat ? try cotangent?.converted(to: input.dtype) : nil
    }
  }
}

extension Traced {
  /// The function whose call this bundle is.
  var customFunction: CustomFunction? {
    primitive === Primitive.custom ? attributes.object(as: CustomFunction.self) : nil
  }
}
