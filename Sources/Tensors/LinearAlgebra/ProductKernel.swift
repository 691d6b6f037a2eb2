// The kernel for products of matrices, called with the memory it packs its operands in.

internal import Kernels

/// A product of two matrices by the kernel, on the thread that runs it.
struct ProductKernel<Element: BlasElement> {
  private var product: mos_product
  private let kernel: mos_product_kernel?
  private let packs: Bool

  /// `y = a b`, or `y -= a b` where `subtracting`; the rows of y must be contiguous and lie apart from
  /// a and b.
  ///
  /// - Parameter upper: only what is on or above the diagonal is wanted; the rest is undefined.
  init(
    _ a: Matrix<Element>, _ b: Matrix<Element>, into y: Matrix<Element>,
    subtracting: Bool = false, upper: Bool = false
  ) {
    product = mos_product(
      rows: y.rows, inner: a.columns, columns: y.columns, a: a.elements, b: b.elements,
      y: y.elements, a_row: a.rowStride, a_column: a.columnStride, b_row: b.rowStride,
      b_column: b.columnStride, y_row: y.rowStride, sign: subtracting ? -1 : 0,
      upper: upper ? 1 : 0)
    kernel = mos_product_kernel_of(Int32(Element.dtype.rawValue))
    packs = ProductKernel.isWorthPacking(a, y)
  }

  /// Whether tiles come faster from packed operands by more than packing takes: three strips of the widest tiles read a
  /// right operand no faster from where it was packed.
  private static func isWorthPacking(_ a: Matrix<Element>, _ y: Matrix<Element>) -> Bool {
    y.rows >= 37 && y.columns >= (a.columnStride == 1 ? 64 : 16)
      && multiplications(y.rows, a.columns, y.columns) > 1 << 20
  }

  func run() {
    guard product.rows > 0, product.columns > 0, let kernel else { return }
    withUnsafePointer(to: product) { product in
      guard packs else { return kernel(product, nil) }
      let block = Allocator.blockSize(Int(MOS_PRODUCT_SCRATCH))
      let scratch = Allocator.take(block, zeroed: false)
      kernel(product, scratch)
      if let scratch { Allocator.give(scratch, block) }
    }
  }

  /// The same product of the matrices that lie so many elements further on.
  func run(movedBy a: Int, _ b: Int, _ y: Int) {
    var moved = self
    let size = MemoryLayout<Element>.stride
    moved.product.a += a * size
    moved.product.b += b * size
    moved.product.y += y * size
    moved.run()
  }

  /// The product as a step of a plan.
  var step: PlanProduct? {
    kernel.map {
      .kernel(mos_product_step(product: product, kernel: $0, packs: packs ? 1 : 0))
    }
  }
}

/// A product of two matrices as a step of a plan: one call of the kernel, or whatever `MatrixProduct` does.
enum PlanProduct {
  case kernel(mos_product_step)
  case body(mos_body_step)

  /// What is multiplied, and where it lies.
  var product: mos_product {
    get {
      switch self {
      case .kernel(let step): step.product
      case .body(let step): step.product
      }
    }
    set {
      switch self {
      case .kernel(var step):
        step.product = newValue
        self = .kernel(step)
      case .body(var step):
        step.product = newValue
        self = .body(step)
      }
    }
  }

  /// The same product of the matrices that lie so many elements further on.
  func moved(by a: Int, _ b: Int, _ y: Int, of dtype: DType) -> PlanProduct {
    var moved = self
    moved.product.a += a * dtype.size
    moved.product.b += b * dtype.size
    moved.product.y += y * dtype.size
    return moved
  }
}

/// What a product of these extents multiplies, or the largest number where that is beyond it.
func multiplications(_ rows: Int, _ inner: Int, _ columns: Int) -> Int {
  let all = (rows * columns).multipliedReportingOverflow(by: inner)
  return all.overflow ? .max : all.partialValue
}
