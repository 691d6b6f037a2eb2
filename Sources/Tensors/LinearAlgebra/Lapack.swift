// LAPACK's routines for Float and Double under one name each.
//
// Everything here is column-major, as LAPACK is; the callers hand it row-major matrices and read
// them as their transposes. The `_work` entries are used because they neither look for nan nor
// allocate; each routine that needs workspace asks for its size first.

internal import CLAPACKE

/// An element type that LAPACK computes in.
protocol LapackElement: BlasElement {
  static func potrf(_ n: Int32, _ a: Elements, _ leading: Int32) -> Int32
  static func getrf(
    _ m: Int32, _ n: Int32, _ a: Elements, _ leading: Int32, _ pivots: UnsafeMutablePointer<Int32>
  ) -> Int32
  /// Exchanges rows of n columns as the pivots `first ... last`, counted from 1, say.
  static func laswp(
    _ n: Int32, _ a: Elements, _ leading: Int32, _ first: Int32, _ last: Int32,
    _ pivots: UnsafePointer<Int32>)
  static func getri(_ n: Int32, _ a: Elements, _ pivots: UnsafeMutablePointer<Int32>) -> Int32
  static func gelqf(_ m: Int32, _ n: Int32, _ a: Elements, _ tau: Elements) -> Int32
  static func orglq(_ m: Int32, _ n: Int32, _ k: Int32, _ a: Elements, _ tau: Elements) -> Int32
  static func gesdd(
    _ job: CChar, _ m: Int32, _ n: Int32, _ a: Elements, _ s: Elements, _ u: Elements,
    _ vt: Elements
  ) -> Int32
  static func syevd(_ job: CChar, _ n: Int32, _ a: Elements, _ w: Elements) -> Int32
}

extension LapackElement {
  /// Calls a routine once for the size of its workspace and once with it.
  static func withWorkspace(_ routine: (Elements, Int32) -> Int32) -> Int32 {
    _ = Blas.isReady
    var size: Self = 0
    let status = routine(&size, -1)
    guard status == 0 else { return status }
    var workspace = [Self](repeating: 0, count: max(1, Int(size)))
    return routine(&workspace, Int32(workspace.count))
  }
}

private let columnMajor = LAPACK_COL_MAJOR

/// A job or triangle letter.
private func letter(_ scalar: Unicode.Scalar) -> CChar { CChar(truncatingIfNeeded: scalar.value) }

extension Double: LapackElement {
  static func potrf(_ n: Int32, _ a: Elements, _ leading: Int32) -> Int32 {
    LAPACKE_dpotrf_work(columnMajor, letter("U"), n, a, leading)
  }
  static func getrf(
    _ m: Int32, _ n: Int32, _ a: Elements, _ leading: Int32, _ pivots: UnsafeMutablePointer<Int32>
  ) -> Int32 {
    LAPACKE_dgetrf_work(columnMajor, m, n, a, leading, pivots)
  }
  static func laswp(
    _ n: Int32, _ a: Elements, _ leading: Int32, _ first: Int32, _ last: Int32,
    _ pivots: UnsafePointer<Int32>
  ) {
    LAPACKE_dlaswp_work(columnMajor, n, a, leading, first, last, pivots, 1)
  }
  static func getri(_ n: Int32, _ a: Elements, _ pivots: UnsafeMutablePointer<Int32>) -> Int32 {
    withWorkspace { LAPACKE_dgetri_work(columnMajor, n, a, max(1, n), pivots, $0, $1) }
  }
  static func gelqf(_ m: Int32, _ n: Int32, _ a: Elements, _ tau: Elements) -> Int32 {
    withWorkspace { LAPACKE_dgelqf_work(columnMajor, m, n, a, max(1, m), tau, $0, $1) }
  }
  static func orglq(_ m: Int32, _ n: Int32, _ k: Int32, _ a: Elements, _ tau: Elements) -> Int32 {
    withWorkspace { LAPACKE_dorglq_work(columnMajor, m, n, k, a, max(1, m), tau, $0, $1) }
  }
  static func gesdd(
    _ job: CChar, _ m: Int32, _ n: Int32, _ a: Elements, _ s: Elements, _ u: Elements,
    _ vt: Elements
  ) -> Int32 {
    var integers = [Int32](repeating: 0, count: 8 * Int(min(m, n)))
    return withWorkspace {
      LAPACKE_dgesdd_work(
        columnMajor, job, m, n, a, max(1, m), s, u, max(1, m), vt, max(1, min(m, n)), $0, $1,
        &integers)
    }
  }
  static func syevd(_ job: CChar, _ n: Int32, _ a: Elements, _ w: Elements) -> Int32 {
    // 3 + 5 n integers are what `dsyevd` documents as enough for eigenvectors.
    var integers = [Int32](repeating: 0, count: 3 + 5 * Int(n))
    let count = Int32(integers.count)
    return withWorkspace {
      LAPACKE_dsyevd_work(
        columnMajor, job, letter("U"), n, a, max(1, n), w, $0, $1, &integers,
        $1 == -1 ? -1 : count)
    }
  }
}

