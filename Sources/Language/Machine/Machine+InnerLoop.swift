// The loop over the instructions that programs spend their time in: moves, numbers, jumps, loops
// over ranges, and calls of functions whose arguments need no binding.
//
// Invariant: nothing here throws or runs code that looks at the machine's state; references are
// copied and released by calls that stand aside. The compiler then keeps the loop's variables in machine
// registers, which it cannot in `execute`, whose instructions call functions of every kind. An
// instruction is done here as a whole or not at all: where an operand is anything else, a number
// overflows, or it is time to look at limits, the loop ends before the instruction, and `execute`
// does it.

/// Where the machine's loops stand.
struct Position {
  /// The next instruction.
  var pc: UnsafePointer<Instruction>
  /// The running function: its registers, its code, its captures.
  var base: UnsafeMutablePointer<Value>
  var header: UnsafeMutablePointer<CodeHeader>
  var captures: UnsafeMutablePointer<Value>
  /// Loop rounds and calls until the next look at limits and interrupts.
  var ticks: Int
}

extension Machine {
  /// Runs until the first instruction that is not for this loop.
  @inline(never)
  func runInnerLoop(_ position: inout Position, _ globals: UnsafeMutablePointer<Value>) {
    let state = self.state
    let frameLimit = frames + self.frameLimit
    let initializedTop = state.pointee.initializedTop
    var pc = position.pc
    var base = position.base
    var header = position.header
    var captures = position.captures
    var ticks = position.ticks
    var frame = frames + state.pointee.frameCount
    // Frames from here on began in this loop with arguments that hold no reference, and no
    // register of theirs was given one: returning from them need not look for any.
    var firstKnownFrame = frame

    // The first switch has sixteen cases, which the compiler knows to be all. Up to that many, it
    // ends each case with a jump of its own to the next instruction's; the processor then predicts
    // what follows each operation by itself. (One jump for all: mandel took half as long again.)
    // The hint at conditional jumps keeps each a branch, which is predicted too: as a conditional
    // move of `pc`, all that follows would wait for what the condition compares.
    loop: while true {
      let i = pc.pointee
      pc += 1
      let a = base + Int(i.a)
      switch i.frequentOperation {
      case .move:
        let source = base + Int(i.b)
        if source.isTrivial && a.isTrivial {
          a.takeMemory(of: source)
        } else {
          a.copy(source)
          firstKnownFrame = frame
        }
      case .add:
        guard compute(a, base + Int(i.b), base + Int(i.c), { $0.addingReportingOverflow($1) }, +)
        else {
          break loop
        }
      case .subtract:
        guard
          compute(a, base + Int(i.b), base + Int(i.c), { $0.subtractingReportingOverflow($1) }, -)
        else { break loop }
      case .multiply:
        guard
          compute(
            a, base + Int(i.b), base + Int(i.c), { $0.multipliedReportingOverflow(by: $1) }, *)
        else { break loop }
      case .divide:
        guard compute(a, base + Int(i.b), base + Int(i.c), nil, /) else { break loop }
      case .multiplyConstant:
        let k = header.pointee.constants + Int(i.c)
        guard compute(a, base + Int(i.b), k, { $0.multipliedReportingOverflow(by: $1) }, *) else {
          break loop
        }
      case .addSmall:
        let x = base + Int(i.b)
        guard a.isTrivial else { break loop }
        if x.kind == Kind.int {
          let (sum, overflow) = x.int.addingReportingOverflow(i.smallC)
          guard !overflow else { break loop }
          a.write(int: sum)
        } else if x.kind == Kind.float {
          a.write(float: x.float + Double(i.smallC))
        } else {
          break loop
        }
      case .jump:
        let offset = i.wide
        if offset < 0 {
          guard ticks > 0 else { break loop }
          ticks &-= 1
        }
        pc += offset
      case .jumpLess:
        guard let holds = compare(a, base + Int(i.b), <, <) else { break loop }
        if _slowPath(holds == i.isExpected) { pc += i.smallC }
      case .jumpLessSmall:
        guard let holds = compare(a, i.smallB, <, <) else { break loop }
        if _slowPath(holds == i.isExpected) { pc += i.smallC }
      case .jumpLessEqualConstant:
        guard let holds = compare(a, header.pointee.constants + Int(i.b), <=, <=) else {
          break loop
        }
        if _slowPath(holds == i.isExpected) { pc += i.smallC }
      case .nextInRange:
        guard a.kind == Kind.int, (a + 1).kind == Kind.int, (a + 2).kind == Kind.int,
          (a + 3).isTrivial, ticks > 0
        else { break loop }
        let (next, overflow) = a.int.addingReportingOverflow((a + 2).int)
        guard !overflow else { break loop }
        if (a + 2).int > 0 ? next < (a + 1).int : next > (a + 1).int {
          a.write(int: next)
          (a + 3).write(int: next)
          ticks &-= 1
          pc += i.wide
        }
      case .call:
        guard let closure = a.closure else { break loop }
        let callee = closure._withUnsafeGuaranteedRef { $0.header }
        let count = Int(i.b)
        guard callee.pointee.plainCount == count, ticks > 0, frame < frameLimit,
          a + (1 &+ callee.pointee.registerCount) <= initializedTop
        else { break loop }
        ticks &-= 1
        frame.initialize(
          to: Frame(
            pc: pc, base: base, header: header, captures: captures, result: a, tailCalls: 0))
        frame += 1
        base = a + 1
        if !isTrivial(base, count) { firstKnownFrame = frame }
        header = callee
        captures = closure._withUnsafeGuaranteedRef { $0.captures }
        pc = UnsafePointer(callee.pointee.code)
      case .callGlobal:
        guard let closure = (globals + Int(i.b)).closure else { break loop }
        let callee = closure._withUnsafeGuaranteedRef { $0.header }
        let count = Int(i.c)
        guard callee.pointee.plainCount == count, !callee.pointee.needsClosure, ticks > 0,
          frame < frameLimit, a + (1 &+ callee.pointee.registerCount) <= initializedTop
        else { break loop }
        ticks &-= 1
        frame.initialize(
          to: Frame(
            pc: pc, base: base, header: header, captures: captures, result: a, tailCalls: 0))
        frame += 1
        base = a + 1
        if !isTrivial(base, count) { firstKnownFrame = frame }
        header = callee
        captures = closure._withUnsafeGuaranteedRef { $0.captures }
        pc = UnsafePointer(callee.pointee.code)
      case .giveBack:
        let caller = frame - 1
        let result = caller.pointee.result
        if caller < firstKnownFrame {
          guard caller.pointee.tailCalls >= 0 else { break loop }
          finish(base, header.pointee.registerCount, giving: a, to: result)
          firstKnownFrame = caller
        } else {
          if !result.isTrivial { result.forget() }
          result.takeMemory(of: a)
        }
        frame = caller
        pc = caller.pointee.pc
        base = caller.pointee.base
        header = caller.pointee.header
        captures = caller.pointee.captures
      case .other:
        switch i.operation {
        case .take:
          let source = base + Int(i.b)
          if !a.isTrivial { a.forget() }
          a.takeMemory(of: source)
          source.initialize(to: .nil)
        case .constant:
          let source = header.pointee.constants + Int(i.b)
          if source.isTrivial && a.isTrivial {
            a.takeMemory(of: source)
          } else {
            a.copy(source)
            firstKnownFrame = frame
          }
        case .setNil:
          if !a.isTrivial { a.forget() }
          a.initialize(to: .nil)
        case .setAbsent:
          if !a.isTrivial { a.forget() }
          a.initialize(to: .absent)
        case .setInt:
          if !a.isTrivial { a.forget() }
          a.write(int: i.wide)
        case .setBool:
          if !a.isTrivial { a.forget() }
          a.write(bool: i.b != 0)
        case .getGlobal:
          let slot = globals + Int(i.b)
          guard !slot.pointee.isAbsent else { break loop }
          if slot.isTrivial && a.isTrivial {
            a.takeMemory(of: slot)
          } else {
            a.copy(slot)
            firstKnownFrame = frame
          }
        case .setGlobal:
          let slot = globals + Int(i.b)
          guard !state.pointee.isRehearsing else { break loop }
          if a.isTrivial && slot.isTrivial { slot.takeMemory(of: a) } else { slot.copy(a) }
        case .getCapture:
          let source = captures + Int(i.b)
          if source.isTrivial && a.isTrivial {
            a.takeMemory(of: source)
          } else {
            a.copy(source)
            firstKnownFrame = frame
          }
        case .currentFunction:
          a.copy(base - 1)
          firstKnownFrame = frame
        case .floorDivide:
          let x = base + Int(i.b)
          let y = base + Int(i.c)
          guard x.kind == Kind.int, y.kind == Kind.int, y.int > 0, a.isTrivial else { break loop }
          let (quotient, rest) = x.int.quotientAndRemainder(dividingBy: y.int)
          a.write(int: rest < 0 ? quotient &- 1 : quotient)
        case .remainder:
          let x = base + Int(i.b)
          let y = base + Int(i.c)
          guard x.kind == Kind.int, y.kind == Kind.int, y.int > 0, a.isTrivial else { break loop }
          let rest = x.int % y.int
          a.write(int: rest < 0 ? rest &+ y.int : rest)
        case .addConstant:
          let k = header.pointee.constants + Int(i.c)
          guard compute(a, base + Int(i.b), k, { $0.addingReportingOverflow($1) }, +) else {
            break loop
          }
        case .subtractConstant:
          let k = header.pointee.constants + Int(i.c)
          guard compute(a, base + Int(i.b), k, { $0.subtractingReportingOverflow($1) }, -) else {
            break loop
          }
        case .divideConstant:
          guard compute(a, base + Int(i.b), header.pointee.constants + Int(i.c), nil, /) else {
            break loop
          }
        case .negate:
          let x = base + Int(i.b)
          guard a.isTrivial else { break loop }
          if x.kind == Kind.int, x.int != .min {
            a.write(int: 0 &- x.int)
          } else if x.kind == Kind.float {
            a.write(float: -x.float)
          } else {
            break loop
          }
        case .not:
          let x = base + Int(i.b)
          guard x.kind == Kind.bool, a.isTrivial else { break loop }
          a.write(bool: !x.bool)
        case .jumpIfFalse:
          guard a.kind == Kind.bool else { break loop }
          if _slowPath(!a.bool) { pc += i.wide }
        case .jumpIfTrue:
          guard a.kind == Kind.bool else { break loop }
          if _slowPath(a.bool) { pc += i.wide }
        case .jumpIfPresent: if _slowPath(!a.pointee.isAbsent) { pc += i.wide }
        case .jumpLessEqual:
          guard let holds = compare(a, base + Int(i.b), <=, <=) else { break loop }
          if _slowPath(holds == i.isExpected) { pc += i.smallC }
        case .jumpEqual:
          guard let holds = compare(a, base + Int(i.b), ==, ==) else { break loop }
          if _slowPath(holds == i.isExpected) { pc += i.smallC }
        case .jumpLessEqualSmall:
          guard let holds = compare(a, i.smallB, <=, <=) else { break loop }
          if _slowPath(holds == i.isExpected) { pc += i.smallC }
        case .jumpGreaterSmall:
          guard let holds = compare(a, i.smallB, >, >) else { break loop }
          if _slowPath(holds == i.isExpected) { pc += i.smallC }
        case .jumpGreaterEqualSmall:
          guard let holds = compare(a, i.smallB, >=, >=) else { break loop }
          if _slowPath(holds == i.isExpected) { pc += i.smallC }
        case .jumpEqualSmall:
          guard let holds = compare(a, i.smallB, ==, ==) else { break loop }
          if _slowPath(holds == i.isExpected) { pc += i.smallC }
        case .jumpLessConstant:
          guard let holds = compare(a, header.pointee.constants + Int(i.b), <, <) else {
            break loop
          }
          if _slowPath(holds == i.isExpected) { pc += i.smallC }
        case .jumpGreaterConstant:
          guard let holds = compare(a, header.pointee.constants + Int(i.b), >, >) else {
            break loop
          }
          if _slowPath(holds == i.isExpected) { pc += i.smallC }
        case .jumpGreaterEqualConstant:
          guard let holds = compare(a, header.pointee.constants + Int(i.b), >=, >=) else {
            break loop
          }
          if _slowPath(holds == i.isExpected) { pc += i.smallC }
        case .jumpEqualConstant:
          guard let holds = compare(a, header.pointee.constants + Int(i.b), ==, ==) else {
            break loop
          }
          if _slowPath(holds == i.isExpected) { pc += i.smallC }
        case .beginRange:
          guard a.kind == Kind.int, (a + 1).kind == Kind.int, (a + 2).kind == Kind.int,
            (a + 2).int != 0, (a + 3).isTrivial
          else { break loop }
          if i.isClosed {
            let (stop, overflow) = (a + 1).int.addingReportingOverflow((a + 2).int.signum())
            guard !overflow else { break loop }
            (a + 1).write(int: stop)
          }
          if (a + 2).int > 0 ? a.int < (a + 1).int : a.int > (a + 1).int {
            (a + 3).write(int: a.int)
          } else {
            pc += i.wide
          }
        case .giveBackNil:
          let caller = frame - 1
          if caller < firstKnownFrame {
            guard caller.pointee.tailCalls >= 0 else { break loop }
            forget(base, header.pointee.registerCount)
            firstKnownFrame = caller
          }
          let result = caller.pointee.result
          if !result.isTrivial { result.forget() }
          result.initialize(to: .nil)
          frame = caller
          pc = caller.pointee.pc
          base = caller.pointee.base
          header = caller.pointee.header
          captures = caller.pointee.captures
        default:
          break loop
        }
      }
    }
    position = Position(
      pc: pc - 1, base: base, header: header, captures: captures, ticks: ticks)
    state.pointee.frameCount = frame - frames
  }

