// Numbers of quadratic programs: Mehrotra's predictor and corrector, then the pushing constraints exactly.

import Autodiff
import Tensors

/// The primal-dual interior point method (Mehrotra 1992; Vandenberghe 2010, the coneqp of CVXOPT) for
/// constants in f64, with slacks s = h - G x and their multipliers z above 0:
///
///     [P   Aᵀ  Gᵀ   ] [dx]   [-P x - q - Aᵀy - Gᵀz]        r = G x + s - h
///     [A   0   0    ] [dy] = [b - A x             ]        ds = -(c + s dz) / z
///     [G   0   -s/z ] [dz]   [-r + c / z          ]        c = s z - σ μ + ds dz of the predictor
///
/// Rows of constraints are taken in units of their lengths, and P and q in that of their greatest number.
/// Rays tell of programs without a solution: z and y with Aᵀy + Gᵀz = 0 and bᵀy + hᵀz < 0 contradict the
/// constraints, and along x with P x = 0, A x = 0, G x ≤ 0 and qᵀx < 0 the program falls without end. Under
/// vmap every item takes steps of its own until it is done.
struct InteriorPoint {
  private let program: QuadraticProgram
  private let options: RootOptions
  /// What P and q, the rows of A and those of G were divided by.
  private let unit: Variable
  private let equalityUnits: Variable?
  private let inequalityUnits: Variable?
  private let zero = Variable(0.0)
  /// Whether a search that fails is followed by one for points within the constraints.
  private let looksForPoints: Bool

  private static let defaultBudget = 100
  /// How near to a ray a direction has to come, relative to what it gains.
  private static let rayTolerance = 1e-8
  /// The steps without any gain after which an item is given up.
  private static let patience = 30.0
  /// What is left of the conditions where rounding lets a search go no further.
  private static let rounding = 1e-8

  init(
    _ original: QuadraticProgram, _ options: RootOptions, looksForPoints: Bool = true
  ) throws {
    self.options = options
    self.looksForPoints = looksForPoints
    func safe(_ size: Variable) throws -> Variable { try size.safe(where: size.isUsableDivisor()) }
    func largest(_ x: Variable) throws -> Variable { try x.abs().max(axes: .all(rank: x.rank)) }
    unit = try safe(largest(original.p).maximum(largest(original.q)))
    func scaled(
      _ constraints: QuadraticProgram.Constraints?
    ) throws -> (QuadraticProgram.Constraints, units: Variable)? {
      guard let constraints else { return nil }
      // An infinite right side bounds nothing: its row is left out.
      let counts = try constraints.right.isfinite()
      let rows = constraints.matrix
      let units = try safe(rows.norm(axes: AxisSet(1)))
      let factors = try counts.select(1 / units, .number(0, like: units))
      let right = try counts.select(constraints.right, units) / units
      return (
        QuadraticProgram.Constraints(
          matrix: try rows * factors.reshape(to: Shape([units.shape[0], 1])), right: right), units
      )
    }
    let equalities = try scaled(original.equalities)
    let inequalities = try scaled(original.inequalities)
    (equalityUnits, inequalityUnits) = (equalities?.units, inequalities?.units)
    program = QuadraticProgram(
      constant: try original.p / unit, try original.q / unit, equalities?.0, inequalities?.0)
  }

  /// Where the method is.
  private struct State {
    var x: Variable
    var y: Variable?
    var s: Variable
    var z: Variable

    /// This state, or another one with the same constraints.
    func kept(where condition: Variable, else other: State) throws -> State {
      State(
        x: try condition.pick(x, other.x),
        y: try y.flatMap { y in try other.y.map { try condition.pick(y, $0) } },
        s: try condition.pick(s, other.s), z: try condition.pick(z, other.z))
    }
  }

