// Windows that move over pictures, and the greatest element in each.

internal import Kernels

/// Windows over the last two axes of a tensor.
package final class PoolingWindows: Sendable {
  let form: ConvolutionForm

  /// - Parameter form: its kernel is the window; only places within the picture count.
  /// - Throws: a value error where a window has none.
  package init(_ form: ConvolutionForm) throws {
    self.form = form
    func check(
      _ result: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ step: Int, _ picture: Int
    )
      throws
    {
      guard padding > 0 else { return }
      for i in 0..<result {
        let start = i * stride - padding
        let missing = start < 0 ? (-start + step - 1) / step : 0
        guard missing < kernel, start + missing * step < picture else {
          throw TensorError(
            .value,
            "a window of \(kernel) places, \(step) apart, has none in a picture of \(picture) with "
              + "padding \(padding)")
        }
      }
    }
    try check(
      form.result.y, form.kernel.y, form.stride.y, form.padding.y, form.dilation.y, form.picture.y)
    try check(
      form.result.x, form.kernel.x, form.stride.x, form.padding.x, form.dilation.x, form.picture.x)
  }
}

extension Tensor {
  /// The place of each window's greatest element in its plane, i64; every window has one within the picture.
  package func greatestPlaces(_ windows: PoolingWindows) throws -> Tensor {
    let form = windows.form
    let source = try contiguous()
    var extents = shape.array
    extents.replaceSubrange(
      extents.count - 2..<extents.count, with: [form.result.y, form.result.x])
    let places = try Tensor.uninitialized(Shape(extents).checked(), .i64)
    if places.count == 0 { return places }
    let planes = count / form.picture.count
    let tasks = planes * form.result.count * form.kernel.count < 1 << 17 ? 1 : Swift.min(planes, 64)
    let kernel = mos_greatest_places_of(Int32(dtype.rawValue))
    let failures = Failures()
    withExtendedLifetime(source) {
      Threads.share(tasks) { task in
        let isDone = Scratch<UInt8>.with(form.result.x * 8) { greatest in
          var windows = form.windows
          for plane in planes * task / tasks..<planes * (task + 1) / tasks where mos_run_ends() == 0
          {
            kernel?(
              &windows, source.elements + plane * form.picture.count * dtype.size,
              places.elements.assumingMemoryBound(to: Int64.self) + plane * form.result.count,
              greatest)
          }
          return true
        }
        if !isDone { failures.note() }
      }
    }
    try Safepoint.look()
    if failures.isNoted {
      throw TensorError(.limit, "there is no memory for the windows of \(typeDescription)")
    }
    return places
  }
}

extension ConvolutionForm {
  fileprivate var windows: mos_windows {
    mos_windows(
      picture: (picture.y, picture.x), kernel: (kernel.y, kernel.x), result: (result.y, result.x),
      stride: (stride.y, stride.x), padding: (padding.y, padding.x),
      dilation: (dilation.y, dilation.x))
  }
}
