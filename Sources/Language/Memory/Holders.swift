// What can come to hold itself: boxes, whose variable is assigned after a closure has captured it, and
// models, whose fields are. Reference counts never free such rings, so that an interpreter knows all its
// holders and looks for those that only they themselves hold; see `Cycles.swift`.
//
// Invariant: a holder is in one ring of links from its making to its end, or until its interpreter ends;
// one that was made while no program ran is in none.

internal import Kernels

/// An object whose values can be set later.
public class Holder {
  @exclusivity(unchecked) fileprivate unowned(unsafe) var next: Holder?
  @exclusivity(unchecked) fileprivate unowned(unsafe) var previous: Holder?
  /// The number of the holder in the search that goes on, from 1; 0 outside.
  @exclusivity(unchecked) var mark = 0

  init() {
    guard let young = mos_holders_get().young else { return }
    Unmanaged<Holder>.fromOpaque(young)._withUnsafeGuaranteedRef { join($0) }
    mos_holders_add(1)
  }

  /// The head of a ring that holds nothing yet.
  fileprivate init(asHead: Void) {
    next = self
    previous = self
  }

  deinit {
    guard previous != nil else { return }
    leave()
    mos_holders_add(-1)
  }

  /// Leaves everything that it holds without a value.
  func forgetValues() {}

  fileprivate final func join(_ head: Holder) {
    next = head.next
    previous = head
    head.next?.previous = self
    head.next = self
  }

  fileprivate final func leave() {
    previous?.next = next
    next?.previous = previous
    next = nil
    previous = nil
  }
}

/// The holders of one interpreter: the young, made since the last search, and the old, which were alive
/// then.
final class Holders {
  /// The holders that one search looks at, which takes some milliseconds: so many young ones ask for it,
  /// and it takes as many old ones along, another part of them each time.
  static let patience = 4_000
  /// Those for which the end of a run is worth a search.
  private static let worth = 1_000

  private let young = Holder(asHead: ())
  private let old = Holder(asHead: ())
  /// The holders that were alive at the end of the last run, after the last search, and after the last
  /// search of all.
  @exclusivity(unchecked) private(set) var count = 0
  @exclusivity(unchecked) private var countAfterSearch = 0
  private var countAfterFullSearch = 0

  deinit {
    // Who outlives the interpreter is in no ring.
    for head in [young, old] {
      for holder in Holders.members(of: head) { holder._withUnsafeGuaranteedRef { $0.leave() } }
      head.leave()
    }
  }

  /// All that are in its rings; nobody may end while they are walked over.
  var all: [Holder] {
    [young, old].flatMap { Holders.members(of: $0).map { $0.takeUnretainedValue() } }
  }

  /// From now on holders that are made on this thread are those of this interpreter; gives whose they were.
  func begin() -> mos_holders {
    let outer = mos_holders_get()
    mos_holders_set(
      mos_holders(
        young: Unmanaged.passUnretained(young).toOpaque(), count: Int64(count),
        threshold: Int64(countAfterSearch + Holders.patience)))
    return outer
  }

  /// Frees the rings of a run that came to its end, where it made many holders.
  func collectIfWorth() {
    if Int(mos_holders_get().count) > countAfterSearch + Holders.worth { collectAtEnd() }
  }

  /// The end of what `begin` began.
  func end(_ outer: mos_holders) {
    count = max(0, Int(mos_holders_get().count))
    mos_holders_set(outer)
  }

  /// Frees the rings among the young, and among a part of the old.
  func collect() {
    search(Holders.members(of: young))
    search(Holders.members(of: old, atMost: Holders.patience))
    var holders = mos_holders_get()
    countAfterSearch = Int(holders.count)
    holders.threshold = holders.count + Int64(Holders.patience)
    mos_holders_set(holders)
  }

  /// Frees the rings of a run that ends; those among all where there are twice as many as after the last
  /// time.
  private func collectAtEnd() {
    collect()
    guard Int(mos_holders_get().count) > 2 * max(countAfterFullSearch, Holders.patience) else {
      return
    }
    search(Holders.members(of: old))
    countAfterFullSearch = Int(mos_holders_get().count)
    countAfterSearch = countAfterFullSearch
  }

  /// Frees the rings among holders; those that stay are the last of the old to be searched again.
  private func search(_ holders: [Unmanaged<Holder>]) {
    var cycles = Cycles(holders)
    let (alive, garbage) = cycles.outcome()
    // Before anything ends: what a closure of Swift holds may end with the garbage.
    for holder in alive {
      holder._withUnsafeGuaranteedRef {
        $0.leave()
        $0.join(old)
      }
    }
    // All are held until all are empty.
    for holder in garbage { holder.forgetValues() }
  }

  /// The holders of a ring, those first that were searched longest ago.
  private static func members(
    of head: Holder, atMost limit: Int = .max
  ) -> [Unmanaged<Holder>] {
    var members: [Unmanaged<Holder>] = []
    var place = head.previous
    while let holder = place, holder !== head, members.count < limit {
      members.append(.passUnretained(holder))
      place = holder.previous
    }
    return members
  }
}
