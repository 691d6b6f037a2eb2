// The loop over the instructions that programs spend their time in: numbers, jumps, loops over
// ranges, and calls of functions whose arguments need no binding.
//
// Invariant: nothing here counts a reference, throws, or calls anything. The compiler then keeps
// the loop's variables in machine registers, which it cannot in `execute`, whose instructions call
// functions of every kind. An instruction is done here as a whole or not at all: where an operand
// is anything else, a register holds a reference that would have to go, a number overflows, or it
// is time to look at limits, the loop ends before the instruction, and `execute` does it.

extension Machine {
  /// Runs until the first instruction that is not for this loop; `pc` is then at it.
  @inline(never)
  func runNumbers(
    _ programCounter: inout UnsafePointer<Instruction>,
    _ registers: inout UnsafeMutablePointer<Value>,
    _ code: inout UnsafeMutablePointer<CodeHeader>,
    _ captured: inout UnsafeMutablePointer<Value>,
    _ remainingTicks: inout Int, _ globals: UnsafeMutablePointer<Value>
  ) {
    let state = self.state
    let frameLimit = frames + self.frameLimit
    let initializedTop = state.pointee.initializedTop
    var pc = programCounter
    var base = registers
    var header = code
    var captures = captured
    var ticks = remainingTicks
    var frame = frames + state.pointee.frameCount
    // Frames from here on began in this loop with arguments that hold no reference. As the loop
    // writes none, their registers hold none either, and returning need not look.
    var firstKnownFrame = frame

    loop: while true {
      let i = pc.pointee
      pc += 1
      let a = base + Int(i.a)
      switch i.operation {
      case .move:
        let source = base + Int(i.b)
        guard source.isTrivial, a.isTrivial else { break loop }
        a.takeMemory(of: source)
      case .take:
        guard a.isTrivial else { break loop }
        let source = base + Int(i.b)
        a.takeMemory(of: source)
        source.initialize(to: .nil)
      case .constant:
        let source = header.pointee.constants + Int(i.b)
        guard source.isTrivial, a.isTrivial else { break loop }
        a.takeMemory(of: source)
      case .setNil:
        guard a.isTrivial else { break loop }
        a.initialize(to: .nil)
      case .setAbsent:
        guard a.isTrivial else { break loop }
        a.initialize(to: .absent)
      case .setInt:
        guard a.isTrivial else { break loop }
        a.write(int: i.wide)
      case .setBool:
        guard a.isTrivial else { break loop }
        a.write(bool: i.b != 0)
      case .getGlobal:
        let slot = globals + Int(i.b)
        guard slot.isTrivial, !slot.pointee.isAbsent, a.isTrivial else {
          break loop
        }
        a.takeMemory(of: slot)
      case .setGlobal:
        let slot = globals + Int(i.b)
        guard a.isTrivial, slot.isTrivial, !state.pointee.isRehearsing else {
          break loop
        }
        slot.takeMemory(of: a)
      case .getCapture:
        let source = captures + Int(i.b)
        guard source.isTrivial, a.isTrivial else { break loop }
        a.takeMemory(of: source)

      // Arithmetic
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
      case .multiplyConstant:
        let k = header.pointee.constants + Int(i.c)
        guard compute(a, base + Int(i.b), k, { $0.multipliedReportingOverflow(by: $1) }, *) else {
          break loop
        }
      case .divideConstant:
        guard compute(a, base + Int(i.b), header.pointee.constants + Int(i.c), nil, /) else {
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

      // Jumps. The hint keeps each a branch, which the processor predicts: as a conditional move
      // of `pc`, all that follows would wait for what the condition compares.
      case .jump:
        let offset = i.wide
        if offset < 0 {
          guard ticks > 0 else { break loop }
          ticks &-= 1
        }
        pc += offset
      case .jumpIfFalse:
        guard a.kind == Kind.bool else { break loop }
        if _slowPath(!a.bool) { pc += i.wide }
      case .jumpIfTrue:
        guard a.kind == Kind.bool else { break loop }
        if _slowPath(a.bool) { pc += i.wide }
      case .jumpIfPresent: if _slowPath(!a.pointee.isAbsent) { pc += i.wide }
      case .jumpLess:
        guard let holds = compare(a, base + Int(i.b), <, <) else { break loop }
        if _slowPath(holds == i.isExpected) { pc += i.smallC }
      case .jumpLessEqual:
        guard let holds = compare(a, base + Int(i.b), <=, <=) else { break loop }
        if _slowPath(holds == i.isExpected) { pc += i.smallC }
      case .jumpEqual:
        guard let holds = compare(a, base + Int(i.b), ==, ==) else { break loop }
        if _slowPath(holds == i.isExpected) { pc += i.smallC }
      case .jumpLessSmall:
        guard let holds = compare(a, i.smallB, <, <) else { break loop }
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
        guard let holds = compare(a, header.pointee.constants + Int(i.b), <, <) else { break loop }
        if _slowPath(holds == i.isExpected) { pc += i.smallC }
      case .jumpLessEqualConstant:
        guard let holds = compare(a, header.pointee.constants + Int(i.b), <=, <=) else {
          break loop
        }
        if _slowPath(holds == i.isExpected) { pc += i.smallC }
      case .jumpGreaterConstant:
        guard let holds = compare(a, header.pointee.constants + Int(i.b), >, >) else { break loop }
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

      // Loops
      case .beginRange:
        guard a.kind == Kind.int, (a + 1).kind == Kind.int, (a + 2).kind == Kind.int,
          (a + 2).int != 0, (a + 3).isTrivial
        else { break loop }
        if (a + 2).int > 0 ? a.int < (a + 1).int : a.int > (a + 1).int {
          (a + 3).write(int: a.int)
        } else {
          pc += i.wide
        }
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

      // Calls
      case .callGlobal:
        guard let closure = (globals + Int(i.b)).closure else { break loop }
        let callee = closure._withUnsafeGuaranteedRef { $0.header }
        let count = Int(i.c)
        guard callee.pointee.closurelessCount == count, ticks > 0, frame < frameLimit,
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
      case .giveBack:
        let caller = frame - 1
        let result = caller.pointee.result
        guard result.isTrivial else { break loop }
        if caller < firstKnownFrame {
          guard caller.pointee.tailCalls >= 0, isTrivial(base, header.pointee.registerCount) else {
            break loop
          }
          firstKnownFrame = caller
        }
        result.takeMemory(of: a)
        frame = caller
        pc = caller.pointee.pc
        base = caller.pointee.base
        header = caller.pointee.header
        captures = caller.pointee.captures
      case .giveBackNil:
        let caller = frame - 1
        let result = caller.pointee.result
        guard result.isTrivial else { break loop }
        if caller < firstKnownFrame {
          guard caller.pointee.tailCalls >= 0, isTrivial(base, header.pointee.registerCount) else {
            break loop
          }
          firstKnownFrame = caller
        }
        result.initialize(to: .nil)
        frame = caller
        pc = caller.pointee.pc
        base = caller.pointee.base
        header = caller.pointee.header
        captures = caller.pointee.captures

      case .getCaptureBox, .setCaptureBox, .newBox, .getBox, .setBox, .currentFunction, .getField,
        .getSlot, .setSlot, .initializeSlot, .bindMethod, .getIndex, .getIndexParts, .setPlace,
        .getPlace, .pushPlace, .floorDivide, .remainder, .power, .matmul, .bitAnd, .bitOr, .compare,
        .plus, .complement, .makeRange, .beginWalk, .nextInWalk, .makeList, .appendToList,
        .extendList, .makeRecord, .setRecordKey, .extendRecord, .makeTensor, .tensorFromList,
        .format, .joinTexts, .callWith, .callBuiltin, .callMethod, .tailCall, .makeClosure,
        .makeModel, .unpackList, .unpackRecord, .pushHandler, .popHandler, .enterContext,
        .exitContext, .throwValue, .failAssertion, .importModule, .importName, .extract, .recover,
        .checkArguments, .checkResult, .addTest:
        break loop
      }
    }
    programCounter = pc - 1
    registers = base
    code = header
    captured = captures
    remainingTicks = ticks
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

  /// What a comparison of two numbers gives, an Int and a Float taken as Floats; nil for anything
  /// else.
  @inline(__always)
  private func compare(
    _ x: UnsafeMutablePointer<Value>, _ y: UnsafeMutablePointer<Value>,
    _ ints: (Int, Int) -> Bool, _ floats: (Double, Double) -> Bool
  ) -> Bool? {
    if x.kind == y.kind {
      if x.kind == Kind.int { return ints(x.int, y.int) }
      if x.kind == Kind.float { return floats(x.float, y.float) }
    } else if x.kind == Kind.float, y.kind == Kind.int {
      return floats(x.float, Double(y.int))
    } else if x.kind == Kind.int, y.kind == Kind.float {
      return floats(Double(x.int), y.float)
    }
    return nil
  }

  /// The same with an Int.
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
