// The Swift types that elements have, and arrays of them nested to one shape.

/// A type of Swift that elements of a tensor have: `Double`, `Float`, `Int` or `Bool`.
///
/// These four have the layout of a dtype, and no other type may conform.
public protocol TensorElement: BitwiseCopyable, Sendable, NestedElements where Innermost == Self {
  /// The dtype of tensors of these elements.
  static var dtype: DType { get }
}

/// Elements, or arrays of them: `Double`, `[Float]`, `[[Int]]`.
///
/// Arrays conform at every depth; a tensor of them has an axis for each.
public protocol NestedElements {
  /// The type of the elements, inside all arrays.
  associatedtype Innermost: TensorElement

  /// Adds the extents of the first elements of all arrays.
  func appendExtents(to extents: inout [Int])

  /// Adds the elements in row-major order.
  ///
  /// - Throws: a shape error where an array has another extent than those given.
  func appendElements(to elements: inout [Innermost], extents: ArraySlice<Int>) throws
}

extension TensorElement {
  /// Adds nothing: an element has no axes.
  public func appendExtents(to extents: inout [Int]) {}

  /// Adds this element.
  public func appendElements(to elements: inout [Self], extents: ArraySlice<Int>) {
    elements.append(self)
  }
}

extension Double: TensorElement {
  /// `f64`.
  public static var dtype: DType { .f64 }
}

extension Float: TensorElement {
  /// `f32`.
  public static var dtype: DType { .f32 }
}

extension Int: TensorElement {
  /// `i64`.
  public static var dtype: DType { .i64 }
}

extension Bool: TensorElement {
  /// `bool`.
  public static var dtype: DType { .bool }
}

extension Array: NestedElements where Element: NestedElements {
  /// The type of the elements, inside all arrays.
  public typealias Innermost = Element.Innermost

  /// Adds this array's extent and those of its first element.
  public func appendExtents(to extents: inout [Int]) {
    extents.append(count)
    first?.appendExtents(to: &extents)
  }

  /// Adds the elements of all elements in order.
  ///
  /// - Throws: a shape error where the array has another extent than the first of those given.
  public func appendElements(
    to elements: inout [Innermost], extents: ArraySlice<Int>
  ) throws {
    let extent = extents.first ?? 0
    guard count == extent else {
      throw TensorError(
        .shape,
        "the rows of a tensor have one length, and one of \(count) stands beside one of \(extent)")
    }
    for element in self {
      try element.appendElements(to: &elements, extents: extents.dropFirst())
    }
  }
}
