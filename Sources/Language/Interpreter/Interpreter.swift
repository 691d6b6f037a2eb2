// One independent Mos: its global variables, its modules, its machine, its limits. Interpreters
// on different threads do not see each other.

import Autodiff
import Syntax
import Tensors

/// Runs programs.
public final class Interpreter {
  /// The differentiation context that every run is inside of.
  public let context = Context()
  /// Where `print` goes.
  public var output: (String) -> Void
  /// Where `print` goes that is asked for every rank's words, where `output` is for those of one; nil where it is
  /// for all.
  package var outputOfRank: ((String) -> Void)?
  /// Has what went to the output appear, before something else does.
  public var flushOutput: () -> Void = {}
  /// Hears of each line of the standard input that a program has read, which a terminal has shown, and whether
  /// it ended or the input did.
  public var hasReadLine: (_ endsLine: Bool) -> Void = { _ in }
  /// Reads what `input` gives, where that is not the standard input: asks with a text, and gives nil at the end.
  public var askForLine: ((_ prompt: String) throws -> String?)?
  /// Where warnings go.
  public var warn: (Diagnostic) -> Void = { _ in }
  /// Draws a line that is written over, for `progress`; nil where nobody watches.
  public var showProgress: ((String) -> Void)?
  /// Whether what goes to the output is seen on a terminal that shows colours.
  package var showsColors = false
  /// Bounds of the next run.
  @exclusivity(unchecked) public var limits = Limits() {
    didSet {
      if limits.memory != oldValue.memory { account.setLimit(limits.memory) }
      areLimitsValid = (try? limits.validate()) != nil
    }
  }
  /// What programs may reach outside; the command's everything, unless the host says less.
  public var capabilities = Capabilities.all
  @exclusivity(unchecked) private var areLimitsValid = true
  private let account = MemoryAccount.ofMachine
  /// Names of the main program that had no value when a program failed.
  private var unset: Set<String> = []
  /// The name that was looked up last; see `slot(of:)`.
  @exclusivity(unchecked) private var lastSlot: (name: String, slot: Int)?
  /// True while a run goes on.
  @exclusivity(unchecked) private var isPerforming = false
  /// Texts that ran.
  var keptPrograms = KeptPrograms()
  /// How often the host has defined a function.
  private(set) var definitions = 0
  /// The bytes that the run has printed, where they are limited.
  @exclusivity(unchecked) private var written = 0
  /// What `args()` gives.
  public var arguments: [String] = []
  /// What `test` blocks declared, in order; `mos test` calls them.
  public private(set) var tests: [(name: String, source: Source, span: Span, body: Value)] = []
  /// What signal handlers and other threads ask of a run; the next safepoint answers.
  public let requests = RunRequests()

  /// Who watches what the running function reads; the context's watcher while it does.
  package private(set) var watcher: (any FreeVariableWatcher)?
  /// Whether the last rehearsal ended at a limit.
  package var rehearsalMetLimit = false
  /// True in a rehearsal whose changes are taken back by who watches; see `CompiledFunction`.
  var mayNoteChanges = false
  /// The same where somebody does watch: not in functions with rules of their own, which run unwatched.
  package var notesChanges: Bool {
    mayNoteChanges && context.isRecording && context.watcher != nil
  }
  /// How often a watched run has changed something.
  @exclusivity(unchecked) package var changeCount = 0
  /// True while compiled functions run as they are; see `CompiledFunction`.
  package var runsAsWritten = false

  /// Runs the body with compiled functions as they are: where a recording would hide what the body is run for.
  package func runningAsWritten<R>(_ body: () throws -> R) rethrows -> R {
    let outer = runsAsWritten
    runsAsWritten = true
    defer { runsAsWritten = outer }
    return try body()
  }
  /// What every function that a program makes is given to, and stands for it; for tests that run whole
  /// programs in another way.
  package var decorator: BuiltinFunction?

  /// Who decides how loops are differentiated, while methods are compared; see `crosscheck`.
  package var whoWatchesLoops: AnyObject?

  /// Where the time of a run goes, while somebody asks; see `profile`.
  package var profiler: Profiler?

  package private(set) lazy var machine = Machine(self)
  package let globals = Globals()
  /// The boxes and models that the program made.
  let holders = Holders()
  let modules = ModuleLoader()
  private var builtinValues: [String: Value] = [:]
  /// The names of the host's functions, which are built-ins to programs and modules.
  private var hostNames: Set<String> = []
  /// How many constants were given as derivatives of what is none; see `Independence.swift`.
  package var constantDerivatives = 0
  /// What it has compiled and can still run.
  let code: CodeKeeper

