// The loop over instructions: one switch. `runNumbers` does what it can, in a loop of its own; the
// instruction before which it ends is done here, whatever its operands are. What is not a matter
// of a few machine instructions is a call of a function in another file.

import Syntax

extension Machine {
  /// Runs a function until it gives its value back to Swift; the value goes to the entry's result.
  func execute(_ entry: Entry) throws {
    let state = self.state
    let frames = self.frames
    let handlerFloor = handlers.count
    let frameLimit = self.frameLimit
    let interpreter = self.interpreter
    let globals = interpreter.globals.slots
    let context = interpreter.context

    var pc = state.pointee.pc
    var base = entry.base
    var header = entry.header
    var captures = entry.captures
    var ticks = state.pointee.ticks

    frames[state.pointee.frameCount] = Frame(
      pc: pc, base: state.pointee.base, header: state.pointee.header,
      captures: state.pointee.captures, result: entry.result, tailCalls: Frame.entry)
    state.pointee.frameCount += 1
    let entryCount = state.pointee.frameCount
    pc = UnsafePointer(header.pointee.code)
    defer { state.pointee.ticks = ticks }

    while true {
      do {
        if entryCount > frameLimit { throw runaway() }
        try reserve(base + header.pointee.registerCount)
        while true {
          runNumbers(&pc, &base, &header, &captures, &ticks, globals)
          let i = pc.pointee
          pc += 1
          let a = base + Int(i.a)
          switch i.operation {
          case .move: a.pointee = base[Int(i.b)]
          case .take:
            let source = base + Int(i.b)
            if !a.isTrivial { a.pointee = .nil }
            a.takeMemory(of: source)
            source.initialize(to: .nil)
          case .constant: a.pointee = header.pointee.constants[Int(i.b)]
          case .setNil: a.pointee = .nil
          case .setAbsent: a.pointee = .absent
          case .setInt: setInt(a, i.wide)
          case .setBool: setBool(a, i.b != 0)
          case .getGlobal:
            let slot = globals + Int(i.b)
            if case .absent = slot.pointee {
              a.pointee = try undeclaredGlobal(Int(i.b))
            } else {
              a.pointee = slot.pointee
            }
          case .setGlobal:
            if state.pointee.isRehearsing { throw Rehearsal.effect }
            globals[Int(i.b)] = a.pointee
          case .getCapture: a.pointee = captures[Int(i.b)]
          case .getCaptureBox:
            guard case .box(let box) = captures[Int(i.b)] else { break }
            if case .absent = box.value { throw undeclaredVariable() }
            a.pointee = box.value
          case .setCaptureBox:
            if state.pointee.isRehearsing { throw Rehearsal.effect }
            guard case .box(let box) = captures[Int(i.b)] else { break }
            box.value = a.pointee
          case .newBox:
            let value = base[Int(i.b)]
            a.pointee = .box(Box(value))
          case .getBox:
            guard case .box(let box) = base[Int(i.b)] else { break }
            if case .absent = box.value { throw undeclaredVariable() }
            a.pointee = box.value
          case .setBox:
            guard case .box(let box) = a.pointee else { break }
            box.value = base[Int(i.b)]
          case .currentFunction: a.pointee = (base - 1).pointee
          case .getField:
            sync(pc, base, header, captures)
            a.pointee = try field(
              header.pointee.prototype._withUnsafeGuaranteedRef { $0.sites.names[Int(i.c)] },
              of: base[Int(i.b)])
            if i.flags & Flags.temporaryB != 0 && i.a != i.b { base[Int(i.b)] = .nil }
          case .getSlot:
            guard case .instance(let instance) = base[Int(i.b)] else { break }
            a.pointee = instance.read(slot: Int(i.c))
          case .setSlot:
            guard case .instance(let instance) = a.pointee else { break }
            if state.pointee.isRehearsing { throw Rehearsal.effect }
            try instance.write(slot: Int(i.c), base[Int(i.b)])
          case .initializeSlot:
            guard case .instance(let instance) = a.pointee else { break }
            try instance.initialize(slot: Int(i.c), base[Int(i.b)])
          case .bindMethod:
            guard case .instance(let instance) = base[Int(i.b)] else { break }
            a.pointee = try boundMethod(name(i.c, header), of: instance)
          case .getIndex:
            let object = base + Int(i.b)
            if case .int(let index) = base[Int(i.c)], case .list(let values) = object.pointee,
              index >= 0 && index < values.count
            {
              a.pointee = values[index]
            } else {
              sync(pc, base, header, captures)
              a.pointee = try item([base[Int(i.c)]], [.item], of: object.pointee)
            }
            if i.flags & Flags.temporaryB != 0 && i.a != i.b { object.pointee = .nil }
          case .getIndexParts:
            sync(pc, base, header, captures)
            a.pointee = try indexed(site(i.b, header), base)
          case .setPlace:
            sync(pc, base, header, captures)
            try setPlace(site(i.b, header), base, captures, a.pointee)
          case .getPlace:
            sync(pc, base, header, captures)
            a.pointee = try getPlace(site(i.b, header), base, captures)
          case .pushPlace:
            sync(pc, base, header, captures)
            a.pointee = try pushPlace(site(i.b, header), base, captures, a.pointee)

          // Arithmetic
          case .add: try slowBinary(.add, i, base, pc)
          case .subtract: try slowBinary(.subtract, i, base, pc)
          case .multiply: try slowBinary(.multiply, i, base, pc)
          case .divide: try slowBinary(.divide, i, base, pc)
          case .floorDivide: try slowBinary(.floorDivide, i, base, pc)
          case .remainder: try slowBinary(.remainder, i, base, pc)
          case .power: try slowBinary(.power, i, base, pc)
          case .matmul: try slowBinary(.matmul, i, base, pc)
          case .bitAnd: try slowBinary(.bitAnd, i, base, pc)
          case .bitOr: try slowBinary(.bitOr, i, base, pc)
          case .addConstant:
            try slowBinary(.add, i, base, pc, header.pointee.constants + Int(i.c))
          case .subtractConstant:
            try slowBinary(.subtract, i, base, pc, header.pointee.constants + Int(i.c))
          case .multiplyConstant:
            try slowBinary(.multiply, i, base, pc, header.pointee.constants + Int(i.c))
          case .divideConstant:
            try slowBinary(.divide, i, base, pc, header.pointee.constants + Int(i.c))
          case .addSmall:
            let isSubtraction = i.flags & Flags.expected != 0
            var k = Value.int(isSubtraction ? -i.smallC : i.smallC)
            try slowBinary(isSubtraction ? .subtract : .add, i, base, pc, &k)
          case .compare:
            sync(pc, base, header, captures)
            let comparison = ComparisonOperator(code: i.flags >> 4)
            a.pointee = try compare(comparison, base[Int(i.b)], base[Int(i.c)])
          case .negate:
            sync(pc, base, header, captures)
            a.pointee = try unary(.negate, base[Int(i.b)])
          case .plus: a.pointee = try unary(.plus, base[Int(i.b)])
          case .complement: a.pointee = try unary(.complement, base[Int(i.b)])
          case .not: setBool(a, try !truth(base[Int(i.b)]))

          // Jumps
          case .jump:
            let offset = i.wide
            if offset < 0 {
              ticks -= 1
              if ticks < 0 { ticks = try safepoint(at: pc) }
            }
            pc += offset
          case .jumpIfFalse: if try !truth(a.pointee) { pc += i.wide }
          case .jumpIfTrue: if try truth(a.pointee) { pc += i.wide }
          case .jumpIfPresent: if !a.pointee.isAbsent { pc += i.wide }
          case .jumpLess: if try slowLess(a, base + Int(i.b), i) == i.isExpected { pc += i.smallC }
          case .jumpLessEqual:
            if try slowLessEqual(a, base + Int(i.b), i) == i.isExpected { pc += i.smallC }
          case .jumpEqual:
            if try slowCompare(.equal, a, base[Int(i.b)]) == i.isExpected { pc += i.smallC }
          case .jumpLessSmall:
            if try slowCompare(.less, a, .int(i.smallB)) == i.isExpected { pc += i.smallC }
          case .jumpLessEqualSmall:
            if try slowCompare(.lessEqual, a, .int(i.smallB)) == i.isExpected { pc += i.smallC }
          case .jumpGreaterSmall:
            if try slowCompare(.greater, a, .int(i.smallB)) == i.isExpected { pc += i.smallC }
          case .jumpGreaterEqualSmall:
            if try slowCompare(.greaterEqual, a, .int(i.smallB)) == i.isExpected { pc += i.smallC }
          case .jumpEqualSmall:
            if try slowCompare(.equal, a, .int(i.smallB)) == i.isExpected { pc += i.smallC }
          case .jumpLessConstant:
            let k = header.pointee.constants[Int(i.b)]
            if try slowCompare(.less, a, k) == i.isExpected { pc += i.smallC }
          case .jumpLessEqualConstant:
            let k = header.pointee.constants[Int(i.b)]
            if try slowCompare(.lessEqual, a, k) == i.isExpected { pc += i.smallC }
          case .jumpGreaterConstant:
            let k = header.pointee.constants[Int(i.b)]
            if try slowCompare(.greater, a, k) == i.isExpected { pc += i.smallC }
          case .jumpGreaterEqualConstant:
            let k = header.pointee.constants[Int(i.b)]
            if try slowCompare(.greaterEqual, a, k) == i.isExpected { pc += i.smallC }
          case .jumpEqualConstant:
            let k = header.pointee.constants[Int(i.b)]
            if try slowCompare(.equal, a, k) == i.isExpected { pc += i.smallC }

          // Loops
          case .makeRange:
            a.pointee = try range(base + Int(i.b), hasStep: i.flags & Flags.expected != 0)
          case .beginRange:
            guard case .int(let start) = a.pointee, case .int(let stop) = a[1],
              case .int(let step) = a[2], step != 0
            else {
              _ = try range(a, hasStep: true)
              break
            }
            if step > 0 ? start < stop : start > stop {
              setInt(a + 3, start)
            } else {
              pc += i.wide
            }
          case .nextInRange:
            guard case .int(let index) = a.pointee, case .int(let stop) = a[1],
              case .int(let step) = a[2]
            else { break }
            let (next, overflow) = index.addingReportingOverflow(step)
            if !overflow && (step > 0 ? next < stop : next > stop) {
              a.initialize(to: .int(next))
              setInt(a + 3, next)
              ticks -= 1
              if ticks < 0 { ticks = try safepoint(at: pc) }
              pc += i.wide
            }
          case .beginWalk:
            sync(pc, base, header, captures)
            a.pointee = try walkable(a.pointee)
            setInt(a + 1, 0)
          case .nextInWalk:
            guard case .int(let index) = a[1] else { break }
            a[1] = .int(index &+ 1)
            if case .list(let values) = a.pointee {
              if index < values.count { a[2] = values[index] } else { pc += i.wide }
            } else {
              sync(pc, base, header, captures)
              if let value = try element(of: a.pointee, at: index) {
                a[2] = value
              } else {
                pc += i.wide
              }
            }

          // Structures
          case .makeList:
            let count = Int(i.c)
            let first = base + Int(i.b)
            a.pointee = .list(Array(UnsafeBufferPointer(start: first, count: count)))
            if first != a {
              clearRegisters(first, count)
            } else {
              clearRegisters(a + 1, max(count - 1, 0))
            }
          case .appendToList: append(base + Int(i.b), to: a)
          case .extendList:
            sync(pc, base, header, captures)
            try extend(a, with: base[Int(i.b)])
          case .makeRecord: a.pointee = .record(Record())
          case .setRecordKey: setKey(name(i.c, header), of: a, base + Int(i.b))
          case .extendRecord: try extendRecord(a, with: base[Int(i.b)])
          case .makeTensor:
            sync(pc, base, header, captures)
            a.pointee = try tensorLiteral(
              UnsafeBufferPointer(start: base + Int(i.b), count: Int(i.c)))
          case .tensorFromList:
            sync(pc, base, header, captures)
            guard case .list(let values) = base[Int(i.b)] else { break }
            a.pointee = try values.withUnsafeBufferPointer { try tensorLiteral($0) }
            base[Int(i.b)] = .nil
          case .format:
            a.pointee = try format(
              base[Int(i.b)],
              header.pointee.prototype._withUnsafeGuaranteedRef { $0.sites.formats[Int(i.c)] })
          case .joinTexts: joinTexts(a, base + Int(i.b), Int(i.c))

          // Calls
          case .callGlobal:
            ticks -= 1
            if ticks < 0 { ticks = try safepoint(at: pc) }
            let slot = globals + Int(i.b)
            sync(pc, base, header, captures)
            if case .absent = slot.pointee {
              a.pointee = try undeclaredGlobal(Int(i.b))
            } else {
              a.pointee = slot.pointee
            }
            if let entry = try prepare(a, Int(i.c)) {
              try enter(entry, &pc, &base, &header, &captures)
            }
          case .call:
            ticks -= 1
            if ticks < 0 { ticks = try safepoint(at: pc) }
            sync(pc, base, header, captures)
            if let entry = try prepare(a, Int(i.b)) {
              try enter(entry, &pc, &base, &header, &captures)
            }
          case .callWith:
            sync(pc, base, header, captures)
            ticks -= 1
            if ticks < 0 { ticks = try safepoint(at: pc) }
            if let entry = try prepare(a, callSite(i.b, header)) {
              try enter(entry, &pc, &base, &header, &captures)
            }
          case .callBuiltin:
            sync(pc, base, header, captures)
            if state.pointee.isRehearsing { try rehearse(header, Int(i.b)) }
            context.place = UInt64(UInt(bitPattern: pc - 1))
            let count = Int(i.c)
            let result = try header.pointee.prototype._withUnsafeGuaranteedRef { prototype in
              try prototype.callBuiltin(Int(i.b), a + 1, count, interpreter)
            }
            a.pointee = result
            clearRegisters(a + 1, count)
            if interpreter.interrupt.isPending { ticks = try safepoint() }
          case .callMethod:
            sync(pc, base, header, captures)
            ticks -= 1
            if ticks < 0 { ticks = try safepoint(at: pc) }
            if let entry = try prepareMethod(a, callSite(i.b, header)) {
              try enter(entry, &pc, &base, &header, &captures)
            }
          case .tailCall:
            ticks -= 1
            if ticks < 0 { ticks = try safepoint(at: pc) }
            let count = Int(i.b)
            if let closure = a.closure,
              closure._withUnsafeGuaranteedRef({ $0.header.pointee.plainCount }) == count
            {
              let callee = closure._withUnsafeGuaranteedRef { $0.header }
              let closureCaptures = closure._withUnsafeGuaranteedRef { $0.captures }
              let frame = frames + (state.pointee.frameCount - 1)
              frame.pointee.tailCalls += 1
              if frame.pointee.tailCalls > Machine.maximumTailCalls { throw runaway() }
              // The closure takes the place of the result, which keeps it alive; arguments follow.
              let place = frame.pointee.result
              let old = header.pointee.registerCount
              for k in 0...count {
                let value = (a + k).move()
                (a + k).initialize(to: .nil)
                place[k] = value
              }
              let newBase = place + 1
              let kept = newBase + count
              let end = base + old
              if kept < end { clearRegisters(kept, end - kept) }
              let top = newBase + callee.pointee.registerCount
              if top > state.pointee.initializedTop { try reserve(top) }
              base = newBase
              header = callee
              captures = closureCaptures
              pc = UnsafePointer(callee.pointee.code)
              continue
            }
            sync(pc, base, header, captures)
            if let entry = try prepare(a, count) {
              try enter(entry, &pc, &base, &header, &captures)
            }
          case .giveBack:
            let depth = state.pointee.frameCount - 1
            let frame = frames + depth
            let result = frame.pointee.result
            if a != result {
              if !result.isTrivial { result.pointee = .nil }
              result.takeMemory(of: a)
              a.initialize(to: .nil)
            }
            // A method's first register, which held `self`, is its result.
            let first = base == result ? 1 : 0
            clearRegisters(base + first, header.pointee.registerCount - first)
            state.pointee.frameCount = depth
            pc = frame.pointee.pc
            base = frame.pointee.base
            header = frame.pointee.header
            captures = frame.pointee.captures
            if frame.pointee.tailCalls < 0 {
              state.pointee.pc = pc
              return
            }
          case .giveBackNil:
            clearRegisters(base, header.pointee.registerCount)
            let depth = state.pointee.frameCount - 1
            let frame = frames + depth
            frame.pointee.result.pointee = .nil
            state.pointee.frameCount = depth
            pc = frame.pointee.pc
            base = frame.pointee.base
            header = frame.pointee.header
            captures = frame.pointee.captures
            if frame.pointee.tailCalls < 0 {
              state.pointee.pc = pc
              return
            }

          // Functions, models, patterns
          case .makeClosure: a.pointee = makeClosure(Int(i.b), header, base, captures)
          case .makeModel: makeModel(Int(i.b), header, a)
          case .unpackList:
            sync(pc, base, header, captures)
            try unpackList(a, Int(i.b), hasRest: i.flags & Flags.expected != 0)
          case .unpackRecord:
            sync(pc, base, header, captures)
            try unpackRecord(a, Int(i.b), Int(i.c), header)

          // Errors and contexts
          case .pushHandler:
            handlers.append(
              Handler(
                kind: .catch(pc + i.wide, register: Int(i.a)),
                frameCount: state.pointee.frameCount, base: base, header: header,
                captures: captures))
          case .popHandler: handlers.removeLast()
          case .enterContext:
            sync(pc, base, header, captures)
            let context = try enterContext(a.pointee)
            handlers.append(
              Handler(
                kind: .context(context), frameCount: state.pointee.frameCount, base: base,
                header: header, captures: captures))
          case .exitContext:
            if case .context(let context) = handlers.removeLast().kind { context.exit(interpreter) }
          case .throwValue: throw ErrorObject.error(throwing: a.pointee)
          case .failAssertion: throw assertionFailure(a, Int(i.b), header)

          // State, modules, annotations
          case .importModule:
            sync(pc, base, header, captures)
            a.pointee = try importModule(name(i.b, header), isFile: i.c != 0, header)
          case .importName:
            sync(pc, base, header, captures)
            a.pointee = try importName(name(i.c, header), base[Int(i.b)])
          case .extract:
            sync(pc, base, header, captures)
            a.pointee = try extract(
              a + 1, Int(i.b), name(i.c, header), isSession: i.flags & Flags.expected != 0)
          case .recover:
            sync(pc, base, header, captures)
            if state.pointee.isRehearsing { throw Rehearsal.effect }
            try recover(a, Int(i.b), isSession: i.flags & Flags.expected != 0)
          case .checkArguments:
            sync(pc, base, header, captures)
            try checkArguments(header, base)
          case .checkResult: try checkResult(header, base, a.pointee)
          case .addTest: addTest(name(i.b, header), a.pointee, header)
          }
        }
      } catch {
        sync(pc, base, header, captures)
        let placedError = placed(error, at: pc - 1)
        guard unwind(placedError, entry: entryCount, handlerFloor: handlerFloor) else {
          throw placedError
        }
        pc = state.pointee.pc
        base = state.pointee.base
        header = state.pointee.header
        captures = state.pointee.captures
      }
    }
  }

