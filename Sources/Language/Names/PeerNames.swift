// Names of TorchOpt, torchzero, JAX, Optax, JAXopt, PyTorch and NumPy that are called otherwise here, and
// what to write instead. What has its name here too needs no row: `ForeignMembers` looks through prefixes
// such as `torch.nn.functional.`. The tables of docs/guides/coming-from.md say more of each.

/// What stands here for the names of other libraries.
enum PeerNames {
  /// For a name that nothing declares. A short one, such as `t`, is more likely a variable.
  static func hint(forName name: String) -> String? {
    name.utf8.count > 4 ? rows[name].map { "write \($0)" } : nil
  }

  /// For a named argument that has no place here, because what it asks for is always so.
  static func hint(forParameter name: String) -> String? { needless[name] }

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
    "functional_call": "(apply, params) = functional(net), then apply(params, x)",
    "tree_structure": "tree_flatten(tree)[1]", "tree_any": "any(tree_leaves(tree))",
    "reparametrize": "(apply, params) = functional(net)",
    "reparameterize": "(apply, params) = functional(net)",
    "make_functional_with_buffers": "(apply, params) = functional(net)",
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
    "Modular": "Optimizer(net, a, b)", "Chain": "chain(a, b)",
    "StepSize": "LR(lr)", "Warmup": "LR(warmup_schedule(lr, steps))",
    "m.Adam": "scale_by_adam()", "m.Adagrad": "scale_by_rss()",
    "m.RMSprop": "scale_by_rms(alpha=0.99)", "m.Lion": "lion(lr)", "m.Adan": "adan(lr)",
    "m.Rprop": "rprop(lr)", "m.LBFGS": "lbfgs()", "m.SAM": "sam(sgd(lr))", "m.Muon": "muon(lr)",
    "m.Wrap": "the optimizer's function itself: Optimizer(net, FDM(), adam(lr))",
    "m.Normalize": "ClipNorm(max_norm)", "Orthogonalize": "muon(lr)",
    "m.Centralize": "centralize()", "Centralize": "centralize()", "NanToNum": "nan_to_num()",
    "Negate": "scale(-1.0)", "Clone": "identity()", "Noop": "identity()",
    "m.Sign": "sign_sgd(lr)", "WeightDecay": "add_decayed_weights(weight_decay)",
    "GradientAccumulation": "accumulate(transform, every)",
    "Multistep": "accumulate(transform, every)",
    "Averaging": "ema(decay)", "Split": "partition({label: transform}, labels)",
    "Newton": "newton_cg()", "GaussNewton": "gauss_newton(residuals, x0)",
    "LevenbergMarquardt": "levenberg_marquardt(residuals, x0)",
    "StrongWolfe": "minimize(f, x0, line_search=\"wolfe\")",
    "AdaptiveBacktracking": "Backtracking()", "NewtonCGSteihaug": "NewtonCG()",
    "SPSA1": "@GradApproximator above a function of your own",
  ]

  private static let jax = [
    "hessian_vector_product": "hvp(f, x, v)",
    "fold_in": "split_key(key)",
    "tree.unflatten": "tree_unflatten(structure, leaves)",
    "closure_convert": "the function itself",
    "defjvp": "custom_jvp(f, rule)",
    "issubdtype": "x.dtype",
    "apply_every": "accumulate(transform, every)",
    "clip_by_value": "clip_grad_value(value)",
    "adaptive_grad_clip": "adaptive_clip(clipping)", "zero_nans": "zero_nan()",
    "set_to_zero": "scale(0.0)",
    "scale_by_learning_rate": "scale(-lr)", "scale_by_lbfgs": "lbfgs()",
    "noisy_sgd": "chain(add_noise(eta, gamma), sgd(lr))",
    "global_norm": "tree_norm(tree)",
    "piecewise_constant_schedule": "piecewise_constant(value, boundaries)",
    "squared_error": "(x - y) ** 2",
    "incremental_update": "tree_add(tree_scale(new, step), tree_scale(old, 1 - step))",
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
    "nn.Module": "model Net() { … }", "nn.Parameter": "param(v), or `param a = v` in a model",
    "autograd.functional": "jacobian(f, x)",
    "func.grad": "grad(f)", "set_detect_anomaly": "with anomaly_detection { … }",
    "detect_anomaly": "with anomaly_detection { … }",
    "Function": "custom_vjp(f, forward, backward)",
    "inverse": "inv(a)",
    "linalg.eigh": "eigh(a)",
    "HingeEmbeddingLoss": "hinge_embedding_loss(x, y)",
    "LogSigmoid": "log_sigmoid(x)",
    "PReLU": "prelu(x, a)", "GLU": "glu(x)",
    "Softsign": "softsign(x)", "hard_tanh": "hardtanh(x)",
    "nn.Identity": "x => x",
    "parameters_to_vector": "tree_ravel(net)", "vector_to_parameters": "tree_ravel(net)",
    "MultiStepLR": "piecewise_constant(lr, {…})",
    "CosineAnnealingWarmRestarts": "sgdr_schedule(cycles)",
    "ReduceLROnPlateau": "reduce_on_plateau()",
    "PolynomialLR": "polynomial_schedule(a, b, power, steps)",
    "SequentialLR": "join_schedules(schedules, boundaries)", "SparseAdam": "Adam(target, lr)",
    "ASGD": "SGD(target, lr)",
    "Size": "a list: (3, 4)",
    "_foreach_add_": "tree_add(a, b)", "_foreach_sub_": "tree_sub(a, b)",
    "save_image": "save(x, \"x.png\")", "expm_multiply": "expm(a) @ b",
  ]
}
