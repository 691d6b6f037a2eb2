// Functions, annotations, decorators, models.

extension SyntaxSection {
  static let functions = SyntaxSection(
    title: "Functions and models",
    topics: [
      SyntaxTopic(
        "fn", ["fn", "return", "function"],
        [
          "fn := \"fn\" name \"(\" parameters \")\" [ \"->\" annotation ] block",
          "function := \"fn\" \"(\" parameters \")\" [ \"->\" annotation ] block",
          "return := \"return\" [ expression ]",
        ],
        """
        Declares a function, visible in all of its block. Its value is its last expression; `return` leaves early.
        Without a name it is an expression. Functions are closures over variables, not copies of them.

            fn fact(n) { if n < 2 { return 1 }; n * fact(n - 1) }
            print(fact(5), map(fn(x) { x + 1 }, (1, 2)))    # 120 (2, 3)
        """),
      SyntaxTopic(
        "Parameters", ["parameter", "*", "**", "*rest", "**options", "default"],
        [
          "parameters := \"(\" [ parameter { \",\" parameter } [ \",\" ] ] \")\"",
          "parameter := pattern [ \":\" annotation ] [ \"=\" expression ] | \"*\" name | \"**\" name",
        ],
        """
        A parameter may have a default, which is evaluated at each call and may name the parameters before it, and may
        be a pattern. `*rest` collects further positional arguments in a list, `**options` further named ones in a record.

            fn f(a, b=2 * a, *rest, **options) { (a, b, rest, options) }
            print(f(1), f(1, 2, 3, 4, lr=0.1))    # (1, 2, (), {}) (1, 2, (3, 4), {lr: 0.1})
            fn g((x, y), {scale}) { (x + y) * scale }
            print(g((1, 2), {scale: 10}))    # 30
        """),
      SyntaxTopic(
        "Functions without a name", ["=>", "lambda"],
        ["lambda := ( name | \"(\" parameters \")\" ) \"=>\" ( block | expression )"],
        """
        `x => e`, `(x, y=1) => e`, `() => { … }`. What follows `=>` is an expression; a `{` there opens a block, so that
        a record stands in parentheses.

            let add = (x, y=10) => x + y
            print(add(1), (x => ({value: x}))(2))    # 11 {value: 2}
        """),
      SyntaxTopic(
        "Annotations", [":", "->", "annotation"],
        [
          "annotation := [ name ] \"[\" [ axis { \",\" axis } ] \"]\" | name",
          "axes := \"[\" [ axis { \",\" axis } [ \",\" ] ] \"]\"", "axis := name | int | \"...\"",
        ],
        """
        Parameters and the result may say what they are, which every call checks: a dtype, the axes by name or
        extent, `...` for any leading axes, or `Int Float String Bool Function Tensor List Record`. A name of an axis
        stands for one extent in the whole signature.

            fn linear(x: f64[..., d], w: [d, k], bias: Float = 0.0) -> [..., k] { x @ w + bias }
            print(linear(ones(2, 3), ones(3, 1)).shape)    # (2, 1)
            print(try { linear(ones(2), ones(3, 1)) } catch e { e.kind })    # shape
        """),
      SyntaxTopic(
        "Decorators", ["@", "decorator"], ["decorated := { \"@\" postfix } ( fn | model )"],
        """
        `@d` above a `fn` or `model` makes its name hold `d(function)`; several apply from below. A decorator is a
        function, or a call that gives one; a built-in transformation called without its function is one.

            fn twice(f) { x => f(f(x)) }
            @twice
            @vmap
            fn next(x) { x + 1 }
            print(next([1, 2]))    # [3, 4]
        """),
      SyntaxTopic(
        "model", ["model", "param", "buffer"],
        [
          "model := \"model\" name [ \"(\" parameters \")\" ] \"{\" { field | method } \"}\"",
          "member := ( \"param\" | \"buffer\" | \"let\" ) pattern \"=\" expression | { \"@\" postfix } fn",
        ],
        """
        Declares what makes instances with state. `param` fields are trained, `buffer` fields kept, `let` fields anything
        else. Parameters of the declaration, fields and methods are in scope inside methods; `self` is the instance.
        Calling an instance calls `forward`. Assigning a field that is not declared is an error.

            model Line(slope) {
              param a = slope
              buffer calls = 0
              fn forward(x) { calls += 1; self.a * x }
            }
            let line = Line(2.0)
            print(line(3.0), line.calls, len(line.parameters()))    # 6.0 1 1
        """),
    ])
}
