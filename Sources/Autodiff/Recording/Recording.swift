// A run of a function that is being recorded whole: every operation, whatever its operands.
//
// The run has a level of its own (`LevelKind.record`), and above it, as every function has, a tape for
// the gradients that it takes by itself. What it reads of what was there before comes in as an
// *operand*: a leaf of the level, lifted onto that tape where a tape follows it outside, so that
// gradients by it are taken inside. A tensor that meets an operation is therefore on the level, or was
// made during the run (every tensor keeps the number of its recording); any other one came by a way that
// nobody watched, and the recording has an *obstacle*: it does not stand for the function. So soundness
// does not rest on having found every reader.
//
// Functions that bring rules of their own run again whenever the recording does, so what they do is not
// recorded: the recording is suspended while they run.

import Kernels
import Synchronization
import Tensors

/// Why a recording does not stand for the function that was recorded.
package struct Obstacle: Sendable, Equatable {
  /// What the function does, to stand after "since it".
  package var reason: String
  /// `Context.place` of where it does so.
  package var place: UInt64
}

/// A run that is being recorded.
package final class Recording {
  /// How a tape outside follows an operand; a recording holds for operands that are followed alike.
  package enum Tracking: Sendable {
    /// No tape follows it, or none that records at the time.
    case untracked
    /// A leaf depends on nothing else.
    case leaf
    /// An input that no parameter holds depends on nothing, either.
    case input
    /// The result of operations, which may have come from other operands.
    case graph
  }

  /// What stands for a variable from outside.
  package struct Operand {
    /// The number by which the recording knows it, in the order of reading.
    package var index: Int
    /// What the run computes with.
    package var variable: Variable
    package var tracking: Tracking
  }

  /// What was made before the run has a smaller number; see `Context.sequence`.
  package let start: Int
  /// What the recording cannot stand for, in the order in which the run met it.
  package private(set) var obstacles: [Obstacle] = []
  /// The first of them.
  package var obstacle: Obstacle? { obstacles.first }
  /// Whether the run gave what the function gives, obstacle or not.
  package fileprivate(set) var isFaithful = true
  /// Whether the run takes gradients by its operands, which depends on which of them are one and the same.
  package private(set) var takesGradients = false
  /// Whether functions with rules of their own are called again when the recording runs.
  package internal(set) var callsFunctions = false

  let height: Int
  let serial: Int
  /// Tapes at or below this height did not record when the run began.
  private let stoppedTapes: Int
  /// The level's leaves, one an operand.
  private(set) var leaves: [Traced] = []
  /// Every operation, also one whose result nobody takes: it may fail, and then so does the function.
  private(set) var operations: [RecordedOperation] = []
  /// The nodes of all operations, where somebody draws them; they hold all values.
  private(set) var nodes: [Traced] = []
  private let keepsNodes: Bool
  /// The last operation of several results.
  private var lastBundle = -1
  /// The conditions and whole numbers that the run has gone by.
  private var branches: [(node: Traced, value: Tensor)] = []
  /// Whether the run is that of a recorded function: its tensors are its literals.
  var readsNothingElse = false
  /// What the run sees of each operand.
  private var seen: [Variable] = []
  private var tracking: [Tracking] = []
  /// Operands by the variables outside, those that a level there made.
  private var known: [ObjectIdentifier: Int] = [:]
  /// Operands by the leaves of the level.
  private var places: [ObjectIdentifier: Int] = [:]
  /// Operands by the nodes that lift them.
  private var lifts: [ObjectIdentifier: Int] = [:]
  /// Gives the run the gradient that `backward` has left, outside, in the leaf that is an operand. It is asked once,
  /// when that gradient is first of any use.
  package var readGradient: ((_ operand: Int, _ held: Variable?) -> Variable?)?
  /// Operands whose gradient the run knows.
  private var knownGradients: Set<Int> = []
  /// Operands whose leaf the run has given another gradient, in order.
  package private(set) var changedGradients: [Int] = []
  /// Whether the run has numbers that stand for those of other runs.
  package var hasNumbers = false
  /// What each run computes before its operations.
  package internal(set) var prologue = RecordedPrologue()
  /// The random numbers that the run draws.
  var streams: RecordedStreams
  fileprivate let number: UInt32
  fileprivate let outer: Recording?
  fileprivate(set) var isSuspended = false

  /// As many obstacles as somebody may want to read.
  private static let mostObstacles = 32
  private static let count = Atomic<UInt32>(0)

  init(height: Int, keepingNodes keepsNodes: Bool, in context: Context) {
    self.height = height
    self.keepsNodes = keepsNodes
    serial = context.levels[height].serial
    stoppedTapes = context.stoppedTapes
    start = context.markMoment()
    streams = RecordedStreams(context.random)
    outer = context.recording
    let next = Recording.count.wrappingAdd(1, ordering: .relaxed).newValue
    number = next == 0 ? Recording.count.wrappingAdd(1, ordering: .relaxed).newValue : next
  }

  /// How many operands there are so far.
  package var operandCount: Int { leaves.count }

  /// What stands for a variable that was read from a place outside.
  package func operand(for variable: Variable) -> Operand {
    if case .traced(let traced) = variable, let index = known[ObjectIdentifier(traced)] {
      return Operand(index: index, variable: seen[index], tracking: tracking[index])
    }
    let context = Context.current
    if case .traced(let traced) = variable.alive, !traced.isAlive(in: context) {
      isFaithful = false
      meets("reads a mapped value after the end of its map")
    }
    let leaf = Traced(.record, value: variable, height: height, context: context, primitive: nil)
    let index = leaves.count
    leaves.append(leaf)
    places[ObjectIdentifier(leaf)] = index
    tracking.append(variable.tracking(above: stoppedTapes))
    var result = Variable.traced(leaf)
    if tracking[index] != .untracked {
      // A leaf stays one: `backward` leaves gradients in it.
      let lift =
        tracking[index] == .leaf
        ? Traced.leaf(result, height: height + 1, context: context)
        : Traced(
          .tape, value: result, height: height + 1, context: context, primitive: .lift,
          first: result)
      lifts[ObjectIdentifier(lift)] = index
      result = .traced(lift)
    }
    seen.append(result)
    if case .traced(let traced) = variable { known[ObjectIdentifier(traced)] = index }
    return Operand(index: index, variable: result, tracking: tracking[index])
  }

  /// The conditions and whole numbers that a recording may go by: what looks at more goes another way at nearly
  /// every call.
  private static let mostBranches = 64

  /// Takes note that the run goes by a number: a single condition or whole number makes a *branch*, and the
  /// recording stands for calls that find the same there.
  ///
  /// - Returns: false for anything else.
  func branches(on node: Traced) -> Bool {
    guard node.value.count == 1, !node.value.dtype.isFloat else { return false }
    if branches.contains(where: { $0.node === node }) { return true }
    guard branches.count < Recording.mostBranches, let value = node.value.concrete else {
      return false
    }
    branches.append((node, value))
    return true
  }

  /// What the recording has to compute beside its results, to see whether a call goes the same way, and what the
  /// run found.
  package var branchValues: (variables: [Variable], found: [Tensor]) {
    (branches.map { .traced($0.node) }, branches.map(\.value))
  }

  /// Says that the recording is not the whole of the function.
  package func meets(_ reason: String) {
    guard obstacles.count < Recording.mostObstacles else { return }
    let context = Context.current
    let place = context.programPlace?(context.place) ?? context.place
    let obstacle = Obstacle(reason: reason, place: place)
    if !obstacles.contains(obstacle) { obstacles.append(obstacle) }
  }

  /// The operations that a recording may have: each takes some ten microseconds until it is part of a plan, and a
  /// loop of more rounds is over sooner than its plan is made.
  private static let mostOperations = 1 << 16

  /// Makes sure that a function of the program does not run on and on in one recording.
  ///
  /// - Throws: what ends the run.
  func requireRoom() throws {
    guard operations.count >= Recording.mostOperations, !readsNothingElse else { return }
    let reason = "takes more than \(Recording.mostOperations) operations"
    meets(reason)
    throw TensorError(.limit, "a function that is recorded \(reason)")
  }

  /// Takes an operation down. Its node lets go of its operands, so that values live as long as the program
  /// holds them, and no longer.
  func record(_ node: Traced) {
    if case .traced(let bundle)? = node.first, node.primitive === Primitive.part,
      bundle.serial == serial, bundle.sequence != lastBundle
    {
      lastBundle = bundle.sequence
      bundle.stop = bundle.inputs.map(\.stop).min() ?? .none
      takeDown(bundle)
    }
    takeDown(node)
    if keepsNodes { nodes.append(node) }
  }

  /// Lets go of all that has been taken down, once it stands for nothing.
  package func forgetOperations() {
    operations.removeAll()
    nodes.removeAll()
    branches.removeAll()
  }

  private func takeDown(_ node: Traced) {
    guard let operation = RecordedOperation(node) else { return }
    operations.append(operation)
    if !keepsNodes { node.forgetInputs() }
  }

  /// A variable of the run as the recording has it, below the tape for gradients that are taken inside.
  func recorded(_ x: Variable) -> Variable { x.below(height + 1).alive }

  /// True for what the run has made, or has been given for something from outside.
  func knows(_ x: Variable) -> Bool {
    switch x {
    case .tensor(let tensor): tensor.recording == number || readsNothingElse
    case .placed(let tensor): tensor.recording == number || readsNothingElse
    case .traced(let traced): Int(traced.height) >= height || !traced.isAlive(in: .current)
    }
  }

  /// Looks at an operand of an operation of the run.
  func inspect(_ x: Variable) {
    if !knows(x) { meets("computes with a tensor that an object from outside holds") }
  }

  /// Takes note of gradients that the run takes.
  ///
  /// Inside, operands are leaves. Where one of them was computed, outside, from another by which a
  /// gradient is taken, that gradient has a part that is not seen here.
  func takesGradients(of root: Traced, by targets: [Traced]) {
    let operands = Set(targets.compactMap { operand(liftedBy: $0) })
    guard !operands.isEmpty else { return }
    takesGradients = true
    let found = self.operands(behind: root)
    guard !found.contains(where: { index in operands.contains { $0 != index } }) else {
      isFaithful = false
      return meets("takes gradients through what was computed outside it")
    }
  }

  /// Takes note that the run leaves gradients in all leaves that a result was computed from.
  func leavesGradients(of root: Traced) {
    takesGradients = true
    guard operands(behind: root).isEmpty else {
      isFaithful = false
      return meets("leaves gradients through what was computed outside it")
    }
  }

  /// The operands with a graph outside that a result was computed from.
  private func operands(behind root: Traced) -> Set<Int> {
    var found: Set<Int> = []
    var visited: Set<ObjectIdentifier> = []
    var stack = [root]
    while let node = stack.popLast() {
      guard visited.insert(ObjectIdentifier(node)).inserted else { continue }
      if let index = operand(liftedBy: node), tracking[index] == .graph { found.insert(index) }
      for case .traced(let input) in node.inputs where input.kind == .tape { stack.append(input) }
    }
    return found
  }

  /// Takes note that the run asks for the gradient of a leaf, by the tensor alone.
  func readsGradient(of node: Traced) {
    guard operand(liftedBy: node) != nil else { return }
    isFaithful = false
    meets("reads the gradient of a tensor from outside it")
  }

  /// Makes sure that a leaf has the gradient that the program has left in it.
  func loadGradient(of leaf: Traced) {
    guard let index = lifts[ObjectIdentifier(leaf)], knownGradients.insert(index).inserted else {
      return
    }
    leaf.gradient = readGradient?(index, leaves[index].value.keptGradient)
  }

  /// Takes note that a leaf gets another gradient.
  func willSetGradient(of leaf: Traced) {
    guard let index = lifts[ObjectIdentifier(leaf)] else { return }
    knownGradients.insert(index)
    if !changedGradients.contains(index) { changedGradients.append(index) }
  }

  /// Takes note that a parameter no longer holds a leaf from outside.
  func isReplaced(_ variable: Variable) {
    guard case .traced(let traced) = variable, let index = known[ObjectIdentifier(traced)],
      case .traced(let lift) = seen[index]
    else { return }
    lift.isReplaced = true
  }

  /// The operand that a node lifts, at once or through the tapes of functions inside.
  private func operand(liftedBy node: Traced) -> Int? {
    var node = node
    while true {
      if let index = lifts[ObjectIdentifier(node)] { return index }
      guard node.primitive === Primitive.lift, case .traced(let inner)? = node.first else {
        return nil
      }
      node = inner
    }
  }
}

