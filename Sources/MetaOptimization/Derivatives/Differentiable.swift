// What derivatives are taken by: tensors, numbers, variables, and structures of them.

/// A value that a derivative can be taken by.
///
/// A tensor, a `Double`, a variable, an array of these, or a structure of one's own, whose gradient has
/// the same structure:
///
///     struct Line: Differentiable {
///       var slope: Variable
///       var offset: Variable
///
///       var leaves: [Variable] { [slope, offset] }
///       func seen(_ leaves: inout ArraySlice<Variable>) -> Line {
///         Line(slope: leaves.removeFirst(), offset: leaves.removeFirst())
///       }
///       func replaced(by leaves: inout ArraySlice<Variable>) -> Line { seen(&leaves) }
///     }
///
/// Tensors and numbers are data: their gradients are tensors and numbers again, which nothing follows.
/// Where a derivative is differentiated itself, its point is a variable.
public protocol Differentiable {
  /// What a function is given for such a value: variables in the same structure.
  associatedtype Seen

  /// The leaves in order.
  var leaves: [Variable] { get }

  /// What a function is given: the structure with variables taken from the front, one a leaf.
  func seen(_ leaves: inout ArraySlice<Variable>) -> Seen

  /// The structure with leaves taken from the front, one a leaf.
  ///
  /// - Throws: a value error where data would lose what another derivative follows.
  func replaced(by leaves: inout ArraySlice<Variable>) throws -> Self
}

extension Variable: Differentiable {
  /// This variable.
  public var leaves: [Variable] { [self] }

  /// The first variable.
  public func seen(_ leaves: inout ArraySlice<Variable>) -> Variable { leaves.removeFirst() }

  /// The first variable.
  public func replaced(by leaves: inout ArraySlice<Variable>) -> Variable { leaves.removeFirst() }
}

extension Tensor: Differentiable {
  /// The variable of this tensor.
  public var leaves: [Variable] { [.tensor(self)] }

  /// The first variable.
  public func seen(_ leaves: inout ArraySlice<Variable>) -> Variable { leaves.removeFirst() }

  /// The first variable's numbers.
  ///
  /// - Throws: a value error where another derivative follows them.
  public func replaced(by leaves: inout ArraySlice<Variable>) throws -> Tensor {
    try leaves.removeFirst().data()
  }
}

extension Double: Differentiable {
  /// The variable of this number, without axes.
  public var leaves: [Variable] { [Variable(self)] }

  /// The first variable.
  public func seen(_ leaves: inout ArraySlice<Variable>) -> Variable { leaves.removeFirst() }

  /// The first variable's number.
  ///
  /// - Throws: a value error where another derivative follows it.
  public func replaced(by leaves: inout ArraySlice<Variable>) throws -> Double {
    try leaves.removeFirst().data().item()
  }
}

extension Array: Differentiable where Element: Differentiable {
  /// The leaves of all elements.
  public var leaves: [Variable] { flatMap(\.leaves) }

  /// Each element as it is seen.
  public func seen(_ leaves: inout ArraySlice<Variable>) -> [Element.Seen] {
    map { $0.seen(&leaves) }
  }

  /// Each element with its leaves replaced.
  ///
  /// - Throws: a value error where data would lose what another derivative follows.
  public func replaced(by leaves: inout ArraySlice<Variable>) throws -> [Element] {
    try map { try $0.replaced(by: &leaves) }
  }
}

extension Differentiable {
  /// What a function is given with these leaves.
  func seen(_ leaves: [Variable]) -> Seen {
    var rest = leaves[...]
    return seen(&rest)
  }

  /// The structure with these leaves.
  func replaced(by leaves: [Variable]) throws -> Self {
    var rest = leaves[...]
    return try replaced(by: &rest)
  }

  /// The leaves, all floats.
  ///
  /// - Throws: a type error where one is not.
  func floatLeaves() throws -> [Variable] { try leaves.map { try $0.asFloatLeaf() } }
}

extension Variable {
  /// This variable, if it is a float.
  func asFloatLeaf() throws -> Variable {
    guard dtype.isFloat else {
      throw TensorError(
        .type, "a \(typeDescription) has no gradient; only f32 and f64 do",
        hint: "a literal is f64: Tensor([1, 2]); for others there is converted(to: .f64)")
    }
    return self
  }

  /// The numbers alone.
  ///
  /// - Throws: a value error where a transformation around this one follows them.
  fileprivate func data() throws -> Tensor {
    guard let tensor = concrete, Context.current.isPlain || !isDifferentiated else {
      throw TensorError(
        .value, "a derivative at data is data, and another transformation follows this one",
        hint: "give the point as a Variable")
    }
    return tensor
  }
}
