// vmap: a function of one example, run once on all of them.
//
// A mapped value keeps its mapped axis first. A rule for a mapped operation therefore only has
// to shift axes by one, or to line up a mapped operand with one that is not.

import Tensors

/// Runs a function with some arguments mapped over an axis.
///
/// - Parameters:
///   - axes: for each argument the axis that is mapped, nil for none; at least one is not nil,
///     and the extents agree.
/// - Returns: the results with the mapped axis first; one that does not depend on a mapped
///   argument is repeated along it.
public func vmap(
  _ arguments: [Variable], axes: [Int?], size: Int, _ f: ([Variable]) throws -> [Variable]
) throws -> [Variable] {
  let context = Context.current
  return try context.within(.batch, size: size) { height in
    let serial = context.levels[height].serial
    let mapped = try zip(arguments, axes).map { argument, axis -> Variable in
      guard let axis else { return argument }
      return .traced(
        Traced(
          .batch, value: try argument.movedAxis(from: axis, to: 0), height: height,
          context: context, primitive: nil))
    }
    return try f(mapped).map { result in
      let seen = result.below(height + 1)
      if case .traced(let traced) = seen, traced.serial == serial { return traced.value }
      var shape = Shape(size)
      let inner = seen.shape
      guard inner.rank < Shape.maximumRank else {
        throw TensorError(.shape, "vmap of a result with 8 axes would have 9")
      }
      for axis in 0..<inner.rank { shape.append(inner[axis]) }
      return try seen.broadcast(to: shape)
    }
  }
}

/// Lines up operands of an operation that broadcasts, one or both mapped.
///
/// The mapped axis is first, so an operand of lower rank gets axes of extent 1 behind it.
func aligned(
  _ a: Variable, _ aIsMapped: Bool, _ b: Variable, _ bIsMapped: Bool
) throws -> (Variable, Variable) {
  let rankOfA = a.rank - (aIsMapped ? 1 : 0)
  let rankOfB = b.rank - (bIsMapped ? 1 : 0)
  return (
    aIsMapped ? try padded(a, with: rankOfB - rankOfA) : a,
    bIsMapped ? try padded(b, with: rankOfA - rankOfB) : b
  )
}

/// A mapped value with axes of extent 1 put in behind the mapped axis.
func padded(_ x: Variable, with axes: Int) throws -> Variable {
  guard axes > 0 else { return x }
  let shape = x.shape
  var extents = [shape[0]]
  extents += Array(repeating: 1, count: axes)
  for axis in 1..<max(shape.rank, 1) { extents.append(shape[axis]) }
  return try x.reshape(to: Shape(extents))
}

/// The values of an operand for every example: one that is not mapped is repeated.
func mapped(_ x: Variable, _ isMapped: Bool, size: Int) throws -> Variable {
  if isMapped { return x }
  let shape = x.shape
  return try x.broadcast(to: shape.inserting(size, at: 0))
}
