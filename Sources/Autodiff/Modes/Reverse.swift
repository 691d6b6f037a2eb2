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

/// Pulls cotangents back from roots to targets.
///
/// - Parameters:
///   - targets: the nodes whose cotangents are wanted; nil for the leaves of all parameters,
///     which then keep them.
///   - cut: whether a target's cotangent stays there and is not passed on to what it was made of.
///   - sums: what each target has been given before; cotangents are added to it.
///   - reaching: is told the leaves of parameters that kept something.
/// - Returns: a cotangent for each target, nil where the roots do not depend on it.
func pullBack(
  _ roots: [(node: Traced, cotangent: Variable)], to targets: [Traced]?, view: GraphView,
  cut: Bool = false, adding sums: [Variable?]? = nil, reaching: (([Traced]) -> Void)? = nil
) throws -> [Variable?] {
  let context = Context.current
  var pass = ReversePass(view: view, endsAtParameters: targets == nil, cut: cut)
  swap(&pass.walk, &context.spareWalk)
  defer {
    pass.walk.end()
    swap(&pass.walk, &context.spareWalk)
  }
  var roots = roots
  if context.ranks.count > 1, context.collectives.number > 0 {
    try pass.walk.begin(with: &roots, targets: targets, view: view, cut: cut, in: context)
  } else {
    try pass.walk.begin(roots: roots, targets: targets, view: view, cut: cut)
  }
  // Positions are read before any rule runs, since a rule may start a walk of its own.
  let targetPositions = targets?.map { pass.walk.position(of: $0) }
  for (index, position) in (targetPositions ?? []).enumerated() where position >= 0 {
    if let sum = sums?[index] { pass.walk.stops[position].cotangent = sum }
  }
  for (node, cotangent) in roots {
    let position = pass.walk.position(of: node)
    if position >= 0 { try pass.walk.give(cotangent, to: position) }
  }
  try pass.run()
  reaching?(pass.leaves.map(\.node))
  return targetPositions?.enumerated().map { index, position in
    position >= 0 ? pass.walk.stops[position].cotangent : sums?[index]
  } ?? []
}

/// The pass over a walk: every node hands on what it was given, results before operands.
private struct ReversePass: ~Copyable {
  var walk = Walk()
  let view: GraphView
  /// Whether parameters' leaves keep what they are given.
  let endsAtParameters: Bool
  /// Whether targets hand nothing on.
  let cut: Bool
  private var gathered = GatheredParts()
  /// The parameters' leaves that were reached. They keep nothing before the pass has come to its end.
  private(set) var leaves: [(node: Traced, cotangent: Variable)] = []

  init(view: GraphView, endsAtParameters: Bool, cut: Bool) {
    self.view = view
    self.endsAtParameters = endsAtParameters
    self.cut = cut
  }

  mutating func run() throws {
    var position = walk.stops.count
    while position > 0 {
      position -= 1
      if position & 63 == 0 { try Safepoint.look() }
      guard walk.stops[position].isNeeded else { continue }
      let node = walk.stops[position].node
      try node._withUnsafeGuaranteedRef { try visit($0, at: position) }
    }
    let gradients = try leaves.map { try $0.node.gradient(adding: $0.cotangent) }
    for (leaf, gradient) in zip(leaves, gradients) { leaf.node.keep(gradient) }
  }

  private mutating func visit(_ node: Traced, at position: Int) throws {
    let isWanted = walk.stops[position].isWanted
    guard
      let cotangent = isWanted
        ? walk.stops[position].cotangent : walk.stops[position].cotangent.take()
    else {
      guard !gathered.isEmpty, let parts = gathered.take(at: position) else { return }
      return try naming(node) { try pull(node, parts, $0, at: position) }
    }
    if endsAtParameters && node.isParameter { return leaves.append((node, cotangent)) }
    if isWanted && cut { return }
    if let (bundle, index) = node.partOf {
      let place = walk.operand(0, at: position)
      return try gathered.give(cotangent, to: index, of: bundle, at: Int(place))
    }
    try naming(node) { try pull(node, cotangent, $0, at: position) }
  }

  /// Gives a node's operands their cotangents.
  private mutating func pull(
    _ node: Traced, _ cotangent: Variable, _ primitive: Primitive, at position: Int
  ) throws {
    switch primitive.rules {
    case .unary(let rules):
      let place = walk.operand(0, at: position)
      guard place >= 0 else { return }
      let given = try view.see(node.firstHeld).look { x in
        try view.result(node).look { y in try rules.reverse(x, y, node.attributes, cotangent) }
      }
      try give(given, to: place, like: node.firstHeld.dtype)
    case .binary(let rules):
      let (left, right) = (walk.operand(0, at: position), walk.operand(1, at: position))
      let (first, second) = try view.see(node.firstHeld).look { a in
        try view.see(node.secondHeld).look { b in
          try view.result(node).look { y in
            try rules.reverse(a, b, y, node.attributes, cotangent, left >= 0, right >= 0)
          }
        }
      }
      try give(first, to: left, like: node.firstHeld.dtype)
      try give(second, to: right, like: node.secondHeld.dtype)
    case .general(let rules):
      guard let inputs = node.others else { return }
      let needs = inputs.indices.map { walk.operand($0, at: position) >= 0 }
      let seen = inputs.map(view.see)
      let given = try view.result(node).look { y in
        try rules.reverse(seen, y, node.attributes, cotangent, needs)
      }
      for (index, value) in given.enumerated() where index < inputs.count {
        try give(value, to: walk.operand(index, at: position), like: inputs[index].dtype)
      }
    case .bundle: preconditionFailure("a bundle was given one cotangent; please report")
    }
  }

