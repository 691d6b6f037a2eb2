// What a recorded function becomes under a transformation, recorded in its turn.
//
//     reverse   ȳ ↦ x̄ by the rules of the operations, recorded once for what is followed and which cotangents
//               are given: a *forward* function, the results and what the way back needs of the way there, and
//               a *backward* function of the arguments, that and the cotangents
//     forward   (x, ẋ) ↦ (y, ẏ)
//     mapped    the function over a first axis of some arguments
//
// Each is a recorded function, so that it runs as a plan, and has derived functions of its own: derivatives of
// any order and any nesting come from these three.

import Tensors

/// The derived functions of one recorded function, made when they are needed and kept.
final class DerivedFunctions {
  private var pulled: [[Bool]: Made<PulledBack>] = [:]
  private var pushed: [[Bool]: Made<RecordedTransform>] = [:]
  private var mapped: [MapKey: Made<RecordedTransform>] = [:]
  private var isWorthwhile: Bool?

  private struct MapKey: Hashable {
    let isMapped: [Bool]
    let size: Int
  }

  /// What is made when it is asked for again, and kept, be it nil.
  private enum Made<T> {
    case asked
    case done(T?)
  }

  /// Operations below which one node costs more than theirs.
  private static let leastSteps = 6

  /// Whether the function can be one operation: none of its results may be computed from another, since who
  /// asks for a gradient by that one has to find it; and functions with rules of their own run as they are.
  func apply(to function: RecordedFunction) -> Bool {
    if let isWorthwhile { return isWorthwhile }
    let value =
      function.steps.count >= DerivedFunctions.leastSteps && function.externals.isEmpty
      && !function.callsFunctions && !function.hasNestedResults
    isWorthwhile = value
    return value
  }

  /// The way back for operands that a tape follows; nil where there is none, or not yet.
  func pulled(
    _ function: RecordedFunction, _ isFollowed: [Bool], at operands: [Variable]
  ) throws -> PulledBack? {
    try DerivedFunctions.made(&pulled[isFollowed]) {
      try PulledBack(function, isFollowed, at: operands)
    }
  }

  /// The function with tangents of some operands behind these.
  func pushed(
    _ function: RecordedFunction, _ hasTangent: [Bool], at operands: [Variable]
  ) throws -> RecordedTransform? {
    try DerivedFunctions.made(&pushed[hasTangent]) {
      try RecordedTransform(pushing: function, hasTangent, at: operands)
    }
  }

  /// The function over a mapped first axis of some operands.
  func mapped(
    _ function: RecordedFunction, _ isMapped: [Bool], size: Int, at operands: [Variable]
  ) throws -> RecordedTransform? {
    try DerivedFunctions.made(&mapped[MapKey(isMapped: isMapped, size: size)]) {
      try RecordedTransform(mapping: function, isMapped, size: size, at: operands)
    }
  }

  private static func made<T>(_ made: inout Made<T>?, _ make: () throws -> T?) throws -> T? {
    switch made {
    case nil:
      made = .asked
      return nil
    case .asked:
      // While it is made, and where making fails, there is none.
      made = .done(nil)
      let value = try make()
      made = .done(value)
      return value
    case .done(let value): return value
    }
  }
}

extension RecordedFunction {
  /// Whether a result is computed from another one, so that a cotangent passes.
  fileprivate var hasNestedResults: Bool {
    var isResult = [Bool](repeating: false, count: steps.count)
    for case .step(let index) in results {
      if isResult[index] { return true }
      isResult[index] = true
    }
    var reaches = isResult
    for (index, step) in steps.enumerated() where step.passesCotangents {
      if step.operation.steps.contains(where: { reaches[$0] }) {
        if isResult[index] { return true }
        reaches[index] = true
      }
    }
    return false
  }

  /// Records a function of operands that look like these.
  ///
  /// - Returns: nil where a value of theirs cannot be had, or the recording has an obstacle.
  fileprivate static func recorded(
    at operands: [Variable], _ body: ([Variable], Recording) throws -> [Variable]
  ) throws -> RecordedFunction? {
    var samples: [Tensor] = []
    for operand in operands {
      let sample = operand.underlying
      guard sample.shape == operand.shape else { return nil }
      samples.append(sample)
    }
    let (function, recording) = try recording { recording in
      recording.readsNothingElse = true
      return try body(samples.map { recording.operand(for: .tensor($0)).variable }, recording)
    }
    return recording.obstacle == nil && function.externals.isEmpty ? function : nil
  }

