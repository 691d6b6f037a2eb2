// `profile(f)` as a value: the lines of a program by the time they took.

import Language
import Tensors

/// What `profile(f)` gives: the value of `f`, and the lines by the time they took.
final class ProfileObject: HostObject {
  override class var hostType: HostType { members }

  private let value: Value
  private let seconds: Double
  private let lines: [Line]

  /// A source line: `train.mos:12`, what stands there, and its share of the samples.
  struct Line {
    var place: String
    var text: String
    var share: Double
  }

  /// A profile with its lines, the greatest share first.
  init(_ value: Value, seconds: Double, lines: [Line]) {
    self.value = value
    self.seconds = seconds
    self.lines = lines
  }

  override var summary: String {
    let digits = ProfileObject.digits
    let rows = lines.prefix(20).map { line in
      "\(digits(line.share * 100, "5.1f")) %  \(digits(line.share * seconds, "8.4f")) s  \(line.place)"
        + "  \(line.text)"
    }
    let more = lines.count > 20 ? ["… and \(lines.count - 20) more lines"] : []
    return (["\(digits(seconds, ".4f")) s"] + rows + more).joined(separator: "\n")
  }

  private static func digits(_ value: Double, _ format: String) -> String {
    (try? FormatSpecification.parse(format).format(value)) ?? "\(value)"
  }

}

extension ProfileObject {
  private static let members = HostType(
    ProfileObject.self, "Profile",
    "What `profile` gives: where the time of a call went, as a table of lines when printed.",
    fields: [
      Field("value", "What the function gave.") { $0.value },
      Field("seconds", "How long the call took, a Float.") { .float($0.seconds) },
      Field(
        "lines",
        """
        The source lines that took time, the greatest share first: a list of records of `place`, as
        `train.mos:12`, the `text` that stands there, its `seconds`, and its `share` of them.
        """
      ) { profile in
        .list(
          profile.lines.map { line in
            .record(
              Record([
                ("place", .string(line.place)), ("text", .string(line.text)),
                ("seconds", .float(line.share * profile.seconds)), ("share", .float(line.share)),
              ]))
          })
      },
    ])
}

extension Interpreter {
  /// Calls a function while its time is measured by source line.
  func profile(_ function: Value, _ arguments: [Value]) throws -> ProfileObject {
    guard profiler == nil else {
      throw RuntimeError(
        .value, "profile runs already", hint: "one profile cannot stand in another")
    }
    let profiler = Profiler()
    self.profiler = profiler
    defer { self.profiler = nil }
    let start = Builtins.now()
    let value = try profiler.measure(requests) { try call(function, arguments) }
    let seconds = Builtins.now() - start
    return ProfileObject(value, seconds: seconds, lines: lines(of: profiler.samples))
  }

  private func lines(of samples: [UInt64: Int]) -> [ProfileObject.Line] {
    let total = Double(samples.values.reduce(0, +))
    var lines: [String: ProfileObject.Line] = [:]
    for (place, count) in samples {
      let name = line(ofPlace: place)
      var line =
        lines[name] ?? ProfileObject.Line(place: name, text: text(ofPlace: place), share: 0)
      line.share += Double(count) / total
      lines[name] = line
    }
    return lines.values.sorted { ($0.share, $1.place) > ($1.share, $0.place) }
  }

  /// The source line that a `Context.place` stands in, cut where it is long.
  func text(ofPlace place: UInt64) -> String {
    guard let label = label(ofPlace: place) else { return "" }
    let text = label.source.text(ofLine: label.source.line(at: label.span.start))
      .drop { $0 == " " || $0 == "\t" }
    return text.count <= 50 ? String(text) : text.prefix(49) + "…"
  }
}
