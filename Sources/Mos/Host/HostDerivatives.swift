// Functions of the host with a rule for their derivative: the gradient by `backward`, or the tangent by
// `tangent`. The rules are Swift functions of numbers, so a derivative of a derivative is an error.

internal import Autodiff
internal import Language
internal import Tensors

extension Interpreter {
  /// Makes a Swift function with a reverse rule a built-in.
  ///
  ///     mos.define("plant(x, gain=1.0)", forward: { (x: Tensor, gain: Double) in … },
  ///       backward: { cotangent, x, gain in [ … , nil] })
  ///
  /// - Parameters:
  ///   - signature: the name and the parameters as programs see them, with literals as defaults.
  ///   - documentation: what it does, in Markdown, for `help`.
  ///   - forward: the value.
  ///   - backward: from the cotangent ȳ of the value, in its shape, and the arguments, the cotangents
  ///     x̄ᵢ = (∂y/∂xᵢ)ᵀ ȳ in the shapes of the arguments; nil for arguments that none reaches.
  /// - Precondition: the signature has a parameter for each of the function's.
  public func define<each Argument: MosConvertible>(
    _ signature: String, _ documentation: String = "",
    forward: @escaping (repeat each Argument) throws -> Tensor,
    backward: @escaping (Tensor, repeat each Argument) throws -> [Tensor?]
  ) {
    let count = count((repeat (each Argument).self))
    let rule = HostRule(
      value: { arguments in
        var given = GivenArguments(arguments)
        return try forward(repeat try given.next((each Argument).self))
      },
      backward: { arguments, cotangent in
        var given = GivenArguments(arguments)
        return try backward(cotangent, repeat try given.next((each Argument).self))
      }, tangent: nil)
    define(signature, documentation, count, rule)
  }

  /// Makes a Swift function of one argument with a reverse rule, `(ȳ, x) → x̄`, a built-in.
  ///
  /// - Precondition: the signature has one parameter.
  public func define<Argument: MosConvertible>(
    _ signature: String, _ documentation: String = "",
    forward: @escaping (Argument) throws -> Tensor,
    backward: @escaping (Tensor, Argument) throws -> Tensor
  ) {
    define(signature, documentation, forward: forward) { (cotangent: Tensor, argument: Argument) in
      [try backward(cotangent, argument)]
    }
  }

  /// Makes a Swift function with a forward rule a built-in.
  ///
  /// - Parameters:
  ///   - signature: the name and the parameters as programs see them, with literals as defaults.
  ///   - documentation: what it does, in Markdown, for `help`.
  ///   - forward: the value.
  ///   - tangent: from the tangents ẋᵢ, nil for those that have none, and the arguments, the tangent
  ///     ẏ = Σ (∂y/∂xᵢ) ẋᵢ of the value, in its shape.
  /// - Precondition: the signature has a parameter for each of the function's.
  public func define<each Argument: MosConvertible>(
    _ signature: String, _ documentation: String = "",
    forward: @escaping (repeat each Argument) throws -> Tensor,
    tangent: @escaping ([Tensor?], repeat each Argument) throws -> Tensor
  ) {
    let count = count((repeat (each Argument).self))
    let rule = HostRule(
      value: { arguments in
        var given = GivenArguments(arguments)
        return try forward(repeat try given.next((each Argument).self))
      }, backward: nil,
      tangent: { arguments, tangents in
        var given = GivenArguments(arguments)
        return try tangent(tangents, repeat try given.next((each Argument).self))
      })
    define(signature, documentation, count, rule)
  }

  private func define(
    _ signature: String, _ documentation: String, _ count: Int, _ rule: HostRule
  ) {
    let signature = HostSignature.parse(signature, count)
    runtime.define(
      BuiltinFunction(signature, documentation, of: runtime) { try rule.result($0) })
  }
}

/// A function of the host with what it knows of its derivative.
private struct HostRule {
  let value: (Arguments) throws -> Tensor
  let backward: ((Arguments, Tensor) throws -> [Tensor?])?
  let tangent: ((Arguments, [Tensor?]) throws -> Tensor)?

  /// The value of a call, recorded as one operation.
  func result(_ arguments: Arguments) throws -> Language.Value {
    let given = (0..<arguments.callee.parameters.count).map { arguments.given($0) }
    let call = HostRuleCall(rule: self, arguments: arguments, given: given)
    return .tensor(try call.function(call.variables))
  }
}

