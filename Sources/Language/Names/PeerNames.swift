// Names of TorchOpt, torchzero, JAX, Optax, JAXopt, PyTorch and NumPy that are called otherwise here, and
// what to write instead. What has its name here too needs no row: a prefix such as `torch.nn.functional.`
// is looked through. The tables of docs/guides/coming-from.md say more of each.

/// What stands here for the names of other libraries.
enum PeerNames {
  /// For a name that nothing declares. A short one, such as `t`, is more likely a variable.
  static func hint(forName name: String) -> String? {
    name.utf8.count > 4 ? rows[name].map { "write \($0)" } : nil
  }

  /// For a name behind prefixes of which the first is a library's: `torch.nn.functional.relu`.
  static func hint(forPath path: [String], isKnown: (String) -> Bool) -> String? {
    guard let name = path.last, path.count > 1 else { return nil }
    if namespaces.contains(name) { return "what \(path[0]) offers needs no prefix and no import" }
    if let row = rows["\(path[path.count - 2]).\(name)"] ?? rows[name] { return "write \(row)" }
    if let module = StandardModule.all.first(where: { $0.offers(name) }), path.contains("nn") {
      return "import \(module.name), then \(module.name).\(name)"
    }
    if isKnown(name) { return "write \(name): it needs no prefix and no import" }
    if let module = StandardModule.all.first(where: { $0.offers(name) }) {
      return "import \(module.name), then \(module.name).\(name)"
    }
    return "see the guide \"Coming from other libraries\""
  }

  /// For a module that there is none of.
  static func hint(forModule name: String) -> String? {
    let first = name.split(separator: ".").first.map(String.init) ?? name
    return isLibrary(first)
      ? "what \(first) offers needs no import here: see the guide \"Coming from other libraries\""
      : nil
  }

  /// True for what programs call the libraries.
  static func isLibrary(_ name: String) -> Bool { libraries.contains(name) }

  /// For a named argument that has no place here, because what it asks for is always so.
  static func hint(forParameter name: String) -> String? { needless[name] }

  private static let libraries: Set = [
    "np", "numpy", "scipy", "torch", "nn", "F", "optim", "functorch", "torchopt", "tz", "torchzero",
    "jax", "jnp", "lax", "optax", "jaxopt", "flax", "equinox", "eqx", "haiku", "hk", "tf", "keras",
  ]

  /// What libraries sort their names into.
  private static let namespaces: Set = [
    "nn", "functional", "optim", "m", "numpy", "lax", "linalg", "autograd", "hook", "combine",
    "visual",
    "pytree", "distributed", "distributions", "linear_solve", "func", "special", "utils", "typing",
    "random", "schedule",
  ]

  private static let needless = [
    "inplace": "nothing is changed in place, so leave it out",
    "requires_grad": "param(x) is what gradients reach, so leave it out",
    "retain_graph": "a graph is never consumed by using it, so leave it out",
    "set_to_none": "leave it out",
    "device": "everything is on \"cpu\", so leave it out",
    "non_blocking": "everything is on \"cpu\", so leave it out",
    "static_argnums": "whatever is no tensor is static, so leave it out",
    "allow_unused": "an input that is not used has gradient 0 and a warning, so leave it out",
    "randomness": "every example draws its own numbers, so leave it out",
  ]

  /// What to write by name, or by name and the one before.
  static let rows = torchOpt.merging(torchzero) { own, _ in own }
    .merging(jax) { own, _ in own }.merging(torch) { own, _ in own }

