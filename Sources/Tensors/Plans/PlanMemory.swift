// Where buffers lie in a plan's arena: two that are never needed at the same time may share their memory.

/// Offsets in an arena.
struct PlanMemory {
  /// For each buffer its offset, where it lies in the arena.
  private(set) var offsets: [Int?]
  private(set) var bytes = 0
  /// Free pieces by their offset, none next to another.
  private var free: [(offset: Int, bytes: Int)] = []

  /// - Parameter inArena: for each buffer its bytes, where it is to lie in the arena.
  init(_ program: PlanProgram, inArena: [Int?]) {
    offsets = Array(repeating: nil, count: inArena.count)
    var (first, last) = (
      [Int?](repeating: nil, count: inArena.count), [Int](repeating: -1, count: inArena.count)
    )
    for (index, instruction) in program.instructions.enumerated() {
      for place in instruction.reads + instruction.writes {
        first[place.buffer] = first[place.buffer] ?? index
        last[place.buffer] = index
      }
    }
    for result in program.results { last[result.place.buffer] = program.instructions.count }
    // What is there before the first instruction, operands and constants, is there from the beginning.
    for (buffer, origin) in program.buffers.map(\.origin).enumerated() where inArena[buffer] != nil
    {
      guard case .made = origin else {
        offsets[buffer] = take(inArena[buffer] ?? 0)
        continue
      }
    }
    for (index, instruction) in program.instructions.enumerated() {
      var done: [Int] = []
      for place in instruction.writes where offsets[place.buffer] == nil {
        guard let bytes = inArena[place.buffer], first[place.buffer] == index else { continue }
        offsets[place.buffer] = take(bytes)
        // What nobody reads is free again at once.
        done.append(place.buffer)
      }
      for place in instruction.reads { done.append(place.buffer) }
      for buffer in Set(done) where last[buffer] == index {
        guard let bytes = inArena[buffer], let offset = offsets[buffer],
          case .made = program.buffers[buffer].origin
        else { continue }
        giveBack(offset, PlanMemory.rounded(bytes))
      }
    }
  }

  /// The memory that a number of bytes takes: lines of the cache, or a word for single numbers.
  private static func rounded(_ bytes: Int) -> Int { bytes <= 8 ? 8 : (bytes + 63) & ~63 }

  private mutating func take(_ wanted: Int) -> Int {
    let size = PlanMemory.rounded(wanted)
    let alignment = size == 8 ? 8 : 64
    var best: (index: Int, start: Int, waste: Int)?
    for (index, piece) in free.enumerated() {
      let start = (piece.offset + alignment - 1) & ~(alignment - 1)
      let waste = piece.bytes - size
      guard start + size <= piece.offset + piece.bytes, waste < best?.waste ?? .max else {
        continue
      }
      best = (index, start, waste)
      if waste == 0 { break }
    }
    guard let best else {
      let start = (bytes + alignment - 1) & ~(alignment - 1)
      if start > bytes { giveBack(bytes, start - bytes) }
      bytes = start + size
      return start
    }
    let piece = free.remove(at: best.index)
    let end = piece.offset + piece.bytes
    if best.start + size < end {
      free.insert((best.start + size, end - best.start - size), at: best.index)
    }
    if best.start > piece.offset {
      free.insert((piece.offset, best.start - piece.offset), at: best.index)
    }
    return best.start
  }

  private mutating func giveBack(_ offset: Int, _ bytes: Int) {
    var (start, size) = (offset, bytes)
    var (low, high) = (0, free.count)
    while low < high {
      let middle = (low + high) / 2
      if free[middle].offset < start { low = middle + 1 } else { high = middle }
    }
    if low < free.count, start + size == free[low].offset {
      size += free.remove(at: low).bytes
    }
    if low > 0, free[low - 1].offset + free[low - 1].bytes == start {
      start = free[low - 1].offset
      size += free.remove(at: low - 1).bytes
      low -= 1
    }
    free.insert((start, size), at: low)
  }
}
