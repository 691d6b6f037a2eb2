// The optimizers: each a function, an object and a differentiable object, declared as one row.
//
// A row says the function's signature and how a transformation is made of its arguments; the
// objects' signatures follow from it, but for the defaults in which TorchOpt's classes differ from
// its functions.

import Language
import Optimizers

/// One optimizer in its three forms.
struct OptimizerFamily: Sendable {
  /// The function's name and parameters.
  let signature: String
  /// What it does, for the function's documentation.
  let about: String
  /// The object's name, then its other spellings.
  let names: [String]
  /// The object's parameters, where their order is not the function's.
  var parameters: String?
  /// The objects' defaults, where they are not the function's.
  var defaults: [String: String] = [:]
  /// What the examples print, to four digits: the function's update, a step's parameter, a gradient through one.
  let shown: (function: String, object: String, meta: String)
  /// Makes the transformation.
  var make: @Sendable (OptimizerArguments) throws -> GradientTransformation
  /// Makes what stands for it in a chain behind one that makes steps; nil for the same.
  var behindSteps: (@Sendable (OptimizerArguments) throws -> GradientTransformation)?
}

extension OptimizerFamily {
  private var function: Signature { Signature(parsing: signature) }

  /// The function, `adam`.
  var functionBuiltin: Builtin {
    Builtin(
      signature,
      """
      \(about)

      Any number may be a tensor, be it of one for each element, a parameter, a schedule, or a tree of such
      by leaf, and gradients reach it.

          let w = {w: 1.0}
          let t = \(function.name)(lr=0.1)
          print(round(t.update({w: 2.0}, t.init(w), w)[0].w, 4))    # \(shown.function)
      """
    ) { .host(try TransformObject(OptimizerOrigin(self, OptimizerArguments($0)))) }
  }

  /// `Adam` and its other spellings, `MetaAdam` and its.
  var objectNames: [String] { names + names.map { "Meta" + $0 } }

  /// The object `Adam` under each of its names, and `MetaAdam` under each of its.
  var objectBuiltins: [Builtin] {
    names.indices.map { object($0, isDifferentiable: false) }
      + names.indices.map { object($0, isDifferentiable: true) }
  }

  private func object(_ spelling: Int, isDifferentiable: Bool) -> Builtin {
    let prefix = isDifferentiable ? "Meta" : ""
    let canonical = prefix + names[0]
    let name = prefix + names[spelling]
    let signature = Signature(parsing: "\(name)(\(parameters ?? ownParameters))")
    let listed = signature.parameters.compactMap { parameter -> String? in
      // An object that does not differentiate has no gradients that could pass its moments.
      if parameter.name == "moment_requires_grad" && !isDifferentiable { return nil }
      let text =
        parameter.name == "moment_requires_grad"
        ? defaults[parameter.name] ?? "true" : defaults[parameter.name] ?? parameter.defaultText
      return parameter.name + (text.map { "=" + $0 } ?? "")
    }
    let about =
      spelling > 0
      ? "`\(canonical)` in another spelling."
      : isDifferentiable
        ? """
        The differentiable form of `\(names[0])`: after `opt.step(loss)` the parameters are still
        functions of everything that the step used.
        """
        : """
        An optimizer of the parameters of a model, a parameter, or a tree of them, with the steps of
        `\(function.name)`. `opt.step()` takes the gradients that `backward` left, `opt.step(loss)`
        computes them.
        """
    return Builtin(
      "\(name)(\((["target"] + listed).joined(separator: ", ")))",
      about + "\n\n" + (isDifferentiable ? metaExample(name) : objectExample(name))
    ) { arguments in
      .host(
        try OptimizerObject(
          canonical, target: arguments[0],
          TransformObject(
            OptimizerOrigin(self, OptimizerArguments(arguments, skipping: 1))),
          isDifferentiable: isDifferentiable))
    }
  }

  private var ownParameters: String {
    let text = signature.drop { $0 != "(" }.dropFirst()
    return String(text.dropLast())
  }

  private func objectExample(_ name: String) -> String {
    """
        let x = param(3.0)
        let opt = \(name)(x, lr=0.1)
        opt.step(x ** 2)
        print(round(x, 4))    # \(shown.object)
    """
  }

  private func metaExample(_ name: String) -> String {
    """
        let (a, x) = (param(1.0), param(2.0))
        let opt = \(name)(a, lr=0.1)
        opt.step(a * x ** 2)
        backward(a * x ** 2)
        print(round(x.grad, 4))    # \(shown.meta)
    """
  }
}
