// Optimizers: functions that give transforms, and objects that hold parameters and a state.

import Autodiff
import Devices
import Language
import Optimizers
import Tensors

extension Builtins {
  static let optimizers = BuiltinPage(
    "Optimizers",
    objects: [OptimizerObject.self, OptimizerGroupObject.self, FunctionalOptimizerObject.self],
    OptimizerFamily.all.map(\.functionBuiltin)
      + [
        Builtin(
          "apply_updates(params, updates)",
          """
          The parameters plus their updates, as a new tree; nil leaves a parameter as it is.

              print(apply_updates({w: 1.0}, {w: -0.5}))    # {w: 0.5}
          """
        ) { arguments in
          Value(try applyUpdates(arguments.tree(0), arguments.treeOrNothing(1)))
        },
        Builtin(
          "schedule_free_eval_params(state, params)",
          """
          The average that `schedule_free` makes of the iterates, for its state and parameters: what is to
          be used in the end. The state of an optimizer, `opt.state[0]`, serves for its parameters.

              let (w, t) = (1.0, schedule_free(0.25))
              let (u, state) = t.update(2.0, t.init(w), w)
              print(schedule_free_eval_params(state, apply_updates(w, u)))    # 0.5
          """
        ) { arguments in
          Value(
            try GradientTransformation.scheduleFreeParameters(arguments.tree(0), arguments.tree(1)))
        },
        Builtin(
          "accelerated_op_available(device=nil)",
          """
          Whether Adam's step is one fused operation on a device, or on all of a list of devices. On
          the processor it always is: `adam` and its kin use it wherever their numbers are plain. On another it is
          where the machine has that device: `"cuda"`, `"gpu"` or `"opencl:0"`, as `to` names them.

              print(accelerated_op_available(), accelerated_op_available("cpu"))    # true true
          """
        ) { arguments in
          guard arguments.has(0) else { return .bool(true) }
          let devices: [Value]
          if case .list(let values) = arguments[0] {
            devices = Array(values)
          } else {
            devices = [arguments[0]]
          }
          let names = try devices.map { device -> String in
            guard let name = device.text else {
              throw arguments.mismatch(device, 0, "the name of a device, such as \"cpu\"")
            }
            return name
          }
          return .bool(
            try names.allSatisfy { name in
              if name == Place.processor.name { return true }
              guard DeviceList.isName(name) else { return false }
              try arguments.require(.devices)
              return try DeviceList.place(named: name) != nil
            })
        },
      ]
      + OptimizerFamily.all.flatMap(\.objectBuiltins)
      + [
        Builtin(
          "Optimizer(target, transform, *transforms)",
          """
          An optimizer of the parameters in `target` with any transform, or with several, one after the
          other as in `chain`.

          `opt.zero_grad()` takes gradients away, `opt.step()` goes by those that `backward` left,
          `opt.step(loss)` computes them. `opt.state` is what the transform remembers, one tree for
          each group; `opt.add_param_group(target, transform)` adds parameters, and in the other
          optimizers `opt.add_param_group(target, lr=…)`, with any of their numbers.

              let x = param(3.0)
              let opt = Optimizer(x, sgd(0.1))
              opt.step(x ** 2)
              print(x)    # 2.4
          """
        ) { arguments in try optimizer(arguments, isDifferentiable: false) },
        Builtin(
          "MetaOptimizer(target, transform, *transforms)",
          """
          A differentiable optimizer of the parameters in `target` with any transform, or several.

              let (a, x) = (param(1.0), param(2.0))
              let opt = MetaOptimizer(a, sgd(1.0))
              opt.step(a * x ** 2)
              backward(a * x ** 2)
              print(x.grad)    # -28.0
          """
        ) { arguments in try optimizer(arguments, isDifferentiable: true) },
        Builtin(
          "FuncOptimizer(transform)",
          """
          A differentiable optimizer that holds no parameters: `opt.step(loss, params)` gives new
          ones, a tree of tensors that are still functions of the old.

              let w = param(1.0)
              let opt = FuncOptimizer(sgd(0.25))
              let next = opt.step(w ** 2, w)
              print(next, grad(next ** 2, w))    # 0.5 0.5
          """
        ) { arguments in
          .host(
            FunctionalOptimizerObject(
              try arguments.transformation(0), arguments[0].transformOrigin))
        },
      ])

  private static func optimizer(_ arguments: Arguments, isDifferentiable: Bool) throws -> Value {
    let transform = try arguments.chained(
      [arguments[1]] + arguments.rest(2), from: 1, "a Transform")
    return .host(
      try OptimizerObject(
        arguments.callee.name, target: arguments[0], transform.transformation, transform.origin,
        isDifferentiable: isDifferentiable))
  }
}
