// `communicator()`: the processes that run the program, as programs see them.

import Autodiff
import Language
import Tensors

/// The ranks of the program.
final class CommunicatorObject: HostObject {
  override class var hostType: HostType { members }
  override var mayHoldCode: Bool { false }
  override var deed: String { "exchanges something with other processes" }
  override var typeName: String { "Communicator" }

  private let ranks: Ranks

  init(_ ranks: Ranks) { self.ranks = ranks }

  override var summary: String { "<Communicator: rank \(ranks.rank) of \(ranks.count)>" }
  override func isEqual(_ other: HostObject) -> Bool {
    (other as? CommunicatorObject)?.ranks === ranks
  }

  /// How the values of ranks become one.
  private enum Operation: String, CaseIterable { case sum, mean, min, max }

  private static let words = Operation.allCases.map(\.rawValue)

  private static func operation(_ arguments: Arguments, _ index: Int) throws -> Operation {
    Operation(rawValue: try arguments.choice(index, words)) ?? .sum
  }

  private func root(_ arguments: Arguments, _ index: Int) throws -> Int {
    let root = try arguments.int(index)
    guard (0..<ranks.count).contains(root) else {
      throw RuntimeError(
        .value,
        ranks.count == 1
          ? "there is no rank \(root): the program runs as one process, rank 0"
          : "there is no rank \(root); the ranks are 0 to \(ranks.count - 1)",
        hint:
          "mpirun -n \(max(root, 0) + 1) mos …, or mos --ranks \(max(root, 0) + 1) …, starts as many"
      )
    }
    return root
  }

  // MARK: - Reductions

  private func reduced(
    _ tree: CollectiveTree, _ operation: Operation, by collective: Collective
  ) throws -> Value {
    switch operation {
    case .sum, .mean:
      try tree.requireNumbers()
      let count = Double(ranks.count)
      return try tree.exchanged("(\(operation.rawValue))", takesRows: collective.takesRows) {
        let sum = try $0.exchanged(by: collective, as: $1)
        return operation == .mean ? try sum / count : sum
      }
    case .min, .max:
      return try tree.exchanged("(\(operation.rawValue))", takesRows: collective.takesRows) {
        var extreme = try self.extreme($0.exchanged(by: .allGather, as: $1), operation)
        if collective.takesRows {
          extreme = try extreme.sliced(axis: 0, from: self.ranks.rank, to: self.ranks.rank + 1)
          extreme = try extreme.reshape(to: extreme.shape.removing(axis: 0))
        }
        return extreme
      }
    }
  }

  /// The least or greatest along the first axis, the derivative that of the first that has it.
  private func extreme(_ rows: Variable, _ operation: Operation) throws -> Variable {
    func row(_ rank: Int) throws -> Variable {
      try rows.sliced(axis: 0, from: rank, to: rank + 1).reshape(to: rows.shape.removing(axis: 0))
    }
    return try (1..<max(1, ranks.count)).reduce(row(0)) { extreme, rank in
      let other = try row(rank)
      let isBetter =
        try operation == .min ? other.isLess(than: extreme) : other.isGreater(than: extreme)
      return try isBetter.or(other.isnan()).select(other, extreme)
    }
  }

  // MARK: - What programs call

