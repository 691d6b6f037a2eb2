// Operators by precedence, comparisons, logic, pipes, calls, fields, indexes.

extension SyntaxSection {
  static let operators = SyntaxSection(
    title: "Operators",
    topics: [
      SyntaxTopic(
        "Precedence", ["precedence", "operator", "expression"],
        [
          "expression := lambda | pipe",
          "pipe := or { \"|>\" or }",
          "multiplication := unary { ( \"*\" | \"/\" | \"//\" | \"%\" | \"@\" | \"&\" ) unary }",
          "unary := ( \"-\" | \"+\" | \"~\" ) unary | power", "power := postfix [ \"**\" unary ]",
          "postfix := primary { \"(\" arguments \")\" | \"[\" index \"]\" | \".\" name }",
        ],
        """
        From loosest to tightest; what stands on one line binds alike, from left to right:

        | operators | |
        | --- | --- |
        | `=>` | functions without a name, from the right |
        | `\\|>` | pipes |
        | `or` | |
        | `and` | |
        | `not` | |
        | `in` `not in` `==` `!=` `<` `<=` `>` `>=` | chain |
        | `..` `..=` | ranges |
        | `+` `-` `\\|` | |
        | `*` `/` `//` `%` `@` `&` | |
        | `-x` `+x` `~x` | signs |
        | `**` | from the right; its right side may have a sign |
        | `f(x)` `x[i]` `x.name` | calls, elements, fields |

            print(-2 ** 2, 2 ** 3 ** 2, 2 ** -1, 1 + 2 * 3)    # -4 512 0.5 7
        """),
      SyntaxTopic(
        "Arithmetic", ["+", "-", "*", "/", "//", "%", "**", "@"], [],
        """
        `/` of Ints gives a Float; `//` and `%` round down, as in Python. `**` is a power, `@` the product of matrices.
        Axes of tensors are matched from the right, and one of 1 stretches. `+` joins texts and lists, and `*` repeats
        them.

            print(7 / 2, 7 // 2, -7 // 2, -7 % 3, [[1, 2]] @ [3, 4])    # 3.5 3 -4 2 [11]
            print("ab" + "c" * 2, (1,) + (2,))    # abcc (1, 2)
        """),
      SyntaxTopic(
        "Comparisons", ["==", "!=", "<", "<=", ">", ">=", "in", "not in"],
        ["comparison := range { ( \"==\" | … | \"in\" | \"not\" \"in\" ) range }"],
        """
        Comparisons chain: `0 < x < 1` evaluates each operand once. Between tensors they work element by element and
        give `bool` tensors; between lists and records `==` gives one Bool. `in` asks for an element of a list, tensor
        or range, a key of a record, a part of a text.

            print(0 < 0.5 < 1, [1, 2] == [1, 3], (1, 2) == (1, 2), "a" in {a: 1})    # true [true, false] true true
        """),
      SyntaxTopic(
        "Logic", ["and", "or", "not", "&", "|", "~"],
        ["not := \"not\" not | comparison"],
        """
        `and`, `or` and `not` take Bools, and evaluate their right side only where it counts. `&`, `|` and `~` work
        element by element on `bool` tensors, and bit by bit on Ints; they bind tighter than comparisons, so that those
        stand in parentheses.

            let x = [1, 5, 9]
            print(true and not false, (x > 2) & (x < 8), ~(x > 2))    # true [false, true, false] [true, false, false]
        """),
      SyntaxTopic(
        "Pipes", ["|>", "pipe"], [],
        """
        `x |> f(a)` is `f(x, a)`, and `x |> f` is `f(x)`.

            print((3, 1, 2) |> sorted |> join("-"))    # 1-2-3
        """),
      SyntaxTopic(
        "Calls", ["call", "argument", "spread"],
        [
          "call := postfix \"(\" [ argument { \",\" argument } [ \",\" ] ] \")\"",
          "argument := name \"=\" expression | \"*\" expression | \"**\" expression | expression",
        ],
        """
        Arguments go by position, then by name. `*xs` spreads a list, `**options` a record. Unknown, missing and
        doubled arguments are errors that show the signature.

            fn f(a, b=2, c=3) { (a, b, c) }
            print(f(1, c=5), f(*(1, 2)), f(**{a: 7}))    # (1, 2, 5) (1, 2, 3) (7, 2, 3)
        """),
      SyntaxTopic(
        "Fields and methods", [".", "field", "method"], ["field := \".\" name"],
        """
        `v.f(a)` is the field or method `f` of `v` where it has one, else the function `f(v, a)` that is visible: a
        variable that holds no function does not hide one. Any function can so be written behind its first argument.

            fn doubled(x) { 2 * x }
            print([1.0, 2.0].sum().doubled(), [1.0, 2.0].shape)    # 6.0 (2,)
        """),
      SyntaxTopic(
        "Indexes", ["index", "slice", "x[i]"],
        [
          "index := postfix \"[\" part { \",\" part } [ \",\" ] \"]\"",
          "part := \"...\" | expression | [ expression ] \":\" [ expression ] [ \":\" [ expression ] ]",
        ],
        """
        Indexes count from 0, negative ones from the end. Slices are `start:stop:step` with any part left out; `...`
        stands for all axes between, `nil` makes a new axis, a mask or list picks elements. One that is out of range is
        an error.

            let x = [[1, 2, 3], [4, 5, 6]]
            print(x[1, -1], x[:, 0], x[..., ::-1][0], x[x > 4], x[nil].shape)    # 6 [1, 4] [3, 2, 1] [5, 6] (1, 2, 3)
        """),
    ])
}