extension Variable {
  /// How a tape follows the variable in the context of the thread.
  package var tracking: Recording.Tracking { tracking(above: Context.current.stoppedTapes) }

  fileprivate func tracking(above stopped: Int) -> Recording.Tracking {
    guard let node, Int(node.height) > stopped else { return .untracked }
    return node.isParameter ? .leaf : node.primitive == nil ? .input : .graph
  }
}

// MARK: - What comes out of a run

extension Recording {
  /// What a variable of the run is to whoever runs the recording.
  package enum Output {
    /// The very variable that is an operand.
    case operand(Int)
    /// A leaf that the run has made, of these numbers, with what `backward` has left in it.
    case leaf(ObjectIdentifier, Variable, gradient: Variable?, place: UInt64)
    /// The result of operations, and whether a tape of the function follows it.
    case result(Variable, isTracked: Bool)
    /// A value of one example, which has no meaning outside its `vmap`.
    case mapped
  }

  package func output(_ variable: Variable) -> Output {
    var inner = variable
    while case .traced(let traced) = inner, Int(traced.height) > height {
      if traced.kind == .batch { return .mapped }
      inner = traced.value
    }
    guard case .traced(let traced) = variable.alive else {
      return .result(variable.alive, isTracked: false)
    }
    if let index = lifts[ObjectIdentifier(traced)] ?? places[ObjectIdentifier(traced)] {
      return .operand(index)
    }
    guard Int(traced.height) > height else { return .result(.traced(traced), isTracked: false) }
    guard traced.isParameter else { return .result(.traced(traced), isTracked: true) }
    return .leaf(
      ObjectIdentifier(traced), traced.value, gradient: traced.gradient, place: traced.place)
  }

