// How far a derivative is from that of the whole loop, or of the point that it goes to: `info.error()`.
//
// After a backward pass the cotangent ū of the last state is known, and with the Jacobian J of the step there
//
//     truncate(k)    what was left out:  Σ Bᵀ (Jᵀ)ⁱ ū,  i = k … n-1           B = ∂step/∂metas
//     implicit       the point moved by a Newton step δ, and with it ū by |ū| / |x| δ:
//                    what the exact solve gives there, less what was given here
//     estimate       the standard error, and what twice the sigma changes, a third of it
//
// The first is exact where the step is linear. All are made longer by a half, to be bounds more often.

import Autodiff
import Language
import Solvers
import Tensors
import ZeroOrder

/// The cotangent of the state that a loop ended in, once a backward pass has brought it.
final class LoopCotangent {
  /// Inside `vmap` one for each example.
  fileprivate(set) var numbers: [Variable]?

  /// The state as it is, watched on the way back.
  func watching(_ floats: [Variable]) throws -> [Variable] {
    let count = floats.count
    guard count > 0 else { return floats }
    let function = CustomFunction(
      "inner_loop", results: count, value: { $0 }, forward: { _, tangents in tangents },
      reverse: { [self] arguments, cotangents in
        numbers = try zip(cotangents, arguments).map { stopGradient(try $0 ?? $1.zerosLike()) }
        return cotangents
      })
    return try function.results(floats)
  }
}

/// The derivatives at the points where loops would have ended, which are one for all methods that
/// give a loop the same state and cotangent.
final class LoopSolutions {
  private var found: [(loop: Int, operands: [Tensor], derivative: [Variable])] = []

  /// - Parameter loop: which of a function's loops, in the order of their calls.
  func derivative(
    of loop: Int, at operands: [Variable], orElse compute: () throws -> [Variable]
  ) throws -> [Variable] {
    let operands = operands.map(\.underlying)
    let known = found.first { $0.loop == loop && LoopSolutions.areSame($0.operands, operands) }
    if let known { return known.derivative }
    let derivative = try compute()
    found.append((loop, operands, derivative))
    return derivative
  }

  private static func areSame(_ a: [Tensor], _ b: [Tensor]) -> Bool {
    a.count == b.count
      && zip(a, b).allSatisfy { x, y in
        x.dtype == y.dtype && x.shape == y.shape
          && x.doubles.elementsEqual(y.doubles) { $0.bitPattern == $1.bitPattern }
      }
  }
}

extension LoopCall {
  /// The factor that makes an estimate a bound in most cases.
  private static let safety = 1.5
  /// The most terms of a tail that are summed, and how small the last has to be against the sum.
  private static let mostTerms = 10_000
  private static let smallTerm = 1e-4
  /// How small the rest has to be against the sum for a tail to end, and how often in a row: one term of a state
  /// that turns may be small by chance.
  private static let smallRest = 0.1
  private static let smallTerms = 8

  /// The norm of the error of the derivative by everything behind the state; nil where it is not to be had. Inside
  /// `vmap` it is one number for each example.
  ///
  /// - Parameters:
  ///   - known: what was found under other methods, and which loop this is.
  ///   - tells: whether a notice says why it is not known.
  func error(
    at state: Value, _ cotangent: LoopCotangent, known: (LoopSolutions, loop: Int)? = nil,
    tells: Bool = true
  ) throws -> Variable? {
    let saved = tellsOfErrors
    tellsOfErrors = tells
    defer { tellsOfErrors = saved }

    switch gradient {
    case .unroll, .recompute, .forward: return .tensor(Tensor(0.0))
    default: break
    }
    guard let cotangent = cotangent.numbers else { return nil }
    guard !(cotangent + form.parts(state)).contains(where: \.hasEscaped) else {
      return unknown("it is asked for behind the vmap that the loop was in")
    }
    return try again {
      try interpreter.context.isolated {
        switch gradient {
        case .truncate(let steps): return try tail(steps, state, cotangent)
        case .oneStep: return try tail(1, state, cotangent)
        case .implicit(let solver, _): return try distance(state, cotangent, solver, known)
        case .estimate(let options, _): return try spread(options, cotangent)
        default: return unknown("\(gradient.description) leaves out all that the steps depend on")
        }
      }
    }
  }

