// Members of other languages' modules, `torch.nn.functional.relu`, `np.load`, `jax.lax.scan`, and what stands for
// them here; members that people look for in the modules of the standard library; and names that are inside one.

import Syntax

/// The hints for members of modules.
enum ForeignMembers {
  /// For a dotted name whose first part nothing declares and is a module elsewhere; nil for any other.
  ///
  /// - Parameter isVisible: whether a name needs no module here.
  static func hint(forPath path: [String], isVisible: (String) -> Bool) -> String? {
    guard path.count > 1 else { return nil }
    if StandardModule.named(path[0]) != nil {
      let isThere = StandardModule.places(of: path[1]).contains("\(path[0]).\(path[1])")
      let other = isThere ? nil : hint(forMember: Array(path.dropFirst()), isVisible)
      return other ?? "import \(path[0])"
    }
    guard ForeignModules.contains(path[0]) else { return nil }
    return hint(forMember: Array(path.dropFirst()), isVisible)
      ?? ForeignModules.hint(forImport: path.joined(separator: "."))
  }

  /// For what a module of the standard library does not have.
  static func hint(
    forMember name: String, of module: ModuleDocumentation, isVisible: (String) -> Bool
  ) -> String? {
    if let word = members["\(module.name).\(name)"] ?? (isVisible(name) ? nil : members[name]) {
      return "write \(word)"
    }
    if isVisible(name) { return "write \(name): it is visible without a module" }
    return nearest(to: name, among: module.declarations.map(\.name)).map { "did you mean `\($0)`?" }
      ?? hint(forMember: [name], isVisible)
  }

  /// For a name by itself that nothing declares: of a module, of something inside one, of a class of Python's.
  static func hint(forUnknown name: String) -> String? {
    if StandardModule.named(name) != nil { return "import \(name)" }
    if let hint = hint(forInside: name) { return hint }
    return name.first?.isUppercase == true ? members[name].map { "write \($0)" } : nil
  }

  /// For a name that nothing declares and that is like one inside a module.
  static func hint(forMisspelt name: String) -> String? {
    nearest(to: name, among: StandardModule.documentation.flatMap { $0.declarations.map(\.name) })
      .flatMap { StandardModule.places(of: $0).first }.map { "did you mean `\($0)`?" }
  }

  /// For a name that modules of the standard library have.
  private static func hint(forInside name: String) -> String? {
    let places = StandardModule.places(of: name)
    guard let first = places.first else { return nil }
    let module = first.prefix { $0 != "." }
    let others = places.dropFirst().map { " or \($0)" }.joined()
    return "write \(first)\(others), after import \(module)"
  }

  /// What is written for a member: by its last two parts, by its last, under its own name.
  private static func hint(forMember path: [String], _ isVisible: (String) -> Bool) -> String? {
    guard let last = path.last else { return nil }
    let key = path.suffix(2).joined(separator: ".")
    if let word = members[key] ?? (isVisible(last) ? nil : members[last]) { return "write \(word)" }
    if isVisible(last) { return "write \(last): it is visible without a module" }
    // `nn.init.xavier_uniform_` works in place.
    let plain = last.hasSuffix("_") ? String(last.dropLast()) : last
    return hint(forInside: plain)
  }

