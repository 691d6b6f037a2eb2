// Changing a list or a record where it stands.
//
// A pattern that binds a payload keeps the place's own reference till its scope ends, and what
// changes the payload then copies all of it: a loop that stores n elements takes n² steps. So a
// value is taken out of its place first, which holds nil meanwhile, and put back on every way out.

extension Value {
  /// Takes the value out of its place and leaves nil there.
  @inline(__always)
  mutating func take() -> Value {
    var taken = Value.nil
    swap(&taken, &self)
    return taken
  }

  /// Runs the body on the elements of a list where they are; nil, without running it, for
  /// anything else.
  @inline(__always)
  mutating func changeElements<Result>(
    _ body: (inout [Value]) throws -> Result
  ) rethrows -> Result? {
    guard case .list = self, case .list(var elements) = take() else { return nil }
    defer { self = .list(elements) }
    return try body(&elements)
  }

  /// Runs the body on the fields of a record where they are; nil, without running it, for
  /// anything else.
  @inline(__always)
  mutating func changeFields<Result>(
    _ body: (inout Record) throws -> Result
  ) rethrows -> Result? {
    guard case .record = self, case .record(var fields) = take() else { return nil }
    defer { self = .record(fields) }
    return try body(&fields)
  }

  /// The place of a key in a record, or nil.
  func position(of key: String) -> Int? {
    if case .record(let record) = self { record.position(of: key) } else { nil }
  }
}
