// How a solver comes to its numbers: nothing here is recorded or differentiated.

import Autodiff
import Tensors

extension LinearSolver {
  /// The solution as numbers, for all items of a batch.
  func solve(
    _ map: LinearMap, _ right: [Variable], initial: [Variable]?
  ) throws -> ([Variable], SolveReport) {
    let raveling = Raveling(like: right)
    guard raveling.dtype.isFloat else {
      throw TensorError(
        .type, "\(name) solves for floats, and the right side is \(raveling.dtype.name)",
        hint: "convert it with .to(f64)")
    }
    let b = try raveling.vector(right)
    let start = try initial.map { parts in
      guard zip(parts, right).allSatisfy({ $0.shape == $1.shape }), parts.count == right.count
      else {
        throw TensorError(
          .shape, "the initial guess of \(name) does not have the shapes of the right side")
      }
      return try raveling.vector(parts).converted(to: raveling.dtype)
    }
    let (x, report) = try solve(map, raveling, b, start)
    return (try raveling.parts(x), report)
  }

  private func solve(
    _ map: LinearMap, _ raveling: Raveling, _ b: Variable, _ start: Variable?
  ) throws -> (Variable, SolveReport) {
    if raveling.count == 0 { return (b, SolveReport(solver: name)) }
    switch method {
    case .iterative(let method):
      return try iterate(method, System(map, raveling), b, start)
    case .direct(let method): return try factorize(method, map.dense(raveling), b)
    case .automatic: return try choose(System(map, raveling), b, start)
    case .function(let function):
      let x = try raveling.vector(function(map, raveling.parts(b)).map(stopGradient))
      let residual = try b - System(map, raveling).apply(x)
      let tolerance = options.relativeTolerance ?? 1e-3
      let isSmall = try residual.length().isLessOrEqual(to: b.length() * tolerance)
      var report = SolveReport(solver: name)
      report.residual = try LinearSolver.greatestRatio(residual.length(), b.length())
      if try isSmall.not().isTrueAnywhere { report.outcome = .stagnated }
      return (x, report)
    }
  }

  /// A map on vectors.
  struct System {
    let apply: (Variable) throws -> Variable
    let applyTransposed: (Variable) throws -> Variable
    let map: LinearMap
    let raveling: Raveling

    init(_ map: LinearMap, _ raveling: Raveling) {
      self.map = map
      self.raveling = raveling
      apply = { try raveling.vector(map.apply(raveling.parts($0))) }
      applyTransposed = { try raveling.vector(map.applyTransposed(raveling.parts($0))) }
    }
  }

  // MARK: - Iterative methods

