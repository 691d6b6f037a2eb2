// Reverse mode: one walk over a graph, from results back to what they depend on.
//
// A walk first lists the nodes it will visit, operands before results, and notes for each the
// positions of its operands; only then does it run rules. Rules may walk over the same graph
// themselves (`checkpoint`, `custom_vjp`), so nothing that a walk needs later stands in the
// nodes. Neither step recurses: a chain of a million nodes is walked on a flat stack.

import Tensors

/// How a walk sees the operands of a node.
enum GraphView {
  /// As the levels below that level saw them: for a transformation that is done with its level.
  case values(height: Int, serial: Int)
  /// As the program saw them, so that the gradients are differentiable again.
  case program
  /// As the program saw them, without tapes: for gradients that are numbers only.
  case numbers
}

/// An error in a derivative rule, with the operation and the place that made the node.
public struct DerivativeError: Error {
  /// What went wrong.
  public var underlying: any Error
  /// The primitive whose rule it was.
  public var operation: String
  /// `Context.place` when the node was made.
  public var place: UInt64
}

/// A part of a graph, ordered so that operands come before results.
private struct Graph {
  var nodes: ContiguousArray<Unmanaged<Traced>> = []
  /// The position in `nodes` of each operand of each node, or -1; a node's begin at `starts`.
  var operands: ContiguousArray<Int32> = []
  var starts: ContiguousArray<Int32> = []
  /// Which nodes a target can be reached from.
  var isNeeded: ContiguousArray<Bool> = []

  /// The nodes that lead from the roots to a target.
  ///
  /// Without targets every parameter's leaf is one. A node older than every target cannot depend
  /// on one, and the walk does not enter it: the cost of an inner gradient does not grow with
  /// the number of steps before.
  init(roots: [Traced], targets: [Traced]?, view: GraphView, cut: Bool) {
    let context = Context.current
    context.walk += 1
    let walk = context.walk
    let oldest = targets.map { $0.map(\.sequence).min() ?? Int.max } ?? 0

    func belongs(_ traced: Traced) -> Bool {
      guard traced.kind == .tape, traced.sequence >= oldest else { return false }
      if case .values(_, let serial) = view { return traced.serial == serial }
      return true
    }

    var isTarget: Set<ObjectIdentifier> = []
    if let targets { for target in targets { isTarget.insert(ObjectIdentifier(target)) } }

    // Depth first; a node is listed once its operands are. An entry is a node and the number of
    // the next operand to enter.
    var stack: ContiguousArray<(node: Unmanaged<Traced>, next: Int)> = []
    for root in roots where belongs(root) && root.walk != walk {
      root.walk = walk
      root.position = -1
      stack.append((Unmanaged.passUnretained(root), 0))
      while let (reference, next) = stack.last {
        let entered: Traced? = reference._withUnsafeGuaranteedRef { node in
          guard let operand = node.operand(next) else { return nil }
          stack[stack.count - 1].next = next + 1
          guard case .traced(let traced) = operand, traced.walk != walk, belongs(traced) else {
            return node
          }
          traced.walk = walk
          traced.position = -1
          stack.append((Unmanaged.passUnretained(traced), 0))
          return traced
        }
        if entered == nil {
          stack.removeLast()
          reference._withUnsafeGuaranteedRef { $0.position = Int32(nodes.count) }
          nodes.append(reference)
        }
      }
    }

    isNeeded.reserveCapacity(nodes.count)
    starts.reserveCapacity(nodes.count + 1)
    for reference in nodes {
      reference._withUnsafeGuaranteedRef { node in
        let isEnd = targets == nil ? node.isParameter : isTarget.contains(ObjectIdentifier(node))
        var needed = isEnd
        starts.append(Int32(operands.count))
        var index = 0
        while let operand = node.operand(index) {
          index += 1
          guard case .traced(let traced) = operand, traced.walk == walk, belongs(traced) else {
            operands.append(-1)
            continue
          }
          let position = traced.position
          let leads = isNeeded[Int(position)] && !(cut && isEnd)
          operands.append(leads ? position : -1)
          if leads { needed = true }
        }
        isNeeded.append(needed)
      }
    }
    starts.append(Int32(operands.count))
  }
}

extension Traced {
  /// The operand of that number, nil past the last.
  @inline(__always)
  func operand(_ index: Int) -> Variable? {
    if let others { return index < others.count ? others[index] : nil }
    if primitive == nil { return nil }
    if index == 0 { return first }
    if index == 1 { return second }
    return nil
  }
}

