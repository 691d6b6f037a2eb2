// Whether a function that is being recorded changes something that was there before it.
//
// `checkpoint` keeps no graph and runs its function again for a derivative, so that what the function counts
// goes up once more. A recording keeps the operations of one run and never does that: it stands for functions
// alone that leave everything as it was.

import Autodiff
import Language

/// Looks for changes, and hands everything on to who watches.
final class OutsideChanges: FreeVariableWatcher {
  private let outer: any FreeVariableWatcher
  private let start: Int
  private var made: Set<ObjectIdentifier> = []
  private var madeCaptures: Set<UnsafeMutablePointer<Value>> = []
  /// Whether something from before has been changed.
  private(set) var areSome = false

  init(_ outer: any FreeVariableWatcher, _ context: Context) {
    self.outer = outer
    start = context.markMoment()
  }

  func value(of variable: FreeVariable, held: Value) -> Value {
    outer.value(of: variable, held: held)
  }

  func tensor(of parameter: ParameterCell, held: Variable) -> Variable {
    outer.tensor(of: parameter, held: held)
  }

  func gradient(of parameter: ParameterCell, held: Variable?) -> Variable? {
    outer.gradient(of: parameter, held: held)
  }

  func willSet(_ parameter: ParameterCell, holding variable: Variable) {
    if parameter.birth < start { areSome = true }
    outer.willSet(parameter, holding: variable)
  }

  func willChange(_ variable: FreeVariable, inPlace: Bool) {
    if !isOwn(variable) { areSome = true }
    outer.willChange(variable, inPlace: inPlace)
  }

  func willUse(_ host: HostObject) {
    if host.stateTree != nil, host.birth < start { areSome = true }
    outer.willUse(host)
  }

  func isMade(_ identity: ObjectIdentifier, captures: UnsafeMutablePointer<Value>?) {
    made.insert(identity)
    if let captures { madeCaptures.insert(captures) }
    outer.isMade(identity, captures: captures)
  }

  var lasting: (any FreeVariableWatcher)? { outer.lasting }

  func isOwn(_ variable: FreeVariable) -> Bool {
    switch variable {
    case .global: false
    case .captured(let captures, _): madeCaptures.contains(captures)
    case .content(let box): made.contains(ObjectIdentifier(box))
    case .field(let instance, _): instance.birth >= start
    case .tensor(let cell), .gradient(let cell): cell.birth >= start
    case .state(let host): host.birth >= start
    }
  }
}