  /// The results that steps compute, of operands at any level.
  fileprivate func computed(_ operands: [Variable]) throws -> [Variable] {
    let all = try replay(operands)
    return zip(results, all).compactMap { result, value in
      if case .step = result { value } else { nil }
    }
  }

  /// The results with those that steps compute put into their places.
  func completed(_ computed: [Variable], _ operands: [Variable]) -> [Variable] {
    var next = 0
    return results.map { result in
      switch result {
      case .argument(let index): return operands[index]
      case .constant(let variable): return variable
      case .external, .step:
        next += 1
        return computed[next - 1]
      }
    }
  }
}

// MARK: - Forward mode and mapping

/// A recorded function under forward mode or vmap, with what of its results the transformation reaches.
struct RecordedTransform {
  let function: RecordedFunction
  let isReached: [Bool]

  init?(
    pushing function: RecordedFunction, _ hasTangent: [Bool], at operands: [Variable]
  ) throws {
    var reached: [Bool] = []
    let recorded = try RecordedFunction.recorded(at: operands) { own, recording in
      var tangents: [Variable?] = []
      for (x, hasTangent) in zip(own, hasTangent) {
        tangents.append(hasTangent ? try recording.operand(like: x) : nil)
      }
      let (values, results) = try jvp(own, tangents) { try function.computed($0) }
      reached = results.map { $0 != nil }
      return values + results.compactMap { $0 }
    }
    guard let recorded else { return nil }
    (self.function, isReached) = (recorded, reached)
  }

  init?(
    mapping function: RecordedFunction, _ isMapped: [Bool], size: Int, at operands: [Variable]
  ) throws {
    var reached: [Bool] = []
    let recorded = try RecordedFunction.recorded(at: operands) { own, _ in
      let context = Context.current
      return try context.within(.batch, size: size) { height in
        let serial = context.levels[height].serial
        let mapped = zip(own, isMapped).map { x, isMapped in
          isMapped ? context.value(.batch, x, height: Int32(height)) : x
        }
        return try function.computed(mapped).map { result in
          let seen = result.below(height + 1)
          guard case .traced(let traced) = seen, traced.serial == serial else {
            reached.append(false)
            return seen
          }
          reached.append(true)
          return traced.value
        }
      }
    }
    guard let recorded else { return nil }
    (self.function, isReached) = (recorded, reached)
  }
}

extension Recording {
  /// One more operand, of the shape and dtype of a variable.
  fileprivate func operand(like x: Variable) throws -> Variable {
    operand(for: .tensor(try Tensor.ones(x.shape, x.dtype))).variable
  }
}

// MARK: - Reverse mode

/// The way back through a recorded function.
final class PulledBack {
  /// The results, then what is kept for the way back.
  let forward: RecordedFunction
  /// For each result whether the tape follows it.
  let isFollowed: [Bool]
  private let function: RecordedFunction
  private let operandsAreFollowed: [Bool]
  /// The steps of the way there that are kept, by their numbers.
  private let kept: [Int]
  private var ways: [[Bool]: Way?] = [:]

  /// The way back for some of the cotangents.
  private struct Way {
    /// Of the operands, what is kept and the cotangents.
    let backward: RecordedFunction
    /// Of the operands and the cotangents.
    let whole: RecordedFunction
    /// For each operand whether a cotangent comes out.
    let isReached: [Bool]
  }

  /// Nil where results depend on different operands: one node would bring them together.
  init?(_ function: RecordedFunction, _ isFollowed: [Bool], at operands: [Variable]) throws {
    self.function = function
    operandsAreFollowed = isFollowed
    guard let joint = try Joint(function, isFollowed, given: nil, at: operands) else { return nil }
    self.isFollowed = joint.isFollowed
    guard function.reachesAlike(isFollowed, results: joint.isFollowed) else { return nil }
    let parts = joint.parts
    kept = parts.kept
    forward = parts.forward
    ways[joint.isFollowed.filter { $0 }.map { _ in true }] = Way(
      backward: parts.backward(kept), whole: joint.cotangentsAlone, isReached: joint.isReached)
  }

  /// The operands that a cotangent may come out for.
  func isReached(_ index: Int) -> Bool {
    ways.values.contains { $0?.isReached[index] == true }
  }

