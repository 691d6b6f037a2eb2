// How many threads work on one operation. Results do not depend on it, but for the rounding of sums
// in large products and factorizations of matrices. OpenBLAS runs on one thread in the whole process
// from its first use on; see `Blas`.

internal import Kernels

/// The threads that large operations are split over, in this process.
public enum Threads {
  /// The cores that the process may run on, at first. Values below 1 count as 1.
  public static var count: Int {
    get { Int(mos_thread_count()) }
    set { mos_set_thread_count(Int32(clamping: max(newValue, 1))) }
  }
}
