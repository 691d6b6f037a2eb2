// Quadratic programs: ½ xᵀP x + qᵀx → min with A x = b and G x ≤ h.
//
// The numbers come from a primal-dual interior point method, and the constraints that push are then
// solved for exactly. What is differentiated are the conditions of Karush, Kuhn and Tucker there:
//
//     P x + q + Aᵀ y + Gᵀ z = 0          A x = b          (G x - h)ᵢ = 0 where a constraint pushes, zᵢ = 0 else
//
// Their Jacobian is symmetric, and solutions and multipliers are functions of all data, to every order. A
// constraint that only touches, without pushing, counts as not there: of its two derivatives this is one.

import Autodiff
import Tensors

/// The data of a quadratic program; constraints may be missing.
public struct QuadraticProgram {
  let p: Variable
  let q: Variable
  /// A and b.
  let equalities: Constraints?
  /// G and h.
  let inequalities: Constraints?

  /// Rows of a matrix with their right sides.
  public struct Constraints {
    let matrix: Variable
    let right: Variable
  }

  /// A program.
  ///
  /// - Throws: a shape error where the data do not fit, a value error where they are not finite or P is
  ///   not positive semidefinite.
  public init(
    p: Variable, q: Variable, a: Variable? = nil, b: Variable? = nil, g: Variable? = nil,
    h: Variable? = nil
  ) throws {
    guard p.rank == 2, p.shape[0] == p.shape[1], p.shape[0] > 0 else {
      throw TensorError(
        .shape, "P of a quadratic program is a square matrix, not \(p.typeDescription)")
    }
    guard q.shape == Shape(p.shape[0]) else {
      throw TensorError(
        .shape,
        "q of a quadratic program has an element for each row of P, \(p.typeDescription), "
          + "and it is \(q.typeDescription)")
    }
    self.p = try (p + p.transposed()) * 0.5
    self.q = q
    equalities = try QuadraticProgram.constraints(a, b, names: ("A", "b"), like: q)
    inequalities = try QuadraticProgram.constraints(g, h, names: ("G", "h"), like: q)
    try requireNumbers()
  }

  private static func constraints(
    _ matrix: Variable?, _ right: Variable?, names: (String, String), like q: Variable
  ) throws -> Constraints? {
    guard let matrix, let right else {
      guard matrix == nil, right == nil else {
        let (given, missing) = matrix == nil ? (names.1, names.0) : names
        throw TensorError(
          .value, "a quadratic program has \(given) and no \(missing)",
          hint: "constraints are A x = b and G x ≤ h")
      }
      return nil
    }
    guard matrix.rank == 2, matrix.shape[1] == q.shape[0], right.shape == Shape(matrix.shape[0])
    else {
      throw TensorError(
        .shape,
        "\(names.0) and \(names.1) of a quadratic program of \(q.shape[0]) unknowns do not fit: "
          + "\(matrix.typeDescription) and \(right.typeDescription)",
        hint: "a constraint is a row of \(names.0) with an element of \(names.1)")
    }
    return matrix.shape[0] == 0 ? nil : Constraints(matrix: matrix, right: right)
  }

  private func requireNumbers() throws {
    var data = [("P", p), ("q", q)]
    if let equalities { data += [("A", equalities.matrix), ("b", equalities.right)] }
    if let inequalities { data.append(("G", inequalities.matrix)) }
    for (name, x) in data where try !stopGradient(x).isfinite().isTrueEverywhere {
      throw TensorError(.value, "\(name) of a quadratic program is not finite everywhere")
    }
    if let h = inequalities.map({ stopGradient($0.right) }),
      try h.isGreater(than: .number(-.infinity, like: h)).not().isTrueAnywhere
    {
      throw TensorError(
        .value, "h of a quadratic program is nan or -inf somewhere",
        hint: "inf stands for no constraint")
    }
    let values = try stopGradient(p).eigvalsh()
    let least = try values.min(axes: AxisSet(0))
    let size = try values.abs().max(axes: AxisSet(0))
    let isConvex = try least.isGreaterOrEqual(to: size * -1e-9)
    guard isConvex.isTrueEverywhere else {
      let number = least.underlying.doubles.min() ?? 0
      throw TensorError(
        .value,
        "P of a quadratic program must be positive semidefinite, and its least eigenvalue is "
          + formatShortest(number),
        hint: "the program is not convex; add a ridge to P, or search with minimize")
    }
  }

