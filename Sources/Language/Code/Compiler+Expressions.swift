// Expressions into registers.

import Syntax

extension Compiler {
  /// The register that holds an expression's value: a variable's own, or a new temporary.
  func operand(_ expression: Resolved) throws -> Int {
    if case .reference(.local(let variable), _) = expression.kind, !variable.isBoxed {
      return variable.register
    }
    let register = take()
    try compile(expression, into: register)
    return register
  }

  /// Like `operand`, but safe from assignments that a later operand makes.
  private func operand(_ expression: Resolved, before later: Resolved) throws -> Int {
    if case .reference(.local(let variable), _) = expression.kind, !variable.isBoxed,
      variable.isAssigned, mayAssign(later)
    {
      let register = take()
      emit(.move, register, variable.register, span: expression.span)
      return register
    }
    return try operand(expression)
  }

  /// True where evaluating the expression may run statements of this function.
  private func mayAssign(_ expression: Resolved) -> Bool {
    switch expression.kind {
    case .constant, .reference, .slot, .method, .function, .error: false
    case .list(let elements), .tensor(let elements):
      elements.contains { element in
        switch element {
        case .one(let value), .spread(let value): mayAssign(value)
        }
      }
    case .binary(_, let left, let right, _): mayAssign(left) || mayAssign(right)
    case .unary(_, let operand), .field(let operand, _): mayAssign(operand)
    default: true
    }
  }

