// Indices read, write and fail as NumPy's.

import TensorSupport
import Testing

@testable import Tensors

@Suite struct IndexingTests {
  @Test func `every index gives what it gives in NumPy`() throws {
    for (shape, items, result, elements) in try indexCases() {
      let x = try counting(shape)
      let plan = try IndexPlan(shape: x.shape, items: items)
      #expect(plan.result.array == result, "\(shape) \(items)")
      for dtype in [DType.f64, .f32, .i64] {
        let y = try x.converted(to: dtype).indexed(plan)
        #expect(y.shape.array == result)
        #expect(try y.doubles == elements, "\(shape) \(items)")
      }
    }
  }

  @Test func `an index of a strided tensor sees the tensor, not its memory`() throws {
    for (shape, items, _, elements) in try indexCases() where shape.count > 1 {
      let x = try counting(shape)
      let permutation = Shape(trusted: (0..<x.rank).reversed())
      let twice = try x.transposed(permutation: permutation).contiguous()
        .transposed(permutation: permutation)
      let plan = try IndexPlan(shape: x.shape, items: items)
      #expect(try twice.indexed(plan).doubles == elements)
    }
  }

  @Test func `a write changes the elements that a read gives, and no others`() throws {
    for (shape, items, result, elements) in try indexCases() {
      let x = try counting(shape)
      let plan = try IndexPlan(shape: x.shape, items: items)
      let values = try counting(result).converted(to: .f64)
      let marked = try x.replacing(plan, with: Tensor(-1.0))
      for (old, new) in zip(x.doubles, marked.doubles) {
        #expect(new == (elements.contains(old) ? -1 : old))
      }
      guard try plan.isInjective else { continue }
      #expect(try x.replacing(plan, with: values).indexed(plan).doubles == values.doubles)
      #expect(try Tensor.scattered(values, by: plan).indexed(plan).doubles == values.doubles)
    }
  }

  @Test func `scattering adds where a place is named twice`() throws {
    let plan = try IndexPlan(shape: Shape(4), items: [.ids(whole([1, 3, 1]))])
    #expect(try !plan.isInjective)
    let values = try tensor([1, 2, 4])
    #expect(try Tensor.scattered(values, by: plan).doubles == [0, 5, 0, 2])
    #expect(try Tensor.scattered(values, by: plan, accumulate: false).doubles == [0, 4, 0, 2])
    #expect(try tensor([1, 1, 1, 1]).adding(values, at: plan).doubles == [1, 6, 1, 3])
  }

  @Test func `a write in place leaves other holders alone`() throws {
    var x = try counting([4])
    let plan = try IndexPlan(shape: Shape(4), items: [.at(0)])
    let other = x
    try x.replace(plan, with: Tensor(9.0))
    #expect(try other.doubles == [0, 1, 2, 3])
    #expect(try x.doubles == [9, 1, 2, 3])
    let address = x.withElements { $0 }
    try x.replace(plan, with: Tensor(8.0))
    #expect(x.withElements { $0 } == address)
    #expect(try x.doubles == [8, 1, 2, 3])
  }

  @Test func `a write in place leaves views and large tensors' holders alone`() throws {
    var x = try counting([1000])
    let plan = try IndexPlan(shape: Shape(1000), items: [.at(5)])
    let view = try x.indexed(IndexPlan(shape: x.shape, items: [.slice(start: 5, stop: 6, step: 1)]))
    try x.replace(plan, with: Tensor(-1.0))
    #expect(try view.doubles == [5])
    let address = x.withElements { $0 }
    try x.replace(plan, with: Tensor(-2.0))
    #expect(x.withElements { $0 } == address)
    #expect(try x.indexed(at: 5).doubles == [-2])
  }

