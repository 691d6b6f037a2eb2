// `grad` and its kin: gradients of losses and of functions, with the structure of what they are
// taken by.

import Autodiff
import Language
import Tensors

/// Which arguments a derivative is taken by.
enum ArgumentNumbers {
  case one(Int)
  case several([Int])

  /// The positions in a call of so many arguments.
  func positions(_ count: Int) throws -> [Int] {
    let numbers: [Int]
    switch self {
    case .one(let number): numbers = [number]
    case .several(let list): numbers = list
    }
    return try numbers.map { number in
      let position = number < 0 ? number + count : number
      guard position >= 0, position < count else {
        throw RuntimeError(
          .index, "argnums is \(number), and the function was called with \(count) arguments",
          hint: "arguments count from 0; only those passed by position can be named here")
      }
      return position
    }
  }
}

extension Differentiation {
  static func argumentNumbers(_ arguments: Arguments, _ index: Int) throws -> ArgumentNumbers {
    guard arguments.has(index) else { return .one(0) }
    if case .int(let number) = arguments[index] { return .one(number) }
    guard let numbers = arguments[index].ints else {
      let name = arguments.callee.name
      throw arguments.mismatch(
        index, "an Int or a List of them",
        hint: "it says which arguments, counted from 0; the values go to the result: \(name)(f)(x)")
    }
    return .several(numbers)
  }

  /// A transformation that was called without its function: what it gives takes the function.
  static func decorator(_ arguments: Arguments) -> Value {
    let parameters = arguments.callee.parameters
    let given = parameters.indices.dropFirst().filter { arguments.isGiven($0) }
    return decorator(arguments, named: given.map { (parameters[$0].name, arguments[$0]) })
  }

  /// A function that calls the built-in of a call with its own argument and the named ones.
  static func decorator(_ arguments: Arguments, named: [(String, Value)]) -> Value {
    let name = arguments.callee.name
    return .builtin(
      BuiltinFunction("\(name)(f)") { call in
        guard let callee = call.interpreter.builtin(name) else {
          preconditionFailure("`\(name)` was called and is no built-in: please report")
        }
        return try call.interpreter.call(callee, [call[0]], named: named)
      })
  }

  static func gradient(_ arguments: Arguments) throws -> Value {
    switch arguments[0] {
    case .absent: return decorator(arguments)
    case let f where f.isCallable && !arguments.has(1):
      return gradientFunction(
        of: f, argnums: try argumentNumbers(arguments, 2),
        hasAux: try arguments.bool(3), withValue: false,
        createGraph: try arguments.bool(4),
        strict: try arguments.bool(5))
    default: break
    }
    // A model that can be called has parameters to differentiate by.
    let isByFunction =
      switch arguments[1] {
      case .function, .builtin: true
      default: false
      }
    if arguments[0].isCallable || isByFunction {
      throw RuntimeError(
        .type, "grad takes a function alone, and what it is differentiated at goes to the gradient",
        hint: "write grad(f)(x); of a loss that is computed already, grad(loss, wrt)")
    }
    guard let loss = arguments[0].variable else {
      throw arguments.mismatch(
        0, "a loss or a function", hint: "grad(loss, wrt) or grad(f)(x)")
    }
    guard arguments.has(1) else {
      throw RuntimeError(
        .type, "grad of a loss needs to know with respect to what",
        hint: "grad(loss, wrt), or grad(f)(x) for a function")
    }
    let tree = try ValueTree(arguments[1], for: "grad")
    let found = try gradients(
      of: loss, to: tree.variables, createGraph: try arguments.bool(4))
    note(found, of: [loss], arguments.interpreter)
    try report(
      "the loss",
      independentOf: zip(found, tree.leaves).compactMap { $0 == nil ? $1.displayName : nil },
      strict: try arguments.bool(5), arguments.interpreter)
    return tree.rebuilt(
      with: try zip(found, tree.leaves).map { .tensor(try $0 ?? $1.variable.asFloat().zerosLike()) }
    )
  }
}

extension Differentiation {
  /// Takes away the gradients that `backward` left in the parameters, and the leaves, of a tree.
  ///
  /// - Throws: a type error where there is something else alone.
  static func clearGradients(_ target: Value) throws {
    let leaves = try ValueTree(target, for: "zero_grad").leaves
    let found = leaves.filter { $0.cell != nil || $0.variable.isLeaf }
    guard leaves.isEmpty || !found.isEmpty else {
      throw RuntimeError(
        .type, "zero_grad needs parameters, and \(target.shortDescription) has none",
        hint: "a parameter is made by param(…) or a model's `param` field")
    }
    for leaf in found {
      leaf.variable.clearGradient()
      leaf.cell?.gradient = nil
    }
  }
}