  /// Zeros in the shape of x.
  public var unknowns: Variable { get throws { try q.zerosLike() } }

  /// The conditions at x, y and z, as far as there are constraints, in this order.
  func conditions(_ unknowns: [Variable]) throws -> [Variable] {
    var rest = unknowns[...]
    let x = rest.removeFirst()
    var stationarity = try p.matmul(x) + q
    var others: [Variable] = []
    if let equalities {
      let y = rest.removeFirst()
      stationarity = try stationarity + equalities.matrix.transposed().matmul(y)
      others.append(try equalities.matrix.matmul(x) - equalities.right)
    }
    if let inequalities {
      let z = rest.removeFirst()
      let slack = try inequalities.right - inequalities.matrix.matmul(x)
      let pushes = try stopGradient(z).isGreater(than: .number(0, like: z))
      let pushing = try pushes.select(z, .number(0, like: z))
      stationarity = try stationarity + inequalities.matrix.transposed().matmul(pushing)
      // A slack that is infinite has derivatives nobody asks for.
      others.append(try pushes.select(-pushes.select(slack, .number(0, like: slack)), z))
    }
    return [stationarity] + others
  }

  /// The same with constants in f64.
  fileprivate func constants() throws -> QuadraticProgram {
    func constant(_ x: Variable) throws -> Variable { try stopGradient(x).converted(to: .f64) }
    func constants(_ c: Constraints) throws -> Constraints {
      Constraints(matrix: try constant(c.matrix), right: try constant(c.right))
    }
    return QuadraticProgram(
      constant: try constant(p), try constant(q), try equalities.map(constants),
      try inequalities.map(constants))
  }

  /// A program that has been looked at.
  init(
    constant p: Variable, _ q: Variable, _ equalities: Constraints?, _ inequalities: Constraints?
  ) {
    self.p = p
    self.q = q
    self.equalities = equalities
    self.inequalities = inequalities
  }
}

/// A solution with its multipliers and how it was found.
public struct QuadraticSolution {
  /// x.
  public let x: Variable
  /// y, the multipliers of the equalities; nil where there are none.
  public let equality: Variable?
  /// z, those of the inequalities, 0 or more.
  public let inequality: Variable?
  /// How the search ended.
  public let report: RootReport
}

extension RootSolver {
  /// The solution of a quadratic program as a function of its data.
  ///
  /// - Throws: a value error for constraints that contradict each other and for a program that falls
  ///   without end; under vmap solutions of such items are nan, and a notice tells of them.
  public func solve(_ program: QuadraticProgram) throws -> QuadraticSolution {
    let place = Context.current.place
    let (found, report) = try numbers {
      try InteriorPoint(program.constants(), options).run()
    }
    let isAlone = report.codes.underlying.count == 1
    let isHopeless = report.outcome == .infeasible || report.outcome == .unbounded
    try report.tell(isStrict: options.isStrict || (isAlone && isHopeless), place: place)
    let dtype = program.q.dtype
    let solution = try implicitRoot(
      found.map { try $0.converted(to: dtype) }, solver: options.solver
    ) { try program.conditions($0) }
    try tellOfTouching(program, solution, place)
    return QuadraticSolution(
      x: solution[0], equality: program.equalities == nil ? nil : solution[1],
      inequality: program.inequalities == nil ? nil : solution.last, report: report)
  }

  /// Says where a derivative is one of two.
  private func tellOfTouching(
    _ program: QuadraticProgram, _ solution: [Variable], _ place: UInt64
  ) throws {
    guard let inequalities = program.inequalities, let last = solution.last,
      solution.contains(where: \.carriesDerivative), Context.current.notify != nil
    else { return }
    let z = stopGradient(last)
    let x = stopGradient(solution[0])
    let matrix = stopGradient(inequalities.matrix)
    let slack = try stopGradient(inequalities.right) - matrix.matmul(x)
    let margin = z.dtype == .f32 ? 1e-4 : 1e-8
    let size = try x.abs().max(axes: AxisSet(0)) + 1
    let force = try z.abs().max(axes: AxisSet(0)) + 1
    let touches = try slack.isLessOrEqual(to: size * margin)
      .and(z.isLessOrEqual(to: force * margin))
    guard touches.isTrueAnywhere else { return }
    Notice(
      "a constraint of the quadratic program touches the solution without pushing: the derivative is "
        + "that of the program without it",
      hint: "on the other side of it the derivative is another one", place: place
    ).send()
  }
}