  @Test func `floats are not put into whole numbers`() throws {
    let plan = try IndexPlan(shape: Shape(2), items: [.at(0)])
    #expect(
      message { try whole([1, 2]).replacing(plan, with: Tensor(0.5)) }
        == "f64 values do not fit into i64[2]")
    #expect(try whole([1, 2]).replacing(plan, with: Tensor(true)).integers == [1, 2])
  }

  @Test func `mistakes name the index and the axis`() throws {
    let shape = Shape(3, 5)
    func plan(_ items: IndexItem...) throws -> IndexPlan {
      try IndexPlan(shape: shape, items: items)
    }
    #expect(message { try plan(.all, .at(7)) } == "index 7 is out of range for an axis of 5")
    #expect(
      hint { try plan(.all, .at(7)) } == "indices go from 0 to 4, or from -1 to -5 at the end")
    #expect(message { try plan(.at(-4)) } == "index -4 is out of range for an axis of 3")
    #expect(
      message { try plan(.at(.min)) }
        == "index -9223372036854775808 is out of range for an axis of 3")
    #expect(
      message { try plan(.ids(whole([0, 3]))) } == "index 3 is out of range for an axis of 3")
    #expect(
      message { try plan(.at(0), .at(0), .at(0)) }
        == "3 indices are too many for a tensor of shape [3, 5]")
    #expect(message { try plan(.ellipsis, .ellipsis) } == "an index has one ... at most")
    #expect(
      message { try plan(.slice(start: nil, stop: nil, step: 0)) }
        == "a slice cannot have the step 0")
    #expect(
      message { try plan(.mask(tensor([1, 0], nil, .bool))) }
        == "a mask of shape [2] does not fit a tensor of shape [3, 5]")
    #expect(
      message { try plan(.ids(whole([0, 1])), .ids(whole([0, 1, 2]))) }
        == "indices of shapes [2] and [3] do not fit together")
    #expect(
      message { try plan(.ids(tensor([0.5]))) }
        == "an index is a whole number, and f64[1] holds none")
    #expect(
      message { try counting([4]).indexed(plan(.at(0))) }
        == "an index made for shape [3, 5] does not fit f64[4]")
    #expect(
      message { try counting([3, 5]).replacing(plan(.at(0)), with: counting([2])) }
        == "cannot put f64[2] where [5] is indexed")
    #expect(message { try Tensor(1.0).indexed(at: 0) } == "a 0-d tensor has no axes to index")
  }

  @Test func `extreme slices do not overflow`() throws {
    let x = try counting([5])
    for (start, stop, step) in [
      (Int.min, Int.max, Int.max), (.max, .min, .min), (.min, .max, 1), (.max, .min, -1),
    ] {
      let plan = try IndexPlan(
        shape: x.shape, items: [.slice(start: start, stop: stop, step: step)])
      #expect(try x.indexed(plan).count == (abs(step == .min ? 2 : step) == 1 ? 5 : 1))
    }
  }

  @Test func `more than eight axes are an error`() throws {
    let items = [IndexItem](repeating: .newAxis, count: 9)
    #expect(
      message { try IndexPlan(shape: Shape(), items: items) }
        == "an index cannot give more than 8 axes")
  }

  @Test func `take replaces an axis`() throws {
    let x = try counting([3, 4])
    #expect(try x.take(axis: -1, whole([3, 0], [2, 1])).shape.array == [3, 2, 1])
  }

  @Test func `nonzero, oneHot`() throws {
    let found = try tensor([0, 1, .nan, 0, 0, 2], [2, 3]).nonzero().map(\.integers)
    #expect(found == [[0, 0, 1], [1, 2, 2]])
    #expect(try Tensor(3.0).nonzero().isEmpty)
    #expect(try Tensor.zeros(Shape(0, 3)).nonzero().map(\.count) == [0, 0])
    let rows = try Tensor.oneHot(whole([2, 0]), classes: 3)
    #expect(try rows.doubles == [0, 0, 1, 1, 0, 0])
    #expect(rows.shape == Shape(2, 3))
    #expect(
      message { try Tensor.oneHot(whole([3]), classes: 3) }
        == "class 3 is out of range for 3 classes")
  }
}
