// The worked examples of `docs/guides/extending.md`: a primitive, a built-in, a page and an optimizer, each as it
// would stand in the sources, and a program that uses them. The guide shows parts of this file.

import Language
import Platform
import Syntax
import Testing

@testable import Autodiff
@testable import Library
@testable import Optimizers
@testable import Tensors

extension Primitive {
  /// Lambert's W, the solution of y eʸ = x that is -1 or more; nan below -1/e.
  ///
  ///     y = W(x)            ẏ = e⁻ʸ / (1 + y) · ẋ            x̄ = e⁻ʸ / (1 + y) · ȳ
  static let lambertW = Primitive(
    "lambertw",
    kernel: { x, _ in
      let solutions = try Tensor(shape: x.shape, of: Double.self) { elements in
        for number in x.doubles { elements.append(solveLambertW(number)) }
      }
      return try solutions.converted(to: x.dtype)
    },
    forward: { _, y, _, t in try t.scaled(by: (-y).exp()).over(y + 1) },
    reverse: { _, y, _, t in try t.scaled(by: (-y).exp()).over(y + 1) })
}

/// The solution of y eʸ = x by Halley's steps, which near it triple the digits that are right.
private func solveLambertW(_ x: Double) -> Double {
  let e = exp(1.0)
  if x < -1 / e || x.isNaN { return .nan }
  if x.isInfinite { return x }
  var y = x < 1 ? (e * x + 1).squareRoot() - 1 : log(x)
  for _ in 0..<40 where 1 + y != 0 {
    let excess = y * exp(y) - x
    let slope = exp(y) * (1 + y)
    y -= excess / (slope - (y + 2) * excess / (2 * y + 2))
  }
  return y
}

extension Variable {
  /// Lambert's W of each element.
  func lambertW() throws -> Variable { try apply(.lambertW, floating()) }
}

extension Builtins {
  static let special = BuiltinPage("Special functions", inverses + powers)

  private static let inverses: [Builtin] = [
    Builtin(
      "lambertw(x)",
      """
      Lambert's W: the y with `y * exp(y) == x` that is -1 or more; nan below `-1 / e`.

          print(lambertw([0.0, e]))    # [0.0, 1.0]
      """
    ) { try $0.numberOrTensor { try $0.lambertW() } }
  ]

  private static let powers: [Builtin] = [
    Builtin(
      "powerlaw(x, exponent=2, scale=1.0)",
      """
      `scale * abs(x) ** exponent`.

          print(powerlaw([-1.0, 3.0]), powerlaw(2.0, exponent=3, scale=0.5))    # [1.0, 9.0] 4.0
      """
    ) { arguments in
      let (exponent, scale) = (try arguments.int(1), try arguments.scalar(2))
      guard exponent >= 0 else {
        throw RuntimeError(
          .value, "the exponent of powerlaw must be 0 or more, not \(exponent)",
          hint: "divide by powerlaw(x, exponent=\(exponent.magnitude)) instead")
      }
      return try arguments.numberOrTensor { try scale.like($0) * $0.abs().power(Double(exponent)) }
    }
  ]
}

extension GradientTransformation {
  /// Signum (Bernstein et al. 2018, arXiv:1802.04434): a step of one length against the sign of a running mean.
  ///
  ///     m ← β m + (1 - β) g            u = -η sign(m)
  ///
  /// - Throws: a value error for a hyperparameter out of its range.
  static func signum(
    learningRate: Hyperparameter, momentum: Hyperparameter = 0.9
  ) throws -> GradientTransformation {
    try learningRate.require("lr", .nonNegative)
    try momentum.require("momentum", .decay)
    let sign = GradientTransformation(
      leafwise: "scale_by_signum", slots: [.zeros("mu")], [momentum]
    ) { step in
      let β = step.values[0]
      let m = try β * step.slots[0] + (1 - β) * step.gradient
      return [try m.sign(), m]
    }
    return chain([sign, try scaleByLearningRate(learningRate)], name: "signum")
  }
}

extension OptimizerFamily {
  static let signum = OptimizerFamily(
    signature: "signum(lr, momentum=0.9)",
    about: "Steps of one length against the sign of a running mean of gradients.",
    names: ["Signum"], shown: ("-0.1", "2.9", "3.6")
  ) { given in
    try .signum(learningRate: given.number("lr"), momentum: given.number("momentum"))
  }
}

@Suite("what a guide adds") struct ExtendingTests {
  /// The library with what this file adds: in the sources it would be a line in `Pages.swift`.
  private static let library = BuiltinLibrary(
    Builtins.library.pages + [
      Builtins.special,
      BuiltinPage(
        "More", [OptimizerFamily.signum.functionBuiltin] + OptimizerFamily.signum.objectBuiltins),
    ])

  private func printed(by program: String) throws -> String {
    var text = ""
    let interpreter = Interpreter(library: Self.library) { text += $0 }
    try interpreter.run(Source(name: "1", text: program))
    return text
  }

  @Test func `a primitive has every mode at every order`() throws {
    let text = try printed(
      by: """
        let x = [-0.2, 0.5, 3.0]
        print(near(lambertw(x) * exp(lambertw(x)), x))
        print(check_grad(x => sum(lambertw(x)), x))
        print(check_grad(grad(x => sum(lambertw(x) ** 2)), x))
        print(near(vmap(grad(lambertw))(x), jvp(lambertw, x, ones(3))[1]))
        print(near(compile(lambertw)(x), lambertw(x)), lambertw(-1.0), lambertw(zeros(0)))
        print(lambertw(x.to(f32)).dtype, lambertw([1, 2]).dtype)
        """)
    #expect(text == "true\ntrue\ntrue\ntrue\ntrue nan []\nf32 f64\n")
  }

  @Test func `a built-in binds its arguments and says what is wrong`() throws {
    let text = try printed(
      by: """
        print(powerlaw([-1.0, 3.0]), powerlaw(2.0, exponent=3, scale=0.5))
        print([2.0, 3.0].powerlaw(scale=2.0), grad(s => powerlaw(3.0, scale=s))(1.0))
        for call in (() => powerlaw(2.0, exponent=-1), () => powerlaw(2.0, exponent="two")) {
            try { call() } catch e { print(e.message) }
        }
        """)
    #expect(
      text == """
        [1.0, 9.0] 4.0
        [8.0, 18.0] 9.0
        the exponent of powerlaw must be 0 or more, not -1
        `exponent` of powerlaw must be an Int, not the String "two"

        """)
  }

  @Test func `an optimizer is a function, an object and a differentiable object`() throws {
    let text = try printed(
      by: """
        let t = signum(lr=0.1)
        print(t.update({w: 2.0}, t.init({w: 1.0}))[0].w)
        let w = param(3.0)
        Signum(w, lr=0.1).step(w ** 2)
        print(w)
        let (v, rate) = (param(3.0), param(0.1))
        MetaSignum(v, lr=rate).step(v ** 2)
        print(round(grad(v ** 2, rate), 9))
        """)
    #expect(text == "-0.1\n2.9\n-5.8\n")
  }
}
