// Lines, comments, names, assignment, patterns.

extension SyntaxSection {
  static let words = SyntaxSection(
    title: "Lines and names",
    topics: [
      SyntaxTopic(
        "Lines", [";", "statement", "lines"],
        [
          "program := lines", "lines := { item ( line end | \";\" ) }",
          "statement := let | fn | model | for | while | break | continue | return | throw | assert | test | import "
            + "| assignment | expression",
        ],
        """
        A program is UTF-8 text. A statement ends at the end of its line or at `;`. It goes on where a bracket is
        open, where the line ends in a binary operator, `,`, `=` or `=>`, and where the next line, comments and blank
        lines apart, begins with `.`, `|>`, `else`, `catch` or `finally`. Inside the braces of a block lines end
        statements again, whatever is open around it. A first line `#!…` is passed over.

            let total = 1 +
              2; print(total)    # 3
            let y = (4, 1)
              .sorted()
            print(y)    # (1, 4)
        """),
      SyntaxTopic(
        "Comments", ["#", "##", "comment"], [],
        """
        `#` begins a comment, up to the end of the line. `##` lines directly above a `fn`, a `model` or a top-level
        `let` are its documentation, which `help` shows.

            ## The square of a number.
            fn square(x) { x * x } # not shown by help
            print(square(3))    # 9
        """),
      SyntaxTopic(
        "Names", ["name", "keyword", "self"], [],
        """
        A name is made of letters of any script, digits and `_`, and does not begin with a digit. Keywords are never
        names: `let fn if else for in while break continue return with try catch finally throw assert and or not true
        false nil self`. The words `model param buffer test extract recover import from by as` are keywords only where
        the grammar has them, and names elsewhere. `_` takes what nobody wants.

            let θ = 0.5
            let by = 2
            print(θ * by)    # 1.0
        """),
      SyntaxTopic(
        "let", ["let"], ["let := \"let\" pattern \"=\" expression"],
        """
        Declares variables in the block around it. The value is computed before the name exists, so that `let x =
        x + 1` may hide an outer `x`. A second declaration of a name in one block is an error; at the top level it sets
        the same variable anew.

            let x = 1
            { let x = x + 1; print(x) }    # 2
            print(x)    # 1
        """),
      SyntaxTopic(
        "Assignment",
        ["=", "+=", "-=", "*=", "/=", "//=", "%=", "**=", "@=", "&=", "|=", "assignment"],
        [
          "assignment := place ( \"=\" | \"+=\" | … ) expression",
          "place := name | postfix \".\" name | postfix \"[\" index \"]\" | \"(\" place { \",\" place } \")\"",
        ],
        """
        Assigns the nearest variable of that name, a field or an element. At the top level, and only there, assigning
        a new name declares it. `x[i] = v` makes `x` the changed value: whoever else holds the old one sees no change.
        Several places are assigned in parentheses.

            let xs = (1, 2)
            let ys = xs
            xs[0] += 10
            (a, b) = xs
            print(xs, ys, a, b)    # (11, 2) (1, 2) 11 2
        """),
      SyntaxTopic(
        "Patterns", ["pattern", "_"],
        [
          "pattern := name | \"(\" pattern { \",\" pattern } [ \",\" \"*\" name ] \")\" | \"{\" fields \"}\"",
          "fields := key [ \":\" pattern ] { \",\" key [ \":\" pattern ] } [ \",\" ]",
        ],
        """
        `let`, `for`, `catch` and parameters take values apart: lists, tensors and ranges in parentheses, the rest of
        them by `*rest`; records and models in braces, under another name behind `:`.

            let (first, (a, _), *rest) = (1, (2, 3), 4, 5)
            let {lr, beta: b} = {lr: 0.1, beta: 0.9}
            print(first, a, rest, lr, b)    # 1 2 (4, 5) 0.1 0.9
        """),
      SyntaxTopic(
        "Blocks", ["{", "}", "block"],
        [
          "block := \"{\" lines \"}\"",
          "primary := literal | name | \"self\" | tensor | list | record | lambda | function | if | with | try | block "
            + "| extract | recover",
        ],
        """
        A block has its own variables, and may stand alone. Its value is that of its last statement where that is an
        expression, else `nil`. Where an expression begins, `{` opens a record if `}`, `...`, or a name or text and then
        `:`, `,` or `}` follow.

            let area = { let side = 3; side * side }
            print(area)    # 9
        """),
    ])
}