/// Pulls cotangents back from roots to targets.
///
/// - Parameters:
///   - targets: the nodes whose cotangents are wanted; nil for the leaves of all parameters,
///     which then keep them.
///   - cut: whether a target's cotangent stays there and is not passed on to what it was made of.
///   - sums: what each target has been given before; cotangents are added to it.
/// - Returns: a cotangent for each target, nil where the roots do not depend on it.
func pullBack(
  _ roots: [(node: Traced, cotangent: Variable)], to targets: [Traced]?, view: GraphView,
  cut: Bool = false, adding sums: [Variable?]? = nil
) throws -> [Variable?] {
  let graph = Graph(roots: roots.map(\.node), targets: targets, view: view, cut: cut)
  // Positions are read before any rule runs, since a rule may start a walk of its own.
  let targetPositions = targets?.map { target in
    graph.nodes.isEmpty || target.walk != Context.current.walk ? -1 : Int(target.position)
  }
  var cotangents = ContiguousArray<Variable?>(repeating: nil, count: graph.nodes.count)
  var gathered = GatheredParts()
  var wanted = ContiguousArray<Bool>(repeating: false, count: graph.nodes.count)
  for (index, position) in (targetPositions ?? []).enumerated() where position >= 0 {
    wanted[position] = true
    if let sum = sums?[index] { cotangents[position] = sum }
  }
  for (node, cotangent) in roots where node.walk == Context.current.walk {
    let position = Int(node.position)
    cotangents[position] = try cotangents[position].map { try $0 + cotangent } ?? cotangent
  }

  var position = graph.nodes.count - 1
  while position >= 0 {
    defer { position -= 1 }
    guard graph.isNeeded[position] else { continue }
    let node = graph.nodes[position].takeUnretainedValue()
    guard let cotangent = cotangents[position] else {
      guard !gathered.isEmpty, let parts = gathered.take(at: position) else { continue }
      try naming(node) { primitive in
        try primitive.pullBack(
          node, parts, view: view,
          operands: graph.operands[Int(graph.starts[position])..<Int(graph.starts[position + 1])],
          into: &cotangents)
      }
      continue
    }
    if targets == nil && node.isParameter {
      try node.accumulate(cotangent)
      continue
    }
    if !wanted[position] { cotangents[position] = nil } else if cut { continue }
    if let (bundle, index) = node.partOf {
      try gathered.give(
        cotangent, to: index, of: bundle, at: Int(graph.operands[Int(graph.starts[position])]))
      continue
    }
    try naming(node) { primitive in
      try primitive.pullBack(
        node, cotangent, view: view, operands: graph.operands, start: Int(graph.starts[position]),
        end: Int(graph.starts[position + 1]), into: &cotangents)
    }
  }
  return targetPositions?.enumerated().map { index, position in
    position >= 0 ? cotangents[position] : sums?[index]
  } ?? []
}

/// Runs a rule of a node; an error in it names the operation and the place that made the node.
@inline(__always)
private func naming(_ node: Traced, _ rule: (Primitive) throws -> Void) throws {
  guard let primitive = node.primitive else { return }
  do {
    try rule(primitive)
  } catch let error as DerivativeError {
    throw error
  } catch {
    throw DerivativeError(underlying: error, operation: primitive.name, place: node.place)
  }
}

/// What the parts of bundles were given, by the bundle's position in the walk.
private struct GatheredParts {
  private var cotangents: [Int: [Variable?]] = [:]

  var isEmpty: Bool { cotangents.isEmpty }

  mutating func give(
    _ cotangent: Variable, to index: Int, of bundle: Traced, at position: Int
  ) throws {
    guard position >= 0 else { return }
    var parts = cotangents[position] ?? Array(repeating: nil, count: bundle.bundleSize)
    parts[index] = try parts[index].map { try $0 + cotangent } ?? cotangent
    cotangents[position] = parts
  }

  mutating func take(at position: Int) -> [Variable?]? { cotangents.removeValue(forKey: position) }
}

