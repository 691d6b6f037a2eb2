// Progressions between numbers that gradients may reach. Of plain numbers they are made without a
// graph.

import Tensors

extension Variable {
  /// `count` numbers from `start` to `stop`, both included, at equal distances.
  ///
  ///     y = start (1 - s) + stop s            s from 0 to 1
  public static func linspace(
    _ start: Scalar, _ stop: Scalar, _ count: Int, _ dtype: DType = .f64
  ) throws -> Variable {
    if let start = start.number, let stop = stop.number {
      return .tensor(try Tensor.linspace(start, stop, count, dtype))
    }
    let shares = try Variable.tensor(Tensor.linspace(0, 1, count)).beside(start, stop)
    return try (start.like(shares) * (1 - shares) + stop.like(shares) * shares).converted(to: dtype)
  }

  /// Powers of a base with exponents from `start` to `stop` at equal distances.
  public static func logspace(
    _ start: Scalar, _ stop: Scalar, _ count: Int, base: Scalar = 10, _ dtype: DType = .f64
  ) throws -> Variable {
    let exponents = try linspace(start, stop, count)
    return try base.like(exponents).power(exponents).converted(to: dtype)
  }

  /// `start, start + step, …` up to but without `stop`. How many there are goes by the numbers
  /// alone.
  ///
  /// - Throws: a value error for a step of 0, for bounds that are not finite, and inside `vmap` for
  ///   a start or step of each example, whose progressions would differ in length.
  public static func arange(
    _ start: Scalar, _ stop: Double, _ step: Scalar, _ dtype: DType = .f64
  ) throws -> Variable {
    guard let first = start.value, let distance = step.value else {
      throw TensorError(
        .value, "arange cannot be mapped over by vmap: examples would differ in their lengths",
        hint: "start + step * arange(n) has n numbers for every example")
    }
    if start.number != nil, step.number != nil {
      return .tensor(try Tensor.arange(first, stop, distance, dtype))
    }
    let count = try Tensor.arange(first, stop, distance).count
    let places = try Variable.tensor(Tensor.arange(0, count).converted(to: .f64))
      .beside(start, step)
    return try (start.like(places) + step.like(places) * places).converted(to: dtype)
  }
}
