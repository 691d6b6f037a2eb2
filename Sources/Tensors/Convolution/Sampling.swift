// What the positions of one plane read of another: the source is copied into planes in which the places
// that neighbouring positions read are neighbours, too, so that a stride costs nothing.
//
//     position (i, j) reads, for each tap, the source's place (s i + y, s j + x)
//
// A plane holds the places of one class by the stride: y ≡ its phase. The planes of a block of rows are
// as wide as they need be for every tap, and position (i, j) is element i · width + j of them. Where a
// kernel covers much of a picture, most of such planes would be positions that nobody asks for; then each
// tap has a plane of its own, with exactly what it reads.

/// A weight's number in its kernel, and where the first position meets it.
struct Tap {
  var number: Int
  var at: Grid
}

/// How positions read a source, and where their results go.
struct Sampling: Sendable {
  /// Where a tap reads: the number of its plane, and the place there.
  struct Shift: Sendable {
    var number: Int
    var plane: Int
    var at: Grid
  }

  let source: Grid
  let step: Grid
  /// The places of the source that the planes begin with; planes of different phases differ in these.
  let origins: [Grid]
  let shifts: [Shift]
  /// How much larger than the positions the planes are.
  let margin: Grid
  let positions: Grid
  /// Position (i, j) is place `first + (i, j) · apart` of the target.
  let target: Grid
  let first: Grid
  let apart: Grid

  private init(
    source: Grid, step: Grid, taps: [Tap], positions: Grid, target: Grid, first: Grid, apart: Grid
  ) {
    (self.source, self.step, self.positions) = (source, step, positions)
    (self.target, self.first, self.apart) = (target, first, apart)
    func rounds(_ place: Int, _ step: Int) -> (Int, phase: Int) {
      let phase = (place % step + step) % step
      return ((place - phase) / step, phase)
    }
    var least = Grid(.max, .max)
    var most = Grid(.min, .min)
    for tap in taps {
      let (y, x) = (rounds(tap.at.y, step.y).0, rounds(tap.at.x, step.x).0)
      least = Grid(min(least.y, y), min(least.x, x))
      most = Grid(max(most.y, y), max(most.x, x))
    }
    let margin = taps.isEmpty ? Grid(0, 0) : Grid(most.y - least.y, most.x - least.x)
    let isSpread = (positions.y + margin.y) * (positions.x + margin.x) > 2 * positions.count
    self.margin = isSpread ? Grid(0, 0) : margin
    guard !isSpread else {
      origins = taps.map(\.at)
      shifts = taps.enumerated().map { Shift(number: $1.number, plane: $0, at: Grid(0, 0)) }
      return
    }
    var planes: [Grid: Int] = [:]
    shifts = taps.map { tap in
      let (y, x) = (rounds(tap.at.y, step.y), rounds(tap.at.x, step.x))
      let origin = Grid(least.y * step.y + y.phase, least.x * step.x + x.phase)
      let plane = planes[origin] ?? planes.count
      planes[origin] = plane
      return Shift(number: tap.number, plane: plane, at: Grid(y.0 - least.y, x.0 - least.x))
    }
    origins = planes.sorted { $0.value < $1.value }.map(\.key)
  }

  /// The positions of a result, which read a picture.
  init(
    reading picture: Grid, _ kernel: Grid, _ result: Grid, stride: Grid, padding: Grid,
    dilation: Grid
  ) {
    self.init(
      source: picture, step: stride,
      taps: (0..<kernel.count).map { t in
        let (y, x) = t.quotientAndRemainder(dividingBy: kernel.x)
        return Tap(
          number: t, at: Grid(y * dilation.y - padding.y, x * dilation.x - padding.x))
      }, positions: result, target: result, first: Grid(0, 0), apart: Grid(1, 1))
  }

  /// The places of a picture, which read a result: those of one class by the stride meet the same taps.
  static func writing(
    _ picture: Grid, _ kernel: Grid, _ result: Grid, stride: Grid, padding: Grid, dilation: Grid
  ) -> [Sampling] {
    /// The taps of an axis that a class of places meets, each with the place of the result that the
    /// first of these meets; the first place, and how many there are.
    func classes(
      _ picture: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int
    ) -> [(taps: [(number: Int, at: Int)], first: Int, count: Int)] {
      var byPhase: [Int: [Int]] = [:]
      for t in 0..<kernel { byPhase[t * dilation % stride, default: []].append(t) }
      return byPhase.sorted { $0.key < $1.key }.compactMap { phase, taps in
        // Padded place a · stride + phase is the picture's own from a₀ on.
        let start = Swift.max((padding - phase + stride - 1) / stride, 0)
        let first = start * stride + phase - padding
        guard first < picture else { return nil }
        return (
          taps.map { ($0, start - $0 * dilation / stride) }, first,
          (picture - first + stride - 1) / stride
        )
      }
    }
    let rows = classes(picture.y, kernel.y, stride.y, padding.y, dilation.y)
    let columns = classes(picture.x, kernel.x, stride.x, padding.x, dilation.x)
    return rows.flatMap { row in
      columns.map { column in
        Sampling(
          source: result, step: Grid(1, 1),
          taps: row.taps.flatMap { y in
            column.taps.map { x in
              Tap(number: y.number * kernel.x + x.number, at: Grid(y.at, x.at))
            }
          }, positions: Grid(row.count, column.count), target: picture,
          first: Grid(row.first, column.first), apart: stride)
      }
    }
  }
}
