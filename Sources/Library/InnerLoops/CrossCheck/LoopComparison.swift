// Which of several derivatives agree, within what each says of its own error.

import Language
import Tensors

/// Gradients of one function by several methods.
struct LoopComparison {
  private let rows: [CrossCheck.Outcome]
  private let differences: [CrossCheck.Difference]
  /// How far twice the steps move the first gradient.
  private let unsettled: Double?
  /// Rounding, relative to the gradients.
  private let rounding: Double

  init(
    _ rows: [CrossCheck.Outcome], _ differences: [CrossCheck.Difference], _ doubled: [Tensor?]?
  ) {
    self.rows = rows
    self.differences = differences
    unsettled = doubled.map { LoopComparison.apart($0, rows[0].gradient) }
    let isNarrow = rows.contains { $0.gradient.contains { $0?.dtype == .f32 } }
    rounding = isNarrow ? 1e-3 : 1e-7
  }

  // MARK: - Sizes

  private static func numbers(_ tensor: Tensor?) -> [Double] { tensor?.doubles ?? [] }

  static func norm(_ gradient: [Tensor?]) -> Double {
    gradient.flatMap(numbers).reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  static func product(_ gradient: [Tensor?], _ direction: [Tensor?]) -> Double {
    zip(gradient, direction).reduce(0) { sum, pair in
      zip(numbers(pair.0), numbers(pair.1)).reduce(sum) { $0 + $1.0 * $1.1 }
    }
  }

  /// The norm of a difference; what is not reached counts as 0.
  static func apart(_ a: [Tensor?], _ b: [Tensor?]) -> Double {
    zip(a, b).reduce(0) { sum, pair in
      let (x, y) = (numbers(pair.0), numbers(pair.1))
      return sum
        + (0..<max(x.count, y.count)).reduce(0) { sum, i in
          let d = (i < x.count ? x[i] : 0) - (i < y.count ? y[i] : 0)
          return sum + d * d
        }
    }.squareRoot()
  }

  /// The largest of a row's distances from differences, relative to the larger of both numbers.
  static func worst(_ differences: Value?) -> Double {
    guard case .list(let list)? = differences else { return 0 }
    return list.reduce(0) { worst, entry in
      guard case .record(let record) = entry, case .float(let a)? = record["derivative"],
        case .float(let b)? = record["difference"]
      else { return worst }
      return max(worst, abs(a - b) / max(abs(a), abs(b), Double.leastNormalMagnitude))
    }
  }

  func distance(_ index: Int) -> Double {
    let size = LoopComparison.norm(rows[0].gradient)
    let apart = LoopComparison.apart(rows[index].gradient, rows[0].gradient)
    return size > 0 ? apart / size : apart
  }

  func cosine(_ index: Int) -> Double {
    let sizes = LoopComparison.norm(rows[index].gradient) * LoopComparison.norm(rows[0].gradient)
    guard sizes > 0 else { return 0 }
    return LoopComparison.product(rows[index].gradient, rows[0].gradient) / sizes
  }

  // MARK: - Agreement

  /// How far two rows are apart beyond what their errors explain; at most 0 where they agree.
  private func excess(_ i: Int, _ j: Int) -> Double? {
    guard let a = rows[i].error, let b = rows[j].error else { return nil }
    var allowed = a + b
    if rows[i].pointsAtSolution != rows[j].pointsAtSolution { allowed += 1.5 * (unsettled ?? 0) }
    let size = max(LoopComparison.norm(rows[i].gradient), LoopComparison.norm(rows[j].gradient))
    return LoopComparison.apart(rows[i].gradient, rows[j].gradient) - allowed - rounding
      * (size + 1e-9)
  }

  /// The two rows that disagree most.
  private var worstPair: (Int, Int, Double)? {
    var worst: (Int, Int, Double)?
    for i in rows.indices {
      for j in rows.indices where j > i {
        if let excess = excess(i, j), excess > 0, excess > worst?.2 ?? 0 { worst = (i, j, excess) }
      }
    }
    return worst
  }

  /// A row that the differences of values speak against.
  private var contradicted: Int? {
    rows.indices.first { index in
      guard rows[index].error == 0 else { return false }
      return differences.contains { difference in
        let found = LoopComparison.product(rows[index].gradient, difference.direction)
        let size = max(abs(found), abs(difference.value))
        return abs(found - difference.value) > 10 * difference.noise + 1e-4 * size
      }
    }
  }

  /// What is to be warned of; nil where nothing is.
  var warning: String? {
    if let index = contradicted {
      return "differences of values speak against \(rows[index].method), which should be exact"
    }
    guard let (i, j, _) = worstPair else { return nil }
    let apart = LoopComparison.apart(rows[i].gradient, rows[j].gradient)
    return
      "\(rows[i].method) and \(rows[j].method) disagree: their gradients are \(short(apart)) apart, and their "
      + "errors are told as \(short(rows[i].error ?? 0)) and \(short(rows[j].error ?? 0))"
  }

  let advice =
    "compare with `differences`, which use no derivative of the step; a loop that has not settled needs more steps"

  /// Which rows agree with the first, which do not, and the cheapest of those that do and whose own error is small:
  /// an error as large as the gradient agrees with anything.
  var sentence: String {
    let known = rows.indices.filter { rows[$0].error != nil }
    let base = known.first { rows[$0].error == 0 } ?? known.first
    guard let base else { return "No method tells how far it is off." }
    let agree = known.filter { $0 == base || (excess(base, $0) ?? 1) <= 0 }
    let apart = known.filter { !agree.contains($0) }
    let silent = rows.indices.filter { rows[$0].error == nil }
    func names(_ indices: [Int]) -> String {
      indices.map { rows[$0].method }.joined(separator: ", ")
    }
    var parts: [String] = []
    if agree.count > 1 {
      parts.append("\(names(agree)) agree within their errors")
      let close = agree.filter {
        (rows[$0].error ?? .infinity) <= 0.01 * LoopComparison.norm(rows[$0].gradient)
      }
      if let cheapest = close.min(by: { rows[$0].seconds < rows[$1].seconds }) {
        parts.append("the cheapest that is within 1 % is \(rows[cheapest].method)")
      }
    } else {
      parts.append("none agrees with \(rows[base].method)")
    }
    if !apart.isEmpty { parts.append("\(names(apart)) \(apart.count == 1 ? "does" : "do") not") }
    if !silent.isEmpty {
      parts.append("\(names(silent)) \(silent.count == 1 ? "tells" : "tell") no error")
    }
    if let unsettled, unsettled > 1e-3 * LoopComparison.norm(rows[0].gradient) {
      parts.append(
        "the loop has not settled, twice its steps move the gradient by \(short(unsettled))")
    }
    return parts.joined(separator: "; ") + "."
  }

  private func short(_ number: Double) -> String {
    (try? FormatSpecification.parse(".2g").format(number)) ?? formatShortest(number)
  }
}
