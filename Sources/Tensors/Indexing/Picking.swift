// Elements of the last axis by places of their own, row by row.

internal import Kernels
import Synchronization

extension Tensor {
  /// `y[r, k] = x[r, places[r, k]]` for i64 places of the same axes but the last; negative ones count from the
  /// end.
  ///
  /// - Throws: an index error for a place outside.
  package func pick(_ places: Tensor) throws -> Tensor {
    let y = try Tensor.uninitialized(places.shape.checked(), dtype)
    if y.count == 0 { return y }
    let (x, p) = (try contiguous(), try places.contiguous())
    func read<Element>(_: Element.Type) -> Int? {
      let from = x.elements.assumingMemoryBound(to: Element.self)
      let to = y.elements.assumingMemoryBound(to: Element.self)
      return x.forEachRow(of: p) { row, start, places, count in
        let (from, to) = (from + row, to + start)
        let extent = self.shape[rank - 1]
        for k in 0..<count {
          guard let place = places.place(k, extent) else { return start + k }
          to[k] = from[place]
        }
        return nil
      }
    }
    let outside = withExtendedLifetime((x, p)) {
      switch dtype {
      case .f64, .i64: read(UInt64.self)
      case .f32: read(UInt32.self)
      case .bool: read(UInt8.self)
      }
    }
    try Safepoint.look()
    if let outside { throw p.noPlace(outside, extent: shape[rank - 1]) }
    return y
  }

  /// Zeros with a last axis of an extent, `y[r, places[r, k]] += x[r, k]` added in order, for floats and
  /// places of their shape.
  ///
  /// - Throws: an index error for a place outside.
  package func unpick(_ places: Tensor, extent: Int) throws -> Tensor {
    var extents = shape.array
    extents[rank - 1] = extent
    let y = try Tensor.zeros(Shape(extents), dtype)
    if count == 0 { return y }
    let (x, p) = (try contiguous(), try places.contiguous())
    func add<Element: BinaryFloatingPoint>(_: Element.Type) -> Int? {
      let from = x.elements.assumingMemoryBound(to: Element.self)
      let to = y.elements.assumingMemoryBound(to: Element.self)
      return y.forEachRow(of: p) { row, start, places, count in
        let (from, to) = (from + start, to + row)
        for k in 0..<count {
          guard let place = places.place(k, extent) else { return start + k }
          to[place] += from[k]
        }
        return nil
      }
    }
    let outside = withExtendedLifetime((x, p)) {
      dtype == .f32 ? add(Float.self) : add(Double.self)
    }
    try Safepoint.look()
    if let outside { throw p.noPlace(outside, extent: extent) }
    return y
  }

  /// Calls the body with each row of this and of places: the row's first element, that of its places, the
  /// places and how many there are. The body gives the number of a place that is outside.
  private func forEachRow(
    of places: Tensor, _ body: (Int, Int, UnsafePointer<Int>, Int) -> Int?
  ) -> Int? {
    let (extent, count) = (shape[rank - 1], places.shape[places.rank - 1])
    let rows = places.count / count
    let all = places.elements.assumingMemoryBound(to: Int.self)
    let tasks = places.count < 1 << 16 ? 1 : Swift.min(rows, 64)
    let outside = Outside()
    Threads.share(tasks) { task in
      for row in rows * task / tasks..<rows * (task + 1) / tasks where mos_run_ends() == 0 {
        if let place = body(row * extent, row * count, all + row * count, count) {
          outside.note(place)
        }
      }
    }
    return outside.first
  }

  private func noPlace(_ number: Int, extent: Int) -> TensorError {
    indexError(elements.assumingMemoryBound(to: Int.self)[number], extent: extent)
  }
}

extension UnsafePointer<Int> {
  /// Place k, negative ones counted from the end; nil outside the extent.
  @inline(__always)
  fileprivate func place(_ k: Int, _ extent: Int) -> Int? {
    let place = self[k] < 0 ? self[k] &+ extent : self[k]
    return place >= 0 && place < extent ? place : nil
  }
}

/// The least of the numbers that threads found.
private final class Outside: Sendable {
  private let least = Atomic(Int.max)

  func note(_ number: Int) { least.min(number, ordering: .relaxed) }

  var first: Int? {
    let number = least.load(ordering: .relaxed)
    return number == .max ? nil : number
  }
}
