// Tensors of elements that somebody else owns: nothing is copied.

/// Holds the owner of memory that is not ours and is never written.
final class ForeignMemory: @unchecked Sendable {
  private let owner: AnyObject

  init(_ owner: AnyObject) { self.owner = owner }
}

extension Tensor {
  /// A tensor of elements in row-major order in memory that an object owns, without a copy.
  ///
  /// The tensor, and every view of it, keeps the owner alive, and lets go of it when the last of them
  /// goes. Nothing is ever written to the memory.
  ///
  /// The owner is not asked for its memory again: it must be valid, and stay as it is, while the owner
  /// lives, which the compiler cannot check. An array does not promise that; an object that allocated
  /// or mapped the memory does.
  /// - Throws: a shape error where there is another number of elements than the shape has.
  public init<Element: TensorElement>(
    sharing owner: AnyObject, elements: UnsafeBufferPointer<Element>, shape: Shape
  ) throws {
    guard elements.count == shape.count else {
      throw TensorError(
        .shape, "\(elements.count) elements do not fill a tensor of shape \(shape)")
    }
    guard let address = elements.baseAddress, !elements.isEmpty else {
      self = try Tensor.zeros(shape, Element.dtype)
      return
    }
    self.init(
      shape: shape, count: shape.count, data: UnsafeMutableRawPointer(mutating: address),
      owner: ForeignMemory(owner), layout: nil, dtype: Element.dtype)
  }
}
