// Derivatives: of a result that the program has (`grad(loss, wrt)`, `backward`), and of functions
// (`grad(f)`, `jvp`, `vjp`, `vmap` …). A function's arguments may be trees; the numerical core
// sees their leaves.

import Autodiff
import Tensors

extension Builtins {
  static let differentiation = BuiltinPage(
    "Differentiation",
    [
      Builtin(
        "param(value, name=nil)",
        """
        A parameter: a cell with identity that holds a new leaf with the numbers of `value`.
        Integers become the default float type.

            let x = param(2.0)
            backward(x ** 3)
            print(x.grad)    # 12.0
        """
      ) { arguments in
        let variable = try arguments.variable(0).asFloat()
        let name = arguments.has(1) ? try arguments.string(1) : nil
        return .parameter(try ParameterCell(leafOf: variable, name: name))
      },
      Builtin(
        "backward(loss, create_graph=false)",
        """
        Adds the gradient of `loss` to `.grad` of every leaf parameter that it depends on. The
        graph stays and may be used again. With `create_graph=true` the gradients are
        differentiable.

            let x = param(3.0)
            backward(x * x)
            backward(x * x)
            print(x.grad)    # 12.0
        """
      ) { arguments in
        let loss = try arguments.variable(0)
        guard try backward(loss, createGraph: arguments.bool(1, default: false)) else {
          throw RuntimeError(
            .value, "this loss does not depend on any parameter",
            hint: "a parameter is made by param(…) or a model's `param` field; "
              + "no_grad and stop_gradient cut the dependence")
        }
        return .nil
      },
      Builtin(
        "zero_grad(*targets)",
        """
        Takes away the gradients that `backward` left in parameters, models and trees of them.

            let x = param(3.0)
            backward(x * x)
            zero_grad(x)
            print(x.grad)    # nil
        """
      ) { arguments in
        for cell in try ValueTree(.list(arguments.rest(0))).cells { cell.gradient = nil }
        return .nil
      },
      Builtin(
        "grad(f, wrt=nil, argnums=0, has_aux=false, create_graph=true, strict=false)",
        """
        `grad(loss, wrt)` gives the gradient of a loss with the structure of `wrt`: a parameter,
        a tensor that the loss was computed from, a model, or lists and records of them. It
        touches no `.grad`. What the loss does not depend on gets zeros and a warning, or an
        error with `strict=true`.

        `grad(f, argnums=0)` gives the function that computes the gradient of `f`. With
        `argnums` a list it gives a list; with `has_aux=true`, `f` gives `(loss, aux)` and the
        gradient function `(gradient, aux)`.

            print(grad(x => x ** 3)(2.0))    # 12.0
            let w = param([1.0, 2.0])
            print(grad(sum(w * w), w))       # [2.0, 4.0]
        """
      ) { arguments in
        try gradient(arguments)
      },
      Builtin(
        "value_and_grad(f, argnums=0, has_aux=false)",
        """
        A function that gives `(value, gradient)`; with `has_aux=true`, `((loss, aux), gradient)`.

            print(value_and_grad(x => x ** 2)(3.0))    # (9.0, 6.0)
        """
      ) { arguments in
        guard arguments.has(0) else { return decorator(arguments) }
        return gradientFunction(
          of: try arguments.function(0), argnums: try argumentNumbers(arguments, 1),
          hasAux: try arguments.bool(2, default: false), withValue: true, strict: false)
      },
      Builtin(
        "jvp(f, primals, tangents)",
        """
        Forward mode: `(value, tangent)` of `f` at `primals` along `tangents`. Both are lists of
        arguments; a bare value serves for one.

            print(jvp(x => x ** 2, 3.0, 1.0))    # (9.0, 6.0)
        """
      ) { arguments in
        let f = try arguments.function(0)
        let interpreter = arguments.interpreter
        let (value, tangent) = try pushForward(
          interpreter, f, try arguments.argumentList(1), try arguments.argumentList(2))
        return .list([value, tangent])
      },
      Builtin(
        "vjp(f, *args)",
        """
        Reverse mode: `(value, pull)`, where `pull(u)` is the cotangent of the argument, or a
        list of them where there are several.

            let (y, pull) = vjp(x => [x[0] * x[1], x[1]], [2.0, 3.0])
            print(pull([1.0, 0.0]))    # [3.0, 2.0]
        """
      ) { arguments in
        let f = try arguments.function(0)
        let values = arguments.rest(1)
        let (result, pull) = try pullBack(arguments.interpreter, f, values)
        return .list([
          result,
          .builtin(
            BuiltinFunction("pull(cotangent)") { call in
              let cotangents = try pull(call[0])
              return cotangents.count == 1 ? cotangents[0] : .list(cotangents)
            }),
        ])
      },
      Builtin(
        "hvp(f, x=nil, v=nil)",
        """
        The Hessian of `f` at `x` times `v`, by forward over reverse mode. Without `x` it gives
        a function of both.

            print(hvp(x => sum(x ** 3), [1.0, 2.0], [1.0, 0.0]))    # [6.0, 0.0]
        """
      ) { arguments in
        let f = try arguments.function(0)
        guard arguments.has(1) else {
          return .builtin(
            BuiltinFunction("hvp(x, v)") { call in
              try hessianProduct(call.interpreter, f, call[0], call[1])
            })
        }
        guard arguments.has(2) else { throw arguments.mismatch(2, "the vector to multiply by") }
        return try hessianProduct(arguments.interpreter, f, arguments[1], arguments[2])
      },
      Builtin(
        "jacobian(f, x=nil, mode=\"auto\")",
        """
        All partial derivatives of `f` at `x`: shape `y.shape + x.shape`; trees give trees.
        `mode` is `"reverse"`, `"forward"` or `"auto"`, which takes the cheaper.

            print(jacobian(x => [x[0] * x[1], x[1] ** 2], [2.0, 3.0]))    # [[3.0, 2.0], [0.0, 6.0]]
        """
      ) { arguments in
        let f = try arguments.function(0)
        let mode = try arguments.choice(2, ["auto", "reverse", "forward"], default: "auto")
        return try pointwise(arguments, "jacobian(x)") { interpreter, x in
          try jacobian(interpreter, f, x, mode: mode)
        }
      },
      Builtin(
        "hessian(f, x=nil)",
        """
        The second derivatives of a scalar function at `x`, by forward over reverse mode.

            print(hessian(x => x[0] ** 2 * x[1], [1.0, 2.0]))    # [[4.0, 2.0], [2.0, 0.0]]
        """
      ) { arguments in
        let f = try arguments.function(0)
        return try pointwise(arguments, "hessian(x)") { interpreter, x in
          let gradient = gradientFunction(
            of: f, argnums: .one(0), hasAux: false, withValue: false, strict: false)
          return try jacobian(interpreter, gradient, x, mode: "forward")
        }
      },
      Builtin(
        "vmap(f, in_axes=0, out_axes=0)",
        """
        A function that runs `f` on every slice of its arguments at once. `in_axes` is an axis
        for all arguments or a list with an axis for each, nil for one that is not mapped.

            print(vmap(x => sum(x ** 2))([[1.0, 2.0], [3.0, 4.0]]))    # [5.0, 25.0]
        """
      ) { arguments in
        guard arguments.has(0) else { return decorator(arguments) }
        let f = try arguments.function(0)
        let inAxes = arguments.isGiven(1) ? arguments[1] : .int(0)
        let outAxis = try arguments.int(2, default: 0)
        return .builtin(
          BuiltinFunction("mapped(*args, **options)") { call in
            try mapped(
              call.interpreter, f, call.rest(0), call.options(1), inAxes: inAxes, outAxis: outAxis)
          })
      },
      Builtin(
        "linearize(f, x)",
        """
        `(value, push)` of `f` at `x`, where `push(v)` is the derivative along `v`.

            let (y, push) = linearize(x => x ** 2, 3.0)
            print(push(2.0))    # 12.0
        """
      ) { arguments in
        let f = try arguments.function(0)
        let x = arguments[1]
        let value = try arguments.interpreter.call(f, [x])
        return .list([
          value,
          .builtin(
            BuiltinFunction("push(tangent)") { call in
              try pushForward(call.interpreter, f, [x], [call[0]]).1
            }),
        ])
      },
      Builtin(
        "checkpoint(f)",
        """
        A function like `f` whose graph is not kept: the backward pass runs `f` again. What `f`
        does besides computing (printing, assigning) is then done again too.

            print(grad(checkpoint(x => sin(x) ** 2))(0.0))    # 0.0
        """
      ) { arguments in
        let f = try arguments.function(0)
        return .builtin(
          BuiltinFunction("checkpointed(*args, **options)") { call in
            try checkpointed(call.interpreter, f, call.rest(0), call.options(1))
          })
      },
      Builtin(
        "custom_vjp(f=nil, forward=nil, backward=nil)",
        """
        A function with a reverse rule of its own. `forward(args…)` gives `(value, residuals)`
        and `backward(residuals, g)` a list with one cotangent for each argument, nil for none.
        Variables that `f` closes over get no gradient. As a decorator, `f` is left out.

            let half = custom_vjp(x => x, x => (x, nil), (r, g) => (0.5 * g,))
            print(grad(x => half(x) ** 2)(3.0))    # 3.0
        """
      ) { arguments in
        guard arguments.has(0) else { return decorator(arguments) }
        return try customFunction(
          f: arguments.function(0), forward: arguments.function(1), backward: arguments.function(2))
      },
      Builtin(
        "stop_gradient(target)",
        """
        The numbers of a tensor or tree, constants for every derivative. Given a parameter, a
        model or an optimizer, it makes their current tensors new leaves, and gives the target.

            print(grad(x => stop_gradient(x) * x)(3.0))    # 3.0
        """
      ) { arguments in
        try withoutGradient(arguments[0])
      },
      Builtin(
        "functional(model)",
        """
        `(apply, params)`: a model as a function of its parameters. `params` is a record of
        tensors, and `apply(params, args…)` runs the model with those.

            model Line() {
                param a = 2.0
                fn forward(x) { a * x }
            }
            let (apply, params) = functional(Line())
            print(grad(p => apply(p, 3.0))(params))    # {a: 3.0}
        """
      ) { arguments in
        guard case .instance = arguments[0] else { throw arguments.mismatch(0, "a model") }
        let model = arguments[0]
        let tree = try ValueTree(model)
        let parameters = tree.rebuilt(with: tree.variables.map { .tensor(stopGradient($0)) })
        let apply = BuiltinFunction("apply(params, *args, **options)") { call in
          let given = try ValueTree(call[0]).variables
          guard given.count == tree.leaves.count else {
            throw RuntimeError(
              .shape,
              "this model has \(tree.leaves.count) parameters, and \(given.count) were given")
          }
          return try tree.substituted(given) { model in
            try call.interpreter.call(model, call.rest(1), named: Array(call.options(2).pairs))
          }
        }
        return .list([.builtin(apply), parameters])
      },
    ])
}

