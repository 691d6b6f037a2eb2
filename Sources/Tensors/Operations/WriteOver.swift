// Arithmetic in the memory of an operand that nobody else holds. What an expression makes on its way
// is written over, so that a chain of operations on large tensors walks through one piece of
// memory, which stays in cache, instead of a new one at each step.

internal import Kernels

extension Tensor {
  /// Combines this tensor with another in its own memory.
  ///
  /// - Parameter isLeft: whether this is the left operand.
  /// - Returns: false, with nothing changed, where somebody else holds the memory, where the result
  ///   has another shape, dtype or layout, or where it is so large that this could not run to its end.
  public mutating func writeOver(_ kernel: BinaryKernel, with other: Tensor, isLeft: Bool) -> Bool {
    guard other.dtype == dtype, dtype.isFloat, count <= Tensor.inPlaceLimit else { return false }
    guard other.rank == 0 || (other.isContiguous && other.shape == shape) else {
      return isLeft && writeOver(kernel, rows: other)
    }
    guard isUniquelyHeld() else { return false }
    let form = other.rank > 0 || rank == 0 ? MOS_BOTH_VECTORS : numberForm(isLeft)
    if count <= Tensor.smallCount {
      withExtendedLifetime(other) { apply(kernel, other.header.data, form, isLeft) }
    } else {
      _ = Safepoint.withoutLooks {
        Tensor.run(self, kernel, isLeft ? self : other, isLeft ? other : self, dtype)
      }
    }
    return true
  }

  /// Combines each row of this tensor with the same row, as where a layer adds its bias.
  private mutating func writeOver(_ kernel: BinaryKernel, rows row: Tensor) -> Bool {
    guard row.rank == 1, rank > 1, row.count == shape[rank - 1], isUniquelyHeld() else {
      return false
    }
    if Tensor.isOfFewRows(self, row) { return Tensor.runRows(self, kernel, self, row) }
    _ = Safepoint.withoutLooks { Tensor.run(self, kernel, self, row, dtype) }
    return true
  }

  /// Combines this tensor with a number, which takes its dtype, in its own memory.
  public mutating func writeOver(_ kernel: BinaryKernel, with number: Double, isLeft: Bool) -> Bool
  {
    guard count <= Tensor.smallCount else {
      return writeOver(kernel, with: Tensor(number, dtype: dtype), isLeft: isLeft)
    }
    guard dtype.isFloat, isUniquelyHeld() else { return false }
    if dtype == .f32 {
      withUnsafePointer(to: Float(number)) { apply(kernel, $0, numberForm(isLeft), isLeft) }
    } else {
      withUnsafePointer(to: number) { apply(kernel, $0, numberForm(isLeft), isLeft) }
    }
    return true
  }

  /// The most elements that are changed in place, which has no end but its own: some ten
  /// milliseconds. What is larger is made anew, so that a run may end in the midst of it.
  static var inPlaceLimit: Int { 1 << 24 }

  private func numberForm(_ isLeft: Bool) -> Int { isLeft ? MOS_SECOND_SCALAR : MOS_FIRST_SCALAR }

  /// Floats of any number have no errors to tell, so nothing is lost once this has begun.
  private func apply(
    _ kernel: BinaryKernel, _ other: UnsafeRawPointer, _ form: Int, _ isLeft: Bool
  ) {
    guard count > 0, let function = mos_binary_kernel(kernel, dtype, form) else { return }
    let own = UnsafeRawPointer(header.data)
    _ = function(count, isLeft ? own : other, isLeft ? other : own, nil, header.data)
  }
}
