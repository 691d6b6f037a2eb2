// What a run may take.

import Tensors

/// Bounds that an embedder sets; each ends in an error of kind `limit`. All are greater than 0, and as
/// great as one likes; a run under others is an error of kind `value`.
public struct Limits: Sendable {
  /// Loop rounds and calls that a run may take; nil for any number.
  public var instructions: Int?
  /// Seconds that a run may take; nil and infinity for any time.
  public var seconds: Double?
  /// Calls of Mos functions inside one another. Their values lie on a stack that holds 4 million.
  public var depth = 200_000
  /// Bytes that what a program makes may hold at a time; never more than nine tenths of the machine's
  /// memory, nor of what the process's control group may have.
  public var memory: Int?
  /// Bytes of text that a run may print; nil for any number.
  public var output: Int?
  /// Threads that one operation of a run is split over; nil for as many as the process has.
  public var threads: Int?
  /// No limits but that of the depth.
  public init() {}

  /// Looks whether a run can have these limits.
  ///
  /// - Throws: a value error that names the first that is out of range.
  package func validate() throws {
    func require(_ name: String, _ isInRange: Bool, _ value: some CustomStringConvertible) throws {
      if isInRange { return }
      throw RuntimeError(.value, "the limit `\(name)` must be greater than 0, not \(value)")
    }
    if let instructions { try require("instructions", instructions > 0, instructions) }
    if let seconds { try require("seconds", seconds > 0, formatShortest(seconds)) }
    try require("depth", depth > 0, depth)
    if let memory { try require("memory", memory > 0, memory) }
    if let output { try require("output", output > 0, output) }
    if let threads { try require("threads", threads > 0, threads) }
  }
}