  /// True where registers hold nothing that needs releasing.
  @inline(__always)
  private func isTrivial(_ first: UnsafeMutablePointer<Value>, _ count: Int) -> Bool {
    var register = first
    let end = first + count
    while register < end {
      guard register.isTrivial else { return false }
      register += 1
    }
    return true
  }

  /// R[a] = x op y for numbers, an Int and a Float taken as Floats; false, with nothing done, for
  /// anything else. Two Ints without an operation of their own are taken as Floats too.
  @inline(__always)
  private func compute(
    _ a: UnsafeMutablePointer<Value>,
    _ x: UnsafeMutablePointer<Value>, _ y: UnsafeMutablePointer<Value>,
    _ ints: ((Int, Int) -> (partialValue: Int, overflow: Bool))?,
    _ floats: (Double, Double) -> Double
  ) -> Bool {
    guard a.isTrivial else { return false }
    if x.kind == y.kind {
      if x.kind == Kind.float {
        a.write(float: floats(x.float, y.float))
      } else if x.kind == Kind.int {
        if let ints {
          let (value, overflow) = ints(x.int, y.int)
          guard !overflow else { return false }
          a.write(int: value)
        } else {
          a.write(float: floats(Double(x.int), Double(y.int)))
        }
      } else {
        return false
      }
    } else if x.kind == Kind.float, y.kind == Kind.int {
      a.write(float: floats(x.float, Double(y.int)))
    } else if x.kind == Kind.int, y.kind == Kind.float {
      a.write(float: floats(Double(x.int), y.float))
    } else {
      return false
    }
    return true
  }