  /// The cotangents of the operands.
  ///
  /// - Parameters:
  ///   - kept: what the forward function gave behind the results.
  ///   - cotangents: of the results that are followed; nil for zero.
  func cotangents(
    _ operands: [Variable], kept values: [Variable], _ cotangents: [Variable?]
  ) throws -> [Variable?] {
    let given = cotangents.map { $0 != nil }
    guard given.contains(true) else { return operands.map { _ in nil } }
    guard let way = try way(given, at: operands) else {
      let followed = operandsAreFollowed.indices.filter { operandsAreFollowed[$0] }
      let pull = try vjp(followed.map { operands[$0] }) { leaves in
        var all = operands
        for (index, leaf) in zip(followed, leaves) { all[index] = leaf }
        return try self.function.computed(all)
      }
      return spread(try pull(spreadOverResults(cotangents)))
    }
    let present = cotangents.compactMap { $0 }
    let isPlain = (operands + present).allSatisfy { if case .tensor = $0 { true } else { false } }
    let found =
      isPlain ? try way.backward(operands + values + present) : try way.whole(operands + present)
    var next = 0
    return way.isReached.map { isReached in
      guard isReached else { return nil }
      next += 1
      return found[next - 1]
    }
  }

  /// Cotangents of the followed operands among all.
  private func spread(_ cotangents: [Variable?]) -> [Variable?] {
    var next = 0
    return operandsAreFollowed.map { isFollowed in
      guard isFollowed else { return nil }
      next += 1
      return cotangents[next - 1]
    }
  }

  /// Cotangents of the followed results among all.
  private func spreadOverResults(_ cotangents: [Variable?]) -> [Variable?] {
    var next = 0
    return isFollowed.map { isFollowed in
      guard isFollowed else { return nil }
      next += 1
      return cotangents[next - 1]
    }
  }

  private func way(_ given: [Bool], at operands: [Variable]) throws -> Way? {
    if let way = ways[given] { return way }
    ways[given] = .some(nil)
    guard
      let joint = try Joint(
        function, operandsAreFollowed, given: spreadFlags(given), at: operands)
    else { return nil }
    let parts = joint.parts
    guard Set(parts.kept).isSubset(of: kept) else { return nil }
    let way = Way(
      backward: parts.backward(kept), whole: joint.cotangentsAlone, isReached: joint.isReached)
    ways[given] = way
    return way
  }

  private func spreadFlags(_ given: [Bool]) -> [Bool] {
    var next = 0
    return isFollowed.map { isFollowed in
      guard isFollowed else { return false }
      next += 1
      return given[next - 1]
    }
  }
}

/// A function and its way back in one recording: of the operands and cotangents, the results and the
/// cotangents of the operands.
private struct Joint {
  let function: RecordedFunction
  let operandCount: Int
  let resultCount: Int
  /// For each result whether it depends on a followed operand.
  let isFollowed: [Bool]
  /// For each operand whether a cotangent comes out.
  let isReached: [Bool]

  /// - Parameter given: the results whose cotangents are given; nil for all that are followed.
  init?(
    _ function: RecordedFunction, _ operandsAreFollowed: [Bool], given: [Bool]?,
    at operands: [Variable]
  ) throws {
    var (followed, reached, count): ([Bool], [Bool], Int) = ([], [], 0)
    let recorded = try RecordedFunction.recorded(at: operands) { own, recording in
      let places = operandsAreFollowed.indices.filter { operandsAreFollowed[$0] }
      let pull = try vjp(places.map { own[$0] }) { leaves in
        var all = own
        for (place, leaf) in zip(places, leaves) { all[place] = leaf }
        return try function.computed(all)
      }
      followed = pull.isFollowed
      count = pull.values.count
      var cotangents: [Variable?] = []
      for (index, value) in pull.values.enumerated() {
        let isGiven = followed[index] && given?[index] ?? true
        cotangents.append(isGiven ? try recording.operand(like: value) : nil)
      }
      let found = try pull(cotangents)
      reached = operandsAreFollowed.map { _ in false }
      for (place, cotangent) in zip(places, found) { reached[place] = cotangent != nil }
      return pull.values + found.compactMap { $0 }
    }
    guard let recorded, followed.contains(true) else { return nil }
    self.function = recorded
    (operandCount, resultCount) = (operands.count, count)
    (isFollowed, isReached) = (followed, reached)
  }

  /// The function without its results.
  var cotangentsAlone: RecordedFunction {
    RecordedFunction(steps: function.steps, results: Array(function.results[resultCount...]))
  }

  /// The steps on either side of the cotangents.
  var parts: Parts { Parts(self) }

  struct Parts {
    private let joint: Joint
    /// Whether each step is of the way back.
    private let isBack: [Bool]
    /// The number of each step among those of its way.
    private let numbers: [Int]
    /// The steps of the way there that the way back needs.
    let kept: [Int]