  /// The gradient that the run has left in the leaf that is an operand.
  package func gradient(ofOperand index: Int) -> Variable? {
    guard case .traced(let lift) = seen[index] else { return nil }
    return lift.gradient
  }

  /// Whether a result depends on leaves that the run has made, some of which are kept.
  package func depends(_ variable: Variable, onLeaves kept: Set<ObjectIdentifier>) -> Bool {
    guard case .traced(let root) = variable else { return false }
    var visited: Set<ObjectIdentifier> = []
    var stack = [root]
    while let node = stack.popLast() {
      guard visited.insert(ObjectIdentifier(node)).inserted else { continue }
      if kept.contains(ObjectIdentifier(node)) { return true }
      for case .traced(let input) in node.inputs where input.kind == .tape { stack.append(input) }
    }
    return false
  }

  /// A variable of the run as it is outside, once the run has ended.
  package func outside(_ variable: Variable) -> Variable { variable.below(height) }

  /// What the operands were in the run.
  package var operands: [Variable] { leaves.map(\.value) }
}

extension Variable {
  /// Puts another gradient into this very leaf, as `backward` and `zero_grad` do.
  package func replaceGradient(_ gradient: Variable?) {
    guard case .traced(let traced) = self, traced.isParameter else { return }
    Context.current.willAccumulate(into: traced)
    traced.gradient = gradient
  }

