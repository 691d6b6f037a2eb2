// The arguments of a call, apart: those whose derivative is estimated, and all others.

import Autodiff
import Language
import Tensors

/// A call of a function with some of its arguments to be moved.
struct EstimatedCall {
  /// What is moved: arguments, or the parameters of the instance whose method is called.
  enum Subject {
    case arguments(ArgumentNumbers)
    case parameters(ModelInstance)
  }

  /// The leaves that are moved, floats, and the structure around them.
  private let moved: ValueTree
  /// Which leaves of the structure those are; the others stay.
  private let places: [Int]
  /// The cells of a model that is the subject.
  private let cells: [ParameterCell]
  /// The other arguments.
  private let rest: ValueTree
  /// Where each positional and named argument comes from.
  private let positions: [Int]
  private let names: [String]

  let estimated: [Variable]
  var others: [Variable] { rest.variables }

  /// - Throws: an index error for arguments that the call does not have.
  init(
    _ subject: Subject, _ values: [Value], _ named: [(String, Value)], signature: Signature?
  ) throws {
    var values = values
    var named = named
    switch subject {
    case .parameters(let instance):
      var seen: Set<ObjectIdentifier> = []
      cells = try ValueTree(.instance(instance)).cells.filter {
        seen.insert(ObjectIdentifier($0)).inserted && $0.value.dtype.isFloat
      }
      guard !cells.isEmpty else {
        throw RuntimeError(
          .value,
          "zero_order estimates the gradient by a model's parameters, and "
            + "\(instance.type.name) has none", hint: "declare them with `param`")
      }
      estimated = cells.map(\.value)
      moved = try ValueTree(.list([]))
      (places, positions) = ([], [])
    case .arguments(let numbers):
      EstimatedCall.bind(&values, &named, numbers, signature)
      cells = []
      positions = try numbers.positions(values.count)
      guard Set(positions).count == positions.count else {
        throw RuntimeError(.value, "argnums names an argument twice: \(positions)")
      }
      let leaves = try ValueTree(.list(positions.map { values[$0] }))
      let floats = leaves.leaves.indices.filter { leaves.leaves[$0].variable.dtype != .bool }
      estimated = try floats.map { try leaves.leaves[$0].variable.asFloat() }
      (moved, places) = (leaves, floats)
      for position in positions { values[position] = .nil }
    }
    names = named.map(\.0)
    rest = try ValueTree(.list(values + named.map(\.1)), numbersAreLeaves: false)
  }

  /// Makes arguments positional that are passed by name and named by `argnums`.
  private static func bind(
    _ values: inout [Value], _ named: inout [(String, Value)], _ numbers: ArgumentNumbers,
    _ signature: Signature?
  ) {
    let asked: [Int]
    switch numbers {
    case .one(let number): asked = [number]
    case .several(let list): asked = list
    }
    guard let signature, signature.restList == nil, let last = asked.max() else { return }
    while values.count <= last, values.count < signature.parameters.count,
      let index = named.firstIndex(where: { $0.0 == signature.parameters[values.count].name })
    {
      values.append(named.remove(at: index).1)
    }
  }

  /// Calls the function with other numbers in its arguments.
  func call(
    _ interpreter: Interpreter, _ function: Value, _ point: [Variable], _ others: [Variable]
  ) throws -> Value {
    var all = moved.variables
    for (place, variable) in zip(places, point) { all[place] = variable }
    return try moved.substitutedArguments(all) { chosen in
      try rest.substitutedArguments(others) { rest in
        var values = rest
        let named = Array(zip(names, values.suffix(names.count)))
        values.removeLast(names.count)
        for (position, value) in zip(positions, chosen) { values[position] = value }
        return try holding(zip(cells, point).map { $0 }[...]) {
          try interpreter.call(function, values, named: named)
        }
      }
    }
  }

  private func holding(
    _ pairs: ArraySlice<(ParameterCell, Variable)>, _ body: () throws -> Value
  ) throws -> Value {
    guard let (cell, variable) = pairs.first else { return try body() }
    return try cell.holding(variable) { try holding(pairs.dropFirst(), body) }
  }
}

extension EstimatedCall {
  /// Leaves in the structure of what is moved: one argument, a list of several, or a list of a
  /// model's parameters.
  func structured(_ leaves: [Variable], _ subject: Subject) -> Value {
    structured(leaves, subject, others: { .tensor($0) })
  }

  /// What is moved, as a tree.
  func tree(_ subject: Subject) throws -> Tree {
    try ValueTree(structured(estimated, subject, others: { _ in .nil })).tree
  }

  private func structured(
    _ leaves: [Variable], _ subject: Subject, others: (Variable) -> Value
  ) -> Value {
    switch subject {
    case .parameters: return .list(leaves.map { .tensor($0) })
    case .arguments(let numbers):
      var all = moved.leaves.map { others($0.variable) }
      for (place, leaf) in zip(places, leaves) { all[place] = .tensor(leaf) }
      guard case .list(let values) = moved.rebuilt(with: all) else { return .nil }
      if case .one = numbers { return values[0] }
      return .list(values)
    }
  }
}