  func compile(_ expression: Resolved, into d: Int) throws {
    let span = expression.span
    switch expression.kind {
    case .constant(let value): compileConstant(value, into: d, span)
    case .text(let pieces): try compileText(pieces, into: d, span)
    case .reference(let reference, let name): compile(reference, name, into: d, span)
    case .held(let reference, let name):
      compile(reference, name, into: d, flags: Flags.mayBeAbsent, span)
    case .slot(let instance, let slot):
      scratch { emit(.getSlot, d, instanceRegister(instance, span), slot, span: span) }
    case .method(let instance, let method):
      scratch {
        emit(.bindMethod, d, instanceRegister(instance, span), name(method), span: span)
      }
    case .tensor(let elements): try compileElements(elements, into: d, span, isTensor: true)
    case .list(let elements): try compileElements(elements, into: d, span, isTensor: false)
    case .record(let parts): try compileRecord(parts, into: d, span)
    case .comprehension(let element, let clauses, let tensor):
      try scratch {
        let list = take()
        emit(.makeList, list, list, 0, span: span)
        try compile(clauses[...], element, list)
        emit(tensor ? .tensorFromList : .take, d, list, span: span)
      }
    case .range(let parts):
      try scratch {
        let window = take(3)
        try compile(parts, into: window, span)
        emit(.makeRange, d, window, flags: parts.isClosed ? Flags.closed : 0, span: span)
      }
    case .unary(let operation, let operand):
      try scratch {
        let mark = next
        let register = try self.operand(operand)
        let code: Operation =
          switch operation {
          case .negate: .negate
          case .plus: .plus
          case .complement: .complement
          }
        emit(code, d, register, flags: register >= mark ? Flags.temporaryB : 0, span: span)
      }
    case .binary(let operation, let left, let right, let isUpdate):
      try compileBinary(operation, left, right, isUpdate: isUpdate, into: d, span)
    case .comparison(let first, let rest): try compileComparison(first, rest, into: d, span)
    case .and, .or, .not:
      let jumps = try compileCondition(expression, jumpsIf: false)
      emit(.setBool, d, 1, span: span)
      let end = emit(.jump, span: span)
      jumps.forEach { patch($0) }
      emit(.setBool, d, 0, span: span)
      patch(end)
    case .call(let callee, let arguments): try compileCall(callee, arguments, into: d, span)
    case .methodCall(let call): try compileMethodCall(call, into: d, span)
    case .field(let object, let field):
      try scratch {
        let mark = next
        let register = try operand(object)
        emit(
          .getField, d, register, name(field), flags: register >= mark ? Flags.temporaryB : 0,
          span: span)
      }
    case .index(let object, let parts): try compileIndex(object, parts, into: d, span)
    case .function(let inner): try compileFunction(inner, into: d, span)
    case .if(let branches, let otherwise):
      var ends: [Int] = []
      for branch in branches {
        let skips = try compileCondition(branch.condition, jumpsIf: false)
        try compileBlock(branch.body, into: d)
        ends.append(emit(.jump, span: span))
        skips.forEach { patch($0) }
      }
      if let otherwise {
        try compileBlock(otherwise, into: d)
      } else {
        emit(.setNil, d, span: span)
      }
      ends.forEach { patch($0) }
    case .block(let block): try compileBlock(block, into: d)
    case .with(let contexts, let body):
      try scratch {
        for context in contexts {
          let register = take()
          try compile(context, into: register)
          emit(.enterContext, register, span: context.span)
          guards.append(.context)
        }
        try compileBlock(body, into: d)
        for _ in contexts {
          emit(.exitContext, span: span)
          guards.removeLast()
        }
      }
    case .try(let body, let pattern, let handler):
      try scratch {
        let register = take()
        let entry = emit(.pushHandler, register, span: span)
        guards.append(.handler)
        try compileBlock(body, into: d)
        guards.removeLast()
        emit(.popHandler, span: span)
        let end = emit(.jump, span: span)
        patch(entry)
        try bind(pattern, from: register, span: span)
        try compileBlock(handler, into: d)
        patch(end)
      }
    case .finally(let body, let cleanup): try compileFinally(body, cleanup, into: d, span)
    case .extract(let targets, let names, let session, let manner, let store, let variable):
      if case .variable(.local(let variable), _)? = store, variable.register < 0 {
        place(variable)
        emit(.setNil, variable.register, span: span)
        if variable.isBoxed {
          emit(.newBox, variable.register, variable.register, span: span)
        }
      }
      try scratch {
        let window = take()
        for target in targets {
          let register = take()
          try compile(target, into: register)
        }
        let firstName = sites.names.count
        sites.names += [manner] + names + [variable]
        emit(
          .extract, window, targets.count, firstName, flags: session ? Flags.expected : 0,
          span: span)
        if let store { try self.store(window, to: store) }
        emit(.take, d, window, span: span)
      }
    case .recover(let targets, let session, let snapshot):
      try scratch {
        let window = take()
        try compile(snapshot, into: window)
        for target in targets {
          let register = take()
          try compile(target.value, into: register)
        }
        emit(
          .recover, window, targets.count, flags: session ? Flags.expected : 0, span: span)
        for (i, target) in targets.enumerated() {
          if let place = target.target { try store(window + 1 + i, to: place) }
        }
        emit(.setNil, d, span: span)
      }
    case .error: emit(.setNil, d, span: span)
    }
  }

  // MARK: - Names and literals

  private func compileConstant(_ value: Value, into d: Int, _ span: Span) {
    switch value {
    case .nil: emit(.setNil, d, span: span)
    case .bool(let flag): emit(.setBool, d, flag ? 1 : 0, span: span)
    case .int(let number) where Int(Int32(truncatingIfNeeded: number)) == number:
      let index = emit(.setInt, d, span: span)
      code[index].wide = number
    default: emit(.constant, d, constant(value), span: span)
    }
  }

  func compile(
    _ reference: Reference, _ name: String, into d: Int, flags: UInt8 = 0, _ span: Span
  ) {
    switch reference {
    case .local(let variable):
      if variable.isBoxed {
        emit(.getBox, d, variable.register, flags: flags, span: span)
      } else if variable.register != d {
        emit(.move, d, variable.register, span: span)
      }
    case .capture(let index, let variable):
      emit(variable.isBoxed ? .getCaptureBox : .getCapture, d, index, flags: flags, span: span)
    case .global(let slot): emit(.getGlobal, d, slot, flags: flags, span: span)
    case .builtin(let value): emit(.constant, d, constant(value), span: span)
    case .currentFunction: emit(.currentFunction, d, span: span)
    }
  }

