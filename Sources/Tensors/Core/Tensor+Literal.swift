// Tensors as they stand in Swift source: `let x: Tensor = [[1, 2], [3, 4]]`.

extension Tensor {
  /// A number, a Bool, or literals of one shape in brackets.
  ///
  /// Numbers are f64, whole ones too: a literal in source is there to compute with. For another dtype
  /// there are arrays with a type, `Tensor([1, 2] as [Int])`.
  public struct Literal: Sendable {
    fileprivate let extents: [Int]
    fileprivate let numbers: [Double]
    fileprivate let isBool: Bool
  }

  /// The tensor of a literal in brackets.
  ///
  ///     Tensor([1, 2, 3])    // f64[3]
  ///
  /// - Precondition: at most eight axes.
  public init(_ literal: Literal) {
    self = trapping {
      let tensor = try Tensor(copying: literal.numbers, shape: Shape(literal.extents))
      return literal.isBool ? try tensor.converted(to: .bool) : tensor
    }
  }
}

extension Tensor: ExpressibleByArrayLiteral {
  /// The tensor of a literal in brackets.
  ///
  /// - Precondition: parts of one shape, all numbers or all Bools, in at most eight axes.
  public init(arrayLiteral parts: Literal...) { self.init(Literal(parts)) }
}

extension Tensor.Literal: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral
{
  private init(_ number: Double, isBool: Bool) {
    extents = []
    numbers = [number]
    self.isBool = isBool
  }

  /// An f64.
  public init(floatLiteral number: Double) { self.init(number, isBool: false) }

  /// An f64 of a whole number.
  public init(integerLiteral number: Int) { self.init(Double(number), isBool: false) }

  /// A bool.
  public init(booleanLiteral flag: Bool) { self.init(flag ? 1 : 0, isBool: true) }

  /// Parts along a new first axis.
  ///
  /// - Precondition: parts of one shape, all numbers or all Bools.
  public init(arrayLiteral parts: Tensor.Literal...) { self.init(parts) }

  /// Parts along a new first axis.
  ///
  /// - Precondition: parts of one shape, all numbers or all Bools.
  package init(_ parts: [Tensor.Literal]) {
    for part in parts.dropFirst() where part.extents != parts[0].extents {
      trap(
        TensorError(
          .shape,
          "the parts of a literal have one shape, and \(part.extents) stands beside "
            + "\(parts[0].extents)"))
    }
    for part in parts.dropFirst() where part.isBool != parts[0].isBool {
      trap(TensorError(.type, "a literal has numbers or Bools, not both"))
    }
    extents = [parts.count] + (parts.first?.extents ?? [])
    numbers = parts.flatMap(\.numbers)
    isBool = parts.first?.isBool ?? false
  }
}

extension Shape: ExpressibleByArrayLiteral {
  /// The shape of extents that stand in source: `[2, 3]`.
  ///
  /// - Precondition: at most eight extents, none negative, whose product fits an Int.
  public init(arrayLiteral extents: Int...) { self = trapping { try Shape(extents) } }
}

extension AxisSet: ExpressibleByArrayLiteral {
  /// Axes that stand in source, counted from the first: `[0, 2]`.
  ///
  /// - Precondition: axes from 0 to 7.
  public init(arrayLiteral axes: Int...) {
    self.init()
    for axis in axes {
      guard (0..<Shape.maximumRank).contains(axis) else {
        trap(
          TensorError(
            .index, "axis \(axis) is out of range", hint: "`axis: -1` counts from the last"))
      }
      insert(axis)
    }
  }
}
