// The transformations that are active on a thread, innermost last.
//
// Levels. `levels[0]` is the ambient tape, on which operations on parameters are recorded. Each
// transformation pushes two levels: its own (a tape for `grad`, dual numbers for `jvp`, a mapped
// axis for `vmap`), and above it a tape for what the transformed function records by itself: the
// parameters it makes or reads, `backward`, differentiable optimizers. So a tape that a function
// starts always sees an operation before the transformation around that function does, and
//
//     vmap(x => { let net = Net(); optim.step(loss(net, x)); … })
//
// adapts one network an example.
//
// Values that outlive their level are seen through: a tape's or a dual number's value stands for
// what it was computed from. Only a mapped value has no meaning outside its `vmap`; using it is
// an error.

import Kernels
import Synchronization
import Tensors

/// What a level does with an operation.
package enum LevelKind: UInt8, Sendable {
  /// Records a node.
  case tape
  /// Carries a tangent along.
  case dual
  /// Maps over a first axis.
  case batch
  /// Records every operation, to be run again on other operands; see `Recording`.
  case record
}

struct Level {
  let kind: LevelKind
  /// Tells a level from an earlier one at the same height; the ambient tape's is 0.
  let serial: Int
  /// The extent of the mapped axis; 0 for other kinds.
  let size: Int
}

/// The state of differentiation on one thread.
///
/// An embedder that runs several programs on a thread gives each its own context with `with`.
///
/// The fields that every operation reads are not checked for overlapping access: a context stays
/// on its thread and none of its fields is ever passed `inout`, and the check costs more than the
/// addition of two numbers.
public final class Context {
  @exclusivity(unchecked) var levels: [Level] = [Level(kind: .tape, serial: 0, size: 0)]
  private var serial = 0
  /// The number that the next traced value gets; the order of numbers is the order of making.
  @exclusivity(unchecked) package internal(set) var sequence = 0
  /// Tapes at or below this height do not record: `no_grad`, `create_graph=false`.
  @exclusivity(unchecked) var stoppedTapes = -1
  /// Dual levels at or below this height carry no tangent: `no_grad`.
  @exclusivity(unchecked) var stoppedDuals = -1
  /// True while a `RecordedFunction` is made: checkpoints keep their graph then.
  @exclusivity(unchecked) package var recordsFunction = false
  /// The innermost run that is being recorded whole.
  @exclusivity(unchecked) package internal(set) var recording: Recording?
  /// Who is told what runs read of parameters.
  @exclusivity(unchecked) package var watcher: (any ParameterWatcher)?
  /// True while a run that is being recorded computes what each run computes before its operations.
  @exclusivity(unchecked) package private(set) var isCounting = false
  /// The number of the latest walk over a graph, and the room of one that has ended.
  @exclusivity(unchecked) var walk = 0
  @exclusivity(unchecked) var spareWalk = Walk()
  /// What freed nodes held and is still to be freed; see `Traced`.
  @exclusivity(unchecked) var unreleased: [Traced] = []
  @exclusivity(unchecked) var isReleasing = false
  /// Where the program stands, opaque to this module; a node keeps it for messages.
  @exclusivity(unchecked) public var place: UInt64 = 0
  /// Whether the first nan or inf is an error.
  ///
  /// The flag itself is the thread's, where every operation reads it without touching a context.
  public var detectsAnomalies: Bool {
    get { mos_watches_get() & Int32(MOS_WATCHES_ANOMALIES) != 0 }
    set {
      let others = mos_watches_get() & ~Int32(MOS_WATCHES_ANOMALIES)
      mos_watches_set(newValue ? others | Int32(MOS_WATCHES_ANOMALIES) : others)
    }
  }
  /// Whether slopes without a derivative wait with being told; see `dualRoot`.
  @exclusivity(unchecked) var holdsSlopes = false
  /// Whether one waits.
  @exclusivity(unchecked) var hasHeldSlope = false
  /// Takes what an operation has to say beside its result: a solve that did not converge.
  public var notify: ((Notice) -> Void)?
  /// Operations of which was told that the processor computes them for devices.
  @exclusivity(unchecked) var toldToCopy: Set<String> = []
  /// The float type that literals and conversions take.
  @exclusivity(unchecked) public var defaultFloat: DType = .f64
  /// The stream of random numbers that functions without a key draw from.
  public var random = RandomKey(seed: 0)

