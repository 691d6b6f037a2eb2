// The pages of the reference, in its order. A new page is one line here and one file beside it.

import Language

/// The built-ins of Mos: each page is an extension in a file of its own.
public enum Builtins {
  /// Every page.
  public static let library = BuiltinLibrary([
    values, collections, text, system, creation, shapes, indexing, elementwise, activations,
    reductions, statistics, curves, linearAlgebra, pictures, losses, normalization, comparing,
    random, trees, differentiation, solvers, roots, constraints,
    implicitDifferentiation, innerLoops, optimizers, transforms, zeroOrder, schedules, aliases,
    state,
    files,
    devices,
    contexts,
    processes,
    seeing,
  ])
}
