// What `crosscheck` found: a list of records that prints as a table, and a sentence.

import Autodiff
import Language
import Tensors

/// The methods beside one another.
final class CrossCheckTable: HostObject {
  override class var hostType: HostType { members }

  private let rows: [CrossCheck.Outcome]
  private let records: [Record]
  let sentence: String
  private let overruled: [String]
  private let seconds: (differences: Double, doubled: Double)

  init(
    _ rows: [CrossCheck.Outcome], paths: [String], _ differences: [CrossCheck.Difference],
    doubled: [Tensor?]?, overruled: [String], differenceSeconds: Double, doubledSeconds: Double
  ) {
    self.rows = rows
    self.overruled = overruled
    seconds = (differenceSeconds, doubledSeconds)
    let comparison = LoopComparison(rows, differences, doubled)
    records = rows.indices.map { index in
      let row = rows[index]
      let leaves = zip(paths, row.gradient).map { path, gradient in
        (path, gradient.map { Value.float(LoopComparison.norm([$0])) } ?? .nil)
      }
      return Record([
        ("method", .string(row.method)), ("value", .float(row.value.firstDouble)),
        ("norm", .float(LoopComparison.norm(row.gradient))),
        ("cosine", .float(comparison.cosine(index))),
        ("distance", .float(comparison.distance(index))),
        ("error", row.error.map(Value.float) ?? .nil),
        (
          "differences",
          .list(
            differences.map { difference in
              .record(
                Record([
                  (
                    "derivative", .float(LoopComparison.product(row.gradient, difference.direction))
                  ),
                  ("difference", .float(difference.value)), ("noise", .float(difference.noise)),
                ]))
            })
        ),
        ("seconds", .float(row.seconds)), ("error_seconds", .float(row.errorSeconds)),
        ("bytes", .int(row.bytes)),
        ("leaves", .record(Record(leaves))),
      ])
    }
    sentence = comparison.sentence
    super.init()
    comparison.warning.map {
      Notice($0, hint: comparison.advice, place: Context.current.place).send()
    }
  }

  override var summary: String {
    let header = [
      "method", "value", "norm", "cosine", "distance", "error", "differences", "seconds",
      "error seconds", "bytes",
    ]
    func text(_ value: Value?, _ form: String = ".4g") -> String {
      guard case .float(let number)? = value else {
        return value.map { $0.isNil ? "–" : $0.shortDescription } ?? "–"
      }
      return (try? FormatSpecification.parse(form).format(number)) ?? formatShortest(number)
    }
    let lines =
      [header]
      + zip(rows, records).map { row, record in
        [
          row.method, text(record["value"], ".6g"),
          row.gradient.allSatisfy { $0 == nil } ? "–" : text(record["norm"], ".6g"),
          text(record["cosine"]), text(record["distance"], ".2g"), text(record["error"], ".2g"),
          text(.float(LoopComparison.worst(record["differences"])), ".1g"),
          text(record["seconds"], ".2g"),
          row.error == nil ? "–" : text(record["error_seconds"], ".2g"), "\(row.bytes)",
        ]
      }
    let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    let table = lines.map { line in
      line.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + space : space + cell
      }.joined(separator: "  ")
    }
    var notes = [sentence]
    if !overruled.isEmpty { notes.append("Overruled: \(overruled.joined(separator: ", ")).") }
    notes.append(
      "Differences took \(text(.float(seconds.differences), ".2g")) s, twice the steps \(text(.float(seconds.doubled), ".2g")) s."
    )
    return (table + notes).joined(separator: "\n")
  }

  override var count: Int? { records.count }

  override func element(at index: Int, _ interpreter: Interpreter) throws -> Value? {
    index < records.count ? .record(records[index]) : nil
  }

  override func item(_ keys: [Value], _ interpreter: Interpreter) throws -> Value? {
    guard keys.count == 1, case .int(let number) = keys[0] else { return nil }
    let place = number < 0 ? number + records.count : number
    guard records.indices.contains(place) else {
      throw RuntimeError(
        .index, "row \(number) of a table of \(records.count) does not exist",
        hint: "rows count from 0")
    }
    return .record(records[place])
  }

  private static let members = HostType(
    CrossCheckTable.self, "CrossCheck",
    """
    What `crosscheck` found: a row for each method, a record with `method`, `value`, `norm`, `cosine` and
    `distance` to the first row, `error` (an estimate; nil where none is known), `differences`, `seconds`,
    `error_seconds` (what the estimate took), `bytes`, and `leaves`, the norm leaf by leaf by its path, which begins
    with the name of the function's parameter, nil where the method does not reach one. It prints as a table.
    """,
    fields: [
      Field("sentence", "Which methods agree, and which of those is the cheapest.") {
        .string($0.sentence)
      },
      Field("overruled", "The methods that loops named themselves, and that were not used.") {
        .list($0.overruled.map { .string($0) })
      },
      Field("difference_seconds", "How long the differences of values took.") {
        .float($0.seconds.differences)
      },
      Field("doubled_seconds", "How long the loop with twice its steps took.") {
        .float($0.seconds.doubled)
      },
    ])
}