  /// What the program that it is embedded in keeps with it.
  package var host: AnyObject?

  /// What programs can call.
  public let library: BuiltinLibrary

  /// An interpreter that prints through a closure.
  public init(library: BuiltinLibrary, output: @escaping (String) -> Void) {
    self.library = library
    self.output = output
    code = CodeKeeper(context.number)
    context.owner = self
    context.notify = { [unowned self] in show($0) }
    context.describePlace = { [unowned self] in
      guard let place = machine.programPlace.label else { return "" }
      return " at \(place.source.name):\(place.source.line(at: place.span.start))"
    }
    context.describeError = {
      let diagnostic = RuntimeError(wrapping: $0).diagnostic
      return (diagnostic.kind, diagnostic.message, diagnostic.hint)
    }
    context.programPlace = { [unowned self] in programPlace(of: $0) }
  }

  deinit { globals.forgetValues() }
}

// MARK: - Running programs

extension Interpreter {
  /// Parses, resolves and compiles without running; the diagnostics are errors and warnings.
  public func check(_ source: Source) -> [Diagnostic] {
    let parsed = parse(source)
    let resolver = Resolver(self, source: source, module: modules.main, keepsNames: false)
    _ = resolver.resolve(parsed.program)
    return parsed.diagnostics + resolver.diagnostics
  }

  /// Runs a program and gives the value of its last statement.
  ///
  /// Global variables stay, so a prompt runs one entry after the other. After an error variables
  /// keep what they had when it happened.
  /// - Throws: `CompileError` with every mistake found before running; `RuntimeError`.
  @discardableResult
  public func run(_ source: Source) throws -> Value {
    try run(source, in: modules.main)
  }

  @discardableResult
  func run(_ source: Source, in module: ModuleObject) throws -> Value {
    do {
      return try performing {
        let program = Closure(try compile(source, in: module))
        return try modules.running(source) { try machine.call(.function(program), []) }
      }
    } catch {
      if module === modules.main { unset = Set(module.slots.keys.filter { !hasValue($0) }) }
      throw error
    }
  }

  /// Names that programs which failed were to declare, and did not come to: unknown ones to those that follow.
  var namesWithoutValue: Set<String> { unset.filter { !hasValue($0) } }

  private func hasValue(_ name: String) -> Bool {
    modules.main.slots[name].map { !globals[$0].isAbsent } ?? false
  }

  /// Runs the body with room for deep nesting, in this interpreter's context and under its limits; within a
  /// run the body is a part of it.
  package func performing(_ body: () throws -> Value) throws -> Value {
    if isPerforming { return try body() }
    do { return try beginRun(body) } catch let error as TensorError { throw RuntimeError(error) }
  }

  /// The same under limits of the body's own; within a run they are not looked at.
  package func performing(_ limits: Limits?, _ body: () throws -> Value) throws -> Value {
    guard let limits, !isPerforming else { return try performing(body) }
    let usual = self.limits
    self.limits = limits
    defer { self.limits = usual }
    return try performing(body)
  }

  private func beginRun(_ body: () throws -> Value) throws -> Value {
    if !areLimitsValid { try limits.validate() }
    isPerforming = true
    defer { isPerforming = false }
    machine.begin(limits)
    account.takeOver()
    written = 0
    return try LargeStack.run { try self.run(body) }
  }

  /// Makes this interpreter the one that runs on the thread, for as long as the body.
  private func run(_ body: () throws -> Value) throws -> Value {
    let seconds = limits.seconds ?? .infinity
    let outerRun = requests.begin(seconds: seconds, threads: limits.threads)
    defer { requests.end(outerRun) }
    let outerContext = context.enter()
    defer { context.leave(outerContext) }
    let outerAccount = account.begin()
    defer { account.end(outerAccount) }
    let outerHolders = holders.begin()
    defer { holders.end(outerHolders) }
    code.begin()
    defer { code.end() }
    defer { reportRepeatedWarnings() }
    do {
      let result = try seconds < .infinity ? Deadline(seconds, requests).watched(body) : body()
      holders.collectIfWorth()
      return result
    } catch let error as RuntimeError {
      throw error.explained(self)
    }
  }

  func compile(_ source: Source, in module: ModuleObject) throws -> FunctionPrototype {
    let parsed = parse(source)
    var diagnostics = parsed.diagnostics
    let resolver = Resolver(self, source: source, module: module, keepsNames: true)
    let resolved = resolver.resolve(parsed.program)
    diagnostics += resolver.diagnostics
    guard !diagnostics.contains(where: { $0.severity == .error }) else {
      resolver.forgetNewNames()
      throw CompileError(diagnostics: diagnostics)
    }
    diagnostics.forEach(warn)
    return try Compiler.compile(resolved, self)
  }

