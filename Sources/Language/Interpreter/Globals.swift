// Global variables of all modules, in one array whose address never changes.

/// The slots of global variables.
package final class Globals {
  /// What an instruction's operand can name.
  static let capacity = 65_536

  let slots: UnsafeMutablePointer<Value>
  private(set) var count = 0
  /// The name of each slot, and the module it belongs to.
  private var owners: [(name: String, module: ObjectIdentifier)] = []

  init() { slots = .allocate(capacity: Globals.capacity) }

  /// Leaves every variable without a value.
  func forgetValues() {
    for slot in 0..<count { slots[slot] = .absent }
  }

  deinit {
    slots.deinitialize(count: count)
    slots.deallocate()
  }

  package subscript(slot: Int) -> Value {
    get { slots[slot] }
    set { slots[slot] = newValue }
  }

  /// The slot of a name in a module, made if it is new; nil when no slot is left.
  func declare(_ name: String, in module: ModuleObject) -> Int? {
    if let slot = module.slots[name] { return slot }
    guard count < Globals.capacity else { return nil }
    (slots + count).initialize(to: .absent)
    owners.append((name, ObjectIdentifier(module)))
    module.slots[name] = count
    count += 1
    return count - 1
  }

  /// The name of a slot, for messages.
  package func name(of slot: Int) -> String { owners[slot].name }

  /// The names of a module's variables, in the order of declaration.
  func names(of module: ModuleObject) -> [String] {
    owners.enumerated().compactMap { slot, owner in
      owner.module == ObjectIdentifier(module) && module.slots[owner.name] == slot
        ? owner.name : nil
    }
  }
}
