// The steps of a plan in memory, as `mos_plan_run` reads them, and where addresses stand in them.

internal import Kernels

/// Steps in memory of their own.
final class PlanSteps {
  /// What an address begins at: the arena, or the memory of a buffer, which each run has anew.
  enum Base: Hashable {
    case arena
    case buffer(Int)
  }

  /// An address that stands in a step.
  private struct Field {
    let address: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    let offset: Int
  }

  private(set) var steps: UnsafeMutablePointer<mos_plan_step>
  private(set) var count = 0
  private var arenaFields: [Field] = []
  /// For each buffer where its address stands.
  private var fields: [[Field]]
  private var owned: [UnsafeMutableRawPointer] = []
  /// Whether a product packs its operands.
  private(set) var packs = false

  private let program: PlanProgram
  private let place: (PlanPlace) -> Location
  private var numbers: [mos_number] = []
  private let call: (@convention(c) (UnsafeMutableRawPointer?, Int) -> Int32)
  private let context: UnsafeMutableRawPointer

  /// Where a place lies.
  enum Location {
    case based(Base, offset: Int)
    case fixed(UnsafeMutableRawPointer)
    /// In the scratch of a piece of a chain.
    case scratch(Int)
  }

  init(
    _ program: PlanProgram, context: UnsafeMutableRawPointer,
    call: @escaping @convention(c) (UnsafeMutableRawPointer?, Int) -> Int32,
    place: @escaping (PlanPlace) -> Location
  ) {
    self.program = program
    self.place = place
    self.call = call
    fields = Array(repeating: [], count: program.buffers.count)
    self.context = context
    steps = .allocate(capacity: max(program.instructions.count, 1))
    for instruction in program.instructions {
      if let number = number(instruction) {
        numbers.append(number)
      } else {
        endNumbers()
        add(instruction)
      }
    }
    endNumbers()
  }

  deinit {
    steps.deallocate()
    owned.forEach { $0.deallocate() }
  }

  /// Puts the address of the arena into all steps.
  func setArena(_ address: UnsafeMutableRawPointer) {
    for field in arenaFields { field.address.pointee = address + field.offset }
  }

  /// Puts the address of a buffer into all steps.
  func set(_ buffer: Int, _ address: UnsafeMutableRawPointer) {
    for field in fields[buffer] { field.address.pointee = address + field.offset }
  }

  // MARK: - Numbers

  /// A block of one number in the arena as an operation on numbers.
  private func number(_ instruction: PlanInstruction) -> mos_number? {
    guard case .block(let kernel, 1) = instruction.operation, let operation = kernel.number,
      let y = arenaOffset(instruction.writes[0]), let a = arenaOffset(instruction.reads[0]),
      let b = arenaOffset(instruction.reads[instruction.reads.count - 1])
    else { return nil }
    return mos_number(operation: UInt32(operation), y: y, a: a, b: b)
  }

  private func arenaOffset(_ place: PlanPlace) -> UInt32? {
    guard case .based(.arena, let offset) = self.place(place) else { return nil }
    return UInt32(exactly: offset)
  }

  private func endNumbers() {
    guard !numbers.isEmpty else { return }
    let memory = UnsafeMutablePointer<mos_number>.allocate(capacity: numbers.count)
    memory.initialize(from: numbers, count: numbers.count)
    owned.append(memory)
    let step = next(MOS_STEP_NUMBERS, memory)
    step.pointee.n = numbers.count
    numbers.removeAll(keepingCapacity: true)
  }

  // MARK: - Steps

  @discardableResult
  private func next(
    _ kind: Int, _ detail: UnsafeMutableRawPointer? = nil
  ) -> UnsafeMutablePointer<mos_plan_step> {
    let step = steps + count
    step.initialize(to: mos_plan_step())
    step.pointee.kind = Int32(kind)
    step.pointee.detail = detail
    count += 1
    return step
  }

  /// Memory for a part of a step.
  private func own<T>(_ value: T) -> UnsafeMutablePointer<T> {
    let memory = UnsafeMutablePointer<T>.allocate(capacity: 1)
    memory.initialize(to: value)
    owned.append(memory)
    return memory
  }

