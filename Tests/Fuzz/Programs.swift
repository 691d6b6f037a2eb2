// The kinds of programs that are run, each with the limits that it must keep.

import Language

enum Programs {
  case mutated(Mutator)
  case sweep(Sweep)
  case hostile(Hostile)
  case compared(ComparedPrograms)

  /// The option that asks for them; nil for those that are run without one.
  var option: String? {
    switch self {
    case .mutated: nil
    case .sweep: "--sweep"
    case .hostile: "--hostile"
    case .compared: "--compiled"
    }
  }

  /// The program of a number.
  func program(_ number: Int) -> String {
    switch self {
    case .mutated(let mutator): mutator.program(number)
    case .sweep(let sweep): sweep.program(number)
    case .hostile(let hostile): hostile.program(number)
    case .compared(let programs): programs.program(number)
    }
  }

  var limits: Limits {
    switch self {
    case .mutated: Mutator.limits
    case .sweep: Sweep.limits
    case .hostile: Hostile.limits
    case .compared: ComparedPrograms.limits
    }
  }

  /// Runs one program, and ends the process where it does what it may not.
  func run(_ program: String) {
    switch self {
    case .compared: compare(program, under: limits)
    default: execute(program, under: limits)
    }
  }

  /// How many there are; nil for as many as one likes.
  var count: Int? { if case .sweep(let sweep) = self { sweep.count } else { nil } }
}
