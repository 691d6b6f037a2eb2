// Taylor mode: the derivatives of a function along a curve, to any order.
//
// The curve x(t) = Σ xₖ tᵏ / k! has the given derivatives at t = 0, and the function's along it are those of a
// function of one number, taken by forward mode inside forward mode: one run of the function, in which a value
// carries 2ᴷ numbers for order K, and a product takes 3ᴷ.

import Tensors

/// A function's results and their first K derivatives along a curve.
///
/// - Parameter series: the curve's derivatives, for each order from 1 to K one for each argument, of its shape
///   and dtype.
/// - Returns: for each order from 0 to K the derivatives of the results, which are the values for 0.
public func jet(
  _ arguments: [Variable], _ series: [[Variable]], _ f: ([Variable]) throws -> [Variable]
) throws -> [[Variable]] {
  try derivatives(order: series.count, at: Variable(0)) { t in
    try f(
      arguments.enumerated().map { place, x in
        x.dtype.isFloat ? try curve(from: x, series.map { $0[place] }, at: t) : x
      })
  }
}

/// x + t (x₁ + t / 2 (x₂ + t / 3 (…)))
private func curve(from x: Variable, _ terms: [Variable], at t: Variable) throws -> Variable {
  let t = try t.converted(to: x.dtype)
  var motion: Variable?
  for (order, term) in terms.enumerated().reversed() {
    let sum = try motion.map { try term + $0 } ?? term
    // 0 at t = 0, whatever the derivative is.
    motion = try t.scaled(by: sum) / Double(order + 1)
  }
  return try motion.map { try x + $0 } ?? x
}

/// The results at a number and their derivatives by it, order by order.
private func derivatives(
  order: Int, at t: Variable, _ f: (Variable) throws -> [Variable]
) throws -> [[Variable]] {
  guard order > 0 else { return [try f(t)] }
  let (values, tangents) = try jvp([t], [t.onesLike()]) { t in
    try derivatives(order: order - 1, at: t[0], f).flatMap { $0 }
  }
  let count = values.count / order
  var rows = stride(from: 0, to: values.count, by: count).map { Array(values[$0..<$0 + count]) }
  let last = zip(values, tangents).suffix(count)
  rows.append(
    try last.map { value, tangent in
      try tangent ?? value.zerosLike().floating()
    })
  return rows
}