  /// What a comparison of two numbers gives; nil for anything else, and where an Int may be rounded
  /// to the Float it is compared with.
  @inline(__always)
  private func compare(
    _ x: UnsafeMutablePointer<Value>, _ y: UnsafeMutablePointer<Value>,
    _ ints: (Int, Int) -> Bool, _ floats: (Double, Double) -> Bool
  ) -> Bool? {
    if x.kind == y.kind {
      if x.kind == Kind.int { return ints(x.int, y.int) }
      if x.kind == Kind.float { return floats(x.float, y.float) }
    } else if x.kind == Kind.float, y.kind == Kind.int {
      let n = Double(y.int)
      return n != x.float || Numbers.isFloat(y.int) ? floats(x.float, n) : nil
    } else if x.kind == Kind.int, y.kind == Kind.float {
      let m = Double(x.int)
      return m != y.float || Numbers.isFloat(x.int) ? floats(m, y.float) : nil
    }
    return nil
  }

  /// The same with a small Int.
  @inline(__always)
  private func compare(
    _ x: UnsafeMutablePointer<Value>, _ n: Int,
    _ ints: (Int, Int) -> Bool, _ floats: (Double, Double) -> Bool
  ) -> Bool? {
    if x.kind == Kind.int { return ints(x.int, n) }
    if x.kind == Kind.float { return floats(x.float, Double(n)) }
    return nil
  }
}

/// Ends a function some of whose registers may hold references: its value goes to the result, the
/// others are released.
@inline(never)
func finish(
  _ base: UnsafeMutablePointer<Value>, _ count: Int, giving value: UnsafeMutablePointer<Value>,
  to result: UnsafeMutablePointer<Value>
) {
  if value != result {
    result.pointee = .nil
    result.takeMemory(of: value)
    value.initialize(to: .nil)
  }
  // A method's first register, which held `self`, is its result.
  let first = base == result ? 1 : 0
  clearRegisters(base + first, count - first)
}

/// Releases what registers hold.
@inline(never)
private func forget(_ base: UnsafeMutablePointer<Value>, _ count: Int) {
  clearRegisters(base, count)
}
