// How many threads work on one operation. Results do not depend on it, but for the rounding of sums
// in products of a matrix with a vector and in factorizations. OpenBLAS runs on one thread in the
// whole process from its first use on; see `Blas`.

internal import Kernels

/// The threads that large operations are split over, in this process.
public enum Threads {
  /// The cores that the process may run on, at first. Values below 1 count as 1.
  public static var count: Int {
    get { Int(mos_thread_count()) }
    set { mos_set_thread_count(Int32(clamping: max(newValue, 1))) }
  }

  /// Runs tasks on these threads, this one among them, each once; not all where the run is to end.
  static func share(_ tasks: Int, _ body: (_ task: Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      var task: (Int) -> Void = body
      withUnsafeMutablePointer(to: &task) {
        mos_parallel(
          tasks, { $0.assumingMemoryBound(to: ((Int) -> Void).self).pointee(Int($1)) }, $0)
      }
    }
  }
}
