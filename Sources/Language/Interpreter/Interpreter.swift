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
  /// Has what went to the output appear, before something else does.
  public var flushOutput: () -> Void = {}
  /// Where warnings go.
  public var warn: (Diagnostic) -> Void = { _ in }
  /// Draws a line that is written over, for `progress`; nil where nobody watches.
  public var showProgress: ((String) -> Void)?
  /// Bounds of the next run.
  public var limits = Limits() {
    didSet {
      guard limits.memory != oldValue.memory else { return }
      account = limits.memory.map(MemoryAccount.init) ?? .ofMachine
    }
  }
  /// What programs may reach outside; the command's everything, unless the host says less.
  public var capabilities = Capabilities.all
  private var account = MemoryAccount.ofMachine
  /// What `args()` gives.
  public var arguments: [String] = []
  /// What `test` blocks declared, in order; `mos test` calls them.
  public private(set) var tests: [(name: String, source: Source, span: Span, body: Value)] = []
  /// What signal handlers and other threads ask of a run; the next safepoint answers.
  public let requests = RunRequests()

  /// Who watches what the running function reads; the context's watcher while it does.
  package private(set) var watcher: (any FreeVariableWatcher)?
  /// What built-ins keep of functions, by their code; see `attachment`.
  private var attachments: [Attachment: AnyObject] = [:]

  private struct Attachment: Hashable {
    let code: ObjectIdentifier
    let type: ObjectIdentifier
  }

  /// Where the time of a run goes, while somebody asks; see `profile`.
  package var profiler: Profiler?

  package private(set) lazy var machine = Machine(self)
  package let globals = Globals()
  /// The boxes and models that the program made.
  let holders = Holders()
  let modules = ModuleLoader()
  private var builtinValues: [String: Value] = [:]
  /// How many constants were given as derivatives of what is none; see `Independence.swift`.
  package var constantDerivatives = 0
  /// Places whose remarks have been shown.
  private var noticedPlaces: Set<UInt64> = []
  /// Everything compiled stays, because frames and closures count no references to code.
  private var prototypes: [FunctionPrototype] = []
  private var ownPrototypes: Set<ObjectIdentifier> = []

  /// What programs can call.
  public let library: BuiltinLibrary

  /// An interpreter that prints through a closure.
  public init(library: BuiltinLibrary, output: @escaping (String) -> Void) {
    self.library = library
    self.output = output
    context.notify = { [unowned self] in show($0) }
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
    try onLargeStack { try self.execute(source, in: module) }
  }

  private func execute(_ source: Source, in module: ModuleObject) throws -> Value {
    let program = Closure(try compile(source, in: module))
    return try modules.running(source) { try machine.call(.function(program), []) }
  }

  /// Runs the body with room for deep nesting, in this interpreter's context; calls from inside a
  /// run stay where they are.
  private func onLargeStack(_ body: () throws -> Value) throws -> Value {
    if machine.isRunning { return try body() }
    do { return try beginRun(body) } catch let error as TensorError { throw RuntimeError(error) }
  }

  private func beginRun(_ body: () throws -> Value) throws -> Value {
    try limits.validate()
    let deadline = Deadline(limits.seconds, requests)
    machine.begin(limits)
    account.takeOver()
    return try LargeStack.run { [account] in
      try self.requests.duringRun(of: deadline.seconds) {
        try deadline.watched {
          try self.context.with {
            try MemoryAccount.with(account) { try self.holders.making(body) }
          }
        }
      }
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

  func keep(_ prototype: FunctionPrototype) {
    prototypes.append(prototype)
    ownPrototypes.insert(ObjectIdentifier(prototype))
  }

  /// What a built-in keeps of a function, for as long as its code: one object of a type, made when first
  /// asked for.
  package func attachment<Object: AnyObject>(
    of prototype: FunctionPrototype, _ make: () -> Object
  ) -> Object {
    let key = Attachment(code: ObjectIdentifier(prototype), type: ObjectIdentifier(Object.self))
    if let kept = attachments[key] as? Object { return kept }
    let made = make()
    attachments[key] = made
    return made
  }

  /// True for code that this interpreter compiled.
  func owns(_ prototype: FunctionPrototype) -> Bool {
    ownPrototypes.contains(ObjectIdentifier(prototype))
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
    return prototypes.first { $0.contains(pc) }.map {
      Diagnostic.Label(source: $0.source, span: $0.span(at: pc))
    }
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

  /// Sets a variable to a value of this interpreter.
  func assign(_ name: String, _ value: Value) {
    guard let slot = globals.declare(name, in: modules.main) else { return }
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
    try requireOwn(.list([function] + arguments))
    return try onLargeStack { try self.machine.call(function, arguments) }
  }

  /// Calls with named arguments too.
  public func call(_ function: Value, _ arguments: [Value], named: [(String, Value)]) throws
    -> Value
  {
    try machine.call(function, arguments, named: named)
  }

  /// Writes to the output, nothing added.
  public func write(_ text: String) { output(text) }

  /// Writes a text of any length, in pieces, so that a slow reader holds up none of them for long.
  ///
  /// - Throws: where the run is to end.
  package func writeHeard(_ text: String) throws {
    var rest = text[...]
    while rest.utf8.count > Safepoint.piece {
      try Safepoint.look()
      // A slice ends where a scalar does.
      let piece = rest[..<rest.utf8.index(rest.startIndex, offsetBy: Safepoint.piece)]
      write(String(piece))
      rest = rest[piece.endIndex...]
    }
    write(String(rest))
  }

  /// Warns, at the place that runs.
  public func warn(_ message: String, hint: String? = nil) {
    var diagnostic = Diagnostic(severity: .warning, kind: .value, message, hint: hint)
    diagnostic.primary = machine.currentPlace
    warn(diagnostic)
  }

  /// Warns, once for each place that runs.
  package func warnOnce(_ message: String, hint: String) {
    show(Notice(message, hint: hint, place: machine.placeNumber))
  }

  /// Shows what an operation had to say, once for a place in the program.
  private func show(_ notice: Notice) {
    guard noticedPlaces.insert(notice.place).inserted else { return }
    var diagnostic = Diagnostic(
      severity: .warning, kind: .value, notice.message, hint: notice.hint)
    diagnostic.primary = label(ofPlace: notice.place) ?? machine.currentPlace
    warn(diagnostic)
  }

  /// The value of a built-in name, one for each interpreter.
  package func builtin(_ name: String) -> Value? {
    if let value = builtinValues[name] { return value }
    guard let value = library.make(name) else { return nil }
    builtinValues[name] = value
    return value
  }
}
