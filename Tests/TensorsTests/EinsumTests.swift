// Plans of Einstein sums, run step by step.

import TensorSupport
import Testing

@testable import Tensors

/// Executes a plan as the differentiation layer does, on plain tensors.
private func run(_ plan: EinsumPlan, _ operands: [Tensor]) throws -> Tensor {
  var tensors = operands
  for step in plan.steps {
    switch step {
    case .transpose(let x, let permutation):
      tensors.append(try tensors[x].transposed(permutation: Shape(trusted: permutation)))
    case .reshape(let x, let shape): tensors.append(try tensors[x].reshaped(Shape(shape)))
    case .stride(let x, let step):
      let items: [IndexItem] = [.ellipsis, .slice(start: nil, stop: nil, step: step)]
      tensors.append(try tensors[x].indexed(IndexPlan(shape: tensors[x].shape, items: items)))
    case .sum(let x, let axes):
      tensors.append(try tensors[x].sum(AxisSet(axes, of: tensors[x].shape)))
    case .multiply(let x, let y):
      tensors.append(try Tensor.binary(.multiply, tensors[x], tensors[y]))
    case .matmul(let x, let y): tensors.append(try Tensor.matmul(tensors[x], tensors[y]))
    }
  }
  return tensors[plan.result]
}

@Suite struct EinsumTests {
  @Test func `every equation gives what it gives in NumPy`() throws {
    for (equation, shapes, result, elements) in einsumCases {
      let operands = try shapes.map { try counting($0) }
      let plan = try EinsumPlan(equation, shapes: operands.map(\.shape))
      let value = try run(plan, operands)
      #expect(plan.shape.array == result, "\(equation)")
      #expect(value.shape.array == result, "\(equation)")
      #expect(try value.doubles == elements, "\(equation)")
    }
  }

  @Test func `a matrix product is one step`() throws {
    let plan = try EinsumPlan("ij,jk->ik", shapes: [Shape(2, 3), Shape(3, 4)])
    #expect(plan.steps == [.matmul(0, 1)])
  }

  @Test func `chains are contracted where it is cheapest`() throws {
    let shapes = [Shape(100, 100), Shape(100, 100), Shape(100, 1)]
    let plan = try EinsumPlan("ij,jk,kl->il", shapes: shapes)
    #expect(plan.steps.first == .matmul(1, 2))
  }

  @Test(arguments: [
    ("ij,jk", [[2, 3]], "einsum 'ij,jk' names 2 operands, and 1 were given"),
    ("ij->k", [[2, 3]], "einsum 'ij->k' has no 'k' on its left side"),
    ("ij->ii", [[2, 3]], "einsum 'ij->ii' names an axis of its result twice"),
    ("ij,jk->ik", [[2, 3], [4, 5]], "einsum 'ij,jk->ik' has 3 and 4 along 'j'"),
    ("ii", [[2, 3]], "einsum 'ii' has 2 and 3 along 'i'"),
    ("ijk", [[2, 3]], "einsum 'ijk' gives 3 letters to a tensor of 2 axes"),
    ("i", [[2, 3]], "einsum 'i' gives 1 letters to a tensor of 2 axes"),
    ("i.j", [[2, 3]], "einsum 'i.j' has dots that are not one ... an operand"),
    ("i1", [[2, 3]], "einsum 'i1' holds '1'"),
    ("ij->->", [[2, 3]], "einsum 'ij->->' holds '-'"),
  ]) func `mistakes are named`(_ equation: String, _ shapes: [[Int]], _ text: String) {
    #expect(message { try EinsumPlan(equation, shapes: shapes.map { try Shape($0) }) } == text)
  }
}