  /// Runs the body while a watcher is told what the program reads.
  package func watched<R>(by watcher: any FreeVariableWatcher, _ body: () throws -> R) rethrows -> R
  {
    let saved = (self.watcher, context.watcher)
    (self.watcher, context.watcher) = (watcher, watcher)
    defer { (self.watcher, context.watcher) = saved }
    return try body()
  }

  /// Runs the body while nobody watches.
  package func unwatched<R>(_ body: () throws -> R) rethrows -> R {
    let saved = (watcher, context.watcher)
    (watcher, context.watcher) = (nil, nil)
    defer { (watcher, context.watcher) = saved }
    return try body()
  }

  /// Where in a program an operation was recorded; see `Context.place`.
  package func label(ofPlace place: UInt64) -> Diagnostic.Label? {
    guard let pc = UnsafePointer<Instruction>(bitPattern: UInt(place)) else { return nil }
    return code.prototype(at: place).map {
      Diagnostic.Label(source: $0.source, span: $0.span(at: pc))
    }
  }

  /// A place, or where the program called the standard library that holds it.
  private func programPlace(of place: UInt64) -> UInt64 {
    guard let label = label(ofPlace: place), StandardModule.holds(label.source) else {
      return place
    }
    return machine.callOfLibrary.map { UInt64(UInt(bitPattern: $0.pc)) } ?? place
  }

  func addTest(_ name: String, _ source: Source, _ span: Span, _ body: Value) {
    tests.append((name, source, span, body))
  }

  /// The names of the variables of the main program, with their values, in order.
  public var variables: [(name: String, value: Value)] {
    globals.names(of: modules.main).compactMap { name in
      guard let slot = modules.main.slots[name] else { return nil }
      let value = globals[slot]
      return value.isAbsent ? nil : (name, value)
    }
  }

  /// Sets a variable of the main program, declaring it where it is new.
  ///
  /// - Throws: a value error for what carries code of another interpreter.
  public func setVariable(_ name: String, _ value: Value) throws {
    try requireOwn(value)
    assign(name, value)
  }

  /// The value of a variable of the main program; nil where there is none.
  package func value(of name: String) -> Value? {
    guard let slot = slot(of: name) else { return nil }
    let value = globals[slot]
    return value.isAbsent ? nil : value
  }

  /// The slot of a name of the main program, which it keeps for good. A host asks for one name again and again.
  private func slot(of name: String) -> Int? {
    if let lastSlot, lastSlot.name == name { return lastSlot.slot }
    guard let slot = modules.main.slots[name] else { return nil }
    lastSlot = (name, slot)
    return slot
  }

  /// True for a name that the main program has, whether it has a value or not.
  package func isDeclared(_ name: String) -> Bool { slot(of: name) != nil }

  /// True for a variable of the main program with a value, and for a built-in.
  package func isKnown(_ name: String) -> Bool { value(of: name) != nil || builtin(name) != nil }

  /// The signature and documentation of a variable of the main program or of a built-in.
  package func documentation(of name: String) -> String? {
    guard let value = value(of: name) ?? builtin(name) else { return nil }
    switch value {
    case .function(let closure):
      return described(closure.prototype.signature, closure.prototype.documentation)
    case .model(let model): return described(model.signature, model.documentation)
    case .builtin(let builtin): return described(builtin.signature, builtin.documentation)
    default: return library.constant(name)?.documentation
    }
  }

  private func described(_ signature: Signature, _ documentation: String?) -> String {
    "\(signature)" + (documentation.map { $0.isEmpty ? "" : "\n\n\($0)" } ?? "")
  }

  /// Forgets a variable of the main program.
  package func forget(_ name: String) {
    if let slot = modules.main.slots[name] { globals[slot] = .absent }
  }

  /// Sets a variable to a value of this interpreter.
  func assign(_ name: String, _ value: Value) {
    guard let slot = slot(of: name) ?? globals.declare(name, in: modules.main) else { return }
    globals[slot] = value
  }
}

/// The mistakes that were found before a program ran.
public struct CompileError: Error, Sendable {
  /// At least one error; perhaps warnings.
  public var diagnostics: [Diagnostic]
}

// MARK: - What built-ins use

extension Interpreter {
  /// Calls any callable value.
  public func call(_ function: Value, _ arguments: [Value]) throws -> Value {
    if machine.isRunning { return try machine.call(function, arguments) }
    try requireOwn(function)
    for argument in arguments { try requireOwn(argument) }
    return try performing { try self.machine.call(function, arguments) }
  }

