// Gradient approximators as values: called with a function they give its gradient, in a chain they
// stand for the gradient of the loss.

import Autodiff
import Language
import Optimizers
import Tensors
import ZeroOrder

/// A gradient approximator as a value.
final class ApproximatorObject: TransformObject {
  override class var hostType: HostType { members }

  private let approximator: GradientApproximator

  init(_ approximator: GradientApproximator) {
    self.approximator = approximator
    super.init(approximator.transformation)
  }

  override var summary: String { "<gradient approximator \(approximator.name)>" }

  /// The function that approximates the gradient of `f`; each of its calls is a step.
  private func gradient(_ arguments: Arguments) throws -> Value {
    let function = try arguments.function(0)
    let numbers = try Differentiation.argumentNumbers(arguments, 1)
    let approximator = approximator
    var state = ApproximatorState()
    return .builtin(
      BuiltinFunction("gradient(*args, **options)") { call in
        let interpreter = call.interpreter
        interpreter.context.meets(obstacle: "draws the directions of an estimate")
        let prepared = try EstimatedCall(
          .arguments(numbers), call.rest(0), Array(call.options(1).pairs),
          signature: interpreter.machine.ownSignature(of: function))
        let parameters = try prepared.tree(.arguments(numbers))
        let found = try approximator.gradient(
          of: { tree in
            try prepared.call(interpreter, function, tree.leaves, prepared.others).loss()
          }, at: parameters, &state)
        return prepared.structured(found.leaves, .arguments(numbers))
      })
  }
}

extension ApproximatorObject {
  private static let members = HostType(
    ApproximatorObject.self, "GradApproximator",
    makers: [
      "FDM", "RandomizedFDM", "SPSA", "RDSA", "GaussianSmoothing", "MeZO", "ForwardGradient",
    ],
    """
    A way to find gradients from values of a function. It is a `Transform` too: as the first of a
    chain it stands for the gradient of the loss.
    """,
    extending: transforms,
    call: Method(
      "approximator(f, argnums=0)",
      """
      The function that approximates the gradient of `f`. `argnums` is the number of the argument by
      which, or a list of such numbers. Each call of the function is a step. Also a decorator.

          let slope = FDM()((a, b) => a * b, argnums=1)
          print(near(slope(3.0, 1.0), 3.0))    # true
      """
    ) { approximator, arguments in try approximator.gradient(arguments) })
}

extension Value {
  /// An approximator as a value.
  static func approximator(_ approximator: GradientApproximator) -> Value {
    .host(ApproximatorObject(approximator))
  }
}

extension GradientApproximator {
  /// An approximator by a function of the program, `approximate(f, params)`, which gives a tree of
  /// the parameters' structure, or that with losses; see `GradApproximator`.
  init(
    _ name: String, calling function: Value, preparing prepare: Value?, reportsMovedLoss: Bool,
    _ interpreter: Interpreter
  ) {
    let parameters = interpreter.machine.ownSignature(of: function)?.parameters ?? []
    let takes = { (name: String) in parameters.contains { $0.kind == .plain && $0.name == name } }
    let (takesLoss, takesDrawn) = (takes("loss"), takes("drawn"))
    let preparation: Prepare? = prepare.map { prepare in
      { [unowned interpreter] loss, parameters in
        try interpreter.call(prepare, [.loss(loss, of: parameters), Value(parameters)])
      }
    }
    self.init(name, prepare: preparation) { [unowned interpreter] loss, parameters, draw in
      var named: [(String, Value)] = []
      if takesLoss { named.append(("loss", draw.loss.map { .tensor($0) } ?? .nil)) }
      if takesDrawn { named.append(("drawn", draw.prepared as? Value ?? .nil)) }
      let result = try interpreter.call(
        function, [.loss(loss, of: parameters), Value(parameters)], named: named)
      let tree = try ValueTree(result).tree
      guard case .list(let parts) = result, parts.count == 3, !tree.hasStructure(of: parameters),
        try ValueTree(parts[0]).tree.hasStructure(of: parameters)
      else { return (try tree.fitted(to: parameters), nil) }
      let moved = try parts[2].optionalLoss()
      let value = try parts[1].optionalLoss() ?? (reportsMovedLoss ? moved : nil)
      return (try ValueTree(parts[0]).tree.fitted(to: parameters), value)
    }
  }
}

extension Value {
  /// A loss as a function of parameters of a structure.
  fileprivate static func loss(
    _ loss: @escaping Objective.Value, of parameters: Tree
  ) -> Value {
    .builtin(
      BuiltinFunction("f(params)") { call in
        .tensor(
          try loss(parameters.with(try ValueTree(call[0]).tree.fitted(to: parameters).leaves)))
      })
  }

  /// A loss that may be left out.
  fileprivate func optionalLoss() throws -> Variable? {
    isNil ? nil : try loss().scalarLoss()
  }
}

extension Tree {
  /// True where lists, records and leaves stand at the same places.
  fileprivate func hasStructure(of other: Tree) -> Bool {
    switch (self, other) {
    case (.leaf, .leaf), (.none, .none): true
    case (.list(let a), .list(let b)):
      a.count == b.count && Swift.zip(a, b).allSatisfy { $0.hasStructure(of: $1) }
    case (.record(let a), .record(let b)):
      a.count == b.count
        && Swift.zip(a, b).allSatisfy { $0.key == $1.key && $0.value.hasStructure(of: $1.value) }
    default: false
    }
  }
}

extension Tree {
  /// This tree with the dtypes of another.
  ///
  /// - Throws: a shape error that names the path, where structures or shapes differ.
  fileprivate func fitted(to other: Tree) throws -> Tree {
    let fitted = try other.zip(self) { there, here in
      guard here.shape == there.shape else {
        throw TensorError(
          .shape,
          "approximate gave \(here.typeDescription) for a parameter of \(there.typeDescription)")
      }
      return try here.converted(to: there.dtype)
    }
    guard fitted.leaves.count == other.leaves.count else {
      throw TensorError(.shape, "approximate left out the gradients of some parameters")
    }
    return fitted
  }
}
