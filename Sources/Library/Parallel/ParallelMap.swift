// `parallel_map(f, tasks)`: a loop whose rounds ranks share out among them.
//
// Each rank runs a block of tasks that follow each other, and what they give goes to all. A task sees nothing of
// other tasks (`TaskIsolation`): it draws from a stream of its own, which is the program's split by its number. So
// none, 1, 2 or 64 ranks give the same bits. For a derivative the tasks are a function (`TaskMap`) of what they are
// given and of what they read that somebody follows (`LiftedReads`), and run once more.

import Autodiff
import Language
import Syntax
import Tensors

/// One call.
final class ParallelMap: @unchecked Sendable {
  /// How results become one.
  enum Reduction: String, CaseIterable { case sum, mean, min, max }

  private static let name = "parallel_map"
  private unowned let interpreter: Interpreter
  private let function: Value
  /// What the function is called with: a task, or a batch of them along a new first axis.
  private let units: [ValueTree]
  private let reduction: Reduction?
  private let target: Int?
  /// How many tasks are mapped at once; nil for each by itself.
  private let batch: Int?
  private let taskCount: Int
  private let ranks: Ranks
  /// The units of work of this rank.
  private let own: Range<Int>
  /// The number of the last node before the call.
  private let moment: Int
  /// The stream that units split theirs from.
  private let key: RandomKey
  private let log: FreeVariableLog
  private let isolation: TaskIsolation
  /// What each task's result is made of, once all ranks have told.
  private var structures: [[UInt8]] = []
  /// Where the tensors of each task's result stand among those of all.
  private var firstLeaf: [Int] = []
  /// Whether it is known that a derivative goes by the operands alone.
  private var isChecked = false

  /// - Parameter tasks: what the function is called with, one by one.
  init(
    _ function: Value, over tasks: [Value], reduction: Reduction?, batch: Int?, target: Int?,
    _ interpreter: Interpreter
  ) throws {
    self.interpreter = interpreter
    self.function = function
    self.reduction = reduction
    self.batch = batch
    self.target = target
    taskCount = tasks.count
    // In a task of another one there is nobody to share with.
    let ranks = interpreter.context.ranks
    self.ranks = ranks.refusal == nil ? ranks : Ranks(SingleRank())
    units = try ParallelMap.units(tasks, batch).map { try ValueTree($0, numbersAreLeaves: false) }
    let (rank, count) = (self.ranks.rank, self.ranks.count)
    own = units.count * rank / count..<units.count * (rank + 1) / count
    moment = interpreter.context.sequence
    key = try interpreter.context.random.branch()
    log = FreeVariableLog(interpreter)
    isolation = TaskIsolation(interpreter)
  }

  /// What the function is called with: tasks, or batches of them, whose tensors have a new first axis.
  private static func units(_ tasks: [Value], _ batch: Int?) throws -> [Value] {
    guard let batch else { return tasks }
    return try stride(from: 0, to: tasks.count, by: batch).map { start in
      let values = try tasks[start..<min(start + batch, tasks.count)].map {
        try WireValue($0, of: "a task for \(name)", leaves: .numbers)
      }
      for (offset, value) in values.enumerated() where !value.isAlike(values[0]) {
        throw RuntimeError(
          .value,
          "\(name) with batch=\(batch) stacks tasks, and tasks \(start) and \(start + offset) are not alike",
          hint: "give tensors of one shape at the same places of every task, or leave batch out")
      }
      var stacks = try values[0].leaves.indices.map { leaf in
        try Variable.stack(values.map { $0.leaves[leaf] }, axis: 0)
      }[...]
      return WireValue.value(values[0].structure, &stacks)
    }
  }

  /// The results in the order of tasks, or the one that they are reduced to; nil on ranks that are to have none.
  func callAsFunction() throws -> Value {
    let form = reduction.map { " to their \($0.rawValue)" } ?? ""
    let sizes = batch.map { " in batches of \($0)" } ?? ""
    let place = target.map { " for rank \($0)" } ?? ""
    let seen = try ranks.meet(
      "\(ParallelMap.name) over \(taskCount) tasks\(sizes)\(form)\(place)", [key.key, ~key.key])
    if ranks.count > 1, seen[0] != ~seen[1] {
      let message =
        "the ranks draw different random numbers, and \(ParallelMap.name) would not be one function"
      ranks.shares(message, shownBy: 0)
      throw RuntimeError(
        .value, message,
        hint: "give every rank the same seed, seed(0), and draw what is to differ in the tasks")
    }
    guard taskCount > 0 else { return try none() }
    let reads = LiftedReads(given: givenVariables, before: interpreter.context.markMoment())
    let results = try runTasks(reads)
    let leaves = try exchanged(results, reads)
    let value = try assembled(leaves[...])
    return target == nil || target == ranks.rank ? value : .nil
  }

