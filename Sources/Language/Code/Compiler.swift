// Resolved program → instructions of the register machine.
//
// Registers are a stack: a function's parameters first, then the variables of the blocks that are
// open, then temporaries. A variable keeps its register while its block is open; an expression is
// computed straight into the register that wants it. Calls take a window at the top of the stack:
// the function in R[w], arguments after it, the result in R[w].

import Syntax

/// Makes the code of one function.
final class Compiler {
  let interpreter: Interpreter
  let source: Source
  let function: ResolvedFunction
  /// Set where a function is too long for 16-bit jumps.
  let hasLongJumps: Bool

  var code: [Instruction] = []
  var spans: [Span] = []
  var constants: [Value] = []
  var intConstants: [Int: Int] = [:]
  var floatConstants: [UInt64: Int] = [:]
  var sites = FunctionPrototype.Sites()
  var names: [String: Int] = [:]
  /// The first free register, and the most that were ever taken.
  var next = 0
  var high = 0
  /// Open loops, with the jumps that wait for their ends.
  var loops: [Loop] = []
  /// Open contexts and handlers, innermost last.
  var guards: [Guard] = []
  var failure: CompilerFailure?
  /// The variables that have registers.
  private var placed: [LocalVariable] = []

  struct Loop {
    var breaks: [Int] = []
    var continues: [Int] = []
    var guardDepth: Int
  }

  enum Guard {
    case context, handler
    case finally(Cleanup)
  }

  /// Why code could not be made.
  enum CompilerFailure: Error { case jumpTooLong, tooLarge }

  init(
    _ interpreter: Interpreter, source: Source, function: ResolvedFunction, hasLongJumps: Bool
  ) {
    self.interpreter = interpreter
    self.source = source
    self.function = function
    self.hasLongJumps = hasLongJumps
  }

  /// The prototype of a program's top level.
  static func compile(_ program: ResolvedProgram, _ interpreter: Interpreter) throws
    -> FunctionPrototype
  {
    try make(program.main, program.source, interpreter, captures: [])
  }

  static func make(
    _ function: ResolvedFunction, _ source: Source, _ interpreter: Interpreter,
    captures: [CaptureSource]
  ) throws -> FunctionPrototype {
    let prototype = FunctionPrototype(
      name: function.name, source: source, span: function.span, signature: function.signature,
      documentation: function.documentation, isMethod: function.selfVariable != nil,
      captureSources: captures, captureNames: function.scope.captures.map(\.name),
      keeper: interpreter.code)
    var compiler = Compiler(
      interpreter, source: source, function: function, hasLongJumps: false)
    try compiler.compileBody()
    if compiler.failure == .jumpTooLong {
      compiler = Compiler(interpreter, source: source, function: function, hasLongJumps: true)
      try compiler.compileBody()
    }
    if compiler.failure != nil || compiler.high > 60_000 || compiler.constants.count > 60_000
      || compiler.sites.calls.count > 60_000
    {
      let label = Diagnostic.Label(source: source, span: function.span)
      throw CompileError(diagnostics: [
        Diagnostic(
          kind: .limit, "\(function.name) is too large to compile", at: label,
          hint: "split it into functions")
      ])
    }
    prototype.finish(
      code: compiler.code, constants: compiler.constants, spans: compiler.spans,
      sites: compiler.sites, registerCount: max(compiler.high, 1))
    return prototype
  }

  // MARK: - Functions

  private func compileBody() throws {
    // Code may be made twice (see `hasLongJumps`), so no variable keeps a register.
    defer { placed.forEach { $0.register = -1 } }
    if let instance = function.selfVariable { place(instance) }
    for parameter in function.parameters { place(parameter.variable) }
    for parameter in function.parameters {
      let variable = parameter.variable
      if let value = parameter.defaultValue {
        let skip = emit(.jumpIfPresent, variable.register, span: value.span)
        try compile(value, into: variable.register)
        patch(skip)
      }
      // Boxed at once: a closure in a later default shares the variable.
      if variable.isBoxed {
        emit(.newBox, variable.register, variable.register, span: variable.span)
      }
    }
    checkAnnotations()
    for parameter in function.parameters {
      guard let pattern = parameter.pattern else { continue }
      try bind(pattern, from: parameter.variable.register, span: parameter.variable.span)
    }
    if let instance = function.selfVariable, function.isInitializer {
      try compileStatements(function.body)
      emit(.giveBack, instance.register, span: function.span)
    } else if let result = function.result {
      let register = take()
      try compileStatements(function.body, into: register)
      emit(.checkResult, register, span: result.span)
      emit(.giveBack, register, span: function.span)
    } else {
      try compileTail(function.body)
    }
  }

