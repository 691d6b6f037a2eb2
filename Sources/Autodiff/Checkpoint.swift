// Checkpoints: a function whose graph is not kept but made again when it is needed.
//
// The function runs as it always would. What it recorded is then looked through for the
// variables from before that it depends on (arguments and those it closes over), the graph is
// dropped, and one node with these as operands stands in its place. The reverse rule runs the
// function again with the same random numbers, and walks over the new graph down to these.
//
// Memory between forward and backward is the operands of the node; the cost is one more run.
// Forward mode and vmap need no graph: there the function simply runs.

import Tensors

/// Runs a function so that its graph is made again for the backward pass and not kept.
///
/// Several results are packed into one vector, so that the function runs again once for all.
public func checkpoint(
  _ arguments: [Variable], _ f: @escaping ([Variable]) throws -> [Variable]
) throws -> [Variable] {
  let context = Context.current
  let start = context.sequence
  let random = context.random
  var outputs = try f(arguments).map(\.alive)

  var height: Int32 = -1
  for case .traced(let traced) in outputs where traced.sequence > start {
    guard traced.kind == .tape else { return outputs }
    height = max(height, traced.height)
  }
  guard height >= 0 else { return outputs }
  let positions = outputs.indices.filter { index in
    guard case .traced(let traced) = outputs[index] else { return false }
    return traced.height == height && traced.sequence > start
  }
  let packed = try Variable.packed(positions.map { outputs[$0] })
  guard case .traced(let root) = packed else { return outputs }
  let call = CheckpointedCall(
    function: { arguments in
      let again = try f(arguments)
      return try Variable.packed(positions.map { again[$0] })
    }, arguments: arguments, random: random, operands: operands(of: root, madeBefore: start))
  let node = Variable.traced(
    Traced(
      .tape, value: root.value, height: Int(height), context: context, primitive: .recomputed,
      attributes: .object(call), others: call.operands.map(Variable.traced)))
  for (position, result) in zip(positions, try node.unpacked(like: positions.map { outputs[$0] })) {
    outputs[position] = result
  }
  return outputs
}

extension Variable {
  /// The elements of several variables, in one vector; one variable is itself.
  fileprivate static func packed(_ variables: [Variable]) throws -> Variable {
    if variables.count == 1 { return variables[0] }
    return try concat(variables.map { try $0.flattened() })
  }

  /// Variables of the shapes and dtypes of others, out of what `packed` made.
  fileprivate func unpacked(like variables: [Variable]) throws -> [Variable] {
    if variables.count == 1 { return [self] }
    return try zip(split(variables.map(\.count)), variables).map { part, variable in
      try part.reshape(to: variable.shape).converted(to: variable.dtype)
    }
  }
}

/// The tape nodes made before a moment that later nodes were computed from, each once.
private func operands(of root: Traced, madeBefore start: Int) -> [Traced] {
  var found: [Traced] = []
  var seen: Set<ObjectIdentifier> = []
  var stack = [root]
  while let node = stack.popLast() {
    for case .traced(let operand) in node.inputs where operand.kind == .tape {
      guard seen.insert(ObjectIdentifier(operand)).inserted else { continue }
      if operand.sequence <= start { found.append(operand) } else { stack.append(operand) }
    }
  }
  return found
}

/// One run of a checkpointed function, to be run again.
final class CheckpointedCall: @unchecked Sendable {
  private let function: ([Variable]) throws -> Variable
  private let arguments: [Variable]
  private let random: RandomKey
  let operands: [Traced]

  init(
    function: @escaping ([Variable]) throws -> Variable, arguments: [Variable],
    random: RandomKey, operands: [Traced]
  ) {
    self.function = function
    self.arguments = arguments
    self.random = random
    self.operands = operands
  }

  /// Runs the function again and pulls the cotangent of its result back to the operands.
  func pullBack(_ cotangent: Variable, height: Int, view: GraphView) throws -> [Variable?] {
    let context = Context.current
    if case .values(_, let serial) = view {
      guard height < context.levels.count, context.levels[height].serial == serial else {
        throw TensorError(
          .value, "a checkpointed function cannot run again after its differentiation has ended",
          hint: "call the pull-back of vjp where nothing else is being transformed")
      }
    }
    let output = try context.recording(random: random) {
      try function(arguments).below(height + 1)
    }
    guard case .traced(let root) = output, Int(root.height) == height else {
      return operands.map { _ in nil }
    }
    return try Autodiff.pullBack([(root, cotangent)], to: operands, view: view, cut: true)
  }
}

extension Context {
  /// Runs the body with every tape recording and random numbers from an earlier moment.
  fileprivate func recording<R>(random earlier: RandomKey, _ body: () throws -> R) rethrows -> R {
    let saved = (stoppedTapes, stoppedDuals, random)
    (stoppedTapes, stoppedDuals, random) = (-1, -1, earlier)
    defer { (stoppedTapes, stoppedDuals, random) = saved }
    return try body()
  }
}

extension Primitive {
  /// The result of a checkpointed call; `Reverse` asks the call for cotangents directly, because the
  /// walk's view decides what the new graph is looked at through.
  static let recomputed = Primitive(
    "checkpoint", kernel: { inputs, _ in inputs[0] },
    forward: { _, y, _, _ in try y.zerosLike() },
    reverse: { inputs, _, _, _, _ in inputs.map { _ in nil } },
    batch: { inputs, _, _, _ in inputs[0] })
}
