// `jet`: derivatives along curves, over the structures of the language.

import Autodiff
import Language
import Tensors

extension Differentiation {
  /// The value of a function and its derivatives along a curve, a list of them in the place of each tensor of the
  /// value.
  ///
  /// - Parameter series: for each argument its derivatives, from the first on.
  static func jet(
    _ interpreter: Interpreter, _ f: Value, _ primals: [Value], _ series: [[Value]]
  ) throws -> Value {
    let tree = try ValueTree(arguments: primals, for: "jet")
    guard series.count == primals.count else {
      throw RuntimeError(
        .value,
        "jet needs a series for each of \(primals.count) arguments, and \(series.count) were given",
        hint: "the series of one argument is a list of its derivatives: jet(f, x, (v, w))")
    }
    let order = series.first?.count ?? 0
    guard order > 0, series.allSatisfy({ $0.count == order }) else {
      throw RuntimeError(
        .value,
        "the series of jet have one length, at least 1, not "
          + series.map { "\($0.count)" }.joined(separator: " and "))
    }
    let terms = try (0..<order).map { place in
      try matchedTangents(
        tree, ValueTree(.list(series.map { $0[place] })), "derivative", "argument")
    }
    var output: ValueTree?
    let orders = try Autodiff.jet(tree.variables.map { try $0.asFloat() }, terms) { variables in
      try tree.substitutedArguments(variables) { arguments in
        let tree = try results(of: interpreter.call(f, arguments))
        output = tree
        return tree.variables
      }
    }
    guard let output else { return .nil }
    return .list([
      output.rebuilt(with: orders[0].map { .tensor($0) }),
      output.rebuilt(
        with: orders[0].indices.map { place in
          .list(List(orders.dropFirst().map { .tensor($0[place]) }))
        }),
    ])
  }
}