  private static let torchOpt = [
    "MetaGradientModule": "model Net(meta) { … }: what is given to a model is not its own",
    "ImplicitMetaGradientModule":
      "@implicit above a model with `fn objective()` or `fn optimality()`, and `fn solve()`",
    "ZeroOrderGradientModule":
      "@zero_order(method=\"naive\") above a model with `fn forward` and `fn sample(shape)`",
    "EmptyState": "(): what a transform without a state has", "UninitializedState": "()",
    "GradientTransformation":
      "{init: p => …, update: (grads, state, params) => …}: a record or a model",
    "ChainedGradientTransformation": "chain(a, b)", "IdentityGradientTransformation": "identity()",
    "scale_by_accelerated_adam": "scale_by_adam(): it is one fused operation anyway",
    "update_moment": "tree_map((m, g) => decay * m + (1 - decay) * g, moments, updates)",
    "accelerated_op": "accelerated_op_available(): Adam is one fused operation anyway",
    "is_available": "accelerated_op_available()",
    "ModuleState": "extract_state(net)",
    "swap_state": "recover_state(net, tensors)",
    "reparametrize": "(apply, params) = functional(net)",
    "reparameterize": "(apply, params) = functional(net)",
    "make_functional_with_buffers": "(apply, params) = functional(net)",
    "functional_call": "(apply, params) = functional(net), then apply(params, x)",
    "functionalize": "(apply, params) = functional(net)",
    "FunctionalModule": "(apply, params) = functional(net)",
    "combine_state_for_ensemble": "tree_map((*xs) => stack(xs), *states), then vmap",
    "stack_module_state": "tree_map((*xs) => stack(xs), *states), then vmap",
    "resize_graph": "graph(loss).save(\"graph.svg\")", "Digraph": "graph(loss)",
    "tree_flatten_as_tuple": "tree_flatten(tree)", "tree_pos": "the tree itself",
    "tree_neg": "tree_scale(tree, -1.0)",
    "tree_add_scalar_mul": "tree_add(x, tree_scale(y, alpha))",
    "tree_sub_scalar_mul": "tree_sub(x, tree_scale(y, alpha))",
    "tree_mul": "tree_map((x, y) => x * y, a, b)",
    "tree_matmul": "tree_map((x, y) => x @ y, a, b)",
    "tree_scalar_mul": "tree_scale(tree, factor)",
    "tree_truediv": "tree_map((x, y) => x / y, a, b)",
    "tree_vdot_real": "tree_dot(a, b)", "tree_vdot": "tree_dot(a, b)",
    "tree_l2_norm": "tree_norm(tree)", "tree_ones_like": "tree_map(ones_like, tree)",
    "tree_structure": "tree_flatten(tree)[1]", "tree_all": "all(tree_leaves(tree))",
    "tree_sum": "sum(list(sum(x) for x in tree_leaves(tree)))",
    "tree_max": "max(list(max(x) for x in tree_leaves(tree)))",
    "tree_min": "min(list(min(x) for x in tree_leaves(tree)))",
    "TensorTree": "any nesting of lists, records and tensors",
    "remote_async_call": "vmap(f): there are no other processes yet",
    "remote_sync_call": "vmap(f): there are no other processes yet",
    "auto_init_rpc": "nothing: there are no other processes yet",
    "parallelize": "vmap(f): there are no other processes yet",
    "Distribution": "a model with `fn sample(shape)`, or a function of a shape",
    "rademacher_like": "Rademacher().sample(x.shape)",
  ]