  /// Whether this leaf can have a gradient: one of each example belongs to a leaf of each example.
  package func canHold(gradient: Variable) -> Bool {
    guard case .traced(let leaf) = self else { return true }
    var inner = gradient
    while case .traced(let traced) = inner, traced.height > leaf.height {
      if traced.kind == .batch { return false }
      inner = traced.value
    }
    return true
  }

  /// What tells a variable from every other one that is alive; nil for a plain tensor.
  package var identity: ObjectIdentifier? {
    if case .traced(let traced) = self { ObjectIdentifier(traced) } else { nil }
  }

  /// The variable as a constant to the tapes that are active.
  package var withoutTape: Variable { withoutTapesAtAnyDepth }
}

// MARK: - Recording a run

extension Context {
  /// Runs the body on a new level of a recording, all of whose operations are watched.
  func recording<R>(
    keepingNodes keepsNodes: Bool = false, _ body: (Recording) throws -> R
  ) throws -> R {
    try within(.record) { height in
      let recording = Recording(height: height, keepingNodes: keepsNodes, in: self)
      let saved = (self.recording, recordsFunction, mos_watches_get(), mos_recording_get())
      (self.recording, recordsFunction) = (recording, true)
      mos_watches_set(saved.2 | Int32(MOS_WATCHES_RECORDING))
      mos_recording_set(recording.number)
      defer {
        (self.recording, recordsFunction) = (saved.0, saved.1)
        mos_watches_set(saved.2)
        mos_recording_set(saved.3)
      }
      return try body(recording)
    }
  }

