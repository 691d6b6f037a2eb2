// Moments as inputs of the graph, TorchOpt's `moment_requires_grad`.
//
// A transformation begins with moments of 0, which are constants. As inputs they have derivatives, and pictures
// of graphs show them. No derivative to anything else changes.

import Autodiff
import Tensors

extension GradientTransformation {
  /// The same transformation, whose moments are inputs of the graph before the first step.
  package var tracingMoments: GradientTransformation {
    GradientTransformation(
      name, initialize: { try initialize($0).tracingFloats([]) }, update: update,
      guidedUpdate: guidedUpdate, stepInPlace: stepInPlace, usesParameters: usesParameters,
      isElementwise: isElementwise, members: members, stateNames: stateNames)
  }
}

extension Tree {
  /// The tree with its floats as inputs, each called by the names on the way to it: `mu.layers.0.weight`.
  fileprivate func tracingFloats(_ path: [String]) -> Tree {
    switch self {
    case .leaf(let variable):
      variable.dtype.isFloat
        ? .leaf(input(of: variable, name: path.joined(separator: "."))) : self
    // A chain's state is a list: whose it is says nothing to a reader before the name of a moment.
    case .list(let trees):
      .list(
        trees.enumerated().map { $1.tracingFloats(path.isEmpty ? [] : path + ["\($0)"]) })
    case .record(let pairs):
      .record(pairs.map { ($0.key, $0.value.tracingFloats(path + [$0.key])) })
    case .none: .none
    }
  }
}