  /// Goes on in a function that `prepare` made ready.
  @inline(__always)
  private func enter(
    _ entry: Entry, _ pc: inout UnsafePointer<Instruction>,
    _ base: inout UnsafeMutablePointer<Value>, _ header: inout UnsafeMutablePointer<CodeHeader>,
    _ captures: inout UnsafeMutablePointer<Value>
  ) throws {
    let top = entry.base + entry.header.pointee.registerCount
    if top > state.pointee.initializedTop { try reserve(top) }
    let depth = state.pointee.frameCount
    if depth >= frameLimit { throw runaway() }
    frames[depth] = Frame(
      pc: pc, base: base, header: header, captures: captures, result: entry.result, tailCalls: 0)
    state.pointee.frameCount = depth + 1
    base = entry.base
    header = entry.header
    captures = entry.captures
    pc = UnsafePointer(header.pointee.code)
  }

  /// A look at limits and interrupts from an instruction that has not said where it stands.
  @inline(never)
  private func safepoint(at pc: UnsafePointer<Instruction>) throws -> Int {
    state.pointee.pc = pc - 1
    return try safepoint()
  }

  /// Writes down where the loop stands, for code that may look or call back.
  @inline(__always)
  private func sync(
    _ pc: UnsafePointer<Instruction>, _ base: UnsafeMutablePointer<Value>,
    _ header: UnsafeMutablePointer<CodeHeader>, _ captures: UnsafeMutablePointer<Value>
  ) {
    state.pointee.pc = pc - 1
    state.pointee.base = base
    state.pointee.header = header
    state.pointee.captures = captures
  }

  @inline(__always)
  private func setInt(_ register: UnsafeMutablePointer<Value>, _ value: Int) {
    if register.isTrivial {
      register.initialize(to: .int(value))
    } else {
      register.pointee = .int(value)
    }
  }

  @inline(__always)
  private func setBool(_ register: UnsafeMutablePointer<Value>, _ value: Bool) {
    if register.isTrivial {
      register.initialize(to: .bool(value))
    } else {
      register.pointee = .bool(value)
    }
  }
}