  /// Start, stop and step of a range into three registers.
  func compile(_ parts: RangeParts, into window: Int, _ span: Span) throws {
    try compile(parts.start, into: window)
    try compile(parts.stop, into: window + 1)
    if let step = parts.step {
      try compile(step, into: window + 2)
    } else {
      emit(.setInt, window + 2, 1, span: span)
    }
  }

  /// The register that holds `self`.
  func instanceRegister(_ reference: Reference, _ span: Span) -> Int {
    if case .local(let variable) = reference, !variable.isBoxed { return variable.register }
    let register = take()
    compile(reference, "self", into: register, span)
    return register
  }

  private func compileText(_ pieces: [Resolved.Piece], into d: Int, _ span: Span) throws {
    try scratch {
      let window = next
      for piece in pieces {
        let register = take()
        switch piece {
        case .text(let text): emit(.constant, register, constant(.string(text)), span: span)
        case .value(let value, let format):
          try compile(value, into: register)
          sites.formats.append(format ?? "")
          emit(.format, register, register, sites.formats.count - 1, span: value.span)
        }
      }
      emit(.joinTexts, d, window, pieces.count, span: span)
    }
  }

  func compileElements(
    _ elements: [Resolved.Element], into d: Int, _ span: Span, isTensor: Bool
  ) throws {
    try scratch {
      let isPlain =
        elements.count < 10_000
        && elements.allSatisfy { if case .one = $0 { true } else { false } }
      if isPlain {
        let window = next
        for case .one(let element) in elements {
          let register = take()
          try compile(element, into: register)
        }
        emit(isTensor ? .makeTensor : .makeList, d, window, elements.count, span: span)
        return
      }
      let list = take()
      emit(.makeList, list, list, 0, span: span)
      let register = take()
      for element in elements {
        switch element {
        case .one(let value):
          try compile(value, into: register)
          emit(.appendToList, list, register, span: value.span)
        case .spread(let value):
          try compile(value, into: register)
          emit(.extendList, list, register, span: value.span)
        }
      }
      emit(isTensor ? .tensorFromList : .take, d, list, span: span)
    }
  }

  private func compileRecord(_ parts: [Resolved.RecordPart], into d: Int, _ span: Span) throws {
    try scratch {
      let record = take()
      emit(.makeRecord, record, span: span)
      let register = take()
      for part in parts {
        switch part {
        case .pair(let key, let value):
          try compile(value, into: register)
          emit(.setRecordKey, record, register, name(key), span: value.span)
        case .spread(let value):
          try compile(value, into: register)
          emit(.extendRecord, record, register, span: value.span)
        }
      }
      emit(.take, d, record, span: span)
    }
  }

  /// The loops and conditions of a comprehension, outermost first, around its element.
  private func compile(_ clauses: ArraySlice<Resolved.Clause>, _ element: Resolved, _ list: Int)
    throws
  {
    guard let clause = clauses.first else {
      try scratch {
        let register = take()
        try compile(element, into: register)
        emit(.appendToList, list, register, span: element.span)
      }
      return
    }
    switch clause {
    case .for(let pattern, let things):
      try compileLoop(pattern, things, span: things.span) {
        try self.compile(clauses.dropFirst(), element, list)
      }
    case .if(let condition):
      let skips = try compileCondition(condition, jumpsIf: false)
      try compile(clauses.dropFirst(), element, list)
      skips.forEach { patch($0) }
    }
  }

  // MARK: - Operators

