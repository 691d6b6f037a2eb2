// The part of a graph that a reverse pass goes over, and what it has gathered.
//
// Meta-learning takes a great many gradients of small graphs, so a walk counts no references it does
// not have to, looks nothing up, and leaves the room of its lists to the next one on the thread.

import Tensors

/// The nodes that lead from roots to targets, in the order in which they were made: operands come before results,
/// and sums have one order, however the walk came by. So a part of a graph that is made again, for
/// `checkpoint`, gives the bits that it would have given at first.
struct Walk: ~Copyable {
  /// A node that the walk comes by.
  struct Stop {
    /// The node; the roots hold it while the walk lasts.
    fileprivate(set) var node: Unmanaged<Traced>
    /// What it has been given so far.
    var cotangent: Variable?
    /// Where its operands begin in `operands`.
    fileprivate(set) var firstOperand: Int32 = 0
    /// Whether a target can be reached from it.
    fileprivate(set) var isNeeded = false
    /// Whether it is a target whose cotangent stays with it.
    fileprivate(set) var isWanted = false
  }

  /// The nodes in order.
  var stops: ContiguousArray<Stop> = []
  /// The position in `stops` of each operand of each node, or -1.
  private(set) var operands: ContiguousArray<Int32> = []
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
  ///
  /// - Parameter passing: nodes whose rules run even where they lead to no target.
  mutating func begin(
    roots: [(node: Traced, cotangent: Variable)], targets: [Traced]?, view: GraphView, cut: Bool,
    passing: [Traced] = []
  ) throws {
    let context = Context.current
    context.walk += 1
    number = context.walk
    var oldest = targets == nil ? 0 : Int.max
    for target in targets ?? [] {
      target.targetOf = number
      oldest = min(oldest, target.sequence)
    }
    for node in passing { node.targetOf = -number }
    var serial = -1
    if case .values(_, let own) = view { serial = own }
    for (root, _) in roots where belongs(root, oldest, serial) && root.walk != number {
      try list(from: root, oldest, serial, cut: cut)
    }
    if !isInOrder { try arrange() }
    try link(endsAtParameters: targets == nil, cut: cut)
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
    var latest = stops.last?.node._withUnsafeGuaranteedRef { $0.sequence } ?? Int.min
    while let (reference, next) = stack.popLast() {
      // The next operand that is not listed yet; the node comes again when that one is.
      var next = Int(next)
      let operand = reference._withUnsafeGuaranteedRef { node -> Unmanaged<Traced>? in
        let count = cut && node.targetOf == number ? 0 : node.operandCount
        while next < count {
          let operand = node.operandNode(next)
          next += 1
          guard let operand else { continue }
          let isNew = operand._withUnsafeGuaranteedRef { operand in
            guard operand.walk != number, belongs(operand, oldest, serial) else { return false }
            operand.walk = number
            operand.position = -1
            return true
          }
          if isNew { return operand }
        }
        return nil
      }
      if let operand {
        stack.append((reference, Int32(truncatingIfNeeded: next)))
        stack.append((operand, 0))
        continue
      }
      let sequence = reference._withUnsafeGuaranteedRef { node -> Int in
        node.position = Int32(truncatingIfNeeded: stops.count)
        return node.sequence
      }
      if sequence < latest { isInOrder = false }
      latest = sequence
      stops.append(Stop(node: reference))
      if stops.count & Walk.unheard == 0 { try Safepoint.look() }
    }
  }

  /// Puts the nodes in the order of their making: by their numbers, each in a place of its own, where there
  /// are not many more numbers than nodes.
  private mutating func arrange() throws {
    var (first, last) = (Int.max, Int.min)
    for stop in stops { (first, last) = (min(first, stop.sequence), max(last, stop.sequence)) }
    try Safepoint.look()
    if last - first <= Walk.mostSparse * stops.count {
      places.append(contentsOf: repeatElement(nil, count: last - first + 1))
      for stop in stops { places[stop.sequence - first] = stop.node }
      var count = 0
      for case .some(let node) in places {
        stops[count].node = node
        count += 1
      }
      places.removeAll(keepingCapacity: true)
    } else {
      stops.sort { $0.sequence < $1.sequence }
    }
    for (position, stop) in stops.enumerated() {
      stop.node._withUnsafeGuaranteedRef { $0.position = Int32(truncatingIfNeeded: position) }
    }
  }

  /// The most numbers a node for which places cost less than comparing.
  private static let mostSparse = 32

  /// Notes the operands of each node and whether a target can be reached from it.
  private mutating func link(endsAtParameters: Bool, cut: Bool) throws {
    for index in stops.indices {
      if index & Walk.unheard == 0 { try Safepoint.look() }
      stops[index].node._withUnsafeGuaranteedRef { node in
        let isEnd = endsAtParameters ? node.isParameter : node.targetOf == number
        var needed = isEnd || node.targetOf == -number
        let firstOperand = Int32(truncatingIfNeeded: operands.count)
        for index in 0..<node.operandCount {
          var position: Int32 = -1
          node.operandNode(index)?._withUnsafeGuaranteedRef { operand in
            if operand.walk == number { position = operand.position }
          }
          // Not listed before: of another level, or older than every target.
          if position >= 0, !stops[Int(position)].isNeeded || (cut && isEnd) { position = -1 }
          operands.append(position)
          if position >= 0 { needed = true }
        }
        stops[index].firstOperand = firstOperand
        stops[index].isNeeded = needed
        stops[index].isWanted = isEnd && !endsAtParameters
      }
    }
  }

  /// The position of a node, -1 where the walk does not come by.
  func position(of node: Traced) -> Int { node.walk == number ? Int(node.position) : -1 }

  /// The position of a node's operand, or -1.
  @inline(__always)
  func operand(_ index: Int, at position: Int) -> Int32 {
    operands[Int(stops[position].firstOperand) + index]
  }

  /// Adds to what a node has been given.
  @inline(__always)
  mutating func give(_ cotangent: Variable, to position: Int) throws {
    if let sum = stops[position].cotangent.take() {
      stops[position].cotangent = try sum + cotangent
    } else {
      stops[position].cotangent = cotangent
    }
  }

  /// Forgets everything but the room it took, unless that is large.
  mutating func end() {
    if stops.count > Walk.mostKept {
      self = Walk()
      return
    }
    stops.removeAll(keepingCapacity: true)
    operands.removeAll(keepingCapacity: true)
    if !stack.isEmpty { stack.removeAll(keepingCapacity: true) }
    if !places.isEmpty { places.removeAll(keepingCapacity: true) }
    isInOrder = true
  }

  private static let mostKept = 1 << 14

  /// Nodes, less one, between two looks at whether the run is to end.
  private static let unheard = (1 << 12) - 1
}

extension Walk.Stop {
  /// The number of its node.
  fileprivate var sequence: Int { node._withUnsafeGuaranteedRef { $0.sequence } }
}

extension Traced {
  /// The number of operands of a node; 0 for a leaf.
  @inline(__always)
  fileprivate var operandCount: Int {
    if primitive == nil { return 0 }
    if let others { return others.count }
    return firstHeld.isNothing ? 0 : secondHeld.isNothing ? 1 : 2
  }

  /// The operand of that number where it is traced. The node holds it.
  @inline(__always)
  fileprivate func operandNode(_ index: Int) -> Unmanaged<Traced>? {
    if let others {
      guard case .traced(let traced) = others[index] else { return nil }
      return Unmanaged.passUnretained(traced)
    }
    return index == 0 ? firstHeld.node : secondHeld.node
  }
}
