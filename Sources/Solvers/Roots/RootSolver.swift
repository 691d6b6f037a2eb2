// Searches for roots, fixed points and minima, and what is differentiated of them.
//
// A search runs for its numbers, with nothing recorded. What it found is then made a function of
// everything that the program's function reads, by the condition that holds there: F(x) = 0,
// T(x) - x = 0, or a gradient that vanishes (`implicitRoot`). Unrolled, it is instead recorded as
// it runs, where the search begins included.

import Autodiff
import Tensors

/// Bounds and switches of a search.
public struct RootOptions {
  /// The most steps; nil for what the method has as its default.
  public var maximumIterations: Int?
  /// The error of x relative to x at which to stop; nil for 1e-10 in f64 and 1e-5 in f32.
  public var relativeTolerance: Double?
  /// The length of what has to vanish at which to stop in any case.
  public var absoluteTolerance = 0.0
  /// What solves linear systems: Newton's own, and those of derivatives.
  public var solver = LinearSolver.automatic()
  /// Whether the steps themselves are differentiated, instead of the solution.
  public var isUnrolled = false
  /// Whether a search that does not converge is an error.
  public var isStrict = false
  /// The defaults.
  public init() {}

  func relativeTolerance(for dtype: DType) -> Double {
    relativeTolerance ?? (dtype == .f32 ? 1e-5 : 1e-10)
  }
}

/// Searches with given options.
public struct RootSolver {
  /// A function of the tensors of a tree.
  public typealias Function = ([Variable]) throws -> [Variable]
  /// The tensors that were found, and how the search ended.
  public typealias Result = (solution: [Variable], report: RootReport)

  let options: RootOptions

  /// Searches with given options.
  public init(_ options: RootOptions = RootOptions()) { self.options = options }

  /// Runs a method from where it starts, and makes what it finds a function of all that is read.
  ///
  /// - Parameters:
  ///   - start: floats.
  ///   - condition: what vanishes at the solution, for derivatives.
  func find<M: RootMethod>(
    from start: [Variable], condition: Function,
    _ makeMethod: (Raveling, CallCounter) throws -> M
  ) throws -> Result {
    let place = Context.current.place
    let raveling = Raveling(like: start)
    guard raveling.dtype.isFloat, raveling.count > 0 else {
      throw TensorError(
        .type, "a search needs floats to start from, and there are none",
        hint: "give a number, a tensor or a tree of them")
    }
    func run(_ start: [Variable]) throws -> (x: Variable, report: RootReport) {
      let calls = CallCounter()
      return try Progress.run(
        makeMethod(raveling, calls), from: raveling.vector(start), options, calls)
    }
    guard !options.isUnrolled else {
      Context.current.meets(obstacle: searchObstacle)
      let (x, report) = try run(start)
      try report.tell(isStrict: options.isStrict, place: place)
      return (try raveling.parts(x), report)
    }
    let (x, report) = try numbers { try run(start.map(stopGradient)) }
    try report.tell(isStrict: options.isStrict, place: place)
    let solution = try implicitRoot(
      raveling.parts(stopGradient(x)), solver: options.solver, residual: condition)
    return (solution, report)
  }
}
