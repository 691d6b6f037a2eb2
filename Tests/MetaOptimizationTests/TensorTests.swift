// Tensors as data of Swift programs: literals, arrays, memory of others, tasks.

import MetaOptimization
import Testing

@Suite("tensors as Swift data") struct TensorTests {
  @Test func `literals are f64, and Bools are bool`() throws {
    let row: Tensor = [1, 2, 3]
    let matrix: Tensor = [[1, 2], [3, 4], [5, 6]]
    let cube: Tensor = [[[1.5]]]
    let flags: Tensor = [true, false]
    let none: Tensor = []
    #expect(row.typeDescription == "f64[3]" && Tensor([1, 2, 3]).typeDescription == "f64[3]")
    #expect(matrix.typeDescription == "f64[3, 2]" && cube.typeDescription == "f64[1, 1, 1]")
    #expect(flags.typeDescription == "bool[2]" && none.typeDescription == "f64[0]")
    #expect(try matrix.values(as: Double.self) == [1, 2, 3, 4, 5, 6])
  }

  @Test func `arrays keep the dtype of their elements`() throws {
    let whole: [Int] = [1, 2]
    let single: [[Float]] = [[1], [2]]
    let nothing: [[Double]] = [[], []]
    #expect(Tensor(whole).typeDescription == "i64[2]")
    #expect(Tensor(single).typeDescription == "f32[2, 1]")
    #expect(Tensor([[true], [false]] as [[Bool]]).typeDescription == "bool[2, 1]")
    #expect(Tensor([[[1.0, 2.0]]] as [[[Double]]]).typeDescription == "f64[1, 1, 2]")
    #expect(Tensor(nothing).typeDescription == "f64[2, 0]")
    #expect(Tensor(2.5).typeDescription == "f64" && Tensor(2).typeDescription == "i64")
  }

  @Test func `arrays of several shapes are an error`() {
    #expect(throws: TensorError.self) { try Tensor(checking: [[1.0, 2.0], [3.0]]) }
    #expect(throws: TensorError.self) { try Tensor(checking: [[[1]], [[1], [2]]] as [[[Int]]]) }
    #expect(throws: TensorError.self) { try Tensor(checking: [[[[[[[[[1.0]]]]]]]]]) }
  }

  @Test func `a closure that writes too few elements is an error`() {
    for count in [0, 5] {
      let error = #expect(throws: TensorError.self) {
        try Tensor(shape: [2, 3], of: Double.self) { elements in
          for _ in 0..<count { elements.append(1) }
        }
      }
      #expect(error?.message == "a tensor of shape [2, 3] has 6 elements, and \(count) were given")
    }
  }

  @Test func `a closure writes the elements`() throws {
    let x = try Tensor(shape: [2, 3], of: Float.self) { elements in
      for i in 0..<6 { elements.append(Float(i)) }
    }
    #expect(x.typeDescription == "f32[2, 3]")
    #expect("\(x)" == "[[0.0, 1.0, 2.0],\n [3.0, 4.0, 5.0]]")
  }

  @Test func `elements are read as Swift values`() throws {
    let x: Tensor = [[1, 2], [3, 4.5]]
    #expect(try x.values(as: Float.self) == [1, 2, 3, 4.5])
    #expect(try x.values(as: Int.self) == [1, 2, 3, 4])
    #expect(try Tensor([0, 2]).values(as: Bool.self) == [false, true])
    let view = try x.transposed(permutation: [1, 0])
    #expect(try view.values(as: Double.self) == [1, 3, 2, 4.5])
    #expect(try x.withElements(as: Double.self) { $0.count } == 4)
    #expect(try Tensor([[7]]).item() == 7 && Tensor([true]).item(as: Bool.self))
    #expect(throws: TensorError.self) { try x.item() }
    #expect(throws: TensorError.self) { try Tensor([Double.nan]).values(as: Int.self) }
  }

  @Test func `memory with an owner is read in place`() throws {
    final class Owner {
      let memory = UnsafeMutableBufferPointer<Double>.allocate(capacity: 1000)
      init() { for i in memory.indices { memory[i] = Double(i) } }
      deinit { memory.deallocate() }
    }
    weak var remembered: Owner?
    do {
      var owner: Owner? = Owner()
      remembered = owner
      var kept: Tensor?
      if let here = owner {
        let x = try Tensor(
          sharing: here, elements: UnsafeBufferPointer(here.memory), shape: [10, 100])
        let place = try x.withElements(as: Double.self) { elements in
          elements.withUnsafeBufferPointer { $0.baseAddress }
        }
        #expect(place == UnsafePointer(here.memory.baseAddress))
        #expect(throws: TensorError.self) {
          try Tensor(sharing: here, elements: UnsafeBufferPointer(here.memory), shape: [10])
        }
        kept = try x.indexed(at: 3)
      }
      owner = nil
      #expect(remembered != nil)
      #expect(try kept?.sum().item() == 34950)  // a view holds it: 300 + 301 + … + 399
      kept = nil
    }
    #expect(remembered == nil)
  }

  @Test func `operators keep the dtype of a tensor beside a number`() throws {
    let x: Tensor = [1, 2]
    #expect("\(-(x * 2 + 1) / [1, 2])" == "[-3.0, -2.5]")
    #expect("\(1 - x)" == "[0.0, -1.0]" && "\(2 / x)" == "[2.0, 1.0]")
    #expect((Tensor([1, 2] as [Float]) * 0.5).dtype == .f32)
    #expect((Tensor([1, 2] as [Int]) * 0.5).dtype == .f64)
    #expect(throws: TensorError.self) { try Tensor.binary(.add, x, [1, 2, 3]) }
    #expect(try x.mean().item() == 1.5 && x.max().item() == 2 && x.min().item() == 1)
  }

  @Test func `tensors go from task to task, and each thread differentiates by itself`() async throws
  {
    let x: Tensor = [1, 2, 3]
    let slopes = try await withThrowingTaskGroup(of: Tensor.self) { group in
      for k in 1...8 {
        group.addTask {
          try gradient(of: { x in try (x.square() * Double(k)).sum() }, at: x)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let sum = slopes.reduce(Tensor(0.0), +)
    #expect("\(sum)" == "[72.0, 144.0, 216.0]")  // 2 (1 + … + 8) x
  }
}
