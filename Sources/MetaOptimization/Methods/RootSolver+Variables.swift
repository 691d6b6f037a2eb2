// Searches for one variable. Those for several are methods of `RootSolver` that take arrays.

extension RootSolver {
  /// An x with `f(x)` = 0, by Newton's method.
  ///
  ///     try RootSolver().root(of: { x in try x.square() - 2 }, from: Variable(1)).solution    // √2
  ///
  /// The solution is a function of every variable that `f` reads (implicit function theorem), with
  /// derivatives of any order; where the search begins has none.
  /// - Parameters:
  ///   - f: gives a tensor of the shape of x.
  ///   - start: floats.
  /// - Throws: what `f` throws; a shape error where it gives another shape; a value error where a
  ///   strict search does not converge.
  public func root(
    of f: @escaping (Variable) throws -> Variable, from start: Variable
  ) throws -> (solution: Variable, report: RootReport) {
    try single(newtonRoot({ [try f($0[0])] }, from: [start]))
  }

  /// An x with `t(x)` = x, by Anderson's method (1965).
  ///
  /// - Parameters:
  ///   - t: gives a tensor of the shape of x.
  ///   - start: floats.
  /// - Throws: as `root(of:from:)`.
  public func fixedPoint(
    of t: @escaping (Variable) throws -> Variable, from start: Variable
  ) throws -> (solution: Variable, report: RootReport) {
    try single(fixedPoint({ [try t($0[0])] }, from: [start]))
  }

  /// An x where `f(x)` is least, by L-BFGS (Nocedal & Wright 2006) unless another method is given.
  ///
  /// - Parameters:
  ///   - f: gives one number, a float of one element.
  ///   - start: floats.
  ///   - method: the way to the minimum.
  /// - Throws: what `f` throws; a shape error where it gives more than a number; a value error where a
  ///   strict search does not converge.
  public func minimum(
    of f: @escaping (Variable) throws -> Variable, from start: Variable,
    method: MinimizationMethod = .lbfgs
  ) throws -> (solution: Variable, report: RootReport) {
    try single(minimize({ [try f($0[0])] }, from: [start], method: method))
  }

  private func single(_ result: Result) -> (solution: Variable, report: RootReport) {
    (result.solution[0], result.report)
  }
}