extension ValueTree.Leaf {
  /// The path, or the cell's name, or a few words.
  fileprivate var displayName: String {
    if !path.isTop { return path.description }
    return cell?.name ?? "wrt (\(variable.typeDescription))"
  }
}

extension Differentiation {
  /// A function that computes the gradient of a function; without `createGraph` what it gives are
  /// numbers for every tape outside, and nothing is recorded there.
  static func gradientFunction(
    of f: Value, argnums: ArgumentNumbers, hasAux: Bool, withValue: Bool, createGraph: Bool = true,
    strict: Bool
  ) -> Value {
    guard createGraph else {
      let recording = gradientFunction(
        of: f, argnums: argnums, hasAux: hasAux, withValue: withValue, strict: strict)
      return .builtin(
        BuiltinFunction("gradient(*args, **options)") { call in
          try Context.current.withoutTapes {
            try call.interpreter.call(
              recording, call.rest(0), named: Array(call.options(1).pairs))
          }
        })
    }
    return .builtin(
      BuiltinFunction("gradient(*args, **options)") { call in
        let interpreter = call.interpreter
        var values = call.rest(0)
        let options = call.options(1)
        let positions = try argnums.positions(values.count)
        let tree = try ValueTree(arguments: positions.map { values[$0] }, for: "grad")
        let constants = ConstantDerivatives(interpreter)
        var auxiliary = Value.nil
        let pull = try vjp(tree.variables.map { try $0.asFloat() }) { variables in
          try tree.substituted(variables) { substituted in
            guard case .list(let chosen) = substituted else { return [] }
            for (position, value) in zip(positions, chosen) { values[position] = value }
            var result = try interpreter.call(f, values, named: Array(options.pairs))
            if hasAux {
              guard case .list(let pair) = result, pair.count == 2 else {
                throw RuntimeError(
                  .type,
                  "with has_aux=true the function must give (loss, aux), not "
                    + result.shortDescription)
              }
              result = pair[0]
              auxiliary = pair[1]
            }
            guard let loss = result.variable else {
              throw RuntimeError(
                .type,
                "the function must give a loss of one number, not \(result.shortDescription)",
                hint: result.lossHint)
            }
            return [loss]
          }
        }
        let loss = pull.values[0]
        guard loss.dtype.isFloat else {
          throw RuntimeError(
            .type, "the function gave \(loss.typeDescription), which has no gradient",
            hint: "only f32 and f64 results do")
        }
        guard loss.count == 1 else {
          throw RuntimeError(
            .shape,
            "a gradient needs a function with one number as its result, and this one gave "
              + loss.typeDescription, hint: "reduce it with sum or mean, or use jacobian")
        }
        let found = try pull([loss.onesLike()])
        if strict || !constants.wereTaken {
          try report(
            "the function",
            independentOf: tree.names(
              without: found, ofParametersOf: f, at: positions, interpreter),
            strict: strict, interpreter)
        }
        note(found, of: [loss] + tree.variables, interpreter)
        let rebuilt = tree.rebuilt(
          with: try zip(found, tree.leaves).map {
            .tensor(try $0 ?? $1.variable.asFloat().zerosLike())
          })
        guard case .list(let gradients) = rebuilt else { return .nil }
        let gradient: Value
        if case .one = argnums { gradient = gradients[0] } else { gradient = .list(gradients) }
        let settled = hasAux ? try auxiliary.settled() : .nil
        if withValue {
          return .list([hasAux ? .list([.tensor(loss), settled]) : .tensor(loss), gradient])
        }
        return hasAux ? .list([gradient, settled]) : gradient
      })
  }
}

extension Variable {
  /// This variable as a float: integers and bools in the default float type.
  func asFloat() throws -> Variable {
    dtype.isFloat ? self : try converted(to: Context.current.defaultFloat)
  }
}

extension Value {
  /// The value without the transformations that have ended.
  func settled() throws -> Value {
    switch self {
    case .tensor(let variable): .tensor(variable.alive)
    case .list(let values): .list(try values.map { try $0.settled() })
    case .record(let record):
      .record(Record(try record.pairs.map { ($0, try $1.settled()) }))
    default: self
    }
  }
}

extension Arguments {
  /// A list of arguments; a bare value serves for one.
  func argumentList(_ index: Int) throws -> [Value] {
    if case .list(let values) = self[index] { return Array(values) }
    return [self[index]]
  }
}

extension Value {
  /// What to do about what is no loss.
  package var lossHint: String {
    switch self {
    case .nil:
      "the last expression of a function is its value; after `let` or an assignment there is none"
    case .list: "write has_aux=true where it gives (loss, aux)"
    case .record: "give the loss itself, or (loss, record) with has_aux=true"
    default: "give a number or a tensor of one element, as sum and mean do"
    }
  }
}
