// The searches of the language: a program's function of a tree, and what a search found as values.

import Autodiff
import Language
import Solvers
import Tensors

/// A call of a search: `newton_root(f, x0, …)`.
struct RootSearch {
  private let function: Value
  let start: ValueTree
  private let interpreter: Interpreter
  private let givesInfo: Bool
  private let options: RootOptions

  /// The parameters that every search ends with.
  static let parameters =
    "maxiter=nil, rtol=nil, atol=0.0, solve=nil, differentiate=\"implicit\", with_info=false, "
    + "strict=false"

  /// Reads a call whose first parameter is the function, whose parameter `place` says where to start, and
  /// whose parameters from `first` on are those of every search.
  init(_ arguments: Arguments, from first: Int, start place: Int = 1) throws {
    function = try arguments.function(0)
    start = try arguments.floatTree(place)
    interpreter = arguments.interpreter
    var options = RootOptions()
    options.maximumIterations =
      arguments.has(first) ? try arguments.int(first, atLeast: 0) : nil
    options.relativeTolerance = try arguments.tolerance(first + 1)
    options.absoluteTolerance = try arguments.tolerance(first + 2) ?? 0
    options.solver = LinearSolver.make(
      from: try arguments.solver(first + 3), for: start, interpreter)
    options.isUnrolled =
      try arguments.choice(first + 4, ["implicit", "unroll"]) == "unroll"
    givesInfo = try arguments.bool(first + 5)
    options.isStrict = try arguments.bool(first + 6)
    self.options = options
  }

  /// What a search of these options found, with `info` where it was asked for.
  func run(
    _ search: (RootSolver, @escaping RootSolver.Function, [Variable]) throws -> RootSolver.Result
  ) throws -> Value {
    let (solution, report) = try search(
      RootSolver(options), interpreter.treeFunction(function, of: start), start.floats())
    let value = start.rebuilt(with: solution.map { .tensor($0) })
    return givesInfo ? .list([value, try Value(report)]) : value
  }
}

extension Interpreter {
  /// A program's function of a tree as one of the tree's tensors.
  func treeFunction(_ function: Value, of tree: ValueTree) -> RootSolver.Function {
    { parts in
      let result = try self.call(function, [tree.rebuilt(with: parts.map { .tensor($0) })])
      let leaves = try ValueTree(result)
      guard !leaves.leaves.isEmpty else {
        throw RuntimeError(
          .type, "the function must give tensors, not \(result.shortDescription)",
          hint: "is the result its last expression?")
      }
      return try leaves.floats()
    }
  }
}

extension Arguments {
  /// A tree of at least one tensor or number.
  func floatTree(_ index: Int) throws -> ValueTree {
    if case .instance = self[index] {
      throw mismatch(
        index, "a number, a tensor or a tree of them",
        hint: "functional(net) gives the parameters of a model as such a tree")
    }
    let tree = try ValueTree(self[index])
    guard tree.leaves.contains(where: { $0.variable.count > 0 }) else {
      throw mismatch(index, "a number, a tensor or a tree of them")
    }
    return tree
  }
}

extension Value {
  /// A report as a record; under vmap its numbers are those of each item.
  init(_ report: RootReport) throws {
    func number(_ variable: Variable) -> Value {
      guard let tensor = variable.concrete, tensor.count == 1 else { return .tensor(variable) }
      switch tensor.dtype {
      case .bool: return .bool(tensor.firstInt != 0)
      case .i64: return .int(tensor.firstInt)
      default: return .float(tensor.firstDouble)
      }
    }
    var pairs: [(String, Value)] = [
      ("method", .string(report.method)), ("iterations", number(report.iterations)),
      ("evaluations", .int(report.evaluations)), (report.measure, number(report.residual)),
      ("step", number(report.step)),
    ]
    if let value = report.value { pairs.append(("value", number(value))) }
    pairs += [
      ("converged", number(try report.isConverged())),
      ("outcome", .string(report.outcome.words)), ("advice", .string(report.outcome.advice)),
    ]
    self = .record(Record(pairs))
  }
}
