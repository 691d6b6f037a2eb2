// The processes that run one program, as they come together: all count the same number of them, run the same
// version of mos by the same kernels, and share the cores that they may run on.

import Autodiff
import Kernels
import Platform
import Tensors

/// All ranks of a program.
final class World {
  /// The world of this process; nil where it is alone. Set once, before a program runs.
  nonisolated(unsafe) private(set) static var current: World?

  let ranks: MessageRanks
  /// The number of this rank.
  var rank: Int { ranks.rank }
  /// Whether this rank does what is done once.
  var isFirst: Bool { ranks.rank == 0 }

  private init(_ ranks: MessageRanks) { self.ranks = ranks }

  /// Comes together with the others that a launcher started, where it started any.
  ///
  /// - Parameter wanted: what `--ranks` asked for.
  /// - Throws: why they cannot.
  static func join(_ options: Options, wanted: Int?) throws {
    guard current == nil, let launcher = Launcher.current else { return }
    if let wanted, wanted != launcher.count {
      throw RankError(
        "--ranks \(wanted) starts processes of its own, and a launcher has started this one as one of "
          + "\(launcher.count); leave --ranks out")
    }
    guard launcher.count > 1 else { return }
    let library = try MessageLibrary.load()
    let ranks = try MessageRanks(library)
    guard ranks.count == launcher.count else {
      throw RankError(
        """
        the launcher has started \(launcher.count) processes, as \(launcher.variable) says, and MPI knows \
        of \(ranks.count)
          = start them by the mpirun of the MPI that \(library.path) was made with, \(ranks.name)
        """)
    }
    let world = World(ranks)
    current = world
    try world.adapt(options)
  }

  /// What ranks have to know of each other; the layout is the same on all that run one version, and the version
  /// stands in front.
  private struct Card {
    static let (versionSize, maskSize) = (32, 128)
    static let size = versionSize + 16 + maskSize

    var version = ""
    var level: UInt64 = 0
    var host: UInt64 = 0
    /// The cores that the rank may run on, a bit each; the first thousand.
    var cores = [UInt8](repeating: 0, count: maskSize)

    var bytes: [UInt8] {
      let text = version.utf8.prefix(Card.versionSize)
      var bytes = Array(text) + [UInt8](repeating: 0, count: Card.versionSize - text.count)
      for word in [level, host] { withUnsafeBytes(of: word) { bytes += $0 } }
      return bytes + cores
    }

    init() {}

    init(_ bytes: ArraySlice<UInt8>) {
      version = String(
        decoding: bytes.prefix(Card.versionSize).prefix { $0 != 0 }, as: UTF8.self)
      let words = Array(bytes.dropFirst(Card.versionSize).prefix(16))
      (level, host) = words.withUnsafeBytes {
        ($0.load(as: UInt64.self), $0.load(fromByteOffset: 8, as: UInt64.self))
      }
      cores = Array(bytes.suffix(Card.maskSize))
    }
  }

  /// Runs as all ranks can.
  private func adapt(_ options: Options) throws {
    var own = Card()
    own.version = version
    own.level = UInt64(mos_kernel_level())
    own.host = World.hostCode
    mos_usable_core_bits(&own.cores, own.cores.count)
    var bytes = [UInt8](repeating: 0, count: Card.size * ranks.count)
    try own.bytes.withUnsafeBytes { own in
      try bytes.withUnsafeMutableBytes {
        try ranks.allGather(
          own, sizes: Array(repeating: Card.size, count: ranks.count), into: $0)
      }
    }
    let cards = (0..<ranks.count).map {
      Card(bytes[$0 * Card.size..<($0 + 1) * Card.size])
    }
    if let other = cards.firstIndex(where: { $0.version != cards[0].version }) {
      throw RankError(
        "rank 0 runs mos \(cards[0].version) and rank \(other) mos \(cards[other].version); "
          + "all ranks need one version")
    }
    takeLowestLevel(of: cards)
    if options.threads == nil { Threads.count = share(of: own, among: cards) }
  }

  /// Kernels of one level give the same bits on all ranks.
  private func takeLowestLevel(of cards: [Card]) {
    let levels = cards.map { Int($0.level) }
    guard let lowest = levels.min(), let highest = levels.max(), lowest != highest else { return }
    let names = ["baseline", "avx2", "avx512"]
    // Threads that compute choose theirs by the variable.
    setenv("MOS_KERNELS", names[lowest], 1)
    mos_set_kernel_level(Int32(lowest))
    guard isFirst, let weakest = levels.firstIndex(of: lowest) else { return }
    writeError(
      "note: all ranks run the kernels of \(names[lowest]), which are the best that rank \(weakest) has\n"
    )
  }

  /// The cores that a rank may run on, divided by the ranks that may run on some of them.
  private func share(of own: Card, among cards: [Card]) -> Int {
    let cores = own.cores.reduce(0) { $0 + $1.nonzeroBitCount }
    let sharing = cards.count { card in
      card.host == own.host && zip(card.cores, own.cores).contains { $0 & $1 != 0 }
    }
    guard cores > 0 else { return max(1, Threads.count / max(1, sharing)) }
    return max(1, cores / max(1, sharing))
  }

  /// A number that stands for this machine.
  private static var hostCode: UInt64 {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    var code: UInt64 = 0xcbf2_9ce4_8422_2325
    for letter in name where letter != 0 {
      code = (code ^ UInt64(UInt8(bitPattern: letter))) &* 0x100_0000_01b3
    }
    return code
  }
}
