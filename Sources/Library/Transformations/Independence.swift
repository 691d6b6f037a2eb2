// Derivatives by what a result does not depend on: one rule for all ways to ask for them.
//
// Such a derivative is zero, which is rarely what was meant: `float(x)`, `no_grad`, a parameter made
// anew have cut the graph. So whoever asks is told, once for a place in the program, or gets an error
// where they said `strict=true`. A derivative of a derivative is another matter: that of `2 x` is the
// constant 2, and that its own is zero is the answer. A result that is followed, with a derivative that
// is not, is therefore noted, and what a function with such a result inside does not depend on passes.

import Autodiff
import Language
import Tensors

/// Whether the derivatives that a function took while it ran are constants.
struct ConstantDerivatives {
  private let before: Int
  private let interpreter: Interpreter

  /// Begins where the function is about to run.
  init(_ interpreter: Interpreter) {
    self.interpreter = interpreter
    before = interpreter.constantDerivatives
  }

  /// True where one was taken since.
  var wereTaken: Bool { interpreter.constantDerivatives != before }
}

extension Differentiation {
  /// Notes a derivative that is a constant for what is active outside, though what it is a derivative
  /// of is none.
  static func note(
    _ derivatives: [Variable?], of followed: @autoclosure () -> [Variable],
    _ interpreter: Interpreter
  ) {
    // Outside of all transformations nobody asks.
    guard !Context.current.isPlain, derivatives.contains(where: { $0?.isFollowed != true }),
      followed().contains(where: \.isFollowed)
    else { return }
    interpreter.constantDerivatives += 1
  }

  /// Says what a derivative was asked by in vain.
  ///
  /// - Parameters:
  ///   - subject: `the loss`, `the function`.
  ///   - names: what it does not depend on; for none nothing is said.
  /// - Throws: a value error where `strict` is true.
  static func report(
    _ subject: String, independentOf names: [String], strict: Bool, _ interpreter: Interpreter
  ) throws {
    guard !names.isEmpty else { return }
    let more = names.count > 6 ? " and \(names.count - 6) more" : ""
    let message =
      "\(subject) does not depend on \(names.prefix(6).joined(separator: ", "))\(more)"
    let hint =
      "only what was computed from a parameter, param(x), or inside a function that is being "
      + "differentiated, is followed, and not through float(x), comparisons, round or sign, nor the steps "
      + "of SGD, which MetaSGD keeps"
    if strict { throw RuntimeError(.value, message, hint: hint) }
    let consequence = names.count == 1 ? "its gradient is zero" : "their gradients are zero"
    interpreter.warnOnce("\(message): \(consequence)", hint: hint)
  }
}

extension ValueTree {
  /// The leaves of a list of arguments for which nothing was found, by the names of the function's
  /// parameters: `penalty`, `params.w`.
  func names(
    without found: [Variable?], ofParametersOf function: Value, at positions: [Int],
    _ interpreter: Interpreter
  ) -> [String] {
    guard found.contains(where: { $0 == nil }) else { return [] }
    let parameters = interpreter.machine.ownSignature(of: function)?.parameters ?? []
    return zip(leaves, found).compactMap { leaf, found in
      guard found == nil else { return nil }
      let parts = leaf.path.description.split(separator: ".", maxSplits: 1)
      let position = parts.first.flatMap { Int($0) }.map { positions[$0] } ?? 0
      let isNamed = parameters.indices.contains(position) && parameters[position].kind == .plain
      let name = isNamed ? parameters[position].name : "argument \(position)"
      return parts.count > 1 ? "\(name).\(parts[1])" : name
    }
  }
}
