// Members of other languages' modules, `torch.nn.functional.relu`, `np.load`, `jax.lax.scan`, and what stands for
// them here; members that people look for in the modules of the standard library; and names that are inside one.

import Syntax

/// The hints for members of modules.
enum ForeignMembers {
  /// For a dotted name whose first part nothing declares and is a module elsewhere; nil for any other.
  ///
  /// - Parameter isVisible: whether a name needs no module here.
  static func hint(forPath path: [String], _ isVisible: (String) -> Bool) -> String? {
    guard path.count > 1 else { return nil }
    if StandardModule.named(path[0]) != nil {
      let isThere = StandardModule.places(of: path[1]).contains("\(path[0]).\(path[1])")
      let other = isThere ? nil : hint(forMember: Array(path.dropFirst()), isVisible)
      return other ?? "import \(path[0])"
    }
    guard ForeignModules.contains(path[0]) else { return nil }
    return hint(forMember: path, isVisible)
      ?? ForeignModules.hint(forImport: path.joined(separator: "."))
  }

  /// For what a module of the standard library does not have.
  static func hint(
    forMember name: String, of module: ModuleDocumentation, isVisible: (String) -> Bool
  ) -> String? {
    if let word = members["\(module.name).\(name)"] ?? (isVisible(name) ? nil : members[name]) {
      return "write \(word)"
    }
    if isVisible(name) { return alone(name) }
    return nearest(to: name, among: module.declarations.map(\.name)).map { "did you mean `\($0)`?" }
      ?? hint(forMember: [name], isVisible)
  }

  /// For a name by itself that nothing declares: of a module, of something inside one, of a class of Python's.
  static func hint(forUnknown name: String) -> String? {
    if StandardModule.named(name) != nil { return "import \(name)" }
    if let hint = hint(forInside: name) { return hint }
    return name.first?.isUppercase == true ? members[name].map { "write \($0)" } : nil
  }

  /// For a name of some length that nothing declares and that is like one inside a module, as long but for a letter:
  /// there are so many that short ones are near to anything.
  static func hint(forMisspelt name: String) -> String? {
    guard name.count > 5 else { return nil }
    return nearest(
      to: name,
      among: StandardModule.documentation.flatMap { $0.declarations.map(\.name) }
        .filter { abs($0.count - name.count) <= 1 }
    ).flatMap { StandardModule.places(of: $0).first }.map { "did you mean `\($0)`?" }
  }

  /// For a name that modules of the standard library have.
  private static func hint(forInside name: String) -> String? {
    let places = StandardModule.places(of: name)
    guard let first = places.first else { return nil }
    let others = places.dropFirst().map { " or \($0)" }.joined()
    return "write import \(first.prefix { $0 != "." }), then \(first)\(others)"
  }

  /// What is written for a member: by its last two parts, under its own name, by its last.
  private static func hint(forMember path: [String], _ isVisible: (String) -> Bool) -> String? {
    guard let last = path.last else { return nil }
    let end = path.suffix(2).joined(separator: ".")
    if let word = members[end] ?? PeerNames.rows[end] { return "write \(word)" }
    if isVisible(last) { return alone(last) }
    if let word = members[last] ?? PeerNames.rows[last] ?? ForeignNames.words[last] {
      return "write \(word)"
    }
    // `nn.init.xavier_uniform_` works in place.
    return hint(forInside: last.hasSuffix("_") ? String(last.dropLast()) : last)
  }

  private static func alone(_ name: String) -> String {
    "write \(name) alone: functions on tensors need no import"
  }

