// What stands after `with`: no_grad, dtype(f32), timer("name"), anomaly_detection.

import Autodiff
import Language
import Tensors

/// What `with` takes.
class ContextObject: HostObject {
  override class var hostType: HostType { contexts }
  private static let contexts = HostType(
    ContextObject.self, "Context", "What stands after `with`: `no_grad`, `dtype(f32)` and others.")

  override var typeName: String { "Context" }
  override var isContext: Bool { true }
}

/// Nothing inside is recorded for derivatives.
final class NoGradContext: ContextObject {
  override class var hostType: HostType { members }
  private static let members = HostType(
    NoGradContext.self, "no_grad", "The context `no_grad`, which is a decorator too.",
    call: Method(
      "no_grad(f=nil)",
      """
      A function that does what `f` does, with nothing recorded for derivatives; without a function,
      `no_grad` itself. So `@no_grad` stands in front of a function.

          let f = no_grad(x => x * x)
          print(repr(f(param(2.0))))    # 4.0 : f64
      """
    ) { context, arguments in
      guard arguments.has(0) else { return .host(context) }
      let function = try arguments.function(0)
      return .builtin(
        BuiltinFunction("call(*values, **options)") { arguments in
          try Context.current.withoutGradients {
            try arguments.interpreter.call(
              function, arguments.rest(0), named: arguments.options(1).pairs.map { ($0, $1) })
          }
        })
    })

  private var saved: [(Int, Int)] = []

  override var summary: String { "no_grad" }

  override func enter(_ interpreter: Interpreter) throws {
    saved.append(Context.current.enterWithoutGradients())
  }

  override func exit(_ interpreter: Interpreter) {
    if let last = saved.popLast() { Context.current.leaveWithoutGradients(last) }
  }
}

/// Another default float type inside.
final class DTypeContext: ContextObject {
  private let dtype: DType
  private var saved: [DType] = []

  init(_ dtype: DType) { self.dtype = dtype }

  override var summary: String { "dtype(\(dtype.name))" }

  override func enter(_ interpreter: Interpreter) throws {
    saved.append(Context.current.defaultFloat)
    Context.current.defaultFloat = dtype
  }

  override func exit(_ interpreter: Interpreter) {
    if let last = saved.popLast() { Context.current.defaultFloat = last }
  }
}

/// The first nan or inf inside is an error.
final class AnomalyContext: ContextObject {
  override class var hostType: HostType { members }
  private static let members = HostType(
    AnomalyContext.self, "anomaly_detection", "The context `anomaly_detection`.",
    call: Method("anomaly_detection()", "The context itself.") { context, _ in .host(context) })

  private var saved: [Bool] = []

  override var summary: String { "anomaly_detection" }

  override func enter(_ interpreter: Interpreter) throws {
    saved.append(Context.current.setDetectsAnomalies(true))
  }

  override func exit(_ interpreter: Interpreter) {
    if let last = saved.popLast() { _ = Context.current.setDetectsAnomalies(last) }
  }
}

/// Measures how long the inside takes.
final class TimerContext: ContextObject {
  override class var hostType: HostType { members }
  private static let members = HostType(
    TimerContext.self, "Timer",
    "What `timer` gives: a context that measures how long its block takes.",
    fields: [
      Field("seconds", "How long the last block took, a Float; 0.0 before the first.") {
        .float($0.seconds)
      }
    ])

  private let name: String?
  private var starts: [Double] = []
  private var seconds = 0.0

  init(_ name: String?) { self.name = name }

  override var typeName: String { "Timer" }

  override func restorer() -> (() -> Void)? {
    let seconds = seconds
    return { [self] in self.seconds = seconds }
  }

  override var summary: String { "<Timer \(TimerContext.text(seconds))>" }

  /// A host may have given it to an interpreter that could not make it.
  override func enter(_ interpreter: Interpreter) throws {
    try interpreter.require(.clock, for: "timer")
    starts.append(Builtins.now())
  }

  override func exit(_ interpreter: Interpreter) {
    guard let start = starts.popLast() else { return }
    seconds = max(Builtins.now() - start, 0)
    if let name { try? interpreter.write("\(name): \(TimerContext.text(seconds))\n") }
  }

  /// Three digits and a unit.
  private static func text(_ seconds: Double) -> String {
    for (unit, size) in [("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)] where seconds >= size {
      return "\((seconds / size * 100).rounded() / 100) \(unit)"
    }
    return "\((seconds * 1e9).rounded()) ns"
  }
}

extension Builtins {
  static let contexts = BuiltinPage(
    "Contexts",
    constants: [
      BuiltinConstant(
        "no_grad",
        """
        Nothing inside `with no_grad { … }`, or in a function under `@no_grad`, is recorded for
        derivatives.

            let x = param(2.0)
            let y = with no_grad { x * x }
            print(repr(y))    # 4.0 : f64
        """
      ) { .host(NoGradContext()) },
      BuiltinConstant(
        "anomaly_detection",
        """
        Inside `with anomaly_detection { … }` the first operation that gives a nan or an infinity
        is an error at its place.

            let message = try { with anomaly_detection { log([0.0]) } } catch e { e.kind }
            print(message)    # value
        """
      ) { .host(AnomalyContext()) },
    ],
    objects: [ContextObject.self, NoGradContext.self, AnomalyContext.self, TimerContext.self],
    [
      Builtin(
        "dtype(type)",
        """
        Inside `with dtype(f32) { … }` the type is that of float literals and new tensors.

            print(with dtype(f32) { zeros(2) }.dtype)    # f32
        """
      ) { arguments in .host(DTypeContext(try arguments.floatDType(0))) },
      Builtin(
        "timer(name=nil)",
        """
        Measures how long the block of `with` takes, and prints it where there is a name.

            let t = timer()
            with t { sum(zeros(1000)) }
            print(t.seconds < 10.0)    # true
        """, effects: .writes, needs: [.clock]
      ) { arguments in
        .host(TimerContext(arguments.has(0) ? try arguments.string(0) : nil))
      },
    ])
}
