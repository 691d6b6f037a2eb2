// A call of a host function with arguments that `vmap` maps over: the function gets the numbers of one sample
// after the other.

internal import Autodiff
internal import Language
internal import Tensors

/// The arguments of one call.
struct SampledCall {
  private let arguments: Arguments

  init(_ arguments: Arguments) { self.arguments = arguments }

  /// What a function gives for the arguments, or for each sample in them, mapped again.
  func results(_ function: (Arguments) throws -> Language.Value) throws -> Language.Value {
    if Context.current.isPlain { return try function(arguments) }
    let given = (0..<arguments.callee.parameters.count).map { arguments[$0] }
    return try results(of: given, function)
  }

  private func results(
    of given: [Language.Value], _ function: (Arguments) throws -> Language.Value
  ) throws -> Language.Value {
    let tree = try ValueTree(.list(given), numbersAreLeaves: false)
    var first: ValueTree?
    let mapped = try sampleBySample(tree.variables) { variables in
      try tree.substitutedArguments(variables) { sample in
        let result = try ValueTree(results(of: sample, function))
        guard !result.holdsOther else {
          throw RuntimeError(
            .type,
            "\(arguments.callee.name) was called for each sample of a vmap, and gave what is no "
              + "tensor or number")
        }
        if first == nil { first = result }
        return result.variables
      }
    }
    guard let mapped else { return try arguments.with(given, function) }
    return first?.rebuilt(with: mapped.map { .tensor($0) }) ?? .nil
  }
}
