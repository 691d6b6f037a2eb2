// How many threads work on one operation. Results do not depend on it.

internal import COpenBLAS
internal import Kernels

/// The threads that large operations are split over, in this process.
public enum Threads {
  /// The number for elementwise loops and for BLAS; the machine's cores at first. Values below 1
  /// count as 1.
  public static var count: Int {
    get { Int(mos_thread_count()) }
    set {
      let count = Int32(clamping: max(newValue, 1))
      mos_set_thread_count(count)
      openblas_set_num_threads(count)
    }
  }

  /// OpenBLAS's kernels chosen, once, before its first use.
  static let blasIsReady: Void = mos_choose_blas_kernels()
}
