// The plans of a recorded function: made when it is called again on plain tensors, one for each way in which
// operands lie.

import Kernels
import Tensors

/// Plans, the last used first.
final class RecordedPlans {
  private var plans: [Plan] = []
  /// Calls on plain tensors for which there was no plan.
  private var misses = 0
  /// Plans in a row that ended before their end.
  private var failures = 0

  /// Calls after which a plan is made: what is called once needs none.
  private static let patience = 1
  /// The layouts that plans are made for; for others the operations are run one by one.
  private static let mostPlans = 4
  /// Plans in a row that may end before their end: where numbers are not finite, say, the operations are
  /// run one by one, and a plan before would be time lost.
  private static let mostFailures = 8

  /// The results by a plan; nil where there is none for such a call, or where an operation fails, so that
  /// running the operations one by one tells of it.
  func run(
    _ function: RecordedFunction, _ arguments: [Variable], _ externals: [Variable]
  ) throws -> [Variable]? {
    guard mos_watches_get() == 0, !function.steps.isEmpty,
      failures < RecordedPlans.mostFailures
    else { return nil }
    var operands: [Tensor] = []
    operands.reserveCapacity(arguments.count + externals.count)
    for case .tensor(let tensor) in arguments { operands.append(tensor) }
    for case .tensor(let tensor) in externals { operands.append(tensor) }
    guard operands.count == arguments.count + externals.count else { return nil }
    guard let results = try results(function, operands, arguments.count) else { return nil }
    var next = 0
    return function.results.map { result in
      switch result {
      case .argument(let index): return arguments[index]
      case .external(let index): return externals[index]
      case .constant(let variable): return variable
      case .step:
        next += 1
        return .tensor(results[next - 1])
      }
    }
  }

  private func results(
    _ function: RecordedFunction, _ operands: [Tensor], _ arguments: Int
  ) throws -> [Tensor]? {
    guard let index = plans.firstIndex(where: { $0.fits(operands) }) else {
      misses += 1
      guard misses > RecordedPlans.patience, plans.count < RecordedPlans.mostPlans,
        let made = try withinMemory({ try function.plan(operands, arguments: arguments) })
      else { return nil }
      if let plan = made.plan { plans.insert(plan, at: 0) }
      return made.results
    }
    if index > 0 { plans.swapAt(0, index) }
    guard let results = try withinMemory({ try plans[0](operands) }) else {
      failures += 1
      return nil
    }
    failures = 0
    return results
  }

  /// What the body gives; nil, and no plans from then on, where there is no memory for it: the operations one by
  /// one take less.
  private func withinMemory<R>(_ body: () throws -> R?) throws -> R? {
    do { return try body() } catch let error as TensorError where error.kind == .limit {
      plans.removeAll()
      failures = RecordedPlans.mostFailures
      return nil
    }
  }
}

/// What a plan of a function is like.
package struct PlanFacts {
  /// Runs of operations that go over many elements piece by piece.
  package let chains: Int
  /// The bytes that a run takes beside its results and what it is given.
  package let bytes: Int
}

extension RecordedFunction {
  /// What a plan for operands like these is like; nil where the operations do not make one, or would call
  /// functions of the program for it.
  package func facts(at operands: [Variable]) throws -> PlanFacts? {
    guard !callsFunctions else { return nil }
    return try plan(operands.map(\.underlying), arguments: operands.count)?.plan.map {
      PlanFacts(chains: $0.chains, bytes: $0.bytes)
    }
  }

  /// Runs the operations and makes a plan of them for operands that lie like these; nil where there are others than
  /// plain tensors.
  ///
  /// - Parameters:
  ///   - operands: the arguments, then the externals.
  ///   - arguments: how many arguments there are.
  /// - Returns: the plan, if there is one, and the results that steps compute.
  /// - Throws: what the operations throw.
  func plan(
    _ operands: [Tensor], arguments: Int
  ) throws -> (plan: Plan?, results: [Tensor])? {
    guard steps.allSatisfy({ $0.operation.operands.allSatisfy(\.isPlain) }) else { return nil }
    let recorder = PlanRecorder()
    let operands = operands.enumerated().map { recorder.operand($0, $1) }
    var values: [[Tensor]] = []
    values.reserveCapacity(steps.count)
    func see(_ operand: Operand) -> Tensor? {
      switch operand {
      case .argument(let index): return operands[index]
      case .external(let index): return operands[arguments + index]
      case .step(let index): return values[index].first
      case .constant(.tensor(let tensor)):
        recorder.constant(tensor)
        return tensor
      case .constant: return nil
      }
    }
    for (index, step) in steps.enumerated() {
      if index & 63 == 63 { try Safepoint.look() }
      if case .part(let bundle, let place) = step.operation {
        values.append([values[bundle][place]])
      } else {
        var inputs: [Tensor] = []
        for operand in step.operation.operands {
          guard let tensor = see(operand) else { return nil }
          inputs.append(tensor)
        }
        values.append(
          try recorder.operation(
            step.primitive.name, number: index, operands: inputs, isCall: step.isCustom
          ) { try step.results(inputs, isLent: inputs.map { _ in false }) })
      }
      for used in step.last { values[used].removeAll() }
    }
    let taken = results.compactMap { result in
      if case .step = result { see(result) } else { nil }
    }
    guard let program = recorder.program(results: taken) else { return (nil, taken) }
    let steps = steps
    let plan = Plan(program, operands: operands) { number, operands, isLent in
      try steps[number].results(operands, isLent: isLent)
    }
    return (plan, taken)
  }
}

extension RecordedFunction.Operand {
  /// False for a constant that some transformation follows, or that lives on a device.
  fileprivate var isPlain: Bool {
    switch self {
    case .constant(.traced), .constant(.placed): false
    default: true
    }
  }
}

extension RecordedFunction.Step {
  /// Whether a function with rules of its own takes part, which may keep what it is given.
  var isCustom: Bool { primitive === Primitive.custom }

  /// The results of the operation on plain tensors.
  ///
  /// - Parameter isLent: for each operand whether others will write its memory.
  fileprivate func results(_ inputs: [Tensor], isLent: [Bool]) throws -> [Tensor] {
    switch primitive.rules {
    case .unary(let rules): return [try rules.kernel(inputs[0], attributes)]
    case .binary(let rules): return [try rules.kernel(inputs[0], inputs[1], attributes)]
    case .general(let rules): return [try rules.kernel(inputs, attributes)]
    case .bundle(let rules) where !isCustom: return try rules.kernel(inputs, attributes)
    case .bundle:
      // A function keeps what it is given perhaps.
      let own = try zip(inputs, isLent).map { try $1 ? $0.copied() : $0 }
      let results = try primitive.results(ofBundle: own.map(Variable.tensor), attributes)
      return try results.map { result in
        guard case .tensor(let tensor) = result else {
          throw TensorError(.value, "a function with rules of its own gave a traced value")
        }
        return tensor
      }
    }
  }
}

extension RecordedFunction.Operation {
  /// The operands in order; a part of a bundle has none.
  var operands: [RecordedFunction.Operand] {
    switch self {
    case .unary(let x): [x]
    case .binary(let a, let b): [a, b]
    case .general(let operands), .bundle(let operands): operands
    case .part: []
    }
  }
}
