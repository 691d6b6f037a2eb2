// What is said beside a mistake when it leaves a program: what the operands were and where they were
// declared, a repair that has been tried on their shapes, and which declaration hides the function that
// was meant. What the operands were is noted where the mistake happens, in words; all else is found when
// it is shown (`ProgramPlaces`), so that errors that are caught cost little.

import Autodiff
import Syntax
import Tensors

/// The operands of the operation that failed.
struct OperandNote {
  enum Operation {
    case binary(BinaryOperator?)
    /// The function whose parameters they are.
    case call(Signature)
  }

  let operation: Operation
  /// What each was, in the order of the operator or of the parameters; those of `*rest` one by one.
  let operands: [[Operand]]

  struct Operand {
    /// `f64[2, 3]`; nil for what is no tensor.
    let description: String?
    let shape: Shape?

    init(_ value: Value) {
      switch value {
      case .tensor(let variable): (description, shape) = (variable.typeDescription, variable.shape)
      case .parameter(let cell):
        (description, shape) = (cell.value.typeDescription, cell.value.shape)
      default: (description, shape) = (nil, nil)
      }
    }
  }
}

extension Machine {
  /// The operands of an instruction, for errors of shapes.
  func operandNote(at pc: UnsafePointer<Instruction>) -> OperandNote? {
    let (i, base) = (pc.pointee, state.pointee.base)
    // Other instructions have no registers there.
    func binary(_ operation: BinaryOperator?) -> OperandNote {
      OperandNote(
        operation: .binary(operation),
        operands: [Int(i.b), Int(i.c)].map { [OperandNote.Operand(base[$0])] })
    }
    switch i.operation {
    case .add: return binary(.add)
    case .subtract: return binary(.subtract)
    case .multiply: return binary(.multiply)
    case .divide: return binary(.divide)
    case .floorDivide: return binary(.floorDivide)
    case .remainder: return binary(.remainder)
    case .power: return binary(.power)
    case .matmul: return binary(.matmul)
    case .bitAnd: return binary(.bitAnd)
    case .bitOr: return binary(.bitOr)
    case .compare: return binary(nil)
    case .callBuiltin:
      let builtin = state.pointee.header.pointee.prototype._withUnsafeGuaranteedRef {
        $0.sites.builtins[Int(i.b)]
      }
      return note(builtin, base + Int(i.a) + 1, Int(i.c))
    case .callMethod:
      let site = callSite(i.b, state.pointee.header)
      guard let builtin = site.builtin, base[Int(i.a) + 1].isTensor else { return nil }
      return note(builtin, base + Int(i.a) + 1, site.kinds.count + 1)
    default: return nil
    }
  }

  private func note(
    _ builtin: BuiltinFunction, _ first: UnsafeMutablePointer<Value>, _ count: Int
  ) -> OperandNote {
    let operands = (0..<count).map { place -> [OperandNote.Operand] in
      if place == builtin.signature.restList, case .list(let values) = first[place] {
        return values.prefix(8).map { OperandNote.Operand($0) }
      }
      return [OperandNote.Operand(first[place])]
    }
    return OperandNote(operation: .call(builtin.signature), operands: operands)
  }
}

extension RuntimeError {
  /// The error with what its source says about it.
  func explained(_ interpreter: Interpreter) -> RuntimeError {
    guard let primary = diagnostic.primary, operands != nil || isUncallable else { return self }
    let places = ProgramPlaces(primary.source)
    guard let expression = places.operation(at: primary.span) else { return self }
    var error = self
    if isUncallable {
      error.explainCall(expression, places, interpreter)
    } else if let operands {
      error.explainShapes(operands, expression, places)
    }
    error.operands = nil
    error.isUncallable = false
    return error
  }

  /// Says which declaration hides the function that was meant.
  private mutating func explainCall(
    _ expression: Expression, _ places: ProgramPlaces, _ interpreter: Interpreter
  ) {
    guard case .call(let callee, _) = expression.kind, case .name(let name) = callee.kind,
      let source = diagnostic.primary?.source,
      let place = places.declaration(of: name, at: callee.span.start)
    else { return }
    let hides = interpreter.builtin(name)?.isCallable == true
    diagnostic.secondary.append(
      Diagnostic.Label(
        source: source, span: place,
        text: hides
          ? "`\(name)` is declared here and hides the function" : "`\(name)` is declared here"))
    if hides {
      diagnostic.hint = "give the variable another name, and `\(name)` is the function again"
    }
  }

