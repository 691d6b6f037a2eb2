// Functions of the host in programs: `mos.define("simulate(x, steps=10)", "Runs the plant.") { … }`.
//
// Their arguments are data. An argument that a derivative passes through is an error unless the closure takes
// it as a `Value` or a `Variable`, or a rule for the derivative is given.

internal import Autodiff
internal import Language
internal import Syntax
internal import Tensors

extension Interpreter {
  /// Makes a Swift function a built-in of the programs of this interpreter, and of the modules they import.
  ///
  ///     try mos.define("simulate(x, steps=10)", "Runs the plant for some steps.") {
  ///       (x: Tensor, steps: Int) in …
  ///     }
  ///
  /// The function runs on the thread of its run, within it, and may call the interpreter back. An error that it
  /// throws is one of kind `host` to the program, and comes out of the run as what it was. `vmap` and zero-order
  /// estimators call it for one sample after the other; `@compile` runs functions that call it as they are.
  ///
  /// - Parameters:
  ///   - signature: the name and the parameters as programs see them, with literals as defaults; `*rest` gives
  ///     an array.
  ///   - documentation: what it does, in Markdown, for `help`.
  ///   - function: gets the arguments, or their defaults, in the order of the signature.
  /// - Precondition: the signature has a parameter for each of the function's.
  public func define<each Argument: MosConvertible, Result: MosConvertible>(
    _ signature: String, _ documentation: String = "",
    _ function: @escaping (repeat each Argument) throws -> Result
  ) {
    define(signature, documentation, count((repeat (each Argument).self))) { arguments in
      var given = GivenArguments(arguments)
      return try function(repeat try given.next((each Argument).self)).mosValue()
    }
  }

  /// Makes a Swift function without a result a built-in, which gives `nil`.
  ///
  /// - Precondition: the signature has a parameter for each of the function's.
  public func define<each Argument: MosConvertible>(
    _ signature: String, _ documentation: String = "",
    _ function: @escaping (repeat each Argument) throws -> Void
  ) {
    define(signature, documentation, count((repeat (each Argument).self))) { arguments in
      var given = GivenArguments(arguments)
      try function(repeat try given.next((each Argument).self))
      return .nil
    }
  }

  /// Makes a Swift function with several results a built-in that gives them as a list:
  ///
  ///     mos.define("split(x)", returning: (Tensor.self, Tensor.self)) { (x: Tensor) in (…, …) }
  /// - Precondition: the signature has a parameter for each of the function's.
  public func define<each Argument: MosConvertible, each Result: MosConvertible>(
    _ signature: String, _ documentation: String = "",
    returning types: (repeat (each Result).Type),
    _ function: @escaping (repeat each Argument) throws -> (repeat each Result)
  ) {
    define(signature, documentation, count((repeat (each Argument).self))) { arguments in
      var given = GivenArguments(arguments)
      let results = try function(repeat try given.next((each Argument).self))
      var values: [Language.Value] = []
      for value in repeat each results { values.append(try value.mosValue().held) }
      return Value(.list(values))
    }
  }

  private func define(
    _ signature: String, _ documentation: String, _ count: Int,
    _ body: @escaping (Arguments) throws -> Value
  ) {
    let signature = HostSignature.parse(signature, count)
    runtime.define(
      BuiltinFunction(signature, documentation, of: runtime) { arguments in
        try SampledCall(arguments).results { try body($0).held }
      })
  }
}

/// The number of types in a tuple.
func count<each Element>(_ types: (repeat (each Element).Type)) -> Int {
  var count = 0
  for _ in repeat each types { count += 1 }
  return count
}

/// Signatures that a host writes.
enum HostSignature {
  /// The signature of a text.
  ///
  /// - Precondition: it has the number of parameters given, with names of their own, and its defaults are literals.
  static func parse(_ text: String, _ count: Int) -> Signature {
    let signature = Signature(parsing: text)
    precondition(
      Token.isName(signature.name), "\"\(text)\" does not begin with a name that programs can call")
    precondition(
      signature.parameters.count == count,
      "`\(text)` has \(signature.parameters.count) parameters, and its function \(count)")
    precondition(
      !text.contains("(") || text.hasSuffix(")"), "`\(text)` does not end with its parameters")
    for (i, parameter) in signature.parameters.enumerated() {
      precondition(
        Token.isName(parameter.name)
          && !signature.parameters[..<i].contains { $0.name == parameter.name },
        "`\(parameter.name)` in `\(text)` is no name for a parameter, or twice one")
      precondition(
        parameter.defaultText.map { $0 == "nil" || !signature.literal(i).isNil } ?? true,
        "the default of `\(parameter.name)` in `\(text)` is no literal")
    }
    return signature
  }
}

/// The arguments of a call of a host function, one after the other.
struct GivenArguments {
  private let arguments: Arguments
  private var next = 0

  init(_ arguments: Arguments) { self.arguments = arguments }

  /// The next argument, or its default.
  ///
  /// - Throws: a type error that names the parameter.
  mutating func next<Argument: MosConvertible>(_ type: Argument.Type) throws -> Argument {
    let place = next
    next += 1
    do {
      return try Argument.from(mosValue: Value(arguments.given(place), isArgument: true))
    } catch let error as ConversionError {
      var described = error.runtimeError
      described.diagnostic.message =
        "`\(arguments.parameterName(place))` of \(arguments.callee.name): "
        + described.diagnostic.message
      throw described
    }
  }
}
