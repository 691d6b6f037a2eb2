// Ways out of regions: `break`, `continue` and `return` end the contexts and handlers that they leave, and
// run the `finally` blocks on the way.
//
// A `finally` block is compiled once. Whoever comes to it leaves a number that says where the program
// goes on behind it: 0 with what follows, 1 with the error that was caught, from 2 on with one of the ways
// out that go through it. What goes on takes the same path outwards, through the next block of that kind.

import Syntax

extension Compiler {
  /// How a statement leaves what is around it.
  enum Exit {
    /// The loop's index in `loops`.
    case `break`(loop: Int)
    case `continue`(loop: Int)
    /// The register holds the function's value.
    case `return`(register: Int)
  }

  /// A `finally` block that is still to be compiled.
  final class Cleanup {
    /// The register of the number that says where the program goes on.
    let way: Int
    /// The register of the error that was caught, or of the value that is given back.
    let value: Int
    /// Jumps to the block.
    var entries: [Int] = []
    /// The ways out that go through it; the first has the number 2.
    var exits: [(exit: Exit, span: Span)] = []

    init(way: Int, value: Int) {
      self.way = way
      self.value = value
    }
  }

  private static let ends = 0
  private static let fails = 1

  /// Leaves all that is open around a statement; it stays open for the code that follows.
  func leave(by exit: Exit, _ span: Span) {
    let depth =
      switch exit {
      case .break(let loop), .continue(let loop): loops[loop].guardDepth
      case .return: 0
      }
    for guarded in guards[depth...].reversed() {
      switch guarded {
      case .context: emit(.exitContext, span: span)
      case .handler: emit(.popHandler, span: span)
      case .finally(let cleanup): return leave(by: exit, through: cleanup, span)
      }
    }
    switch exit {
    case .break(let loop): loops[loop].breaks.append(emit(.jump, span: span))
    case .continue(let loop): loops[loop].continues.append(emit(.jump, span: span))
    case .return(let register):
      if let result = function.result { emit(.checkResult, register, span: result.span) }
      emit(.giveBack, register, span: span)
    }
  }

  private func leave(by exit: Exit, through cleanup: Cleanup, _ span: Span) {
    emit(.popHandler, span: span)
    var later = exit
    if case .return(let register) = exit {
      if register != cleanup.value { emit(.move, cleanup.value, register, span: span) }
      later = .return(register: cleanup.value)
    }
    cleanup.exits.append((later, span))
    setWay(cleanup, cleanup.exits.count + Compiler.fails, span)
    cleanup.entries.append(emit(.jump, span: span))
  }

  private func setWay(_ cleanup: Cleanup, _ way: Int, _ span: Span) {
    let index = emit(.setInt, cleanup.way, span: span)
    code[index].wide = way
  }

  /// `try … finally { … }`; the value is that of the expression.
  func compileFinally(
    _ body: Resolved, _ block: ResolvedBlock, into d: Int, _ span: Span
  ) throws {
    try scratch {
      // The handler forgets what lies above its register, so that the way is below it.
      let cleanup = Cleanup(way: take(), value: take())
      emit(.setNil, cleanup.value, span: span)
      let handler = emit(.pushHandler, cleanup.value, flags: Flags.cleansUp, span: span)
      guards.append(.finally(cleanup))
      try compile(body, into: d)
      guards.removeLast()
      emit(.popHandler, span: span)
      setWay(cleanup, Compiler.ends, span)
      cleanup.entries.append(emit(.jump, span: span))
      patch(handler)
      setWay(cleanup, Compiler.fails, span)
      cleanup.entries.forEach { patch($0) }
      try compileBlock(block)
      goOn(behind: cleanup, span)
    }
  }

  /// Where the program goes on behind a `finally` block.
  private func goOn(behind cleanup: Cleanup, _ span: Span) {
    scratch {
      let (number, isEqual) = (take(), take())
      func jump(unless way: Int) -> Int {
        let index = emit(.setInt, number, span: span)
        code[index].wide = way
        emit(
          .compare, isEqual, cleanup.way, number, flags: ComparisonOperator.equal.code, span: span)
        return emit(.jumpIfFalse, isEqual, span: span)
      }
      var skip = jump(unless: Compiler.fails)
      emit(.throwValue, cleanup.value, span: span)
      patch(skip)
      for (i, way) in cleanup.exits.enumerated() {
        skip = jump(unless: i + Compiler.fails + 1)
        leave(by: way.exit, way.span)
        patch(skip)
      }
    }
  }
}
