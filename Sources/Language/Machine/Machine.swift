// The register machine: its stacks, calls from Swift, errors on their way out.
//
// Values lie on one stack; a frame's registers are a window of it, and the windows of caller and
// callee overlap in the arguments. Invariants: every slot below `initializedTop` is initialized;
// what lies above the registers of all open frames holds nothing that needs releasing; machine
// state is plain memory behind pointers, because a class's properties are checked at each access.

import Autodiff
import Platform
import Syntax
import Tensors

/// What a call leaves behind to come back to.
struct Frame {
  /// The instruction that comes next in the caller.
  var pc: UnsafePointer<Instruction>
  var base: UnsafeMutablePointer<Value>
  var header: UnsafeMutablePointer<CodeHeader>
  var captures: UnsafeMutablePointer<Value>
  /// Where the callee's value goes.
  var result: UnsafeMutablePointer<Value>
  /// Tail calls that have taken the callee's place; `entry` where Swift code made the call.
  var tailCalls: Int

  /// Marks a call that Swift code waits for.
  static let entry = Int.min

  /// The instruction of the caller that made the call.
  var call: UnsafePointer<Instruction> { tailCalls < 0 ? pc : pc - 1 }
}

/// State that the running loop shares with what it calls.
struct MachineState {
  /// The running function; `pc` is up to date whenever other code may look.
  var pc: UnsafePointer<Instruction>
  var base: UnsafeMutablePointer<Value>
  var header: UnsafeMutablePointer<CodeHeader>
  var captures: UnsafeMutablePointer<Value>
  var frameCount = 0
  /// The first slot behind the arguments of the built-in that runs: a call back takes no slot
  /// below it, wherever that built-in was called from.
  var floor: UnsafeMutablePointer<Value>
  /// Slots below it are initialized.
  var initializedTop: UnsafeMutablePointer<Value>
  /// Loop rounds and calls until the next look at limits and interrupts.
  var ticks = 0
  /// Rounds that the instruction budget still allows after these ticks.
  var budget = Int.max
  /// Runs of the loop inside one another.
  var nesting = 0
  /// While what runs is tried out and may change nothing from before, the sequence number of the
  /// moment when that began, else -1; see `Rehearsal`.
  var rehearsalStart = -1
  var isRehearsing: Bool { rehearsalStart >= 0 }
}

/// What a function that is to run needs.
struct Entry {
  var header: UnsafeMutablePointer<CodeHeader>
  var captures: UnsafeMutablePointer<Value>
  var base: UnsafeMutablePointer<Value>
  var result: UnsafeMutablePointer<Value>
}