extension Primitive {
  /// Adds the cotangents of a node's operands to those already there.
  fileprivate func pullBack(
    _ node: Traced, _ cotangent: Variable, view: GraphView, operands: ContiguousArray<Int32>,
    start: Int, end: Int, into cotangents: inout ContiguousArray<Variable?>
  ) throws {
    func give(_ index: Int, _ value: Variable?) throws {
      let position = Int(operands[start + index])
      guard position >= 0, var value else { return }
      if let operand = node.operand(index), value.dtype != operand.dtype {
        value = try value.converted(to: operand.dtype)
      }
      if let sum = cotangents[position] {
        cotangents[position] = try sum + value
      } else {
        cotangents[position] = value
      }
    }
    switch rules {
    case .unary(let rules):
      guard let x = node.first, operands[start] >= 0 else { return }
      try give(
        0, rules.reverse(view.see(x), view.result(node), node.attributes, cotangent))
    case .binary(let rules):
      guard let a = node.first, let b = node.second else { return }
      let (first, second) = try rules.reverse(
        view.see(a), view.see(b), view.result(node), node.attributes, cotangent,
        operands[start] >= 0, operands[start + 1] >= 0)
      try give(0, first)
      try give(1, second)
    case .general(let rules):
      guard let inputs = node.others else { return }
      let needs = (start..<end).map { operands[$0] >= 0 }
      let given = try rules.reverse(
        inputs.map(view.see), view.result(node), node.attributes, cotangent, needs)
      for index in inputs.indices where index < given.count { try give(index, given[index]) }
    case .bundle: preconditionFailure("a bundle was given one cotangent; please report")
    }
  }

  /// Adds the cotangents of a bundle's operands to those already there.
  fileprivate func pullBack(
    _ bundle: Traced, _ parts: [Variable?], view: GraphView,
    operands: ContiguousArray<Int32>.SubSequence,
    into cotangents: inout ContiguousArray<Variable?>
  ) throws {
    guard case .bundle(let rules) = rules, let inputs = bundle.others else { return }
    if let call = bundle.checkpointedCall {
      let asked = zip(inputs.indices, operands).filter { $0.1 >= 0 }
      let sums = try call.pullBack(
        parts, adding: asked.map { ($0.0, cotangents[Int($0.1)]) }, height: Int(bundle.height),
        view: view)
      for ((_, position), sum) in zip(asked, sums) { cotangents[Int(position)] = sum }
      return
    }
    let seen = inputs.map(view.see)
    let given =
      if let function = bundle.customFunction {
        try function.pullBack(seen, parts, asked: operands.map { $0 >= 0 })
      } else {
        try rules.reverse(seen, bundle.attributes, parts)
      }
    for (position, value) in zip(operands, given) {
      guard position >= 0, let value else { continue }
      cotangents[Int(position)] = try cotangents[Int(position)].map { try $0 + value } ?? value
    }
  }
}

extension GraphView {
  /// An operand as the walk sees it.
  @inline(__always)
  func see(_ x: Variable) -> Variable {
    guard case .traced(let traced) = x else { return x }
    switch self {
    case .values(_, let serial): return traced.serial == serial ? traced.value : x
    case .program: return x
    case .numbers: return x.withoutTapes
    }
  }

  /// A node's result as the walk sees it.
  @inline(__always)
  func result(_ node: Traced) -> Variable {
    switch self {
    case .values: return node.value
    case .program: return .traced(node)
    case .numbers: return node.value.withoutTapes
    }
  }
}

extension Traced {
  /// Adds to the gradient that `backward` leaves in a leaf.
  ///
  /// - Throws: a value error for a gradient of each example where the leaf belongs to all of them.
  func accumulate(_ gradient: Variable) throws {
    var inner = gradient
    while case .traced(let traced) = inner, traced.height > height {
      guard traced.kind != .batch else {
        throw TensorError(
          .value, "backward inside vmap reaches a parameter from outside it",
          hint: "its gradient would be another for each example; use grad, and sum what vmap gives")
      }
      inner = traced.value
    }
    Context.current.willAccumulate(into: self)
    second = try second.map { try $0 + gradient } ?? gradient
  }
}

// MARK: - Gradients of a result that the program has

/// The gradients of a loss with respect to variables that it was computed from.
///
/// - Parameters:
///   - loss: one element, a float.
///   - targets: tracked variables; any tensor that a tape recorded, not only leaves.
///   - createGraph: whether the gradients are differentiable again.
/// - Returns: nil for a target that the loss does not depend on, or that no tape follows.
public func gradients(
  of loss: Variable, to targets: [Variable], createGraph: Bool = true, seed: Variable? = nil
) throws -> [Variable?] {
  try requireScalarLoss(loss, hasSeed: seed != nil)
  guard let root = loss.node else { return targets.map { _ in nil } }
  let nodes = targets.map(\.node)
  let found = try inView(createGraph: createGraph) { view in
    try pullBack(
      [(root, seed ?? loss.onesLike())], to: nodes.compactMap { $0 }, view: view)
  }
  var next = 0
  return nodes.map { node in
    guard node != nil else { return nil }
    defer { next += 1 }
    return found[next]
  }
}