  private mutating func explainShapes(
    _ note: OperandNote, _ expression: Expression, _ places: ProgramPlaces
  ) {
    let named = note.operands(of: expression)
    for (operand, place) in named {
      guard let description = operand.description, let source = diagnostic.primary?.source else {
        continue
      }
      var place = place
      while case .unary(_, let inner) = place.kind { place = inner }
      let label = Diagnostic.Label(source: source, span: place.span, text: description)
      guard case .name(let name) = place.kind,
        let declared = places.declaration(of: name, at: place.span.start)
      else {
        diagnostic.secondary.append(label)
        continue
      }
      diagnostic.secondary.append(
        Diagnostic.Label(
          source: source, span: declared, text: "`\(name)` is \(description), defined here"))
    }
    guard case .binary(let operation) = note.operation, named.count == 2,
      let source = diagnostic.primary?.source, let x = named[0].operand.shape,
      let y = named[1].operand.shape,
      let repair = Repair.nearest(
        operation, x, y, source.text(of: named[0].place.span), source.text(of: named[1].place.span))
    else { return }
    diagnostic.hint = repair + (diagnostic.hint.map { "; \($0)" } ?? "")
  }
}

extension OperandNote {
  /// The operands with the expressions that gave them.
  fileprivate func operands(of expression: Expression) -> [(operand: Operand, place: Expression)] {
    switch (operation, expression.kind) {
    case (.binary, .binary(_, let left, let right, _)):
      return Array(zip(operands.compactMap(\.first), [left, right]))
    case (.binary, .comparison(let first, let rest)) where rest.count == 1:
      return Array(zip(operands.compactMap(\.first), [first, rest[0].operand]))
    case (.call(let signature), .call(let callee, var arguments)):
      if case .field(let receiver, _) = callee.kind {
        arguments.insert(.positional(receiver), at: 0)
      }
      var result: [(Operand, Expression)] = []
      for (place, argument) in arguments.enumerated() {
        let rest = signature.restList ?? .max
        let found: Operand?
        switch argument {
        case .positional:
          found =
            place >= rest
            ? operand(rest, place - rest) : operand(place, 0)
        case .named(let name, _):
          found = signature.parameters.firstIndex { $0.name == name.name }.flatMap {
            operand($0, 0)
          }
        case .spreadList, .spreadRecord: return result
        }
        if let found { result.append((found, argument.value)) }
      }
      return result
    default: return []
    }
  }

  private func operand(_ parameter: Int, _ place: Int) -> Operand? {
    guard operands.indices.contains(parameter), operands[parameter].indices.contains(place) else {
      return nil
    }
    return operands[parameter][place]
  }
}

/// Changes of an operand that make an operation fit; each is tried before it is named.
enum Repair {
  /// The words for the first change that works; nil where none does.
  static func nearest(
    _ operation: BinaryOperator?, _ x: Shape, _ y: Shape, _ left: String, _ right: String
  ) -> String? {
    let (left, right) = (Operand(left, "left"), Operand(right, "right"))
    let (p, q) = (x.array, y.array)
    func fits(_ p: [Int], _ q: [Int]) -> Bool {
      operation == .matmul ? multiplies(p, q) : stretches(p, q)
    }
    func said(_ text: String, _ shape: [Int]) -> String {
      "\(text) has the shape [\(shape.map(String.init).joined(separator: ", "))], which fits"
    }
    if operation != .matmul {
      if q.count == 1, p.count > 1, fits(p, q + [1]) {
        return said(right.with("[:, nil]"), q + [1])
      }
      if p.count == 1, q.count > 1, fits(p + [1], q) { return said(left.with("[:, nil]"), p + [1]) }
    }
    if q.count == 2, fits(p, q.reversed()) { return said(right.with(".T"), q.reversed()) }
    if p.count == 2, fits(p.reversed(), q) { return said(left.with(".T"), p.reversed()) }
    guard operation != .matmul else { return nil }
    for (shape, other, name) in [(q, p, right), (p, q, left)] where shape.count > other.count {
      for axis in shape.indices {
        var less = shape
        less.remove(at: axis)
        if fits(other, less) { return said(name.with(".sum(axis=\(axis))"), less) }
      }
    }
    return nil
  }

  /// An operand as a hint shows it.
  private struct Operand {
    let text: String?
    let side: String

    init(_ text: String, _ side: String) {
      let isPlain = text.allSatisfy { $0.isLetter || $0.isNumber || "_.[]".contains($0) }
      self.text = isPlain && text.count <= 24 ? text : nil
      self.side = side
    }

    func with(_ change: String) -> String {
      text.map { $0 + change } ?? "the \(side) side with \(change)"
    }
  }

  private static func stretches(_ p: [Int], _ q: [Int]) -> Bool {
    zip(p.reversed(), q.reversed()).allSatisfy { $0 == $1 || $0 == 1 || $1 == 1 }
  }

  private static func multiplies(_ p: [Int], _ q: [Int]) -> Bool {
    guard let inner = p.last, !q.isEmpty else { return false }
    return inner == (q.count == 1 ? q[0] : q[q.count - 2])
      && stretches(Array(p.dropLast(2)), Array(q.dropLast(2)))
  }
}