  private func none() throws -> Value {
    guard let reduction else { return .list([]) }
    throw RuntimeError(
      .value, "\(ParallelMap.name) has no tasks, so that there is no \(reduction.rawValue) of them",
      hint: "without `reduce` no tasks give ()")
  }

  // MARK: - The first run

  /// What a unit gave, and what its `backward` left in parameters from outside.
  private typealias UnitResult = (
    values: [WireValue], gradients: [(leaf: Variable, gradient: Variable)]
  )

  /// What this rank's units gave, and what all ranks tell of what theirs read.
  private struct Results {
    let own: [UnitResult]
    let reads: [[TaskRead]]
  }

  private func runTasks(_ reads: LiftedReads) throws -> Results {
    var report = RankReport()
    var values: [UnitResult] = []
    var readers: [Int] = []
    for unit in own {
      let (ended, value) = try reported(unit, reads)
      report.units.append(ended)
      readers += Array(repeating: unit, count: reads.found.count - readers.count)
      guard let value else { break }
      values.append(value)
    }
    report.reads = try zip(reads.found, readers).map { try TaskRead($0, by: $1, moment) }
    let told = try tellAll(report)
    try show(told.flatMap(\.units))
    structures = told.flatMap(\.units).flatMap(\.structures)
    if reduction != nil { try requireAlike() }
    firstLeaf = [0]
    for structure in structures {
      firstLeaf.append((firstLeaf.last ?? 0) + WireValue.leafCount(structure))
    }
    return Results(own: values, reads: told.map(\.reads))
  }

  /// Runs a unit and takes its results apart.
  private func reported(_ unit: Int, _ reads: LiftedReads) throws -> (UnitReport, UnitResult?) {
    let (print, warn) = (interpreter.output, interpreter.warn)
    var (output, warnings): (String, [Diagnostic]) = ("", [])
    if ranks.count > 1 {
      interpreter.output = { output += $0 }
      interpreter.warn = { warnings.append($0) }
    }
    defer { (interpreter.output, interpreter.warn) = (print, warn) }
    do {
      let result = try reads.finding(interpreter) {
        try interpreter.context.isolated {
          try log.run(unit - own.lowerBound) { try results(of: unit, units[unit].variables) }
        }
      }
      let structures = result.values.map(\.structure)
      return (UnitReport(output: output, warnings: warnings, structures: structures), result)
    } catch let error where ranks.count > 1 {
      let error = RuntimeError(wrapping: error)
      if error.exitStatus != nil { throw error }
      return (UnitReport(output: output, warnings: warnings, failure: error.diagnostic), nil)
    }
  }

  /// Calls the function with a task, or maps it over a batch of them, and gives what each task gave.
  private func results(of unit: Int, _ variables: [Variable]) throws -> UnitResult {
    let context = interpreter.context
    let random = context.random
    context.random = key.folded(UInt64(unit))
    defer { context.random = random }
    return try context.ranks.alone("in a task of \(ParallelMap.name)") {
      try isolation.run { try calls(of: unit, variables) }
    }
  }

  private func calls(of unit: Int, _ variables: [Variable]) throws -> [WireValue] {
    try units[unit].substituted(variables) { item in
      guard batch != nil else { return [try wire(interpreter.call(function, [item]))] }
      let mapped = try Differentiation.mapped(
        interpreter, function, [item], Record(), inAxes: .int(0), outAxis: 0)
      let tree = try ValueTree(mapped)
      var rows = tree.variables.map { Rows($0) }
      return try (0..<tasks(of: unit).count).map { row in
        try wire(tree.rebuilt(with: try rows.indices.map { .tensor(try rows[$0](row)) }))
      }
    }
  }

  /// The tasks of a unit.
  private func tasks(of unit: Int) -> Range<Int> {
    let size = batch ?? 1
    return unit * size..<min(taskCount, (unit + 1) * size)
  }

  private func wire(_ value: Value) throws -> WireValue {
    try WireValue(
      value, of: "a task of \(ParallelMap.name)", leaves: reduction == nil ? .tensors : .floats)
  }

  private func tellAll(_ report: RankReport) throws -> [RankReport] {
    guard ranks.count > 1 else { return [report] }
    _ = try ranks.meet("what tasks of \(ParallelMap.name) gave")
    return try ranks.allGather(report.bytes).map(RankReport.init)
  }

