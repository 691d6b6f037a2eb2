// One bound on a run, as the command line names it: `seconds=0.5`, `memory=50MB`.

import ArgumentParser
import Language

struct Limit {
  private let name: String
  private let text: String

  /// - Throws: what is wrong with the text.
  init(_ argument: String) throws {
    let parts = argument.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, Limit.bounds[parts[0]] != nil else {
      let names = Limit.names.map { $0 + "=…" }
      throw ValidationError("a limit is one of \(names.joined(separator: ", "))")
    }
    try self.init(name: parts[0], parts[1])
  }

  /// - Throws: what is wrong with the text, or with the name.
  init(name: String, _ text: String) throws {
    guard let bound = Limit.bounds[name] else {
      throw ValidationError("a limit is one of \(Limit.names.joined(separator: ", "))")
    }
    (self.name, self.text) = (name, text)
    var limits = Limits()
    guard bound.read(&limits, text) else {
      throw ValidationError("`\(name)` takes \(bound.wanted)")
    }
    do { try limits.validate() } catch let error as RuntimeError {
      throw ValidationError(error.diagnostic.message)
    }
  }

  static let names: [String] = bounds.keys.sorted()

  /// Takes the bound of a name away.
  static func remove(_ name: String, from limits: inout Limits) {
    switch name {
    case "instructions": limits.instructions = nil
    case "seconds": limits.seconds = nil
    case "depth": limits.depth = Limits().depth
    case "memory": limits.memory = nil
    default: limits.output = nil
    }
  }

  /// The bounds that there are, a line each.
  static func lines(of limits: Limits) -> [String] {
    let all: [(String, String?)] = [
      ("depth", "\(limits.depth)"), ("instructions", limits.instructions.map { "\($0)" }),
      ("memory", limits.memory.map { "\(ByteCount($0))" }),
      ("output", limits.output.map { "\(ByteCount($0))" }),
      ("seconds", limits.seconds.map { "\($0)" }),
    ]
    return all.map { name, bound in name.padded(to: 14) + (bound ?? "off") }
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