  /// x, and y and z as far as there are constraints.
  func run() throws -> (found: [Variable], report: RootReport) {
    let (x, y, z, report) =
      try program.inequalities.map { try search($0.matrix, $0.right) } ?? solveEqualities()
    let multipliers = try zip([y, z], [equalityUnits, inequalityUnits]).compactMap { v, units in
      try v.flatMap { v in try units.map { try v * unit / $0 } }
    }
    return ([x] + multipliers, report)
  }

  private typealias Found = (x: Variable, y: Variable?, z: Variable?, report: RootReport)

  // MARK: - Equalities alone

  private func solveEqualities() throws -> Found {
    let n = program.q.shape[0]
    let right = try self.right(-program.q, program.equalities?.right)
    let matrix = try kkt(program.p)
    var solution: Variable
    do { solution = try matrix.solve(right) } catch let error as TensorError
      where error.kind == .value
    { solution = try matrix.lstsq(right) }
    let left = try (matrix.matmul(solution) - right).abs()
    let size = try largest(right) + largest(matrix.abs().max(axes: AxisSet(1)))
    let tolerance = 1e-9
    let isSolved = try largest(left).isLessOrEqual(to: size * (largest(solution) + 1) * tolerance)
    var code = try isSolved.select(number(.converged), number(.unbounded))
    if let equalities = program.equalities {
      let x = try equalities.matrix.lstsq(equalities.right)
      let gap = try largest(equalities.matrix.matmul(x) - equalities.right)
      let isPossible = try gap.isLessOrEqual(to: (largest(equalities.right) + 1) * tolerance)
      code = try isPossible.select(code, number(.infeasible))
    }
    solution = try code.isEqual(to: zero).select(solution, .number(.nan, like: solution))
    let x = try solution.sliced(axis: 0, from: 0, to: n)
    let y = try program.equalities.map { _ in
      try solution.sliced(axis: 0, from: n, to: solution.shape[0])
    }
    return (x, y, nil, try report(code, iterations: code * 0, residual: largest(left), x))
  }

  // MARK: - The search

  private func search(_ g: Variable, _ h: Variable) throws -> Found {
    var state = try start(g, h)
    var codes = try number(.exhausted) + largest(state.x) * 0
    var iterations = try codes.zerosLike()
    var isActive = try codes.isEqual(to: codes)
    let budget = options.maximumIterations ?? InteriorPoint.defaultBudget
    var steps = 0
    var stalls = try codes.zerosLike()
    var (best, least) = (state, try residuals(state, g, h).size)
    while true {
      try Safepoint.look()
      let residuals = try self.residuals(state, g, h)
      let isGain = try isActive.and(residuals.size.isLess(than: least * 0.9))
      best = try state.kept(where: isGain, else: best)
      least = try isGain.pick(residuals.size, least)
      stalls = try isGain.pick(stalls.zerosLike(), stalls + 1)
      let done = residuals.isSolution
      codes = try isActive.and(done).select(number(.converged), codes)
      let isOpen = try isActive.and(done.not())
      codes = try isOpen.and(contradicts(state, g, h)).select(number(.infeasible), codes)
      codes = try isOpen.and(residuals.size.isfinite().not()).select(number(.notFinite), codes)
      let isStuck = try stalls.isGreater(than: .number(InteriorPoint.patience, like: stalls))
      codes = try isOpen.and(isStuck).and(codes.isEqual(to: number(.exhausted)))
        .select(number(.stagnated), codes)
      isActive = try isActive.and(codes.isEqual(to: number(.exhausted)))
      guard steps < budget, isActive.isTrueAnywhere else { break }
      let (next, direction) = try step(from: state, residuals, g, h)
      let isRay = try isActive.and(falls(along: direction.x, from: state.x, g, h))
      codes = try isRay.select(number(.unbounded), codes)
      isActive = try isActive.and(isRay.not())
      state = try next.kept(where: isActive, else: state)
      iterations = try isActive.select(iterations + 1, iterations)
      steps += 1
    }
    state = best
    let last = try residuals(state, g, h)
    // Where rounding ends the search, this is as near as it lets it.
    let isNear = try last.size.isLessOrEqual(to: .number(InteriorPoint.rounding, like: last.size))
    codes = try codes.isEqual(to: number(.stagnated)).and(isNear).select(number(.converged), codes)
    let isOpen = try codes.isEqual(to: number(.stagnated)).or(codes.isEqual(to: number(.exhausted)))
    if looksForPoints, isOpen.isTrueAnywhere {
      codes = try isOpen.and(isEmpty(g, h)).select(number(.infeasible), codes)
    }
    let polished = try self.polished(state, g, h)
    let better = try residuals(polished, g, h).size
    let isBetter = try better.isLessOrEqual(to: last.size)
      .and(codes.isEqual(to: number(.converged)))
    // What does not push has the multiplier 0.
    let pushing = try state.z.isGreater(than: state.s).select(state.z, state.z.zerosLike())
    state.z = pushing
    state = try polished.kept(where: isBetter, else: state)
    let isHopeless = try codes.isEqual(to: number(.infeasible))
      .or(codes.isEqual(to: number(.unbounded)))
    func told(_ part: Variable) throws -> Variable {
      try isHopeless.pick(part.zerosLike() + .number(.nan, like: part), part)
    }
    let size = try isBetter.select(better, last.size)
    return (
      try told(state.x), try state.y.map(told), try told(state.z),
      try report(codes, iterations: iterations, residual: size, state.x)
    )
  }