  private static let torchzero = [
    "Modular": "Optimizer(net, a, b)", "Module": "model Net() { … }", "Chain": "chain(a, b)",
    "StepSize": "LR(lr)", "Warmup": "LR(warmup_schedule(lr, steps))",
    "m.Adam": "scale_by_adam()", "m.Adagrad": "scale_by_rss()",
    "m.RMSprop": "scale_by_rms(alpha=0.99)", "m.Lion": "lion(lr)", "m.Adan": "adan(lr)",
    "m.Rprop": "rprop(lr)", "m.LBFGS": "lbfgs()", "m.SAM": "sam(sgd(lr))", "m.Muon": "muon(lr)",
    "m.Wrap": "the optimizer's function itself: Optimizer(net, FDM(), adam(lr))",
    "m.Normalize": "ClipNorm(max_norm)", "Orthogonalize": "muon(lr)",
    "m.Centralize": "centralize()", "Centralize": "centralize()", "NanToNum": "nan_to_num()",
    "Negate": "scale(-1.0)", "Clone": "identity()", "Identity": "identity()", "Noop": "identity()",
    "m.Sign": "sign_sgd(lr)", "WeightDecay": "add_decayed_weights(weight_decay)",
    "GradientAccumulation": "accumulate(transform, every)",
    "Multistep": "accumulate(transform, every)",
    "Averaging": "ema(decay)", "Split": "partition({label: transform}, labels)",
    "Newton": "newton_cg()", "GaussNewton": "gauss_newton(residuals, x0)",
    "LevenbergMarquardt": "levenberg_marquardt(residuals, x0)",
    "BFGS": "minimize(f, x0)", "StrongWolfe": "minimize(f, x0, line_search=\"wolfe\")",
    "AdaptiveBacktracking": "Backtracking()", "NewtonCGSteihaug": "NewtonCG()",
    "SPSA1": "@GradApproximator above a function of your own",
  ]

  private static let jax = [
    "jit": "compile(f)", "hessian_vector_product": "hvp(f, x, v)",
    "jacfwd": "jacobian(f, x, mode=\"forward\")",
    "jacrev": "jacobian(f, x, mode=\"reverse\")", "fori_loop": "for i in 0..n { … }",
    "ravel_pytree": "tree_ravel(tree)", "PRNGKey": "random_key(seed)",
    "random.key": "random_key(seed)",
    "random.split": "split_key(key)", "random.normal": "randn(3, key=key)",
    "random.uniform": "rand(3, key=key)", "random.bernoulli": "bernoulli(p, shape)",
    "random.categorical": "Categorical(logits=x).sample(shape)", "fold_in": "split_key(key)",
    "tree_util": "tree_map(f, tree)", "tree.map": "tree_map(f, tree)",
    "tree.leaves": "tree_leaves(tree)", "tree.flatten": "tree_flatten(tree)",
    "tree.unflatten": "tree_unflatten(structure, leaves)", "tree.reduce": "tree_reduce(f, tree)",
    "remat": "checkpoint(f)",
    "make_jaxpr": "graph(f(x))", "closure_convert": "the function itself",
    "defvjp": "custom_vjp(f, forward, backward)", "defjvp": "custom_jvp(f, rule)",
    "block_until_ready": "nothing: a result is there when the call returns",
    "device_put": "nothing: tensors live in main memory", "asarray": "tensor(x)",
    "array": "tensor(x), or brackets", "concatenate": "concat(xs, axis)", "vstack": "concat(xs)",
    "hstack": "concat(xs, axis=1)", "dstack": "stack(xs, axis=2)", "moveaxis": "move_axis(x, a, b)",
    "swapaxes": "swap_axes(x, a, b)", "arctan": "atan(x)", "arcsin": "asin(x)", "arccos": "acos(x)",
    "arctan2": "atan2(y, x)", "arcsinh": "asinh(x)", "arccosh": "acosh(x)", "arctanh": "atanh(x)",
    "power": "x ** p", "absolute": "abs(x)", "amax": "max(x)", "amin": "min(x)",
    "ptp": "max(x) - min(x)",
    "vdot": "dot(a, b)", "mT": "x.T", "issubdtype": "x.dtype",
    "expit": "sigmoid(x)", "gammaln": "lgamma(x)",
    "apply_every": "accumulate(transform, every)", "MultiSteps": "accumulate(transform, every)",
    "clip_by_global_norm": "clip_grad_norm(max_norm)", "clip_by_value": "clip_grad_value(value)",
    "adaptive_grad_clip": "adaptive_clip(clipping)", "zero_nans": "zero_nan()",
    "set_to_zero": "scale(0.0)", "multi_transform": "partition({label: transform}, labels)",
    "scale_by_learning_rate": "scale(-lr)", "scale_by_lbfgs": "lbfgs()",
    "noisy_sgd": "chain(add_noise(eta, gamma), sgd(lr))",
    "global_norm": "tree_norm(tree)",
    "piecewise_constant_schedule": "piecewise_constant(value, boundaries)",
    "softmax_cross_entropy": "cross_entropy(logits, labels, reduction=\"none\")",
    "softmax_cross_entropy_with_integer_labels":
      "cross_entropy(logits, labels, reduction=\"none\")",
    "sigmoid_binary_cross_entropy":
      "binary_cross_entropy_with_logits(logits, labels, reduction=\"none\")",
    "l2_loss": "0.5 * (x - y) ** 2", "squared_error": "(x - y) ** 2",
    "incremental_update": "tree_add(tree_scale(new, step), tree_scale(old, 1 - step))",
    "GradientDescent": "minimize(f, x0, method=\"gradient_descent\")",
    "FixedPointIteration": "fixed_point(f, x0, method=\"plain\")",
    "AndersonAcceleration": "fixed_point(f, x0, method=\"anderson\")",
    "ProjectedGradient": "proximal_gradient(f, x0, …)",
    "ProximalGradient": "proximal_gradient(f, x0, …)",
    "ScipyMinimize": "minimize(f, x0)", "ScipyBoundedMinimize": "minimize(f, x0, bounds=…)",
    "LBFGSB": "minimize(f, x0, bounds=…)", "NonlinearCG": "minimize(f, x0)",
    "BacktrackingLineSearch": "line_search(f, x, d)", "OSQP": "qp(P, q, …)",
    "CvxpyQP": "qp(P, q, …)",
    "Broyden": "broyden(f, x0)", "solve_bicgstab": "bicgstab()", "solve_gmres": "gmres()",
    "solve_lu": "lu_solve()", "solve_cholesky": "cholesky_solver()", "root": "newton_root(f, x0)",
    "projection_simplex": "project(x, simplex())", "projection_box": "project(x, box(low, high))",
    "projection_l2_ball": "project(x, ball(radius))", "prox_lasso": "prox_l1(x, strength)",
  ]

