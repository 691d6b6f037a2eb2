// What the harness calls a primitive with.

import Autodiff
import Tensors

/// A function that ends in a primitive, and its operands.
struct PrimitiveCase: Sendable {
  typealias Function = @Sendable ([Variable]) throws -> Variable

  /// An operand: floats of a range, ids below a bound, or bools.
  enum Operand: Sendable {
    case floats([Int], ClosedRange<Double>)
    case ids([Int], below: Int)
    case bools([Int])
  }

  var operands: [Operand]
  /// True where the last operation has another name.
  var isInside = false
  var function: Function

  func inputs(seed: Int, _ dtype: DType = .f64) throws -> [Variable] {
    var samples = Samples(seed)
    return try operands.map { operand in
      switch operand {
      case .floats(let shape, let range):
        return .tensor(try samples.tensor(shape, in: range).converted(to: dtype))
      case .ids(let shape, let bound):
        let values = (0..<shape.reduce(1, *)).map { _ in
          (samples.next() * Double(bound)).rounded(.down)
        }
        return .tensor(try makeTensor(values, shape, .i64))
      case .bools(let shape):
        let values = (0..<shape.reduce(1, *)).map { _ in samples.next().rounded() }
        return .tensor(try makeTensor(values, shape, .bool))
      }
    }
  }
}

extension PrimitiveTable {
  fileprivate mutating func addRandom() {
    add("random", [.ids([2], below: 1000)]) { x in
      try x[0].drawing { try $0.integers(low: 0, high: 1000, Shape(3)) }
    }
    add("random", [.ids([2], below: 9)]) { try $0[0].drawing { try $0.permutation(5) } }
    add("random_like", [.ids([2], below: 9), f(2, 3)]) { x in
      try x[0].drawing(like: x[1]) { _, shape, dtype in try Tensor.ones(shape, dtype) }
    }
    add("random_with", [.ids([2], below: 9), .floats([3], 0.5...2)]) { x in
      try x[0].drawing(with: x[1]) { try $0.poisson($1, period: $2) }
    }
    for (a, x) in [([3, 4], [3, 4]), ([2, 1], [3]), ([], [3]), ([], []), ([0, 3], [3])] {
      add("gamma_slope", [.floats(a, 0.5...3), .floats(x, 0.3...4)]) {
        try $0[0].gammaSlope(at: $0[1])
      }
    }
  }
}

/// The cases of each primitive's name.
struct PrimitiveTable {
  var cases: [String: [PrimitiveCase]] = [:]

  mutating func add(
    _ name: String, _ operands: [PrimitiveCase.Operand], isInside: Bool = false,
    _ function: @escaping PrimitiveCase.Function
  ) {
    cases[name, default: []].append(
      PrimitiveCase(operands: operands, isInside: isInside, function: function))
  }

  func f(_ shape: Int..., in range: ClosedRange<Double> = -1...1) -> PrimitiveCase.Operand {
    .floats(shape, range)
  }
}

let primitiveCases: [String: [PrimitiveCase]] = {
  var table = PrimitiveTable()
  table.addElementwise()
  table.addMovement()
  table.addIndexing()
  table.addReductions()
  table.addLinearAlgebra()
  table.addConvolutions()
  table.addRandom()
  table.addAdam()
  return table.cases
}()