  /// The solution for s = z = 1, with slacks and multipliers moved above 0.
  private func start(_ g: Variable, _ h: Variable) throws -> State {
    let (x, y, _) = try solve(
      g, h.zerosLike() + 1, -program.q, program.equalities?.right, h)
    let s = try h - g.matmul(x)
    func above(_ v: Variable) throws -> Variable {
      let least = try v.min(axes: AxisSet(0))
      let size = try largest(v).maximum(.number(1, like: least))
      let isAbove = try least.isGreater(than: size * 1e-3)
      return try isAbove.pick(v, v - least + size)
    }
    return State(x: x, y: y, s: try above(s), z: try above(-s))
  }

  /// What is left of the conditions.
  private struct Residuals {
    let dual: Variable
    let equality: Variable?
    let slack: Variable
    let isSolution: Variable
    /// The greatest of all, relative to the data.
    let size: Variable
  }

  private func residuals(_ state: State, _ g: Variable, _ h: Variable) throws -> Residuals {
    let curved = try program.p.matmul(state.x)
    let pushed = try g.transposed().matmul(state.z)
    var dual = try curved + program.q + pushed
    var dualSize = try largest(program.q).maximum(largest(curved)).maximum(largest(pushed))
    var equality: Variable?
    var primal = try largest(g.matmul(state.x) + state.s - h)
    let slack = try g.matmul(state.x) + state.s - h
    var primalSize = try largest(h).maximum(largest(g.matmul(state.x)))
    if let equalities = program.equalities, let y = state.y {
      let bent = try equalities.matrix.transposed().matmul(y)
      dual = try dual + bent
      dualSize = try dualSize.maximum(largest(bent))
      let gap = try equalities.matrix.matmul(state.x) - equalities.right
      equality = gap
      primal = try primal.maximum(largest(gap))
      primalSize = try primalSize.maximum(largest(equalities.right))
    }
    let gap = try state.s.inner(state.z)
    let value = try self.value(state.x).abs()
    let goal = max(options.relativeTolerance ?? 1e-10, 1e-13)
    let unit = try primalUnit(h)
    let size = try (primal / (primalSize + unit)).maximum(largest(dual) / (dualSize + 1))
      .maximum(gap.abs() / (value + unit))
    return Residuals(
      dual: dual, equality: equality, slack: slack,
      isSolution: try size.isLessOrEqual(to: .number(goal, like: size)), size: size)
  }