  private func compileBinary(
    _ operation: BinaryOperator, _ left: Resolved, _ right: Resolved, isUpdate: Bool,
    into d: Int, _ span: Span
  ) throws {
    try scratch {
      let mark = next
      let update = isUpdate ? Flags.updates : 0
      if case .constant(let value) = right.kind, value.number != nil,
        let withConstant = operation.withConstant
      {
        let register = try operand(left)
        let flags = register >= mark ? Flags.temporaryB : 0
        if case .int(let number) = value, number.magnitude < 32_000,
          operation == .add || number != 0,
          operation == .add || operation == .subtract
        {
          let isSubtraction = operation == .subtract
          emit(
            .addSmall, d, register, isSubtraction ? -number : number,
            flags: flags | (isSubtraction ? Flags.expected : 0)
              | (isUpdate ? Flags.updatesSmall : 0), span: span)
        } else {
          emit(withConstant, d, register, constant(value), flags: flags | update, span: span)
        }
        return
      }
      if case .constant(let value) = left.kind, value.number != nil,
        operation == .add || operation == .multiply, let withConstant = operation.withConstant
      {
        let register = try operand(right)
        let flags = register >= mark ? Flags.temporaryB : 0
        emit(withConstant, d, register, constant(value), flags: flags | Flags.swapped, span: span)
        return
      }
      let first = try operand(left, before: right)
      let second = try operand(right)
      var flags = update
      if first >= mark { flags |= Flags.temporaryB }
      if second >= mark { flags |= Flags.temporaryC }
      emit(operation.operation, d, first, second, flags: flags, span: span)
    }
  }

  private func compileComparison(
    _ first: Resolved, _ rest: [(operator: ComparisonOperator, operand: Resolved)], into d: Int,
    _ span: Span
  ) throws {
    try scratch {
      var ends: [Int] = []
      var left = try operand(first, before: rest[0].operand)
      let result = rest.count > 1 ? take() : d
      for (i, part) in rest.enumerated() {
        let right = try operand(part.operand)
        emit(
          .compare, result, left, right, flags: part.operator.code,
          span: first.span.union(part.operand.span))
        if i + 1 < rest.count { ends.append(emit(.jumpIfFalse, result, span: span)) }
        left = right
      }
      ends.forEach { patch($0) }
      if result != d { emit(.take, d, result, span: span) }
    }
  }

  /// Jumps, to be patched, that are taken where the condition has the given value; otherwise
  /// control falls through.
  func compileCondition(_ condition: Resolved, jumpsIf expected: Bool) throws -> [Int] {
    switch condition.kind {
    case .not(let operand): return try compileCondition(operand, jumpsIf: !expected)
    case .and(let left, let right):
      if !expected {
        return try compileCondition(left, jumpsIf: false)
          + compileCondition(right, jumpsIf: false)
      }
      let skips = try compileCondition(left, jumpsIf: false)
      let jumps = try compileCondition(right, jumpsIf: true)
      skips.forEach { patch($0) }
      return jumps
    case .or(let left, let right):
      if expected {
        return try compileCondition(left, jumpsIf: true) + compileCondition(right, jumpsIf: true)
      }
      let skips = try compileCondition(left, jumpsIf: true)
      let jumps = try compileCondition(right, jumpsIf: false)
      skips.forEach { patch($0) }
      return jumps
    case .comparison(let first, let rest) where rest.count == 1 && !hasLongJumps:
      if let jump = try compileComparisonJump(
        first, rest[0].operator, rest[0].operand, expected, condition.span)
      {
        return [jump]
      }
    default: break
    }
    return try scratch {
      let register = try operand(condition)
      return [emit(expected ? .jumpIfTrue : .jumpIfFalse, register, span: condition.span)]
    }
  }

  /// One instruction that compares and jumps, for the comparisons that have one.
  private func compileComparisonJump(
    _ left: Resolved, _ comparison: ComparisonOperator, _ right: Resolved, _ expected: Bool,
    _ span: Span
  ) throws -> Int? {
    var expected = expected
    var comparison = comparison
    if comparison == .notEqual {
      comparison = .equal
      expected.toggle()
    }
    let flags = expected ? Flags.expected : 0
    if case .constant(let value) = right.kind, value.number != nil {
      guard let codes = comparison.jumpsWithNumber else { return nil }
      return try scratch {
        let register = try operand(left)
        if case .int(let number) = value, number.magnitude < 32_000 {
          return emit(codes.small, register, number, flags: flags, span: span)
        }
        return emit(codes.constant, register, constant(value), flags: flags, span: span)
      }
    }
    return try scratch {
      let first = try operand(left, before: right)
      let second = try operand(right)
      switch comparison {
      case .less: return emit(.jumpLess, first, second, flags: flags, span: span)
      case .lessEqual: return emit(.jumpLessEqual, first, second, flags: flags, span: span)
      case .greater:
        return emit(.jumpLess, second, first, flags: flags | Flags.swapped, span: span)
      case .greaterEqual:
        return emit(.jumpLessEqual, second, first, flags: flags | Flags.swapped, span: span)
      case .equal: return emit(.jumpEqual, first, second, flags: flags, span: span)
      case .notEqual, .in, .notIn:
        let register = take()
        emit(.compare, register, first, second, flags: comparison.code, span: span)
        return emit(expected ? .jumpIfTrue : .jumpIfFalse, register, span: span)
      }
    }
  }

