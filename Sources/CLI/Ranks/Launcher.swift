// Who started this process: a launcher of ranks, as mpirun and srun, says so in variables.

import Platform

/// What a launcher told this process.
struct Launcher {
  /// The variable that says how many processes there are.
  let variable: String
  /// How many processes it started.
  let count: Int
  /// The number of this one.
  let rank: Int

  /// The launcher of this process; nil where there is none.
  static let current = named()

  /// Whether this process is the first of those that do the same: the one for what is done once.
  static var isFirst: Bool { (current?.rank ?? 0) == 0 }

  private static func named() -> Launcher? {
    // A job of Slurm has its number of tasks in every process, and a rank where srun started it as one.
    let pairs = [
      ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"), ("PMI_SIZE", "PMI_RANK"),
      ("SLURM_NTASKS", "PMIX_RANK"),
    ]
    for (size, place) in pairs {
      if let count = number(size), let rank = number(place), count > 0, rank >= 0 {
        return Launcher(variable: size, count: count, rank: rank)
      }
    }
    return nil
  }

  private static func number(_ name: String) -> Int? {
    getenv(name).flatMap { Int(String(cString: $0)) }
  }
}
