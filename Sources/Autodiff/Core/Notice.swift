// What an operation says beside its result.

/// A remark for the person who runs the program: the result stands, but perhaps not for what they
/// think.
public struct Notice: Sendable {
  /// What happened, with its figures.
  public var message: String
  /// What to do about it.
  public var hint: String
  /// `Context.place` of the operation; one place is told once.
  public var place: UInt64

  /// A remark on the operation at a place.
  public init(_ message: String, hint: String, place: UInt64) {
    self.message = message
    self.hint = hint
    self.place = place
  }

  /// Hands the remark to whoever listens on this thread.
  public func send() { Context.current.notify?(self) }
}
