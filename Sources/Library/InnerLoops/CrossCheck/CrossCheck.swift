// `crosscheck(f, *metas, gradients=…)`: the methods to differentiate a loop, held against each other and
// against differences of values.
//
// The function runs once for each method, as a rehearsal, on the same random numbers; its values have to be the
// same, bit for bit. Differences along a few directions use no derivative of any step, so that a wrong rule
// which all methods share shows, too. A loop that has not come to its end is told from a disagreement by
// running twice its steps: methods that differentiate where it goes to may be that far from those that
// differentiate how it ran.

import Autodiff
import Language
import Platform
import Tensors

/// A function to be differentiated in several ways.
struct CrossCheck {
  private let f: Value
  private let metas: [Value]
  private let tree: ValueTree
  private let methods: [LoopGradient]
  private let solutions = LoopSolutions()
  private unowned let interpreter: Interpreter

  /// Directions of the differences, and the seed that they are drawn with.
  private static let directions = 2
  private static let seed = 0

  init(_ arguments: Arguments) throws {
    interpreter = arguments.interpreter
    f = try arguments.function(0)
    metas = arguments.rest(1)
    tree = try ValueTree(arguments: metas, for: "crosscheck")
    methods = try (arguments.has(2) ? arguments.argumentList(2) : CrossCheck.usual).map {
      guard let method = LoopGradient($0) else {
        throw arguments.mismatch($0, 2, "ways to differentiate a loop")
      }
      return method
    }
    guard !methods.isEmpty else {
      throw RuntimeError(.value, "crosscheck needs at least one of `gradients`")
    }
  }

  private static var usual: [Value] { ["unroll", "forward", "implicit"].map { .string($0) } }

  /// What one run gave.
  struct Outcome {
    var method: String
    var value: Tensor
    /// Leaf by leaf; nil where the method gives none.
    var gradient: [Tensor?]
    var error: Double?
    var seconds: Double
    /// How long the estimate of the error took.
    var errorSeconds: Double
    var bytes: Int
    var pointsAtSolution: Bool
  }

  /// What differences along a direction gave.
  struct Difference {
    var direction: [Tensor]
    var value: Double
    var noise: Double
  }

  func callAsFunction() throws -> CrossCheckTable {
    let context = interpreter.context
    context.meets(obstacle: "compares derivatives")
    return try context.isolated {
      var rows: [Outcome] = []
      var overruled: Set<String> = []
      var loops = 0
      for method in methods {
        let watch = LoopWatch(method)
        rows.append(try measured(watch))
        overruled.formUnion(watch.overruled)
        loops = max(loops, watch.loops.count)
      }
      try requireOneValue(rows)
      guard loops > 0 else {
        throw RuntimeError(
          .value, "the function calls no inner_loop, so there is nothing to compare",
          hint: "crosscheck(p => loss(inner_loop(step, steps=100)(start, p)), penalty)")
      }
      let start = monotonicSeconds()
      let differences = try differences(from: rows[0].value)
      let between = monotonicSeconds()
      let doubled = try doubled()
      let end = monotonicSeconds()
      return CrossCheckTable(
        rows, paths: paths(), differences, doubled: doubled,
        overruled: overruled.sorted(), differenceSeconds: between - start,
        doubledSeconds: end - between)
    }
  }

  /// Where the leaves stand, as the function would write it: `penalty`, `p.layers.0.weight`.
  private func paths() -> [String] {
    let parameters = (interpreter.machine.ownSignature(of: f)?.parameters ?? []).prefix {
      $0.kind == .plain
    }
    return tree.leaves.map { leaf in
      let path = leaf.path.description
      let steps = path.split(separator: ".", maxSplits: 1)
      guard let first = steps.first.flatMap({ Int($0) }), first < parameters.count else {
        return path
      }
      return ([parameters[first].name] + steps.dropFirst().map(String.init)).joined(separator: ".")
    }
  }

  // MARK: - Runs

  /// Runs the body on the same stream, with nothing changed by it.
  private func rehearsed<R>(_ body: () throws -> R) throws -> R {
    let context = interpreter.context
    let random = context.random
    defer { context.random = random }
    var failure: (any Error)?
    // A recording holds the methods that its loops had.
    let found = try interpreter.runningAsWritten {
      try interpreter.rehearse {
        do { return try body() } catch {
          failure = error
          throw error
        }
      }
    }
    if let found { return found }
    if let failure, !interpreter.machine.isEffect(failure) { throw failure }
    throw RuntimeError(
      .value, "crosscheck runs a function several times, and this one does more than compute",
      hint:
        "it may set no variable from outside, print or write; give it what it needs as arguments")
  }

