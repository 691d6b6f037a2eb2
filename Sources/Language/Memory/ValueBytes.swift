// How much memory a value holds, for who looks at variables: about what the account is charged for it, each
// shared part once.

import Autodiff
import Tensors

extension Value {
  /// The bytes of its numbers, texts and structures, with those of the parameters and models that it leads to.
  /// What functions capture and graphs keep is not in it.
  package var bytes: Int {
    var total = 0
    var rest = [self]
    var seen: Set<ObjectIdentifier> = []
    func isNew(_ object: AnyObject) -> Bool { seen.insert(ObjectIdentifier(object)).inserted }
    while let value = rest.popLast() {
      switch value {
      case .int, .float, .bool, .nil, .absent, .range, .builtin, .model, .module: total += 16
      case .string(let object): if isNew(object) { total += 48 + object.text.utf8.count }
      case .tensor(let variable): total += variable.bytes
      case .parameter(let cell):
        guard isNew(cell) else { continue }
        total += cell.content.variable.bytes
      case .list(let list):
        guard isNew(list.storage) else { continue }
        total += List.bytes(list.count)
        for part in list where !part.isSmall { rest.append(part) }
      case .record(let record):
        guard isNew(record.storage) else { continue }
        total += 64 * record.count
        rest += record.values
      case .instance(let instance):
        guard isNew(instance) else { continue }
        total += 96
        rest += UnsafeBufferPointer(start: instance.slots, count: instance.type.fields.count)
      case .box(let box): if isNew(box) { rest.append(box.value) }
      case .function(let closure): if isNew(closure) { total += 64 }
      case .host(let host):
        guard isNew(host) else { continue }
        total += 256
        rest += host.reached
        if let state = host.stateTree { rest.append(state) }
      }
    }
    return total
  }

  /// True for what lies in its place in a list.
  private var isSmall: Bool {
    switch self {
    case .int, .float, .bool, .nil, .absent: true
    default: false
    }
  }
}

extension Variable {
  fileprivate var bytes: Int { count * dtype.size }
}