  /// Calls a value of this interpreter within `performing`.
  ///
  /// - Throws: a value error for an argument with code of another interpreter in it.
  package func callOwn(_ function: Value, _ arguments: [Value]) throws -> Value {
    for argument in arguments { try requireOwn(argument) }
    return try machine.call(function, arguments)
  }

  /// Calls with named arguments too.
  public func call(_ function: Value, _ arguments: [Value], named: [(String, Value)]) throws
    -> Value
  {
    if machine.isRunning { return try machine.call(function, arguments, named: named) }
    try requireOwn(function)
    for argument in arguments { try requireOwn(argument) }
    for (_, argument) in named { try requireOwn(argument) }
    return try performing { try self.machine.call(function, arguments, named: named) }
  }

  /// Writes to the output, nothing added.
  ///
  /// - Parameter everywhere: whether every rank writes its own.
  /// - Throws: a limit error where the run has printed as much as it may.
  package func write(_ text: String, everywhere: Bool = false) throws {
    if let limit = limits.output {
      written += text.utf8.count
      guard written <= limit else {
        throw RuntimeError(.limit, "the program printed more than \(limit) bytes")
      }
    }
    if everywhere, let outputOfRank { outputOfRank(text) } else { output(text) }
  }

  /// Writes a text of any length, in pieces, so that a slow reader holds up none of them for long.
  ///
  /// - Throws: where the run is to end.
  package func writeHeard(_ text: String, everywhere: Bool = false) throws {
    var rest = text[...]
    while rest.utf8.count > Safepoint.piece {
      try Safepoint.look()
      // A slice ends where a scalar does.
      let piece = rest[..<rest.utf8.index(rest.startIndex, offsetBy: Safepoint.piece)]
      try write(String(piece), everywhere: everywhere)
      rest = rest[piece.endIndex...]
    }
    try write(String(rest), everywhere: everywhere)
  }

  /// Warns, at the place that runs.
  public func warn(_ message: String, hint: String? = nil) {
    var diagnostic = Diagnostic(severity: .warning, kind: .value, message, hint: hint)
    diagnostic.primary = machine.programPlace.label
    warn(diagnostic)
  }

  /// Says at the end of a run how many warnings were left out.
  private func reportRepeatedWarnings() {
    let count = code.takeRepeats()
    guard count > 0 else { return }
    warn(
      Diagnostic(
        severity: .note, kind: .value,
        "\(count) more \(count == 1 ? "warning" : "warnings") came at places that have been shown"))
  }

  /// Warns, once for each place that runs.
  package func warnOnce(_ message: String, hint: String) {
    show(Notice(message, hint: hint, place: machine.placeNumber))
  }

  /// Shows what an operation had to say, once for a place in the program.
  private func show(_ notice: Notice) {
    guard code.notices(notice.place) else { return }
    var diagnostic = Diagnostic(
      severity: .warning, kind: .value, notice.message, hint: notice.hint)
    let place = label(ofPlace: notice.place)
    let isOfLibrary = place.map { StandardModule.holds($0.source) } ?? true
    diagnostic.primary = isOfLibrary ? machine.programPlace.label ?? place : place
    warn(diagnostic)
  }

  /// The value of a built-in name, one for each interpreter.
  package func builtin(_ name: String) -> Value? {
    if let value = builtinValues[name] { return value }
    guard let value = library.make(name) else { return nil }
    builtinValues[name] = value
    return value
  }

  /// Makes a function of the host a built-in of this interpreter. What is compiled already keeps the
  /// one that it found.
  package func define(_ function: BuiltinFunction) {
    builtinValues[function.name] = .builtin(function)
    hostNames.insert(function.name)
    definitions += 1
  }

  /// The bytes that programs hold, and those that they may hold.
  package var memory: (held: Int, limit: Int) { (account.bytes, account.limit) }

  /// Forgets the tests that came after so many, and what was kept by the names that there were.
  func forgetSince(testCount: Int) {
    tests.removeLast(max(0, tests.count - testCount))
    keptPrograms.forgetAll()
    lastSlot = nil
  }

  /// Forgets all variables and modules, texts that ran, and the gradients that parameters have; the host's
  /// functions stay.
  ///
  /// - Throws: a value error within a run.
  package func reset() throws {
    guard !isPerforming else {
      throw RuntimeError(.value, "an interpreter cannot be reset by a program that it runs")
    }
    _ = try performing {
      globals.forgetValues()
      modules.forgetAll()
      keptPrograms.forgetAll()
      tests = []
      return .nil
    }
    context.random = RandomKey(seed: 0)
    context.defaultFloat = .f64
  }

  /// The names of all built-ins, the host's among them.
  package var builtinNames: Set<String> { hostNames.union(library.names) }
}
