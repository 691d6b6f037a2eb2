// Where mathematics has a hole, the derivative is a convention, at first and second order, and
// never nan.

import Autodiff
import Tensors
import Testing

@Suite("derivatives at corners") struct CornerTests {
  /// A function, a point, and the derivatives of its sum there.
  struct Corner: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var point: [Double]
    var first: [Double]
    /// The gradient of the sum of the gradient; nil where only finiteness is asked for.
    var second: [Double]?
    var function: @Sendable (Variable) throws -> Variable

    init(
      _ name: String, at point: [Double], _ first: [Double], _ second: [Double]? = nil,
      _ function: @escaping @Sendable (Variable) throws -> Variable
    ) {
      testDescription = name
      self.point = point
      self.first = first
      self.second = second
      self.function = function
    }
  }

  static let inf = Double.infinity
  static let corners: [Corner] = [
    Corner("sqrt at 0", at: [0, 4], [0, 0.25], [0, -0.03125]) { try $0.sqrt() },
    Corner("sqrt of a square at 0", at: [0, 2], [0, 1], [0, 0]) { try $0.square().sqrt() },
    Corner("norm at 0", at: [0, 0], [0, 0], [0, 0]) { try $0.norm(axes: AxisSet(0)) },
    Corner("norm of order 1 at 0", at: [0, 2], [0, 1], [0, 0]) {
      try $0.norm(order: 1, axes: AxisSet(0))
    },
    Corner("norm of order 3 at 0", at: [0, 0], [0, 0], [0, 0]) {
      try $0.norm(order: 3, axes: AxisSet(0))
    },
    Corner("norm of order inf at 0", at: [0, 0], [0, 0], [0, 0]) {
      try $0.norm(order: .infinity, axes: AxisSet(0))
    },
    Corner("abs at 0", at: [0, -2], [0, -1], [0, 0]) { try $0.abs() },
    Corner("sign", at: [0, -2], [0, 0], [0, 0]) { try $0.sign() * 1 },
    Corner("relu at 0", at: [0, 1], [0, 1], [0, 0]) { try $0.relu() },
    Corner("x ** 0.5 at 0", at: [0, 4], [0, 0.25], [0, -0.03125]) { try $0.power(0.5) },
    Corner("x ** 0 at 0", at: [0, 3], [0, 0], [0, 0]) { try $0.power(0) },
    Corner("x ** 1 at 0", at: [0, 3], [1, 1], [0, 0]) { try $0.power(1) },
    Corner("x ** 2 at 0", at: [0, 3], [0, 6], [2, 2]) { try $0.power(2) },
    Corner("x ** 3 at 0", at: [0, -1], [0, 3], [0, -6]) { try $0.power(3) },
    Corner("x ** p with p traced, at 0", at: [0, -2], [0, -4], [2, 2]) {
      try $0.power($0 * 0 + vector(2, 2))
    },
    Corner("0 ** p in p", at: [0, 2, 0.5], [0, 0, 0], [0, 0, 0]) {
      try Variable(0).power($0)
    },
    Corner("a negative base in p", at: [2, 3], [0, 0], [0, 0]) { try Variable(-2).power($0) },
    Corner("atan2 at (0, 0), in y", at: [0], [0], [0]) { try $0.atan2(vector(0)) },
    Corner("atan2 at (0, 0), in x", at: [0], [0], [0]) { try vector(0).atan2($0) },
    Corner("maximum of equal ones", at: [1, 2], [0.5, 1], [0, 0]) { try $0.maximum(vector(1, 0)) },
    Corner("minimum of equal ones", at: [1, 2], [0.5, 0], [0, 0]) { try $0.minimum(vector(1, 0)) },
    Corner("max of equal ones", at: [2, 1, 2], [0.5, 0, 0.5], [0, 0, 0]) {
      try $0.max(axes: AxisSet(0))
    },
    Corner("min of equal ones", at: [1, 1, 1, 4], [1 / 3.0, 1 / 3.0, 1 / 3.0, 0], [0, 0, 0, 0]) {
      try $0.min(axes: AxisSet(0))
    },
    Corner("prod with one zero", at: [2, 0, 3], [0, 6, 0], [3, 5, 2]) {
      try $0.prod(axes: AxisSet(0))
    },
    Corner("prod with two zeros", at: [2, 0, 0], [0, 0, 0], [0, 2, 2]) {
      try $0.prod(axes: AxisSet(0))
    },
    Corner("cumprod with zeros", at: [2, 0, 3], [1, 8, 0], [4, 6, 2]) { try $0.cumprod(axis: 0) },
    Corner("where keeps nan out of log", at: [0, 2], [0, 0.5], [0, -0.25]) {
      try $0.isGreater(than: Variable(0)).select($0.log(), $0 * 0)
    },
    Corner("where keeps nan out of 1 / x", at: [0, 2], [0, -0.25], [0, 0.25]) {
      try $0.isNotEqual(to: Variable(0)).select(1 / $0, $0 * 0)
    },
    Corner("where keeps nan out of x ** -1", at: [0, 2], [0, -0.25], [0, 0.25]) {
      try $0.isNotEqual(to: Variable(0)).select($0.power(-1), $0 * 0)
    },
    Corner("where keeps nan out of x log x", at: [0, 1], [0, 1], [0, 1]) {
      try $0.isGreater(than: Variable(0)).select($0 * $0.log(), $0 * 0)
    },
    Corner("where keeps nan out of exp", at: [1000, 0], [0, 1], [0, 1]) {
      try $0.isLess(than: Variable(100)).select($0.exp(), $0 * 0)
    },
    Corner("softplus at infinity", at: [inf, -inf, 800], [1, 0, 1], [0, 0, 0]) {
      try $0.softplus()
    },
    Corner("sigmoid at infinity", at: [inf, -inf], [0, 0], [0, 0]) { try $0.sigmoid() },
    Corner("tanh at infinity", at: [inf, -inf], [0, 0], [0, 0]) { try $0.tanh() },
    Corner("logsumexp of inf", at: [inf, 1], [1, 0], [0, 0]) {
      try $0.logsumexp(axes: AxisSet(0))
    },
    Corner("logsumexp of -inf", at: [-inf, 1], [0, 1], [0, 0]) {
      try $0.logsumexp(axes: AxisSet(0))
    },
    Corner("logsumexp of -inf alone", at: [-inf, -inf], [0, 0], [0, 0]) {
      try $0.logsumexp(axes: AxisSet(0))
    },
    Corner("softmax with -inf", at: [-inf, 0, 0], [0, 0, 0], nil) {
      try $0.softmax(axis: 0)
    },
    Corner("clip at its bounds", at: [-1, 1, 2, 0], [0, 0, 0, 1], [0, 0, 0, 0]) {
      try $0.clip(Variable(-1), Variable(1))
    },
    Corner("erfinv near 1", at: [0], [0.886226925452758], [0]) { try $0.erfinv() },
    Corner("std of one element", at: [3], [0], [0]) { try $0.standardDeviation(axes: AxisSet(0)) },
    Corner("std of equal elements", at: [3, 3], [0, 0], [0, 0]) {
      try $0.standardDeviation(axes: AxisSet(0))
    },
    Corner("var of one element", at: [3], [0], [0]) { try $0.variance(axes: AxisSet(0)) },
    Corner("median of equal elements", at: [3, 3, 3], [0, 1, 0], [0, 0, 0]) {
      try $0.median(axes: AxisSet(0))
    },
    Corner("median of two middle elements", at: [4, 1, 3, 2], [0, 0, 0.5, 0.5], [0, 0, 0, 0]) {
      try $0.median(axes: AxisSet(0))
    },
    Corner("cosine similarity at 0", at: [0, 0], [0, 0], nil) {
      try $0.cosineSimilarity(vector(1, 1)) * 0
    },
    Corner("nan_to_num", at: [.nan, inf, 2], [0, 0, 1], [0, 0, 0]) { try $0.nanToNum() },
    Corner("det of a singular matrix", at: [1, 2, 2, 4], [4, -2, -2, 1], [1, -1, -1, 1]) {
      try $0.reshape(to: Shape(2, 2)).determinant()
    },
    Corner("det of zeros", at: [0, 0, 0, 0], [0, 0, 0, 0], [1, -1, -1, 1]) {
      try $0.reshape(to: Shape(2, 2)).determinant()
    },
    Corner("a place written twice", at: [1, 2], [0, 1], [0, 0]) {
      try vector(5, 6).replacing([.ids(try ids([1, 1]))], with: $0)
    },
    Corner("huber inside", at: [0, 0.5, -0.5, 2], [0, 0.5, -0.5, 1], [1, 1, 1, 0]) {
      try $0.huberLoss(vector(0, 0, 0, 0), .sum)
    },
    Corner("huber at delta", at: [1, -1, 0, 2], [1, -1, 0, 1], nil) {
      try $0.huberLoss(vector(0, 0, 0, 0), .sum)
    },
  ]

  @Test(arguments: corners) func `first order`(_ corner: Corner) throws {
    let x = Variable.tensor(try makeTensor(corner.point, [corner.point.count]))
    let found = try gradient(x, corner.function)
    #expect(difference(found.numbers, corner.first) < 1e-12, "\(found.numbers)")
    // Forward mode gives the same number along ones.
    let pushed = try push(x, x.onesLike()) { try corner.function($0).sum() }
    #expect(difference(pushed.numbers, [corner.first.reduce(0, +)]) < 1e-12, "\(pushed.numbers)")
  }

  @Test(arguments: corners) func `second order`(_ corner: Corner) throws {
    let x = Variable.tensor(try makeTensor(corner.point, [corner.point.count]))
    let reverse = try gradient(x) { try gradient($0, corner.function) }
    let forward = try push(x, x.onesLike()) { try gradient($0, corner.function) }
    guard let second = corner.second else {
      #expect(reverse.numbers.allSatisfy { $0.isFinite }, "\(reverse.numbers)")
      #expect(forward.numbers.allSatisfy { $0.isFinite }, "\(forward.numbers)")
      return
    }
    #expect(difference(reverse.numbers, second) < 1e-12, "\(reverse.numbers)")
    #expect(difference(forward.numbers, second) < 1e-12, "\(forward.numbers)")
  }

  @Test func `equal singular values and eigenvalues stay finite`() throws {
    let x = Variable.tensor(try Tensor.eye(3, 3))
    let functions: [(Variable) throws -> Variable] = [
      { x in
        let (u, s, vt) = try x.svd()
        return try (u.sin() + vt.cos()).sum() + s.square().sum()
      },
      { x in
        let (w, v) = try x.eigh()
        return try v.sin().sum() + w.square().sum()
      },
      { try ($0 * 0).svd().s.square() },
    ]
    for f in functions {
      let first = try gradient(x, f)
      let second = try gradient(x) { try gradient($0, f) }
      #expect(first.numbers.allSatisfy { $0.isFinite })
      #expect(second.numbers.allSatisfy { $0.isFinite })
    }
    // What does not depend on the choice of vectors is exact.
    let squares = try gradient(x) { try $0.eigh().w.square() }
    #expect(difference(squares.numbers, [2, 0, 0, 0, 2, 0, 0, 0, 2]) < 1e-12)
  }

  @Test func `reductions of nothing`() throws {
    let x = Variable.tensor(try Tensor.zeros(Shape(0, 2)))
    for f in [
      { try $0.sum(axes: AxisSet(0)) }, { try $0.prod(axes: AxisSet(0)) },
      { try $0.norm(axes: AxisSet(0)) }, { try $0.logsumexp(axes: AxisSet(0)) },
      { try $0.cumsum(axis: 0) }, { try $0.cumprod(axis: 0) }, { try $0.softmax(axis: 0) },
    ] as [(Variable) throws -> Variable] {
      #expect(try gradient(x, f).shape == x.shape)
    }
    #expect(throws: TensorError.self) { try x.max(axes: AxisSet(0)) }
  }

  @Test func `integers become the default float`() throws {
    let x = try ids([1, 4])
    func dtypes() throws -> [DType] {
      [try x.sqrt(), try x / x, try x.mean(), try x * .number(2, like: x)].map(\.dtype)
    }
    #expect(try dtypes() == [.f64, .f64, .f64, .f64])
    let context = Context()
    context.defaultFloat = .f32
    let single = try context.with { try dtypes() }
    #expect(single == [.f32, .f32, .f32, .f32])
  }
}
