// The part of a graph that a reverse pass goes over, and what it has gathered.
//
// Meta-learning takes a great many gradients of small graphs, so a walk counts no references it does
// not have to, looks nothing up, and leaves the room of its lists to the next one on the thread.

import Tensors

/// The nodes that lead from roots to targets, in the order in which they were made: operands come before results,
/// and sums have one order, however the walk came by. So a part of a graph that is made again, for
/// `checkpoint`, gives the bits that it would have given at first.
struct Walk {
  /// The nodes; the roots hold them while the walk lasts.
  private(set) var nodes: ContiguousArray<Unmanaged<Traced>> = []
  /// The position in `nodes` of each operand of each node, or -1; a node's begin at `starts`.
  private(set) var operands: ContiguousArray<Int32> = []
  private(set) var starts: ContiguousArray<Int32> = []
  /// Which nodes a target can be reached from.
  private(set) var isNeeded: ContiguousArray<Bool> = []
  /// Which nodes are targets whose cotangents stay with them.
  private(set) var isWanted: ContiguousArray<Bool> = []
  /// What the nodes have been given so far.
  var cotangents: ContiguousArray<Variable?> = []
  private var stack: ContiguousArray<(node: Unmanaged<Traced>, next: Int32)> = []
  private var number = 0
  /// Whether nodes were listed in the order of their making.
  private var isInOrder = true
  /// Room for putting them in order.
  private var places: ContiguousArray<Unmanaged<Traced>?> = []

  /// Makes ready to gather: finds the nodes that lead from the roots to a target.
  ///
  /// Without targets every parameter's leaf is one. A node older than every target cannot depend
  /// on one, and the walk does not enter it: the cost of an inner gradient does not grow with
  /// the number of steps before.
  mutating func begin(
    roots: [(node: Traced, cotangent: Variable)], targets: [Traced]?, view: GraphView, cut: Bool
  ) throws {
    let context = Context.current
    context.walk += 1
    number = context.walk
    var oldest = targets == nil ? 0 : Int.max
    for target in targets ?? [] {
      target.targetOf = number
      oldest = min(oldest, target.sequence)
    }
    var serial = -1
    if case .values(_, let own) = view { serial = own }
    for (root, _) in roots where belongs(root, oldest, serial) && root.walk != number {
      try list(from: root, oldest, serial, cut: cut)
    }
    if !isInOrder { try arrange() }
    try link(endsAtParameters: targets == nil, cut: cut)
    cotangents.append(contentsOf: repeatElement(nil, count: nodes.count))
  }

  @inline(__always)
  private func belongs(_ node: Traced, _ oldest: Int, _ serial: Int) -> Bool {
    node.kind == .tape && node.sequence >= oldest && (serial < 0 || node.serial == serial)
  }

  /// Depth first, on a stack of our own; a node is listed once its operands are. Behind targets that pass nothing
  /// on nothing is listed: a part of a graph may hang on all that came before it.
  private mutating func list(
    from root: Traced, _ oldest: Int, _ serial: Int, cut: Bool
  ) throws {
    root.walk = number
    root.position = -1
    stack.append((Unmanaged.passUnretained(root), 0))
    var latest = nodes.last?._withUnsafeGuaranteedRef { $0.sequence } ?? Int.min
    while let (reference, next) = stack.last {
      let hasMore = reference._withUnsafeGuaranteedRef { node -> Bool in
        guard Int(next) < node.operandCount, !(cut && node.targetOf == number) else { return false }
        stack[stack.count - 1].next = next + 1
        guard let operand = node.operandNode(Int(next)) else { return true }
        operand._withUnsafeGuaranteedRef { operand in
          guard operand.walk != number, belongs(operand, oldest, serial) else { return }
          operand.walk = number
          operand.position = -1
          stack.append((Unmanaged.passUnretained(operand), 0))
        }
        return true
      }
      if !hasMore {
        stack.removeLast()
        let sequence = reference._withUnsafeGuaranteedRef { node -> Int in
          node.position = Int32(truncatingIfNeeded: nodes.count)
          return node.sequence
        }
        if sequence < latest { isInOrder = false }
        latest = sequence
        nodes.append(reference)
        if nodes.count & Walk.unheard == 0 { try Safepoint.look() }
      }
    }
  }

