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
  package private(set) var isFaithful = true
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
  private(set) var operations: [Traced] = []
  /// What the run sees of each operand.
  private var seen: [Variable] = []
  private var tracking: [Tracking] = []
  /// Operands by the variables outside, those that a level there made.
  private var known: [ObjectIdentifier: Int] = [:]
  /// Operands by the nodes that lift them.
  private var lifts: [ObjectIdentifier: Int] = [:]
  fileprivate let number: UInt32
  fileprivate let outer: Recording?
  fileprivate(set) var isSuspended = false

  /// As many obstacles as somebody may want to read.
  private static let mostObstacles = 32
  private static let count = Atomic<UInt32>(0)

  init(height: Int, in context: Context) {
    self.height = height
    serial = context.levels[height].serial
    stoppedTapes = context.stoppedTapes
    start = context.markMoment()
    outer = context.recording
    let next = Recording.count.wrappingAdd(1, ordering: .relaxed).newValue
    number = next == 0 ? Recording.count.wrappingAdd(1, ordering: .relaxed).newValue : next
  }

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
    tracking.append(variable.tracking(above: stoppedTapes))
    var result = Variable.traced(leaf)
    if tracking[index] != .untracked {
      let lift = Traced(
        .tape, value: result, height: height + 1, context: context, primitive: .lift, first: result)
      lifts[ObjectIdentifier(lift)] = index
      result = .traced(lift)
    }
    seen.append(result)
    if case .traced(let traced) = variable { known[ObjectIdentifier(traced)] = index }
    return Operand(index: index, variable: result, tracking: tracking[index])
  }

  /// Says that the recording is not the whole of the function.
  package func meets(_ reason: String) {
    guard obstacles.count < Recording.mostObstacles else { return }
    let context = Context.current
    let place = context.programPlace?(context.place) ?? context.place
    let obstacle = Obstacle(reason: reason, place: place)
    if !obstacles.contains(obstacle) { obstacles.append(obstacle) }
  }

  /// Takes an operation down.
  func record(_ node: Traced) { operations.append(node) }

  /// A variable of the run as the recording has it, below the tape for gradients that are taken inside.
  func recorded(_ x: Variable) -> Variable { x.below(height + 1).alive }

  /// True for what the run has made, or has been given for something from outside.
  func knows(_ x: Variable) -> Bool {
    switch x {
    case .tensor(let tensor): tensor.recording == number
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
    var visited: Set<ObjectIdentifier> = []
    var stack = [root]
    while let node = stack.popLast() {
      guard visited.insert(ObjectIdentifier(node)).inserted else { continue }
      if let index = operand(liftedBy: node), tracking[index] == .graph,
        operands.contains(where: { $0 != index })
      {
        isFaithful = false
        return meets("takes gradients through what was computed outside it")
      }
      for case .traced(let input) in node.inputs where input.kind == .tape { stack.append(input) }
    }
  }

  /// Takes note that the run asks for the gradient of a leaf, by the tensor alone.
  func readsGradient(of node: Traced) {
    guard operand(liftedBy: node) != nil else { return }
    isFaithful = false
    meets("reads the gradient of a tensor from outside it")
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
    return node.isParameter ? .leaf : .graph
  }
}

// MARK: - Recording a run

extension Context {
  /// Runs the body on a new level of a recording, all of whose operations are watched.
  func recording<R>(_ body: (Recording) throws -> R) throws -> R {
    try within(.record) { height in
      let recording = Recording(height: height, in: self)
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
  package func meets(obstacle: String) {
    if let recording, !recording.isSuspended { recording.meets(obstacle) }
  }

  /// True while operations are recorded whole.
  package var isRecording: Bool { activeRecording != nil }

  /// The recording that runs, unless it is suspended.
  var activeRecording: Recording? {
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