extension Float: LapackElement {
  static func potrf(_ n: Int32, _ a: Elements, _ leading: Int32) -> Int32 {
    LAPACKE_spotrf_work(columnMajor, letter("U"), n, a, leading)
  }
  static func getrf(
    _ m: Int32, _ n: Int32, _ a: Elements, _ leading: Int32, _ pivots: UnsafeMutablePointer<Int32>
  ) -> Int32 {
    LAPACKE_sgetrf_work(columnMajor, m, n, a, leading, pivots)
  }
  static func laswp(
    _ n: Int32, _ a: Elements, _ leading: Int32, _ first: Int32, _ last: Int32,
    _ pivots: UnsafePointer<Int32>
  ) {
    LAPACKE_slaswp_work(columnMajor, n, a, leading, first, last, pivots, 1)
  }
  static func getri(_ n: Int32, _ a: Elements, _ pivots: UnsafeMutablePointer<Int32>) -> Int32 {
    withWorkspace { LAPACKE_sgetri_work(columnMajor, n, a, max(1, n), pivots, $0, $1) }
  }
  static func gelqf(_ m: Int32, _ n: Int32, _ a: Elements, _ tau: Elements) -> Int32 {
    withWorkspace { LAPACKE_sgelqf_work(columnMajor, m, n, a, max(1, m), tau, $0, $1) }
  }
  static func orglq(_ m: Int32, _ n: Int32, _ k: Int32, _ a: Elements, _ tau: Elements) -> Int32 {
    withWorkspace { LAPACKE_sorglq_work(columnMajor, m, n, k, a, max(1, m), tau, $0, $1) }
  }
  static func gesdd(
    _ job: CChar, _ m: Int32, _ n: Int32, _ a: Elements, _ s: Elements, _ u: Elements,
    _ vt: Elements
  ) -> Int32 {
    var integers = [Int32](repeating: 0, count: 8 * Int(min(m, n)))
    return withWorkspace {
      LAPACKE_sgesdd_work(
        columnMajor, job, m, n, a, max(1, m), s, u, max(1, m), vt, max(1, min(m, n)), $0, $1,
        &integers)
    }
  }
  static func syevd(_ job: CChar, _ n: Int32, _ a: Elements, _ w: Elements) -> Int32 {
    // 3 + 5 n integers are what `ssyevd` documents as enough for eigenvectors.
    var integers = [Int32](repeating: 0, count: 3 + 5 * Int(n))
    let count = Int32(integers.count)
    return withWorkspace {
      LAPACKE_ssyevd_work(
        columnMajor, job, letter("U"), n, a, max(1, n), w, $0, $1, &integers,
        $1 == -1 ? -1 : count)
    }
  }
}

// MARK: - Of matrices that are not symmetric
//
// These are asked for in Double alone: what is made of them takes more digits than Float has.

extension Double {
  /// The real Schur form of a, which it takes the place of, with its vectors as columns.
  static func gees(_ n: Int32, _ a: Elements, _ vectors: Elements) -> Int32 {
    var values = [Double](repeating: 0, count: 2 * Int(n))
    var sorted: Int32 = 0
    return values.withUnsafeMutableBufferPointer { values in
      guard let real = values.baseAddress else { return 0 }
      return withWorkspace {
        LAPACKE_dgees_work(
          columnMajor, letter("V"), letter("N"), nil, n, a, max(1, n), &sorted, real,
          real + Int(n), vectors, max(1, n), $0, $1, nil)
      }
    }
  }

  /// X with A X + X B = C, which it takes the place of, for matrices of Schur form in one matrix: A begins
  /// at a, B at b. 1 where they have eigenvalues with the sum 0, and those were moved apart.
  static func trsyl(
    _ m: Int32, _ n: Int32, _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ c: Elements,
    _ leading: Int32, _ scale: inout Double
  ) -> Int32 {
    LAPACKE_dtrsyl_work(
      columnMajor, letter("N"), letter("N"), 1, m, n, a, leading, b, leading, c, leading, &scale)
  }

  /// The eigenvalues, and the eigenvectors as columns: of a conjugate pair the real and the imaginary part
  /// of the first.
  static func geev(
    _ n: Int32, _ a: Elements, _ real: Elements, _ imaginary: Elements, _ vectors: Elements
  ) -> Int32 {
    withWorkspace {
      LAPACKE_dgeev_work(
        columnMajor, letter("N"), letter("V"), n, a, max(1, n), real, imaginary, nil, 1, vectors,
        max(1, n), $0, $1)
    }
  }
}