  /// Runs the body as if nothing was being recorded: what it does is done again, by the program,
  /// whenever the recording runs.
  package func suspendingRecording<R>(_ body: () throws -> R) rethrows -> R {
    guard let recording, !recording.isSuspended else { return try body() }
    let saved = (recordsFunction, watcher, mos_watches_get())
    (recordsFunction, watcher, recording.isSuspended) = (false, nil, true)
    mos_watches_set(saved.2 & ~Int32(MOS_WATCHES_RECORDING))
    defer {
      (recordsFunction, watcher, recording.isSuspended) = (saved.0, saved.1, false)
      mos_watches_set(saved.2)
    }
    return try body()
  }

  /// Runs an operation on the values below the level that records: those are anybody's.
  @inline(__always)
  func belowRecording<R>(_ body: () throws -> R) rethrows -> R {
    let saved = mos_watches_get()
    mos_watches_set(saved & ~Int32(MOS_WATCHES_RECORDING))
    defer { mos_watches_set(saved) }
    return try body()
  }

  /// Says, while a function is recorded, that the recording is not the whole of it.
  ///
  /// - Parameter isFaithful: whether the run gives what the function gives nonetheless.
  package func meets(obstacle: String, isFaithful: Bool = true) {
    guard let recording, !recording.isSuspended else { return }
    recording.meets(obstacle)
    if !isFaithful { recording.isFaithful = false }
  }

  /// The same of every recording that runs, also of those that are suspended.
  package func meetsAtAllLevels(obstacle: String) {
    var running = recording
    while let recording = running {
      recording.meets(obstacle)
      running = recording.outer
    }
  }

  /// True while operations are recorded whole.
  package var isRecording: Bool { activeRecording != nil }

  /// The recording that runs, unless it is suspended.
  package var activeRecording: Recording? {
    guard let recording, !recording.isSuspended else { return nil }
    return recording
  }

  /// The recording of a level, be it suspended.
  func recording(of traced: Traced) -> Recording? {
    var found = recording
    while let candidate = found, candidate.serial != traced.serial { found = candidate.outer }
    return found
  }
}