  /// Items whose multipliers contradict the constraints. A point x within these would have 0 < gain ≤
  /// ‖x‖₁ ‖Aᵀy + Gᵀz‖, and none is so far away.
  private func contradicts(_ state: State, _ g: Variable, _ h: Variable) throws -> Variable {
    var pushed = try g.transposed().matmul(state.z)
    var gain = try -h.inner(state.z)
    var terms = try h.abs().inner(state.z)
    var reach = try length(state.x) + largest(h)
    if let equalities = program.equalities, let y = state.y {
      pushed = try pushed + equalities.matrix.transposed().matmul(y)
      gain = try gain - equalities.right.inner(y)
      terms = try terms + equalities.right.abs().inner(y.abs())
      reach = try reach + largest(equalities.right)
    }
    let tolerance = InteriorPoint.rayTolerance
    return try gain.isGreater(than: terms * tolerance)
      .and((largest(pushed) * reach).isLessOrEqual(to: gain * tolerance))
  }

  /// Items that fall without end along a direction: a long step that leaves no constraint, along which P
  /// bends the program up no nearer than 1e10 times the right sides.
  private func falls(
    along d: Variable, from x: Variable, _ g: Variable, _ h: Variable
  ) throws -> Variable {
    let size = try length(d)
    var leaves = try g.matmul(d).max(axes: AxisSet(0))
    if let equalities = program.equalities {
      leaves = try leaves.maximum(largest(equalities.matrix.matmul(d)))
    }
    let gain = try -(program.q + program.p.matmul(x)).inner(d)
    let tolerance = InteriorPoint.rayTolerance
    let unit = try primalUnit(h)
    let bend = try d.inner(program.p.matmul(d)) * unit * 1e10
    return try size.isGreater(than: unit * 1e5).and(size.isGreater(than: length(x) * 0.1))
      .and(gain.isGreater(than: largest(program.q) * size * tolerance))
      .and(bend.isLessOrEqual(to: gain * size))
      .and(leaves.isLessOrEqual(to: size * tolerance))
  }

  /// Items whose constraints have no point: the least t with A x + t = b and G x - t ≤ h is not 0. This is
  /// a program that has a solution.
  private func isEmpty(_ g: Variable, _ h: Variable) throws -> Variable {
    let (n, m) = (program.q.shape[0], h.shape[0])
    let count = program.equalities?.matrix.shape[0] ?? 0
    let all = n + count + m
    func block(_ rows: Int, _ from: Int, _ sign: Double) throws -> Variable {
      let unit = try Tensor.eye(all, all, .f64).sliced(axis: 0, from: from, to: from + rows)
      return try .tensor(unit) * Variable(sign)
    }
    func widened(_ matrix: Variable, _ rows: Int, _ from: Int, _ sign: Double) throws -> Variable {
      let none = Variable.tensor(try Tensor.zeros(Shape([rows, count + m]), .f64))
      return try Variable.concat([matrix, none], axis: 1) + block(rows, from, sign)
    }
    let weights = try Variable.concat(
      [.tensor(Tensor.zeros(Shape(n), .f64)), .tensor(Tensor.ones(Shape(count + m)))], axis: 0)
    let phase = QuadraticProgram(
      constant: try .tensor(Tensor.eye(all, all, .f64)) * weights,
      try .tensor(Tensor.zeros(Shape(all), .f64)),
      try program.equalities.map {
        .init(matrix: try widened($0.matrix, count, n, 1), right: $0.right)
      }, .init(matrix: try widened(g, m, n + count, -1), right: h))
    let (found, _) = try InteriorPoint(phase, RootOptions(), looksForPoints: false).run()
    let t = try found[0].sliced(axis: 0, from: n, to: all)
    return try largest(t).isGreater(than: primalUnit(h) * 1e-6)
  }

  /// The greatest right side, 1 where all are 0: what distances of x are measured by.
  private func primalUnit(_ h: Variable) throws -> Variable {
    var unit = try largest(h)
    if let equalities = program.equalities { unit = try unit.maximum(largest(equalities.right)) }
    return try unit.safe(where: unit.isUsableDivisor())
  }

