// An operation as it is taken down while it runs: by the numbers of the nodes that it took, and not by these,
// which would keep what they hold alive.

/// One operation of a level.
struct RecordedOperation {
  /// What an operation took.
  enum Input {
    /// A node of the level, by its number; see `Traced.sequence`.
    case node(Int)
    /// A plain tensor, or what another level follows.
    case other(Variable)
  }

  let sequence: Int
  let primitive: Primitive
  let attributes: Attributes
  let inputs: [Input]

  /// The operation that a node stands for; nil for a leaf.
  init?(_ node: Traced) {
    guard let primitive = node.primitive else { return nil }
    sequence = node.sequence
    self.primitive = primitive
    attributes = node.attributes
    inputs = node.inputs.map { Input($0, serial: node.serial) }
  }
}

extension RecordedOperation.Input {
  init(_ variable: Variable, serial: Int) {
    if case .traced(let node) = variable, node.serial == serial {
      self = .node(node.sequence)
    } else {
      self = .other(variable)
    }
  }
}
