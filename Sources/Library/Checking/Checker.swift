// What can be said of a program without running it: everything that the compiler rejects, and what is found
// by walking over the tree with the names (`NameWalk`), then with what is known of values (`KindWalk`).
//
// No false alarm is the rule above all others: whatever is in doubt is unknown, and nothing is said of it.

import Language
import Syntax

/// What was found in a program.
package struct CheckResult {
  /// Errors and warnings, in the order of the text; warnings have a `FindingKind` as their kind.
  package let diagnostics: [Diagnostic]
  /// What is known at names of the text, by the offset at which the name begins; for hovering.
  let kinds: [Int32: Known]

  /// Where the program names its variables.
  package let names: NamePlaces

  /// What the value of the name at a place is, in words; nil where that is unknown, or where no name
  /// begins.
  package func kind(at offset: Int) -> String? {
    guard let known = kinds[Int32(clamping: offset)], !known.isUnknown else { return nil }
    return known.description
  }
}

extension Interpreter {
  /// Finds the mistakes of a program without running it, or anything that it imports.
  package func findings(in source: Source) -> CheckResult {
    var result = CheckResult(
      diagnostics: [], kinds: [:], names: NamePlaces(CheckedNames()))
    // Trees may be deep, and walks recurse: they have the room of a run.
    _ = try? performing {
      result = walked(source)
      return .nil
    }
    return result
  }

  private func walked(_ source: Source) -> CheckResult {
    let compiler = check(source).filter { $0.kind != FindingKind.unreachable.rawValue }
    let program = parse(source).program
    let nameWalk = NameWalk()
    nameWalk.walk(program)
    let kindWalk = KindWalk(self, source, nameWalk.names)
    kindWalk.walk(program)
    let names = NameFindings(
      library: library, source: source, program: program, names: nameWalk.names)
    let allowed = AllowedFindings(source)
    var seen: Set<String> = []
    let all =
      (compiler.filter { !kindWalk.isMisordered($0) } + kindWalk.diagnostics + names.diagnostics)
      .filter { diagnostic in
        let place = diagnostic.primary.map { "\($0.span.start):\($0.span.end)" } ?? ""
        return seen.insert("\(place) \(diagnostic.message)").inserted
          && !allowed.contains(diagnostic)
      }
    return CheckResult(
      diagnostics: all.sorted { ($0.primary?.span.start ?? 0) < ($1.primary?.span.start ?? 0) },
      kinds: kindWalk.kinds,
      names: NamePlaces(nameWalk.names, hostNames: allowed.hostNames))
  }
}

/// What comments allow: `# allow: unused, shape` two kinds of warnings, on its line or, where it stands alone, on the
/// next; `# host: outside, tariff` two names that the program's host defines or reads.
struct AllowedFindings {
  private var kinds: [Int: Set<String>] = [:]
  private(set) var hostNames: Set<String> = []
  private let source: Source

  init(_ source: Source) {
    self.source = source
    func words(_ bytes: ArraySlice<UInt8>) -> [String] {
      String(decoding: bytes, as: UTF8.self).split { $0 == "," || $0.isWhitespace }.map(String.init)
    }
    let (allow, host) = (Array("# allow:".utf8), Array("# host:".utf8))
    for number in 1...source.lineStarts.count {
      let start = Int(source.lineStarts[number - 1])
      let end =
        number < source.lineStarts.count ? Int(source.lineStarts[number]) : source.utf8.count
      let line = source.utf8[start..<end]
      guard line.contains(UInt8(ascii: "#")) else { continue }
      if let place = line.firstRange(of: host) {
        hostNames.formUnion(words(line[place.upperBound...]))
      }
      guard let place = line.firstRange(of: allow) else { continue }
      let words = words(line[place.upperBound...])
      let isAlone = line[..<place.lowerBound].allSatisfy { $0 == UInt8(ascii: " ") }
      kinds[isAlone ? number + 1 : number, default: []].formUnion(words)
    }
  }

  /// True for a warning whose line allows its kind, and for a name of the host.
  func contains(_ diagnostic: Diagnostic) -> Bool {
    if diagnostic.severity == .error {
      return hostNames.contains { diagnostic.message == "unknown name `\($0)`" }
    }
    if diagnostic.kind == FindingKind.unused.rawValue,
      hostNames.contains(where: { diagnostic.message.hasPrefix("`\($0)` ") })
    {
      return true
    }
    guard diagnostic.severity == .warning, !kinds.isEmpty, let primary = diagnostic.primary else {
      return false
    }
    return kinds[source.line(at: primary.span.start)]?.contains(diagnostic.kind) ?? false
  }
}
