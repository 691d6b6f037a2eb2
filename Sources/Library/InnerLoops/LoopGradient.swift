// How the derivative of an inner loop is found: the argument `gradient` of `inner_loop`.

import Autodiff
import Language
import Solvers
import Tensors
import ZeroOrder

/// A way to differentiate a loop. The value of the loop is the same, bit for bit, under each of them.
enum LoopGradient {
  /// Reverse mode through every step.
  case unroll
  /// The same, with so many states kept and the steps between them run again.
  case recompute(snapshots: Int?)
  /// Through the last steps alone.
  case truncate(Int)
  /// Forward mode, one tangent a number.
  case forward
  /// As the solution of `state = step(state)`, by a linear solver or a function `(matvec, b) => x`.
  case implicit(Value, name: String)
  /// From values of the loop.
  case estimate(ZeroOrderOptions, text: String)
  /// Through the last step, as if its start were a constant.
  case oneStep
  /// As if the state had only been moved.
  case firstOrder
  /// None: the state is a constant.
  case none
  /// Whichever of `forward` and `unroll` is cheaper.
  case auto

  /// The method that an argument names.
  init(_ arguments: Arguments, _ index: Int) throws {
    guard arguments.isGiven(index) else {
      self = .auto
      return
    }
    self = try LoopGradient(arguments[index]) ?? LoopGradient.unknown(arguments, index)
    if case .host(let host) = arguments[index], let solver = (host as? SolverObject)?.solver,
      let factor = solver.seriesFactor, factor != 1
    {
      throw RuntimeError(
        .value, "neumann has alpha=\(formatShortest(factor)), and the series of a loop has 1",
        hint: "its terms are products with the Jacobian of the step: neumann(terms=k)")
    }
  }

  /// The method of a text, an object or a solver; nil for anything else.
  init?(_ value: Value) {
    switch value {
    case .string(let word):
      guard let method = LoopGradient.words[word.text] else { return nil }
      self = method
    case .host(let host):
      if let method = host as? LoopGradientObject {
        self = method.gradient
      } else if let solver = host as? SolverObject {
        self = .implicit(value, name: solver.solver.name)
      } else {
        return nil
      }
    case .function, .builtin: self = .implicit(value, name: "a solver of one's own")
    default: return nil
    }
  }

  private static func unknown(_ arguments: Arguments, _ index: Int) throws -> LoopGradient {
    let hint =
      "one of \(words.keys.sorted().map(\.excerpt).joined(separator: ", ")), or recompute(…), truncate(k), "
      + "estimate(…), or a linear solver such as cg()"
    guard let word = arguments[index].text else {
      throw arguments.mismatch(index, "a way to differentiate the loop", hint: hint)
    }
    throw RuntimeError(
      .value, "there is no way \(word.excerpt) to differentiate a loop", hint: hint)
  }

  private static var words: [String: LoopGradient] {
    [
      "unroll": .unroll, "recompute": .recompute(snapshots: nil), "forward": .forward,
      "implicit": .implicit(.host(SolverObject(.automatic())), name: "implicit"),
      "one_step": .oneStep, "first_order": .firstOrder, "none": .none, "auto": .auto,
    ]
  }

  /// The text of the argument: `truncate(4)`, `cg`.
  var description: String {
    switch self {
    case .unroll: "unroll"
    case .recompute(let snapshots): snapshots.map { "recompute(\($0))" } ?? "recompute"
    case .truncate(let steps): "truncate(\(steps))"
    case .forward: "forward"
    case .implicit(_, let name): name
    case .estimate(_, let text): text
    case .oneStep: "one_step"
    case .firstOrder: "first_order"
    case .none: "none"
    case .auto: "auto"
    }
  }

  /// True where the derivative by the state that the loop begins with is 0 whatever the step does.
  var forgetsStart: Bool {
    switch self {
    case .implicit, .oneStep, .none, .truncate: true
    default: false
    }
  }
}

/// A way to differentiate a loop with numbers of its own, as a value: `truncate(4)`.
final class LoopGradientObject: HostObject {
  override class var hostType: HostType { members }
  private static let members = HostType(
    LoopGradientObject.self, "LoopGradient",
    "A way to differentiate a loop: what `recompute`, `truncate` and `estimate` give.")

  let gradient: LoopGradient

  init(_ gradient: LoopGradient) { self.gradient = gradient }

  override var summary: String { gradient.description }
  override var mayHoldCode: Bool { false }
}
