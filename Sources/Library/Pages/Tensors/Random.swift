// Random numbers: drawn from the program's stream, or from a key that is given.
//
// A key is a value: the same key always gives the same numbers.

import Autodiff
import Language
import Tensors

/// What `seed(n)` gives: used in `with`, the stream outside goes on as if nothing was drawn.
final class SeedContext: ContextObject {
  override class var hostType: HostType { members }
  private static let members = HostType(
    SeedContext.self, "Seed",
    "What `seed` gives: a context, after which the stream goes on as if its block had drawn nothing."
  )

  private let seed: Int
  /// The stream before the call, until something is drawn or the first `with` begins.
  private var before: RandomKey?
  private var saved: [RandomKey] = []

  init(_ seed: Int) {
    self.seed = seed
    before = Context.current.random
    Context.current.random = RandomKey(seed: seed)
  }

  override var typeName: String { "Seed" }
  override var summary: String { "seed(\(seed))" }

  override func enter(_ interpreter: Interpreter) throws {
    let start = RandomKey(seed: seed)
    let current = Context.current.random
    saved.append(current == start ? before ?? current : current)
    before = nil
    Context.current.random = start
  }

  override func exit(_ interpreter: Interpreter) {
    if let outer = saved.popLast() { Context.current.random = outer }
  }
}

extension Arguments {
  /// Draws with the key of a parameter where it is given, else from the program's stream.
  func draw<R>(key index: Int, _ body: (inout RandomKey) throws -> R) throws -> R {
    guard has(index) else {
      return try body(&Context.current.random)
    }
    var key = try host(index, as: KeyObject.self, "a Key").stream()
    return try body(&key)
  }

  /// Draws a tensor in the same way; a key that is being recorded stays an operand.
  func drawn(
    key index: Int, _ body: @escaping @Sendable (inout RandomKey) throws -> Tensor
  ) throws -> Value {
    if has(index) {
      let key = try host(index, as: KeyObject.self, "a Key")
      if let words = key.words { return .tensor(try words.drawing(body)) }
      var stream = key.key
      return .tensor(.tensor(try body(&stream)))
    }
    return .tensor(try draw(key: index) { try $0.drawn(body) })
  }

  /// Draws a number for each element of parameters, which may be mapped or recorded.
  func drawn(
    key index: Int, for parameters: Variable,
    _ body: (_ words: Variable, _ parameters: Variable) throws -> Variable
  ) throws -> Value {
    let words: Variable
    if has(index) {
      let key = try host(index, as: KeyObject.self, "a Key")
      words = try key.words ?? .tensor(key.key.words())
    } else {
      words = try Context.current.random.branch().recordedWords()
    }
    return .tensor(try body(words, parameters))
  }

  /// The dtype of a parameter for random floats.
  func randomDType(_ index: Int) throws -> DType {
    has(index) ? try floatDType(index) : Context.current.defaultFloat
  }
}

