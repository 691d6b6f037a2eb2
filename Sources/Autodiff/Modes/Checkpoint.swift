// Checkpoints: a function whose graph is not kept but made again when it is needed.
//
// The function runs as it always would. What it recorded is then looked through for the
// variables from before that it depends on (arguments and those it closes over), the graph is
// dropped, and a bundle with these as operands stands in its place. The reverse rule runs the
// function again with the same random numbers, and walks over the new graph down to these.
//
// Memory between forward and backward is the operands of the bundle; the cost is one more run.
// Forward mode and vmap need no graph: there the function simply runs.

import Tensors

/// Runs a function so that its graph is made again for the backward pass and not kept.
///
/// It runs again once for all its results. Gradients are those of the plain run bit for bit: the
/// walk over the new graph goes on adding where the walk that came to it stands.
public func checkpoint(
  _ arguments: [Variable], _ f: @escaping ([Variable]) throws -> [Variable]
) throws -> [Variable] {
  let context = Context.current
  if context.recordsFunction { return try f(arguments) }
  let start = context.sequence
  let random = context.random
  let outputs = try f(arguments).map(\.alive)
  if !context.collectives.isEmpty { context.collectives.forget(madeAfter: start) }
  return try withoutGraph(of: outputs, madeAfter: start, in: context) { roots, positions in
    CheckpointedCall(
      function: { arguments in
        let again = try f(arguments)
        return positions.map { again[$0] }
      }, arguments: arguments, random: random, operands: operands(of: roots, madeBefore: start),
      size: roots.count)
  }
}

/// Variables with a bundle in the place of the graph that they were computed by.
///
/// A node's value may be a node of an outer tape, with a graph of its own there: a function that
/// reads a parameter inside `grad` records on both. So each tape gets its bundle, outermost first.
/// Dual numbers and mapped values are left as they are.
private func withoutGraph(
  of outputs: [Variable], madeAfter start: Int, in context: Context,
  _ makeCall: (_ roots: [Traced], _ positions: [Int]) -> CheckpointedCall
) throws -> [Variable] {
  var height: Int32 = -1
  for case .traced(let traced) in outputs where traced.sequence > start {
    guard traced.kind == .tape else { return outputs }
    height = max(height, traced.height)
  }
  guard height >= 0 else { return outputs }
  var roots: [Traced] = []
  var positions: [Int] = []
  // What is given twice stays one variable, whose uses add up in one order.
  var places: [(position: Int, root: Int)] = []
  var found: [ObjectIdentifier: Int] = [:]
  for (position, output) in outputs.enumerated() {
    guard case .traced(let traced) = output, traced.height == height, traced.sequence > start
    else { continue }
    let root = found[ObjectIdentifier(traced)] ?? roots.count
    if root == roots.count {
      found[ObjectIdentifier(traced)] = root
      roots.append(traced)
      positions.append(position)
    }
    places.append((position, root))
  }
  var values = outputs
  for (position, root) in places { values[position] = roots[root].value }
  values = try withoutGraph(of: values, madeAfter: start, in: context, makeCall)
  let call = makeCall(roots, positions)
  let bundle = Traced(
    .tape, value: values[positions[0]], height: Int(height), context: context,
    primitive: .recomputed, attributes: .object(call), others: call.operands.map(Variable.traced))
  let parts = try bundle.parts(positions.map { values[$0] }, in: context)
  for (position, root) in places { values[position] = parts[root] }
  return values
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
  private let function: ([Variable]) throws -> [Variable]
  private let arguments: [Variable]
  private let random: RandomKey
  let operands: [Traced]
  /// The number of results that the graph has.
  let size: Int

  init(
    function: @escaping ([Variable]) throws -> [Variable], arguments: [Variable],
    random: RandomKey, operands: [Traced], size: Int
  ) {
    self.function = function
    self.arguments = arguments
    self.random = random
    self.operands = operands
    self.size = size
  }

  /// Runs the function again and pulls the cotangents of its results back to the operands.
  ///
  /// - Parameter sums: for each operand that is asked for what it has been given so far.
  /// - Returns: the sums with this call's cotangents added.
  func pullBack(
    _ cotangents: [Variable?], adding sums: [(operand: Int, sum: Variable?)], height: Int,
    view: GraphView
  ) throws -> [Variable?] {
    let context = Context.current
    if case .values(_, let serial) = view {
      guard height < context.levels.count, context.levels[height].serial == serial else {
        throw TensorError(
          .value, "a checkpointed function cannot run again after its differentiation has ended",
          hint: "call the pull-back of vjp where nothing else is being transformed")
      }
    }
    let outputs = try context.recording(random: random) {
      try function(arguments).map { $0.below(height + 1) }
    }
    let roots = zip(outputs, cotangents).compactMap { output, cotangent in
      if let cotangent, case .traced(let root) = output, Int(root.height) == height {
        (node: root, cotangent: cotangent)
      } else {
        nil
      }
    }
    return try Autodiff.pullBack(
      roots, to: sums.map { operands[$0.operand] }, view: view, cut: true, adding: sums.map(\.sum))
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
  /// The results of a checkpointed call. `Reverse` asks the call for cotangents directly, because
  /// the walk's view decides what the new graph is looked at through.
  static let recomputed = Primitive(
    bundle: "checkpoint", of: 0, kernel: { inputs, _ in inputs },
    forward: { _, _, tangents in tangents }, reverse: { inputs, _, _ in inputs.map { _ in nil } })
}
