// Names that programs bring along from Python, NumPy and PyTorch, and what stands for them here.
// They are looked at where a name is unknown, before names that are spelt alike.

/// The hint for a name of another language.
package enum ForeignNames {
  /// For a name that nothing declares.
  static func hint(forName name: String) -> String? {
    if let word = words[name] { return "write \(word)" }
    return libraries.contains(name)
      ? "tensors and their functions need no import: sum(x), zeros(3)" : nil
  }

  /// For a field or method that a tensor or list does not have.
  package static func hint(forMember name: String, of value: Value) -> String? {
    switch value {
    case .tensor, .parameter: tensorMembers[name].map { "write \($0)" }
    case .list: listMembers[name].map { "write \($0)" }
    case .record: recordMembers[name].map { "write \($0)" }
    default: nil
    }
  }

  /// For a field that cannot be assigned.
  static func hint(forAssigned name: String) -> String? { assignedFields[name] }

  /// What a named argument is called by a signature that has it.
  static func parameter(for name: String, in signature: Signature) -> String? {
    parameters[name]?.first { own in signature.parameters.contains { $0.name == own } }
  }

  private static let words = [
    "True": "true", "False": "false", "None": "nil", "null": "nil", "undefined": "nil",
    "this": "self", "elif": "else if", "pass": "an empty block, { }",
    "dict": "record", "tuple": "list", "array": "tensor, or brackets", "float64": "f64",
    "float32": "f32", "int64": "i64",
    "triplet_margin_loss": "triplet_loss", "logsigmoid": "log_sigmoid",
    "solve_triangular": "triangular_solve", "matrix_norm": "norm(a, ord=…)",
    "println": "print", "printf": "print(\"{x:.3f}\")", "sprintf": "\"{x:.3f}\"",
  ]

  private static let libraries: Set = ["np", "numpy", "torch", "jnp", "jax", "tf", "F"]

  private static let tensorMembers = [
    "t": ".T", "view": ".reshape(…)", "unsqueeze": ".expand_dims(axis)",
    "detach": "stop_gradient(x)",
    "cpu": "nothing: tensors live in main memory", "numpy": ".tolist()",
    "clone": "x: tensors are values",
    "copy": "x: tensors are values", "dim": ".ndim", "numel": ".size", "astype": ".to(dtype)",
    "type": ".to(dtype)", "double": ".to(f64)", "long": ".to(i64)", "mm": "a @ b", "bmm": "a @ b",
    "ravel": ".flatten()", "fill": "full_like(x, value)", "append": "concat((x, [v]))",
    "requires_grad": "param(x)", "data": ".value", "zero_": "zeros_like(x)",
    "expand": ".broadcast_to(…)",
    "masked_fill": "where(mask, value, x)", "H": ".T",
  ]

  private static let assignedFields = [
    "requires_grad":
      "a parameter always has gradients: stop_gradient(p.value) in the loss is a constant, and an "
      + "optimizer that is not given p leaves it as it is",
    "data": "p.value = v sets the tensor; inside `with no_grad { … }` nothing of it is recorded",
  ]

  private static let listMembers = [
    "append": ".push(v)", "add": ".push(v)", "extend": "xs += more", "length": "len(xs)",
    "size": "len(xs)", "index": ".find(v)", "insert": "xs[i:i] = (v,)",
    "pop": "xs[-1], then xs = xs[:-1]",
    "sort": ".sorted()", "reverse": ".reversed()", "shape": "len(xs)",
  ]

  private static let recordMembers = [
    "get": "if key in r { r[key] } else { default }",
    "update": "r = {...r, key: value}", "has": "key in r", "length": "len(r)",
  ]

  private static let parameters = [
    "dim": ["axis"], "axes": ["axis"], "keepdim": ["keepdims"], "ddof": ["correction"],
    "learning_rate": ["lr"], "size": ["shape"], "num_classes": ["classes"], "decimals": ["digits"],
    "a_min": ["low"], "a_max": ["high"], "min": ["low"], "max": ["high"],
    "shifts": ["shift"], "repeats": ["times"], "reps": ["times"], "axis1": ["a"], "axis2": ["b"],
  ]
}
