// What a recorded run changes of what was there before it.
//
// Each place is written once, with what stands there at the end of the run: what it held in between nobody
// outside has seen. All that may fail comes before the first write.

import Autodiff
import Language

/// The changes that a run makes, in the order of the first to each place.
struct RecordedWrites {
  private enum Target {
    case global(Int)
    case content(object: Int)
    case field(object: Int, slot: Int)
    case tensor(object: Int)
    /// The gradient in the leaf that is an operand.
    case gradient(operand: Int)
    case state(object: Int)
  }

  private var writes: [(target: Target, result: RecordedResult)] = []

  /// Whether there are any.
  var isSome: Bool { !writes.isEmpty }

  /// No changes.
  init() {}

  /// Those of the run that a reader has watched.
  init(of reader: RecordedReader, _ outputs: RecordedOutputs, _ interpreter: Interpreter) throws {
    for (variable, _) in reader.journal {
      let value = variable.held(in: interpreter)
      if let shown = reader.shown(variable), value.isUnchanged(from: shown) { continue }
      let target: Target
      switch variable {
      case .global(let slot): target = .global(slot)
      case .content(let box): target = .content(object: reader.place(of: .box(box)))
      case .field(let instance, let slot):
        target = .field(object: reader.place(of: .instance(instance)), slot: slot)
      case .tensor(let cell): target = .tensor(object: reader.place(of: .parameter(cell)))
      case .state(let host):
        guard reader.shown(variable)?.partCount == value.partCount else {
          throw interpreter.machine.effect("changes the groups of a \(host.typeName)")
        }
        target = .state(object: reader.place(of: .host(host)))
      case .captured, .gradient: continue
      }
      writes.append((target, try outputs.result(of: value)))
    }
    for operand in reader.recording.changedGradients {
      let gradient = reader.recording.gradient(ofOperand: operand)
      writes.append(
        (
          .gradient(operand: operand),
          try gradient.map { try outputs.result(of: $0) } ?? .constant(.nil)
        ))
    }
  }

  /// Makes the changes.
  ///
  /// - Throws: a value error for a gradient of each example where the leaf belongs to all of them, and what an
  ///   object throws that does not take its state; nothing has changed then.
  func perform(_ outcome: RecordedOutcome, _ interpreter: Interpreter) throws {
    guard isSome else { return }
    let values = try writes.map { try $0.result.value(outcome) }
    for case (.gradient(let operand), let value) in zip(writes.map(\.target), values) {
      guard value.variable.map(outcome.operands[operand].canHold) ?? true else {
        throw RuntimeError(.value, "a gradient of each example belongs to no parameter of all")
      }
    }
    for case (.state(let object), let value) in zip(writes.map(\.target), values) {
      if case .host(let host)? = outcome.objects[object] { try host.restore(value) }
    }
    for ((target, _), value) in zip(writes, values) {
      switch target {
      case .global(let slot): interpreter.globals[slot] = value
      case .content(let object):
        if case .box(let box)? = outcome.objects[object] { box.value = value }
      case .field(let object, let slot):
        if case .instance(let instance)? = outcome.objects[object] {
          instance.slots[slot] = value
        }
      case .tensor(let object):
        if case .parameter(let cell)? = outcome.objects[object], let variable = value.variable {
          cell.value = variable
        }
      case .gradient(let operand):
        outcome.operands[operand].replaceGradient(value.variable)
      case .state: break
      }
    }
  }
}

extension Value {
  /// True where nothing in a value is another tensor, number or thing than before.
  func isUnchanged(from other: Value) -> Bool {
    switch (self, other) {
    case (.list(let a), .list(let b)):
      isIdentical(to: other)
        || a.count == b.count && zip(a, b).allSatisfy { $0.isUnchanged(from: $1) }
    case (.record(let a), .record(let b)):
      a.keys == b.keys && zip(a.values, b.values).allSatisfy { $0.isUnchanged(from: $1) }
    case (.host(let a), .host(let b)):
      a === b || !(a is RecordedNumber) && !(b is RecordedNumber) && a.isEqual(b)
    default: isIdentical(to: other)
    }
  }

  /// How many parts a list has; nil for all else.
  fileprivate var partCount: Int? { if case .list(let values) = self { values.count } else { nil } }
}