/// One call, which outlives its registers: a derivative is asked for later.
private struct HostRuleCall {
  let rule: HostRule
  let arguments: Arguments
  let given: [Language.Value]
  /// The places of the arguments that derivatives are taken for: floats.
  let places: [Int]

  init(rule: HostRule, arguments: Arguments, given: [Language.Value]) {
    self.rule = rule
    self.arguments = arguments
    self.given = given
    places = given.indices.filter { given[$0].variable?.dtype.isFloat ?? false }
  }

  private var name: String { arguments.callee.name }
  var variables: [Variable] { places.compactMap { given[$0].variable } }

  var function: CustomFunction {
    CustomFunction(
      name, results: 1, value: { [try sampled($0) { .tensor(try rule.value($0)) }] },
      forward: { try [tangent($0, $1)] },
      reverse: { try cotangents($0, $1) })
  }

  /// Runs the body on the arguments with numbers for the variables, for each sample where they are mapped.
  private func sampled(
    _ variables: [Variable], _ body: (Arguments) throws -> Variable
  ) throws -> Variable {
    if let mapped = try sampleBySample(variables, { [try sampled($0, body)] }) { return mapped[0] }
    return try with(variables, body)
  }

  private func with<R>(_ variables: [Variable], _ body: (Arguments) throws -> R) rethrows -> R {
    var values = given
    for (place, variable) in zip(places, variables) { values[place] = .tensor(variable) }
    return try arguments.with(values, body)
  }

  /// The cotangents of the variables, recorded as an operation that has no derivative.
  private func cotangents(
    _ variables: [Variable], _ cotangents: [Variable?]
  ) throws -> [Variable?] {
    guard let cotangent = cotangents[0] else { return variables.map { _ in nil } }
    guard let backward = rule.backward else { throw missing("backward", "gradient") }
    let count = variables.count
    return try last(count) { all in
      let found = try with(Array(all.prefix(count))) { arguments in
        try backward(arguments, Value(.tensor(all[count])).data(all[count]))
      }
      guard found.count == given.count else {
        throw RuntimeError(
          .value, "backward of \(name) gave \(found.count) cotangents for \(given.count) arguments")
      }
      return try zip(places, all).map { place, variable in
        guard let cotangent = found[place] else { return try variable.zerosLike() }
        return try fitting(cotangent, variable.shape, "a cotangent")
      }
    }.results(variables + [cotangent])
  }

  /// The tangent of the value, recorded as an operation that has no derivative.
  private func tangent(_ variables: [Variable], _ tangents: [Variable?]) throws -> Variable {
    guard let tangent = rule.tangent else { throw missing("tangent", "derivative in forward mode") }
    let known = tangents.indices.filter { tangents[$0] != nil }
    return try last(1) { all in
      try with(Array(all.prefix(variables.count))) { arguments in
        var given: [Tensor?] = self.given.map { _ in nil }
        for (i, place) in known.enumerated() {
          let variable = all[variables.count + i]
          given[places[place]] = try Value(.tensor(variable)).data(variable)
        }
        return [.tensor(try tangent(arguments, given))]
      }
    }.results(variables + known.compactMap { tangents[$0] })[0]
  }

  /// A rule as an operation: numbers in, numbers out, and no derivative.
  private func last(
    _ count: Int, _ rule: @escaping ([Variable]) throws -> [Variable]
  ) -> CustomFunction {
    func error() -> RuntimeError {
      RuntimeError(
        .value, "a second derivative of \(name) was asked for",
        hint: "its rule is a function of the host; stop_gradient(…) makes its result a constant")
    }
    func mapped(_ variables: [Variable]) throws -> [Variable] {
      try sampleBySample(variables, mapped) ?? rule(variables)
    }
    return CustomFunction(
      "the derivative of \(name)", results: count, value: mapped,
      forward: { _, _ in throw error() }, reverse: { _, _ in throw error() })
  }

  private func fitting(_ tensor: Tensor, _ shape: Shape, _ what: String) throws -> Variable {
    guard tensor.shape == shape else {
      throw RuntimeError(
        .shape, "\(what) of \(name) has the shape \(tensor.shape), and its argument \(shape)")
    }
    return .tensor(tensor)
  }

  private func missing(_ rule: String, _ derivative: String) -> RuntimeError {
    RuntimeError(
      .value, "\(name) has no `\(rule):`, and a \(derivative) was asked for",
      hint: "the host gives it with `define`; stop_gradient(…) makes its result a constant")
  }
}
