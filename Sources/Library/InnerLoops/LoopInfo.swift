// What a loop tells of itself: `inner_loop(…, with_info=true)`.

import Autodiff
import Language
import Tensors

/// How a loop went, and how it is differentiated.
final class LoopInfo: HostObject {
  override class var hostType: HostType { members }

  fileprivate let steps: Value
  fileprivate let movement: Value
  fileprivate let residual: Value
  fileprivate let method: String
  fileprivate let reason: String
  fileprivate let bytes: Int
  fileprivate let withoutGradient: [String]

  private let call: LoopCall
  private let state: Value
  private let cotangent: LoopCotangent

  init(
    _ call: LoopCall, _ state: Value, _ cotangent: LoopCotangent, movement: Variable,
    residual: Variable?
  ) {
    (self.call, self.state, self.cotangent) = (call, state, cotangent)
    steps = call.roundsOfEach.map { .tensor($0) } ?? .int(call.rounds)
    self.movement = .tensor(movement)
    self.residual = residual.map { .tensor($0) } ?? .nil
    method = call.gradient.description
    reason = call.reason
    bytes = call.bytes
    withoutGradient = call.withoutGradient
  }

  override var summary: String {
    "<\(method): steps \(steps.representation), movement \(movement.representation)>"
  }

  private static let members = HostType(
    LoopInfo.self, "LoopInfo", "How a loop went: what `inner_loop(…, with_info=true)` gives.",
    methods: [
      Method(
        "error()",
        """
        An estimate of the norm of the error of the derivative by all that stands behind the state, for the
        last backward pass; nil before one, and, with a warning, where nothing is known. The error of
        `truncate` is that of leaving steps out, of implicit ones that of a state that does not solve its
        equation and of a solver that stopped, of `estimate` the standard error and that of its sigma.
        It is computed when it is asked for, with the Jacobian of the last step, and costs up to as many
        products with that as there are steps, or a few solves. It is meant as a bound, and may be
        wrong where the loop is far from where it goes to. Inside `vmap` it is one number for each example.

            let loop = inner_loop((x, a) => 0.5 * x + a, steps=30, gradient=truncate(3), with_info=true)
            let a = param(1.0)
            let (x, info) = loop(0.0, a)
            print(info.error(), grad(x, a), info.error() > 0.25, info.error() < 2.5)    # nil 1.75 true true
        """
      ) { info, _ in
        guard let error = try info.call.error(at: info.state, info.cotangent) else { return .nil }
        return error.concrete.map { .float($0.firstDouble) } ?? .tensor(error)
      }
    ],
    fields: [
      Field("steps", "How many steps ran; inside `vmap` one number for each example.") { $0.steps },
      Field("movement", "The norm of the last move, all leaves together.") { $0.movement },
      Field(
        "residual",
        "The norm of step(x) - x at the end; nil for a step that does more than compute."
      ) { $0.residual },
      Field("method", "How the loop is differentiated, as `gradient=` has it.") {
        .string($0.method)
      },
      Field("why", "Why that was chosen; empty where the program chose.") { .string($0.reason) },
      Field("bytes", "What is kept for a derivative, in bytes of states and nodes.") {
        .int($0.bytes)
      },
      Field("without_gradient", "The inputs that the method gives no gradient to.") {
        .list($0.withoutGradient.map { .string($0) })
      },
    ])
}

extension LoopCall {
  /// What is to be told of the loop that ended in a state.
  func info(_ state: Value, _ cotangent: LoopCotangent) throws -> LoopInfo {
    func distance(_ a: Value, _ b: Value) throws -> Variable {
      let squares = try zip(form.floats(form.parts(a)), form.floats(form.parts(b))).map {
        try (stopGradient($0) - stopGradient($1)).square().sum().converted(to: .f64)
      }
      return try squares.reduce(.tensor(Tensor(0.0))) { try $0 + $1 }.sqrt()
    }
    let last = max(rounds - 1, 0)
    let (before, before0) = (previous, interpreter.context.random)
    let context = interpreter.context
    let residual = try interpreter.rehearse {
      try again(from: before0) {
        try context.isolated {
          try with(metas.variables) { try distance(round(last, form.stopped(state), $0), state) }
        }
      }
    }
    return try context.isolated {
      LoopInfo(
        self, form.stopped(state), cotangent, movement: try distance(state, before),
        residual: residual)
    }
  }
}
