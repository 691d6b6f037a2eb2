// Shapes that are known, and what operations make of them. An extent that is unknown fits any other.

enum KnownShapes {
  /// The shape that two stretch to; nil where they do not fit.
  static func stretched(_ a: [Int?], _ b: [Int?]) -> [Int?]? {
    var result: [Int?] = []
    for place in 1...max(1, a.count, b.count) where place <= max(a.count, b.count) {
      let m = place <= a.count ? a[a.count - place] : 1
      let n = place <= b.count ? b[b.count - place] : 1
      switch (m, n) {
      case (1?, _): result.append(n)
      case (_, 1?): result.append(m)
      case (let m?, let n?):
        guard m == n else { return nil }
        result.append(m)
      default: result.append(m ?? n)
      }
    }
    return result.reversed()
  }

  /// What a matrix product comes to.
  enum Product {
    case shape([Int?])
    /// The two axes that should be as long as each other.
    case mismatch(Int, Int)
    /// An operand has no axes.
    case scalar
    case unknown
  }

  /// The shape of `a @ b`.
  static func product(_ a: [Int?], _ b: [Int?]) -> Product {
    guard !a.isEmpty, !b.isEmpty else { return .scalar }
    let inner = b.count == 1 ? b[0] : b[b.count - 2]
    if let m = a[a.count - 1], let n = inner, m != n { return .mismatch(m, n) }
    var rows = a.dropLast()
    let columns = b.count == 1 ? [] : [b[b.count - 1]]
    let row = rows.popLast().map { [$0] } ?? []
    guard let batch = stretched(Array(rows), Array(b.dropLast(2))) else { return .unknown }
    return .shape(batch + row + columns)
  }

  /// The shape after a reduction along an axis; nil for an axis that is not there.
  static func reduced(_ shape: [Int?], axis: Int, keepsAxis: Bool) -> [Int?]? {
    let place = axis < 0 ? axis + shape.count : axis
    guard shape.indices.contains(place) else { return nil }
    var result = shape
    if keepsAxis { result[place] = 1 } else { result.remove(at: place) }
    return result
  }

  /// How many elements there are, where that is known.
  static func count(_ shape: [Int?]) -> Int? {
    var count = 1
    for extent in shape {
      guard let extent else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow else { return nil }
      count = product
    }
    return count
  }

  /// What `reshape` makes of a shape: nil where the counts cannot agree.
  static func reshaped(_ shape: [Int?], to wanted: [Int?]) -> [Int?]? {
    let placeholders = wanted.indices.filter { wanted[$0] == -1 }
    guard let count = count(shape) else { return wanted.map { $0 == -1 ? nil : $0 } }
    guard let known = KnownShapes.count(wanted.map { $0 == -1 ? 1 : $0 }) else {
      return wanted.map { $0 == -1 ? nil : $0 }
    }
    if placeholders.isEmpty { return known == count ? wanted : nil }
    guard placeholders.count == 1, known > 0, count % known == 0 else { return nil }
    return wanted.map { $0 == -1 ? count / known : $0 }
  }
}