  private static let members = HostType(
    CommunicatorObject.self, "Communicator", makers: ["communicator"],
    """
    The processes that run the program together, which `mpirun -n 4 mos train.mos` or `mos --ranks 4 train.mos`
    start; of a program that was started alone, this one. The module `parallel` has all of it as functions.
    """,
    methods: [
      Method(
        "parallel_map(f, tasks, reduce=nil, batch=nil, to=nil)",
        """
        `f(task)` for each task, shared out among the ranks; see `parallel.parallel_map`.

            print(communicator().parallel_map(x => x * x, [1, 2, 3]))    # (1, 4, 9)
        """
      ) { object, arguments in
        let reduction =
          arguments.has(2)
          ? ParallelMap.Reduction(
            rawValue: try arguments.choice(2, ParallelMap.Reduction.allCases.map(\.rawValue))) : nil
        let batch = arguments.has(3) ? try arguments.int(3, atLeast: 1) : nil
        let target = arguments.has(4) ? try object.root(arguments, 4) : nil
        return try ParallelMap(
          arguments.function(0), over: tasks(arguments), reduction: reduction, batch: batch,
          target: target, arguments.interpreter)()
      },
      Method(
        "all_reduce(tree, op=\"sum\")",
        "The `\"sum\"`, `\"mean\"`, `\"min\"` or `\"max\"` over the ranks, on every rank; see `parallel.all_reduce`."
      ) { object, arguments in
        try object.reduced(
          CollectiveTree(arguments[0], for: "all_reduce", object.ranks), operation(arguments, 1),
          by: .allReduce)
      },
      Method(
        "reduce(tree, op=\"sum\", root=0)",
        "What `all_reduce` gives, on one rank; nil on others. See `parallel.reduce`."
      ) { object, arguments in
        let root = try object.root(arguments, 2)
        let tree = try CollectiveTree(arguments[0], for: "reduce to rank \(root)", object.ranks)
        let value = try object.reduced(tree, operation(arguments, 1), by: .reduce(root: root))
        return object.ranks.rank == root ? value : .nil
      },
      Method(
        "reduce_scatter(tree, op=\"sum\")",
        "Row r of what `all_reduce` gives, on rank r; see `parallel.reduce_scatter`."
      ) { object, arguments in
        let tree = try CollectiveTree(arguments[0], for: "reduce_scatter", object.ranks)
        try tree.requireRows()
        return try object.reduced(tree, operation(arguments, 1), by: .reduceScatter)
      },
      Method(
        "all_gather(tree)",
        "The tensors of all ranks along a new first axis, on every rank; see `parallel.all_gather`."
      ) { object, arguments in
        let tree = try CollectiveTree(arguments[0], for: "all_gather", object.ranks)
        return try tree.exchanged(by: .allGather)
      },
      Method(
        "gather(tree, root=0)",
        "What `all_gather` gives, on one rank; nil on others. See `parallel.gather`."
      ) { object, arguments in
        let root = try object.root(arguments, 1)
        let tree = try CollectiveTree(arguments[0], for: "gather to rank \(root)", object.ranks)
        let value = try tree.exchanged(by: .gather(root: root))
        return object.ranks.rank == root ? value : .nil
      },
      Method(
        "broadcast(tree, root=0)", "The tree of one rank, on every rank; see `parallel.broadcast`."
      ) { object, arguments in
        let root = try object.root(arguments, 1)
        return try object.spread(
          arguments[0], "broadcast from rank \(root)", root, by: .broadcast(root: root))
      },
      Method(
        "scatter(tree, root=0)",
        "Row r of the tensors that one rank gives, on rank r; see `parallel.scatter`."
      ) { object, arguments in
        let root = try object.root(arguments, 1)
        return try object.spread(
          arguments[0], "scatter from rank \(root)", root, by: .scatter(root: root))
      },
      Method("barrier()", "Waits until all ranks have come here; see `parallel.barrier`.") {
        object, _ in
        _ = try object.ranks.meet("barrier")
        return .nil
      },
    ],
    fields: [
      Field("rank", "The number of this process, from 0 on, an Int.") { .int($0.ranks.rank) },
      Field("count", "How many processes there are, an Int.") { .int($0.ranks.count) },
    ])

  /// One rank's tree on all, or a row of it on each.
  private func spread(
    _ value: Value, _ name: String, _ root: Int, by collective: Collective
  ) throws -> Value {
    // What others give is of no account.
    let tree = try CollectiveTree(ranks.rank == root ? value : .nil, for: name, ranks)
    if collective.takesRows, ranks.rank == root { try tree.requireRows() }
    _ = try ranks.meet(name)
    return try tree.likeThat(of: root, hasRows: collective.takesRows).exchanged(
      by: collective, comparesTrees: false)
  }

  /// What is walked over: a list, a range, the rows of a tensor.
  private static func tasks(_ arguments: Arguments) throws -> [Value] {
    switch arguments[1] {
    case .list(let values): return Array(values)
    case .range(let range): return (0..<range.count).map { .int(range.start + $0 * range.step) }
    default:
      guard let variable = arguments[1].variable, variable.rank > 0 else {
        throw RuntimeError(
          .type,
          "the tasks of parallel_map are a list, a range or the rows of a tensor, not "
            + arguments[1].shortDescription)
      }
      var rows = Rows(variable)
      return try (0..<variable.shape[0]).map { .tensor(try rows($0)) }
    }
  }
}

extension Builtins {
  static let processes = BuiltinPage(
    "Several processes", objects: [CommunicatorObject.self],
    [
      Builtin(
        "communicator()",
        """
        The processes that run the program together; of a program that was started alone, this one. The module
        `parallel` has what it does as functions.

            print(communicator().rank, communicator().count)    # 0 1
        """
      ) { .host(CommunicatorObject($0.interpreter.context.ranks)) }
    ])
}
