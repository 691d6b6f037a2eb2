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
  /// The young ones that are alive together before they are searched: some megabytes, some milliseconds.
  static let patience = 10_000
  /// Those for which the end of a run is worth a search.
  private static let worth = 1_000

  private let young = Holder(asHead: ())
  private let old = Holder(asHead: ())
  /// The holders that were alive at the end of the last run, after the last search, and after the last
  /// search of all.
  private(set) var count = 0
  private var countAfterSearch = 0
  private var countAfterFullSearch = 0

  deinit {
    // Who outlives the interpreter is in no ring.
    for head in [young, old] {
      for holder in Holders.members(of: head) { holder._withUnsafeGuaranteedRef { $0.leave() } }
      head.leave()
    }
  }

  /// Runs the body, which makes holders of this interpreter.
  func making<R>(_ body: () throws -> R) rethrows -> R {
    let outer = mos_holders_get()
    mos_holders_set(
      mos_holders(
        young: Unmanaged.passUnretained(young).toOpaque(), count: Int64(count),
        threshold: Int64(countAfterSearch + Holders.patience)))
    defer {
      count = max(0, Int(mos_holders_get().count))
      mos_holders_set(outer)
    }
    let result = try body()
    if Int(mos_holders_get().count) > countAfterSearch + Holders.worth { collect() }
    return result
  }

  /// Frees the rings among the young; among all where there are twice as many as after the last time.
  func collect() {
    search(young)
    for holder in Holders.members(of: young) {
      holder._withUnsafeGuaranteedRef {
        $0.leave()
        $0.join(old)
      }
    }
    if Int(mos_holders_get().count) > 2 * max(countAfterFullSearch, Holders.patience) {
      search(old)
      countAfterFullSearch = Int(mos_holders_get().count)
    }
    var holders = mos_holders_get()
    countAfterSearch = Int(holders.count)
    holders.threshold = holders.count + Int64(Holders.patience)
    mos_holders_set(holders)
  }

  private func search(_ head: Holder) {
    var cycles = Cycles(Holders.members(of: head))
    cycles.free()
  }

  private static func members(of head: Holder) -> [Unmanaged<Holder>] {
    var members: [Unmanaged<Holder>] = []
    var place = head.next
    while let holder = place, holder !== head {
      members.append(.passUnretained(holder))
      place = holder.next
    }
    return members
  }
}
