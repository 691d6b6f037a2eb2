// Names that programs bring along from Python, NumPy, PyTorch and JAX, and what stands for them here.
// They are looked at where a name is unknown, before names that are spelt alike; the tables are in
// `ForeignWords.swift`.

import Syntax

/// The hint for a name of another language.
package enum ForeignNames {
  /// For a name that nothing declares.
  static func hint(forName name: String) -> String? {
    if let word = words[name] { return "write \(word)" }
    return ForeignModules.hint(forImport: name)
      ?? (libraries.contains(name) ? withoutPrefix : nil)
  }

  private static let withoutPrefix =
    "tensors and their functions need no import: sum(x), zeros(3)"

  /// For `np.random.rand`, a path that begins with a name that nothing declares.
  static func hint(forPath path: [String], _ isKnown: (String) -> Bool) -> String? {
    guard let root = path.first, let name = path.last, path.count > 1 else { return nil }
    if let word = words[path.prefix(2).joined(separator: ".")] { return "write \(word)" }
    guard libraries.contains(root) || root == "nn" || root == "tree" else { return nil }
    if path.contains("nn"),
      let module = StandardModule.all.first(where: { $0.name == "nn" }),
      module.declarations.contains(where: { $0.name == name })
    {
      return "write import nn, then nn.\(name)"
    }
    if let word = words[path.suffix(2).joined(separator: ".")] { return "write \(word)" }
    if isKnown(name) { return "write \(name) alone: functions on tensors need no import" }
    if let word = words[name] ?? words[path.dropFirst().first ?? ""] { return "write \(word)" }
    return libraries.contains(root) ? withoutPrefix : hint(forName: root)
  }

  /// For a module that is not there.
  static func hint(forModule name: String) -> String? {
    guard modules.contains(name) else { return nil }
    if let word = words[name] { return "leave it out, and write \(word)" }
    return "leave it out: functions such as sqrt, sum, zeros and grad need no import"
  }

  /// For a field or method that a value does not have.
  package static func hint(forMember name: String, of value: Value) -> String? {
    let table: [String: String] =
      switch value {
      case .tensor, .parameter: tensorMembers
      case .int, .float, .bool: ["isnan": "isnan(x)", "toString": "str(x)", "to_string": "str(x)"]
      case .list: listMembers
      case .record: recordMembers
      case .string: stringMembers
      case .range: rangeMembers
      case .instance: modelMembers
      case .model(let type):
        type.slots[name] == nil
          ? [:] : [name: "\(type.name)(…).\(name): the model is made by calling it"]
      case .host(let host):
        host.memberNames.contains("zero_grad")
          ? optimizerMembers : host.memberNames.contains("update") ? transformMembers : [:]
      case .nil:
        [name: "what gives a value: this one is nil, as a function without a value gives it"]
      default: [:]
      }
    if let word = table[name] { return "write \(word)" }
    // Fields of records are the program's own.
    if case .record = value { return nil }
    return PeerNames.hint(forName: name)
  }

  /// For a field that cannot be assigned.
  static func hint(forAssigned name: String) -> String? { assignedFields[name] }

  /// What a named argument is called by a signature that has it.
  static func parameter(for name: String, in signature: Signature) -> String? {
    parameters[name]?.first { own in signature.parameters.contains { $0.name == own } }
  }

  private static let assignedFields = [
    "requires_grad":
      "a parameter always has gradients: stop_gradient(p.value) in the loss is a constant, and an "
      + "optimizer that is not given p leaves it as it is",
    "data": "p.value = v sets the tensor; inside `with no_grad { … }` nothing of it is recorded",
  ]

  private static let parameters = [
    "dim": ["axis"], "axes": ["axis"], "keepdim": ["keepdims"], "ddof": ["correction"],
    "learning_rate": ["lr"], "size": ["shape"], "num_classes": ["classes"], "decimals": ["digits"],
    "a_min": ["low"], "a_max": ["high"], "min": ["low"], "max": ["high"],
    "in_features": ["inputs"], "out_features": ["outputs"], "in_channels": ["inputs"],
    "out_channels": ["outputs"], "input_size": ["inputs"], "hidden_size": ["hidden", "outputs"],
    "num_embeddings": ["count", "inputs"], "embedding_dim": ["size", "outputs"],
    "p": ["rate", "p"],
    "mean": ["loc"], "std": ["scale"], "mu": ["loc"], "sigma": ["scale", "sigma"],
    "requires_grad": [],
    "argnum": ["argnums"], "in_axis": ["in_axes"], "out_axis": ["out_axes"],
    "retain_graph": ["create_graph"],
    "newshape": ["shape"], "num": ["count", "n"], "ndigits": ["digits"], "seed": ["key"],
    "rng": ["key"],
    "n": ["count", "n"], "momentum_decay": ["momentum"], "alpha": ["decay", "alpha"],
    "epsilon": ["eps"],
    "beta1": ["betas"], "b1": ["betas"], "b2": ["betas"], "descending": ["reverse", "descending"],
    "func": ["f"], "fun": ["f"],
    "shifts": ["shift"], "repeats": ["times"], "reps": ["times"], "axis1": ["a"], "axis2": ["b"],
  ]
}