extension Builtins {
  static let random = BuiltinPage(
    "Random numbers",
    objects: [
      KeyObject.self, SeedContext.self, Distribution.self, NormalDistribution.self,
      UniformDistribution.self,
    ],
    [
      Builtin(
        "seed(n)",
        """
        Starts the program's stream of random numbers anew: the same seed gives the same bits on
        any machine. `with seed(n) { … }` does so inside the block alone.

            seed(0)
            let a = rand(2)
            let b = with seed(0) { rand(2) }
            print(array_equal(a, b))    # true
        """, effects: .writes
      ) { arguments in .host(SeedContext(try arguments.int(0))) },
      Builtin(
        "rand(*shape, dtype=nil, key=nil)",
        """
        Numbers uniform in [0, 1).

            seed(0)
            let x = rand(1000)
            print(all(x >= 0.0), all(x < 1.0))    # true true
        """
      ) { arguments in
        let shape = try arguments.shapeFromRest(0)
        let dtype = try arguments.randomDType(1)
        return try arguments.drawn(key: 2) { try $0.uniform(shape, dtype) }
      },
      Builtin(
        "randn(*shape, dtype=nil, key=nil)",
        """
        Numbers of the standard normal distribution.

            seed(0)
            print(near(mean(randn(10_000)), 0.0, atol=0.05))    # true
        """
      ) { arguments in
        let shape = try arguments.shapeFromRest(0)
        let dtype = try arguments.randomDType(1)
        return try arguments.drawn(key: 2) { try $0.normal(shape, dtype) }
      },
      Builtin(
        "randint(low, high, shape=(), key=nil)",
        """
        Whole numbers uniform from low up to, and without, high.

            seed(0)
            let x = randint(0, 10, (100,))
            print(min(x) >= 0, max(x) < 10, x.dtype)    # true true i64
        """
      ) { arguments in
        let (low, high) = (try arguments.int(0), try arguments.int(1))
        let shape = try arguments.shape(2)
        return try arguments.drawn(key: 3) { try $0.integers(low: low, high: high, shape) }
      },
      Builtin(
        "permutation(values, key=nil)",
        """
        The numbers 0 … n - 1, or the elements of a list or a tensor's first axis, in random order.

            seed(0)
            print(sort(permutation(4)))    # [0, 1, 2, 3]
        """
      ) { arguments in
        if case .int = arguments[0] {
          let n = try arguments.int(0, atLeast: 0)
          return try arguments.drawn(key: 1) { try $0.permutation(n) }
        }
        if let variable = arguments[0].variable, variable.rank > 0 {
          let count = variable.shape[0]
          let order = try arguments.drawn(key: 1) { try $0.permutation(count) }
          return .tensor(try variable.take(order.variable ?? variable, axis: 0))
        }
        let values = try arguments.sequence(0)
        Context.current.meets(obstacle: "draws random numbers")
        let order = try arguments.draw(key: 1) { try $0.permutation(values.count) }
        try MemoryAccount.require(values.count, of: List.bytesOfElement)
        return .list(try Safepoint.map(order.allIntegers()) { values[$0] })
      },
      Builtin(
        "choice(values, shape=(), replace=true, weights=nil, key=nil)",
        """
        Random elements of a list, of a tensor's first axis, or of 0 … n - 1; with `weights`, in
        proportion to them; without replacement each at most once.

            seed(0)
            print(choice(("heads", "tails")) in ("heads", "tails"))    # true
            print(sort(choice(3, 3, replace=false)))                   # [0, 1, 2]
        """
      ) { arguments in try arguments.chosen() },
      Builtin(
        "bernoulli(p, shape=nil, dtype=nil, key=nil)",
        """
        True with a probability, or with that of each element; `dtype` makes ones and zeros of it. A
        draw is not differentiated by its probability.

            seed(0)
            print(all(bernoulli(1.0, 3)), any(bernoulli([0.0, 0.0])))    # true false
        """
      ) { arguments in
        let dtype = try arguments.dtype(2) ?? .bool
        if arguments.has(1) {
          let p = try arguments.double(0)
          let shape = try arguments.shape(1)
          return try arguments.drawn(key: 3) { try $0.bernoulli(p, shape, dtype) }
        }
        let p = try arguments.undifferentiated(arguments.variable(0), 0)
        return try arguments.drawn(key: 3) { try $0.bernoulli(p, dtype) }
      },
      Builtin(
        "rand_gamma(concentration, key=nil)",
        """
        Numbers of the gamma distribution with a rate of 1, one for each element of the
        concentration, by Marsaglia and Tsang's method. They are differentiable by the concentration as
        numbers whose share of the distribution stays (implicit reparameterization), to the third
        order; the derivative is exact to 1e-10 of itself up to a concentration of 1e6. None is less
        than the least normal number, so that all have a logarithm.

            seed(0)
            let a = full((20_000,), 3.0)
            print(near(mean(rand_gamma(a)), 3.0, atol=0.05))                      # true
            print(near(mean(grad(a => sum(rand_gamma(a)))(a)), 1.0, atol=0.05))    # true
        """
      ) { arguments in
        try arguments.drawn(key: 1, for: floating(arguments.variable(0))) { words, a in
          try a.gammaNumbers(words: words)
        }
      },
      Builtin(
        "rand_poisson(rate, key=nil)",
        """
        Numbers of the Poisson distribution, one for each element of the rate, as floats; a derivative
        by the rate is 0.

            seed(0)
            print(near(mean(rand_poisson(full((20_000,), 4.0))), 4.0, atol=0.1))    # true
        """
      ) { arguments in
        try arguments.drawn(key: 1, for: floating(arguments.variable(0))) { words, rates in
          let rates = try stopGradient(rates).bounded(
            by: Bounds("the rate of a Poisson number", "0 or more and finite", from: 0, to: 1e300))
          return try words.drawing(with: rates) { try $0.poisson($1, period: $2) }
        }
      },
      Builtin(
        "random_key(seed)",
        """
        The key of a stream: every draw with the same key gives the same numbers.

            let key = random_key(0)
            print(array_equal(rand(3, key=key), rand(3, key=key)))    # true
        """
      ) { arguments in .host(KeyObject(RandomKey(seed: try arguments.int(0)))) },
      Builtin(
        "split_key(key, num=2)",
        """
        Keys of independent streams.

            let (a, b) = split_key(random_key(0))
            print(array_equal(rand(3, key=a), rand(3, key=b)))    # false
        """
      ) { arguments in
        let key = try arguments.host(0, as: KeyObject.self, "a Key")
        let count = try arguments.int(1, atLeast: 0)
        guard count <= 1 << 20 else {
          throw RuntimeError(.value, "a key is split into at most \(1 << 20) keys, not \(count)")
        }
        try MemoryAccount.require(count, of: 2 * List.bytesOfElement)
        return .list(try key.split(count).map { .host($0) })
      },
    ] + distributions + standardDistributions)
}