  private func loss(_ variables: [Variable]) throws -> Variable {
    try tree.substitutedArguments(variables) { arguments in
      try interpreter.call(f, arguments).loss().scalarLoss()
    }
  }

  private func measured(_ watch: LoopWatch, estimatesError: Bool = true) throws -> Outcome {
    let point = try tree.floats().map(stopGradient)
    return try rehearsed {
      let start = monotonicSeconds()
      let held = MemoryAccount.held
      var bytes = 0
      var value: Tensor?
      let pull = try vjp(point) { variables in
        let result = try interpreter.watchingLoops(by: watch) { try loss(variables) }
        bytes = max(0, MemoryAccount.held - held)
        value = result.concrete
        return [result]
      }
      guard let value else { throw CrossCheck.mapped }
      let found = try pull([pull.values[0].onesLike()])
      let seconds = monotonicSeconds() - start
      let gradient = try found.map { variable -> Tensor? in
        guard let variable else { return nil }
        guard let tensor = variable.concrete else { throw CrossCheck.mapped }
        return tensor
      }
      let error = estimatesError ? try error(watch) : nil
      return Outcome(
        method: watch.gradient.description, value: value, gradient: gradient, error: error,
        seconds: seconds, errorSeconds: monotonicSeconds() - start - seconds, bytes: bytes,
        pointsAtSolution: watch.gradient.pointsAtSolution)
    }
  }

  private static var mapped: RuntimeError {
    RuntimeError(
      .value, "crosscheck compares numbers, and inside vmap there are some for each example",
      hint: "call it for one example; f itself may use vmap")
  }

  /// The errors of all loops together; nil where one is not known.
  private func error(_ watch: LoopWatch) throws -> Double? {
    var total = 0.0
    for (index, (call, state, cotangent)) in watch.loops.enumerated() {
      guard
        let error = try call.error(
          at: state, cotangent, known: (solutions, loop: index), tells: false)?.concrete
      else { return nil }
      total += error.firstDouble
    }
    return total
  }

  private func requireOneValue(_ rows: [Outcome]) throws {
    let bits = rows[0].value.firstDouble.bitPattern
    for row in rows.dropFirst() where row.value.firstDouble.bitPattern != bits {
      throw RuntimeError(
        .value,
        "the function is not repeatable: it gave \(formatShortest(rows[0].value.firstDouble)) and then "
          + formatShortest(row.value.firstDouble),
        hint: "a function that is compared gives the same value each time it is called")
    }
  }

  /// The gradient of the first method with twice the steps; nil where the loops cannot run more.
  private func doubled() throws -> [Tensor?]? {
    let watch = LoopWatch(methods[0], factor: 2)
    let found = try? measured(watch, estimatesError: false)
    return watch.isBounded ? nil : found?.gradient
  }

  // MARK: - Differences

  /// Central differences of two lengths, of which the second tells how noisy the first is.
  private func differences(from value: Tensor) throws -> [Difference] {
    let point = try tree.floats().map(stopGradient)
    guard point.contains(where: { $0.count > 0 }) else { return [] }
    let epsilon = point.contains { $0.dtype == .f32 } ? 1.2e-7 : 2.2e-16
    let size = max(1, try LoopCall.length(point).underlying.firstDouble)
    var key = RandomKey(seed: CrossCheck.seed)
    return try (0..<CrossCheck.directions).map { _ in
      let drawn = try point.map { Variable.tensor(try key.normal($0.shape, $0.dtype)) }
      let length = try LoopCall.length(drawn).underlying.firstDouble
      let direction = try drawn.map { try $0 / length }
      func slope(_ h: Double) throws -> Double {
        let ends = try [h, -h].map { step in
          try rehearsed {
            try interpreter.watchingLoops(by: LoopWatch(.none)) {
              let moved = try zip(point, direction).map { try $0 + $1 * step }
              return try interpreter.context.isolated { try loss(moved) }.underlying.firstDouble
            }
          }
        }
        return (ends[0] - ends[1]) / (2 * h)
      }
      let h = size * pow(epsilon, 1 / 3)
      let (wide, narrow) = (try slope(2 * h), try slope(h))
      let rounding = epsilon * (abs(value.firstDouble) + 1) / h
      return Difference(
        direction: direction.map(\.underlying), value: narrow + (narrow - wide) / 3,
        noise: abs(narrow - wide) + 4 * rounding)
    }
  }
}

extension LoopGradient {
  /// True for the derivative of where the loop goes to, and not of how it ran.
  var pointsAtSolution: Bool {
    if case .implicit = self { true } else { false }
  }
}
