// The kinds of warnings that `mos check` gives, in one table, which the page of checks is held to.

/// A kind of warning, as it stands in `warning[kind]` and in `# allow: kind`.
package enum FindingKind: String, CaseIterable, Sendable {
  case unused, member, dropped, shadowed, doubled, unreachable, shape, values, `operator`

  /// What it says of a program.
  package var summary: String {
    switch self {
    case .unused: "a name is declared or imported and never read"
    case .member: "a value has no such field or method"
    case .dropped: "a statement computes a value that nothing takes, and does nothing else"
    case .shadowed: "a name hides a built-in function"
    case .doubled: "a function or model is declared a second time"
    case .unreachable: "a statement is never reached"
    case .shape: "shapes that are known cannot meet"
    case .values: "a value has more or fewer parts than names are given"
    case .operator: "an operator, a condition or a loop is given a kind that it does not take"
    }
  }
}
