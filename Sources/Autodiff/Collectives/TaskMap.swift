// A function that tasks compute together, and its derivatives, which are functions of that kind again.
//
//     y_j = Σ_i  body_i(x)_j
//
// A unit of work is a task, or several that are mapped at once.
// Its tangent is the sum of the tasks' tangents, and the cotangent of an operand that of the tasks' cotangents,
// by the same tree: each rank differentiates its own tasks, once more from the operands, and the sums are
// exchanged. So derivatives have any order and the same bits on any number of ranks. The cotangents of the
// results are those of every rank: a result is one number that all have.

import Tensors

/// A function of operands whose results are sums over tasks.
package final class TaskMap: @unchecked Sendable {
  /// What a task adds to an output.
  package typealias Contribution = (task: Int, output: Int, value: Variable)
  /// What the tasks of a unit give for operands.
  package typealias Body = (_ unit: Int, _ operands: [Variable]) throws -> [Contribution]

  private let name: String
  /// How many tasks are summed over, and how many units they are in.
  private let tasks: Int
  private let units: Int
  /// The units of this rank.
  private let own: Range<Int>
  private let ranks: Ranks
  private let body: Body
  /// The shapes and dtypes of the results.
  private let forms: [(shape: Shape, dtype: DType)]
  private let count: Int
  /// Operands that must have the same bits on every rank.
  private let same: Range<Int>

  /// - Parameters:
  ///   - name: what messages and graphs call it.
  ///   - units: how many units of tasks there are on all ranks.
  ///   - own: those of this rank.
  ///   - results: the shapes and dtypes of the results.
  package convenience init(
    _ name: String, tasks: Int, units: Int, own: Range<Int>, _ ranks: Ranks,
    results: [(shape: Shape, dtype: DType)], _ body: @escaping Body
  ) {
    self.init(
      name, tasks: tasks, units: units, own: own, ranks, results: results, same: 0..<0, body)
  }

  private init(
    _ name: String, tasks: Int, units: Int, own: Range<Int>, _ ranks: Ranks,
    results: [(shape: Shape, dtype: DType)], same: Range<Int>, _ body: @escaping Body
  ) {
    self.name = name
    self.tasks = tasks
    self.units = units
    self.own = own
    self.ranks = ranks
    self.body = body
    self.same = same
    forms = results
    count = results.count
  }

  /// The results for operands, with their derivatives.
  ///
  /// - Parameters:
  ///   - known: results that a run for these operands has given already.
  ///   - check: is called before a derivative is taken.
  package func callAsFunction(
    _ operands: [Variable], known: [Variable], check: @escaping () throws -> Void
  ) throws -> [Variable] {
    let count = count
    let function = CustomFunction(
      name, results: count, value: { Array($0.prefix(count)) },
      forward: { arguments, tangents in
        try check()
        return try self.pushed(Array(arguments.dropFirst(count)), Array(tangents.dropFirst(count)))
      },
      selectiveReverse: { arguments, cotangents, asked in
        try check()
        let none: [Variable?] = Array(repeating: nil, count: count)
        return none
          + (try self.pulled(
            Array(arguments.dropFirst(count)), cotangents, Array(asked.dropFirst(count))))
      }, meetsRanks: ranks.count > 1)
    return try function.results(known + operands)
  }

  /// The results for operands, by a run of the tasks.
  private func callAsFunction(_ operands: [Variable]) throws -> [Variable] {
    let function = CustomFunction(
      name, results: count, value: { try self.run($0) },
      forward: { try self.pushed($0, $1) },
      selectiveReverse: { try self.pulled($0, $1, $2) }, meetsRanks: ranks.count > 1)
    return try function.results(operands)
  }

  private func run(_ operands: [Variable]) throws -> [Variable] {
    try ranks.requireSame(
      operands[same], name,
      "\(name) comes with other cotangents on one rank than on another, so the ranks use its result differently",
      hint:
        "what parallel_map gives is one value that all ranks have; let the loss be the same on all of them"
    )
    let found = try TaskMap.sums(
      name, tasks: tasks, own: own, ranks, outputs: count
    ) { try body($0, operands) }
    return try zip(found, forms).map { sum, form in
      try sum ?? .tensor(Tensor.zeros(form.shape, form.dtype))
    }
  }

  /// The sums over the tasks of all ranks of what a body gives for each unit of this one; nil where none gives any.
  package static func sums(
    _ name: String, tasks: Int, own: Range<Int>, _ ranks: Ranks, outputs: Int,
    _ body: (_ unit: Int) throws -> [Contribution]
  ) throws -> [Variable?] {
    var sums = TaskSums(outputs: outputs)
    for unit in own {
      try Safepoint.look()
      for (task, output, value) in try body(unit) { try sums.add(value, of: task, to: output) }
    }
    return try sums.exchanged(tasks: tasks, ranks, "\(name) over \(tasks) tasks")
  }

  // MARK: - Derivatives

  /// The tangents of the results.
  private func pushed(_ operands: [Variable], _ tangents: [Variable?]) throws -> [Variable?] {
    let moved = tangents.indices.filter { tangents[$0] != nil }
    guard !moved.isEmpty else { return forms.map { _ in nil } }
    let count = operands.count
    let map = TaskMap(
      name, tasks: tasks, units: units, own: own, ranks, results: forms
    ) { unit, all in
      var tangents = [Variable?](repeating: nil, count: count)
      for (place, index) in moved.enumerated() { tangents[index] = all[count + place] }
      var places: [(task: Int, output: Int)] = []
      let found = try jvp(Array(all.prefix(count)), tangents) { operands in
        let given = try self.body(unit, operands)
        places = given.map { ($0.task, $0.output) }
        return given.map(\.value)
      }.tangents
      return zip(places, found).compactMap { place, tangent in
        tangent.map { (place.task, place.output, $0) }
      }
    }
    return try map(operands + moved.compactMap { tangents[$0] }).enumerated().map {
      index, tangent in
      forms[index].dtype.isFloat ? tangent : nil
    }
  }

  /// The cotangents of the operands that are asked for.
  private func pulled(
    _ operands: [Variable], _ cotangents: [Variable?], _ asked: [Bool]
  ) throws -> [Variable?] {
    let wanted = operands.indices.filter { asked[$0] && operands[$0].dtype.isFloat }
    let given = cotangents.indices.filter { cotangents[$0] != nil }
    guard !wanted.isEmpty, !given.isEmpty else { return operands.map { _ in nil } }
    let count = operands.count
    let map = TaskMap(
      "the way back of \(name)", tasks: units, units: units, own: own, ranks,
      results: wanted.map { (operands[$0].shape, operands[$0].dtype) },
      same: count..<count + given.count
    ) { unit, all in
      var cotangents = [Variable?](repeating: nil, count: self.count)
      for (place, index) in given.enumerated() { cotangents[index] = all[count + place] }
      var outputs: [Int] = []
      let pullback = try vjp(Array(all.prefix(count))) { operands in
        let given = try self.body(unit, operands).filter { $0.value.dtype.isFloat }
        outputs = given.map(\.output)
        return given.map(\.value)
      }
      let found = try pullback(outputs.map { cotangents[$0] })
      return wanted.enumerated().compactMap { place, index in
        found[index].map { (unit, place, $0) }
      }
    }
    let found = try map(operands + given.compactMap { cotangents[$0] })
    var all = [Variable?](repeating: nil, count: count)
    for (place, index) in wanted.enumerated() { all[index] = found[place] }
    return all
  }
}