  /// Has the address of a place stand in a field.
  private func put(_ place: PlanPlace, at field: UnsafeMutableRawPointer) {
    let field = field.assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
    switch self.place(place) {
    case .based(.arena, let offset): arenaFields.append(Field(address: field, offset: offset))
    case .based(.buffer(let buffer), let offset):
      fields[buffer].append(Field(address: field, offset: offset))
    case .fixed(let address): field.pointee = address
    case .scratch(let offset): field.pointee = UnsafeMutableRawPointer(bitPattern: offset)
    }
  }

  private func put<Root, T>(
    _ place: PlanPlace, in root: UnsafeMutablePointer<Root>, _ path: KeyPath<Root, T>
  ) {
    guard let offset = MemoryLayout<Root>.offset(of: path) else {
      preconditionFailure("a part of a plan's step has no place; please report")
    }
    put(place, at: UnsafeMutableRawPointer(root) + offset)
  }

  private func add(_ instruction: PlanInstruction) {
    let (reads, writes) = (instruction.reads, instruction.writes)
    switch instruction.operation {
    case .block(let kernel, let count):
      let step = next(MOS_STEP_BLOCK)
      step.pointee.kernel = kernel.function
      step.pointee.n = count
      put(reads[0], in: step, \.operand.0)
      if reads.count > 1 { put(reads[1], in: step, \.operand.1) }
      if reads.count > 2 { put(reads[2], in: step, \.operand.2) }
      put(writes[0], in: step, \.y)
    case .rows(let kernel, let rows, let count):
      let part = own(
        mos_rows_step(
          kernel: kernel.function, n: count, rows: rows, a: nil, b: nil, y: nil,
          a_step: count * kernel.compute.size, y_step: count * kernel.result.size))
      next(MOS_STEP_ROWS, part)
      put(reads[0], in: part, \.a)
      put(reads[1], in: part, \.b)
      put(writes[0], in: part, \.y)
    case .loop(_, let loop):
      let part = own(loop)
      next(MOS_STEP_LOOP, part)
      put(reads[0], in: part, \.operand.0.data)
      if reads.count > 1 { put(reads[1], in: part, \.operand.1.data) }
      if reads.count > 2 { put(reads[2], in: part, \.operand.2.data) }
      put(writes[0], in: part, \.result)
    case .copy(let copy):
      let part = own(copy)
      next(MOS_STEP_COPY, part)
      put(reads[0], in: part, \.operand.data)
      put(writes[0], in: part, \.y)
    case .reduceRows(_, let reduce): addReduction(MOS_STEP_REDUCE_ROWS, reduce, reads, writes)
    case .reduceColumns(_, let reduce): addReduction(MOS_STEP_REDUCE_COLUMNS, reduce, reads, writes)
    case .scanRows(_, let reduce): addReduction(MOS_STEP_SCAN_ROWS, reduce, reads, writes)
    case .product(.kernel(let product)):
      let part = own(product)
      next(MOS_STEP_PRODUCT, part)
      packs = packs || product.packs != 0
      put(reads[0], in: part, \.product.a)
      put(reads[1], in: part, \.product.b)
      put(writes[0], in: part, \.product.y)
    case .product(.body(let body)):
      let part = own(body)
      next(MOS_STEP_BODY, part)
      put(reads[0], in: part, \.product.a)
      put(reads[1], in: part, \.product.b)
      put(writes[0], in: part, \.product.y)
    case .requireFinite(let step):
      let part = own(step)
      next(MOS_STEP_REQUIRE_FINITE, part)
      put(reads[0], in: part, \.x)
    case .adam(let adam, let isGradient): addAdam(adam, isGradient, reads, writes)
    case .call(_, let number, _, _):
      next(MOS_STEP_CALL, own(mos_call_step(run: call, context: context, number: number)))
    case .chain(let links, let sum): addChain(links, sum, sum == nil ? nil : writes.last)
    }
  }

  private func addReduction(
    _ kind: Int, _ reduce: mos_reduce_step, _ reads: [PlanPlace], _ writes: [PlanPlace]
  ) {
    let part = own(reduce)
    next(kind, part)
    put(reads[0], in: part, \.x)
    if reads.count > 1 { put(reads[1], in: part, \.b) }
    put(writes[0], in: part, \.y)
  }

  private func addAdam(
    _ adam: mos_adam_step_of_plan, _ isGradient: Bool, _ reads: [PlanPlace], _ writes: [PlanPlace]
  ) {
    let part = own(adam)
    next(isGradient ? MOS_STEP_ADAM_GRADIENT : MOS_STEP_ADAM, part)
    _ = putAdam(reads, writes, in: part)
  }

