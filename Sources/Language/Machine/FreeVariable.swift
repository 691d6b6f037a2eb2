// What a function reads that it was not given and did not make: its free variables.
//
// A function that is recorded, or that will run again, is *watched* while it runs: each free variable that
// it reads is shown to a watcher, which may let it see something else. `compile` sees operands of its
// recording in their place; `checkpoint` and its kin keep the values, for the run that comes later. While
// somebody watches, the machine leaves its inner loop; otherwise watching costs nothing.

import Autodiff
import Tensors

/// A place outside a function that it reads, or changes.
package enum FreeVariable {
  case global(Int)
  /// A variable that a closure holds by value, so that it never changes: the closure's captures, and which.
  case captured(UnsafeMutablePointer<Value>, Int)
  /// A variable that closures share.
  case content(Box)
  /// A field of a model, parameters as cells.
  case field(ModelInstance, Int)
  case tensor(ParameterCell)
  case gradient(ParameterCell)
  /// The state of an optimizer.
  case state(HostObject)
}

extension FreeVariable: Hashable {
  /// What makes two of them the same place.
  package struct Identity: Hashable {
    var kind: Int
    var object: UInt
    var index: Int

    init(_ kind: Int, _ object: UInt, _ index: Int) {
      (self.kind, self.object, self.index) = (kind, object, index)
    }
  }

  package var identity: Identity {
    func address(_ object: AnyObject) -> UInt {
      UInt(bitPattern: Unmanaged.passUnretained(object).toOpaque())
    }
    switch self {
    case .global(let slot): return Identity(0, 0, slot)
    case .captured(let captures, let index): return Identity(1, UInt(bitPattern: captures), index)
    case .content(let box): return Identity(2, address(box), 0)
    case .field(let instance, let slot): return Identity(3, address(instance), slot)
    case .tensor(let cell): return Identity(4, address(cell), 0)
    case .gradient(let cell): return Identity(5, address(cell), 0)
    case .state(let host): return Identity(6, address(host), 0)
    }
  }

  package static func == (a: FreeVariable, b: FreeVariable) -> Bool { a.identity == b.identity }

  package func hash(into hasher: inout Hasher) { hasher.combine(identity) }
}

/// Who is told what a function reads of what was there before it ran.
package protocol FreeVariableWatcher: ParameterWatcher {
  /// What the function sees of a free variable.
  func value(of variable: FreeVariable, held: Value) -> Value
  /// Takes note that a function is about to read or change the state of an object.
  func willUse(_ host: HostObject)
  /// Takes note that a function is about to change a free variable: whether it does so `inPlace`, so that what is
  /// there goes on in it, or puts another value there.
  func willChange(_ variable: FreeVariable, inPlace: Bool)
  /// Takes note of something with identity that the function has made.
  func isMade(_ identity: ObjectIdentifier, captures: UnsafeMutablePointer<Value>?)
  /// True for a part of something that the function has made.
  func isOwn(_ variable: FreeVariable) -> Bool
  /// Who shows a function that runs again later what this watcher shows it now; nil where that is what is held.
  var lasting: (any FreeVariableWatcher)? { get }
}

extension FreeVariableWatcher {
  package func willSet(_ parameter: ParameterCell, holding variable: Variable) {
    willChange(.tensor(parameter), inPlace: false)
  }
  package var lasting: (any FreeVariableWatcher)? { nil }
  func isMade(_ identity: ObjectIdentifier) { isMade(identity, captures: nil) }
}

extension Context {
  /// Who watches the running function.
  var freeVariableWatcher: (any FreeVariableWatcher)? {
    watcher.flatMap { $0 as? any FreeVariableWatcher }
  }
}

extension Machine {
  /// What the running function sees of a free variable.
  @inline(__always)
  func watched(_ variable: @autoclosure () -> FreeVariable, _ held: Value) -> Value {
    guard interpreter.context.watcher != nil, let watcher = interpreter.watcher else { return held }
    return watcher.value(of: variable(), held: held)
  }

  /// Takes note that the running function is about to change a free variable.
  ///
  /// - Throws: the end of a rehearsal.
  @inline(__always)
  func willChange(
    _ variable: @autoclosure () -> FreeVariable, _ deed: String, inPlace: Bool = true
  ) throws {
    guard state.pointee.isRehearsing || interpreter.context.watcher != nil else { return }
    try noteChange(of: variable(), deed, inPlace: inPlace)
  }