  /// Shows what tasks printed, in their order, up to the first that failed.
  ///
  /// - Throws: how that one did, on every rank.
  private func show(_ units: [UnitReport]) throws {
    guard ranks.count > 1 else { return }
    for unit in units {
      if ranks.rank == 0 {
        try interpreter.write(unit.output)
        unit.warnings.forEach(interpreter.warn)
      }
      guard let failure = unit.failure else { continue }
      ranks.shares(failure.message, shownBy: 0)
      throw RuntimeError(failure)
    }
  }

  private func requireAlike() throws {
    guard let other = structures.firstIndex(where: { $0 != structures[0] }) else { return }
    func sketch(_ task: Int) -> String { WireValue.sketch(of: structures[task]) }
    let message =
      "task 0 of \(ParallelMap.name) gives \(sketch(0)) and task \(other) \(sketch(other)), which have no "
      + (reduction?.rawValue ?? "sum")
    ranks.shares(message, shownBy: 0)
    throw RuntimeError(
      .value, message,
      hint: "with reduce= all but tensors and Floats must be equal in what every task gives")
  }

  // MARK: - Results of all ranks

  /// The tensors of the tasks, where somebody follows or maps one of them.
  private var givenVariables: [Variable] {
    let all = units.flatMap(\.variables)
    return all.contains { $0.isDifferentiated || $0.isMapped } ? all : []
  }

  /// Whether the results become one by adding them.
  private var isSummed: Bool { reduction == .sum || reduction == .mean }

  /// What a unit's results add to the outputs.
  private func contributions(_ unit: Int, _ results: [WireValue]) -> [TaskMap.Contribution] {
    zip(tasks(of: unit), results).flatMap { task, result in
      result.leaves.enumerated().map { leaf, value in
        (task, isSummed ? leaf : firstLeaf[task] + leaf, value)
      }
    }
  }

  /// The tensors of all results on every rank, with their derivatives.
  private func exchanged(_ results: Results, _ reads: LiftedReads) throws -> [Variable] {
    let found = try operands(results.reads, reads)
    try leaveGradients(results, found)
    let known = try TaskMap.sums(
      ParallelMap.name, tasks: taskCount, own: own, ranks,
      outputs: isSummed ? firstLeaf[1] : firstLeaf[taskCount]
    ) { contributions($0, results.own[$0 - own.lowerBound].values) }.compactMap { $0 }
    let given = reads.givenCount
    guard given + found.count > 0 else {
      if !interpreter.context.isPlain { try requireOperandsAlone(reads) }
      return known
    }
    let map = TaskMap(
      ParallelMap.name, tasks: taskCount, units: units.count, own: own, ranks,
      results: known.map { ($0.shape, $0.dtype) }
    ) { unit, operands in
      try self.contributions(unit, self.again(unit, operands, found, reads))
    }
    return try map(
      Array(reads.variables.prefix(given)) + found.map(\.variable), known: known
    ) { try self.requireOperandsAlone(reads) }
  }

  /// - Throws: a value error on every rank where what the first unit of one gives depends on something that a derivative
  ///   follows and that is none of the operands: what an object such as a distribution holds.
  private func requireOperandsAlone(_ reads: LiftedReads) throws {
    guard !isChecked else { return }
    isChecked = true
    try ranks.together("the way back of \(ParallelMap.name)") { () -> Void in
      guard let unit = own.first else { return }
      let context = interpreter.context
      let start = context.markMoment()
      let stopped = reads.variables.map(stopGradient)
      let first = units[..<unit].reduce(0) { $0 + $1.leaves.count }
      let variables =
        reads.givenCount > 0
        ? Array(stopped[first..<first + units[unit].leaves.count]) : units[unit].variables
      let results: UnitResult = try silently {
        try context.withGradients(asIn: (-1, -1)) {
          try context.keepingGradients {
            try log.run(unit - own.lowerBound) {
              try reads.run(interpreter, with: stopped) { try self.results(of: unit, variables) }
            }
          }
        }
      }
      let depends = dependsOnWhatWasMade(before: start, results.values.flatMap(\.leaves))
      guard depends else { return }
      throw RuntimeError(
        .value,
        "a derivative of \(ParallelMap.name) goes by a number that an object holds, which it cannot follow",
        hint: "let the function read the number itself, and make the object in the task")
    }
  }

