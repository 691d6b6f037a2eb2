// One bound on a run, as the command line names it: `seconds=0.5`, `memory=50MB`.

import ArgumentParser
import Language

struct Limit {
  private let name: String
  private let text: String

  /// - Throws: what is wrong with the text.
  init(_ argument: String) throws {
    let parts = argument.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let bound = Limit.bounds[parts[0]] else {
      let names = Limit.bounds.keys.sorted().map { $0 + "=…" }
      throw ValidationError("a limit is one of \(names.joined(separator: ", "))")
    }
    (name, text) = (parts[0], parts[1])
    var limits = Limits()
    guard bound.read(&limits, text) else {
      throw ValidationError("`\(name)` takes \(bound.wanted)")
    }
    do { try limits.validate() } catch let error as RuntimeError {
      throw ValidationError(error.diagnostic.message)
    }
  }

  /// Sets the bound.
  func apply(_ limits: inout Limits) { _ = Limit.bounds[name]?.read(&limits, text) }

  private struct Bound: Sendable {
    let wanted: String
    /// Sets the bound by a text; false where it cannot be read.
    let read: @Sendable (inout Limits, String) -> Bool
  }

  private static let bounds: [String: Bound] = [
    "instructions": Bound(wanted: "a whole number") { limits, text in
      limits.instructions = Int(text)
      return limits.instructions != nil
    },
    "seconds": Bound(wanted: "a number") { limits, text in
      limits.seconds = Double(text)
      return limits.seconds != nil
    },
    "depth": Bound(wanted: "a whole number") { limits, text in
      guard let depth = Int(text) else { return false }
      limits.depth = depth
      return true
    },
    "memory": Bound(wanted: bytesWanted) { limits, text in
      limits.memory = bytes(text)
      return limits.memory != nil
    },
    "output": Bound(wanted: bytesWanted) { limits, text in
      limits.output = bytes(text)
      return limits.output != nil
    },
  ]

  private static let bytesWanted = "a whole number of bytes, kB, MB, GB, KiB, MiB or GiB"

  private static let units = [
    "": 1, "kB": 1000, "MB": 1_000_000, "GB": 1_000_000_000, "KiB": 1 << 10, "MiB": 1 << 20,
    "GiB": 1 << 30,
  ]

  /// The bytes that a text stands for; as many as there can be, for more than that.
  private static func bytes(_ text: String) -> Int? {
    let digits = text.prefix { !$0.isLetter }
    guard let number = Int(digits), let unit = units[String(text[digits.endIndex...])] else {
      return nil
    }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: unit)
    return overflow ? (number > 0 ? .max : .min) : bytes
  }
}
