// A function as the operations that it took, with its free variables made operands.
//
// Rules of custom functions may not close over variables that transformations follow: a rule runs
// on what a level sees, and perhaps after that level has ended. So a function of a program that is to
// be differentiated later (the residual of a root, a matrix given by its products) is run once on
// a level of its own. What it read beside its arguments, parameters, dual numbers and mapped values,
// become its *externals*, and calling the recording runs the same operations on other operands, at
// whatever levels those belong to. JAX calls this closure conversion.
//
// A recording on a tape has what floats were computed by from the arguments; a whole one, for
// `compile`, every operation, those on integers too, with all that it read as its arguments
// (`Recording`). Control flow is that of the one run, and so are random numbers.

import Tensors

/// A function of tensors, recorded.
package struct RecordedFunction: @unchecked Sendable {
  enum Operand {
    case argument(Int)
    case external(Int)
    /// The result of an earlier step.
    case step(Int)
    case constant(Variable)
  }

  enum Operation {
    case unary(Operand)
    case binary(Operand, Operand)
    case general([Operand])
    /// Several results, of which `part` steps pick theirs.
    case bundle([Operand])
    case part(of: Int, index: Int)
  }

  struct Step {
    let primitive: Primitive
    let attributes: Attributes
    let operation: Operation
    /// Steps whose results nothing after this one needs.
    var last: [Int] = []
  }

  /// What the function read beside its arguments, and some transformation follows.
  package let externals: [Variable]
  let steps: [Step]
  let results: [Operand]
  /// Whether functions with rules of their own are called again.
  package let callsFunctions: Bool
  /// False where an operation is missing, so that the steps stand for nothing.
  private let isWhole: Bool
  private var plans = RecordedPlans()
  private(set) var derived = DerivedFunctions()

  /// Runs a function on arguments, which are floats, and records it.
  package init(
    at arguments: [Variable], _ function: ([Variable]) throws -> [Variable]
  ) throws {
    let context = Context.current
    let wasRecording = context.recordsFunction
    context.recordsFunction = true
    defer { context.recordsFunction = wasRecording }
    self = try context.within(.tape) { height in
      let leaves = arguments.map { argument in
        Traced(.tape, value: argument, height: height, context: context, primitive: nil)
      }
      let outputs = try function(leaves.map(Variable.traced)).map { $0.below(height + 1).alive }
      let serial = context.levels[height].serial
      return RecordedFunction(
        leaves: leaves, outputs: outputs,
        operations: RecordedFunction.operations(behind: outputs, serial: serial), serial: serial)
    }
  }

  /// Runs a function and records it whole; its arguments are the operands of the recording.
  ///
  /// - Parameter keepsNodes: whether the recording keeps its nodes, to be drawn.
  /// - Returns: the function, and the recording with its obstacle if it has one.
  package static func recording(
    keepingNodes keepsNodes: Bool = false, _ function: (Recording) throws -> [Variable]
  ) throws -> (RecordedFunction, Recording) {
    let context = Context.current
    return try context.recording(keepingNodes: keepsNodes) { recording in
      let outputs = try function(recording).map { $0.below(recording.height + 1).alive }
      let recorded = RecordedFunction(
        leaves: recording.leaves, outputs: outputs, operations: recording.operations,
        serial: recording.serial)
      // A result that is nobody's operand came by a way that nobody watched.
      (outputs + recorded.externals).forEach(recording.inspect)
      if !recorded.isWhole { recording.meets("computes with what was not recorded") }
      return (recorded, recording)
    }
  }

  /// The operations of a level by which outputs were computed.
  private static func operations(
    behind outputs: [Variable], serial: Int
  ) -> [RecordedOperation] {
    var seen: Set<ObjectIdentifier> = []
    var operations: [RecordedOperation] = []
    var stack = outputs
    while let variable = stack.popLast() {
      guard case .traced(let node) = variable, node.serial == serial,
        let operation = RecordedOperation(node), seen.insert(ObjectIdentifier(node)).inserted
      else { continue }
      operations.append(operation)
      stack += node.inputs
    }
    return operations
  }

  /// Operations of a level, those included whose results nobody takes.
  private init(
    leaves: [Traced], outputs: [Variable], operations: [RecordedOperation], serial: Int
  ) {
    var list = StepList(leaves)
    // The order of making is the order of running.
    for operation in operations.sorted(by: { $0.sequence < $1.sequence }) { list.add(operation) }
    results = outputs.map { list.operand(RecordedOperation.Input($0, serial: serial)) }
    externals = list.externals
    isWhole = list.isWhole
    steps = list.stepsWithLifetimes(results)
    callsFunctions = steps.contains(where: \.isCustom)
  }

  /// What has been taken over from the level.
  private struct StepList {
    /// The operands that nodes of the level are, by their numbers.
    private var places: [Int: Operand] = [:]
    private var externalPlaces: [ObjectIdentifier: Operand] = [:]
    private(set) var externals: [Variable] = []
    /// Whether every operation took what had been taken down.
    private(set) var isWhole = true
    private var steps: [Step] = []

    init(_ arguments: [Traced]) {
      for (index, argument) in arguments.enumerated() {
        places[argument.sequence] = .argument(index)
      }
    }

    mutating func add(_ recorded: RecordedOperation) {
      let operation = operation(of: recorded)
      places[recorded.sequence] = .step(steps.count)
      steps.append(
        Step(
          primitive: recorded.primitive, attributes: recorded.attributes, operation: operation))
    }

    private mutating func operation(of recorded: RecordedOperation) -> Operation {
      let operands = recorded.inputs.map { operand($0) }
      switch recorded.primitive.rules {
      case .unary:
        if recorded.primitive === Primitive.part, case .step(let bundle) = operands[0] {
          return .part(of: bundle, index: recorded.attributes.int)
        }
        return .unary(operands[0])
      case .binary: return .binary(operands[0], operands[1])
      case .general: return .general(operands)
      case .bundle: return .bundle(operands)
      }
    }

    mutating func operand(_ input: RecordedOperation.Input) -> Operand {
      switch input {
      case .node(let sequence):
        guard let place = places[sequence] else {
          isWhole = false
          return .constant(.tensor(Tensor(Double.nan)))
        }
        return place
      case .other(.traced(let traced)):
        if let place = externalPlaces[ObjectIdentifier(traced)] { return place }
        externals.append(.traced(traced))
        externalPlaces[ObjectIdentifier(traced)] = .external(externals.count - 1)
        return .external(externals.count - 1)
      case .other(let constant): return .constant(constant)
      }
    }

    /// The steps, each with those whose results it is the last to need.
    func stepsWithLifetimes(_ results: [Operand]) -> [Step] {
      RecordedFunction.withLifetimes(steps, results)
    }
  }

  /// A function of steps from elsewhere.
  init(steps: [Step], results: [Operand]) {
    externals = []
    isWhole = true
    self.results = results
    self.steps = RecordedFunction.withLifetimes(steps, results)
    callsFunctions = steps.contains(where: \.isCustom)
  }

  private static func withLifetimes(_ steps: [Step], _ results: [Operand]) -> [Step] {
    var isNeeded = [Bool](repeating: false, count: steps.count)
    for case .step(let index) in results { isNeeded[index] = true }
    var steps = steps
    for index in steps.indices.reversed() {
      steps[index].last.removeAll()
      if !isNeeded[index] { steps[index].last.append(index) }
      for used in steps[index].operation.steps where !isNeeded[used] {
        isNeeded[used] = true
        steps[index].last.append(used)
      }
    }
    return steps
  }

  /// Runs the operations on other arguments and externals, at the levels those belong to: by a plan where all
  /// are plain tensors.
  package func callAsFunction(
    _ arguments: [Variable], externals: [Variable] = []
  ) throws -> [Variable] {
    if let results = try plans.run(self, arguments, externals) { return results }
    if externals.isEmpty, let results = try atLevels(arguments) { return results }
    return try replay(arguments, externals)
  }

  /// Runs the operations one by one.
  func replay(_ arguments: [Variable], _ externals: [Variable] = []) throws -> [Variable] {
    var values = ContiguousArray<Variable?>(repeating: nil, count: steps.count)
    var bundles: [Int: [Variable]] = [:]
    func see(_ operand: Operand) -> Variable {
      switch operand {
      case .argument(let index): return arguments[index]
      case .external(let index): return externals[index]
      case .constant(let variable): return variable
      case .step(let index):
        guard let value = values[index] else {
          preconditionFailure("a recording uses a result that it has given up; please report")
        }
        return value
      }
    }
    for (index, step) in steps.enumerated() {
      if index & 63 == 63 { try Safepoint.look() }
      switch step.operation {
      case .unary(let x): values[index] = try apply(step.primitive, see(x), step.attributes)
      case .binary(let a, let b):
        values[index] = try apply(step.primitive, see(a), see(b), step.attributes)
      case .general(let operands):
        values[index] = try apply(step.primitive, operands.map(see), step.attributes)
      case .bundle(let operands):
        bundles[index] = try step.primitive.results(ofBundle: operands.map(see), step.attributes)
      case .part(let bundle, let place): values[index] = bundles[bundle]?[place]
      }
      for used in step.last {
        values[used] = nil
        if !bundles.isEmpty { bundles[used] = nil }
      }
    }
    return results.map(see)
  }
}

extension RecordedFunction.Operation {
  /// The steps whose results it takes.
  var steps: [Int] {
    func step(_ operand: RecordedFunction.Operand) -> Int? {
      if case .step(let index) = operand { index } else { nil }
    }
    switch self {
    case .unary(let x): return [x].compactMap(step)
    case .binary(let a, let b): return [a, b].compactMap(step)
    case .general(let operands), .bundle(let operands): return operands.compactMap(step)
    case .part(let bundle, _): return [bundle]
    }
  }
}

extension Primitive {
  /// The results of this operation of several, at the levels the operands belong to.
  func results(
    ofBundle operands: [Variable], _ attributes: Attributes
  ) throws -> [Variable] {
    if self === Primitive.custom {
      let function = attributes.object(as: CustomFunction.self)
      return try function.again?(operands) ?? function.results(operands)
    }
    return try applyBundle(self, operands, attributes)
  }
}
