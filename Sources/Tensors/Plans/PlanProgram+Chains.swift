// Chains: elementwise operations over the same many elements, run over pieces that stay in cache, and perhaps the sum of
// the last one's results.
//
// An operation joins the chain that makes what it reads, though others stand between, where none of these makes
// what it reads or reads what it overwrites: so each parameter's step is one pass, however an optimizer goes
// through its parameters. It comes earlier than it did then, and so does the memory that it writes. Therefore it
// has to be the last to read something of the chain's that is as large.

internal import Kernels

extension PlanProgram {
  /// Elements from which blocks are run piece by piece: below, everything is in cache anyway.
  static let leastChain = 4096
  /// The links of a chain: each is held against all before it.
  static let mostLinks = 64

  /// The program with blocks of the same many elements as chains, and a sum behind one in it.
  func withChains() -> PlanProgram {
    var order = ChainedOrder(self)
    for instruction in instructions { order.add(instruction) }
    var program = self
    program.instructions = order.instructions
    return program
  }
}

/// The instructions of a program in an order with chains.
private struct ChainedOrder {
  /// A chain, or another instruction by itself.
  private struct Entry {
    var links: [PlanInstruction]
    /// The elements of a chain that may grow; 0 for anything else.
    var count: Int
    var sum: (step: mos_reduce_step, instruction: PlanInstruction)?
  }

  private let program: PlanProgram
  private var entries: [Entry] = []
  /// For each buffer the last entry that writes it, and the last one that reads or writes it; -1 for none.
  private var written: [Int]
  private var used: [Int]
  /// For each buffer how often it is read, as a result too, and how often it still will be.
  private let readers: [Int]
  private var readersLeft: [Int]
  private let isResult: [Bool]

  init(_ program: PlanProgram) {
    self.program = program
    written = Array(repeating: -1, count: program.buffers.count)
    used = written
    var readers = [Int](repeating: 0, count: program.buffers.count)
    for instruction in program.instructions {
      for read in instruction.reads { readers[read.buffer] += 1 }
    }
    var isResult = [Bool](repeating: false, count: program.buffers.count)
    for result in program.results {
      readers[result.place.buffer] += 1
      isResult[result.place.buffer] = true
    }
    self.readers = readers
    readersLeft = readers
    self.isResult = isResult
  }

  var instructions: [PlanInstruction] {
    entries.map { entry in
      if entry.sum == nil, entry.links.count == 1 {
        // A block alone is shared over threads as a chain, what has a step of its own by that.
        if case .block = entry.links[0].operation, entry.count > 0 {
          return PlanInstruction(chain: entry.links)
        }
        return entry.links[0]
      }
      return PlanInstruction(chain: entry.links, sum: entry.sum)
    }
  }

  mutating func add(_ instruction: PlanInstruction) {
    for read in instruction.reads { readersLeft[read.buffer] -= 1 }
    let index = place(instruction)
    for read in instruction.reads { used[read.buffer] = max(used[read.buffer], index) }
    for write in instruction.writes {
      written[write.buffer] = index
      used[write.buffer] = max(used[write.buffer], index)
    }
  }

  /// Puts an instruction where it belongs; gives the entry that it is in.
  private mutating func place(_ instruction: PlanInstruction) -> Int {
    // What an instruction stands behind: what makes its operands, and what uses the memory that it overwrites.
    let last = max(
      instruction.reads.map { written[$0.buffer] }.max() ?? -1,
      instruction.writes.map { used[$0.buffer] }.max() ?? -1)
    if last >= 0, case .reduceRows("sum", let step) = instruction.operation,
      canSum(last, step, instruction)
    {
      entries[last].sum = (step, instruction)
      entries[last].count = 0
      return last
    }
    guard let (count, _) = instruction.elementwise, count >= PlanProgram.leastChain else {
      entries.append(Entry(links: [instruction], count: 0))
      return entries.count - 1
    }
    // The chain that makes an operand, one that reads it, or the one before.
    for index in [last] + instruction.reads.map({ used[$0.buffer] }) + [entries.count - 1]
    where index >= max(last, 0) && canJoin(index, instruction, count: count) {
      entries[index].links.append(instruction)
      return index
    }
    entries.append(Entry(links: [instruction], count: count))
    return entries.count - 1
  }

  private func canSum(
    _ index: Int, _ step: mos_reduce_step, _ instruction: PlanInstruction
  ) -> Bool {
    let entry = entries[index]
    guard step.rows == 1, step.combine != nil, step.n == entry.count,
      let link = entry.links.last, case .block = link.operation
    else { return false }
    let summed = instruction.reads[0]
    return link.writes[0] == summed && readers[summed.buffer] == 1
  }

  private func canJoin(_ index: Int, _ instruction: PlanInstruction, count: Int) -> Bool {
    let entry = entries[index]
    return entry.count == count && entry.links.count < PlanProgram.mostLinks
      && entry.links.allSatisfy { $0.canStandBefore(instruction) }
      && (index == entries.count - 1 || isLastToRead(entry, instruction))
  }

  /// True where an instruction is the last to read something of a chain's that is as large as what it makes. Results
  /// have their memory for the whole run.
  private func isLastToRead(_ chain: Entry, _ instruction: PlanInstruction) -> Bool {
    let bytes = instruction.writes.reduce(0) {
      $0 + (isResult[$1.buffer] ? 0 : program.buffers[$1.buffer].bytes)
    }
    return instruction.reads.contains { read in
      readersLeft[read.buffer] == 0 && program.buffers[read.buffer].bytes >= bytes
        && chain.links.contains { link in
          (link.reads + link.writes).contains { $0.buffer == read.buffer }
        }
    }
  }
}

extension PlanInstruction {
  /// Elementwise operations over the same many elements, run piece by piece.
  fileprivate init(
    chain links: [PlanInstruction], sum: (step: mos_reduce_step, PlanInstruction)? = nil
  ) {
    self.init(
      operation: .chain(links, sum: sum?.step), reads: links.flatMap(\.reads),
      writes: links.flatMap(\.writes) + (sum?.1.writes ?? []),
      canFail: links.contains(where: \.canFail))
  }

  /// The elements that an operation works on one by one, and for each operand whether it is one number for all;
  /// nil for what is no such operation, and for arithmetic that may fail.
  var elementwise: (count: Int, isScalar: [Bool])? {
    switch operation {
    case .block(let kernel, let count) where !kernel.canFail: (count, kernel.isScalar)
    case .requireFinite(let step): (step.n, [false])
    case .adam(let step, _): (step.adam.count, reads.indices.map { 3...4 ~= $0 })
    default: nil
    }
  }

  /// True where an elementwise operation and a later one may be run piece by piece: what the later one reads
  /// of the first's memory it reads element for element, and it writes none of it.
  fileprivate func canStandBefore(_ later: PlanInstruction) -> Bool {
    guard let (_, isScalar) = later.elementwise else { return false }
    for own in writes {
      for (read, isScalar) in zip(later.reads, isScalar) where read.buffer == own.buffer {
        if isScalar || read != own { return false }
      }
    }
    return !later.writes.contains { target in
      (reads + writes).contains { $0.buffer == target.buffer }
    }
  }
}
