// What a rank tells of its tasks when they have ended: what they printed and warned of, what their results are made
// of, what they read that a derivative follows, and how the first that failed did.

import Autodiff
import Language
import Syntax
import Tensors

/// A unit of tasks that has ended.
struct UnitReport {
  /// What its tasks printed.
  var output = ""
  var warnings: [Diagnostic] = []
  /// What the results are made of, one for each task.
  var structures: [[UInt8]] = []
  /// Why it failed, where it did.
  var failure: Diagnostic?
}

/// What a task of a rank read that a derivative follows.
struct TaskRead: Equatable {
  /// Its number, and how far below the rank's last one that is: ranks that ran different code before differ in one.
  let number: Int
  let distance: Int
  /// A word for its bits.
  let code: UInt64
  /// The first unit of the rank that read it.
  let unit: Int

  /// Whether this is what another rank means.
  func isSame(as other: TaskRead) -> Bool {
    code == other.code && (number == other.number || distance == other.distance)
  }
}

/// What a rank tells.
struct RankReport {
  var units: [UnitReport] = []
  var reads: [TaskRead] = []

  var bytes: [UInt8] {
    var writer = WireWriter()
    writer.add(units.count)
    for unit in units {
      writer.add(unit.output)
      writer.add(unit.warnings.count)
      for warning in unit.warnings { writer.add(warning) }
      writer.add(unit.structures.count)
      for structure in unit.structures { writer.add(structure) }
      writer.add(unit.failure == nil ? 0 : 1)
      if let failure = unit.failure { writer.add(failure) }
    }
    writer.add(reads.count)
    for read in reads {
      writer.add(read.number)
      writer.add(read.distance)
      writer.add(read.code)
      writer.add(read.unit)
    }
    return writer.bytes
  }

  init() {}

  init(_ bytes: [UInt8]) {
    var reader = WireReader(bytes)
    for _ in 0..<reader.int() {
      var unit = UnitReport(output: reader.text())
      for _ in 0..<reader.int() { unit.warnings.append(reader.diagnostic()) }
      for _ in 0..<reader.int() { unit.structures.append(reader.part()) }
      if reader.int() == 1 { unit.failure = reader.diagnostic() }
      units.append(unit)
    }
    for _ in 0..<reader.int() {
      reads.append(
        TaskRead(
          number: reader.int(), distance: reader.int(), code: reader.word(), unit: reader.int()))
    }
  }
}

extension WireWriter {
  /// A diagnostic with the text that its place is in.
  fileprivate mutating func add(_ diagnostic: Diagnostic) {
    add(diagnostic.severity == .error ? 0 : diagnostic.severity == .warning ? 1 : 2)
    add(diagnostic.kind)
    add(diagnostic.message)
    add(diagnostic.hint)
    add(diagnostic.trace.count)
    for line in diagnostic.trace { add(line) }
    add(diagnostic.primary == nil ? 0 : 1)
    guard let place = diagnostic.primary else { return }
    add(place.source.name)
    add(place.source.utf8)
    add(Int(place.span.start))
    add(Int(place.span.end))
    add(place.text)
  }
}

extension WireReader {
  fileprivate mutating func diagnostic() -> Diagnostic {
    let severity = int()
    let (kind, message, hint) = (text(), text(), optionalText())
    var diagnostic = Diagnostic(
      severity: severity == 0 ? .error : severity == 1 ? .warning : .note, kind: .value, message,
      hint: hint)
    diagnostic.kind = kind
    diagnostic.trace = (0..<int()).map { _ in text() }
    if int() == 1 {
      let source = Source(name: text(), text: text())
      let span = Span(int(), int())
      diagnostic.primary = Diagnostic.Label(source: source, span: span, text: optionalText())
    }
    return diagnostic
  }
}
