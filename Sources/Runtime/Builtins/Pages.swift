// The pages of the reference, in its order. A new page is one line here and one file beside it.

extension Builtins {
  /// Every page.
  public static let pages: [BuiltinPage] = [
    values, collections, text, system, creation, shapes, indexing, elementwise, reductions,
    linearAlgebra, losses, comparing, random, trees, differentiation, solvers, roots,
    implicitDifferentiation, optimizers, transforms, zeroOrder, schedules, state, files, contexts,
    seeing,
  ]
}