/// Runs compiled functions for one interpreter.
package final class Machine {
  /// Slots of the value stack that are wanted: 64 MB of addresses, taken as they are used. Where addresses are
  /// scarce there are fewer.
  private static let wantedStackSize = 1 << 22
  /// Rounds and calls between two looks at limits.
  static let tickInterval = 2_000
  /// Tail calls in place of one call before it is taken to be without end.
  static let maximumTailCalls = 100_000_000

  unowned(unsafe) let interpreter: Interpreter
  let stack: UnsafeMutablePointer<Value>
  private let stackSize: Int
  /// The calls that are open, room for `frameLimit` of them and the one that is too many.
  @exclusivity(unchecked) private(set) var frames: UnsafeMutablePointer<Frame>
  @exclusivity(unchecked) private(set) var frameLimit = 0
  let state: UnsafeMutablePointer<MachineState>
  /// What ends a region that an error leaves: innermost last.
  @exclusivity(unchecked) var handlers: [Handler] = []
  /// Stands for code while nothing runs.
  private let idle: FunctionPrototype

  struct Handler {
    enum Kind {
      /// The error goes to a register, the program on from an instruction; one that only cleans up throws
      /// the error again.
      case `catch`(UnsafePointer<Instruction>, register: Int, cleansUp: Bool)
      case context(HostObject)
    }
    var kind: Kind
    /// The frames there were when the region began.
    var frameCount: Int
    var base: UnsafeMutablePointer<Value>
    var header: UnsafeMutablePointer<CodeHeader>
    var captures: UnsafeMutablePointer<Value>
  }

  init(_ interpreter: Interpreter) {
    self.interpreter = interpreter
    Value.checkLayout()
    (stack, stackSize) = Machine.makeStack()
    frames = .allocate(capacity: 1)
    idle = FunctionPrototype(
      name: "main", source: Source(name: "", text: ""), span: .zero,
      signature: Signature(name: "main", parameters: []), documentation: nil, isMethod: false,
      captureSources: [])
    idle.finish(
      code: [Instruction(.giveBackNil)], constants: [], spans: [.zero], sites: .init(),
      registerCount: 0)
    state = .allocate(capacity: 1)
    state.initialize(
      to: MachineState(
        pc: UnsafePointer(idle.header.pointee.code), base: stack, header: idle.header,
        captures: stack, floor: stack, initializedTop: stack))
  }

  deinit {
    stack.deinitialize(count: state.pointee.initializedTop - stack)
    Pages.unmap(stack, stackSize * MemoryLayout<Value>.stride)
    frames.deallocate()
    state.deallocate()
  }

  private static func makeStack() -> (UnsafeMutablePointer<Value>, slots: Int) {
    var slots = wantedStackSize
    while slots * MemoryLayout<Value>.stride >= Pages.size {
      if let pages = Pages.map(slots * MemoryLayout<Value>.stride) {
        return (pages.bindMemory(to: Value.self, capacity: slots), slots)
      }
      slots /= 2
    }
    preconditionFailure("the system has no addresses for an interpreter")
  }

  /// True while a program runs.
  var isRunning: Bool { state.pointee.nesting > 0 }

  // MARK: - Calls from Swift

  /// Calls a value and waits for its result.
  func call(_ function: Value, _ arguments: [Value], named: [(String, Value)] = []) throws -> Value
  {
    let saved = state.pointee
    // What the built-in records after the call is its own operation, not the callee's last.
    let place = interpreter.context.place
    let window = max(saved.base + saved.header.pointee.registerCount, saved.floor)
    try Safepoint.descend()
    try reserve(window + arguments.count + 2)
    window.pointee = function
    for (i, argument) in arguments.enumerated() { window[i + 1] = argument }
    state.pointee.nesting += 1
    defer {
      state.pointee.pc = saved.pc
      state.pointee.base = saved.base
      state.pointee.header = saved.header
      state.pointee.captures = saved.captures
      state.pointee.nesting = saved.nesting
      state.pointee.floor = saved.floor
      interpreter.context.place = place
    }
    let entry =
      named.isEmpty
      ? try prepare(window, arguments.count) : try prepare(window, arguments, named)
    if let entry { try execute(entry) }
    let result = window.pointee
    window.pointee = .nil
    return result
  }

  /// Makes the stack ready up to an address.
  func reserve(_ top: UnsafeMutablePointer<Value>) throws {
    guard top > state.pointee.initializedTop else { return }
    guard top + 1024 < stack + stackSize else { throw runaway() }
    let missing = top - state.pointee.initializedTop
    state.pointee.initializedTop.initialize(repeating: .nil, count: missing)
    state.pointee.initializedTop = top
  }

  func runaway() -> RuntimeError {
    runaway("calls are nested \(state.pointee.frameCount) levels deep")
  }

  /// Calls at the end of functions nest nothing, and are counted.
  func endlessTail() -> RuntimeError {
    runaway("functions have ended in \(Machine.maximumTailCalls) calls in a row")
  }

  private func runaway(_ message: String) -> RuntimeError {
    RuntimeError(.limit, message, hint: "does a function call itself without end?")
  }

  // MARK: - Limits

  /// Sets the limits of a run that begins.
  func begin(_ limits: Limits) {
    // Each frame begins at least one slot above the last.
    let depth = min(limits.depth, stackSize)
    if depth != frameLimit {
      frames.deallocate()
      frames = .allocate(capacity: depth + 1)
      frameLimit = depth
    }
    state.pointee.ticks = 0
    state.pointee.budget = limits.instructions ?? .max
  }

  /// Looks at limits and interrupts; gives the ticks until the next look.
  package func safepoint() throws -> Int {
    if interpreter.requests.isPending, interpreter.requests.takeSampleRequest() {
      interpreter.profiler?.record(UInt64(UInt(bitPattern: state.pointee.pc)))
    }
    if interpreter.requests.isPending, interpreter.requests.takeCollectRequest() {
      interpreter.holders.collect()
    }
    try Safepoint.look()
    guard state.pointee.budget > 0 else {
      throw RuntimeError(
        .limit,
        "the program took more than \(interpreter.limits.instructions ?? 0) calls and loop rounds")
    }
    let ticks = min(Machine.tickInterval, state.pointee.budget)
    state.pointee.budget -= ticks
    return ticks
  }

  /// Counts a round of a loop that a built-in makes, as the program's own are counted, and looks at interrupts.
  package func countRound() throws {
    state.pointee.ticks -= 1
    if state.pointee.ticks < 0 { state.pointee.ticks = try safepoint() }
    try Safepoint.look()
  }

  /// Loop rounds and calls that the run may still take.
  package var roundsLeft: Int {
    let (left, overflow) = state.pointee.budget.addingReportingOverflow(state.pointee.ticks)
    return overflow ? .max : left
  }

  /// Counts rounds and calls that a recording saves: a program takes as many of its limit however it runs.
  ///
  /// - Throws: a limit error where so many are not left.
  package func count(rounds: Int) throws {
    guard interpreter.limits.instructions != nil, rounds > 0 else { return }
    let own = min(rounds, state.pointee.ticks)
    state.pointee.ticks -= own
    state.pointee.budget = max(state.pointee.budget - (rounds - own), 0)
    if state.pointee.ticks <= 0 { state.pointee.ticks = try safepoint() }
  }

  // MARK: - Places and traces

  /// The number of the place that runs, as `Context.place` has it.
  var placeNumber: UInt64 { UInt64(UInt(bitPattern: state.pointee.pc)) }

  /// Where the program stands; nil where none runs.
  package var currentPlace: Diagnostic.Label? {
    let prototype = state.pointee.header.pointee.prototype.takeUnretainedValue()
    guard prototype !== idle else { return nil }
    return Diagnostic.Label(source: prototype.source, span: prototype.span(at: state.pointee.pc))
  }

  /// The error with the place that `pc` stands for and the calls that led there.
  func placed(_ error: any Error, at pc: UnsafePointer<Instruction>) -> RuntimeError {
    if let derivative = error as? DerivativeError {
      return placed(derivative, at: pc)
    }
    var error = RuntimeError(wrapping: error)
    guard error.diagnostic.primary == nil else { return error }
    state.pointee.pc = pc
    let (place, isCall) = programPlace
    error.diagnostic.primary = place
    if !isCall { error.diagnostic.primary?.text = error.label }
    error.diagnostic.trace = trace()
    if error.diagnostic.kind == Diagnostic.Kind.shape.rawValue {
      error.operands = operandNote(at: pc)
    }
    return error
  }

  /// Where the program stands; inside the standard library where it was called, as for a built-in.
  var programPlace: (label: Diagnostic.Label?, isCall: Bool) {
    guard let place = currentPlace, StandardModule.holds(place.source) else {
      return (currentPlace, false)
    }
    guard let (prototype, pc) = callOfLibrary else { return (place, false) }
    return (Diagnostic.Label(source: prototype.source, span: prototype.span(at: pc)), true)
  }

  /// The innermost call that stands outside the standard library, of what runs inside it.
  var callOfLibrary: (prototype: FunctionPrototype, pc: UnsafePointer<Instruction>)? {
    for index in stride(from: state.pointee.frameCount - 1, through: 0, by: -1) {
      let prototype = frames[index].header.pointee.prototype.takeUnretainedValue()
      guard prototype !== idle, !StandardModule.holds(prototype.source) else { continue }
      return (prototype, frames[index].call)
    }
    return nil
  }

  /// An error of a derivative rule: underlined is the operation whose derivative failed.
  private func placed(_ derivative: DerivativeError, at pc: UnsafePointer<Instruction>)
    -> RuntimeError
  {
    var error = RuntimeError(wrapping: derivative.underlying)
    state.pointee.pc = pc
    error.diagnostic.primary = interpreter.label(ofPlace: derivative.place) ?? currentPlace
    error.diagnostic.primary?.text = "in the derivative of \(derivative.operation)"
    error.diagnostic.trace = trace()
    return error
  }

  /// Where the outermost function stands, while the innermost one is at `pc`.
  func outermostPlace(at pc: UnsafePointer<Instruction>) -> Diagnostic.Label? {
    for index in 0..<state.pointee.frameCount {
      let prototype = frames[index].header.pointee.prototype.takeUnretainedValue()
      guard prototype !== idle else { continue }
      return Diagnostic.Label(
        source: prototype.source, span: prototype.span(at: frames[index].call))
    }
    let prototype = state.pointee.header.pointee.prototype.takeUnretainedValue()
    guard prototype !== idle else { return nil }
    return Diagnostic.Label(source: prototype.source, span: prototype.span(at: pc))
  }

  /// The calls that are open.
  func trace() -> [String] {
    var trace = Trace()
    func add(_ header: UnsafeMutablePointer<CodeHeader>, _ pc: UnsafePointer<Instruction>) {
      let prototype = header.pointee.prototype.takeUnretainedValue()
      guard prototype !== idle else { return }
      let line = prototype.source.line(at: prototype.span(at: pc).start)
      let place = "\(prototype.source.name):\(line)"
      trace.add(prototype.name == "main" ? place : "\(prototype.name) (\(place))")
    }
    add(state.pointee.header, state.pointee.pc)
    for index in stride(from: state.pointee.frameCount - 1, through: 0, by: -1) {
      add(frames[index].header, frames[index].call)
    }
    return trace.lines
  }

  // MARK: - Unwinding

  /// Leaves frames and regions until a `catch` that wants the error; true if there is one, and
  /// then the state says where to go on. Frames down to `entry` belong to this run of the loop.
  func unwind(_ error: RuntimeError, entry: Int, handlerFloor: Int) -> Bool {
    while handlers.count > handlerFloor {
      let handler = handlers.removeLast()
      switch handler.kind {
      case .context(let context): context.exit(interpreter)
      case .catch(let target, let register, let cleansUp):
        // Nor is a block run that would hold up what has to end, or that would work on mapped values.
        guard !error.isUncatchable else { continue }
        if state.pointee.isRehearsing {
          if !cleansUp { interpreter.context.meets(obstacle: "catches an error") }
          continue
        }
        while state.pointee.frameCount > handler.frameCount { popFrame() }
        state.pointee.pc = target
        // What the region has above lives no longer than it.
        let above = register + 1
        clearRegisters(handler.base + above, handler.header.pointee.registerCount - above)
        handler.base[register] = ErrorObject.value(of: error)
        return true
      }
    }
    while state.pointee.frameCount >= entry { popFrame() }
    return false
  }

  private func popFrame() {
    clearRegisters(state.pointee.base, state.pointee.header.pointee.registerCount)
    let frame = frames[state.pointee.frameCount - 1]
    frame.result.pointee = .nil
    state.pointee.frameCount -= 1
    state.pointee.pc = frame.pc
    state.pointee.base = frame.base
    state.pointee.header = frame.header
    state.pointee.captures = frame.captures
  }
}

/// Releases what registers hold.
@inline(__always)
func clearRegisters(_ base: UnsafeMutablePointer<Value>, _ count: Int) {
  var register = base
  let end = base + count
  while register < end {
    if !register.isTrivial { register.pointee = .nil }
    register += 1
  }
}
