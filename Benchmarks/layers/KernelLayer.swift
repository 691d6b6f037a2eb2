// Block kernels of f32, called as the layer above calls them: in cache (16 K elements) and out of it
// (16 M), at each level that the processor has.
//
// Beside them stand plain loops that do next to no arithmetic. The fastest of these is taken for the
// memory's bandwidth, so that a kernel's share of it is a ratio of one run. Bytes are those the
// program reads and writes; that a cache fetches a line before it is overwritten is not counted.

import Kernels
import Platform
import Tensors

enum KernelLayer {
  private static let inCache = 1 << 14
  private static let outOfCache = 1 << 24
  /// Elements of a row where a kernel works by rows.
  private static let row = 1 << 10
  private static let levelNames = ["baseline", "AVX2", "AVX-512"]

  /// A kernel over `n` elements; `operands` is how many arrays it reads.
  private struct Case: Sendable {
    let name: String
    let operands: Int
    let run: @Sendable (Int, Arrays) -> Void
  }

  /// Two operands and a result, touched before they are measured.
  private struct Arrays: @unchecked Sendable {
    let a = UnsafeMutablePointer<Float>.allocate(capacity: outOfCache)
    let b = UnsafeMutablePointer<Float>.allocate(capacity: outOfCache)
    let y = UnsafeMutablePointer<Float>.allocate(capacity: outOfCache)

    init() {
      for i in 0..<outOfCache {
        a[i] = Float(i % 2000) / 250 - 4
        b[i] = Float(i % 1777) / 250 - 3.5
        y[i] = 0
      }
    }

    func free() {
      a.deallocate()
      b.deallocate()
      y.deallocate()
    }
  }

  static func measure() {
    let arrays = Arrays()
    defer { arrays.free() }
    print("kernels, f32             in cache              out of it       of bandwidth")
    for stream in streams { line(stream, arrays) }
    let highest = mos_kernel_level()
    for level in 0...highest {
      mos_set_kernel_level(level)
      print("  \(levelNames[Int(level)])")
      for kernel in kernels() { line(kernel, arrays) }
    }
  }

  private static func line(_ kernel: Case, _ arrays: Arrays) {
    func rate(_ kernel: Case, _ n: Int, _ seconds: Double) -> Double {
      Double(4 * (kernel.operands + 1) * n) / seconds * 1e-9
    }
    let near = rate(kernel, inCache, seconds { kernel.run(inCache, arrays) })
    // Kernel and streams take turns, so that all of them see the same memory.
    var least = [Double](repeating: .infinity, count: streams.count + 1)
    for _ in 0..<9 {
      for (place, each) in ([kernel] + streams).enumerated() {
        let start = now()
        each.run(outOfCache, arrays)
        least[place] = min(least[place], now() - start)
      }
    }
    let far = rate(kernel, outOfCache, least[0])
    var bandwidth = 0.0
    for (stream, time) in zip(streams, least.dropFirst()) {
      bandwidth = max(bandwidth, rate(stream, outOfCache, time))
    }
    let bytes = Double(4 * (kernel.operands + 1))
    print(
      "    " + padded(kernel.name, 12)
        + aligned(near / bytes, 7, digits: 2) + " Gelem/s" + aligned(near, 7, digits: 1) + " GB/s"
        + aligned(far / bytes, 7, digits: 2) + " Gelem/s" + aligned(far, 7, digits: 1) + " GB/s"
        + aligned(100 * far / bandwidth, 5, digits: 0) + " %")
  }

  private static let streams = [
    Case(name: "copy", operands: 1) { n, arrays in memcpy(arrays.y, arrays.a, 4 * n) },
    Case(name: "scale", operands: 1) { n, arrays in
      let (a, y) = (arrays.a, arrays.y)
      for i in 0..<n { y[i] = 3 * a[i] }
    },
    Case(name: "triad", operands: 2) { n, arrays in
      let (a, b, y) = (arrays.a, arrays.b, arrays.y)
      for i in 0..<n { y[i] = a[i] + 3 * b[i] }
    },
  ]

  /// The kernels of the level in force.
  private static func kernels() -> [Case] {
    let f32 = Int32(DType.f32.rawValue)
    var cases: [Case] = []
    for kernel in [UnaryKernel.exp, .tanh, .sigmoid, .gelu, .log, .sin, .sqrt] {
      guard let function = mos_unary_kernel(Int32(kernel.rawValue), f32) else { continue }
      cases.append(
        Case(name: "\(kernel)", operands: 1) { n, arrays in
          _ = function(n, arrays.a, nil, nil, arrays.y)
        })
    }
    if let function = mos_scan_kernel(Int32(MOS_SCAN_softmax), f32) {
      cases.append(
        Case(name: "softmax", operands: 1) { n, arrays in
          for start in stride(from: 0, to: n, by: row) {
            _ = function(row, arrays.a + start, nil, nil, arrays.y + start)
          }
        })
    }
    for kernel in [BinaryKernel.add, .divide] {
      guard let function = mos_binary_kernel(Int32(kernel.rawValue), f32, 0) else { continue }
      cases.append(
        Case(name: "\(kernel)", operands: 2) { n, arrays in
          _ = function(n, arrays.a, arrays.b, nil, arrays.y)
        })
    }
    if let function = mos_reduction_kernel(Int32(MOS_REDUCE_sum), f32) {
      // It writes one element for all: what it reads is all that counts.
      cases.append(
        Case(name: "sum", operands: 0) { n, arrays in _ = function(n, arrays.a, nil, arrays.y) })
    }
    return cases
  }
}
