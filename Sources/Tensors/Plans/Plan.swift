// A plan: a program with its memory and steps. A run copies small operands into the arena, puts the
// addresses of large ones into the steps, runs these without coming back to Swift but for calls, and hands the
// results out in memory of their own.
//
// An arena that is large is given back after each run; the allocator keeps it for the next.

internal import Kernels
import Synchronization

/// A program that runs.
package final class Plan {
  /// Runs a call by its number on operands, of which some are lent: their memory is the plan's, which writes it again.
  package typealias Call = (_ number: Int, [Tensor], _ isLent: [Bool]) throws -> [Tensor]

  /// The program that the plan was made from, after its passes.
  package let program: PlanProgram
  /// How operands lie; a plan is for these alone.
  private let layouts: [OperandLayout]

  private struct OperandLayout {
    let shape: Shape
    let strides: Shape
    let dtype: DType
    let isContiguous: Bool
  }

  private let memory: PlanMemory
  private var steps: PlanSteps?
  private let call: Call

  /// Operands that are copied into the arena: their numbers, offsets and bytes.
  private var copies: [(operand: Int, offset: Int, bytes: Int)] = []
  /// Operands whose addresses are put into steps.
  private var placed: [(operand: Int, buffer: Int)] = []
  /// Buffers whose memory each run has anew, since they are results too large to be copied.
  private var fresh: [(buffer: Int, bytes: Int)] = []
  private var calls: [Int: PlanInstruction] = [:]

  private var arena: Storage?
  private var isRunning = false
  private var run = Run()

  /// What a run has for the time.
  private struct Run {
    var operands: [Tensor] = []
    /// The memory of buffers that the run has anew, by their numbers.
    var memory: [Int: Tensor] = [:]
    var error: (any Error)?
  }

  /// Operands and results up to these bytes are copied; others are read and written where they lie.
  private static let mostCopied = 64
  /// Results up to these bytes lie in the arena until they are handed out.
  private static let mostInArena = 1024
  /// The most bytes of an arena that a plan keeps between runs.
  private static let mostKept = 1 << 20
  /// The share of the memory that a run may hold, that all plans keep: what a limit counts is the program's.
  private static let keptShare = 16
  /// The bytes that all plans keep.
  private static let kept = Atomic<Int>(0)
  private var keepsArena = false

  /// - Parameters:
  ///   - operands: those that the program was recorded with.
  ///   - call: runs what is no kernel.
  package init(_ program: PlanProgram, operands: [Tensor], call: @escaping Call) {
    let program = program.withoutDeadCode().withChains()
    self.program = program
    self.call = call
    layouts = operands.map {
      OperandLayout(
        shape: $0.shape, strides: $0.strides, dtype: $0.dtype, isContiguous: $0.isContiguous)
    }
    var inArena = [Int?](repeating: nil, count: program.buffers.count)
    let resultBuffers = Set(program.results.map(\.place.buffer))
    let scratch = Plan.scratch(program, results: resultBuffers)
    let wanted = Plan.numbers(program)
    for (buffer, memory) in program.buffers.enumerated() {
      switch memory.origin {
      case .made:
        if scratch[buffer] != nil { break }
        if resultBuffers.contains(buffer) && memory.bytes > Plan.mostInArena { break }
        inArena[buffer] = max(memory.bytes, 1)
      case .operand(let index):
        let x = operands[index]
        if x.isContiguous, x.count * x.dtype.size <= Plan.mostCopied, wanted.contains(buffer) {
          inArena[buffer] = max(x.count * x.dtype.size, 1)
        }
      case .constant(let x): if wanted.contains(buffer) { inArena[buffer] = x.dtype.size }
      case .called: break
      }
    }
    memory = PlanMemory(program, inArena: inArena)
    for (buffer, content) in program.buffers.enumerated() {
      switch content.origin {
      case .operand(let index):
        if let offset = memory.offsets[buffer] {
          copies.append((index, offset, operands[index].count * operands[index].dtype.size))
        } else {
          placed.append((index, buffer))
        }
      case .made where inArena[buffer] == nil && scratch[buffer] == nil:
        fresh.append((buffer, content.bytes))
      default: break
      }
    }
    for instruction in program.instructions {
      if case .call(_, let number, _, _) = instruction.operation { calls[number] = instruction }
    }
    let offsets = memory.offsets
    steps = PlanSteps(
      program, context: Unmanaged.passUnretained(self).toOpaque(),
      call: { context, number in
        guard let context else { return Plan.failed }
        return Unmanaged<Plan>.fromOpaque(context).takeUnretainedValue().answer(number)
      },
      place: { place in
        if let offset = scratch[place.buffer] { return .scratch(offset) }
        if let offset = offsets[place.buffer] {
          return .based(.arena, offset: offset + place.offset)
        }
        switch program.buffers[place.buffer].origin {
        case .constant(let tensor): return .fixed(tensor.header.data + place.offset)
        case .operand, .made, .called: return .based(.buffer(place.buffer), offset: place.offset)
        }
      })
  }

  /// The status of a call that has thrown.
  private static let failed: Int32 = -1

  /// The runs of operations that go over many elements piece by piece.
  package var chains: Int {
    program.instructions.count { if case .chain = $0.operation { true } else { false } }
  }

  /// The bytes of the arena.
  package var bytes: Int { memory.bytes }

  /// Buffers of operations on single numbers, which have to lie in the arena.
  private static func numbers(_ program: PlanProgram) -> Set<Int> {
    var buffers: Set<Int> = []
    for instruction in program.instructions {
      guard case .block(let kernel, 1) = instruction.operation, kernel.number != nil else {
        continue
      }
      for place in instruction.reads where place.offset == 0 { buffers.insert(place.buffer) }
    }
    return buffers
  }

  /// Offsets in the scratch of a piece, for buffers that one chain alone uses.
  private static func scratch(_ program: PlanProgram, results: Set<Int>) -> [Int: Int] {
    var users: [Int: Set<Int>] = [:]
    for (index, instruction) in program.instructions.enumerated() {
      for place in instruction.reads + instruction.writes {
        users[place.buffer, default: []].insert(index)
      }
    }
    var offsets: [Int: Int] = [:]
    for instruction in program.instructions {
      guard case .chain(let links, let sum) = instruction.operation else { continue }
      var last: [Int: Int] = [:]
      for (index, link) in links.enumerated() {
        for place in link.reads { last[place.buffer] = index }
      }
      var (free, used): ([Int], Int) = ([], 0)
      let slot = Int(MOS_CHAIN_PIECE) * 8
      // What is summed has to lie in the scratch.
      if sum != nil, let buffer = links.last?.writes[0].buffer {
        offsets[buffer] = 0
        used = slot
      }
      for (index, link) in links.enumerated() {
        for buffer in link.writes.map(\.buffer) {
          guard case .made = program.buffers[buffer].origin, !results.contains(buffer),
            offsets[buffer] == nil, users[buffer]?.count == 1,
            !free.isEmpty || used + slot <= Int(MOS_CHAIN_SCRATCH)
          else { continue }
          if let offset = free.popLast() {
            offsets[buffer] = offset
          } else {
            offsets[buffer] = used
            used += slot
          }
          // What nobody reads is free again behind the link.
          last[buffer] = last[buffer] ?? index
        }
        for buffer in Set((link.reads + link.writes).map(\.buffer)) where last[buffer] == index {
          if let offset = offsets[buffer] { free.append(offset) }
        }
      }
    }
    return offsets
  }

  // MARK: - Running

  /// True where operands lie as those lay that the program was recorded with.
  package func fits(_ operands: [Tensor]) -> Bool {
    zip(layouts, operands).allSatisfy { layout, x in
      x.dtype == layout.dtype && x.shape == layout.shape
        && (x.isContiguous ? layout.isContiguous : x.strides == layout.strides)
    }
  }

  /// The results for operands that fit; nil where an operation fails, or the plan is running already.
  ///
  /// - Throws: what a call throws, an interrupt, or a limit error.
  package func callAsFunction(_ operands: [Tensor]) throws -> [Tensor]? {
    guard !isRunning, let steps else { return nil }
    isRunning = true
    run.operands = operands
    defer {
      run = Run()
      isRunning = false
    }
    let arena = try self.arena ?? makeArena(steps)
    self.arena = arena
    defer { keepArena() }
    for (operand, offset, bytes) in copies {
      (arena.address + offset).copyMemory(from: operands[operand].header.data, byteCount: bytes)
    }
    for (operand, buffer) in placed { steps.set(buffer, operands[operand].header.data) }
    for (buffer, bytes) in fresh {
      let tensor = try Tensor.uninitialized(Shape(bytes), .bool)
      run.memory[buffer] = tensor
      steps.set(buffer, tensor.header.data)
    }
    let status = withScratch(steps.packs) { scratch in
      mos_plan_run(
        steps.steps, steps.count, arena.address.assumingMemoryBound(to: CChar.self), scratch)
    }
    if let error = run.error { throw error }
    try Safepoint.look()
    guard status == MOS_OK else { return nil }
    return try program.results.map { try result($0, arena) }
  }

  /// Gives the arena back after a run, where it is large or other plans keep enough.
  private func keepArena() {
    guard !keepsArena else { return }
    let bytes = memory.bytes
    let all = Plan.kept.add(bytes, ordering: .relaxed).newValue
    keepsArena =
      bytes <= Plan.mostKept && all <= MemoryAccount.limitOfRun / Plan.keptShare
    guard !keepsArena else { return }
    Plan.kept.subtract(bytes, ordering: .relaxed)
    arena = nil
  }

  deinit { if keepsArena { Plan.kept.subtract(memory.bytes, ordering: .relaxed) } }

  private func makeArena(_ steps: PlanSteps) throws -> Storage {
    let arena = try Storage.allocate(
      count: max(memory.bytes, 64), dtype: .bool, shape: Shape(memory.bytes))
    steps.setArena(arena.address)
    for (buffer, content) in program.buffers.enumerated() {
      guard case .constant(let x) = content.origin, let offset = memory.offsets[buffer] else {
        continue
      }
      (arena.address + offset).copyMemory(from: x.header.data, byteCount: x.dtype.size)
    }
    return arena
  }

  private func withScratch<R>(
    _ packs: Bool, _ body: (UnsafeMutableRawPointer?) throws -> R
  ) rethrows -> R {
    guard packs else { return try body(nil) }
    let block = Allocator.blockSize(Int(MOS_PRODUCT_SCRATCH))
    let scratch = Allocator.take(block, zeroed: false)
    defer { if let scratch { Allocator.give(scratch, block) } }
    return try body(scratch)
  }

  /// A result in memory that is not the plan's.
  private func result(_ view: PlanView, _ arena: Storage) throws -> Tensor {
    if let constant = view.constant { return constant }
    // No instruction makes what has no elements.
    if view.shape.count == 0 { return try Tensor.zeros(view.shape, view.dtype) }
    if let tensor = run.memory[view.place.buffer] {
      return tensor.part(view)
    }
    switch program.buffers[view.place.buffer].origin {
    case .operand(let index): return run.operands[index].part(view)
    case .constant(let tensor): return tensor.part(view)
    case .made, .called:
      let bytes = program.buffers[view.place.buffer].bytes
      guard let offset = memory.offsets[view.place.buffer] else {
        preconditionFailure("a result of a plan has no memory; please report")
      }
      let whole = try Tensor.make(Shape(bytes / view.dtype.size), view.dtype) {
        $0.copyMemory(from: arena.address + offset, byteCount: bytes)
      }
      run.memory[view.place.buffer] = whole
      return whole.part(view)
    }
  }

  // MARK: - Calls

  /// Runs a call; what it throws is kept, since no error crosses C.
  private func answer(_ number: Int) -> Int32 {
    do {
      try answerOrThrow(number)
      return Int32(MOS_OK)
    } catch {
      run.error = error
      return Plan.failed
    }
  }

  private func answerOrThrow(_ number: Int) throws {
    guard case .call(_, _, let views, let wanted)? = calls[number]?.operation, let arena, let steps
    else { preconditionFailure("a plan has lost a call; please report") }
    let operands = try views.map { view -> Tensor in
      if view.shape.count == 0 { return try Tensor.zeros(view.shape, view.dtype) }
      if let offset = memory.offsets[view.place.buffer] {
        return Tensor(
          shape: view.shape, count: view.shape.count,
          data: arena.address + offset + view.place.offset, owner: arena,
          layout: Tensor.isContiguous(shape: view.shape, strides: view.strides)
            ? nil : Layout(view.strides), dtype: view.dtype)
      }
      if let tensor = run.memory[view.place.buffer] { return tensor.part(view) }
      switch program.buffers[view.place.buffer].origin {
      case .operand(let index): return run.operands[index].part(view)
      case .constant(let tensor): return tensor.part(view)
      case .made, .called:
        preconditionFailure("an operand of a plan's call has no memory; please report")
      }
    }
    let isLent = views.map { view in
      switch program.buffers[view.place.buffer].origin {
      case .operand: memory.offsets[view.place.buffer] != nil
      case .constant: false
      case .made, .called: true
      }
    }
    let results = try call(number, operands, isLent)
    for (view, given) in zip(wanted, results) {
      var tensor = given
      let isOwn = !operands.contains { $0.sharesMemory(with: tensor) }
      if !isOwn || tensor.strides != view.strides { tensor = try tensor.copied() }
      guard tensor.shape == view.shape, tensor.dtype == view.dtype, tensor.strides == view.strides
      else {
        throw TensorError(.value, "an operation of a compiled function has changed its form")
      }
      run.memory[view.place.buffer] = tensor
      steps.set(view.place.buffer, tensor.header.data)
    }
  }
}

extension Tensor {
  /// A view of the memory that begins at this tensor's first element.
  fileprivate func part(_ view: PlanView) -> Tensor {
    if view.place.offset == 0 && shape == view.shape && strides == view.strides
      && dtype == view.dtype
    {
      return self
    }
    return Tensor(
      shape: view.shape, count: view.shape.count, data: header.data + view.place.offset,
      owner: header.owner?.takeUnretainedValue() ?? buffer,
      layout: Tensor.isContiguous(shape: view.shape, strides: view.strides)
        ? nil : Layout(view.strides), dtype: view.dtype)
  }

  fileprivate func sharesMemory(with other: Tensor) -> Bool {
    func owner(_ x: Tensor) -> ObjectIdentifier {
      x.header.owner.map { ObjectIdentifier($0.takeUnretainedValue()) }
        ?? ObjectIdentifier(x.buffer)
    }
    return owner(self) == owner(other)
  }
}