  /// The processes that run this program, by default one.
  public var ranks = Ranks(SingleRank())
  /// What these exchanged and a walk back goes by.
  @exclusivity(unchecked) var collectives = CollectiveNodes()

  /// The number of this context; no other of the process has it, before or after.
  package let number = Context.lastNumber.add(1, ordering: .relaxed).newValue
  private static let lastNumber = Atomic(0)

  /// Gives for a place in the standard library the one where the program called that.
  package var programPlace: ((UInt64) -> UInt64)?

  /// Where the program stands, for ranks that do different things: ` at train.mos:12`, or nothing.
  package var describePlace: (() -> String)?

  /// What an error says, to be told to other ranks.
  package var describeError: ((any Error) -> (kind: String, message: String, hint: String?))?

  /// Who runs in it, opaque to this module.
  package unowned(unsafe) var owner: AnyObject?

  /// A context with nothing active.
  public init() {}

  /// The context of this thread.
  @inline(__always) public static var current: Context {
    if let pointer = mos_context_get() {
      return Unmanaged<Context>.fromOpaque(pointer).takeUnretainedValue()
    }
    return makeCurrent()
  }

  @inline(never) private static func makeCurrent() -> Context {
    let context = Context()
    // One a thread that never set its own; it lives as long as the thread may use it.
    mos_context_set(Unmanaged.passRetained(context).toOpaque())
    return context
  }

  /// Makes this the thread's context during the call.
  public func with<R>(_ body: () throws -> R) rethrows -> R {
    let outer = enter()
    defer { leave(outer) }
    return try withExtendedLifetime(self, body)
  }

  /// Makes this the thread's context, which somebody holds until `leave`; gives the one from before.
  package func enter() -> UnsafeMutableRawPointer? {
    let outer = mos_context_get()
    mos_context_set(Unmanaged.passUnretained(self).toOpaque())
    return outer
  }

  /// Makes another the thread's context again.
  package func leave(_ outer: UnsafeMutableRawPointer?) { mos_context_set(outer) }

  /// A number above those of all that was made before, and not above those of what comes.
  package func markMoment() -> Int {
    sequence += 1
    return sequence
  }

  /// The height of the tape that new parameters are recorded on.
  @inline(__always) var top: Int { levels.count - 1 }

  /// Runs a body that each run of a recording will run again before its operations.
  package func counting<R>(_ body: () throws -> R) rethrows -> R {
    let outer = isCounting
    isCounting = isRecording
    defer { isCounting = outer }
    return try body()
  }

  /// True where no transformation is active.
  @inline(__always) public var isPlain: Bool { levels.count == 1 }

  /// The most transformations inside one another.
  static let maximumLevels = 400

  /// Runs the body inside a new transformation; it gets the height of the transformation's level.
  func within<R>(_ kind: LevelKind, size: Int = 0, _ body: (Int) throws -> R) throws -> R {
    guard levels.count < Context.maximumLevels else {
      throw TensorError(
        .limit, "more than \(Context.maximumLevels / 2) transformations are nested",
        hint: "does a function differentiate itself?")
    }
    let height = levels.count
    serial += 1
    levels.append(Level(kind: kind, serial: serial, size: size))
    serial += 1
    levels.append(Level(kind: .tape, serial: serial, size: 0))
    defer {
      levels.removeSubrange(height...)
      if !collectives.isEmpty { collectives.forget(from: height) }
    }
    return try body(height)
  }

  /// Runs the body with two levels that have ended made active again at their heights, where
  /// those are free; a pull-back needs that for the functions that `checkpoint` runs again.
  func within<R>(again ended: (Level, Level), at height: Int, _ body: () throws -> R) rethrows -> R
  {
    guard levels.count == height else { return try body() }
    levels.append(ended.0)
    levels.append(ended.1)
    defer { levels.removeSubrange(height...) }
    return try body()
  }

  /// Runs the body without recording or carrying tangents for what is active outside it.
  public func withoutGradients<R>(_ body: () throws -> R) rethrows -> R {
    let saved = enterWithoutGradients()
    defer { leaveWithoutGradients(saved) }
    return try body()
  }

  /// The gradients of leaves from outside a body, as they were when it began.
  private struct OuterGradients {
    /// The height that leaves from outside are at, at most.
    var height: Int32 = .max
    /// The number that leaves from outside have, at most, where what they get is collected.
    var newest: Int?
    var kept: [ObjectIdentifier: (Traced, Variable?)] = [:]

    func concern(_ leaf: Traced) -> Bool {
      leaf.height <= height && leaf.sequence <= newest ?? .max
    }
  }

