// Mos inside another program: an interpreter, its values, its limits, its errors.
//
//     let mos = Interpreter()
//     try mos.run("fn step(x, rate=0.1) { x - rate * grad(x => x ** 2)(x) }")
//     let y: Double = try mos.call("step", 2.0)
//
// A run takes place on the thread that calls, so that functions of the host are where their program is.

internal import Autodiff
internal import Language
internal import Library
internal import Platform
import Synchronization
internal import Syntax
internal import Tensors

/// One independent Mos. Interpreters do not see each other.
///
/// It is not `Sendable`: one thread or task uses it at a time, and using it from two at once, past the
/// compiler, is an error of kind `busy`. `InterpreterActor` is one for many tasks.
public final class Interpreter {
  let runtime: Language.Interpreter
  /// The classes of the host's objects.
  let classes = HostClasses()
  /// Ends runs with the task that they are of; see `InterpreterActor`.
  @exclusivity(unchecked) var taskCancellation: Cancellation?
  /// The thread that is within a call; 0 for none.
  private let user = Atomic<UInt>(0)

  /// Bounds of runs to come. A call may have its own.
  public var limits: Limits {
    didSet { runtime.limits = limits.ofLanguage }
  }

  /// An interpreter whose programs can compute, and print.
  ///
  /// - Parameters:
  ///   - capabilities: what programs may touch of the world; nothing unless granted.
  ///   - limits: bounds of each run.
  ///   - output: gets what programs print, piece by piece; nil for the standard output.
  ///   - notices: gets warnings, each once for a place in a program; nil for the standard error.
  public init(
    capabilities: Capabilities = [], limits: Limits = Limits(),
    output: ((String) -> Void)? = nil, notices: ((Diagnostic) -> Void)? = nil
  ) {
    runtime = Language.Interpreter(
      library: Builtins.library, output: output ?? { print($0, terminator: "") })
    runtime.host = classes
    self.limits = limits
    runtime.limits = limits.ofLanguage
    runtime.capabilities = capabilities.ofLanguage
    runtime.warn = { diagnostic in
      let notice = Diagnostic(diagnostic)
      if let notices { notices(notice) } else { StandardError.write("\(notice)\n") }
    }
  }

  // MARK: - Programs

  /// Runs a program and gives the value of its last statement. Its variables stay, and a run that fails
  /// leaves them as they were when it did.
  ///
  /// A text that ran before is not compiled again.
  /// - Parameters:
  ///   - text: the program.
  ///   - name: how places in the text are named.
  ///   - limits: bounds of this run instead of the interpreter's.
  ///   - cancellation: ends this run, from any thread.
  /// - Throws: all mistakes of a program that does not compile; the error that ended the run.
  @discardableResult
  public func run(
    _ text: String, name: String = "<program>", limits: Limits? = nil,
    cancellation: Cancellation? = nil
  ) throws(MosError) -> Value {
    try performing(limits, cancellation) { try runtime.run(text, named: name) }
  }

  /// Runs a program of a file, by the host's leave: it needs no capability.
  ///
  /// - Throws: an error of kind `io` where the file cannot be read; what `run` of its text does.
  @discardableResult
  public func run(
    contentsOf path: String, limits: Limits? = nil, cancellation: Cancellation? = nil
  ) throws(MosError) -> Value {
    try performing(limits, cancellation) {
      try runtime.run(FileReader.text(of: FileLocation(path)), named: path)
    }
  }

  /// Runs a program once more; see `compile`.
  ///
  /// - Throws: the error that ended the run; one of kind `value` for a program of another interpreter.
  @discardableResult
  public func run(
    _ program: Program, limits: Limits? = nil, cancellation: Cancellation? = nil
  ) throws(MosError) -> Value {
    try performing(limits, cancellation) {
      guard program.runtime === runtime else { throw Program.isForeign }
      return try runtime.run(program.code)
    }
  }

  /// Runs a program and converts the value of its last statement.
  ///
  ///     let loss: Double = try mos.evaluate("mse_loss(net(x), y)")
  /// - Throws: what `run` does; an error of kind `type` where the value is no `Result`.
  public func evaluate<Result: MosConvertible>(
    _ text: String, as type: Result.Type = Result.self, name: String = "<program>",
    limits: Limits? = nil, cancellation: Cancellation? = nil
  ) throws(MosError) -> Result {
    try run(text, name: name, limits: limits, cancellation: cancellation).as(type)
  }

  /// Runs a program that gives a list and converts its elements.
  ///
  ///     let (n, w) = try mos.evaluate("(3, w)", as: (Int.self, Tensor.self))
  /// - Throws: what `run` does; an error of kind `type` where the value is no such list.
  public func evaluate<First: MosConvertible, Second: MosConvertible, each Rest: MosConvertible>(
    _ text: String, as types: (First.Type, Second.Type, repeat (each Rest).Type),
    name: String = "<program>", limits: Limits? = nil, cancellation: Cancellation? = nil
  ) throws(MosError) -> (First, Second, repeat each Rest) {
    let value = try run(text, name: name, limits: limits, cancellation: cancellation)
    return try translating { () throws in
      var parts = try Parts(of: value)
      let result = (
        try parts.next(First.self), try parts.next(Second.self),
        repeat try parts.next((each Rest).self)
      )
      try parts.end()
      return result
    }
  }