  private static let torch = [
    "manual_seed": "seed(0)", "no_grad": "with no_grad { … }",
    "enable_grad": "nothing: gradients are on",
    "nn.Module": "model Net() { … }", "nn.Parameter": "param(v), or `param a = v` in a model",
    "from_numpy": "load(\"x.npy\")", "as_tensor": "tensor(x)", "from_dlpack": "tensor(x)",
    "cat": "concat(xs, axis)", "unsqueeze": "expand_dims(x, axis)", "view": "reshape(x, …)",
    "autograd.grad": "grad(loss, params)", "autograd.functional": "jacobian(f, x)",
    "func.grad": "grad(f)", "set_detect_anomaly": "with anomaly_detection { … }",
    "detect_anomaly": "with anomaly_detection { … }",
    "Function": "custom_vjp(f, forward, backward)",
    "mm": "a @ b", "bmm": "a @ b", "mv": "a @ x", "baddbmm": "c + a @ b", "addmm": "c + a @ b",
    "t": "x.T", "clamp": "clip(x, low, high)", "lerp": "a + t * (b - a)",
    "addcmul": "a + value * b * c",
    "index_select": "take(x, ids, axis)", "masked_select": "x[mask]",
    "scatter": "put_along_axis(x, ids, values, axis)",
    "eq": "x == y", "ne": "x != y", "lt": "x < y", "le": "x <= y",
    "gt": "x > y", "ge": "x >= y", "add": "x + y", "sub": "x - y", "mul": "x * y", "div": "x / y",
    "true_divide": "x / y", "floor_divide": "x // y", "remainder": "x % y", "neg": "-x",
    "logical_and": "a & b", "logical_or": "a | b", "logical_not": "~a", "numel": "x.size",
    "multinomial": "choice(n, shape)", "randperm": "permutation(n)",
    "rand_like": "rand(*x.shape)", "randn_like": "randn(*x.shape)", "empty": "zeros(shape)",
    "empty_like": "zeros_like(x)", "is_tensor": "type(x) == \"Tensor\"", "inverse": "inv(a)",
    "linalg.eigh": "eigh(a)", "vander": "stack(list(x ** i for i in 0..n), axis=1)",
    "MSELoss": "mse_loss(x, y)", "L1Loss": "l1_loss(x, y)",
    "CrossEntropyLoss": "cross_entropy(logits, labels)",
    "NLLLoss": "nll_loss(log_p, labels)", "BCELoss": "binary_cross_entropy(p, y)",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits(x, y)", "HuberLoss": "huber_loss(x, y)",
    "SmoothL1Loss": "smooth_l1_loss(x, y)", "KLDivLoss": "kl_div(log_p, q)",
    "TripletMarginLoss": "triplet_loss(a, p, n)", "GaussianNLLLoss": "gaussian_nll_loss(x, y, v)",
    "HingeEmbeddingLoss": "hinge_embedding_loss(x, y)",
    "LeakyReLU": "leaky_relu(x)", "ELU": "elu(x)", "SELU": "selu(x)", "CELU": "celu(x)",
    "Softplus": "softplus(x)",
    "Softmax": "softmax(x)", "LogSoftmax": "log_softmax(x)", "LogSigmoid": "log_sigmoid(x)",
    "Hardtanh": "hardtanh(x)", "Mish": "mish(x)", "PReLU": "prelu(x, a)", "GLU": "glu(x)",
    "Softsign": "softsign(x)", "swish": "silu(x)", "hard_tanh": "hardtanh(x)",
    "BatchNorm3d": "nn.BatchNorm(channels)",
    "ModuleList": "a list in a field: let layers = list(…)",
    "ModuleDict": "a record in a field", "ParameterList": "a list of param(…) in a field",
    "MultiheadAttention": "nn.MultiHeadAttention(size, heads)", "nn.Identity": "x => x",
    "parameters_to_vector": "tree_ravel(net)", "vector_to_parameters": "tree_ravel(net)",
    "clip_grad_norm_": "chain(clip_grad_norm(max_norm), sgd(lr))",
    "clip_grad_value_": "chain(clip_grad_value(value), sgd(lr))",
    "StepLR": "exponential_decay(lr, gamma, transition_steps=step_size, staircase=true)",
    "MultiStepLR": "piecewise_constant(lr, {…})", "ExponentialLR": "exponential_decay(lr, gamma)",
    "LambdaLR": "count => lr * f(count)", "LinearLR": "linear_schedule(a, b, steps)",
    "CosineAnnealingLR": "cosine_decay_schedule(lr, steps)",
    "CosineAnnealingWarmRestarts": "sgdr_schedule(cycles)",
    "OneCycleLR": "cosine_onecycle_schedule(steps, peak)",
    "ReduceLROnPlateau": "reduce_on_plateau()",
    "PolynomialLR": "polynomial_schedule(a, b, power, steps)",
    "SequentialLR": "join_schedules(schedules, boundaries)", "SparseAdam": "Adam(target, lr)",
    "ASGD": "SGD(target, lr)", "state_dict": "extract_state(net)",
    "load_state_dict": "recover_state(net, state)",
    "DataLoader": "for batch in … { … } over slices of tensors", "Tensor": "tensor(x), or brackets",
    "FloatTensor": "tensor(x), or brackets", "LongTensor": "tensor(x), or brackets",
    "Size": "a list: (3, 4)", "device": "nothing: everything is on \"cpu\"",
    "_foreach_add_": "tree_add(a, b)", "_foreach_sub_": "tree_sub(a, b)",
    "save_image": "save(x, \"x.png\")", "expm_multiply": "expm(a) @ b",
  ]
}