extension Arguments {
  /// What `choice` draws.
  fileprivate func chosen() throws -> Value {
    let shape = try shape(1)
    let replace = try bool(2)
    let weights = has(3) ? try undifferentiated(stacked(3), 3) : nil
    func places(of n: Int) throws -> Tensor {
      Context.current.meets(obstacle: "draws random numbers")
      return try draw(key: 4) {
        try $0.choice(n, shape, replace: replace, weights: weights)
      }
    }
    if case .int = self[0] {
      let count = try int(0, atLeast: 0)
      if weights == nil, shape.rank > 0 {
        return try drawn(key: 4) {
          try $0.choice(count, shape, replace: replace, weights: nil)
        }
      }
      let chosen = try places(of: count)
      return shape.rank == 0 ? .int(chosen.firstInt) : .tensor(chosen)
    }
    if let variable = self[0].variable, variable.rank > 0 {
      let count = variable.shape[0]
      guard weights == nil else {
        return .tensor(try variable.take(.tensor(places(of: count)), axis: 0))
      }
      let places = try drawn(key: 4) {
        try $0.choice(count, shape, replace: replace, weights: nil)
      }
      return .tensor(try variable.take(places.variable ?? variable, axis: 0))
    }
    let values = try sequence(0)
    let places = try places(of: values.count)
    try MemoryAccount.require(places.count, of: List.bytesOfElement + MemoryLayout<Int>.stride)
    let chosen = try Safepoint.map(places.allIntegers()) { values[$0] }
    if shape.rank == 0 { return chosen[0] }
    guard shape.rank == 1 else {
      throw RuntimeError(
        .shape, "elements of a list come in one axis, not in the shape \(shape)",
        hint: "choose from a tensor for more axes")
    }
    return .list(chosen)
  }
}
