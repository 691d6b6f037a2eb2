// The extents of a convolution. All three of its operations have one form: a convolution and its
// transposes with respect to either operand are one trilinear function of pictures, weights and
// results, of which two are given.
//
//     y[b, n, o, i] = Σ over c, t of w[b, o, c, t] x[b, n, g C/G + c, s i + d t - p]
//
// b counts the convolutions that are done at once, n the pictures of each, o and c channels of group g,
// t the places of the kernel, i those of the result; s is the stride, d the dilation, p the padding.

/// The extents of a convolution, but for how many pictures there are.
package final class ConvolutionForm: Sendable {
  /// The extents of a picture, of the kernel and of the result.
  package let picture: Grid
  package let kernel: Grid
  package let result: Grid
  package let stride: Grid
  package let padding: Grid
  package let dilation: Grid
  package let groups: Int
  /// Which operands keep their zeros, whatever these meet: the cotangents and tangents of derivative rules.
  package let kept: Operands

  private init(
    _ picture: Grid, _ kernel: Grid, _ result: Grid, stride: Grid, padding: Grid, dilation: Grid,
    groups: Int, kept: Operands
  ) {
    (self.picture, self.kernel, self.result) = (picture, kernel, result)
    (self.stride, self.padding, self.dilation) = (stride, padding, dilation)
    (self.groups, self.kept) = (groups, kept)
  }

  /// What the positions of the result read of a picture; it has a part for each place of the kernel.
  var reading: Sampling {
    Sampling(
      reading: picture, kernel, result, stride: stride, padding: padding, dilation: dilation)
  }

  /// What the places of a picture read of a result, for each class of places by the stride.
  var writing: [Sampling] {
    Sampling.writing(
      picture, kernel, result, stride: stride, padding: padding, dilation: dilation)
  }

  /// The form of a convolution of pictures of an extent.
  ///
  /// - Throws: a shape error where the kernel, spread by the dilation, is larger than the padded picture.
  package convenience init(
    picture: Grid, kernel: Grid, stride: Grid, padding: Grid, dilation: Grid, groups: Int
  ) throws {
    let span = try ConvolutionForm.span(kernel, dilation)
    func extent(_ picture: Int, _ span: Int, _ padding: Int, _ stride: Int) throws -> Int {
      guard picture < largest else {
        throw TensorError(.shape, "\(picture) places are too many for a convolution")
      }
      let padded = picture + 2 * padding
      guard span <= padded else {
        throw TensorError(
          .shape,
          "a kernel of \(kernel)\(dilation == Grid(1, 1) ? "" : " with dilation \(dilation)") does not"
            + " fit into a picture of \(picture) with padding \(padding)",
          hint: "it covers \(span) places of an axis that has \(padded)")
      }
      return (padded - span) / stride + 1
    }
    let result = Grid(
      try extent(picture.y, span.y, padding.y, stride.y),
      try extent(picture.x, span.x, padding.x, stride.x))
    self.init(
      picture, kernel, result, stride: stride, padding: padding, dilation: dilation,
      groups: groups, kept: .none)
  }

  /// The form of a convolution whose transpose gives pictures from results of an extent.
  ///
  /// - Parameter more: the places by which a picture is larger than the least that has such a result.
  package convenience init(
    result: Grid, kernel: Grid, stride: Grid, padding: Grid, dilation: Grid, groups: Int,
    more: Grid
  ) throws {
    let span = try ConvolutionForm.span(kernel, dilation)
    func extent(_ result: Int, _ span: Int, _ padding: Int, _ stride: Int, _ more: Int) throws
      -> Int
    {
      let (wide, overflow) = (result - 1).multipliedReportingOverflow(by: stride)
      let picture = wide &- 2 * padding &+ span &+ more
      guard !overflow, wide < largest, picture < largest else {
        throw TensorError(
          .shape, "a transposed convolution of \(result) places with stride \(stride) is too large")
      }
      guard picture > 0 else {
        throw TensorError(
          .shape, "padding \(padding) leaves nothing of \(wide + span + more) places")
      }
      return picture
    }
    let picture = Grid(
      try extent(result.y, span.y, padding.y, stride.y, more.y),
      try extent(result.x, span.x, padding.x, stride.x, more.x))
    self.init(
      picture, kernel, result, stride: stride, padding: padding, dilation: dilation,
      groups: groups, kept: .none)
  }

  /// The same with operands that keep their zeros, too.
  package func keeping(_ operands: Operands) -> ConvolutionForm {
    if kept.isSuperset(of: operands) { return self }
    return ConvolutionForm(
      picture, kernel, result, stride: stride, padding: padding, dilation: dilation,
      groups: groups, kept: kept.union(operands))
  }

  /// The places from the kernel's first to its last.
  private static func span(_ kernel: Grid, _ dilation: Grid) throws -> Grid {
    func span(_ kernel: Int, _ dilation: Int) throws -> Int {
      let (span, overflow) = (kernel - 1).multipliedReportingOverflow(by: dilation)
      guard !overflow, span < largest else {
        throw TensorError(
          .shape, "a kernel of \(kernel) places with dilation \(dilation) is too large")
      }
      return span + 1
    }
    return Grid(try span(kernel.y, dilation.y), try span(kernel.x, dilation.x))
  }
}

/// Extents, steps and paddings stay below this, so that no product of sums of them overflows.
package let largestConvolutionStep = 1 << 28
private let largest = largestConvolutionStep
