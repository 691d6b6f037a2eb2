// Passes over a program: each keeps every bit of its results.

internal import Kernels

extension PlanProgram {
  /// The program without instructions whose results nobody takes and that cannot fail.
  func withoutDeadCode() -> PlanProgram {
    var isNeeded = [Bool](repeating: false, count: buffers.count)
    for result in results { isNeeded[result.place.buffer] = true }
    var program = self
    program.instructions.removeAll()
    for instruction in instructions.reversed()
    where instruction.canFail || instruction.writes.contains(where: { isNeeded[$0.buffer] }) {
      for read in instruction.reads { isNeeded[read.buffer] = true }
      program.instructions.append(instruction)
    }
    program.instructions.reverse()
    return program
  }

  /// Elements from which neighbouring blocks are run piece by piece: below, everything is in cache anyway.
  static let leastChain = 4096
  /// The links of a chain: each is held against all before it.
  static let mostLinks = 64

  /// The program with neighbouring blocks of the same many elements as chains, and a sum behind one in it.
  func withChains() -> PlanProgram {
    var readers = [Int](repeating: 0, count: buffers.count)
    for instruction in instructions {
      for read in instruction.reads { readers[read.buffer] += 1 }
    }
    for result in results { readers[result.place.buffer] += 1 }
    var program = self
    program.instructions.removeAll()
    var links: [PlanInstruction] = []
    var length = 0
    func end() {
      if !links.isEmpty { program.instructions.append(PlanInstruction(chain: links)) }
      links.removeAll()
    }
    for instruction in instructions {
      if case .reduceRows("sum", let step) = instruction.operation, step.rows == 1,
        step.n == length, let last = links.last, last.writes[0] == instruction.reads[0],
        readers[last.writes[0].buffer] == 1, step.combine != nil
      {
        program.instructions.append(PlanInstruction(chain: links, sum: (step, instruction)))
        links.removeAll()
        continue
      }
      guard case .block(let kernel, let count) = instruction.operation,
        count >= PlanProgram.leastChain, !kernel.canFail
      else {
        end()
        program.instructions.append(instruction)
        continue
      }
      if count != length || links.count == PlanProgram.mostLinks
        || links.contains(where: { !$0.canStandBefore(instruction) })
      {
        end()
      }
      length = count
      links.append(instruction)
    }
    end()
    return program
  }
}

extension PlanInstruction {
  /// Blocks of the same many elements, run piece by piece.
  fileprivate init(
    chain links: [PlanInstruction], sum: (step: mos_reduce_step, PlanInstruction)? = nil
  ) {
    self.init(
      operation: .chain(links, sum: sum?.step), reads: links.flatMap(\.reads),
      writes: links.flatMap(\.writes) + (sum?.1.writes ?? []), canFail: false)
  }

  /// True where a block and a later one may be run piece by piece: what the later one reads of the
  /// first's memory it reads element for element, and it writes none of it.
  fileprivate func canStandBefore(_ later: PlanInstruction) -> Bool {
    guard case .block(let kernel, _) = later.operation else { return false }
    let own = writes[0]
    for (read, isScalar) in zip(later.reads, kernel.isScalar) where read.buffer == own.buffer {
      if isScalar || read != own { return false }
    }
    let target = later.writes[0].buffer
    return target != own.buffer && !reads.contains { $0.buffer == target }
  }
}
