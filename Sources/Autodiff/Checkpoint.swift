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
public func checkpoint(
  _ arguments: [Variable], _ f: @escaping ([Variable]) throws -> [Variable]
) throws -> [Variable] {
  let context = Context.current
  let start = context.sequence
  let random = context.random
  let outputs = try f(arguments).map(\.alive)

  var height: Int32 = -1
  for case .traced(let traced) in outputs where traced.sequence > start {
    guard traced.kind == .tape else { return outputs }
    height = max(height, traced.height)
  }
  guard height >= 0 else { return outputs }
  let recorded = outputs.map { output -> Traced? in
    guard case .traced(let traced) = output, traced.height == height, traced.sequence > start
    else { return nil }
    return traced
  }
  let call = CheckpointedCall(
    function: f, arguments: arguments, random: random, positions: recorded.indices.filter { recorded[$0] != nil },
    operands: operands(of: recorded.compactMap { $0 }, madeBefore: start))
  return zip(outputs, recorded).enumerated().map { index, pair in
    guard let node = pair.1 else { return pair.0 }
    return .traced(
      Traced(
        .tape, value: node.value, height: Int(height), context: context,
        primitive: .recomputed, attributes: .object(CheckpointedOutput(call, index)),
        others: call.operands.map(Variable.traced)))
  }
}

/// The tape nodes made before a moment that later nodes were computed from, each once.
private func operands(of roots: [Traced], madeBefore start: Int) -> [Traced] {
  var found: [Traced] = []
  var seen: Set<ObjectIdentifier> = []
  var stack = roots
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
  let function: ([Variable]) throws -> [Variable]
  let arguments: [Variable]
  let random: RandomKey
  /// The outputs that were recorded.
  let positions: [Int]
  let operands: [Traced]

  init(
    function: @escaping ([Variable]) throws -> [Variable], arguments: [Variable],
    random: RandomKey, positions: [Int], operands: [Traced]
  ) {
    self.function = function
    self.arguments = arguments
    self.random = random
    self.positions = positions
    self.operands = operands
  }
}

/// One output of a checkpointed call.
final class CheckpointedOutput: @unchecked Sendable {
  let call: CheckpointedCall
  let position: Int

  init(_ call: CheckpointedCall, _ position: Int) {
    self.call = call
    self.position = position
  }

  /// Runs the function again and pulls the cotangent of this output back to the operands.
  func pullBack(_ cotangent: Variable, height: Int, view: GraphView) throws -> [Variable?] {
    let context = Context.current
    if case .values(_, let serial) = view {
      guard height < context.levels.count, context.levels[height].serial == serial else {
        throw TensorError(
          .value, "a checkpointed function cannot run again after its differentiation has ended",
          hint: "call the pull-back of vjp where nothing else is being transformed")
      }
    }
    let output = try context.recording(random: call.random) {
      try call.function(call.arguments)[position].below(height + 1)
    }
    guard case .traced(let root) = output, Int(root.height) == height else {
      return call.operands.map { _ in nil }
    }
    return try Autodiff.pullBack([(root, cotangent)], to: call.operands, view: view, cut: true)
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
  /// An output of a checkpointed call; `Reverse` asks it for cotangents directly, because the
  /// walk's view decides what the new graph is looked at through.
  static let recomputed = Primitive(
    "checkpoint", kernel: { inputs, _ in inputs[0] },
    forward: { _, y, _, _ in try y.zerosLike() },
    reverse: { inputs, _, _, _, _ in inputs.map { _ in nil } },
    batch: { inputs, _, _, _ in inputs[0] })
}
