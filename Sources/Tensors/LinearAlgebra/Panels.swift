// Cholesky and LU factorizations of large matrices, panel by panel.
//
// LAPACK factors a panel of some columns; what lies behind it is brought up to date by products,
// whose blocks threads take. That is how LAPACK itself does it (Anderson et al., LAPACK Users' Guide,
// §3.4, right-looking), but its products run on one thread here; see `Blas`.

/// The columns of a panel: enough that products take nearly all the time, few enough that panels,
/// which one thread factors, take little.
private let panel = 128

extension LapackElement {
  /// The lower triangle L of a contiguous row-major matrix A = L Lᵀ, in place; what is above it is left
  /// undefined.
  ///
  /// - Returns: 0, or the number, counted from 1, of the first pivot that is not positive.
  static func factorCholesky(_ n: Int, _ a: Elements) -> Int {
    _ = Blas.isReady
    for start in stride(from: 0, to: n, by: panel) {
      let end = n < 3 * panel ? n : min(start + panel, n)
      let (size, below) = (end - start, n - end)
      let corner = a + start * n + start
      let status = Int(potrf(Int32(size), corner, Int32(n)))
      if status != 0 { return start + status }
      if below == 0 { break }
      // Rows below: P := P L⁻ᵀ, and then what is right of them: A −= P Pᵀ, up to the diagonal.
      let triangle = BlasOperand(
        elements: UnsafePointer(corner), isTransposed: true, leading: Int32(n))
      let first = a + end * n + start
      Blocks(rows: below, columns: 1, work: below * size * size / 2, least: Blocks.leastProducts)
        .forEach { rows, _ in
          trsm(
            onRight: true, lower: true, unit: false, Int32(rows.count), Int32(size), triangle,
            first + rows.lowerBound * n, Int32(n))
        }
      Blocks(rows: below, columns: 1, work: below * below / 2 * size, least: Blocks.leastProducts)
        .forEach { rows, _ in
          // The longest rows first, so that threads end together.
          let (top, bottom) = (below - rows.upperBound, below - rows.lowerBound)
          let left = Matrix(first, rows: below, columns: size, leading: n)
          ProductKernel(
            left.part(rows: top..<bottom), left.part(rows: 0..<bottom).transposed,
            into: Matrix(
              a + (end + top) * n + end, rows: rows.count, columns: bottom, leading: n),
            subtracting: true
          ).run()
        }
    }
    return 0
  }

  /// P L U of a contiguous column-major matrix of m rows and n columns, in place, with LAPACK's pivots.
  ///
  /// - Returns: 0, or the number, counted from 1, of the first pivot that is zero.
  static func factorLU(
    _ m: Int, _ n: Int, _ a: Elements, _ pivots: UnsafeMutablePointer<Int32>
  ) -> Int {
    _ = Blas.isReady
    let (steps, leading) = (min(m, n), Int32(m))
    var zero = 0
    for start in stride(from: 0, to: steps, by: panel) {
      let end = steps < 3 * panel ? steps : min(start + panel, steps)
      let size = end - start
      let corner = a + start * m + start
      let status = Int(getrf(Int32(m - start), Int32(size), corner, leading, pivots + start))
      if status > 0 && zero == 0 { zero = start + status }
      for i in start..<end { pivots[i] += Int32(start) }
      let (from, to) = (Int32(start) + 1, Int32(end))
      laswp(Int32(start), a, leading, from, to, pivots)
      // The columns behind, here as rows of a row-major matrix: X := X L₁₁⁻ᵀ, then A −= X L₂₁ᵀ.
      Blocks(
        rows: n - end, columns: 1, work: (n - end) * (m - start) * size,
        least: Blocks.leastProducts
      ).forEach { columns, _ in
        let block = a + (end + columns.lowerBound) * m
        laswp(Int32(columns.count), block, leading, from, to, pivots)
        trsm(
          onRight: true, lower: false, unit: true, Int32(columns.count), Int32(size),
          BlasOperand(elements: UnsafePointer(corner), isTransposed: false, leading: leading),
          block + start, leading)
        guard end < m else { return }
        ProductKernel(
          Matrix(block + start, rows: columns.count, columns: size, leading: m),
          Matrix(corner + size, rows: size, columns: m - end, leading: m),
          into: Matrix(block + end, rows: columns.count, columns: m - end, leading: m),
          subtracting: true
        ).run()
      }
      if end == steps { break }
    }
    return zero
  }
}
