// The numerical core for Swift programs: one import for tensors, derivatives of any order, optimizers
// that can be differentiated, solvers, implicit derivatives and derivatives from values alone.
//
// What is written here is the way in which Swift says it: closures of variables, structures of them,
// operators. What is computed is computed below.
//
// Operators trap, named operations throw. In the source of this module arithmetic is named, because
// the modules below have operators of their own that throw, which only this package sees.

@_exported import Autodiff
@_exported import Optimizers
@_exported import Solvers
@_exported import Tensors
@_exported import ZeroOrder