  private func step(
    from state: State, _ residuals: Residuals, _ g: Variable, _ h: Variable
  ) throws -> (State, direction: State) {
    let ratios = try state.s / state.z
    func direction(_ c: Variable) throws -> State {
      let (dx, dy, dz) = try solve(
        g, ratios, -residuals.dual, residuals.equality.map { try -$0 },
        c / state.z - residuals.slack)
      return State(x: dx, y: dy, s: try -(c + state.s * dz) / state.z, z: dz)
    }
    /// How far slacks and multipliers stay above 0.
    func reach(_ d: State) throws -> Variable {
      func reach(_ v: Variable, _ d: Variable) throws -> Variable {
        let falls = try d.isLess(than: .number(0, like: d))
        let most = try falls.select(
          -v / falls.select(d, .number(-1, like: d)), .number(1e30, like: v))
        return try most.min(axes: AxisSet(0))
      }
      return try reach(state.s, d.s).minimum(reach(state.z, d.z))
    }
    let count = Double(h.shape[0])
    let products = try state.s * state.z
    let mu = try state.s.inner(state.z) / count
    let predictor = try direction(products)
    let one = Variable.number(1, like: mu)
    let ahead = try reach(predictor).minimum(one)
    let left = try (state.s + ahead * predictor.s).inner(state.z + ahead * predictor.z) / count
    let ratio = try Variable.quotient(left, mu, where: mu.isUsableDivisor())
    let target = try ratio * ratio * ratio * mu
    let d = try direction(products - target + predictor.s * predictor.z)
    let length = try (reach(d) * 0.99).minimum(one)
    return (
      State(
        x: try state.x + length * d.x,
        y: try d.y.flatMap { dy in try state.y.map { try $0 + length * dy } },
        s: try state.s + length * d.s, z: try state.z + length * d.z), d
    )
  }

  // MARK: - The constraints that push

  /// The solution of the equations of the constraints that push, the state itself where these have none
  /// or lead out of the other constraints.
  private func polished(_ state: State, _ g: Variable, _ h: Variable) throws -> State {
    let m = h.shape[0]
    let one = Variable.number(1, like: h)
    let pushes = try state.z.isGreater(than: state.s).select(one, one.zerosLike())
    let active = try g * column(pushes)
    let upper = try Variable.concat([kkt(program.p), padded(active)], axis: 0)
    let corner = Variable.tensor(try Tensor.eye(m, m, .f64))
    let lower = try Variable.concat([padded(active).transposed(), corner * (1 - pushes)], axis: 0)
    let matrix = try Variable.concat([upper, lower], axis: 1)
    let right = try Variable.concat(
      [right(-program.q, program.equalities?.right), pushes * h], axis: 0)
    let solution: Variable
    do { solution = try matrix.solve(right) } catch let error as TensorError
      where error.kind == .value
    {
      guard try matrix.isfinite().isTrueEverywhere else { return state }
      solution = try matrix.lstsq(right)
    }
    let count = upper.shape[0] - m
    let (x, y) = try split(solution.sliced(axis: 0, from: 0, to: count))
    let z = try solution.sliced(axis: 0, from: count, to: count + m)
    let slack = try h - g.matmul(x)
    let tolerance = try (largest(x) + largest(h) + 1) * 1e-9
    let isInside = try slack.min(axes: AxisSet(0)).isGreaterOrEqual(to: -tolerance)
      .and(z.min(axes: AxisSet(0)).isGreaterOrEqual(to: (largest(z) + 1) * -1e-9))
      .and(solution.isFiniteVector())
    let zeros = try h.zerosLike()
    return State(
      x: try isInside.pick(x, state.x),
      y: try y.flatMap { y in try state.y.map { try isInside.pick(y, $0) } },
      s: try isInside.pick(slack.maximum(zeros), state.s),
      z: try isInside.pick((z * pushes).maximum(zeros), state.z))
  }

