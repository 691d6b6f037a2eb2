// A value that is none of the type that was asked for. It collects the way to the place on its way out.

internal import Language

/// What was expected at a place in a value, and what was found.
struct ConversionError: Error {
  let expected: String
  let found: String
  /// The way from the value that was asked for, outermost last: `.losses`, `[2]`.
  private(set) var way: [String] = []

  init(expected: String, found: String) {
    self.expected = expected
    self.found = found
  }

  /// Runs the body for a part of a value.
  static func at<Result>(_ step: @autoclosure () -> String, _ body: () throws -> Result) throws
    -> Result
  {
    do { return try body() } catch var error as ConversionError {
      error.way.append(step())
      throw error
    }
  }

  var runtimeError: RuntimeError {
    let place = way.reversed().joined()
    return RuntimeError(
      .type,
      place.isEmpty
        ? "expected \(expected), found \(found)"
        : "expected \(expected) at `\(place)`, found \(found)")
  }
}
