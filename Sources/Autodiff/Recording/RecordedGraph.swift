// A graph as data, for pictures and reports: what a walk back from some results would visit.
//
// Constants are not in it. The parts of a bundle are: each is a node of its own whose one operand
// is the bundle, since a program can hold and name each of them.

import Kernels
import Tensors

/// The nodes that variables were computed from, operands before results.
package struct RecordedGraph {
  /// One operation, or a leaf.
  package struct Node {
    /// Tells the node from every other one that is alive.
    package let identity: ObjectIdentifier
    /// The primitive's name; nil for a leaf.
    package let operation: String?
    /// True for the leaf of a parameter.
    package let isParameter: Bool
    /// What a leaf is called by who made it; nil for most.
    package let ownName: String?
    /// True for one result of an operation of several.
    package let isPart: Bool
    /// The dtype and shape of the result.
    package let type: String
    /// The memory of the result's elements, in bytes, were they all its own.
    package let bytes: Int
    /// `Context.place` when the node was made.
    package let place: UInt64
    /// The positions of the operands that are nodes, in order.
    package let operands: [Int]
  }

  /// Every node, operands before results.
  package private(set) var nodes: [Node] = []
  /// The positions of the variables that the graph was asked for; nil for an untracked one.
  package private(set) var roots: [Int?] = []

  /// The graph of variables.
  package init(of variables: [Variable]) {
    var positions: [ObjectIdentifier: Int] = [:]
    for variable in variables {
      guard let root = variable.node else {
        roots.append(nil)
        continue
      }
      add(root, &positions)
      roots.append(positions[ObjectIdentifier(root)])
    }
  }

  /// The program of a recording that has kept its nodes: every operation that its run did, and the operands that
  /// these take, by the names that they are given.
  package init(of outputs: [Variable], recordedBy recording: Recording, operands: [String]) {
    var positions: [ObjectIdentifier: Int] = [:]
    func position(_ variable: Variable) -> Int? {
      guard case .traced(let node) = variable else { return nil }
      return positions[ObjectIdentifier(node)]
    }
    func add(_ node: Traced, ownName: String?) {
      guard positions[ObjectIdentifier(node)] == nil else { return }
      positions[ObjectIdentifier(node)] = nodes.count
      nodes.append(
        Node(node, ownName: ownName, place: node.place, operands: node.inputs.compactMap(position)))
    }
    let results = outputs.map(recording.recorded)
    var used: Set<ObjectIdentifier> = []
    let makers = recording.nodes.map { $0.partOf?.bundle ?? $0 }
    for case .traced(let node) in makers.flatMap(\.inputs) + results {
      used.insert(ObjectIdentifier(node))
    }
    for (leaf, name) in zip(recording.leaves, operands) where used.contains(ObjectIdentifier(leaf))
    {
      add(leaf, ownName: name)
    }
    for node in recording.nodes {
      if let (bundle, _) = node.partOf { add(bundle, ownName: nil) }
      add(node, ownName: nil)
    }
    roots = results.map(position)
  }

  /// Adds a node after its operands; a loop, since chains may be long.
  private mutating func add(_ root: Traced, _ positions: inout [ObjectIdentifier: Int]) {
    var stack: [(node: Traced, operands: [Traced], next: Int)] = []
    func enter(_ node: Traced) {
      guard positions[ObjectIdentifier(node)] == nil else { return }
      positions[ObjectIdentifier(node)] = -1
      let operands = node.inputs.compactMap { $0.node }
      stack.append((node, operands, 0))
    }
    enter(root)
    while let (node, operands, next) = stack.last {
      if next < operands.count {
        stack[stack.count - 1].next += 1
        enter(operands[next])
        continue
      }
      stack.removeLast()
      positions[ObjectIdentifier(node)] = nodes.count
      nodes.append(
        Node(
          node, ownName: node.inputName, place: node.place,
          operands: operands.compactMap { positions[ObjectIdentifier($0)] }.filter { $0 >= 0 }))
    }
  }
}

extension RecordedGraph.Node {
  fileprivate init(_ node: Traced, ownName: String?, place: UInt64, operands: [Int]) {
    let variable = Variable.traced(node)
    let maker = node.partOf?.bundle ?? node
    identity = ObjectIdentifier(node)
    operation = maker.primitive.map { maker.customFunction?.name ?? $0.name }
    isParameter = node.isParameter
    self.ownName = ownName
    isPart = node.partOf != nil
    type = variable.typeDescription
    bytes = variable.count * variable.dtype.size
    self.place = place
    self.operands = operands
  }
}

extension RecordedGraph {
  /// The bytes of results that are alive at once, at most: each from its operation to the last that takes it.
  package var greatestBytes: Int {
    var last = Array(nodes.indices)
    for (position, node) in nodes.enumerated() {
      for operand in node.operands { last[operand] = position }
    }
    for case let root? in roots { last[root] = nodes.count }
    var ended = [Int](repeating: 0, count: nodes.count + 1)
    var (alive, greatest) = (0, 0)
    for (position, node) in nodes.enumerated() where node.operation != nil {
      alive += node.bytes
      ended[last[position]] += node.bytes
      greatest = max(greatest, alive)
      alive -= ended[position]
    }
    return greatest
  }
}

extension RecordedGraph {
  /// The nodes, leaves and dual numbers of this thread that are alive.
  package static var liveNodes: Int { Int(mos_live_nodes_get()) }
}

extension Traced {
  /// The name of an input that was given one.
  fileprivate var inputName: String? {
    guard primitive == nil, case .object(let object) = attributes else { return nil }
    return (object as? InputName)?.text
  }
}

extension Variable {
  /// What tells the node that the program sees from every other one that is alive; nil for a
  /// variable that no tape follows.
  package var nodeIdentity: ObjectIdentifier? { node.map(ObjectIdentifier.init) }
}