  private func noteChange(of variable: FreeVariable, _ deed: String, inPlace: Bool) throws {
    let context = interpreter.context
    let watcher = context.watcher == nil ? nil : interpreter.watcher
    if context.isRecording, watcher?.isOwn(variable) == true { return interpreter.noteChange() }
    if state.pointee.isRehearsing, !interpreter.notesChanges { throw effect(deed) }
    watcher?.willChange(variable, inPlace: inPlace)
  }

  /// Takes note that the running function is about to change something with identity.
  ///
  /// - Throws: the end of a rehearsal, for what was there before it.
  @inline(__always)
  func willChangeInside(_ value: Value) throws {
    if state.pointee.isRehearsing, value.isReference { try noteChange(inside: value) }
    if case .host(let host) = value { willRead(host) }
  }

  private func noteChange(inside value: Value) throws {
    // A parameter tells of its changes itself, and what may be changed of an object is its state.
    if interpreter.notesChanges {
      switch value {
      case .parameter: return
      case .host(let host) where host.stateOwner.stateTree != nil: return
      default: break
      }
    }
    let part: FreeVariable? =
      switch value {
      case .instance(let instance): .field(instance, 0)
      case .parameter(let cell): .tensor(cell)
      case .host(let host): .state(host)
      default: nil
      }
    if interpreter.context.isRecording, let part, interpreter.watcher?.isOwn(part) == true {
      return
    }
    throw effect(Rehearsal.setsField)
  }

  /// Takes note that the running function is about to call a method of an object.
  ///
  /// - Throws: the end of a rehearsal.
  @inline(__always)
  func willCallMethod(of host: HostObject) throws {
    if state.pointee.isRehearsing, host.changes(since: state.pointee.rehearsalStart),
      !interpreter.notesChanges || host.stateOwner.stateTree == nil
    {
      throw effect(host.deed)
    }
    willRead(host)
  }

  /// Takes note that the running function is about to read an object.
  @inline(__always)
  func willRead(_ host: HostObject) {
    if interpreter.context.watcher != nil { interpreter.watcher?.willUse(host.stateOwner) }
  }
}

extension FreeVariable {
  /// What stands in the variable now.
  package func held(in interpreter: Interpreter) -> Value {
    switch self {
    case .global(let slot): interpreter.globals[slot]
    case .captured(let captures, let index): captures[index]
    case .content(let box): box.value
    case .field(let instance, let slot): instance.slots[slot]
    case .tensor(let cell): .tensor(cell.content.variable)
    case .gradient(let cell): cell.gradient.map { .tensor($0) } ?? .nil
    case .state(let host): host.stateTree ?? .nil
    }
  }

  /// Puts a value into the variable; no deed of the program.
  package func put(_ value: Value, _ interpreter: Interpreter) {
    switch self {
    case .global(let slot): interpreter.globals[slot] = value
    case .captured: break
    case .content(let box): box.value = value
    case .field(let instance, let slot): instance.slots[slot] = value
    case .tensor(let cell): if let variable = value.variable { cell.substitute(variable) }
    case .gradient(let cell): cell.gradient = value.variable
    // What a state gave fits the object that gave it.
    case .state(let host): try? host.restore(value)
    }
  }
}

extension Value {
  /// True where two values are the same bits: equal numbers, the very same object, tensor or memory.
  package func isIdentical(to other: Value) -> Bool {
    switch (self, other) {
    case (.nil, .nil), (.absent, .absent): true
    case (.int(let a), .int(let b)): a == b
    case (.float(let a), .float(let b)): a.bitPattern == b.bitPattern
    case (.bool(let a), .bool(let b)): a == b
    case (.string(let a), .string(let b)): a === b
    case (.tensor(let a), .tensor(let b)): a === b
    case (.list(let a), .list(let b)):
      a.count == b.count
        && a.withUnsafeBufferPointer { a in
          b.withUnsafeBufferPointer { a.baseAddress == $0.baseAddress }
        }
    case (.function(let a), .function(let b)): a === b
    case (.builtin(let a), .builtin(let b)): a === b
    case (.parameter(let a), .parameter(let b)): a === b
    case (.instance(let a), .instance(let b)): a === b
    case (.model(let a), .model(let b)): a === b
    case (.module(let a), .module(let b)): a === b
    case (.host(let a), .host(let b)): a === b
    default: false
    }
  }
}