  private static let members: [String: String] = [
    // Random numbers.
    "random.rand": "rand(*shape)", "random.randn": "randn(*shape)",
    "random.normal": "randn(*shape)",
    "random.uniform": "rand(*shape)", "random.random": "rand(*shape)", "random.gauss": "randn()",
    "random.seed": "seed(n)", "random.key": "random_key(n)",
    "random.PRNGKey": "random_key(n)", "random.split": "split_key(key)",
    "random.default_rng": "seed(n)", "random.shuffle": "x[permutation(len(x))]",
    "random.bernoulli": "bernoulli(p, shape)",
    "random.categorical": "Categorical(logits=…).sample()",
    // Derivatives and loops.
    "no_grad": "with no_grad { … }", "autograd.grad": "grad(loss, params)",
    "compile": "compile(f), or @compile",
    "jacobian": "jacobian(f)", "lax.fori_loop": "for i in 0..n { … }, or scan",
    "lax.switch": "if … else if …", "lax.map": "map(f, xs)",
    "func.functional_call": "functional(net)", "functional_call": "functional(net)",
    "autograd.Function": "custom_vjp(f, forward, backward)",
    "tree.map": "tree_map(f, tree)", "tree.leaves": "tree_leaves(tree)",
    "tree.flatten": "tree_flatten(tree)",
    "tree.reduce": "tree_reduce(f, tree)", "tree_util.tree_map": "tree_map(f, tree)",
    "flatten_util.ravel_pytree": "tree_ravel(tree)",
    // Layers and losses.
    "Module": "model Net() { … }: a network is declared, not derived from a class",
    "ModuleList": "a list in a field: let layers = (…)",
    "ModuleDict": "a record in a field: let layers = {…}",
    "ParameterList": "a list in a field: param weights = (…)",
    "nn.functional": "the function's name alone: relu(x) is visible without a module",
    "nn.init": "nn.xavier_uniform(inputs, outputs) and its like where a weight begins",
    "Identity": "x => x", "BatchNorm3d": "nn.BatchNorm(channels), which serves any number of axes",
    "InstanceNorm2d": "layer_norm(x, …)", "GroupNorm": "layer_norm(x, …)",
    "Softmax": "softmax, a function", "LogSoftmax": "log_softmax, a function",
    "LeakyReLU": "leaky_relu, a function",
    "ELU": "elu, a function", "CELU": "celu, a function", "SELU": "selu, a function",
    "Softplus": "softplus, a function", "Mish": "mish, a function",
    "Hardtanh": "hardtanh, a function",
    "Dense": "import nn, then nn.Linear(inputs, outputs)",
    "Conv": "import nn, then nn.Conv2d(inputs, outputs, kernel_size)",
    "LSTMCell": "import nn, then nn.LSTM(inputs, hidden)",
    "GRUCell": "import nn, then nn.GRU(inputs, hidden)",
    "MultiheadAttention": "import nn, then nn.MultiHeadAttention(size, heads)",
    "GaussianNLLLoss": "gaussian_nll_loss(…), a function",
    "TripletMarginLoss": "triplet_loss(…), a function", "l2_loss": "0.5 * (x - y) ** 2",
    "softmax_cross_entropy_with_integer_labels": "cross_entropy(logits, labels)",
    "sigmoid_binary_cross_entropy": "binary_cross_entropy_with_logits(x, y)",
    // Optimizers and their schedules.
    "optax.clip": "clip_grad_value(max_value)",
    "LinearLR": "a schedule as lr: linear_schedule(…)",
    "OneCycleLR": "a schedule as lr: cosine_onecycle_schedule(…)",
    "multi_transform": "partition(transforms, labels)",
    "MultiSteps": "accumulate(transform, every)", "LBFGS": "lbfgs(), or minimize(f, x0)",
    "MetaGradientModule": "a model: parameters that it is given stay the giver's",
    "ImplicitMetaGradientModule": "@implicit model …",
    "ZeroOrderGradientModule": "@zero_order model …",
    "zero_order.zero_order": "@zero_order(distribution=Normal(0, 1))",
    // Data.
    "DataLoader": "import data, then data.minibatches(set, size)",
    "Dataset": "a record of tensors, {x: x, y: y}",
    "TensorDataset": "a record of tensors, {x: x, y: y}",
    "random_split": "import data, then data.split(set, fractions)",
    "train_test_split": "import data, then data.split(set, fractions)",
    "savez_compressed": "save({a: x}, \"file.npz\")",
    // Plots.
    "savefig": "plot(xs, ys).save(\"plot.svg\")", "show": "print(plot(xs, ys))",
    "subplots": "plot(xs, ys)", "legend": "plot(xs, ys, label=\"…\")",
    // Roots, minima, curves, laws of chance.
    "optimize.root": "newton_root(f, x0)", "fsolve": "newton_root(f, x0)",
    "stats.norm": "Normal(mean, deviation)",
    "BFGS": "minimize(f, x0)", "GradientDescent": "minimize(f, x0)",
    "FixedPointIteration": "fixed_point(f, x0)",
    // The system.
    "path.exists": "exists(path)", "path.join": "\"{folder}/{name}\"",
    "listdir": "list_files(path)",
    "makedirs": "make_folder(path)", "environ": "env(name)", "getenv": "env(name)",
    "argv": "args()",
    "loads": "json_parse(text)", "dumps": "json_text(value)",
    "device": "x.to(\"gpu\") or tensor(x, device=\"gpu\")",
    "Normal": "Normal(mean, deviation)", "kl_divergence": "kl(p, q)",
  ]
}