  /// Runs a method until the residual, computed anew from the solution, is small enough: a method's
  /// own account of it drifts. Each run solves for what is left, with a right side of length 1.
  private func iterate(
    _ method: any IterativeMethod, _ system: System, _ b: Variable, _ start: Variable?
  ) throws -> (Variable, SolveReport) {
    let dtype = system.raveling.dtype
    let budget = options.maximumIterations ?? max(20, 10 * system.raveling.count)
    let preconditioned = method is NormalConjugateGradient ? system.map.normal : system.map
    let precondition = try options.preconditioner?.product(preconditioned, system.raveling)
    let size = try b.length()
    let goal = try (size * (options.relativeTolerance ?? (dtype == .f32 ? 1e-5 : 1e-10)))
      .maximum(.number(options.absoluteTolerance, like: size))
    var x = try start ?? b.zerosLike()
    var r = try start == nil ? b : b - system.apply(x)
    var length = try r.length()
    var watch = Watch()
    var steps = 0
    var isBroken: Variable?
    while steps < budget {
      try Safepoint.look()
      let isActive = try length.isGreater(than: goal)
      guard isActive.isTrueAnywhere else { break }
      let scale = try length.safe(where: isActive)
      let unit = try r / scale
      let pass = try method.solve(
        LinearSystem(
          apply: system.apply, applyTransposed: system.applyTransposed, precondition: precondition,
          goal: goal / scale, budget: budget - steps),
        right: unit, &watch)
      let isFirst = steps == 0
      steps += pass.steps
      isBroken = pass.isBroken
      let next = try x + scale * pass.x
      let left = try b - system.apply(next)
      try watch.finish(right: unit, x: pass.x, residual: left / scale, system.apply)
      let lengthLeft = try left.length()
      // The first run's result is what was asked for; a later one must be better than what there is.
      let isBetter = try lengthLeft.isLess(than: length)
      x = isFirst ? next : try isBetter.select(next, x)
      r = isFirst ? left : try isBetter.select(left, r)
      let progress = try lengthLeft.isLess(than: length * 0.5).and(isActive)
      length = isFirst ? lengthLeft : try isBetter.select(lengthLeft, length)
      guard pass.steps > 0, progress.isTrueAnywhere else { break }
    }
    var report = SolveReport(solver: name, iterations: steps)
    try report.judge(x, residual: length, right: size, watch.norm, watch.inverseNorm)
    if try !length.isfinite().isTrueEverywhere {
      report.outcome = .notFinite
    } else if try length.isGreater(than: goal).isTrueAnywhere {
      report.outcome =
        isBroken?.isTrueAnywhere == true
        ? .broke : steps >= budget ? .exhausted : .stagnated
    }
    return (x, report)
  }

  // MARK: - Direct methods

  /// Solves by a factorization; a second, random right side tells about ‖A⁻¹‖: on average
  /// ‖A⁻¹ z‖² n / ‖z‖² is the sum of the squares of the singular values of A⁻¹.
  private func factorize(
    _ method: DirectMethod, _ matrix: Variable, _ b: Variable, named label: String? = nil
  ) throws -> (Variable, SolveReport) {
    var key = RandomKey(seed: 0)
    let probe = try Variable.tensor(key.normal(b.shape, b.dtype)).beside(b)
    let both = try method.solve(matrix, Variable.stack([b, probe], axis: 1))
    // Of the right side 0 the solution is 0, whatever the matrix holds: what `where` did not take asks.
    let isZero = try b.length().isEqual(to: .number(0, like: b))
    let x = try isZero.select(
      .number(0, like: b), both.sliced(axis: 1, from: 0, to: 1).squeezed(1))
    let found = try both.sliced(axis: 1, from: 1, to: 2).squeezed(1)
    let inverseNorm = try found.length() / probe.length() * Double(max(b.count, 1)).squareRoot()
    let residual = try (b - matrix.matmul(x)).length()
    var report = SolveReport(solver: label ?? name)
    let norm = try matrix.norm(axes: .all(rank: 2))
    try report.judge(x, residual: residual, right: b.length(), norm, inverseNorm)
    if try !residual.isfinite().isTrueEverywhere { report.outcome = .notFinite }
    return (x, report)
  }

  // MARK: - Choosing a method

  /// The unknowns up to which a matrix is factorized.
  private static let greatestDense = 500

