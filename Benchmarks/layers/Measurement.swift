// Timing, and the lines that tell of it.

import Platform

/// Seconds of a clock that only goes forward.
func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// The seconds that one call takes: the least mean of nine batches of about a hundredth of a
/// second each.
func seconds(_ body: () throws -> Void) rethrows -> Double {
  let count = try repetitions(body)
  var least = Double.infinity
  for _ in 0..<9 { least = min(least, try mean(count, body)) }
  return least
}

/// The seconds that a call of the first takes beyond one of the second. They take turns, so that a
/// machine that is busy for a while does not look like a difference.
func seconds(_ body: () throws -> Void, beyond other: () throws -> Void) rethrows -> Double {
  let (count, otherCount) = (try repetitions(body), try repetitions(other))
  var (least, leastOther) = (Double.infinity, Double.infinity)
  for _ in 0..<9 {
    least = min(least, try mean(count, body))
    leastOther = min(leastOther, try mean(otherCount, other))
  }
  return least - leastOther
}

/// How many calls take a hundredth of a second.
private func repetitions(_ body: () throws -> Void) rethrows -> Int {
  try body()
  var count = 1
  while true {
    let elapsed = try mean(count, body) * Double(count)
    if elapsed >= 0.01 { return count }
    count = max(count * 2, min(count * 100, Int(Double(count) * 0.012 / max(elapsed, 1e-7))))
  }
}

private func mean(_ count: Int, _ body: () throws -> Void) rethrows -> Double {
  let start = now()
  for _ in 0..<count { try body() }
  return (now() - start) / Double(count)
}

/// Keeps a value from being optimized away.
@inline(never) func use<T>(_ value: T) {}

/// A line of a table: a name, and nanoseconds.
func report(_ name: String, _ seconds: Double) {
  print("  \(padded(name, 40))\(aligned(seconds * 1e9, 12, digits: 1)) ns")
}

func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}

/// A number with that many digits behind the point, at the right of a column.
func aligned(_ value: Double, _ width: Int, digits: Int) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let whole = Int((value * scale).rounded())
  var text = String(whole)
  if digits > 0 {
    text = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    text.insert(".", at: text.index(text.endIndex, offsetBy: -digits))
  }
  return String(repeating: " ", count: max(0, width - text.count)) + text
}
