// Passes over a program: each keeps every bit of its results.

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
}
