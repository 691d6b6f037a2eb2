// A walk back by several ranks: it comes by every collective on all of them, last called first.
//
// On one rank the loss may depend on the result of a collective, on another not, or what it was called with may
// depend on nothing that a gradient is asked for. A rank that then passed the collective over would leave the
// others waiting, and what it owes their gradients would be missing. So before rules run, ranks compare which
// collectives their walks come by; where these differ, each goes by those of all, with zeros where nothing
// arrives, until all come by the same. Nodes are visited in the order of their making, which is the same on every
// rank.

import Tensors

/// The collectives on the tapes of a context.
struct CollectiveNodes {
  fileprivate struct Entry {
    let number: Int
    let height: Int32
    let serial: Int
    let sequence: Int
    weak var bundle: Traced?
    /// Held until the level ends: what its own rank lets go of, others may still need. The ambient tape never ends.
    let held: Traced?
  }

  private var entries: [Entry] = []
  /// How many there have been.
  private(set) var number = 0

  /// Whether one has been on the ambient tape.
  private var hasAmbient = false

  var isEmpty: Bool { entries.isEmpty }

  /// Those of a tape, for a walk back after it has ended.
  struct Saved {
    fileprivate let entries: [Entry]
    var isEmpty: Bool { entries.isEmpty }
  }

  /// Keeps the node of a collective.
  mutating func keep(_ bundle: Traced) {
    entries.removeAll { $0.bundle == nil }
    entries.append(
      Entry(
        number: number, height: bundle.height, serial: bundle.serial, sequence: bundle.sequence,
        bundle: bundle, held: bundle.height > 0 ? bundle : nil))
    number += 1
    if bundle.height == 0 { hasAmbient = true }
  }

  /// Those on the tape of that height.
  func saved(at height: Int) -> Saved {
    Saved(entries: entries.filter { Int($0.height) == height })
  }

  /// Adds those of a tape that had ended.
  mutating func add(_ saved: Saved) {
    entries.removeAll { entry in saved.entries.contains { $0.number == entry.number } }
    entries += saved.entries
  }

  /// Goes back to those of before; the count goes on, and so do those that have come since on tapes that are there.
  mutating func resume(_ earlier: CollectiveNodes) {
    let added = entries.filter { $0.number >= earlier.number }
    entries = earlier.entries.filter { $0.number < earlier.number } + added
  }

  /// Forgets those of levels that end.
  mutating func forget(from height: Int) { entries.removeAll { Int($0.height) >= height } }

  /// Forgets those of a graph that is made again when it is needed.
  mutating func forget(madeAfter sequence: Int) { entries.removeAll { $0.sequence > sequence } }

  // MARK: - Walking back

  /// The nodes on a tape that somebody holds.
  func nodes(onTape serial: Int) -> [Traced] {
    entries.filter { $0.serial == serial }.compactMap(\.bundle)
  }

  /// The nodes of collectives that a walk of another rank comes by and this one's does not; nil where the walks of all
  /// ranks come by the same.
  ///
  /// - Parameter serial: which tape is walked.
  /// - Throws: a value error on every rank where one of them holds such a node no more.
  func missing(
    onTape serial: Int, _ ranks: Ranks, isReached: (Traced) -> Bool
  ) throws -> [Traced]? {
    let ofTape = entries.filter { $0.serial == serial }
    // Of those on the ambient tape each rank may have let go of others.
    guard serial == 0 ? hasAmbient : !ofTape.isEmpty else { return nil }
    let known = ofTape.filter { $0.bundle != nil }
    let own = known.filter { $0.bundle.map(isReached) ?? false }.map(\.number)
    // In a task a rank walks alone.
    if ranks.refusal != nil, own.isEmpty { return nil }
    var code = Code()
    for number in own { code.add(UInt64(number)) }
    let seen = try ranks.meet("the way back of a gradient", [code.word, ~code.word])
    guard seen[0] != ~seen[1] else { return nil }
    let bytes = own.withUnsafeBytes { Array($0) }
    var union: Set<Int> = []
    for bytes in try ranks.allGather(bytes) {
      bytes.withUnsafeBytes { union.formUnion($0.bindMemory(to: Int.self)) }
    }
    let others = union.subtracting(own).sorted()
    let found = others.compactMap { number in known.first { $0.number == number }?.bundle }
    try ranks.requireOnAll(
      found.count == others.count, "the way back of a gradient",
      "a gradient goes back through a collective whose result one of the ranks dropped",
      hint:
        "take the gradient of a function with grad, or let every rank's loss use what the collective gave"
    )
    return found
  }
}

extension Walk {
  /// Makes ready to gather, and comes by the collectives that any rank's walk comes by.
  mutating func begin(
    with roots: inout [(node: Traced, cotangent: Variable)], targets: [Traced]?, view: GraphView,
    cut: Bool, in context: Context
  ) throws {
    let serial = view.serial ?? roots.first?.node.serial ?? 0
    let passed = context.collectives.nodes(onTape: serial)
    tellOfSums(roots, in: context)
    while true {
      try begin(roots: roots, targets: targets, view: view, cut: cut, passing: passed)
      let missing = try context.collectives.missing(onTape: serial, context.ranks) {
        position(of: $0) >= 0
      }
      guard let missing else { return }
      roots += try missing.map { try $0.zeroRoot(in: context) }
      end()
    }
  }
}

/// Says, once a place, that a loss which is a sum over ranks counts once for each of them.
private func tellOfSums(_ roots: [(node: Traced, cotangent: Variable)], in context: Context) {
  guard roots.count == 1, let bundle = roots[0].node.partOf?.bundle,
    bundle.customFunction?.name == Collective.allReduce.name, bundle.value.count == 1
  else { return }
  Notice(
    "the loss is a sum over ranks that all \(context.ranks.count) of them have, so that its gradient is "
      + "\(context.ranks.count) times as large",
    hint: "all_reduce(loss, op=\"mean\") and the mean of the gradients are those of one process",
    place: bundle.place
  ).send()
}

extension Traced {
  /// A result of this bundle that nobody has, for a walk that begins there with zeros.
  func zeroRoot(in context: Context) throws -> (node: Traced, cotangent: Variable) {
    let part = Traced(
      .tape, value: value, height: Int(height), context: context, primitive: .part,
      attributes: .int(0), first: .traced(self))
    return (part, try value.zerosLike())
  }
}
