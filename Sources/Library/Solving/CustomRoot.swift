// `@custom_root(optimality)`: a function that finds a root, as a function of its arguments.
//
// The function runs as a program of its own; only its numbers count. The optimality condition is
// what is differentiated, so gradients reach all that it reads: its arguments, or those alone that
// `argnums` names, and variables that it closes over.

import Autodiff
import Language
import Solvers
import Tensors

/// What a decorated solver function is made of.
struct CustomRoot {
  /// The name of the decorator, for messages.
  let name: String
  let condition: Value
  /// True for a fixed point, T(x) = x, instead of a root.
  let isFixedPoint: Bool
  /// Which arguments of the solver function have a gradient, the first being number 0; nil for all
  /// but that.
  let argnums: [Int]?
  let hasAux: Bool
  let solver: Value

  init(_ arguments: Arguments, isFixedPoint: Bool) throws {
    name = arguments.callee.name
    condition = try arguments.function(0)
    self.isFixedPoint = isFixedPoint
    argnums = arguments.has(1) ? try arguments.ints(1) : nil
    for number in argnums ?? [] where number <= 0 {
      throw RuntimeError(
        .value, "argnums of \(name) must be 1 or more, not \(number)",
        hint: number == 0
          ? "argument 0 is where the solver starts, and the solution does not depend on it"
          : "arguments count from 0")
    }
    hasAux = try arguments.bool(2)
    solver = try arguments.solver(3)
  }

  /// The solver function as a differentiable function.
  func decorated(_ solve: Value) -> Value {
    .builtin(
      BuiltinFunction("solver(*args, **options)") { call in
        try self.call(solve, call.rest(0), call.options(1), call.interpreter)
      })
  }

  private func call(
    _ solve: Value, _ positional: [Value], _ options: Record, _ interpreter: Interpreter
  ) throws -> Value {
    // Without a start the function is called as the program called it: all arguments by name.
    let hasStart = !positional.isEmpty || startsByName(options, solve, interpreter)
    let (arguments, named) = try ordered(
      hasStart ? positional : [.nil], options, of: solve, interpreter)
    var (solution, auxiliary) = (Value.nil, Value.nil)
    // A recording sees what the program looks at by itself.
    let found = try interpreter.context.isolated {
      let result =
        hasStart
        ? try interpreter.call(solve, arguments, named: named)
        : try interpreter.call(solve, [], named: options.pairs.map { ($0, $1) })
      (solution, auxiliary) = try parts(of: result)
      return try ValueTree(solution).floats().map(stopGradient)
    }
    let structure = try ValueTree(solution)
    guard !structure.leaves.isEmpty else {
      throw RuntimeError(
        .type, "a function with \(name) must give tensors, not \(solution.shortDescription)")
    }
    let given = try constants(arguments, interpreter)
    let solver = LinearSolver.make(from: solver, for: structure, interpreter)
    let root = try implicitRoot(found, solver: solver) { x in
      let point = structure.rebuilt(with: x.map { .tensor($0) })
      let result = try interpreter.call(
        condition, [point] + given.dropFirst(), named: named)
      let images = try ValueTree(result).floats()
      guard isFixedPoint, images.count == x.count else { return images }
      return try zip(images, x).map { image, x in
        image.shape == x.shape ? try image - x : image
      }
    }
    let value = structure.rebuilt(with: root.map { .tensor($0) })
    return hasAux ? .list([value, try Differentiation.withoutGradient(auxiliary)]) : value
  }

  /// Whether the first parameter of the solver function, where it starts, is given by its name.
  private func startsByName(
    _ options: Record, _ solve: Value, _ interpreter: Interpreter
  ) -> Bool {
    guard let first = interpreter.machine.ownSignature(of: solve)?.parameters.first else {
      return false
    }
    return first.kind == .plain && options[first.name] != nil
  }

  private func parts(of result: Value) throws -> (solution: Value, auxiliary: Value) {
    guard hasAux else { return (result, .nil) }
    guard case .list(let pair) = result, pair.count == 2 else {
      throw RuntimeError(
        .type,
        "with has_aux=true the solver function must give (solution, aux), not "
          + result.shortDescription)
    }
    return (pair[0], pair[1])
  }

  /// Named arguments at their places, as far as those before them were given.
  private func ordered(
    _ positional: [Value], _ options: Record, of solve: Value, _ interpreter: Interpreter
  ) throws -> (positional: [Value], named: [(String, Value)]) {
    var arguments = positional
    var named: [(String, Value)] = []
    var waiting = options
    let parameters = interpreter.machine.ownSignature(of: solve)?.parameters ?? []
    for parameter in parameters.dropFirst(arguments.count) {
      guard parameter.kind == .plain, let value = waiting[parameter.name] else { break }
      arguments.append(value)
      waiting = Record(waiting.pairs.filter { $0.0 != parameter.name }.map { ($0.0, $0.1) })
    }
    named = waiting.pairs.map { ($0, $1) }
    return (arguments, named)
  }

  /// The arguments as the condition sees them: those without a gradient are constants.
  private func constants(_ arguments: [Value], _ interpreter: Interpreter) throws -> [Value] {
    guard let argnums else { return arguments }
    for number in argnums where number >= arguments.count {
      throw RuntimeError(
        .index,
        "argnums is \(number), and the function was called with \(arguments.count) arguments",
        hint: "arguments count from 0; those passed by name stand at their parameters' places")
    }
    return try arguments.enumerated().map { index, argument in
      guard index > 0, !argnums.contains(index) else { return argument }
      let tree = try ValueTree(argument, numbersAreLeaves: false)
      // A parameter cell cannot be a constant at one place and itself at another.
      guard tree.cells.isEmpty, !tree.leaves.isEmpty else { return argument }
      if tree.variables.contains(where: \.carriesDerivative) { tellOf(index, interpreter) }
      return tree.rebuilt(with: tree.variables.map { .tensor(stopGradient($0)) })
    }
  }

  /// Says, once for a place in the program, that an argument's derivative ends here.
  private func tellOf(_ index: Int, _ interpreter: Interpreter) {
    Notice(
      "a derivative passes through argument \(index), and argnums of \(name) leaves it out",
      hint:
        "without argnums gradients go to all arguments; stop_gradient(x) says that none is wanted",
      place: interpreter.context.place
    ).send()
  }
}
