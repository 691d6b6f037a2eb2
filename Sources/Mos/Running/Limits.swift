// What a run may take.

internal import Language

/// Bounds on a run; each ends in an error of kind `limit`, which the program cannot catch, and the interpreter
/// is usable afterwards, every variable whole.
///
/// Calls within a run share its limits. A value out of range, nan among them, makes the next run an error of
/// kind `value` that names it.
public struct Limits: Sendable {
  /// Seconds that a run may take; nil and infinity for any time.
  public var seconds: Double?
  /// Loop rounds and calls that a run may take; nil for any number.
  public var instructions: Int?
  /// Bytes that what programs make may hold at a time; nil for nine tenths of the machine's memory.
  public var memory: Int?
  /// Calls of functions of the language inside one another.
  public var depth: Int
  /// Bytes of text that a run may print; nil for any number.
  public var output: Int?
  /// Threads that one operation may be split over; nil for as many as there are cores.
  public var threads: Int?

  /// Bounds, each greater than 0.
  public init(
    seconds: Double? = nil, instructions: Int? = nil, memory: Int? = nil, depth: Int = 200_000,
    output: Int? = nil, threads: Int? = nil
  ) {
    self.seconds = seconds
    self.instructions = instructions
    self.memory = memory
    self.depth = depth
    self.output = output
    self.threads = threads
  }

  var ofLanguage: Language.Limits {
    var limits = Language.Limits()
    limits.seconds = seconds
    limits.instructions = instructions
    limits.memory = memory
    limits.depth = depth
    limits.output = output
    limits.threads = threads
    return limits
  }
}
