// Cases of primitives that move, pick and reduce elements.

import Autodiff
import Tensors

extension PrimitiveTable {
  mutating func addMovement() {
    add("reshape", [f(3, 4)]) { try $0[0].reshape(to: Shape([2, 6])) }
    add("reshape", [f()]) { try $0[0].reshape(to: Shape([1, 1])) }
    add("reshape", [f(0, 2)]) { try $0[0].reshape(to: Shape([3, 0])) }
    add("permute", [f(2, 3, 4)]) { try $0[0].permute([2, 0, 1]) }
    add("broadcast", [f(3, 1)]) { try $0[0].broadcast(to: Shape([2, 3, 4])) }
    add("broadcast", [f()]) { try $0[0].broadcast(to: Shape([2])) }
    for bits in [0, 1, 2, 5, 7] as [UInt8] {
      for keep in [true, false] {
        add("sum", [f(2, 3, 4)]) { try $0[0].sum(axes: AxisSet(bits: bits), keepAxes: keep) }
      }
    }
    add("sum", [f(2, 0)]) { try $0[0].sum(axes: AxisSet(1)) }
    add("pad", [f(2, 3)]) { try $0[0].padded(before: [1, 0], after: [0, 2], value: 5) }
    add("concat", [f(2, 3), f(1, 3), f(2, 3)]) { try Variable.concat($0, axis: 0) }
    add("concat", [f(2, 3), f(2, 0)]) { try Variable.concat($0, axis: -1) }
    add("tril", [f(2, 3, 4)]) { try $0[0].tril(-1) }
    add("triu", [f(4, 3)]) { try $0[0].triu(1) }
  }

  mutating func addIndexing() {
    add("index", [f(4, 5)]) { try $0[0].indexed([.slice(start: 1, stop: nil, step: 2), .at(-1)]) }
    add("index", [f(4, 5)]) {
      try $0[0].indexed([.slice(start: nil, stop: nil, step: -1), .newAxis])
    }
    add("index", [f(4, 5, 2)]) { try $0[0].indexed([.ellipsis, .ids(try ids([0, 1, 1]))]) }
    add("index", [f(4, 5, 2)]) {
      try $0[0].indexed([
        .ids(try ids([3, -1])), .slice(start: nil, stop: nil, step: 1), .ids(try ids([0, 1])),
      ])
    }
    add("index", [f(3)]) {
      try $0[0].indexed([.ids(.tensor(makeTensor([1, 0, 1], [3], .bool)))])
    }
    // The transpose of an index is what the gradient of a curved function of it ends in.
    add("index_add", [f(2, 5), f(4, 5)], isInside: true) { x in
      try gradient(x[1]) { try ($0.indexed([.ids(try ids([2, 2]))]) * x[0]).square() }
    }
    add("index_add", [f(2, 5), f(4, 5, 2)], isInside: true) { x in
      try gradient(x[1]) {
        let picked = try $0.indexed([
          .ids(try ids([3, 3])), .slice(start: nil, stop: nil, step: 1), .ids(try ids([0, 0])),
        ])
        return try (picked * x[0]).square()
      }
    }
    add("replace", [f(4, 5), f(2, 5)]) {
      try $0[0].replacing([.slice(start: 1, stop: 3, step: 1)], with: $0[1])
    }
    add("replace", [f(4, 5), f()]) {
      try $0[0].replacing([.slice(start: nil, stop: nil, step: 1), .at(2)], with: $0[1])
    }
    add("replace", [f(4, 3), f(3, 1)]) {
      try $0[0].replacing([.ids(try ids([1, 1, 0]))], with: $0[1])
    }
    add("replace", [f(4, 5, 2), f(2, 5)]) {
      try $0[0].replacing(
        [.ids(try ids([1, 2])), .slice(start: nil, stop: nil, step: 1), .ids(try ids([1, 0]))],
        with: $0[1])
    }
    add("take", [f(4, 3), .ids([2, 2], below: 4)]) { try $0[0].take($0[1]) }
    add("take", [f(4), .ids([], below: 4)]) { try $0[0].take($0[1]) }
    add("take", [f(2, 4, 3), .ids([2], below: 4)], isInside: true) {
      try $0[0].take($0[1], axis: 1)
    }
    add("scatter_add", [f(3, 2), .ids([3], below: 4)], isInside: true) { x in
      let places = try x[1].expanded(at: 1).broadcast(to: Shape(3, 2))
      return try Variable.tensor(Tensor.zeros(Shape(4, 2), x[0].dtype)).beside(x[0])
        .scatterAdd(places, x[0], axis: 0)
    }
    add("scatter_add", [f(2, 3), f(2, 3), .ids([2, 3], below: 3)], isInside: true) {
      try $0[0].scatterAdd($0[2], $0[1], axis: 1)
    }
    add("scatter_add", [f(4, 3), .ids([3, 3], below: 3)], isInside: true) {
      try $0[0].gather($0[1], axis: 1)
    }
    add("put", [f(4, 2), .ids([3], below: 4), f(3, 2)]) { try $0[0].putting($0[2], at: $0[1]) }
    add("put", [f(5), .ids([2, 3], below: 5), f(3)], isInside: true) {
      try $0[0].replacing([.ids($0[1])], with: $0[2])
    }
    add("ids", [f(4, 5), .ids([2], below: 4), .ids([2], below: 5)], isInside: true) {
      try $0[0].indexed([.ids($0[1]), .ids($0[2])])
    }
    add("ids", [f(4, 5, 3), .ids([2], below: 4), .ids([2], below: 3)], isInside: true) {
      try $0[0].indexed([.ids($0[1]), .slice(start: nil, stop: nil, step: 1), .ids($0[2])])
    }
    add("ids", [f(4, 5, 3), .ids([2, 1], below: 5)], isInside: true) {
      try $0[0].indexed([.slice(start: 1, stop: nil, step: 1), .ids($0[1]), .newAxis])
    }
    add("argsort", [f(3, 4)]) { try $0[0].argsort(axis: 0) }
    add("argsort", [f(3, 4)], isInside: true) { try $0[0].sort(axis: -1, descending: true) }
    add("argsort", [f(5)], isInside: true) { try $0[0].topk(2).values }
    add("searchsorted", [f(5), f(2, 3)]) { try $0[0].sort().searchsorted($0[1]) }
    add("searchsorted", [f(2, 5), f(2, 3)]) { try $0[0].sort().searchsorted($0[1], right: true) }
    add("running_places", [f(5)], isInside: true) { try $0[0].cummax(axis: 0) }
    add("running_places", [f(3, 4)], isInside: true) { try $0[0].cummin(axis: 0) }
  }

