// Jacobians, out of directions that are all pulled back, or all pushed forward, at once.

import Tensors

/// The two ways to all derivatives of all results by all inputs.
package enum Jacobian {
  /// The Jacobian's blocks, for each result those of all inputs, by reverse mode: row by row. Nil
  /// where there are more results than inputs, unless it is always to be so.
  package static func rows(
    of run: ([Variable]) throws -> [Variable], at inputs: [Variable], always: Bool
  ) throws -> [[Variable?]]? {
    let pull = try vjp(inputs, run)
    let inputCount = inputs.reduce(0) { $0 + $1.count }
    guard always || pull.values.reduce(0, { $0 + $1.count }) <= inputCount else { return nil }
    return try pull.values.indices.map { row in
      let y = pull.values[row]
      let basis = try Variable.basis(like: y)
      var isReached = [Bool](repeating: false, count: inputs.count)
      func pulled(_ direction: Variable) throws -> [Variable] {
        var cotangents = [Variable?](repeating: nil, count: pull.values.count)
        cotangents[row] = direction
        let found = try pull(cotangents)
        for (index, derivative) in found.enumerated() where derivative != nil {
          isReached[index] = true
        }
        return try zip(found, inputs).map { try $0 ?? $1.zerosLike() }
      }
      let found: [Variable]
      if pull.runsAgain {
        let each = try (0..<y.count).map { try pulled(basis.indexed(at: $0)) }
        found = try inputs.indices.map { index in try Variable.stack(each.map { $0[index] }) }
      } else {
        found = try vmap([basis], axes: [0], size: y.count) { try pulled($0[0]) }
      }
      return try inputs.indices.map { index in
        guard isReached[index] else { return nil }
        return try found[index].reshape(to: y.shape.followed(by: inputs[index].shape))
      }
    }
  }

  /// The blocks by forward mode: column by column, all directions of one input at a time.
  package static func columns(
    of run: ([Variable]) throws -> [Variable], at inputs: [Variable]
  ) throws -> [[Variable?]] {
    guard !inputs.isEmpty else { return try run([]).map { _ in [] } }
    let columns = try inputs.enumerated().map { index, input -> [Variable?] in
      let basis = try Variable.basis(like: input)
      var isReached: [Bool] = []
      let found = try vmap([basis], axes: [0], size: input.count) { direction in
        var tangents = [Variable?](repeating: nil, count: inputs.count)
        tangents[index] = direction[0]
        let result = try jvp(inputs, tangents, run)
        isReached = result.tangents.map { $0 != nil }
        return try zip(result.tangents, result.values).map { try $0 ?? $1.zerosLike() }
      }
      return try zip(found, isReached).map { derivative, isReached in
        guard isReached else { return nil }
        let moved = try derivative.movedAxis(from: 0, to: derivative.rank - 1)
        return try moved.reshape(
          to: derivative.shape.removing(axis: 0).followed(by: input.shape))
      }
    }
    return columns[0].indices.map { row in columns.map { $0[row] } }
  }
}

extension Variable {
  /// The unit tensors of a variable's shape, along a new first axis.
  fileprivate static func basis(like x: Variable) throws -> Variable {
    let count = x.count
    let unit = try Variable.tensor(Tensor.eye(count, count, x.dtype)).beside(x)
    return try unit.reshape(to: Shape(count).followed(by: x.shape))
  }
}

extension Shape {
  /// The axes of this shape and then those of another.
  package func followed(by other: Shape) throws -> Shape { try Shape(array + other.array) }
}
