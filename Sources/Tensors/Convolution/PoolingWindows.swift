// Windows that move over pictures, and the greatest element in each.

internal import Kernels

/// Windows over the last two axes of a tensor.
package final class PoolingWindows: Sendable {
  let form: ConvolutionForm

  /// - Parameter form: its kernel is the window; only places within the picture count.
  package init(_ form: ConvolutionForm) { self.form = form }
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
    let y = places.header.data.assumingMemoryBound(to: Int.self)
    func find<Element: Comparable>(_: Element.Type) {
      let x = source.header.data.assumingMemoryBound(to: Element.self)
      let tasks =
        planes * form.result.count * form.kernel.count < 1 << 17 ? 1 : Swift.min(planes, 64)
      Threads.share(tasks) { task in
        for plane in planes * task / tasks..<planes * (task + 1) / tasks where mos_run_ends() == 0 {
          form.places(of: x + plane * form.picture.count, y + plane * form.result.count)
        }
      }
    }
    withExtendedLifetime(source) {
      switch dtype {
      case .f32: find(Float.self)
      case .f64: find(Double.self)
      case .i64: find(Int.self)
      case .bool: find(UInt8.self)
      }
    }
    try Safepoint.look()
    return places
  }
}

extension ConvolutionForm {
  /// The places of the greatest elements of one picture.
  @inline(__always)
  fileprivate func places<Element: Comparable>(
    of x: UnsafePointer<Element>, _ places: UnsafeMutablePointer<Int>
  ) {
    /// The window's places along an axis that are within the picture.
    func span(_ i: Int, _ picture: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ step: Int)
      -> (first: Int, end: Int)
    {
      let begin = i * stride - padding
      let missing = begin < 0 ? (-begin + step - 1) / step : 0
      return (begin + missing * step, Swift.min(begin + kernel * step, picture))
    }
    var to = places
    for i in 0..<result.y {
      let rows = span(i, picture.y, kernel.y, stride.y, padding.y, dilation.y)
      for j in 0..<result.x {
        let columns = span(j, picture.x, kernel.x, stride.x, padding.x, dilation.x)
        var best = rows.first * picture.x + columns.first
        var greatest = x[best]
        var row = rows.first
        while row < rows.end {
          var column = columns.first
          while column < columns.end {
            let place = row * picture.x + column
            let element = x[place]
            // What is no number is not below any, and nothing comes after it.
            if !(element <= greatest), greatest == greatest {
              (best, greatest) = (place, element)
            }
            column += dilation.x
          }
          row += dilation.y
        }
        to.pointee = best
        to += 1
      }
    }
  }
}