  /// Gives a bundle's operands their cotangents.
  private mutating func pull(
    _ bundle: Traced, _ parts: [Variable?], _ primitive: Primitive, at position: Int
  ) throws {
    guard case .bundle(let rules) = primitive.rules, let inputs = bundle.others else { return }
    let places = inputs.indices.map { walk.operand($0, at: position) }
    if let call = bundle.checkpointedCall {
      let asked = zip(inputs.indices, places).filter { $0.1 >= 0 }
      let sums = try call.pullBack(
        parts, adding: asked.map { ($0.0, walk.stops[Int($0.1)].cotangent) },
        height: Int(bundle.height), view: view)
      for ((_, place), sum) in zip(asked, sums) { walk.stops[Int(place)].cotangent = sum }
      return
    }
    let seen = inputs.map(view.see)
    let given =
      if let function = bundle.customFunction {
        try function.pullBack(seen, parts, asked: places.map { $0 >= 0 })
      } else {
        try rules.reverse(seen, bundle.attributes, parts)
      }
    for (place, value) in zip(places, given) where place >= 0 {
      if let value { try walk.give(value, to: Int(place)) }
    }
  }

  /// Adds to what an operand was given, in its own dtype.
  @inline(__always)
  private mutating func give(_ value: Variable?, to place: Int32, like dtype: DType) throws {
    guard place >= 0, let value else { return }
    try walk.give(value.dtype == dtype ? value : value.converted(to: dtype), to: Int(place))
  }
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
    let earlier = cotangents[position]?[index]
    let sum = try earlier.map { try $0 + cotangent } ?? cotangent
    cotangents[position, default: Array(repeating: nil, count: bundle.bundleSize)][index] = sum
  }

  mutating func take(at position: Int) -> [Variable?]? { cotangents.removeValue(forKey: position) }
}

extension GraphView {
  /// The tape that is walked, where it is one alone.
  var serial: Int? {
    if case .values(_, let serial) = self { return serial }
    return nil
  }

  /// An operand as the walk sees it.
  @inline(__always)
  func see(_ x: Variable) -> Variable {
    guard case .traced(let traced) = x else { return x }
    return see(HeldVariable(unretained: traced)).variable.unsafelyUnwrapped
  }

  /// The same for what a node of the walk holds.
  @inline(__always)
  func see(_ x: HeldVariable) -> HeldVariable {
    switch self {
    case .values(_, let serial):
      guard let node = x.node else { return x }
      return node._withUnsafeGuaranteedRef { $0.serial == serial ? $0.result : x }
    case .program: return x
    case .numbers: return x.withoutTapes
    }
  }

  /// A node's result as the walk sees it.
  @inline(__always)
  func result(_ node: Traced) -> HeldVariable {
    switch self {
    case .values: node.result
    case .program: HeldVariable(unretained: node)
    case .numbers: node.result.withoutTapes
    }
  }
}

extension Traced {
  /// The gradient of a leaf with another one added, for `keep`.
  ///
  /// - Throws: a value error for a gradient of each example where the leaf belongs to all of them.
  func gradient(adding gradient: Variable) throws -> Variable {
    var inner = gradient
    while case .traced(let traced) = inner, traced.height > height {
      guard traced.kind != .batch else {
        throw TensorError(
          .value, "backward inside vmap reaches a parameter from outside it",
          hint: "its gradient would be another for each example; use grad, and sum what vmap gives")
      }
      inner = traced.value
    }
    Context.current.activeRecording?.loadGradient(of: self)
    if Context.current.startsAnew(self) { return gradient }
    return try second.map { try $0 + gradient } ?? gradient
  }

  /// Leaves a gradient with this leaf.
  func keep(_ gradient: Variable) {
    let context = Context.current
    context.willAccumulate(into: self)
    context.activeRecording?.willSetGradient(of: self)
    self.gradient = gradient
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
  Context.current.activeRecording?.takesGradients(of: root, by: nodes.compactMap { $0 })
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
  try leaveGradients(of: loss, createGraph: createGraph).isTracked
}

/// What `backward` does, and whether gradients went to leaves that parameters no longer hold.
///
/// A loss may go to such leaves beside others, as where one of two networks has stepped; it is stale where it
/// goes to no others, or has been pulled back before.
package func leaveGradients(
  of loss: Variable, createGraph: Bool
) throws -> (isTracked: Bool, isStale: Bool) {
  try requireScalarLoss(loss, hasSeed: false)
  guard let root = loss.node else { return (false, false) }
  Context.current.activeRecording?.leavesGradients(of: root)
  var isStale = false
  _ = try inView(createGraph: createGraph) { view in
    try pullBack([(root, loss.onesLike())], to: nil, view: view) { leaves in
      let replaced = leaves.count(where: \.isReplaced)
      isStale = replaced > 0 && (replaced == leaves.count || root.wasPulledBack)
    }
  }
  root.wasPulledBack = true
  return (true, isStale)
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
  fileprivate let collectives: CollectiveNodes.Saved

  /// For each result whether it depends on an argument.
  var isFollowed: [Bool] { roots.map { $0 != nil } }

  /// Whether a checkpoint in the graph runs its function again when it is pulled back, which it can
  /// only do where no other transformation has begun since.
  package var runsAgain: Bool {
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
    let context = Context.current
    let outer = context.collectives
    if !collectives.isEmpty { context.collectives.add(collectives) }
    defer { if !collectives.isEmpty { context.collectives.resume(outer) } }
    let found = try context.within(again: levels, at: height) {
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
    return Pullback(
      values: values, leaves: leaves, roots: roots, height: height, levels: levels,
      collectives: context.collectives.saved(at: height))
  }
}