  // MARK: - Parts

  /// [H Aᵀ; A 0], H alone where there are no equalities.
  private func kkt(_ h: Variable, corner: Double = 0) throws -> Variable {
    guard let a = program.equalities?.matrix else { return h }
    let count = a.shape[0]
    let lower = Variable.tensor(try Tensor.eye(count, count, .f64))
    return try Variable.concat(
      [
        Variable.concat([h, a], axis: 0),
        Variable.concat([a.transposed(), lower * -corner], axis: 0),
      ], axis: 1)
  }

  /// A direction, with a little on the diagonal, so that a program with several solutions has one; the
  /// next step sees what that left.
  private func solve(
    _ g: Variable, _ ratios: Variable, _ stationarity: Variable, _ equality: Variable?,
    _ inequality: Variable
  ) throws -> (x: Variable, y: Variable?, z: Variable) {
    let (n, m) = (program.q.shape[0], ratios.shape[0])
    let little = 1e-12
    let upper = try kkt(
      program.p + .tensor(Tensor.eye(n, n, .f64)) * Variable(little), corner: little)
    let corner = try Variable.tensor(Tensor.eye(m, m, .f64)) * (-(ratios + little))
    let sides = try padded(g)
    let matrix = try Variable.concat(
      [
        Variable.concat([upper, sides], axis: 0),
        Variable.concat([sides.transposed(), corner], axis: 0),
      ], axis: 1)
    let solution = try matrix.solve(
      Variable.concat([right(stationarity, equality), inequality], axis: 0))
    let count = upper.shape[0]
    let (x, y) = try split(solution.sliced(axis: 0, from: 0, to: count))
    return (x, y, try solution.sliced(axis: 0, from: count, to: count + m))
  }

  /// A matrix with a column of zeros for each equality behind its own.
  private func padded(_ matrix: Variable) throws -> Variable {
    guard let a = program.equalities?.matrix else { return matrix }
    let zeros = Variable.tensor(try Tensor.zeros(Shape([matrix.shape[0], a.shape[0]]), .f64))
    return try Variable.concat([matrix, zeros], axis: 1)
  }

  private func right(_ upper: Variable, _ lower: Variable?) throws -> Variable {
    try lower.map { try Variable.concat([upper, $0], axis: 0) } ?? upper
  }

  private func split(_ solution: Variable) throws -> (x: Variable, y: Variable?) {
    let n = program.q.shape[0]
    guard solution.shape[0] > n else { return (solution, nil) }
    return (
      try solution.sliced(axis: 0, from: 0, to: n),
      try solution.sliced(axis: 0, from: n, to: solution.shape[0])
    )
  }

  private func column(_ v: Variable) throws -> Variable {
    try v.reshape(to: Shape([v.shape[0], 1]))
  }

  private func largest(_ v: Variable) throws -> Variable {
    v.rank == 0 ? try v.abs() : try v.abs().max(axes: AxisSet(0))
  }

  /// The sum of the sizes of all elements.
  private func length(_ v: Variable) throws -> Variable { try v.abs().sum(axes: AxisSet(0)) }

  private func value(_ x: Variable) throws -> Variable {
    try x.inner(program.p.matmul(x)) * 0.5 + program.q.inner(x)
  }

  private func number(_ outcome: RootReport.Outcome) -> Variable {
    Variable(Double(outcome.rawValue))
  }

  private func report(
    _ codes: Variable, iterations: Variable, residual: Variable, _ x: Variable
  ) throws -> RootReport {
    RootReport(
      method: "quadratic_program", measure: "residual",
      iterations: stopGradient(try iterations.converted(to: .i64)),
      residual: stopGradient(residual), step: stopGradient(try codes.zerosLike()),
      value: stopGradient(try value(x) * unit), evaluations: 0, codes: stopGradient(codes))
  }
}
