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
  /// The number of results.
  let count: Int
  /// The function itself, whatever levels its arguments belong to.
  public let value: Value
  let forward: Forward?
  let reverse: SelectiveReverse
  /// What a recording calls instead, where the value is known for the arguments of one call alone.
  let again: Value?

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
    selectiveReverse: @escaping SelectiveReverse, again: Value? = nil
  ) {
    self.name = name
    self.count = count
    self.value = value
    self.forward = forward
    reverse = selectiveReverse
    self.again = again
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
    let context = Context.current
    arguments.forEach(inspect)
    var arguments = arguments
    guard let (height, kind) = try innermostLevel(of: &arguments, in: context) else {
      return try context.withoutGradients { try value(arguments).map(stopGradient) }
    }
    let values = arguments.map { lowered($0, height).0 }
    switch kind {
    case .tape:
      let results = try results(values)
      guard Int(height) > context.stoppedTapes, results.contains(where: \.dtype.isFloat) else {
        return results
      }
      let bundle = Traced(
        .tape, value: results[0], height: Int(height), context: context, primitive: .custom,
        attributes: .object(self), others: arguments)
      return try zip(bundle.parts(results, in: context), results).map { part, result in
        result.dtype.isFloat ? part : result
      }
    case .dual:
      let results = try results(values)
      guard Int(height) > context.stoppedDuals else { return results }
      let tangents = arguments.map { tangent($0, height) }
      guard tangents.contains(where: { $0 != nil }) else { return results }
      return try zip(results, pushForward(values, tangents, results)).map { result, tangent in
        guard let tangent, result.dtype.isFloat else { return result }
        // A rule may close over dual numbers of this level; a tangent belongs to those below.
        return .traced(
          Traced(
            .dual, value: result, height: Int(height), context: context, primitive: nil,
            first: tangent.below(Int(height))))
      }
    case .batch:
      let size = context.levels[Int(height)].size
      return try mapped(arguments.map { lowered($0, height).1 }, size: size).results(values).map {
        .traced(Traced(.batch, value: $0, height: Int(height), context: context, primitive: nil))
      }
    case .record:
      let results = try context.suspendingRecording { try self.results(values) }
      context.activeRecording?.callsFunctions = true
      let bundle = Traced(
        .record, value: results[0], height: Int(height), context: context, primitive: .custom,
        attributes: .object(self), others: arguments)
      return try bundle.parts(results, in: context)
    }
  }

  /// The tangents of the results, by the forward rule or by the transposed reverse rule.
  private func pushForward(
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
  private func mapped(_ isMapped: [Bool], size: Int) -> CustomFunction {
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
      })
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
      guard case .object(let object) = attributes, let function = object as? CustomFunction else {
        return inputs.map { _ in nil }
      }
      return try function.pullBack(inputs, cotangents, asked: inputs.map { _ in true })
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
    guard primitive === Primitive.custom, case .object(let object) = attributes else { return nil }
    return object as? CustomFunction
  }
}