// MARK: - Gradients

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

private func argumentNumbers(_ arguments: Arguments, _ index: Int) throws -> ArgumentNumbers {
  guard arguments.has(index) else { return .one(0) }
  if case .int(let number) = arguments[index] { return .one(number) }
  return .several(try arguments.ints(index))
}

/// A transformation that was called without its function: what it gives takes the function.
private func decorator(_ arguments: Arguments) -> Value {
  let callee = arguments.callee
  let given = callee.signature.parameters.indices.dropFirst().filter { arguments.isGiven($0) }
  let named = given.map { (callee.signature.parameters[$0].name, arguments[$0]) }
  return .builtin(
    BuiltinFunction("\(callee.name)(f)") { call in
      try call.interpreter.call(.builtin(callee), [call[0]], named: named)
    })
}

private func gradient(_ arguments: Arguments) throws -> Value {
  switch arguments[0] {
  case .absent: return decorator(arguments)
  case let f where f.isCallable && !arguments.has(1):
    return gradientFunction(
      of: f, argnums: try argumentNumbers(arguments, 2),
      hasAux: try arguments.bool(3, default: false), withValue: false,
      strict: try arguments.bool(5, default: false))
  default: break
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
  let tree = try ValueTree(arguments[1])
  let found = try gradients(
    of: loss, to: tree.variables, createGraph: try arguments.bool(4, default: true))
  let strict = try arguments.bool(5, default: false)
  let missing = tree.leaves.indices.filter { found[$0] == nil }
  if !missing.isEmpty {
    let names = missing.map { tree.leaves[$0].displayName }.joined(separator: ", ")
    let message = "the loss does not depend on \(names)"
    let hint =
      "only what was computed from a parameter, or inside a function that is being "
      + "differentiated, is followed"
    if strict { throw RuntimeError(.value, message, hint: hint) }
    arguments.interpreter.warn(message + ": its gradient is zero", hint: hint)
  }
  return tree.rebuilt(
    with: try zip(found, tree.leaves).map { .tensor(try $0 ?? $1.variable.asFloat().zerosLike()) })
}

extension ValueTree.Leaf {
  /// The path, or the cell's name, or a few words.
  fileprivate var displayName: String {
    if !path.isEmpty { return path }
    return cell?.name ?? "wrt (\(variable.typeDescription))"
  }
}

/// A function that computes the gradient of a function.
private func gradientFunction(
  of f: Value, argnums: ArgumentNumbers, hasAux: Bool, withValue: Bool, strict: Bool
) -> Value {
  .builtin(
    BuiltinFunction("gradient(*args, **options)") { call in
      let interpreter = call.interpreter
      var values = call.rest(0)
      let options = call.options(1)
      let positions = try argnums.positions(values.count)
      let tree = try ValueTree(.list(positions.map { values[$0] }))
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
              .type, "the function must give a loss of one number, not \(result.shortDescription)")
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
      if strict, let index = found.firstIndex(where: { $0 == nil }) {
        throw RuntimeError(
          .value, "the function does not depend on argument \(tree.leaves[index].displayName)")
      }
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

extension Variable {
  /// This variable as a float: integers and bools in the default float type.
  func asFloat() throws -> Variable {
    dtype.isFloat ? self : try converted(to: Context.current.defaultFloat)
  }
}

extension Value {
  /// The value without the transformations that have ended.
  fileprivate func settled() throws -> Value {
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
  fileprivate func argumentList(_ index: Int) throws -> [Value] {
    if case .list(let values) = self[index] { return values }
    return [self[index]]
  }
}

// MARK: - Forward and reverse mode

/// The value and the tangent of a function.
private func pushForward(
  _ interpreter: Interpreter, _ f: Value, _ primals: [Value], _ tangents: [Value]
) throws -> (Value, Value) {
  let tree = try ValueTree(.list(primals))
  let directions = try ValueTree(.list(tangents))
  let matched = try matchedTangents(tree, directions, "tangent", "argument")
  var output: ValueTree?
  let result = try jvp(tree.variables.map { try $0.asFloat() }, matched) { variables in
    try tree.substituted(variables) { substituted in
      guard case .list(let arguments) = substituted else { return [] }
      let tree = try ValueTree(interpreter.call(f, arguments))
      output = tree
      return tree.variables
    }
  }
  guard let output else { return (.nil, .nil) }
  return (
    output.rebuilt(with: result.values.map { .tensor($0) }),
    output.rebuilt(
      with: try zip(result.tangents, result.values).map { .tensor(try $0 ?? $1.zerosLike()) })
  )
}

/// Tangents or cotangents for the leaves of a tree, checked against shapes.
private func matchedTangents(
  _ tree: ValueTree, _ given: ValueTree, _ kind: String, _ of: String
) throws -> [Variable] {
  guard tree.leaves.count == given.leaves.count else {
    throw RuntimeError(
      .shape,
      "\(tree.leaves.count) tensors need as many \(kind)s, and \(given.leaves.count) "
        + "were given")
  }
  return try zip(tree.leaves, given.leaves).map { leaf, direction in
    let target = try leaf.variable.asFloat()
    let variable = direction.variable
    if variable.shape == target.shape { return try variable.converted(to: target.dtype) }
    if direction.number != .tensor {
      return try variable.converted(to: target.dtype).broadcast(to: target.shape)
    }
    throw RuntimeError(
      .shape, "a \(kind) of shape \(variable.shape) does not fit the \(of)'s \(target.shape)",
      hint: "it must have exactly the same shape")
  }
}

/// The value of a function, and what pulls cotangents of it back to its arguments.
private func pullBack(
  _ interpreter: Interpreter, _ f: Value, _ arguments: [Value]
) throws -> (Value, (Value) throws -> [Value]) {
  let tree = try ValueTree(.list(arguments))
  var output: ValueTree?
  let pull = try vjp(tree.variables.map { try $0.asFloat() }) { variables in
    try tree.substituted(variables) { substituted in
      guard case .list(let arguments) = substituted else { return [] }
      let tree = try ValueTree(interpreter.call(f, arguments))
      output = tree
      return tree.variables
    }
  }
  guard var shapes = output else { return (.nil, { _ in [] }) }
  let value = shapes.rebuilt(with: pull.values.map { .tensor($0) })
  shapes = try ValueTree(value)
  return (
    value,
    { cotangent in
      let matched = try matchedTangents(shapes, ValueTree(cotangent), "cotangent", "result")
      let found = try pull(matched)
      let rebuilt = tree.rebuilt(
        with: try zip(found, tree.leaves).map {
          .tensor(try $0 ?? $1.variable.asFloat().zerosLike())
        })
      guard case .list(let values) = rebuilt else { return [] }
      return values
    }
  )
}

private func hessianProduct(
  _ interpreter: Interpreter, _ f: Value, _ x: Value, _ v: Value
) throws -> Value {
  let gradient = gradientFunction(
    of: f, argnums: .one(0), hasAux: false, withValue: false, strict: false)
  return try pushForward(interpreter, gradient, [x], [v]).1
}

/// A transformation that is evaluated at a point, or, without one, gives a function of the point.
private func pointwise(
  _ arguments: Arguments, _ signature: String,
  _ body: @escaping (Interpreter, Value) throws -> Value
) throws -> Value {
  guard arguments.isGiven(1) else {
    return .builtin(BuiltinFunction(signature) { call in try body(call.interpreter, call[0]) })
  }
  return try body(arguments.interpreter, arguments[1])
}

// MARK: - Jacobians

/// The derivative of every result by every argument, with the structure of the results, and in
/// each place that of the arguments.
private func jacobian(
  _ interpreter: Interpreter, _ f: Value, _ x: Value, mode: String
) throws -> Value {
  let tree = try ValueTree(x)
  let inputs = try tree.variables.map { try $0.asFloat() }
  var output: ValueTree?
  let run: ([Variable]) throws -> [Variable] = { variables in
    try tree.substituted(variables) { argument in
      let tree = try ValueTree(interpreter.call(f, [argument]))
      output = tree
      return tree.variables
    }
  }
  let inputCount = inputs.reduce(0) { $0 + $1.count }
  if mode != "forward" {
    let pull = try vjp(inputs, run)
    let outputCount = pull.values.reduce(0) { $0 + $1.count }
    if mode == "reverse" || outputCount <= inputCount {
      let rows = try pull.values.indices.map { row -> Value in
        let y = pull.values[row]
        let basis = try Variable.basis(like: y)
        let found = try vmap([basis], axes: [0], size: y.count) { direction in
          var cotangents = [Variable?](repeating: nil, count: pull.values.count)
          cotangents[row] = direction[0]
          return try zip(pull(cotangents), inputs).map { try $0 ?? $1.zerosLike() }
        }
        return tree.rebuilt(
          with: try zip(found, inputs).map { derivative, input in
            .tensor(try derivative.reshape(to: y.shape.followed(by: input.shape)))
          })
      }
      return output?.rebuilt(with: rows) ?? .nil
    }
  }
  // Column by column: all directions of one argument at a time.
  var columns: [[Variable]] = []
  for (index, input) in inputs.enumerated() {
    let basis = try Variable.basis(like: input)
    let found = try vmap([basis], axes: [0], size: input.count) { direction in
      var tangents = [Variable?](repeating: nil, count: inputs.count)
      tangents[index] = direction[0]
      let result = try jvp(inputs, tangents, run)
      return try zip(result.tangents, result.values).map { try $0 ?? $1.zerosLike() }
    }
    columns.append(
      try found.map { derivative in
        let moved = try derivative.movedAxis(from: 0, to: derivative.rank - 1)
        return try moved.reshape(
          to: derivative.shape.removing(axis: 0).followed(by: input.shape))
      })
  }
  if inputs.isEmpty { _ = try run([]) }
  guard let output else { return .nil }
  let rows = output.leaves.indices.map { row in
    tree.rebuilt(with: columns.map { .tensor($0[row]) })
  }
  return output.rebuilt(with: rows)
}

extension Variable {
  /// The unit tensors of a variable's shape, along a new first axis.
  fileprivate static func basis(like x: Variable) throws -> Variable {
    let count = x.count
    let unit = Variable.tensor(try Tensor.eye(count, count, x.dtype))
    return try unit.reshape(to: Shape(count).followed(by: x.shape))
  }
}

extension Shape {
  /// The axes of this shape and then those of another.
  fileprivate func followed(by other: Shape) throws -> Shape { try Shape(array + other.array) }
}

// MARK: - vmap

private func mapped(
  _ interpreter: Interpreter, _ f: Value, _ arguments: [Value], _ options: Record, inAxes: Value,
  outAxis: Int
) throws -> Value {
  var axes: [Int?] = []
  var size: Int?
  for (index, argument) in arguments.enumerated() {
    let axis: Int?
    switch inAxes {
    case .int(let number): axis = number
    case .nil: axis = nil
    case .list(let list):
      guard list.count == arguments.count else {
        throw RuntimeError(
          .value, "in_axes has \(list.count) entries for \(arguments.count) arguments")
      }
      switch list[index] {
      case .int(let number): axis = number
      case .nil: axis = nil
      default:
        throw RuntimeError(
          .type, "an entry of in_axes must be an Int or nil, not \(list[index].shortDescription)")
      }
    default:
      throw RuntimeError(
        .type, "in_axes must be an Int, nil or a List of them, not \(inAxes.shortDescription)")
    }
    for leaf in try ValueTree(argument, numbersAreLeaves: false).leaves {
      guard let axis else {
        axes.append(nil)
        continue
      }
      let shape = leaf.variable.shape
      guard shape.rank > 0 else {
        throw RuntimeError(
          .shape, "vmap cannot map over argument \(index), which has no axes",
          hint: "give in_axes with nil at its place")
      }
      let place = try shape.axis(axis)
      axes.append(place)
      if let size, size != shape[place] {
        throw RuntimeError(
          .shape, "vmap needs one extent for all mapped axes, and got \(size) and \(shape[place])")
      }
      size = shape[place]
    }
  }
  guard let size else {
    throw RuntimeError(
      .value, "vmap has nothing to map over", hint: "at least one argument must be a mapped tensor")
  }
  let all = try ValueTree(.list(arguments), numbersAreLeaves: false)
  var output: ValueTree?
  let results = try vmap(all.variables, axes: axes, size: size) { variables in
    try all.substituted(variables) { substituted in
      guard case .list(let arguments) = substituted else { return [] }
      let tree = try ValueTree(
        interpreter.call(f, arguments, named: Array(options.pairs)))
      output = tree
      return tree.variables
    }
  }
  return output?.rebuilt(
    with: try results.map { result in
      let axis = outAxis < 0 ? outAxis + result.rank : outAxis
      guard axis >= 0, axis < result.rank else {
        throw RuntimeError(
          .index, "out_axes is \(outAxis), and the result has \(result.rank) axes")
      }
      return .tensor(try result.movedAxis(from: 0, to: axis))
    }) ?? .nil
}

// MARK: - Functions with rules of their own

private func checkpointed(
  _ interpreter: Interpreter, _ f: Value, _ arguments: [Value], _ options: Record
) throws -> Value {
  let tree = try ValueTree(.list(arguments), numbersAreLeaves: false)
  var output: ValueTree?
  let results = try checkpoint(tree.variables) { variables in
    try tree.substituted(variables) { substituted in
      guard case .list(let arguments) = substituted else { return [] }
      let result = try ValueTree(
        interpreter.call(f, arguments, named: Array(options.pairs)), numbersAreLeaves: false)
      output = result
      return result.variables
    }
  }
  return output?.rebuilt(with: results.map { .tensor($0) }) ?? .nil
}

private func customFunction(f: Value, forward: Value, backward: Value) throws -> Value {
  .builtin(
    BuiltinFunction("custom(*args)") { call in
      let interpreter = call.interpreter
      let tree = try ValueTree(.list(call.rest(0)))
      let function = CustomFunction(
        "custom_vjp",
        value: { variables in
          try tree.substituted(variables) { substituted in
            guard case .list(let arguments) = substituted else { return variables[0] }
            let result = try interpreter.call(f, arguments)
            guard let variable = result.variable else {
              throw RuntimeError(
                .type,
                "a function with custom_vjp must give a tensor, not "
                  + result.shortDescription)
            }
            return variable
          }
        },
        reverse: { variables, cotangent in
          try tree.substituted(variables) { substituted in
            guard case .list(let arguments) = substituted else { return [] }
            let pair = try interpreter.call(forward, arguments)
            guard case .list(let parts) = pair, parts.count == 2 else {
              throw RuntimeError(
                .type,
                "forward of custom_vjp must give (value, residuals), not "
                  + pair.shortDescription)
            }
            let given = try interpreter.call(backward, [parts[1], .tensor(cotangent)])
            return try cotangents(given, for: arguments, of: variables)
          }
        })
      return .tensor(try function(tree.variables))
    })
}

/// What a program's `backward` gave, for the leaves of its function's arguments.
private func cotangents(
  _ given: Value, for arguments: [Value], of variables: [Variable]
) throws -> [Variable?] {
  let list: [Value]
  if case .list(let values) = given { list = values } else { list = [given] }
  guard list.count == arguments.count else {
    throw RuntimeError(
      .value,
      "backward of custom_vjp must give a list of \(arguments.count), one cotangent for "
        + "each argument, not \(given.shortDescription)", hint: "a list of one is (g,)")
  }
  var result: [Variable?] = []
  for (argument, value) in zip(arguments, list) {
    let leaves = try ValueTree(argument).leaves
    if case .nil = value {
      result += leaves.map { _ in nil }
      continue
    }
    let found = try ValueTree(value)
    guard found.leaves.count == leaves.count else {
      throw RuntimeError(
        .shape,
        "a cotangent of custom_vjp has \(found.leaves.count) tensors where the argument "
          + "has \(leaves.count)")
    }
    for (cotangent, leaf) in zip(found.variables, leaves) {
      guard cotangent.shape == leaf.variable.shape || cotangent.rank == 0 else {
        throw RuntimeError(
          .shape,
          "a cotangent of shape \(cotangent.shape) does not fit an argument of shape "
            + "\(leaf.variable.shape)")
      }
      result.append(try cotangent.broadcast(to: leaf.variable.shape))
    }
  }
  return result
}

/// `stop_gradient` of any value.
private func withoutGradient(_ value: Value) throws -> Value {
  switch value {
  case .tensor(let variable): return .tensor(stopGradient(variable))
  case .parameter(let cell):
    cell.value = try leaf(of: cell.value)
    return value
  case .instance, .host:
    for cell in try ValueTree(value).cells { cell.value = try leaf(of: cell.value) }
    if case .host(let host) = value, let state = host.stateTree {
      try host.restore(try withoutGradient(state))
    }
    return value
  case .list(let values): return .list(try values.map(withoutGradient))
  case .record(let record):
    return .record(Record(try record.pairs.map { ($0, try withoutGradient($1)) }))
  default: return value
  }
}