  /// Compiles a program, to be run often.
  ///
  /// - Throws: an error with all mistakes found.
  public func compile(_ text: String, name: String = "<program>") throws(MosError) -> Program {
    try exclusively { () throws(MosError) in
      try translating { () throws in
        Program(
          code: try runtime.compiled(Source(name: name, text: text)), runtime: runtime, name: name)
      }
    }
  }

  /// The mistakes and warnings in a text, found without running it.
  public func check(_ text: String, name: String = "<program>") -> [Diagnostic] {
    runtime.check(Source(name: name, text: text)).map { Diagnostic($0) }
  }

  // MARK: - Functions

  /// Calls a function that a program has declared, or a built-in.
  ///
  /// For named arguments and repeated calls see `function(_:)`.
  /// - Throws: an error of kind `name` where there is none; the error that ended the call; one of kind `type` where
  ///   the value is no `Result`.
  public func call<each Argument: MosConvertible, Result: MosConvertible>(
    _ name: String, _ arguments: repeat each Argument
  ) throws(MosError) -> Result {
    let value = try performing(nil, nil) {
      var values: [Language.Value] = []
      for argument in repeat each arguments { values.append(try argument.mosValue().held) }
      return try runtime.callOwn(callee(name), values)
    }
    return try value.as(Result.self)
  }

  /// Calls a function whose result is of no interest.
  ///
  /// - Throws: an error of kind `name` where there is none; the error that ended the call.
  public func call<each Argument: MosConvertible>(
    _ name: String, _ arguments: repeat each Argument
  ) throws(MosError) {
    let _: Value = try call(name, repeat each arguments)
  }

  /// A function that a program has declared, or a built-in, to call with names and often.
  ///
  ///     let fit = try mos.function("fit")
  ///     let better: Fit = try fit(x, y, lr: 0.1)
  /// - Throws: an error of kind `name` where there is none, of kind `type` where it is no function.
  public func function(_ name: String) throws(MosError) -> Function {
    try Function(Value(translating { () throws in try callee(name) }), of: self)
  }

  private func callee(_ name: String) throws -> Language.Value {
    if let value = runtime.value(of: name) ?? runtime.builtin(name) { return value }
    throw RuntimeError(
      .name, "there is no function `\(name.shortened)`",
      hint: nearest(to: name, among: names + runtime.builtinNames.sorted())
        .map { "did you mean `\($0)`?" })
  }

  // MARK: - Settings

  /// What `args()` gives.
  public var arguments: [String] {
    get { runtime.arguments }
    set { runtime.arguments = newValue }
  }

  /// Starts the stream of random numbers anew, as `seed(n)` does.
  public func seed(_ seed: Int) { runtime.context.random = RandomKey(seed: seed) }

  /// The dtype of float literals and of new tensors, f64 or f32.
  ///
  /// - Precondition: a dtype of floats.
  public var defaultDType: DType {
    get { runtime.context.defaultFloat }
    set {
      precondition(newValue.isFloat, "the default dtype is f64 or f32, not \(newValue.name)")
      runtime.context.defaultFloat = newValue
    }
  }

  /// What a declared function, a model or a built-in says about itself: its signature and its text.
  public func documentation(of name: String) -> String? {
    runtime.documentation(of: name)
  }

  // MARK: - Within a call

  /// Does something as a run, or as a part of the run that goes on.
  func performing(
    _ limits: Limits?, _ cancellation: Cancellation?, _ body: () throws -> Language.Value
  ) throws(MosError) -> Value {
    try exclusively { () throws(MosError) in
      do {
        guard cancellation != nil || taskCancellation != nil else {
          return Value(try runtime.performing(limits?.ofLanguage, body))
        }
        return Value(
          try runtime.performing(limits?.ofLanguage) {
            try Cancellation.during(runtime.requests, cancellation) {
              try Cancellation.during(runtime.requests, taskCancellation, body)
            }
          })
      } catch { throw MosError(wrapping: error) }
    }
  }

  /// Runs the body where no other thread is within a call.
  @inline(__always)
  func exclusively<Result>(_ body: () throws(MosError) -> Result) throws(MosError) -> Result {
    let thread = Thread.current
    let (isFree, owner) = user.compareExchange(
      expected: 0, desired: thread, ordering: .acquiring)
    guard isFree || owner == thread else {
      throw MosError(
        RuntimeError(
          .busy, "another thread is using the interpreter",
          hint: "give each thread its own, or use an InterpreterActor"))
    }
    defer { if isFree { user.store(0, ordering: .releasing) } }
    do { return try body() } catch { throw isFree ? error.outsideRuns : error }
  }
}