  /// Puts the nodes in the order of their making: by their numbers, each in a place of its own, where there
  /// are not many more numbers than nodes.
  private mutating func arrange() throws {
    var (first, last) = (Int.max, Int.min)
    for node in nodes {
      let sequence = node._withUnsafeGuaranteedRef { $0.sequence }
      (first, last) = (min(first, sequence), max(last, sequence))
    }
    try Safepoint.look()
    if last - first <= Walk.mostSparse * nodes.count {
      places.append(contentsOf: repeatElement(nil, count: last - first + 1))
      for node in nodes { places[node._withUnsafeGuaranteedRef { $0.sequence } - first] = node }
      var count = 0
      for case .some(let node) in places {
        nodes[count] = node
        count += 1
      }
      places.removeAll(keepingCapacity: true)
    } else {
      nodes.sort {
        $0._withUnsafeGuaranteedRef { $0.sequence } < $1._withUnsafeGuaranteedRef { $0.sequence }
      }
    }
    for (position, node) in nodes.enumerated() {
      node._withUnsafeGuaranteedRef { $0.position = Int32(truncatingIfNeeded: position) }
    }
  }

  /// The most numbers a node for which places cost less than comparing.
  private static let mostSparse = 32

  /// Notes the operands of each node and whether a target can be reached from it.
  private mutating func link(endsAtParameters: Bool, cut: Bool) throws {
    for reference in nodes {
      if starts.count & Walk.unheard == 0 { try Safepoint.look() }
      reference._withUnsafeGuaranteedRef { node in
        let isEnd = endsAtParameters ? node.isParameter : node.targetOf == number
        var needed = isEnd
        starts.append(Int32(truncatingIfNeeded: operands.count))
        for index in 0..<node.operandCount {
          var position: Int32 = -1
          node.operandNode(index)?._withUnsafeGuaranteedRef { operand in
            if operand.walk == number { position = operand.position }
          }
          // Not listed before: of another level, or older than every target.
          if position >= 0, !isNeeded[Int(position)] || (cut && isEnd) { position = -1 }
          operands.append(position)
          if position >= 0 { needed = true }
        }
        isNeeded.append(needed)
        isWanted.append(isEnd && !endsAtParameters)
      }
    }
    starts.append(Int32(truncatingIfNeeded: operands.count))
  }

  /// The position of a node, -1 where the walk does not come by.
  func position(of node: Traced) -> Int { node.walk == number ? Int(node.position) : -1 }

  /// The positions of a node's operands.
  func operands(at position: Int) -> Range<Int> {
    Int(starts[position])..<Int(starts[position + 1])
  }

  /// Adds to what a node has been given.
  @inline(__always)
  mutating func give(_ cotangent: Variable, to position: Int) throws {
    if let sum = cotangents[position].take() {
      cotangents[position] = try sum + cotangent
    } else {
      cotangents[position] = cotangent
    }
  }

  /// Forgets everything but the room it took, unless that is large.
  mutating func end() {
    if nodes.count > Walk.mostKept {
      self = Walk()
      return
    }
    nodes.removeAll(keepingCapacity: true)
    operands.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    isNeeded.removeAll(keepingCapacity: true)
    isWanted.removeAll(keepingCapacity: true)
    cotangents.removeAll(keepingCapacity: true)
    stack.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    isInOrder = true
  }

  private static let mostKept = 1 << 14

  /// Nodes, less one, between two looks at whether the run is to end.
  private static let unheard = (1 << 12) - 1
}

extension Traced {
  /// The number of operands of a node; 0 for a leaf.
  @inline(__always)
  fileprivate var operandCount: Int {
    if primitive == nil { return 0 }
    if let others { return others.count }
    return first == nil ? 0 : second == nil ? 1 : 2
  }

  /// The operand of that number where it is traced. The node holds it.
  @inline(__always)
  fileprivate func operandNode(_ index: Int) -> Unmanaged<Traced>? {
    if let others {
      guard case .traced(let traced) = others[index] else { return nil }
      return Unmanaged.passUnretained(traced)
    }
    guard case .traced(let traced)? = index == 0 ? first : second else { return nil }
    return Unmanaged.passUnretained(traced)
  }
}
