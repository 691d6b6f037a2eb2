// Steps by seeded directions where the parameters lie: MeZO without a second copy of anything
// (Malladi et al. 2023, arXiv:2305.17333).
//
// A direction is a key, and is drawn again tile by tile whenever it is needed: to move the
// parameters, to move them back, and to step. See `MovableParameters` for the memory.

import Autodiff
import Optimizers
import Tensors

/// The steps of an approximator by differences, in place.
struct InPlaceDifferences {
  private let rule: RandomizedDifferences
  private let elements: Directions.Elements

  /// Nil where directions cannot be drawn tile by tile.
  init?(_ rule: RandomizedDifferences) {
    guard case .law(let directions) = rule.source, let elements = directions.elements,
      rule.momentum == 0, !rule.h.isTree
    else { return nil }
    self.rule = rule
    self.elements = elements
  }

  /// One step; the estimated gradient goes through an elementwise transformation tile by tile.
  ///
  /// - Returns: the loss at the parameters, or after the first move where that is what is reported.
  func step(
    _ parameters: [Parameter], _ draw: ApproximationDraw, _ loss: () throws -> Variable,
    _ after: GradientTransformation
  ) throws -> Variable {
    let context = Context.current
    let h = try Distances(common: rule.h, at: draw.count).common
    return try context.withoutGradients {
      let random = context.random
      let movable = try MovableParameters(parameters)
      defer { movable.release() }
      func value() throws -> Double {
        context.random = random
        defer { context.random = random }
        return try movable.lending { try loss() }
      }
      let isCenterNeeded = rule.stencil.center != 0 || !rule.reportsMovedLoss
      let center = isCenterNeeded ? try value() : 0
      var moved: Double?
      var slopes: [(key: RandomKey, slope: Double)] = []
      for sample in 0..<rule.samples {
        try Safepoint.look()
        let direction = draw.key.folded(UInt64(sample))
        var sum = rule.stencil.center == 0 ? 0 : center * rule.stencil.center
        for point in rule.stencil.points {
          let found = try movable.moved(
            by: point.offset * h, { startDrawing(direction) }, value)
          moved = moved ?? found
          sum += point.weight * found
        }
        slopes.append((direction, sum / (rule.stencil.divisor * h)))
      }
      let kept = slopes.filter(\.slope.isFinite)
      guard !kept.isEmpty else {
        throw TensorError(
          .value, "the loss was nan or inf along every direction, and the parameters stay",
          hint: "a smaller h stays closer to them; is the loss finite there?")
      }
      let draws = kept.map { (startDrawing($0.key), $0.slope / Double(kept.count)) }
      // All of the step or nothing.
      try Safepoint.withoutLooks {
        try movable.changeTiles { tile, leaf in
          var gradient: Variable?
          for (draw, slope) in draws {
            let part = try draw(leaf, tile) * slope
            gradient = try gradient.map { try $0 + part } ?? part
          }
          let parameter = Tree.leaf(.tensor(tile))
          let updates = try after.update(
            gradient.map(Tree.leaf) ?? .none, after.initialize(parameter), parameter
          ).updates
          guard let moved = try applyUpdates(parameter, updates).leaves[0].concrete else {
            return tile
          }
          return moved
        }
      }
      return Variable(isCenterNeeded ? center : moved ?? .nan)
    }
  }

  /// A walk over the tiles of a direction.
  private func startDrawing(_ key: RandomKey) -> MovableParameters.Draw {
    var stream = key
    var current = -1
    return { leaf, tile in
      if leaf != current {
        stream = try Directions.stream(key, leaf: leaf)
        current = leaf
      }
      return try elements(tile.shape, tile.dtype, &stream)
    }
  }
}
