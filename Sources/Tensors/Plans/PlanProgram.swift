// A plan before it has memory: what the operations of a recorded function do, in order, on numbered
// buffers. Passes go from program to program; `Plan` is made from the last one.

internal import Kernels

/// The program of a plan.
package struct PlanProgram {
  package internal(set) var buffers: [PlanBuffer] = []
  package internal(set) var instructions: [PlanInstruction] = []
  /// What comes out, in order.
  package internal(set) var results: [PlanView] = []

  package init() {}
}

/// A piece of memory that instructions read and write.
package struct PlanBuffer {
  package enum Origin {
    /// An operand of the function.
    case operand(Int)
    /// Elements that are the same at each run; the tensor holds them.
    case constant(Tensor)
    /// Made by instructions.
    case made
    /// A result of a call outside the plan, which brings its own memory.
    case called
  }

  package var origin: Origin
  /// The bytes of what instructions make; 0 for any other.
  var bytes: Int
}

/// A place in a buffer, in bytes from the first element that the recorder saw of it.
struct PlanPlace: Hashable {
  var buffer: Int
  var offset: Int
}

/// A tensor by its place.
package struct PlanView {
  var place: PlanPlace
  var shape: Shape
  var strides: Shape
  var dtype: DType
  /// The very tensor, where it is the same at each run.
  var constant: Tensor?
}

/// A block kernel with what is to be known of it.
struct PlanKernel {
  let name: String
  let function: mos_block_kernel
  /// The element types that it reads and the one it gives.
  let compute: DType
  let result: DType
  /// The operation on single numbers that gives the same bits, if there is one.
  let number: Int?
  /// For each operand whether it is one number for all elements.
  let isScalar: [Bool]
  /// Whether it may find something that is an error, as an overflow.
  var canFail: Bool { !compute.isFloat && compute != .bool }
}

/// One instruction.
package struct PlanInstruction {
  enum Operation {
    case block(PlanKernel, count: Int)
    /// The kernel on each of some rows with one and the same row.
    case rows(PlanKernel, rows: Int, count: Int)
    /// An elementwise loop over any layouts; addresses are put in later, as below.
    case loop(String, mos_loop)
    case copy(mos_copy_step)
    case reduceRows(String, mos_reduce_step)
    case reduceColumns(String, mos_reduce_step)
    case scanRows(String, mos_reduce_step)
    case product(PlanProduct)
    /// The plan ends where an element is not finite.
    case requireFinite(mos_reduce_step)
    case adam(mos_adam_step_of_plan, isGradient: Bool)
    /// A call outside the plan, by its number; its operands are `views`.
    case call(String, Int, views: [PlanView], results: [PlanView])
    /// Blocks that are run piece by piece, and perhaps a sum of the last one's result, which nobody else reads.
    case chain([PlanInstruction], sum: mos_reduce_step?)
  }

  var operation: Operation
  var reads: [PlanPlace]
  var writes: [PlanPlace]
  /// What may end the plan is never dead.
  var canFail: Bool
}

extension PlanProgram {
  /// The program as a text, an instruction a line: `%3 = add f32 %1 %2 (400)`.
  package var description: String {
    instructions.map(\.description).joined(separator: "\n")
  }
}

extension PlanInstruction {
  var description: String {
    let written = writes.map(\.description).joined(separator: ", ")
    let read = reads.map(\.description).joined(separator: " ")
    return switch operation {
    case .chain(let links, let sum):
      (sum == nil ? "chain\n" : "\(written.split(separator: " ").last ?? "") = chain with a sum\n")
        + links.map { "  \($0.description)" }.joined(separator: "\n")
    default: "\(written) = \(name) \(read)"
    }
  }

  /// The operation with its extents.
  private var name: String {
    switch operation {
    case .block(let kernel, let count): "\(kernel.name) \(kernel.compute.name)[\(count)]"
    case .rows(let kernel, let rows, let count):
      "\(kernel.name) \(kernel.compute.name)[\(rows), \(count)]"
    case .loop(let name, let loop): "\(name) loop of \(loop.operands)"
    case .copy: "copy"
    case .reduceRows(let name, let step): "\(name) of \(step.rows) rows of \(step.n)"
    case .reduceColumns(let name, let step):
      "\(name) of \(step.blocks) blocks of \(step.rows) rows of \(step.n)"
    case .scanRows(let name, let step): "\(name) along \(step.rows) rows of \(step.n)"
    case .product(let step):
      "product [\(step.product.rows), \(step.product.inner), \(step.product.columns)]"
    case .requireFinite(let step): "require \(step.n) finite"
    case .adam(_, let isGradient): isGradient ? "adam gradient" : "adam"
    case .call(let name, _, _, _): "call \(name)"
    case .chain: "chain"
    }
  }
}

extension PlanPlace {
  var description: String { offset == 0 ? "%\(buffer)" : "%\(buffer)+\(offset)" }
}