  private func unknown(_ reason: String) -> Variable? {
    guard tellsOfErrors else { return nil }
    Notice(
      "the error of gradient=\(gradient.description.excerpt) is not known: \(reason)",
      hint: "crosscheck holds the methods against each other", place: interpreter.context.place
    ).send()
    return nil
  }

  // MARK: - One step

  /// A step around the last state, as a function of the state's floats and of all that it reads.
  private struct LastStep {
    let x: [Variable]
    let others: [Variable]
    let residual: ([Variable], [Variable]) throws -> [Variable]
  }

  /// - Parameter solves: whether the equation of the implicit derivative is meant, and not the step.
  private func lastStep(_ state: Value, solves: Bool) throws -> LastStep {
    let parts = form.parts(state).map(stopGradient)
    let floats = form.floats(parts)
    let optimizer = solves ? loop.step.optimizer : nil
    let unknowns = try optimizer.map { try $0.parameterCount(of: start) } ?? floats.count
    let places = metas.leaves.indices.filter { metas.leaves[$0].variable.dtype.isFloat }
    let reads = LiftedReads(given: metas.variables)
    let last = max(rounds - 1, 0)
    func step(_ x: [Variable], _ metas: [Value]) throws -> [Variable] {
      let given = form.state(
        state, with: form.parts(parts, withFloats: x + floats.dropFirst(x.count)))
      if let optimizer { return try gradient(by: optimizer, given, metas, last) }
      return form.floats(form.parts(try round(last, given, metas)))
    }
    let solved = Array(floats.prefix(unknowns))
    _ = try log.run(last) {
      try reads.finding(interpreter) { try with(metas.variables) { try step(solved, $0) } }
    }
    let found = Array(reads.found)
    return LastStep(
      x: solved,
      others: places.map { stopGradient(metas.variables[$0]) }
        + found.map(stopGradient)
    ) { [self] x, others in
      var given = metas.variables
      for (place, variable) in zip(places, others) { given[place] = variable }
      return try log.run(last) {
        try with(given) { metas in
          try reads.run(interpreter, with: given + others.dropFirst(places.count)) {
            let next = try step(x, metas)
            return solves && optimizer == nil ? try zip(x, next).map { try $0 - $1 } : next
          }
        }
      }
    }
  }

  // MARK: - What was left out

  private func tail(_ steps: Int, _ state: Value, _ cotangent: [Variable]) throws -> Variable? {
    guard steps < rounds else { return .tensor(Tensor(0.0)) }
    let step = try lastStep(state, solves: false)
    let pull = try vjp(step.x + step.others) {
      try step.residual(Array($0.prefix(step.x.count)), Array($0.dropFirst(step.x.count)))
    }
    var moved = cotangent
    var sum: [Variable] = try step.others.map { try $0.zerosLike() }
    var first: Variable?
    // How many terms in a row were small; of examples each has its own, and its sum stays where it ended.
    var small = 0
    var smallOfEach = Variable.tensor(Tensor(0))
    var ended: Variable?
    for term in 0..<rounds {
      try Safepoint.look()
      let found = try pull(moved)
      if term >= steps {
        let part = try zip(found.dropFirst(step.x.count), step.others).map {
          try $0 ?? $1.zerosLike()
        }
        let added = try zip(sum, part).map { try $0 + $1 }
        if let ended {
          sum = try zip(sum, added).map { try ended.select($0, $1) }
        } else {
          sum = added
        }
        let (size, whole) = (try LoopCall.length(part), try LoopCall.length(sum))
        let begun = first ?? size
        first = begun
        if try term - steps > LoopCall.mostTerms || !LoopCall.holds(size.isfinite()) {
          return try LoopCall.holds(size.isLess(than: begun * LoopCall.smallTerm))
            ? whole * LoopCall.safety : unknown("what was left out does not decay")
        }
        // Were all that come as large as this one, they would be a tenth of the sum, for which there is room.
        let rest = try size * Double(rounds - term)
        let isSmall = try rest.isLessOrEqual(to: whole * LoopCall.smallRest)
        if let flag = isSmall.concrete {
          small = flag.firstInt != 0 ? small + 1 : 0
          if small == LoopCall.smallTerms { break }
        } else {
          smallOfEach = try isSmall.select(smallOfEach + 1, .tensor(Tensor(0)))
          let ends = try smallOfEach.isGreater(than: .tensor(Tensor(LoopCall.smallTerms - 1)))
          let all = try ended.map { try $0.or(ends) } ?? ends
          ended = all
          if try LoopCall.holds(all) { break }
        }
      }
      moved = try zip(found.prefix(step.x.count), step.x).map { try $0 ?? $1.zerosLike() }
    }
    return try LoopCall.length(sum) * LoopCall.safety
  }

