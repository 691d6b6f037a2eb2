// State as functions: what the commands `extract` and `recover` do, and copies of models.

import Autodiff
import Language
import Tensors

extension Builtins {
  static let state = BuiltinPage(
    "State", objects: [Snapshot.self],
    [
      Builtin(
        "extract_state(target, by=\"reference\", detach_buffers=false, device=nil, name=nil)",
        """
        A snapshot of a model, a parameter, an optimizer, or a list or record of them, as the
        command `extract` makes it.

        By `"reference"` it keeps the very tensors with their graphs, by `"copy"` copies that stay
        connected to the graph, by `"deepcopy"` detached ones, which are new leaves when they are
        recovered. `detach_buffers` cuts buffers from their graphs. With a `device`, as `to` names them, its tensors
        are those of the target moved there. By `name` the snapshot prints, and pictures of graphs call its tensors: `step0.a` for `name="step0"`.

        A snapshot is a tree: `keys(s)` names its leaves, `s["layers.0.weight"]` is one, and the
        functions on trees compute with it.

            let a = param(1.0)
            let start = extract_state(a)
            a.value = 5.0
            recover_state(a, start)
            print(a)    # 1.0
        """
      ) { arguments in
        .host(
          try Snapshot(
            of: [arguments[0]], manner: arguments.manner(1),
            detachesBuffers: arguments.bool(2), place: arguments.place(3),
            name: arguments.has(4) ? arguments.string(4) : nil))
      },
      Builtin(
        "recover_state(target, snapshot, partial=false)",
        """
        Puts a snapshot back, as the command `recover` does, and gives the target: the same one,
        but for plain tensors and numbers in lists and records, which are replaced.

        A tree of tensors serves as a snapshot, and so do the flat names of `named_parameters()` and
        of files that other programs wrote, `layers.0.weight`. What does not fit is an error that lists the
        differences, and nothing is changed. With `partial=true` what fits is put back, and the
        result is a record of paths: `restored`, `missing` in the snapshot, `extra` in it, and
        `different` in shape or kind.

            let weights = {w: param(1.0), b: param([0.0, 0.0])}
            let report = recover_state(weights, {w: 7.0 * [1.0, 1.0], b: [1.0, 2.0], c: 3.0}, partial=true)
            print(weights)    # {w: 1.0, b: [1.0, 2.0]}
            print(report)     # {restored: ("b",), missing: (), extra: ("c",), different: ("w",)}
        """, effects: .changes
      ) { arguments in
        let snapshot = try Snapshot.recovering(arguments[1])
        if try arguments.bool(2) {
          return .record(try snapshot.recoverPartially(into: [arguments[0]]))
        }
        return try snapshot.recover(into: [arguments[0]])[0]
      },
      Builtin(
        "clone(target, by=\"reference\", detach_buffers=false)",
        """
        A model or a tree with parameters of its own, which begin with the same tensors: by
        `"reference"` the very leaves of the original, so that gradients reach them; by `"copy"`
        copies that stay connected to them; by `"deepcopy"` new leaves.

            let a = param(1.0)
            let b = clone(a, by="copy")
            let opt = MetaSGD(b, lr=0.5)
            opt.step(b ** 2)
            print(a, b)            # 1.0 0.0
            backward(b ** 2 + b)
            print(a.grad)          # 0.0
        """
      ) { arguments in
        var cloner = Cloner(
          try arguments.manner(1), detachesBuffers: try arguments.bool(2),
          arguments.interpreter)
        return try cloner.clone(arguments[0])
      },
      Builtin(
        "detach(target)",
        """
        The same numbers without their graph, for every derivative constants; the target stays as
        it is. A model gives a clone with new leaves, a parameter its tensor.

        `stop_gradient` cuts a model, a parameter or an optimizer itself from its graph.

            print(grad(x => detach(x) * x)(3.0))    # 3.0
        """
      ) { arguments in
        var cloner = Cloner(.deepcopy, detachesBuffers: true, arguments.interpreter)
        return try cloner.detach(arguments[0])
      },
    ])
}

extension Cloner {
  /// The clone of a value, with tensors in place of the parameters that stand outside models.
  fileprivate mutating func detach(_ value: Value) throws -> Value {
    switch value {
    case .tensor, .parameter: value.variable.map { .tensor(stopGradient($0)) } ?? value
    default: try mapParts(of: value) { try $0.detach($1) } ?? clone(value)
    }
  }
}

extension Arguments {
  /// How tensors are to be kept; TorchOpt's short names serve too.
  func manner(_ index: Int) throws -> Snapshot.Manner {
    switch try choice(
      index, ["reference", "copy", "deepcopy", "ref", "clone", "deepclone"])
    {
    case "copy", "clone": .copy
    case "deepcopy", "deepclone": .deepcopy
    default: .reference
    }
  }
}
