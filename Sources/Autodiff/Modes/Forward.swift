// Forward mode: dual numbers, which carry a tangent along with every value.
//
// Nothing is kept but the current values, so memory does not grow with the number of steps.

import Tensors

/// A function's results and their tangents along given tangents of its arguments.
///
/// - Parameter tangents: nil for an argument that does not move. A tangent has its argument's
///   shape and dtype; the caller has made sure of it.
/// - Returns: results with tangents, nil for those that do not move.
public func jvp(
  _ arguments: [Variable], _ tangents: [Variable?], _ f: ([Variable]) throws -> [Variable]
) throws -> (values: [Variable], tangents: [Variable?]) {
  let context = Context.current
  return try context.within(.dual) { height in
    let serial = context.levels[height].serial
    let duals = zip(arguments, tangents).map { argument, tangent -> Variable in
      guard let tangent, argument.dtype.isFloat else { return argument }
      return .traced(
        Traced(
          .dual, value: argument, height: height, context: context, primitive: nil,
          first: tangent))
    }
    let results = try f(duals)
    var values: [Variable] = []
    var tangentsOfResults: [Variable?] = []
    for result in results {
      let seen = result.below(height + 1)
      if case .traced(let traced) = seen, traced.serial == serial {
        values.append(traced.value)
        tangentsOfResults.append(traced.tangent)
      } else {
        values.append(seen)
        tangentsOfResults.append(nil)
      }
    }
    return (values, tangentsOfResults)
  }
}