  /// Those of the innermost body that keeps them.
  private var outerGradients: OuterGradients?

  /// Runs the body as a program of its own: it records and differentiates by itself as ever, and for
  /// what is active outside its results are constants. Gradients that its `backward` leaves in
  /// parameters from outside go away with it.
  package func isolated<R>(_ body: () throws -> R) throws -> R {
    try keepingGradients(upTo: Int32(top)) {
      try withoutGradients { try within(.tape) { _ in try body() } }
    }
  }

  /// Runs the body again: gradients that its `backward` leaves in leaves go away with it.
  ///
  /// - Parameter height: of leaves above it nothing is kept.
  package func keepingGradients<R>(
    upTo height: Int32 = .max, _ body: () throws -> R
  ) rethrows -> R {
    let saved = outerGradients
    outerGradients = OuterGradients(height: height)
    defer {
      for (leaf, gradient) in (outerGradients?.kept ?? [:]).values { leaf.gradient = gradient }
      outerGradients = saved
    }
    return try body()
  }

  /// Runs the body and gives what its `backward` adds to the gradients of leaves from before a moment; they have those
  /// from before again.
  package func collectingGradients<R>(
    before moment: Int, _ body: () throws -> R
  ) rethrows -> (result: R, gradients: [(leaf: Variable, gradient: Variable)]) {
    let saved = outerGradients
    outerGradients = OuterGradients(newest: moment)
    defer { outerGradients = saved }
    defer {
      for (leaf, gradient) in outerGradients?.kept.values ?? [:].values { leaf.gradient = gradient }
    }
    let result = try body()
    let found = (outerGradients?.kept ?? [:]).values.map(\.0).sorted { $0.sequence < $1.sequence }
    return (result, found.compactMap { leaf in leaf.gradient.map { (.traced(leaf), $0) } })
  }

  /// Whether what a leaf gets first counts from nothing, in a body whose gradients are collected.
  func startsAnew(_ leaf: Traced) -> Bool {
    guard let outer = outerGradients else { return false }
    return outer.newest != nil && outer.concern(leaf) && outer.kept[ObjectIdentifier(leaf)] == nil
  }

  /// Takes note of the gradient that a leaf has before it gets another.
  func willAccumulate(into leaf: Traced) {
    guard let outer = outerGradients, outer.concern(leaf),
      outer.kept[ObjectIdentifier(leaf)] == nil
    else { return }
    outerGradients?.kept[ObjectIdentifier(leaf)] = (leaf, leaf.gradient)
  }

  /// Begins `no_grad`; the result goes to `leaveWithoutGradients`.
  package func enterWithoutGradients() -> (Int, Int) {
    let saved = (stoppedTapes, stoppedDuals)
    stoppedTapes = top
    stoppedDuals = top
    return saved
  }

  /// Ends `no_grad`.
  package func leaveWithoutGradients(_ saved: (Int, Int)) {
    (stoppedTapes, stoppedDuals) = saved
  }

  /// Which levels record no more, a tape's and a dual level's height.
  package var gradientStops: (Int, Int) { (stoppedTapes, stoppedDuals) }

  /// Runs the body with what recorded at some moment recording again.
  package func withGradients<R>(asIn stops: (Int, Int), _ body: () throws -> R) rethrows -> R {
    let saved = gradientStops
    leaveWithoutGradients(stops)
    defer { leaveWithoutGradients(saved) }
    return try body()
  }

  /// Runs the body without recording on the tapes that are active outside it.
  package func withoutTapes<R>(_ body: () throws -> R) rethrows -> R {
    let saved = stoppedTapes
    stoppedTapes = top
    defer { stoppedTapes = saved }
    return try body()
  }

  /// Runs a body that takes gradients by itself: where no tape records they do for its time, and
  /// what it gives is again a number for all of them.
  ///
  /// A tape of its own would do, too, but would follow every parameter that the body reads.
  package func recordingInside(_ body: () throws -> Variable) rethrows -> Variable {
    guard stoppedTapes >= top else { return try body() }
    let saved = stoppedTapes
    stoppedTapes = -1
    defer { stoppedTapes = saved }
    return try body().withoutTapesAtAnyDepth
  }

  /// Turns the check of every result for nan and inf on or off; returns what it was.
  package func setDetectsAnomalies(_ value: Bool) -> Bool {
    defer { detectsAnomalies = value }
    return detectsAnomalies
  }
}
