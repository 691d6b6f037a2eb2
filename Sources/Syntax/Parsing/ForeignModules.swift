// Modules that programs of Python import, and where the same is found here.

/// What an import of another language's module is told.
package enum ForeignModules {
  /// The hint for a module, `torch.nn.functional` or `np`; nil for what is none of them.
  package static func hint(forImport path: String) -> String? {
    let root = path.split(separator: ".").first.map(String.init) ?? path
    return imports[path] ?? imports[root]
  }

  /// True for the name that a program gives such a module.
  package static func contains(_ name: String) -> Bool { imports[name] != nil }

  private static let tensors = "tensors and their functions need no import: sum(x), zeros(3)"
  private static let optimizers =
    "optimizers need no import: Adam(net, lr=0.1), MetaAdam(net, lr=0.1), adam(0.1)"
  private static let modules =
    "modules are transforms and need no import: Optimizer(net, FDM(), NewtonCG(), Backtracking())"
  private static let layers =
    "layers are in the module nn: import nn; activations and losses need no import: relu(x)"

  private static let imports: [String: String] = [
    "np": tensors, "numpy": tensors, "torch": tensors, "jnp": tensors, "jax": tensors,
    "jax.numpy": tensors, "tf": tensors, "tensorflow": tensors, "cupy": tensors,
    "functorch": tensors,
    "lax": tensors, "jax.lax": "loops and choices need no import: scan, while_loop, cond",
    "F": "activations and losses need no import: relu(x), cross_entropy(logits, labels)",
    "torch.nn.functional":
      "activations and losses need no import: relu(x), cross_entropy(logits, labels)",
    "torch.nn": layers, "jax.nn": layers, "flax": layers, "linen": layers, "nnx": layers,
    "haiku": layers, "hk": layers, "equinox": layers, "eqx": layers, "keras": layers,
    "torch.optim": optimizers, "optim": optimizers, "optax": optimizers, "torchopt": optimizers,
    "torchzero": modules, "tz": modules,
    "jaxopt": "solvers need no import: minimize, fixed_point, custom_root, cg",
    "scipy": "functions of SciPy's need no import: minimize, solve, erf, expm",
    "sp": "functions of SciPy's need no import: minimize, solve, erf, expm",
    "torch.utils.data":
      "batches are made by the module data: import data; data.minibatches(set, 32)",
    "torchvision": "digits and pictures are in the module data; load reads files of IDX and PNG",
    "sklearn": "sets of examples are in the module data: import data",
    "pandas": "load(\"table.csv\") reads a table, and save writes one",
    "pd": "load(\"table.csv\") reads a table, and save writes one",
    "matplotlib": "plots need no import: plot(xs, ys).save(\"plot.svg\")",
    "plt": "plots need no import: plot(xs, ys).save(\"plot.svg\")",
    "seaborn": "plots need no import: plot(xs, ys).save(\"plot.svg\")",
    "torchviz": "graphs need no import: graph(loss).save(\"graph.svg\")",
    "tqdm": "write progress(values) around what a loop goes over",
    "math": "functions of numbers need no import: sqrt(x), pi",
    "random": "random numbers need no import: rand(3), randn(3), randint(0, 10, 3)",
    "os": "files need no import: exists(path), list_files(path), make_folder(path), env(name)",
    "pathlib": "files need no import: exists(path), list_files(path), make_folder(path)",
    "glob": "write list_files(folder)",
    "sys": "write args() for the arguments and exit(status) to leave",
    "argparse": "write args() for the arguments",
    "json": "write json_parse(text) and json_text(value)",
    "csv": "load(\"table.csv\") reads a table, and save writes one",
    "pickle": "write save(value, \"file.safetensors\") and load(\"file.safetensors\")",
    "safetensors": "write save(value, \"file.safetensors\") and load(\"file.safetensors\")",
    "copy": "lists and records are values; clone(net) copies a model",
    "functools": "functions on lists need no import: map, filter, reduce",
    "itertools": "sequences need no import: zip, enumerate, ranges such as 0..3",
    "collections": "records and lists need no import: {a: 1}, (1, 2)",
    "typing": "kinds of values are not declared",
    "dataclasses": "records are written {a: 1}, objects with state are declared with model",
    "unittest": "write test \"name\" { assert … }, and run it by mos test",
    "pytest": "write test \"name\" { assert … }, and run it by mos test",
    "logging": "write print(text)",
    "datetime": "time() gives seconds",
    "multiprocessing": "tensors are computed by all cores as it is",
    "threading": "tensors are computed by all cores as it is",
  ]
}
