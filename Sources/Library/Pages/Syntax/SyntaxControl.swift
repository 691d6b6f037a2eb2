// Choices, loops, contexts, errors.

extension SyntaxSection {
  static let control = SyntaxSection(
    title: "Control",
    topics: [
      SyntaxTopic(
        "if", ["if", "else"],
        ["if := \"if\" expression block { \"else\" \"if\" expression block } [ \"else\" block ]"],
        """
        Runs the block of the first condition that is true. A condition is a Bool; of tensors ask `any(…)` or `all(…)`.
        It is an expression, whose value is that of its block.

            let x = -3
            let sign = if x > 0 { 1 } else if x < 0 { -1 } else { 0 }
            print(sign)    # -1
        """),
      SyntaxTopic(
        "for", ["for"], ["for := \"for\" pattern \"in\" expression block"],
        """
        Runs the block for each element of a list or range, each pair of a record, each character of a text, and along
        the first axis of a tensor. Every round has fresh variables. `progress(things, "label")` shows how far it is.

            for (i, row) in enumerate([[1, 2], [3, 4]]) { print(i, row) }    # 0 [1, 2] 1 [3, 4]
            for (key, value) in {a: 1} { print(key, value) }    # a 1
        """),
      SyntaxTopic(
        "while", ["while"], ["while := \"while\" expression block"],
        """
        Runs the block as long as the condition is true.

            let n = 10
            while n > 1 { n = n // 2 }
            print(n)    # 1
        """),
      SyntaxTopic(
        "break, continue", ["break", "continue"], [],
        """
        `break` leaves the innermost loop, `continue` goes on with its next round.

            for i in 0..9 { if i == 1 { continue }; if i == 3 { break }; print(i) }    # 0 2
        """),
      SyntaxTopic(
        "with", ["with"], ["with := \"with\" expression { \",\" expression } block"],
        """
        Runs the block inside of contexts, which end however it is left: `no_grad`, `dtype(f32)`, `seed(0)`,
        `timer("name")`, `anomaly_detection`. It is an expression.

            let x = param(2.0)
            let y = with no_grad { x * x }
            print(y)    # 4.0
        """),
      SyntaxTopic(
        "try", ["try", "catch", "finally"],
        ["try := \"try\" block [ \"catch\" pattern block ] [ \"finally\" block ]"],
        """
        Runs the first block; an error in it goes to `catch`, which sees `e.message`, `e.kind`, `e.line`, `e.hint` and
        the fields of a record that was thrown. Whatever stands behind `finally` is run however the parts before are
        left: at their end, by an error, by `return`, `break` and `continue`. One of the two parts may be missing. The
        value is that of the first block or of `catch`.

        A limit, an interrupt and `exit` end the program at once: no `catch` sees them, no `finally` runs, and what was
        opened by `with` is closed.

            fn half(x) {
              try { if x % 2 == 1 { throw "{x} is odd" }; x // 2 } catch e { e.message } finally { print("asked") }
            }
            print(half(4))    # asked 2
            print(half(3))    # asked 3 is odd
        """),
      SyntaxTopic(
        "throw", ["throw"], [],
        """
        Ends what runs with an error of any value: a text is its message, a record may say `kind`, `message` and `hint`
        and has its other fields as `e.name`. A caught error thrown again is as it was.

            let e = try { throw {kind: "rate", message: "too high", rate: 3} } catch e { e }
            print(e.kind, e.message, e.rate)    # rate too high 3
        """),
      SyntaxTopic(
        "assert", ["assert"], ["assert := \"assert\" expression [ \",\" expression ]"],
        """
        Fails where the condition is false, and shows the values that were compared.

            assert near(0.1 + 0.2, 0.3), "numbers are close"
            print("held")    # held
        """),
    ])
}