  // MARK: - Indexing

  private func compileIndex(
    _ object: Resolved, _ parts: [ResolvedIndex], into d: Int, _ span: Span
  ) throws {
    try scratch {
      let mark = next
      let register = try operand(object)
      let flags = register >= mark ? Flags.temporaryB : 0
      if parts.count == 1, case .item(let item) = parts[0] {
        let key = try operand(item)
        emit(.getIndex, d, register, key, flags: flags, span: span)
        return
      }
      let window = next
      let kinds = try compileIndexParts(parts)
      sites.places.append(
        PlaceSite(root: .register(register), steps: [.index(kinds)], keys: window))
      emit(.getIndexParts, d, sites.places.count - 1, span: span)
    }
  }

  /// Puts the parts of an index into registers on top.
  func compileIndexParts(_ parts: [ResolvedIndex]) throws -> [PlaceSite.IndexKind] {
    try parts.map { part in
      switch part {
      case .item(let item):
        let register = take()
        try compile(item, into: register)
        return .item
      case .slice(let start, let stop, let step):
        let window = take(3)
        for (i, bound) in [start, stop, step].enumerated() {
          if let bound {
            try compile(bound, into: window + i)
          } else {
            emit(.setNil, window + i, span: function.span)
          }
        }
        return .slice
      case .ellipsis: return .ellipsis
      }
    }
  }
}

extension BinaryOperator {
  var operation: Operation {
    switch self {
    case .add: .add
    case .subtract: .subtract
    case .multiply: .multiply
    case .divide: .divide
    case .floorDivide: .floorDivide
    case .remainder: .remainder
    case .power: .power
    case .matmul: .matmul
    case .bitAnd: .bitAnd
    case .bitOr: .bitOr
    }
  }

  /// The instruction with a constant number on one side, if there is one.
  var withConstant: Operation? {
    switch self {
    case .add: .addConstant
    case .subtract: .subtractConstant
    case .multiply: .multiplyConstant
    case .divide: .divideConstant
    default: nil
    }
  }
}

extension ComparisonOperator {
  /// The number of a comparison in an instruction's flags.
  var code: UInt8 {
    switch self {
    case .equal: 0
    case .notEqual: 1
    case .less: 2
    case .lessEqual: 3
    case .greater: 4
    case .greaterEqual: 5
    case .in: 6
    case .notIn: 7
    }
  }

  init(code: UInt8) {
    self =
      switch code {
      case 0: .equal
      case 1: .notEqual
      case 2: .less
      case 3: .lessEqual
      case 4: .greater
      case 5: .greaterEqual
      case 6: .in
      default: .notIn
      }
  }

  /// The instructions that compare with a number and jump.
  var jumpsWithNumber: (small: Operation, constant: Operation)? {
    switch self {
    case .less: (.jumpLessSmall, .jumpLessConstant)
    case .lessEqual: (.jumpLessEqualSmall, .jumpLessEqualConstant)
    case .greater: (.jumpGreaterSmall, .jumpGreaterConstant)
    case .greaterEqual: (.jumpGreaterEqualSmall, .jumpGreaterEqualConstant)
    case .equal: (.jumpEqualSmall, .jumpEqualConstant)
    case .notEqual, .in, .notIn: nil
    }
  }
}
