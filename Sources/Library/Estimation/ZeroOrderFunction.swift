// Functions and models under `zero_order`.

import Autodiff
import Language
import Tensors
import ZeroOrder

/// What `zero_order` was told, but for the function.
struct ZeroOrderOptions {
  var estimator: Estimator
  var source: DirectionSource
  var hasAux = false
  /// Whether all evaluations draw the same random numbers.
  var drawsInCommon = true
  /// Whether the function is tried on all samples at once.
  var triesBatches = true
  /// Whether the ranks of the program share the samples.
  var isShared = false

  /// The options of a call, by the places of its parameters: `num_samples` and `sigma` stand beside one another, and
  /// so do `shaping`, `baseline`, `common_random_numbers` and `batched`.
  init(
    _ arguments: Arguments, distribution: Int, method: Int, samples: Int, hasAux: Bool,
    shaping: Int
  ) throws {
    source = .law(.normal)
    if arguments.has(distribution) {
      guard let given = try arguments[distribution].directionSource(arguments.interpreter) else {
        throw arguments.mismatch(
          distribution, "a distribution",
          hint: "Normal(0, 1), an object with `sample`, or a function of a shape")
      }
      source = given
    }
    let kind = try arguments.choice(method, Estimator.Method.allCases.map(\.rawValue))
    let fitness = try arguments.choice(shaping, FitnessShaping.allCases.map(\.rawValue))
    let baseline = try arguments.choice(
      shaping + 1, Estimator.Baseline.allCases.map(\.rawValue))
    estimator = try Estimator(
      Estimator.Method(rawValue: kind) ?? .naive, samples: arguments.int(samples),
      sigma: arguments.double(samples + 1), shaping: FitnessShaping(rawValue: fitness) ?? .none,
      baseline: Estimator.Baseline(rawValue: baseline) ?? .none)
    self.hasAux = hasAux
    drawsInCommon = try arguments.bool(shaping + 2)
    triesBatches = try arguments.bool(shaping + 3)
    if arguments.callee.parameters.dropFirst(shaping + 4).first?.name == "parallel" {
      isShared = try arguments.bool(shaping + 4)
    }
  }
}

/// A function whose derivative by some arguments is estimated from values.
final class ZeroOrderFunction: HostObject {
  override class var hostType: HostType { members }

  private let function: Value
  private let subject: EstimatedCall.Subject
  private let options: ZeroOrderOptions
  private let memory: Memory
  /// What the same arguments mean where the function is a distribution: a decorator. A function that
  /// is given functions has no estimated derivative, so a call with one is a decoration.
  private let decorator: Value?

  /// What is known of a function from its calls.
  final class Memory {
    /// Whether the function has failed on mapped values and not one by one.
    var runsOneByOne = false
  }

  init(
    _ function: Value, _ subject: EstimatedCall.Subject, _ options: ZeroOrderOptions,
    _ memory: Memory = Memory(), decorator: Value? = nil
  ) {
    self.function = function
    self.subject = subject
    self.options = options
    self.memory = memory
    self.decorator = decorator
  }

  override var typeName: String { "Function" }
  override var summary: String { "<zero_order of \(function.shortDescription)>" }

  override func changes(since start: Int) -> Bool { false }

  override var reached: [Value] { [function] }

  private func prepared(_ arguments: Arguments) throws -> EstimatedCall {
    try EstimatedCall(
      subject, arguments.rest(0), Array(arguments.options(1).pairs),
      signature: arguments.interpreter.machine.ownSignature(of: function))
  }

  // MARK: - The value, with its derivative

  func call(_ arguments: Arguments) throws -> Value {
    let interpreter = arguments.interpreter
    if let decorator, arguments.rest(0).count == 1 {
      switch arguments.rest(0)[0] {
      case .function, .builtin, .model:
        return try interpreter.call(decorator, arguments.rest(0))
      default: break
      }
    }
    let call = try prepared(arguments)
    let random = interpreter.context.random
    guard call.estimated.contains(where: \.isDifferentiated) else {
      if call.estimated.contains(where: \.isRecorded) {
        // A derivative that is asked for outside must be an estimate, too.
        interpreter.context.meets(obstacle: "calls an estimated function without its derivative")
      }
      return try interpreter.call(
        function, arguments.rest(0), named: Array(arguments.options(1).pairs))
    }
    let log = FreeVariableLog(interpreter)
    let result = try log.run {
      try call.call(interpreter, function, call.estimated.map(stopGradient), call.others)
    }
    log.forgetChanges()
    let (value, auxiliary) = try loss(result)
    let noise = Noise(options.source, key: try interpreter.context.random.branch())
    let derivative = EstimatedDerivative(by: call.estimated.count) {
      [self, unowned interpreter] point, others, value in
      let sampled = try self.sampled(interpreter, call, others, random, log)
      let estimate = try options.estimator.estimate(sampled, at: point, value: value, noise: noise)
      interpreter.warn(ofFailures: estimate.failures, of: options.estimator.samples)
      return estimate.gradient
    }
    let estimated = try derivative.attached(
      to: value, by: call.estimated, others: call.others)
    return auxiliary.map { .list([.tensor(estimated), $0]) } ?? .tensor(estimated)
  }

