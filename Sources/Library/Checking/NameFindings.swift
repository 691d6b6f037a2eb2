// What is said of names: those that nothing reads, that hide a built-in, or that are declared again.
//
// A module offers what it declares at its top level, so nothing there is unused, and no name there hides
// anything from its importers. A file is a module where its top level only declares. In a program a `let` at the top
// level is unused where nothing reads it; functions and models are not looked at there, since programs keep
// some for the prompt.

import Language
import Syntax

package struct NameFindings {
  let library: BuiltinLibrary
  let source: Source
  let program: Program
  let names: CheckedNames

  /// All warnings.
  var diagnostics: [Diagnostic] {
    names.variables.flatMap { variable in
      [unused(variable), shadowed(variable)].compactMap { $0 } + doubled(variable)
    }
  }

  /// True where the top level does something besides declaring.
  private var isProgram: Bool {
    program.statements.contains { statement in
      switch statement.kind {
      case .let, .function, .model, .importModule, .importNames, .test, .error: false
      default: true
      }
    }
  }

  private var isImportsAlone: Bool {
    program.statements.allSatisfy { statement in
      switch statement.kind {
      case .importModule, .importNames: true
      default: false
      }
    }
  }

  // MARK: Unused

  private func unused(_ variable: CheckedVariable) -> Diagnostic? {
    guard variable.reads == 0, !variable.name.name.hasPrefix("_"), !names.readsEverything else {
      return nil
    }
    let name = variable.name
    switch variable.declaration {
    case .imported:
      guard !isImportsAlone, !isEffect(name) else { return nil }
      return make(
        .unused, "`\(name.name)` is imported and never used", name.span,
        hint: "leave the import out")
    case .function, .model:
      guard !variable.isGlobal else { return nil }
      return make(.unused, "`\(name.name)` is declared and never used", name.span)
    case .constant:
      guard !variable.isGlobal || isProgram, !isEffect(name), isUnused(variable.group),
        variable.group.first == name
      else { return nil }
      if variable.value?.isForEffect ?? false { return nil }
      return make(
        .unused, "`\(name.name)` is set and never read", name.span,
        hint: "leave it out, or write `_\(name.name)` for one that is meant to be unused")
    case .parameter, .loop, .caught, .field, .method: return nil
    }
  }

  private func isUnused(_ group: [Identifier]) -> Bool {
    group.allSatisfy { name in
      guard let variable = names.declarations[name.span.start] else { return true }
      return variable.reads == 0
    }
  }

  /// True for what is declared by a statement that may be there for what it does, as the last of the program
  /// may be.
  private func isEffect(_ name: Identifier) -> Bool {
    let last = program.statements.last.map { [$0] } ?? []
    return (names.effects + last.filter(\.isDeclaration).map(\.span)).contains {
      $0.start <= name.span.start && name.span.end <= $0.end
    }
  }

  // MARK: Hidden

  /// Built-ins whose names are words for anything else as well.
  package static let everyday: Set = [
    "all", "any", "args", "average", "ball", "bounded", "box", "chain", "choice", "chunk",
    "clone", "cond", "contains", "cross", "detach", "diag", "diagonal", "diff", "dropout",
    "dtype", "embedding", "env", "estimate", "exists", "explain", "filter", "find", "fixed_point",
    "flatten",
    "flip",
    "freeze", "full", "graph", "halfspace", "help", "histogram", "identity", "implicit", "inner",
    "input", "items", "join", "keys", "kl", "line_search", "lines", "load", "log", "lower", "lu",
    "masked", "memory", "minimize", "near", "norm", "normalize", "outer", "pad", "partition",
    "permutation", "plot", "profile", "progress", "project", "qp", "qr", "repeat", "replace",
    "roll", "round", "save", "scale", "seed", "sgd", "sign", "simplex", "solve", "sort",
    "sorted", "split", "square", "squeeze", "stack", "summary", "take", "threshold", "tile",
    "time", "timer", "to", "trace", "trim", "unique", "upper", "values", "var", "variance",
  ]

  private func shadowed(_ variable: CheckedVariable) -> Diagnostic? {
    let name = variable.name
    guard library.function(name.name) != nil, !NameFindings.everyday.contains(name.name) else {
      return nil
    }
    switch variable.declaration {
    case .constant:
      if mentions(variable) { return nil }
      // What such a function gives is often called as the function is.
      let isGiven = variable.group.count > 1 || variable.value?.isCall ?? false
      if ["mean", "std", "adam"].contains(name.name), isGiven { return nil }
    case .function, .model, .imported, .loop: break
    default: return nil
    }
    if variable.isGlobal, !isProgram { return nil }
    return make(
      .shadowed, "`\(name.name)` hides the built-in function of that name", name.span,
      hint: "choose another name, so that `\(name.name)(…)` stays the built-in")
  }

  /// `let mean = x.mean()` and `let sum = sum(xs)`: named after the function, on purpose.
  private func mentions(_ variable: CheckedVariable) -> Bool {
    guard let value = variable.value else { return false }
    var rest: [Part] = [.expression(value)]
    while let part = rest.popLast() {
      switch part {
      case .block(let block): rest += block.statements.flatMap(\.parts)
      case .expression(let expression):
        switch expression.kind {
        case .name(let name) where name == variable.name.name: return true
        case .field(_, let name) where name.name == variable.name.name: return true
        default: rest += expression.parts
        }
      }
    }
    return false
  }

  // MARK: Doubled

  private func doubled(_ variable: CheckedVariable) -> [Diagnostic] {
    guard variable.declaration == .function || variable.declaration == .model else { return [] }
    return variable.again.compactMap { name, declaration in
      guard [.function, .model, .constant].contains(declaration) else { return nil }
      var diagnostic = make(
        .doubled, "`\(name.name)` is declared a second time", name.span,
        hint: "the second takes the name over; leave one out, or rename it")
      diagnostic.secondary = [
        .init(source: source, span: variable.name.span, text: "declared here")
      ]
      return diagnostic
    }
  }

  private func make(_ kind: FindingKind, _ message: String, _ span: Span, hint: String? = nil)
    -> Diagnostic
  {
    Diagnostic(kind, message, source, span, hint: hint)
  }
}

extension Expression {
  /// True for what is computed for more than its value: a snapshot, and a bound that is looked at.
  fileprivate var isForEffect: Bool {
    switch kind {
    case .extract: true
    case .call(let callee, _): if case .name("bounded") = callee.kind { true } else { false }
    default: false
    }
  }

  fileprivate var isCall: Bool {
    switch kind {
    case .call: true
    case .index(let object, _): object.isCall
    default: false
    }
  }
}

extension Statement {
  /// True for `let` and the imports.
  fileprivate var isDeclaration: Bool {
    switch kind {
    case .let, .importModule, .importNames: true
    default: false
    }
  }
}
