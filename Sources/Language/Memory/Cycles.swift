// The search for rings: holders that only they themselves hold (trial deletion; D. F. Bacon, V. T. Rajan,
// Concurrent Cycle Collection in Reference Counted Systems, 2001).
//
// From the holders that are searched the walk goes through what they hold (lists, records, closures,
// types of models) and counts the references that it finds to each object. Whoever has more references
// than were found is held from outside: by a variable, a register, Swift, an older holder, or a closure of
// Swift, into which nobody can look. It is alive, with all that it holds. What remains is emptied, and
// ends by its counts.

internal import Kernels

/// One search.
struct Cycles {
  private enum Kind { case box, instance, list, record, closure, model }

  private struct Node {
    let object: UnsafeRawPointer
    let kind: Kind
    /// The references to it that were found.
    var references = 0
    var isAlive = false
  }

  private var nodes: [Node] = []
  private let holderCount: Int
  /// The numbers of the nodes that are no holders; these know theirs.
  private var numbers: [UnsafeRawPointer: Int] = [:]

  /// A search among holders.
  init(_ holders: [Unmanaged<Holder>]) {
    holderCount = holders.count
    nodes.reserveCapacity(2 * holders.count)
    for (number, holder) in holders.enumerated() {
      let kind = holder._withUnsafeGuaranteedRef { holder -> Kind in
        holder.mark = number + 1
        return type(of: holder) == Box.self ? .box : .instance
      }
      nodes.append(Node(object: UnsafeRawPointer(holder.toOpaque()), kind: kind))
    }
  }

  /// The holders that are alive, and those that nobody but they themselves holds.
  mutating func outcome() -> (alive: [Unmanaged<Holder>], garbage: [Holder]) {
    count()
    findAlive()
    var alive: [Unmanaged<Holder>] = []
    var garbage: [Holder] = []
    for node in nodes.prefix(holderCount) {
      let holder = Unmanaged<Holder>.fromOpaque(node.object)
      holder._withUnsafeGuaranteedRef { $0.mark = 0 }
      if node.isAlive { alive.append(holder) } else { garbage.append(holder.takeUnretainedValue()) }
    }
    return (alive, garbage)
  }

  /// Counts the references from one node to another; the nodes that it meets are walked in turn.
  private mutating func count() {
    var next = 0
    while next < nodes.count {
      forEachReference(of: nodes[next]) { search, object, kind in
        guard let number = search.number(of: object, kind) else { return }
        search.nodes[number].references += 1
      }
      next += 1
    }
  }

  /// The number of a node, a new one for what is met for the first time; nil for a holder that is not
  /// searched.
  private mutating func number(of object: UnsafeRawPointer, _ kind: Kind) -> Int? {
    if kind == .box || kind == .instance {
      let mark = Unmanaged<Holder>.fromOpaque(object)._withUnsafeGuaranteedRef(\.mark)
      return mark > 0 ? mark - 1 : nil
    }
    if let number = numbers[object] { return number }
    numbers[object] = nodes.count
    nodes.append(Node(object: object, kind: kind))
    return nodes.count - 1
  }

  /// Finds who is held from outside, and what these hold.
  private mutating func findAlive() {
    var rest: [Int] = []
    for number in nodes.indices
    where swift_retainCount(nodes[number].object) > nodes[number].references {
      nodes[number].isAlive = true
      rest.append(number)
    }
    while let number = rest.popLast() {
      forEachReference(of: nodes[number]) { search, object, kind in
        guard let number = search.number(of: object, kind), !search.nodes[number].isAlive else {
          return
        }
        search.nodes[number].isAlive = true
        rest.append(number)
      }
    }
  }

  // MARK: - References

  private mutating func forEachReference(
    of node: Node, _ body: (inout Cycles, UnsafeRawPointer, Kind) -> Void
  ) {
    switch node.kind {
    case .box:
      Unmanaged<Box>.fromOpaque(node.object)._withUnsafeGuaranteedRef { box in
        visit(box.value, body)
      }
    case .instance:
      Unmanaged<ModelInstance>.fromOpaque(node.object)._withUnsafeGuaranteedRef { instance in
        body(&self, Cycles.address(instance.type), .model)
        visit(instance.slots, instance.type.fields.count, body)
      }
    case .list:
      Unmanaged<List.Storage>.fromOpaque(node.object)._withUnsafeGuaranteedRef { storage in
        storage.withUnsafeMutablePointers { visit($1, $0.pointee.count, body) }
      }
    case .record:
      Unmanaged<Record.Storage>.fromOpaque(node.object)._withUnsafeGuaranteedRef { storage in
        for value in storage.values { visit(value, body) }
      }
    case .closure:
      Unmanaged<Closure>.fromOpaque(node.object)._withUnsafeGuaranteedRef { closure in
        if let receiver = closure.receiver {
          body(&self, Cycles.address(receiver), .instance)
        } else {
          visit(closure.captures, closure.prototype.captureSources.count, body)
        }
      }
    case .model:
      Unmanaged<ModelType>.fromOpaque(node.object)._withUnsafeGuaranteedRef { type in
        for closure in type.closures { body(&self, Cycles.address(closure), .closure) }
      }
    }
  }

  private mutating func visit(
    _ start: UnsafeMutablePointer<Value>, _ count: Int,
    _ body: (inout Cycles, UnsafeRawPointer, Kind) -> Void
  ) {
    for place in start..<start + count where !place.isTrivial { visit(place.pointee, body) }
  }

  private mutating func visit(
    _ value: Value, _ body: (inout Cycles, UnsafeRawPointer, Kind) -> Void
  ) {
    switch value {
    case .box(let box): body(&self, Cycles.address(box), .box)
    case .instance(let instance): body(&self, Cycles.address(instance), .instance)
    case .list(let list): body(&self, Cycles.address(list.storage), .list)
    case .record(let record): body(&self, Cycles.address(record.storage), .record)
    case .function(let closure): body(&self, Cycles.address(closure), .closure)
    case .model(let type): body(&self, Cycles.address(type), .model)
    default: break
    }
  }

  private static func address(_ object: AnyObject) -> UnsafeRawPointer {
    UnsafeRawPointer(Unmanaged.passUnretained(object).toOpaque())
  }
}
