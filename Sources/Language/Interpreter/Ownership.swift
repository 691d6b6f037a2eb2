// Whose code a value carries. Functions, models, and objects that may hold functions belong to the
// interpreter that made them: their code names slots of its global variables. Data, tensors with their
// graphs, parameters and snapshots go anywhere.
//
// Values cross where an embedder hands them over, so that is where they are looked at, and no call
// inside a program pays for it.

import Autodiff

/// The number of the interpreter that runs on this thread; nil where none does.
var runningInterpreter: Int? {
  let context = Context.current
  return context.notify == nil ? nil : context.number
}

extension Interpreter {
  /// - Throws: a value error for a value with code of another interpreter in it.
  func requireOwn(_ value: Value) throws {
    switch value {
    case .int, .float, .bool, .tensor, .string, .range, .parameter, .nil: return
    case .function(let closure) where owns(closure.prototype): return
    default: try requireOwnParts(value)
    }
  }

  private func requireOwnParts(_ value: Value) throws {
    var rest = [value]
    var visits = Visits()
    while let value = rest.popLast() {
      guard visits.areFirst(value) else { continue }
      guard !isForeign(value) else {
        throw RuntimeError(
          .value, "\(value.shortDescription) belongs to another interpreter",
          hint: "run its program in this one; tensors, parameters and snapshots go anywhere")
      }
      switch value {
      case .list(let values): rest += values
      case .record(let record): rest += record.values
      case .host(let snapshot as Snapshot): rest += snapshot.identities
      default: break
      }
    }
  }

  private func isForeign(_ value: Value) -> Bool {
    switch value {
    case .function(let closure): !owns(closure.prototype)
    case .model(let type): !owns(type.initializer.prototype)
    case .instance(let instance): !owns(instance.type.initializer.prototype)
    case .module(let module): !module.slots.isEmpty && globals.names(of: module).isEmpty
    case .builtin(let builtin): isForeign(home: builtin.home)
    case .host(let host): host.mayHoldCode && isForeign(home: host.home)
    default: false
    }
  }

  private func isForeign(home: Int?) -> Bool { home.map { $0 != context.number } ?? false }

  /// True for code that this interpreter compiled.
  private func owns(_ prototype: FunctionPrototype) -> Bool { prototype.keeper === code }
}

extension Value {
  /// True for numbers, texts, tensors without graphs, and lists and records of them: what any thread may read
  /// and free, whatever its interpreter does meanwhile.
  package var isData: Bool {
    var rest = [self]
    var visits = Visits()
    while let value = rest.popLast() {
      guard visits.areFirst(value) else { continue }
      switch value {
      case .int, .float, .bool, .string, .range, .nil: break
      case .tensor(let variable) where !variable.carriesDerivative && variable.concrete != nil:
        break
      case .list(let values): rest += values
      case .record(let record): rest += record.values
      default: return false
      }
    }
    return true
  }
}

extension Snapshot {
  /// The values in it that are no data: what a session keeps of its variables, and what has no state.
  fileprivate var identities: [Value] {
    func values(_ state: State) -> [Value] {
      switch state {
      case .tensor, .parameter, .kept: []
      case .value(let value): [value]
      case .list(let states): states.flatMap(values)
      case .record(let pairs), .model(_, let pairs): pairs.flatMap { values($0.value) }
      case .object(_, let state): values(state)
      }
    }
    let states = entries.flatMap { values($0.state) }
    guard case .session(let variables) = contents else { return states }
    return states + variables.compactMap(\.value)
  }
}
