// One group of an optimizer's parameters: `opt.groups[0].lr = 0.01`.

import Autodiff
import Language
import Optimizers

/// A group of parameters as a value.
final class OptimizerGroupObject: HostObject {
  override class var hostType: HostType { members }

  private let owner: OptimizerObject
  private let index: Int

  init(_ owner: OptimizerObject, _ index: Int) {
    self.owner = owner
    self.index = index
  }

  private var group: Optimizer.Group { owner.optimizer.groups[index] }

  override var summary: String {
    let count = group.parameters.count
    return "<group of \(count) \(count == 1 ? "parameter" : "parameters"), "
      + "\(group.transformation.name)>"
  }

  override func isEqual(_ other: HostObject) -> Bool {
    guard let other = other as? OptimizerGroupObject else { return false }
    return other.owner === owner && other.index == index
  }

  override var reached: [Value] { [.host(owner)] }

  override func changes(since start: Int) -> Bool { owner.changes(since: start) }

  override var ownFields: Record {
    let origin = owner.origins[index]
    return Record((origin?.names ?? []).map { ($0, origin?.value($0) ?? .nil) })
  }

  override func setField(_ name: String, _ value: Value, _ interpreter: Interpreter) throws -> Bool
  {
    if members.field(name) != nil { return false }
    return try owner.set(name, value, groups: index..<index + 1)
  }

  override var stateOwner: HostObject { owner }

  override var stateTree: Value? {
    OptimizerSettings.joined(Value(group.state), owner.origins[index])
  }

  override func freshStateTree(for state: Value) -> Value? {
    try? OptimizerSettings(state).freshState(of: group, owner.origins[index])
  }

  override func structure(of state: Value) -> Value { OptimizerSettings(state).state }

  override func restore(_ state: Value) throws {
    let made = try OptimizerSettings(state).made(owner.origins[index], group.transformation)
    try owner.optimizer.setTransformation(
      made.transformation, ofGroup: index, state: made.state)
    owner.origins[index] = made.origin
  }
}

extension OptimizerGroupObject {
  private static let members = HostType(
    OptimizerGroupObject.self, "OptimizerGroup",
    """
    Some of an optimizer's parameters with numbers of their own: an element of `opt.groups`. Every number
    of the group's transform is a field that may be set.
    """,
    fields: [
      Field(
        "params",
        """
        The parameters, in the structure of what the optimizer was given.

            print(SGD({w: param(1.0)}, lr=0.1).groups[0].params)    # {w: 1.0}
        """
      ) { Value($0.group.target) },
      Field(
        "state",
        """
        What the transform remembers of the group, a tree.

            print(len(Adam(param(1.0)).groups[0].state))    # 2
        """
      ) { Value($0.group.state) },
    ])
}

extension Value {
  /// Parameters in their structure.
  fileprivate init(_ tree: ParameterTree) {
    switch tree {
    case .parameter(let cell): self = .parameter(cell)
    case .list(let trees): self = .list(trees.map(Value.init))
    case .record(let pairs): self = .record(Record(pairs.map { ($0.key, Value($0.value)) }))
    case .none: self = .nil
    }
  }
}
