// The numerical core for Swift programs: one import for tensors, derivatives and optimizers.

@_exported import Autodiff
@_exported import Optimizers
@_exported import Tensors
