// `@implicit(solve=cg()) model`: a model whose parameters are the solution of an inner problem.
//
// `solve()` runs as the program wrote it; afterwards each parameter holds its numbers as a function
// of everything that `objective()` or `optimality()` reads, the arguments of `solve` included, which
// it gets where it has parameters.

import Autodiff
import Language
import Solvers
import Tensors

/// What an implicit model adds to a model.
struct ImplicitModel {
  let solver: Value

  /// The model with its `solve` replaced.
  ///
  /// - Throws: a type error for anything that is not a model with `solve` and a condition.
  func decorated(_ value: Value) throws -> Value {
    guard case .model(let type) = value else {
      throw RuntimeError(
        .type, "implicit decorates a model, not \(value.shortDescription)",
        hint: "for a function there is custom_root")
    }
    guard type.hasMethod("solve") else {
      throw RuntimeError(
        .type, "model \(type.name) has no method `solve`",
        hint: "implicit needs fn solve(…), and fn objective() or fn optimality()")
    }
    guard type.hasMethod("objective") || type.hasMethod("optimality") else {
      throw RuntimeError(
        .type, "model \(type.name) has neither `objective` nor `optimality`",
        hint: "fn objective() gives what solve() makes least, fn optimality() what it makes zero")
    }
    return .model(
      ModelType(type, replacing: "solve") { instance, solve, call in
        try self.solve(instance, solve, call)
      })
  }

  private func solve(
    _ instance: ModelInstance, _ solve: Value, _ call: Arguments
  ) throws -> Value {
    let interpreter = call.interpreter
    let cells = try instance.cells().map(\.cell)
    guard !cells.isEmpty else {
      throw RuntimeError(
        .value, "model \(instance.type.name) has no parameters to solve for",
        hint: "declare them with `param`")
    }
    for cell in cells { cell.value = try leaf(of: cell.value) }
    let result = try numbers {
      try interpreter.call(solve, call.rest(0), named: call.options(1).pairs.map { ($0, $1) })
    }
    let structure = try ValueTree(.list(cells.map { .tensor($0.value) }))
    let root = try implicitRoot(
      cells.map(\.value), solver: LinearSolver.make(from: solver, for: structure, interpreter)
    ) { variables in
      let saved = cells.map(\.value)
      defer { for (cell, value) in zip(cells, saved) { cell.substitute(value) } }
      return try condition(instance, cells, variables, call, of: solve)
    }
    for (cell, value) in zip(cells, root) { cell.value = value }
    return result
  }

  /// What vanishes at the solution: `optimality()`, else the gradient of `objective()`.
  private func condition(
    _ instance: ModelInstance, _ cells: [ParameterCell], _ variables: [Variable],
    _ arguments: Arguments, of solve: Value
  ) throws -> [Variable] {
    func call(_ name: String) throws -> Value {
      let method = try instance.boundMethod(name)
      let (positional, named) = handed(to: method, arguments, of: solve)
      return try arguments.interpreter.call(method, positional, named: named)
    }
    if instance.type.hasMethod("optimality") {
      for (cell, variable) in zip(cells, variables) { cell.substitute(variable) }
      return try ValueTree(call("optimality")).floats()
    }
    let pull = try vjp(variables) { variables in
      for (cell, variable) in zip(cells, variables) { cell.substitute(variable) }
      let objective = try call("objective")
      guard let loss = objective.variable, loss.count == 1 else {
        throw RuntimeError(
          .type, "objective must give one number, not \(objective.shortDescription)")
      }
      return [try loss.asFloat()]
    }
    return try zip(pull([pull.values[0].onesLike()]), variables).map { try $0 ?? $1.zerosLike() }
  }

  /// The arguments of a call of `solve` that a condition gets: those of the same names where `solve` has
  /// parameters of all the names that must be given, else those at the same places.
  private func handed(
    to condition: Value, _ call: Arguments, of solve: Value
  ) -> (positional: [Value], named: [(String, Value)]) {
    let machine = call.interpreter.machine
    guard let wanted = machine.ownSignature(of: condition) else { return ([], []) }
    let (positional, options) = (call.rest(0), call.options(1))
    let names = (machine.ownSignature(of: solve)?.parameters ?? []).filter { $0.kind == .plain }
      .map(\.name)
    var given = options.pairs.map { ($0, $1) }
    if wanted.restList == nil, wanted.required.allSatisfy(names.contains) {
      given += zip(names, positional)
      return ([], given.filter { name, _ in wanted.parameters.contains { $0.name == name } })
    }
    // What was given by name stands at its place, as far as the places before it are filled.
    var places = positional
    for name in names.dropFirst(places.count) {
      guard let index = given.firstIndex(where: { $0.0 == name }) else { break }
      places.append(given.remove(at: index).1)
    }
    return (
      Array(places.prefix(wanted.positionalLimit ?? places.count)),
      given.filter { name, _ in
        wanted.restRecord != nil || wanted.parameters.contains { $0.name == name }
      }
    )
  }
}