/// Adds the gradient of a loss to every parameter's leaf that it depends on.
///
/// - Returns: whether there was any.
@discardableResult
public func backward(_ loss: Variable, createGraph: Bool = false) throws -> Bool {
  try requireScalarLoss(loss, hasSeed: false)
  guard let root = loss.node else { return false }
  _ = try inView(createGraph: createGraph) { view in
    try pullBack([(root, loss.onesLike())], to: nil, view: view)
  }
  return true
}

private func inView<R>(createGraph: Bool, _ body: (GraphView) throws -> R) throws -> R {
  if createGraph { return try body(.program) }
  return try Context.current.withoutTapes { try body(.numbers) }
}

private func requireScalarLoss(_ loss: Variable, hasSeed: Bool) throws {
  guard loss.dtype.isFloat else {
    throw TensorError(
      .type, "a \(loss.typeDescription) has no gradient; only f32 and f64 do",
      hint: "convert it with .to(f64)")
  }
  guard hasSeed || loss.count == 1 else {
    throw TensorError(
      .shape, "a gradient needs a loss of one element, and this one is \(loss.typeDescription)",
      hint: "reduce it with sum or mean, or use jacobian")
  }
}

// MARK: - Gradients of functions

/// What `vjp` gives: a function's results, and the function that pulls cotangents back.
public struct Pullback {
  /// The results of the function.
  public let values: [Variable]
  fileprivate let leaves: [Traced?]
  fileprivate let roots: [Traced?]
  fileprivate let height: Int
  fileprivate let levels: (Level, Level)

  /// Whether a checkpoint in the graph runs its function again when it is pulled back, which it can
  /// only do where no other transformation has begun since.
  public var runsAgain: Bool {
    var seen: Set<ObjectIdentifier> = []
    var stack = roots.compactMap { $0 }
    while let node = stack.popLast() {
      guard seen.insert(ObjectIdentifier(node)).inserted else { continue }
      if node.checkpointedCall != nil { return true }
      for case .traced(let operand) in node.inputs where operand.serial == node.serial {
        stack.append(operand)
      }
    }
    return false
  }

  /// The cotangents of the arguments, or of some of them; nil where the results do not depend on one.
  ///
  /// It may be called any number of times, and is differentiable. What only other arguments need is
  /// not computed.
  public func callAsFunction(
    _ cotangents: [Variable?], of wanted: Range<Int>? = nil
  ) throws -> [Variable?] {
    let leaves = wanted.map { Array(self.leaves[$0]) } ?? self.leaves
    var starts: [(node: Traced, cotangent: Variable)] = []
    for (root, cotangent) in zip(roots, cotangents) {
      if let root, let cotangent { starts.append((root, cotangent)) }
    }
    let found = try Context.current.within(again: levels, at: height) {
      try pullBack(
        starts, to: leaves.compactMap { $0 },
        view: .values(height: height, serial: levels.0.serial))
    }
    var next = 0
    return leaves.map { leaf in
      guard leaf != nil else { return nil }
      defer { next += 1 }
      return found[next]
    }
  }
}

/// Runs a function on a new tape.
///
/// - Parameter arguments: those that are not floats are passed on as constants.
public func vjp(
  _ arguments: [Variable], _ f: ([Variable]) throws -> [Variable]
) throws -> Pullback {
  let context = Context.current
  return try context.within(.tape) { height in
    let levels = (context.levels[height], context.levels[height + 1])
    let leaves = arguments.map { argument -> Traced? in
      guard argument.dtype.isFloat else { return nil }
      return Traced(.tape, value: argument, height: height, context: context, primitive: nil)
    }
    let results = try f(
      zip(arguments, leaves).map { argument, leaf in leaf.map(Variable.traced) ?? argument })
    var roots: [Traced?] = []
    var values: [Variable] = []
    for result in results {
      let seen = result.below(height + 1)
      if case .traced(let traced) = seen, traced.serial == levels.0.serial {
        roots.append(traced)
      } else {
        roots.append(nil)
      }
      values.append(seen.below(height))
    }
    return Pullback(values: values, leaves: leaves, roots: roots, height: height, levels: levels)
  }
}