  private static let members: [String: String] = [
    // Making tensors.
    "array": "tensor(x), or brackets: [1.0, 2.0]", "asarray": "tensor(x)", "as_tensor": "tensor(x)",
    "from_numpy": "x: tensors are values of the language", "Tensor": "tensor(x)",
    "FloatTensor": "tensor(x)", "LongTensor": "tensor(x)", "ndarray": "tensor(x)",
    "empty": "zeros(shape)", "empty_like": "zeros_like(x)", "full": "full(shape, value)",
    "float64": "f64", "double": "f64", "float32": "f32", "float": "f32", "int64": "i64",
    "long": "i64",
    "bool_": "bool", "nan": "nan", "newaxis": "nil, as in x[nil]",
    "concatenate": "concat((a, b))", "cat": "concat((a, b))", "vstack": "concat((a, b))",
    "hstack": "concat((a, b), axis=1)", "swapaxes": "swap_axes(x, a, b)",
    "moveaxis": "move_axis(x, a, b)",
    "unsqueeze": "expand_dims(x, axis)", "clamp": "clip(x, low, high)", "mm": "a @ b",
    "bmm": "a @ b",
    "absolute": "abs(x)", "power": "x ** p", "mod": "x % y", "arcsin": "asin(x)",
    "arccos": "acos(x)",
    "arctan": "atan(x)", "arctan2": "atan2(y, x)",
    // Random numbers.
    "random.rand": "rand(*shape)", "random.randn": "randn(*shape)",
    "random.normal": "randn(*shape)",
    "random.uniform": "rand(*shape)", "random.random": "rand(*shape)", "random.gauss": "randn()",
    "random.seed": "seed(n)", "manual_seed": "seed(n)", "random.key": "random_key(n)",
    "random.PRNGKey": "random_key(n)", "PRNGKey": "random_key(n)", "random.split": "split_key(key)",
    "random.default_rng": "seed(n)", "random.shuffle": "x[permutation(len(x))]",
    "random.bernoulli": "bernoulli(p, shape)",
    "random.categorical": "Categorical(logits=…).sample()",
    // Derivatives and loops.
    "no_grad": "with no_grad { … }", "enable_grad": "nothing: gradients are on",
    "autograd.grad": "grad(loss, params)", "jit": "compile(f), or @compile",
    "compile": "compile(f), or @compile",
    "jacfwd": "jacobian(f)", "jacrev": "jacobian(f)", "jacobian": "jacobian(f)", "pmap": "vmap(f)",
    "remat": "checkpoint(f)", "lax.fori_loop": "for i in 0..n { … }, or scan",
    "fori_loop": "for i in 0..n { … }, or scan",
    "lax.switch": "if … else if …", "lax.map": "map(f, xs)",
    "device_put": "x: everything is on the CPU",
    "func.functional_call": "functional(net)", "functional_call": "functional(net)",
    "make_functional": "functional(net)", "autograd.Function": "custom_vjp(f, forward, backward)",
    "tree.map": "tree_map(f, tree)", "tree.leaves": "tree_leaves(tree)",
    "tree.flatten": "tree_flatten(tree)",
    "tree.reduce": "tree_reduce(f, tree)", "tree_util.tree_map": "tree_map(f, tree)",
    "flatten_util.ravel_pytree": "tree_ravel(tree)", "ravel_pytree": "tree_ravel(tree)",
    // Layers and losses.
    "Module": "model Net() { … }: a network is declared, not derived from a class",
    "Parameter": "param(x), or a field `param weight = …` of a model",
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
    "Dense": "nn.Linear(inputs, outputs), after import nn",
    "Conv": "nn.Conv2d(inputs, outputs, kernel_size), after import nn",
    "LSTMCell": "nn.LSTM(inputs, hidden), after import nn",
    "GRUCell": "nn.GRU(inputs, hidden), after import nn",
    "MultiheadAttention": "nn.MultiHeadAttention(size, heads), after import nn",
    "CrossEntropyLoss": "cross_entropy(logits, labels), a function",
    "MSELoss": "mse_loss(x, y), a function",
    "L1Loss": "l1_loss(x, y), a function", "SmoothL1Loss": "smooth_l1_loss(x, y), a function",
    "HuberLoss": "huber_loss(x, y), a function", "NLLLoss": "nll_loss(x, labels), a function",
    "BCELoss": "binary_cross_entropy(p, y), a function",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits(x, y), a function",
    "KLDivLoss": "kl_div(x, y), a function", "GaussianNLLLoss": "gaussian_nll_loss(…), a function",
    "TripletMarginLoss": "triplet_loss(…), a function", "l2_loss": "0.5 * (x - y) ** 2",
    "softmax_cross_entropy": "cross_entropy(logits, labels)",
    "softmax_cross_entropy_with_integer_labels": "cross_entropy(logits, labels)",
    "sigmoid_binary_cross_entropy": "binary_cross_entropy_with_logits(x, y)",
    // Optimizers and their schedules.
    "clip_grad_norm_": "clip_grad_norm(max_norm) in a chain, before the optimizer",
    "clip_grad_value_": "clip_grad_value(max_value) in a chain, before the optimizer",
    "clip_by_global_norm": "clip_grad_norm(max_norm)", "optax.clip": "clip_grad_value(max_value)",
    "lr_scheduler": "a schedule as lr: Adam(net, lr=exponential_decay(…))",
    "StepLR": "a schedule as lr: piecewise_constant(…)",
    "ExponentialLR": "a schedule as lr: exponential_decay(…)",
    "CosineAnnealingLR": "a schedule as lr: cosine_decay_schedule(…)",
    "LinearLR": "a schedule as lr: linear_schedule(…)",
    "OneCycleLR": "a schedule as lr: cosine_onecycle_schedule(…)",
    "LambdaLR": "a function of the step count as lr",
    "multi_transform": "partition(transforms, labels)",
    "MultiSteps": "accumulate(transform, every)", "LBFGS": "lbfgs(), or minimize(f, x0)",
    "extract_state_dict": "extract_state(net)", "recover_state_dict": "recover_state(net, state)",
    "MetaGradientModule": "a model: parameters that it is given stay the giver's",
    "ImplicitMetaGradientModule": "@implicit model …",
    "ZeroOrderGradientModule": "@zero_order model …",
    "zero_order.zero_order": "@zero_order(distribution=Normal(0, 1))",
    // Data.
    "DataLoader": "data.minibatches(set, size), after import data",
    "Dataset": "a record of tensors, {x: x, y: y}",
    "TensorDataset": "a record of tensors, {x: x, y: y}",
    "random_split": "data.split(set, fractions), after import data",
    "train_test_split": "data.split(set, fractions), after import data",
    "savez": "save({a: x}, \"file.npz\")", "savez_compressed": "save({a: x}, \"file.npz\")",
    "loadtxt": "load(\"table.csv\")", "genfromtxt": "load(\"table.csv\")",
    "read_csv": "load(\"table.csv\")",
    "savetxt": "save(x, \"table.csv\")", "DataFrame": "a record of columns, {a: x, b: y}",
    "load_state_dict": "recover_state(net, state)", "state_dict": "extract_state(net)",
    // Plots.
    "savefig": "plot(xs, ys).save(\"plot.svg\")", "show": "print(plot(xs, ys))",
    "figure": "plot(xs, ys)",
    "subplots": "plot(xs, ys)", "scatter": "plot(xs, ys)", "legend": "plot(xs, ys, label=\"…\")",
    // Roots, minima, curves, laws of chance.
    "optimize.root": "newton_root(f, x0)", "fsolve": "newton_root(f, x0)",
    "root_scalar": "bisect(f, low, high)",
    "brentq": "bisect(f, low, high)", "solve_ivp": "odeint(f, y0, ts)",
    "stats.norm": "Normal(mean, deviation)",
    "BFGS": "minimize(f, x0)", "GradientDescent": "minimize(f, x0)",
    "FixedPointIteration": "fixed_point(f, x0)",
    // The system.
    "path.exists": "exists(path)", "path.join": "\"{folder}/{name}\"",
    "listdir": "list_files(path)",
    "makedirs": "make_folder(path)", "environ": "env(name)", "getenv": "env(name)",
    "argv": "args()",
    "loads": "json_parse(text)", "dumps": "json_text(value)",
    "deepcopy": "clone(x, by=\"deepcopy\")",
    "cuda": "nothing: everything is on the CPU", "device": "nothing: everything is on the CPU",
    "tqdm": "progress(values)", "partial": "x => f(x, 2)",
    "Normal": "Normal(mean, deviation)", "kl_divergence": "kl(p, q)",
  ]
}
