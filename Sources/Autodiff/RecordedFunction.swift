// A function as the operations that it took, with its free variables made operands.
//
// Rules of custom functions may not close over variables that transformations follow: a rule runs
// on what a level sees, and perhaps after that level has ended. So a function of a program that is
// to be differentiated later (the residual of a root, a matrix given by its products) is run once on a tape
// of its own. What it read beside its arguments, parameters, dual numbers and mapped values, become
// its *externals*, and calling the recording runs the same operations on other operands, at
// whatever levels those belong to. JAX calls this closure conversion.
//
// Control flow is that of the one run, and so are random numbers.

import Tensors

/// A function of tensors, recorded.
public struct RecordedFunction: @unchecked Sendable {
  private enum Operand {
    case argument(Int)
    case external(Int)
    /// The result of an earlier step.
    case step(Int)
    case constant(Variable)
  }

  /// One operation; a part picks its result out of those of the step before it.
  private struct Step {
    let primitive: Primitive
    let attributes: Attributes
    let operands: [Operand]
  }

  /// What the function read beside its arguments, and some transformation follows.
  public let externals: [Variable]
  private let steps: [Step]
  private let results: [Operand]

  /// Runs a function on arguments and records it.
  ///
  /// - Parameter arguments: floats; they are taken as they are, and nothing is recorded on their
  ///   levels but what depends on externals alone.
  public init(
    at arguments: [Variable], _ function: ([Variable]) throws -> [Variable]
  ) throws {
    let context = Context.current
    let wasRecording = context.recordsFunction
    context.recordsFunction = true
    defer { context.recordsFunction = wasRecording }
    (externals, steps, results) = try context.within(.tape) { height in
      let leaves = arguments.map { argument in
        Traced(.tape, value: argument, height: height, context: context, primitive: nil)
      }
      let outputs = try function(leaves.map(Variable.traced)).map { $0.below(height + 1).alive }
      var recording = Recording(leaves, serial: context.levels[height].serial)
      recording.add(nodesBehind: outputs)
      let results = outputs.map { recording.operand($0) }
      return (recording.externals, recording.steps, results)
    }
  }

  /// What has been taken over from the tape.
  private struct Recording {
    private let serial: Int
    private var places: [ObjectIdentifier: Operand] = [:]
    private(set) var externals: [Variable] = []
    private(set) var steps: [Step] = []

    init(_ arguments: [Traced], serial: Int) {
      self.serial = serial
      for (index, argument) in arguments.enumerated() {
        places[ObjectIdentifier(argument)] = .argument(index)
      }
    }

    /// Takes over the nodes that results were computed by; the order of making is the order of
    /// running.
    mutating func add(nodesBehind outputs: [Variable]) {
      var seen: Set<ObjectIdentifier> = []
      var nodes: [Traced] = []
      var stack = outputs
      while let variable = stack.popLast() {
        guard case .traced(let node) = variable, node.serial == serial, node.primitive != nil,
          seen.insert(ObjectIdentifier(node)).inserted
        else { continue }
        nodes.append(node)
        stack += node.inputs
      }
      for node in nodes.sorted(by: { $0.sequence < $1.sequence }) {
        guard let primitive = node.primitive else { continue }
        let operands = node.inputs.map { operand($0) }
        places[ObjectIdentifier(node)] = .step(steps.count)
        steps.append(Step(primitive: primitive, attributes: node.attributes, operands: operands))
      }
    }

    mutating func operand(_ variable: Variable) -> Operand {
      guard case .traced(let traced) = variable else { return .constant(variable) }
      if let place = places[ObjectIdentifier(traced)] { return place }
      externals.append(variable)
      places[ObjectIdentifier(traced)] = .external(externals.count - 1)
      return .external(externals.count - 1)
    }
  }

  /// Runs the operations on other arguments and externals, at the levels those belong to.
  public func callAsFunction(
    _ arguments: [Variable], externals: [Variable]
  ) throws -> [Variable] {
    // The results of each step; all but bundles have one.
    var values: [[Variable]] = []
    values.reserveCapacity(steps.count)
    func see(_ operand: Operand) -> Variable {
      switch operand {
      case .argument(let index): arguments[index]
      case .external(let index): externals[index]
      case .step(let index): values[index][0]
      case .constant(let variable): variable
      }
    }
    for step in steps {
      if step.primitive === Primitive.part {
        guard case .step(let bundle) = step.operands[0], case .axis(let index) = step.attributes
        else { continue }
        values.append([values[bundle][index]])
        continue
      }
      values.append(
        try step.primitive.results(of: step.operands.map(see), step.attributes))
    }
    return results.map(see)
  }
}

extension Primitive {
  /// The results of this operation on operands, at the levels those belong to.
  fileprivate func results(
    of operands: [Variable], _ attributes: Attributes
  ) throws -> [Variable] {
    switch rules {
    case .unary: return [try apply(self, operands[0], attributes)]
    case .binary: return [try apply(self, operands[0], operands[1], attributes)]
    case .general: return [try apply(self, operands, attributes)]
    case .bundle:
      if self === Primitive.custom, case .object(let object) = attributes,
        let function = object as? CustomFunction
      {
        return try function.again?(operands) ?? function.results(operands)
      }
      return try applyBundle(self, operands, attributes)
    }
  }
}
