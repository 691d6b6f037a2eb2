// The numerical core for Swift programs: one import for tensors, derivatives solvers and
// optimizers.

@_exported import Autodiff
@_exported import Optimizers
@_exported import Solvers
@_exported import Tensors
@_exported import ZeroOrder