  /// Small systems are factorized, by Cholesky where the matrix is symmetric and definite; large
  /// ones go to the method that probes of symmetry and definiteness allow.
  private func choose(
    _ system: System, _ b: Variable, _ start: Variable?
  ) throws -> (Variable, SolveReport) {
    if system.raveling.count <= LinearSolver.greatestDense {
      return try chooseFactorization(system, b)
    }
    var key = RandomKey(seed: 1)
    let (u, v) = (
      try Variable.tensor(key.normal(b.shape, b.dtype)).beside(b),
      try Variable.tensor(key.normal(b.shape, b.dtype)).beside(b)
    )
    let (first, second) = (try system.apply(u), try system.apply(v))
    let (uv, vu) = (try u.inner(second), try v.inner(first))
    let scale = try u.length() * second.length() + v.length() * first.length()
    let tolerance = b.dtype.epsilon.squareRoot()
    let isSymmetric = try (uv - vu).abs().isLessOrEqual(to: scale * tolerance).isTrueEverywhere
    // ⟨v, A v⟩ is about the trace: near 0 beside ‖v‖ ‖A v‖ where signs are mixed.
    let cosineU = try u.inner(first) / (u.length() * first.length())
    let cosineV = try v.inner(second) / (v.length() * second.length())
    let isDefinite = try (cosineU * cosineV).isGreater(than: .number(0.01, like: uv))
      .isTrueEverywhere
    var methods: [any IterativeMethod] = [GeneralizedMinimalResidual(restart: 50)]
    if isSymmetric { methods.insert(MinimalResidual(), at: 0) }
    if isSymmetric && isDefinite { methods.insert(ConjugateGradient(), at: 0) }
    var iterations = 0
    var best: (x: Variable, report: SolveReport)?
    for method in methods {
      // What a method made worse than nothing is no place to start for the next one.
      let place = best.flatMap { $0.report.residual < 1 ? $0.x : nil } ?? start
      var (x, report) = try iterate(method, system, b, place)
      report.solver = "auto_solve (\(method.name))"
      iterations += report.iterations
      if best.map({ report.residual < $0.report.residual }) ?? true { best = (x, report) }
      if report.isConverged { break }
    }
    best?.report.iterations = iterations
    return try best ?? (b.zerosLike(), SolveReport(solver: name))
  }

  private func chooseFactorization(
    _ system: System, _ b: Variable
  ) throws -> (Variable, SolveReport) {
    let matrix = try system.map.dense(system.raveling)
    let methods: [DirectMethod] = try matrix.isSymmetric() ? [.cholesky, .lu] : [.lu]
    for method in methods {
      do {
        return try factorize(method, matrix, b, named: "auto_solve (\(method.rawValue))")
      } catch let error as TensorError where error.kind == .value {
        continue
      }
    }
    var (x, report) = try factorize(
      .leastSquares, matrix, b, named: "auto_solve (\(DirectMethod.leastSquares.rawValue))")
    report.outcome = .singular
    return (x, report)
  }
}

extension SolveReport {
  /// Takes figures, the worst of a batch, and sees whether rounding has left anything of x.
  fileprivate mutating func judge(
    _ x: Variable, residual: Variable, right: Variable, _ norm: Variable?, _ inverseNorm: Variable?
  ) throws {
    self.residual = try LinearSolver.greatestRatio(residual, right)
    guard let norm, let inverseNorm else { return }
    let condition = try (norm * inverseNorm).maximum(.number(1, like: norm)).greatestElement
    self.condition = condition
    // ‖x - A⁻¹ b‖ ≤ ‖A⁻¹‖ ‖b - A x‖, where rounding makes a residual of ε ‖A‖ ‖x‖ at least.
    let length = try x.length()
    let rounding = try norm * length * x.dtype.epsilon
    let error = try LinearSolver.greatestRatio(inverseNorm * (residual + rounding), length)
    self.error = error
    if !(error <= 0.1) { outcome = .illConditioned }
  }
}

extension LinearSolver {
  /// The greatest condition number among matrices; nil for those without elements.
  static func condition(_ matrix: Variable) throws -> Double? {
    guard matrix.count > 0 else { return nil }
    return try stopGradient(matrix).condition().greatestElement
  }

  /// The greatest a / b among items, 0 where a is 0.
  static func greatestRatio(_ a: Variable, _ b: Variable) throws -> Double {
    let isZero = try a.isEqual(to: .number(0, like: a))
    return try isZero.select(.number(0, like: a), a / b).greatestElement
  }
}

extension Variable {
  /// True where the condition holds for every item.
  var isTrueEverywhere: Bool { underlying.integers.allSatisfy { $0 != 0 } }

  /// The greatest element of all items; nan where one is.
  fileprivate var greatestElement: Double {
    underlying.doubles.reduce(-Double.infinity) { $0.isNaN || $1.isNaN ? .nan : Swift.max($0, $1) }
  }
}
