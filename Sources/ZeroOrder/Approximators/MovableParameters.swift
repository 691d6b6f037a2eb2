// Parameters whose own memory is moved along directions and exactly back.
//
// While they are movable the cells hold nothing, so that each tensor is held here alone and its
// elements can be written where they lie; a tensor that a snapshot or the program holds, too, is
// copied at the first write, as everywhere. For the time of an evaluation the cells are lent views;
// one that the function keeps makes the next write copy, so that nobody sees a tensor change.
//
// Moving back gives the very numbers: x + s z - s z is x but for rounding, and the elements where it
// is not are found out when a tile is moved, and kept; see `LostBits`.

import Autodiff
import Tensors

/// The memory of parameters, one tile after the other.
final class MovableParameters {
  /// The elements of a direction for a tile of a leaf, in one walk over all leaves and tiles.
  typealias Draw = (_ leaf: Int, _ tile: Tensor) throws -> Variable

  /// A multiple of what random streams give at a time, so that tiles drawn one after the other are
  /// the whole leaf's draw.
  static let tileSize = 1 << 14

  private let parameters: [Parameter]
  private let shapes: [Shape]
  private let gradients: [Variable?]
  /// The elements of each parameter in one row.
  private var rows: [Tensor]

  /// Takes the tensors out of the cells.
  ///
  /// - Throws: a value error for parameters that `vmap` maps over.
  init(_ parameters: [Parameter]) throws {
    self.parameters = parameters
    var tensors = try parameters.map { parameter -> Tensor in
      guard let tensor = parameter.value.concrete else {
        throw TensorError(.value, "parameters that vmap maps over cannot be moved in place")
      }
      return tensor
    }
    shapes = tensors.map(\.shape)
    gradients = parameters.map(\.gradient)
    rows = []
    for parameter in parameters { parameter.value = MovableParameters.nothing }
    for index in tensors.indices {
      let row = try tensors[index].reshaped(Shape(tensors[index].count))
      tensors[index] = Tensor(0)
      rows.append(row)
    }
  }

  /// What a cell holds while its tensor is here.
  private static let nothing = Variable.tensor(Tensor(0))

  /// Puts the tensors back into the cells, as new leaves with the gradients that were there.
  func release() {
    for (index, parameter) in parameters.enumerated() {
      // Neither fails: a row has its parameter's elements, which are floats.
      guard let tensor = try? rows[index].reshaped(shapes[index]),
        let leaf = try? leaf(of: .tensor(tensor))
      else { continue }
      parameter.value = leaf
      parameter.gradient = gradients[index]
    }
  }

  /// Runs a loss with the cells as they are.
  func lending(_ loss: () throws -> Variable) throws -> Double {
    for (index, parameter) in parameters.enumerated() {
      parameter.value = .tensor(try rows[index].reshaped(shapes[index]))
    }
    defer { for parameter in parameters { parameter.value = MovableParameters.nothing } }
    let value = try Context.current.recordingInside(loss).scalarLoss()
    guard let number = value.concrete?.firstDouble else {
      throw TensorError(.value, "a loss that vmap maps over cannot move parameters in place")
    }
    return number
  }

  /// Replaces every tile by what the body makes of it.
  func changeTiles(_ body: (_ tile: Tensor, _ leaf: Int) throws -> Tensor) throws {
    for leaf in rows.indices {
      let count = rows[leaf].count
      for start in stride(from: 0, to: count, by: MovableParameters.tileSize) {
        let stop = min(start + MovableParameters.tileSize, count)
        let plan = try IndexPlan(
          shape: Shape(count), items: [.slice(start: start, stop: stop, step: 1)])
        let made = try body(try rows[leaf].indexed(plan), leaf)
        try rows[leaf].replace(plan, with: made)
      }
    }
  }

  /// Runs a body with the parameters moved along a direction, and moves them back, also where the run
  /// is to end while they are moved.
  ///
  ///     x + s z
  ///
  /// - Parameter startDrawing: begins a walk over the direction.
  func moved<R>(
    by step: Double, _ startDrawing: () -> Draw, _ body: () throws -> R
  ) throws -> R {
    var lost: [LostBits] = []
    var draw = startDrawing()
    defer {
      var next = lost[...]
      draw = startDrawing()
      // Moving back draws what moving drew, of as many tiles, and computes nothing that can fail.
      try? Safepoint.withoutLooks {
        try changeTiles { tile, leaf in
          guard let bits = next.popFirst() else { return tile }
          return try bits.restored(
            in: Tensor.binary(
              .subtract, tile, MovableParameters.shift(draw, leaf, tile, step)))
        }
      }
    }
    try changeTiles { tile, leaf in
      let shift = try MovableParameters.shift(draw, leaf, tile, step)
      let moved = try Tensor.binary(.add, tile, shift)
      lost.append(try LostBits(of: tile, in: Tensor.binary(.subtract, moved, shift)))
      return moved
    }
    return try body()
  }

  private static func shift(
    _ draw: Draw, _ leaf: Int, _ tile: Tensor, _ step: Double
  ) throws -> Tensor {
    guard let direction = try draw(leaf, tile).concrete else {
      throw TensorError(.value, "directions that vmap maps over cannot move parameters in place")
    }
    return try Tensor.binary(
      .multiply, direction, Tensor(step, dtype: direction.dtype)
    ).converted(to: tile.dtype)
  }
}
