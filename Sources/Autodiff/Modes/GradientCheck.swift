// All modes of differentiation beside finite differences.

import Tensors

/// What a check of derivatives found.
public struct GradientReport: Sendable {
  /// One comparison.
  public struct Finding: Sendable {
    /// What was compared: `reverse`, `forward`, `reverse over reverse`, `forward over reverse`.
    public var mode: String
    /// The greatest difference, relative to the greater of 1 and the numbers compared.
    public var error: Double
  }
  /// One for each mode.
  public var findings: [Finding]
  /// What errors are allowed to be.
  public var tolerance: Double
  /// True where every mode agrees.
  public var passed: Bool { findings.allSatisfy { $0.error <= tolerance } }
}

extension GradientReport: CustomStringConvertible {
  /// A line for each mode.
  public var description: String {
    findings.map { finding in
      "\(finding.mode): \(finding.error <= tolerance ? "agrees" : "differs by \(finding.error)")"
    }.joined(separator: "\n")
  }
}

/// Compares a function's derivatives with central differences along fixed directions.
///
/// - Parameters:
///   - order: 1, or 2 to check second derivatives too.
///   - tolerance: nil for 1e-5 in f64 and 1e-2 in f32.
/// - Throws: what the function throws; a type error where no argument is a float.
public func checkGradient(
  of f: ([Variable]) throws -> [Variable], at arguments: [Variable], order: Int = 2,
  tolerance: Double? = nil
) throws -> GradientReport {
  guard let narrowest = arguments.map(\.dtype).filter(\.isFloat).min() else {
    throw TensorError(.type, "check_grad needs an argument of floats")
  }
  let isSingle = narrowest == .f32
  let directions = try arguments.enumerated().map { index, argument -> Variable? in
    guard argument.dtype.isFloat else { return nil }
    return try pattern(argument.shape, argument.dtype, phase: Double(index + 1)).beside(argument)
  }
  // The function as a number: its results, weighted by fixed numbers.
  func total(_ values: [Variable]) throws -> Variable {
    var sum: Variable?
    for (index, y) in try f(values).enumerated() where y.dtype.isFloat {
      let weights = try pattern(y.shape, y.dtype, phase: 0.37 + Double(index)).beside(y)
      let part = try (y * weights).sum()
      sum = try sum.map { try $0 + part } ?? part
    }
    guard let sum else { throw TensorError(.type, "check_grad needs a function of float results") }
    return sum
  }
  func gradient(_ values: [Variable]) throws -> [Variable?] {
    let pull = try vjp(values) { [try total($0)] }
    return try pull([pull.values[0].onesLike()])
  }
  func along(_ gradients: [Variable?]) throws -> Variable? {
    var sum: Variable?
    for (gradient, direction) in zip(gradients, directions) {
      guard let gradient, let direction else { continue }
      let part = try (gradient * direction).sum()
      sum = try sum.map { try $0 + part } ?? part
    }
    return sum
  }
  func number(_ x: Variable?) -> Double { x?.concrete?.firstDouble ?? 0 }
  func moved(by step: Double) throws -> [Variable] {
    try zip(arguments, directions).map { argument, direction in
      guard let direction else { return argument }
      return try argument + direction * step
    }
  }
  let step = isSingle ? 1e-2 : 1e-5
  func slope(_ g: ([Variable]) throws -> Double) throws -> Double {
    (try g(moved(by: step)) - g(moved(by: -step))) / (2 * step)
  }
  var findings: [GradientReport.Finding] = []
  func compare(_ mode: String, _ found: Double, _ expected: Double) {
    let scale = max(1, abs(found), abs(expected))
    let error = found.isNaN || expected.isNaN ? .infinity : abs(found - expected) / scale
    findings.append(GradientReport.Finding(mode: mode, error: error))
  }

  let expected = try slope { number(try total($0)) }
  compare("reverse", number(try along(gradient(arguments))), expected)
  compare(
    "forward", number(try jvp(arguments, directions) { [try total($0)] }.tangents[0]), expected)
  if order > 1 {
    let second = try slope { number(try along(gradient($0))) }
    let outer = try vjp(arguments) { [try along(gradient($0)) ?? Variable(0)] }
    compare(
      "reverse over reverse", number(try along(outer([outer.values[0].onesLike()]))), second)
    let over = try jvp(arguments, directions) { [try along(gradient($0)) ?? Variable(0)] }
    compare("forward over reverse", number(over.tangents[0]), second)
  }
  return GradientReport(findings: findings, tolerance: tolerance ?? (isSingle ? 1e-2 : 1e-5))
}

/// Numbers between -1 and 1 without a pattern that a derivative could miss, always the same ones.
private func pattern(_ shape: Shape, _ dtype: DType, phase: Double) throws -> Variable {
  let places = try Tensor.arange(0, shape.count).reshaped(shape).converted(to: .f64)
  let angles = try Tensor.binary(
    .add, Tensor.binary(.multiply, places, Tensor(2.399963)), Tensor(phase))
  return .tensor(try Tensor.unary(.sin, angles).converted(to: dtype))
}
