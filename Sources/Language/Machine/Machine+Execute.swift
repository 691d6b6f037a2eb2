// The loop over instructions: one switch. `runInnerLoop` does what it can; the instruction before
// which it ends is done here, whatever its operands are. While somebody watches what the program reads
// (`FreeVariableWatcher`), everything is done here. What is not a matter of a few machine instructions
// is a call of a function in another file.

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

    frames[state.pointee.frameCount] = Frame(
      pc: state.pointee.pc, base: state.pointee.base, header: state.pointee.header,
      captures: state.pointee.captures, result: entry.result, tailCalls: Frame.entry)
    state.pointee.frameCount += 1
    let entryCount = state.pointee.frameCount
    var here = Position(
      pc: UnsafePointer(entry.header.pointee.code), base: entry.base, header: entry.header,
      captures: entry.captures, ticks: state.pointee.ticks)
    defer { state.pointee.ticks = here.ticks }

    while true {
      do {
        if entryCount > frameLimit { throw runaway() }
        try reserve(here.base + here.header.pointee.registerCount)
        while true {
          if context.watcher == nil {
            runInnerLoop(&here, globals)
          } else {
            // Whatever happens now is told with its place.
            state.pointee.pc = here.pc
            context.place = UInt64(UInt(bitPattern: here.pc))
          }
          let i = here.pc.pointee
          here.pc += 1
          let a = here.base + Int(i.a)
          switch i.operation {
          case .move: a.pointee = here.base[Int(i.b)]
          case .take: a.pointee = here.base[Int(i.b)].take()
          case .constant: a.pointee = here.header.pointee.constants[Int(i.b)]
          case .setNil: a.pointee = .nil
          case .setAbsent: a.pointee = .absent
          case .setInt: a.pointee = .int(i.wide)
          case .setBool: a.pointee = .bool(i.b != 0)
          case .currentFunction: a.pointee = here.base[-1]
          case .getGlobal:
            sync(here)
            a.pointee = try global(Int(i.b), mayBeAbsent: i.mayBeAbsent)
          case .setGlobal:
            sync(here)
            try willChange(.global(Int(i.b)), Rehearsal.setsVariable, inPlace: false)
            globals[Int(i.b)] = a.pointee
          case .getCapture:
            a.pointee = watched(.captured(here.captures, Int(i.b)), here.captures[Int(i.b)])
          case .getCaptureBox:
            guard
              case .box(let box) = watched(
                .captured(here.captures, Int(i.b)), here.captures[Int(i.b)])
            else { break }
            a.pointee = watched(.content(box), box.value)
            if a.pointee.isAbsent && !i.mayBeAbsent { throw undeclaredVariable() }
          case .setCaptureBox:
            sync(here)
            guard
              case .box(let box) = watched(
                .captured(here.captures, Int(i.b)), here.captures[Int(i.b)])
            else { break }
            try willChange(.content(box), Rehearsal.setsVariable, inPlace: false)
            box.value = a.pointee
          case .newBox:
            let value = here.base[Int(i.b)]
            let box = Box(value)
            a.pointee = .box(box)
            if context.watcher != nil { interpreter.watcher?.isMade(ObjectIdentifier(box)) }
          case .getBox:
            guard case .box(let box) = here.base[Int(i.b)] else { break }
            if box.value.isAbsent && !i.mayBeAbsent { throw undeclaredVariable() }
            a.pointee = box.value
          case .setBox:
            guard case .box(let box) = a.pointee else { break }
            if context.watcher != nil { interpreter.noteChange() }
            box.value = here.base[Int(i.b)]
          case .getField:
            sync(here)
            a.pointee = try here.base[Int(i.b)].field(name(i.c, here.header), interpreter)
            if i.flags & Flags.temporaryB != 0 && i.a != i.b { here.base[Int(i.b)] = .nil }
          case .getSlot:
            guard case .instance(let instance) = here.base[Int(i.b)] else { break }
            a.pointee = instance.read(slot: Int(i.c))
          case .setSlot:
            guard case .instance(let instance) = a.pointee else { break }
            sync(here)
            try willChange(
              .field(instance, Int(i.c)), Rehearsal.setsField,
              inPlace: instance.type.fields[Int(i.c)].kind == .param)
            try instance.write(slot: Int(i.c), here.base[Int(i.b)])
          case .initializeSlot:
            guard case .instance(let instance) = a.pointee else { break }
            // A parameter carries the place of its declaration.
            sync(here)
            try instance.initialize(slot: Int(i.c), here.base[Int(i.b)])
          case .bindMethod:
            guard case .instance(let instance) = here.base[Int(i.b)] else { break }
            a.pointee = try instance.boundMethod(name(i.c, here.header))
          case .getIndex:
            let object = here.base + Int(i.b)
            if case .int(let index) = here.base[Int(i.c)], case .list(let values) = object.pointee,
              index >= 0 && index < values.count
            {
              a.pointee = values[index]
            } else {
              sync(here)
              a.pointee = try object.pointee.item([here.base[Int(i.c)]], [.item], interpreter)
            }
            if i.flags & Flags.temporaryB != 0 && i.a != i.b { object.pointee = .nil }
          case .getIndexParts:
            sync(here)
            a.pointee = try indexed(site(i.b, here.header), here.base)
          case .setPlace:
            sync(here)
            try setPlace(site(i.b, here.header), here.base, here.captures, a.pointee)
          case .getPlace:
            sync(here)
            a.pointee = try getPlace(site(i.b, here.header), here.base, here.captures)
          case .pushPlace:
            sync(here)
            a.pointee = try pushPlace(site(i.b, here.header), here.base, here.captures, a.pointee)
          case .changePlace:
            sync(here)
            let call = callSite(i.b, here.header)
            if try !changePlace(a, call, site(i.c, here.header), here.base, here.captures),
              let entry = try prepareMethod(a, call)
            {
              try enter(entry, &here)
            }

          // Arithmetic
          case .add: try operate(.add, i, here.base, here.pc)
          case .subtract: try operate(.subtract, i, here.base, here.pc)
          case .multiply: try operate(.multiply, i, here.base, here.pc)
          case .divide: try operate(.divide, i, here.base, here.pc)
          case .floorDivide: try operate(.floorDivide, i, here.base, here.pc)
          case .remainder: try operate(.remainder, i, here.base, here.pc)
          case .power: try operate(.power, i, here.base, here.pc)
          case .matmul: try operate(.matmul, i, here.base, here.pc)
          case .bitAnd: try operate(.bitAnd, i, here.base, here.pc)
          case .bitOr: try operate(.bitOr, i, here.base, here.pc)
          case .addConstant:
            try operate(.add, i, here.base, here.pc, here.header.pointee.constants + Int(i.c))
          case .subtractConstant:
            try operate(
              .subtract, i, here.base, here.pc, here.header.pointee.constants + Int(i.c))
          case .multiplyConstant:
            try operate(
              .multiply, i, here.base, here.pc, here.header.pointee.constants + Int(i.c))
          case .divideConstant:
            try operate(.divide, i, here.base, here.pc, here.header.pointee.constants + Int(i.c))
          case .addSmall:
            let isSubtraction = i.flags & Flags.expected != 0
            var k = Value.int(isSubtraction ? -i.smallC : i.smallC)
            try operate(
              isSubtraction ? .subtract : .add, i, here.base, here.pc, &k,
              updates: Flags.updatesSmall)
          case .compare:
            sync(here)
            let comparison = ComparisonOperator(code: i.flags)
            a.pointee = try .compare(comparison, here.base[Int(i.b)], here.base[Int(i.c)])
          case .negate:
            sync(here)
            a.pointee = try .unary(.negate, here.base[Int(i.b)])
          case .plus: a.pointee = try .unary(.plus, here.base[Int(i.b)])
          case .complement:
            sync(here)
            a.pointee = try .unary(.complement, here.base[Int(i.b)])
          case .not: setBool(a, try !here.base[Int(i.b)].truth())

          // Jumps
          case .jump:
            let offset = i.wide
            if offset < 0 {
              here.ticks -= 1
              if here.ticks < 0 { here.ticks = try safepoint(at: here.pc) }
            }
            here.pc += offset
          case .jumpIfFalse: if try !a.pointee.truth() { here.pc += i.wide }
          case .jumpIfTrue: if try a.pointee.truth() { here.pc += i.wide }
          case .jumpIfPresent: if !a.pointee.isAbsent { here.pc += i.wide }
          case .jumpLess:
            if try holds(.less, or: .greater, a, here.base + Int(i.b), i) == i.isExpected {
              here.pc += i.smallC
            }
          case .jumpLessEqual:
            if try holds(.lessEqual, or: .greaterEqual, a, here.base + Int(i.b), i) == i.isExpected
            {
              here.pc += i.smallC
            }
          case .jumpEqual:
            if try holds(.equal, a.pointee, here.base[Int(i.b)]) == i.isExpected {
              here.pc += i.smallC
            }
          case .jumpLessSmall:
            if try holds(.less, a.pointee, .int(i.smallB)) == i.isExpected { here.pc += i.smallC }
          case .jumpLessEqualSmall:
            if try holds(.lessEqual, a.pointee, .int(i.smallB)) == i.isExpected {
              here.pc += i.smallC
            }
          case .jumpGreaterSmall:
            if try holds(.greater, a.pointee, .int(i.smallB)) == i.isExpected {
              here.pc += i.smallC
            }
          case .jumpGreaterEqualSmall:
            if try holds(.greaterEqual, a.pointee, .int(i.smallB)) == i.isExpected {
              here.pc += i.smallC
            }
          case .jumpEqualSmall:
            if try holds(.equal, a.pointee, .int(i.smallB)) == i.isExpected { here.pc += i.smallC }
          case .jumpLessConstant:
            let k = here.header.pointee.constants[Int(i.b)]
            if try holds(.less, a.pointee, k) == i.isExpected { here.pc += i.smallC }
          case .jumpLessEqualConstant:
            let k = here.header.pointee.constants[Int(i.b)]
            if try holds(.lessEqual, a.pointee, k) == i.isExpected { here.pc += i.smallC }
          case .jumpGreaterConstant:
            let k = here.header.pointee.constants[Int(i.b)]
            if try holds(.greater, a.pointee, k) == i.isExpected { here.pc += i.smallC }
          case .jumpGreaterEqualConstant:
            let k = here.header.pointee.constants[Int(i.b)]
            if try holds(.greaterEqual, a.pointee, k) == i.isExpected { here.pc += i.smallC }
          case .jumpEqualConstant:
            let k = here.header.pointee.constants[Int(i.b)]
            if try holds(.equal, a.pointee, k) == i.isExpected { here.pc += i.smallC }

          // Loops
          case .makeRange:
            a.pointee = .range(try range(at: here.base + Int(i.b), isClosed: i.isClosed))
          case .beginRange:
            let range = try range(at: a, isClosed: i.isClosed)
            setInt(a, range.start)
            setInt(a + 1, range.stop)
            setInt(a + 2, range.step)
            if range.count > 0 { setInt(a + 3, range.start) } else { here.pc += i.wide }
          case .nextInRange:
            guard case .int(let index) = a.pointee, case .int(let stop) = a[1],
              case .int(let step) = a[2]
            else { break }
            let (next, overflow) = index.addingReportingOverflow(step)
            if !overflow && (step > 0 ? next < stop : next > stop) {
              a.initialize(to: .int(next))
              setInt(a + 3, next)
              here.ticks -= 1
              if here.ticks < 0 { here.ticks = try safepoint(at: here.pc) }
              here.pc += i.wide
            }
          case .beginWalk:
            sync(here)
            a.pointee = try a.pointee.walk()
            setInt(a + 1, 0)
          case .nextInWalk:
            guard case .int(let index) = a[1] else { break }
            a[1] = .int(index &+ 1)
            if case .list(let values) = a.pointee {
              if index < values.count { a[2] = values[index] } else { here.pc += i.wide }
            } else {
              sync(here)
              if let value = try a.pointee.element(at: index, interpreter) {
                a[2] = value
              } else {
                here.pc += i.wide
              }
            }

          // Structures
          case .makeList:
            let count = Int(i.c)
            let first = here.base + Int(i.b)
            let elements = List(moving: first, count: count)
            first.initialize(repeating: .nil, count: count)
            a.pointee = .list(elements)
          case .appendToList: a.pointee.append(here.base[Int(i.b)].take())
          case .extendList:
            sync(here)
            try a.pointee.append(contentsOf: here.base[Int(i.b)], interpreter)
          case .makeRecord: a.pointee = .record(Record())
          case .setRecordKey:
            a.pointee.set(name(i.c, here.header), to: here.base[Int(i.b)].take())
          case .extendRecord: try a.pointee.merge(here.base[Int(i.b)])
          case .makeTensor:
            sync(here)
            a.pointee = try .tensor(
              of: UnsafeBufferPointer(start: here.base + Int(i.b), count: Int(i.c)))
          case .tensorFromList:
            sync(here)
            guard case .list(let values) = here.base[Int(i.b)] else { break }
            a.pointee = try values.withUnsafeBufferPointer { try .tensor(of: $0) }
            here.base[Int(i.b)] = .nil
          case .format:
            a.pointee = try here.base[Int(i.b)].formatted(
              here.header.pointee.prototype._withUnsafeGuaranteedRef { $0.sites.formats[Int(i.c)] })
          case .joinTexts: try joinTexts(a, here.base + Int(i.b), Int(i.c))

          // Calls
          case .callGlobal:
            here.ticks -= 1
            if here.ticks < 0 { here.ticks = try safepoint(at: here.pc) }
            sync(here)
            a.pointee = try global(Int(i.b))
            if let entry = try prepare(a, Int(i.c)) {
              try enter(entry, &here)
            }
          case .call:
            here.ticks -= 1
            if here.ticks < 0 { here.ticks = try safepoint(at: here.pc) }
            sync(here)
            if let entry = try prepare(a, Int(i.b)) {
              try enter(entry, &here)
            }
          case .callWith:
            sync(here)
            here.ticks -= 1
            if here.ticks < 0 { here.ticks = try safepoint(at: here.pc) }
            if let entry = try prepare(a, callSite(i.b, here.header)) {
              try enter(entry, &here)
            }
          case .callBuiltin:
            sync(here)
            let count = Int(i.c)
            if state.pointee.isRehearsing {
              try rehearse(here.header, Int(i.b))
              look(at: a + 1, count)
            }
            let result = try here.header.pointee.prototype._withUnsafeGuaranteedRef { prototype in
              try prototype.callBuiltin(Int(i.b), a + 1, count, interpreter)
            }
            a.pointee = result
            clearRegisters(a + 1, count)
            if interpreter.requests.isPending { here.ticks = try safepoint() }
          case .callMethod:
            sync(here)
            here.ticks -= 1
            if here.ticks < 0 { here.ticks = try safepoint(at: here.pc) }
            if let entry = try prepareMethod(a, callSite(i.b, here.header)) {
              try enter(entry, &here)
            }
          case .tailCall:
            here.ticks -= 1
            if here.ticks < 0 { here.ticks = try safepoint(at: here.pc) }
            let count = Int(i.b)
            if let closure = a.closure,
              closure._withUnsafeGuaranteedRef({ $0.header.pointee.plainCount }) == count
            {
              let callee = closure._withUnsafeGuaranteedRef { $0.header }
              let closureCaptures = closure._withUnsafeGuaranteedRef { $0.captures }
              let frame = frames + (state.pointee.frameCount - 1)
              frame.pointee.tailCalls += 1
              if frame.pointee.tailCalls > Machine.maximumTailCalls { throw endlessTail() }
              // The closure takes the place of the result, which keeps it alive; arguments follow.
              let place = frame.pointee.result
              let old = here.header.pointee.registerCount
              for k in 0...count {
                let value = (a + k).move()
                (a + k).initialize(to: .nil)
                place[k] = value
              }
              let newBase = place + 1
              let kept = newBase + count
              let end = here.base + old
              if kept < end { clearRegisters(kept, end - kept) }
              let top = newBase + callee.pointee.registerCount
              if top > state.pointee.initializedTop { try reserve(top) }
              here.base = newBase
              here.header = callee
              here.captures = closureCaptures
              here.pc = UnsafePointer(callee.pointee.code)
              continue
            }
            sync(here)
            if let entry = try prepare(a, count) {
              try enter(entry, &here)
            }
          case .giveBack:
            let result = frames[state.pointee.frameCount - 1].result
            finish(here.base, here.header.pointee.registerCount, giving: a, to: result)
            if leave(&here) { return }
          case .giveBackNil:
            clearRegisters(here.base, here.header.pointee.registerCount)
            frames[state.pointee.frameCount - 1].result.pointee = .nil
            if leave(&here) { return }

          // Functions, models, patterns
          case .makeClosure:
            a.pointee = makeClosure(Int(i.b), here.header, here.base, here.captures)
          case .makeModel: makeModel(Int(i.b), here.header, a)
          case .unpackList:
            sync(here)
            try unpackList(a, Int(i.b), hasRest: i.flags & Flags.expected != 0)
          case .unpackRecord:
            sync(here)
            try unpackRecord(a, Int(i.b), Int(i.c), here.header)

          // Errors and contexts
          case .pushHandler:
            handlers.append(
              Handler(
                kind: .catch(
                  here.pc + i.wide, register: Int(i.a), cleansUp: i.flags & Flags.cleansUp != 0),
                frameCount: state.pointee.frameCount, base: here.base, header: here.header,
                captures: here.captures))
          case .popHandler: handlers.removeLast()
          case .enterContext:
            sync(here)
            let context = try enterContext(a.pointee)
            handlers.append(
              Handler(
                kind: .context(context), frameCount: state.pointee.frameCount, base: here.base,
                header: here.header, captures: here.captures))
          case .exitContext:
            if case .context(let context) = handlers.removeLast().kind { context.exit(interpreter) }
          case .throwValue: throw ErrorObject.error(throwing: a.pointee)
          case .failAssertion: throw assertionFailure(a, Int(i.b), here.header)

          // State, modules, annotations
          case .importModule:
            sync(here)
            if state.pointee.isRehearsing { throw effect("imports a module") }
            a.pointee = try importModule(name(i.b, here.header), isFile: i.c != 0, here.header)
          case .importName:
            sync(here)
            a.pointee = try importName(name(i.c, here.header), here.base[Int(i.b)])
          case .extract:
            sync(here)
            a.pointee = try extract(
              a + 1, Int(i.b), i.c, here.header, isSession: i.flags & Flags.expected != 0)
          case .recover:
            sync(here)
            let isSession = i.flags & Flags.expected != 0
            if state.pointee.isRehearsing, isSession || !interpreter.notesChanges {
              throw effect("recovers a state")
            }
            try recover(a, Int(i.b), isSession: isSession)
          case .checkArguments:
            sync(here)
            try checkArguments(here.header, here.base)
          case .checkResult: try checkResult(here.header, here.base, a.pointee)
          case .addTest: addTest(name(i.b, here.header), a.pointee, here.header)
          }
        }
      } catch {
        sync(here)
        var placedError = placed(error, at: here.pc - 1)
        placedError.outermostPlace = outermostPlace(at: here.pc - 1)
        guard unwind(placedError, entry: entryCount, handlerFloor: handlerFloor) else {
          throw placedError
        }
        here.pc = state.pointee.pc
        here.base = state.pointee.base
        here.header = state.pointee.header
        here.captures = state.pointee.captures
      }
    }
  }

  /// Goes on in a function that `prepare` made ready.
  @inline(__always)
  private func enter(_ entry: Entry, _ here: inout Position) throws {
    let top = entry.base + entry.header.pointee.registerCount
    if top > state.pointee.initializedTop { try reserve(top) }
    let depth = state.pointee.frameCount
    if depth >= frameLimit { throw runaway() }
    frames[depth] = Frame(
      pc: here.pc, base: here.base, header: here.header, captures: here.captures,
      result: entry.result, tailCalls: 0)
    state.pointee.frameCount = depth + 1
    here.base = entry.base
    here.header = entry.header
    here.captures = entry.captures
    here.pc = UnsafePointer(entry.header.pointee.code)
  }

  /// Goes back to the caller; true where that is Swift code.
  @inline(__always)
  private func leave(_ here: inout Position) -> Bool {
    state.pointee.frameCount -= 1
    let frame = frames + state.pointee.frameCount
    guard frame.pointee.tailCalls >= 0 else {
      state.pointee.pc = frame.pointee.pc
      return true
    }
    here.pc = frame.pointee.pc
    here.base = frame.pointee.base
    here.header = frame.pointee.header
    here.captures = frame.pointee.captures
    return false
  }

  /// A look at limits and interrupts from an instruction that has not said where it stands.
  @inline(never)
  private func safepoint(at pc: UnsafePointer<Instruction>) throws -> Int {
    state.pointee.pc = pc - 1
    return try safepoint()
  }

  /// Writes down where the loop stands, for code that may look or call back, and for what is recorded.
  @inline(__always)
  private func sync(_ here: Position) {
    state.pointee.pc = here.pc - 1
    state.pointee.base = here.base
    state.pointee.header = here.header
    state.pointee.captures = here.captures
    interpreter.context.place = UInt64(UInt(bitPattern: here.pc - 1))
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