  private mutating func reduction(
    _ name: String, ofNothing: Bool = true,
    _ function: @escaping @Sendable (Variable, AxisSet, Bool) throws -> Variable
  ) {
    for bits in [1, 2, 5, 7] as [UInt8] {
      for keep in [true, false] {
        add(name, [f(2, 3, 4)]) { try function($0[0], AxisSet(bits: bits), keep) }
      }
    }
    add(name, [f(1)]) { try function($0[0], AxisSet(0), false) }
    add(name, [f()]) { try function($0[0], AxisSet(), false) }
    add(name, [f(0, 3)]) { try function($0[0], AxisSet(1), false) }
    if ofNothing { add(name, [f(0, 3)]) { try function($0[0], AxisSet(0), false) } }
  }

  private mutating func along(
    _ name: String, _ function: @escaping @Sendable (Variable, Int) throws -> Variable
  ) {
    for (shape, axis) in [([5], 0), ([3, 4], 0), ([2, 3, 4], 1), ([3, 4], 1), ([2, 1], 1)] {
      add(name, [.floats(shape, -1...1)]) { try function($0[0], axis) }
    }
  }

  mutating func addReductions() {
    reduction("prod") { try $0.prod(axes: $1, keepAxes: $2) }
    reduction("max", ofNothing: false) { try $0.max(axes: $1, keepAxes: $2) }
    reduction("min", ofNothing: false) { try $0.min(axes: $1, keepAxes: $2) }
    reduction("logsumexp", ofNothing: false) { try $0.logsumexp(axes: $1, keepAxes: $2) }
    reduction("norm") { try $0.norm(axes: $1, keepAxes: $2) }
    reduction("squared_norm") { try $0.norm(axes: $1, keepAxes: $2).square() }
    for shape in [[3, 4], [5], []] {
      add("mse_loss", [.floats(shape, -1...1), .floats(shape, -1...1)]) {
        try $0[0].squaredLoss($0[1])
      }
    }
    reduction("any") { try $0.any(axes: $1, keepAxes: $2) }
    reduction("all") { try $0.all(axes: $1, keepAxes: $2) }
    along("cumsum") { try $0.cumsum(axis: $1) }
    along("cumprod") { try $0.cumprod(axis: $1) }
    along("softmax") { try $0.softmax(axis: $1) }
    along("log_softmax") { try $0.logSoftmax(axis: $1) }
    along("argmax") { try $0.argmax(axis: $1) }
    along("argmin") { try $0.argmin(axis: $1, keepAxes: true) }
    add("argmax", [f(3, 4)]) { try $0[0].argmax() }
  }
}
