// Which argument goes to which parameter. The same rules, and the same messages, before a program
// runs and while it does.

import Syntax

/// The parameters that the arguments of one call go to.
package struct Binding {
  /// For each positional argument its parameter; those of `*rest` all have its place.
  let positional: Int
  /// For each named argument its parameter; `**options` has its own place.
  private(set) var named: [Int] = []
  let signature: Signature

  /// Binds so many positional arguments and names to a signature.
  ///
  /// - Throws: a type error for unknown, doubled, missing and superfluous arguments.
  package init(_ signature: Signature, positional count: Int, names: [String]) throws {
    self.signature = signature
    positional = count
    if let limit = signature.positionalLimit, count > limit {
      let most = limit == 1 ? "1 argument" : "\(limit) arguments"
      throw Binding.error(
        "\(signature.name) takes \(signature.required.count < limit ? "at most " : "")\(most), "
          + "and \(count) \(count == 1 ? "was" : "were") given", signature,
        signature.name == "format" ? "values stand in the string itself: \"{a} is {b}\"" : nil)
    }
    let before = signature.restList ?? signature.parameters.count
    var filled = [Bool](repeating: false, count: signature.parameters.count)
    for i in 0..<min(count, before) { filled[i] = true }
    for name in names {
      guard
        let place = signature.parameters.firstIndex(where: { $0.name == name && $0.kind == .plain })
      else {
        if let options = signature.restRecord {
          named.append(options)
          continue
        }
        let near =
          ForeignNames.parameter(for: name, in: signature)
          ?? nearest(to: name, among: signature.parameters.map(\.name))
        throw Binding.error(
          "\(signature.name) has no parameter `\(name)`", signature,
          PeerNames.hint(forParameter: name) ?? near.map { "did you mean `\($0)`?" })
      }
      guard !filled[place] else {
        throw Binding.error(
          "\(signature.name) got `\(name)` twice", signature, PeerNames.hint(forDoubled: signature))
      }
      filled[place] = true
      named.append(place)
    }
    let missing = signature.parameters.indices.filter {
      !filled[$0] && signature.parameters[$0].kind == .plain
        && signature.parameters[$0].defaultText == nil
    }
    guard missing.isEmpty else {
      let names = missing.map { "`\(signature.parameters[$0].name)`" }.joined(separator: ", ")
      throw Binding.error(
        "\(signature.name) is missing \(missing.count == 1 ? "argument" : "arguments") \(names)",
        signature)
    }
  }

  private static func error(_ message: String, _ signature: Signature, _ hint: String? = nil)
    -> RuntimeError
  {
    let picture = signature.hint
    let separator = hint?.last == "?" ? " " : "; "
    return RuntimeError(.type, message, hint: hint.map { $0 + separator + picture } ?? picture)
  }

  /// The values in the order of the parameters, `.absent` for those not given.
  func window(_ values: [Value], _ namedValues: [(String, Value)]) -> [Value] {
    var window = [Value](repeating: .absent, count: signature.parameters.count)
    let before = signature.restList ?? signature.parameters.count
    for i in 0..<min(values.count, before) { window[i] = values[i] }
    if let rest = signature.restList { window[rest] = .list(Array(values.dropFirst(before))) }
    var options = Record()
    for (place, (name, value)) in zip(named, namedValues) {
      if place == signature.restRecord { options[name] = value } else { window[place] = value }
    }
    if let place = signature.restRecord { window[place] = .record(options) }
    return window
  }
}