    init(_ joint: Joint) {
      self.joint = joint
      let steps = joint.function.steps
      var isBack = [Bool](repeating: false, count: steps.count)
      var (numbers, counts) = ([Int](), (there: 0, back: 0))
      var needed: Set<Int> = []
      func need(_ operand: RecordedFunction.Operand) {
        if case .step(let index) = operand, !isBack[index] { needed.insert(index) }
      }
      for (index, step) in steps.enumerated() {
        isBack[index] =
          step.operation.steps.contains { isBack[$0] }
          || step.operation.operands.contains {
            if case .argument(let number) = $0 { number >= joint.operandCount } else { false }
          }
        if isBack[index] {
          step.operation.operands.forEach(need)
          numbers.append(counts.back)
          counts.back += 1
        } else {
          numbers.append(counts.there)
          counts.there += 1
        }
      }
      joint.function.results[joint.resultCount...].forEach(need)
      (self.isBack, self.numbers) = (isBack, numbers)
      kept = needed.sorted()
    }

    /// The way there: the results, then what is kept.
    var forward: RecordedFunction {
      let steps = joint.function.steps
      func own(_ operand: RecordedFunction.Operand) -> RecordedFunction.Operand {
        if case .step(let index) = operand { .step(numbers[index]) } else { operand }
      }
      return RecordedFunction(
        steps: steps.indices.filter { !isBack[$0] }.map { steps[$0].mapOperands(own, numbers) },
        results: joint.function.results.prefix(joint.resultCount).map(own)
          + kept.map { .step(numbers[$0]) })
    }

    /// The way back, of the operands, what is kept and the cotangents.
    ///
    /// - Parameter kept: at least the steps that are needed.
    func backward(_ kept: [Int]) -> RecordedFunction {
      let steps = joint.function.steps
      var places: [Int: Int] = [:]
      for (place, index) in kept.enumerated() { places[index] = joint.operandCount + place }
      func own(_ operand: RecordedFunction.Operand) -> RecordedFunction.Operand {
        switch operand {
        case .argument(let index):
          return .argument(index < joint.operandCount ? index : index + kept.count)
        case .step(let index):
          if isBack[index] { return .step(numbers[index]) }
          guard let place = places[index] else {
            preconditionFailure("the way back needs what was not kept; please report")
          }
          return .argument(place)
        case .external, .constant: return operand
        }
      }
      return RecordedFunction(
        steps: steps.indices.filter { isBack[$0] }.map { steps[$0].mapOperands(own, numbers) },
        results: joint.function.results[joint.resultCount...].map(own))
    }
  }
}

extension RecordedFunction.Step {
  fileprivate var passesCotangents: Bool {
    primitive.isDifferentiable && primitive !== Primitive.stopped
      && primitive !== Primitive.untaped
  }

  /// The step on other operands; a part finds its bundle under another number.
  fileprivate func mapOperands(
    _ body: (RecordedFunction.Operand) -> RecordedFunction.Operand, _ numbers: [Int]
  ) -> RecordedFunction.Step {
    let operation: RecordedFunction.Operation =
      switch self.operation {
      case .unary(let x): .unary(body(x))
      case .binary(let a, let b): .binary(body(a), body(b))
      case .general(let operands): .general(operands.map(body))
      case .bundle(let operands): .bundle(operands.map(body))
      case .part(let bundle, let index): .part(of: numbers[bundle], index: index)
      }
    return RecordedFunction.Step(
      primitive: primitive, attributes: attributes, operation: operation)
  }
}

extension RecordedFunction {
  /// Whether all followed results come from the same followed operands.
  fileprivate func reachesAlike(_ operandsAreFollowed: [Bool], results: [Bool]) -> Bool {
    guard results.filter({ $0 }).count > 1 else { return true }
    var origins: [Set<Int>] = []
    func origin(_ operand: Operand) -> Set<Int> {
      switch operand {
      case .argument(let index): operandsAreFollowed[index] ? [index] : []
      case .step(let index): origins[index]
      case .external, .constant: []
      }
    }
    for step in steps {
      var set: Set<Int> = []
      if case .part(let bundle, _) = step.operation { set = origins[bundle] }
      for operand in step.operation.operands { set.formUnion(origin(operand)) }
      origins.append(step.passesCotangents ? set : [])
    }
    let computed = self.results.filter { if case .step = $0 { true } else { false } }
    let sets = zip(computed, results).filter(\.1).map { origin($0.0) }
    return sets.allSatisfy { $0 == sets[0] }
  }
}