  /// Adds what the tasks of all ranks left in parameters from outside to their gradients, on every rank.
  private func leaveGradients(_ results: Results, _ found: [FoundRead]) throws {
    let isSome = try ranks.meet(
      "the gradients that tasks of \(ParallelMap.name) leave",
      [results.own.contains { !$0.gradients.isEmpty } ? 1 : 0])
    guard isSome.isEmpty ? results.own.contains(where: { !$0.gradients.isEmpty }) : isSome[0] > 0
    else { return }
    var places: [Int: Int] = [:]
    for (place, read) in found.enumerated() { places[read.variable.number] = place }
    let sums = try TaskMap.sums(
      "the gradients that \(ParallelMap.name) leaves", tasks: units.count, own: own, ranks,
      outputs: found.count
    ) { unit in
      try results.own[unit - own.lowerBound].gradients.map { leaf, gradient in
        guard let place = places[leaf.number] else {
          throw RuntimeError(
            .value,
            "a task of \(ParallelMap.name) leaves a gradient in a parameter that it did not read",
            hint: "compute the loss inside the task")
        }
        return (unit, place, gradient)
      }
    }
    for (read, sum) in zip(found, sums) { if let sum { try read.variable.addGradient(sum) } }
  }

  /// Runs a unit once more, on other operands.
  private func again(
    _ unit: Int, _ operands: [Variable], _ found: [FoundRead], _ reads: LiftedReads
  ) throws -> [WireValue] {
    try silently {
      let given = reads.givenCount
      var others = reads.variables
      for place in 0..<given { others[place] = operands[place] }
      for (index, read) in found.enumerated() { others[read.place] = operands[given + index] }
      let first = units[..<unit].reduce(0) { $0 + $1.leaves.count }
      let variables =
        given > 0
        ? Array(operands[first..<first + units[unit].leaves.count]) : units[unit].variables
      return try log.run(unit - own.lowerBound) {
        try reads.run(interpreter, with: others) { try results(of: unit, variables).values }
      }
    }
  }

  /// Runs a body whose output has been shown before, or is another rank's to show.
  private func silently<R>(_ body: () throws -> R) rethrows -> R {
    let (print, warn) = (interpreter.output, interpreter.warn)
    interpreter.output = { _ in }
    interpreter.warn = { _ in }
    defer { (interpreter.output, interpreter.warn) = (print, warn) }
    return try body()
  }

  /// A variable that tasks read and somebody follows, and where it stands among this rank's reads.
  private struct FoundRead {
    let variable: Variable
    let place: Int
  }

  /// What tasks of any rank read, in one order on all ranks. A rank whose tasks did not read one of them finds it by
  /// running the task that did.
  private func operands(_ told: [[TaskRead]], _ reads: LiftedReads) throws -> [FoundRead] {
    guard ranks.count > 1 else {
      return reads.found.indices.map { FoundRead(variable: reads.variables[$0], place: $0) }
    }
    var all: [TaskRead] = []
    for read in told.joined() where !all.contains(where: { $0.isSame(as: read) }) {
      all.append(read)
    }
    guard !all.isEmpty else { return [] }
    func find(_ read: TaskRead) throws -> FoundRead? {
      for (place, variable) in reads.variables.enumerated().dropFirst(reads.givenCount)
      where try TaskRead(variable, by: 0, moment).isSame(as: read) {
        return FoundRead(variable: variable, place: place)
      }
      return nil
    }
    var found: [FoundRead] = []
    for read in all {
      var own = try find(read)
      if own == nil {
        try discover(read.unit, reads)
        own = try find(read)
      }
      if let own { found.append(own) }
    }
    try ranks.requireOnAll(
      found.count == all.count, "what tasks of \(ParallelMap.name) read",
      "tasks of \(ParallelMap.name) read what a derivative follows, and it is not the same on every rank",
      hint:
        "give every rank the same parameters, with one seed or broadcast, and call barrier() behind code that "
        + "only some ranks run")
    return found
  }

  /// Runs a unit of another rank for what it reads alone.
  private func discover(_ unit: Int, _ reads: LiftedReads) throws {
    _ = try silently {
      try reads.finding(interpreter) {
        try interpreter.context.isolated { try results(of: unit, units[unit].variables) }
      }
    }
  }

  // MARK: - The value

  private func assembled(_ leaves: ArraySlice<Variable>) throws -> Value {
    var leaves = leaves
    switch reduction {
    case nil: return .list(structures.map { WireValue.value($0, &leaves) })
    case .sum: break
    case .mean: leaves = try leaves.map { try $0 / Double(taskCount) }[...]
    case .min, .max:
      let all = Array(leaves)
      let count = firstLeaf[1]
      leaves = try (0..<count).map { leaf in
        try (1..<taskCount).reduce(all[leaf]) { extreme, task in
          let other = all[task * count + leaf]
          return try reduction == .min ? extreme.minimum(other) : extreme.maximum(other)
        }
      }[...]
    }
    return WireValue.value(structures[0], &leaves)
  }
}

extension TaskRead {
  /// A variable of this rank, as others are told of it.
  fileprivate init(_ variable: Variable, by unit: Int, _ moment: Int) throws {
    number = variable.number
    distance = moment - number
    code = try variable.code
    self.unit = unit
  }
}