  /// The function of the moved leaves.
  private func sampled(
    _ interpreter: Interpreter, _ call: EstimatedCall, _ others: [Variable], _ random: RandomKey,
    _ log: FreeVariableLog
  ) throws -> SampledFunction {
    SampledFunction(
      randomness: options.drawsInCommon ? .common(random) : .independent(try random.branch(0)),
      rehearse: { [memory, options, unowned interpreter] body in
        guard options.triesBatches, !memory.runsOneByOne else { return nil }
        let found = try interpreter.rehearse(body)
        memory.runsOneByOne = found == nil
        return found
      },
      over: options.isShared && interpreter.context.ranks.refusal == nil
        ? interpreter.context.ranks : nil
    ) { [self, unowned interpreter] point in
      try interpreter.context.ranks.withoutExchanges("zero_order") {
        try log.run { try loss(try call.call(interpreter, function, point, others)).value }
      }
    }
  }

  private func loss(_ result: Value) throws -> (value: Variable, auxiliary: Value?) {
    var (result, auxiliary) = (result, Value?.none)
    if options.hasAux {
      guard case .list(let pair) = result, pair.count == 2 else {
        throw RuntimeError(
          .type,
          "with has_aux=true the function must give (loss, aux), not "
            + result.shortDescription)
      }
      (result, auxiliary) = (pair[0], pair[1])
    }
    return (try result.loss().scalarLoss(), auxiliary)
  }

  // MARK: - The estimate by itself

  /// The value and the gradient as a record, with the standard error.
  private func estimate(_ arguments: Arguments) throws -> Value {
    let interpreter = arguments.interpreter
    let call = try prepared(arguments)
    let random = interpreter.context.random
    let log = FreeVariableLog(interpreter)
    let value = try log.run {
      try loss(call.call(interpreter, function, call.estimated, call.others)).value
    }
    log.forgetChanges()
    let noise = Noise(options.source, key: try interpreter.context.random.branch())
    let estimate = try options.estimator.estimate(
      try sampled(interpreter, call, call.others, random, log), at: call.estimated, value: value,
      noise: noise, measuresError: true)
    interpreter.warn(ofFailures: estimate.failures, of: options.estimator.samples)
    func shown(_ leaves: [Variable]) -> Value { call.structured(leaves, subject) }
    return .record(
      Record([
        ("value", .tensor(value)), ("gradient", shown(estimate.gradient)),
        ("standard_error", shown(estimate.standardError ?? [])),
        ("samples", .int(options.estimator.samples - estimate.failures)),
        ("failures", .int(estimate.failures)),
      ]))
  }
}

extension ZeroOrderFunction {
  private static let members = HostType(
    ZeroOrderFunction.self, "zero_order",
    "What `zero_order` gives: a function whose derivative is estimated from its values.",
    call: Method(
      "function(*args, **options)",
      """
      The value of the function, with the estimated derivative by the arguments that `argnums`
      names. Samples are drawn where a derivative is asked for.

          seed(0)
          let f = zero_order(x => sum(x ** 2), method="forward", num_samples=2000, sigma=0.01)
          print(f([1.0, 2.0]), norm(grad(f)([1.0, 2.0]) - [2.0, 4.0]) < 0.5)    # 5.0 true
      """
    ) { function, arguments in try function.call(arguments) },
    methods: [
      Method(
        "estimate(*args, **options)",
        """
        The estimate by itself, for the arguments of a call: a record of `value`, `gradient` and its
        `standard_error`, each in the structure of the arguments, the number of `samples` that were
        used, and the `failures`, those left out for a nan or an infinity.

            seed(0)
            let found = zero_order(x => sum(x ** 2), num_samples=100).estimate([1.0, 2.0])
            print(found.value, found.gradient.shape, found.samples)    # 5.0 (2,) 100
        """
      ) { function, arguments in try function.estimate(arguments) }
    ])
}

extension Interpreter {
  fileprivate func warn(ofFailures failures: Int, of samples: Int) {
    guard failures > 0 else { return }
    warn(
      "zero_order left out \(failures) of \(samples) samples, where the function gave nan or inf",
      hint: "the mean is that of the others; a smaller sigma stays closer to the point")
  }
}