  /// Puts the addresses of a step of Adam's into it; gives which of its nine lie in the scratch.
  private func putAdam(
    _ reads: [PlanPlace], _ writes: [PlanPlace],
    in part: UnsafeMutablePointer<mos_adam_step_of_plan>
  ) -> UInt32 {
    var inScratch: UInt32 = 0
    func put<T>(_ place: PlanPlace, _ bit: UInt32, _ path: KeyPath<mos_adam_step_of_plan, T>) {
      if case .scratch = self.place(place) { inScratch |= 1 << bit }
      self.put(place, in: part, path)
    }
    put(reads[0], 0, \.adam.gradient)
    put(reads[1], 1, \.adam.first)
    put(reads[2], 2, \.adam.second)
    self.put(reads[3], in: part, \.correction.0)
    self.put(reads[4], in: part, \.correction.1)
    let given = part.pointee.adam.cotangent
    var cotangents = reads.dropFirst(5)
    if given.0 != nil, let place = cotangents.popFirst() { put(place, 3, \.adam.cotangent.0) }
    if given.1 != nil, let place = cotangents.popFirst() { put(place, 4, \.adam.cotangent.1) }
    if given.2 != nil, let place = cotangents.popFirst() { put(place, 5, \.adam.cotangent.2) }
    put(writes[0], 6, \.adam.result.0)
    put(writes[1], 7, \.adam.result.1)
    put(writes[2], 8, \.adam.result.2)
    return inScratch
  }

  /// A step of Adam's as a part of a chain.
  private func adamLink(
    _ adam: mos_adam_step_of_plan, _ isGradient: Bool, _ instruction: PlanInstruction
  ) -> mos_adam_link {
    let step = own(adam)
    let dtype = adam.adam.dtype
    let inScratch = putAdam(instruction.reads, instruction.writes, in: step)
    return mos_adam_link(
      step: UnsafePointer(step), kernel: mos_adam_kernel_of(dtype, isGradient ? 1 : 0),
      size: DType(rawValue: UInt8(dtype))?.size ?? 0, in_scratch: inScratch)
  }

  private func addChain(
    _ instructions: [PlanInstruction], _ sum: mos_reduce_step?, _ result: PlanPlace?
  ) {
    let links = UnsafeMutablePointer<mos_chain_link>.allocate(capacity: instructions.count)
    owned.append(links)
    var elements = 0
    for (index, instruction) in instructions.enumerated() {
      let link = links + index
      link.initialize(to: mos_chain_link())
      if case .adam(let adam, let isGradient) = instruction.operation {
        elements = adam.adam.count
        link.pointee.adam = UnsafePointer(own(adamLink(adam, isGradient, instruction)))
      }
      if case .requireFinite(let step) = instruction.operation {
        elements = step.n
        link.pointee.finite = UnsafePointer(own(step))
        link.pointee.step.0 = UInt8(step.size)
        if case .scratch = place(instruction.reads[0]) { link.pointee.in_scratch |= 1 }
        put(instruction.reads[0], in: link, \.operand.0)
      }
      guard case .block(let kernel, let count) = instruction.operation else { continue }
      elements = count
      link.pointee.kernel = kernel.function
      link.pointee.y_step = UInt8(kernel.result.size)
      for (k, read) in instruction.reads.enumerated() {
        // The first operand of a choice is a condition.
        let size = instruction.reads.count == 3 && k == 0 ? 1 : kernel.compute.size
        let step = UInt8(kernel.isScalar[k] ? 0 : size)
        if case .scratch = place(read) { link.pointee.in_scratch |= 1 << UInt8(k) }
        switch k {
        case 0:
          link.pointee.step.0 = step
          put(read, in: link, \.operand.0)
        case 1:
          link.pointee.step.1 = step
          put(read, in: link, \.operand.1)
        default:
          link.pointee.step.2 = step
          put(read, in: link, \.operand.2)
        }
      }
      if case .scratch = place(instruction.writes[0]) { link.pointee.in_scratch |= 8 }
      put(instruction.writes[0], in: link, \.y)
    }
    let part = own(
      mos_chain_step(
        links: UnsafePointer(links), count: instructions.count, n: elements, reduce: sum?.kernel,
        combine: sum?.combine, y: nil, size: sum?.size ?? 0))
    next(MOS_STEP_CHAIN, part)
    if let result { put(result, in: part, \.y) }
  }
}
