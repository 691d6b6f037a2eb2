// The processes that run one program together.
//
// What they exchange is bytes: sums and their order are ours (`Collective.swift`), so that they have the same
// bits on every rank and by every engine. Ranks meet before they exchange anything (`Ranks.swift`): the wait for
// the last of them is in `greatest`, which hears of interrupts and limits. All that follows a meeting takes the
// time of its bytes alone.

/// The ranks of a program, as one of them sees them.
///
/// All ranks call the same functions in the same order, from the thread that runs the program.
public protocol Communicator: AnyObject {
  /// The number of this rank, from 0 on.
  var rank: Int { get }
  /// How many ranks there are.
  var count: Int { get }

  /// Makes each word the largest that any rank has given, at most eight of them. Looks at interrupts and limits
  /// while it waits for others.
  ///
  /// - Throws: where the run is to end; then the ranks cannot meet any more.
  func greatest(_ words: inout [UInt64]) throws

  /// Every rank's bytes, one behind another in the order of ranks.
  ///
  /// - Parameter sizes: how many bytes each rank has; the same on every rank.
  func allGather(
    _ own: UnsafeRawBufferPointer, sizes: [Int], into all: UnsafeMutableRawBufferPointer) throws

  /// Gives piece r of this rank's bytes to rank r, and gets a piece of each.
  ///
  /// - Parameters:
  ///   - given: the size of each piece of this rank's.
  ///   - taken: the size of the piece that each rank has for this one.
  ///   - largest: the size of the largest piece that any rank gives; the same on every rank.
  func exchange(
    _ own: UnsafeRawBufferPointer, given: [Int], into pieces: UnsafeMutableRawBufferPointer,
    taken: [Int], largest: Int) throws

  /// The bytes of one rank, on every rank.
  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws

  /// Every rank's bytes, one behind another, on one rank.
  ///
  /// - Parameter all: room for all of them on that rank, empty on others.
  func gather(
    _ own: UnsafeRawBufferPointer, sizes: [Int], into all: UnsafeMutableRawBufferPointer,
    at root: Int) throws

  /// Piece r of the bytes that one rank has, on rank r.
  ///
  /// - Parameter all: the bytes on that rank, empty on others.
  func scatter(
    _ all: UnsafeRawBufferPointer, sizes: [Int], into own: UnsafeMutableRawBufferPointer,
    from root: Int) throws
}

/// A program that one process runs: what it gives it gets.
public final class SingleRank: Communicator {
  /// One process.
  public init() {}
  public var rank: Int { 0 }
  public var count: Int { 1 }
  public func greatest(_ words: inout [UInt64]) {}
  public func allGather(
    _ own: UnsafeRawBufferPointer, sizes: [Int], into all: UnsafeMutableRawBufferPointer
  ) {
    all.copyMemory(from: own)
  }
  public func exchange(
    _ own: UnsafeRawBufferPointer, given: [Int], into pieces: UnsafeMutableRawBufferPointer,
    taken: [Int], largest: Int
  ) {
    pieces.copyMemory(from: own)
  }
  public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {}
  public func gather(
    _ own: UnsafeRawBufferPointer, sizes: [Int], into all: UnsafeMutableRawBufferPointer,
    at root: Int
  ) {
    all.copyMemory(from: own)
  }
  public func scatter(
    _ all: UnsafeRawBufferPointer, sizes: [Int], into own: UnsafeMutableRawBufferPointer,
    from root: Int
  ) {
    own.copyMemory(from: all)
  }
}