  private func checkAnnotations() {
    let annotated = function.parameters.compactMap { parameter in
      parameter.annotation.map { (parameter.variable.name, parameter.variable.register, $0) }
    }
    guard !annotated.isEmpty || function.result != nil else { return }
    sites.annotations.append(AnnotationSite(parameters: annotated, result: function.result))
    emit(.checkArguments, 0, 0, span: function.span)
  }

  /// Makes a function in a register, decorated where the interpreter has a decorator for all.
  func compileFunction(_ inner: ResolvedFunction, into d: Int, _ span: Span) throws {
    guard let decorator = interpreter.decorator else { return try compileClosure(inner, into: d) }
    try scratch {
      let window = take()
      try compile(Resolved(.constant(.builtin(decorator)), span), into: window)
      try compileClosure(inner, into: take())
      emit(.call, window, 1, span: span)
      emit(.take, d, window, span: span)
    }
  }

  /// Makes a closure of a function in a register.
  func compileClosure(_ inner: ResolvedFunction, into register: Int) throws {
    emit(.makeClosure, register, try addPrototype(inner), span: inner.span)
  }

  private func addPrototype(_ inner: ResolvedFunction) throws -> Int {
    let captures = inner.scope.captures.map { variable -> CaptureSource in
      if variable.function === function.scope { return .register(variable.register) }
      return .capture(function.scope.captures.firstIndex { $0 === variable } ?? 0)
    }
    sites.prototypes.append(
      try Compiler.make(inner, source, interpreter, captures: captures))
    return sites.prototypes.count - 1
  }

  // MARK: - Emitting

  @discardableResult
  func emit(
    _ operation: Operation, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, flags: UInt8 = 0, span: Span
  ) -> Int {
    if a < 0 { failure = .tooLarge }
    code.append(Instruction(operation, a, b, c, flags: flags))
    spans.append(span)
    return code.count - 1
  }

  /// Makes a jump go to the next instruction, or to a given one.
  func patch(_ jump: Int, to target: Int? = nil) {
    let offset = (target ?? code.count) - jump - 1
    switch code[jump].operation.row.offset {
    case .wide: code[jump].wide = offset
    case .small:
      if Int(Int16(truncatingIfNeeded: offset)) != offset { failure = .jumpTooLong }
      code[jump].smallC = offset
    case nil:
      preconditionFailure("\(code[jump].operation) does not jump; please report this")
    }
  }

  /// A register for a variable or temporary.
  func take(_ count: Int = 1) -> Int {
    next += count
    high = max(high, next)
    return next - count
  }

  /// Gives a variable a register.
  func place(_ variable: LocalVariable) {
    variable.register = take()
    placed.append(variable)
  }

  func constant(_ value: Value) -> Int {
    switch value {
    case .int(let number):
      if let index = intConstants[number] { return index }
      intConstants[number] = constants.count
    case .float(let number):
      if let index = floatConstants[number.bitPattern] { return index }
      floatConstants[number.bitPattern] = constants.count
    default: break
    }
    constants.append(value)
    return constants.count - 1
  }

  func name(_ name: String) -> Int {
    if let index = names[name] { return index }
    names[name] = sites.names.count
    sites.names.append(name)
    return sites.names.count - 1
  }

  /// Runs the body and gives back the registers that it took.
  @discardableResult
  func scratch<R>(_ body: () throws -> R) rethrows -> R {
    let mark = next
    defer { next = mark }
    return try body()
  }
}