  /// The norm of all parts together, for each example.
  static func length(_ parts: [Variable]) throws -> Variable {
    try parts.reduce(.tensor(Tensor(0.0))) {
      try $0 + stopGradient($1).square().sum().converted(to: .f64)
    }.sqrt()
  }

  /// Whether something is so for every example.
  private static func holds(_ flag: Variable) throws -> Bool {
    let flags = flag.underlying
    return try flags.all(.all(rank: flags.rank), keepAxes: false).firstInt != 0
  }

  // MARK: - The distance of the solution

  private func distance(
    _ state: Value, _ cotangent: [Variable], _ solver: Value, _ known: (LoopSolutions, loop: Int)?
  ) throws -> Variable? {
    let step = try lastStep(state, solves: true)
    let x = step.x
    let exact = LinearSolver.automatic()
    let used = LinearSolver.make(
      from: solver, for: try ValueTree(.list(x.map { .tensor($0) })), interpreter
    ).forPartialSums
    /// -Bᵀ A⁻ᵀ ū at a point.
    func derivative(
      _ point: [Variable], _ cotangent: [Variable], _ solver: LinearSolver
    ) throws -> [Variable] {
      let root = try vjp(step.others) { others in
        try implicitRoot(point, solver: solver) { try step.residual($0, others) }
      }
      return try zip(root(cotangent), step.others).map { try $0 ?? $1.zerosLike() }
    }
    func solved() throws -> [Variable] {
      let gap = try step.residual(x, step.others)
      let jacobian = try LinearOperator(like: x) { direction in
        let moved = try jvp(x, direction) { try step.residual($0, step.others) }
        return try zip(moved.tangents, x).map { try $0 ?? $1.zerosLike() }
      }
      let delta = try exact.solve(jacobian, gap.map { try -$0 })
      let (size, length) = (try LoopCall.length(x), try LoopCall.length(cotangent))
      let scale = try size.isGreater(than: .tensor(Tensor(0.0))).select(length / size, length)
      let own = Array(cotangent.prefix(x.count))
      return try derivative(
        zip(x, delta).map { try $0 + $1 },
        zip(own, delta).map { try $0 + $1 * scale.converted(to: $1.dtype) }, exact)
    }
    let there =
      try known.map { known, loop in
        try known.derivative(of: loop, at: form.parts(state) + cotangent, orElse: solved)
      } ?? solved()
    let here = try derivative(x, Array(cotangent.prefix(x.count)), used)
    let error = try LoopCall.length(zip(there, here).map { try $0 - $1 })
    guard try LoopCall.holds(error.isfinite()) else {
      return unknown("its equations are singular")
    }
    return try error * LoopCall.safety
  }

  // MARK: - The spread of samples

  private func spread(_ options: ZeroOrderOptions, _ cotangent: [Variable]) throws -> Variable? {
    guard let rerun,
      let here = try rerun.estimate(options, rerun.operands, cotangent, measuresError: true),
      let deviation = here.standardError
    else { return nil }
    var wider = options
    wider.estimator.sigma *= 2
    guard let there = try rerun.estimate(wider, rerun.operands, cotangent) else { return nil }
    // The bias is of order σ²: what twice the σ changes is three times what is there.
    let bias = try LoopCall.length(zip(there.gradient, here.gradient).map { try $0 - $1 }) / 3
    return try LoopCall.length(deviation) + bias
  }
}
