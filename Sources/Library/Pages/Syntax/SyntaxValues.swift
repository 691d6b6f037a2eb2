// Numbers, texts, tensors, lists, records, ranges, comprehensions.

extension SyntaxSection {
  static let values = SyntaxSection(
    title: "Values",
    topics: [
      SyntaxTopic(
        "Numbers", ["number", "Int", "Float", "0x", "0b", "0o"],
        [
          "number := digits [ \".\" digits ] [ ( \"e\" | \"E\" ) [ \"+\" | \"-\" ] digits ] | ( \"0x\" | \"0b\" | "
            + "\"0o\" ) digits"
        ],
        """
        `42` and `1_000` are Ints of 64 bits, `3.5` and `1e-3` Floats. `0xff`, `0b1010` and `0o17` are Ints in
        sixteens, twos and eights. An Int that does not fit is an error. `2x` is no product: write `2 * x`.

            print(1_000, 0xff, 0b1010, 0o17, 1e3)    # 1000 255 10 15 1000.0
        """),
      SyntaxTopic(
        "true, false, nil", ["true", "false", "nil", "Bool"], [],
        """
        `true` and `false` are what conditions take. `nil` stands for no value: a function without one gives it, and
        a gradient that nobody computed is it.

            print(1 < 2, {}.get("a"))    # true nil
        """),
      SyntaxTopic(
        "Text", ["\"", "\"\"\"", "String", "string", "\\"],
        [
          "string := quote { text | \"{\" expression [ \":\" format ] \"}\" } quote",
          "escape := \"\\\" ( \"n\" | \"t\" | \"r\" | '\"' | \"\\\" | \"{\" | \"}\" | \"u{\" hex { hex } \"}\" )",
        ],
        """
        Text stands in double quotes, over several lines in `\"""`. Between braces stands an expression, and behind `:`
        how it is written. `\\n \\t \\r \\" \\\\ \\{ \\}` and `\\u{3b8}` are characters.

            let loss = 0.12345
            print("loss = {loss:.3f} after {2 + 1} steps\\n\\u{3b8} = \\{\\}")    # loss = 0.123 after 3 steps θ = {}
        """),
      SyntaxTopic(
        "Formats", ["format", ":"], [],
        """
        `[[fill]align][sign][#][0][width][,][.precision][type]`, as in Python: alignment `< > ^ =`, signs `+ - space`,
        types `d b o x X c` of Ints, `e f g %` of Floats. Anything takes fill, alignment, width and precision.

            print("{255:x} {3.14159:.2f} {0.5:.0%} {1234567:,} [{"a":>4}] {7:03d}")    # ff 3.14 50% 1,234,567 [   a] 007
        """),
      SyntaxTopic(
        "Tensors", ["[", "]", "tensor", "Tensor"],
        [
          "tensor := \"[\" [ element { \",\" element } [ \",\" ] ] \"]\" | \"[\" expression clauses \"]\""
        ],
        """
        Brackets make tensors of numbers, Bools, or tensors of one shape, which stack along a new first axis. All Ints
        give `i64`, all Bools `bool`, else the default float type. `*xs` puts the elements of a list in.

            print([1, 2].dtype, [[1.0, 2.0], [3.0, 4.0]].shape, [0, *(1, 2)])    # i64 (2, 2) [0, 1, 2]
        """),
      SyntaxTopic(
        "Lists", ["(", ")", "list", "List", ","],
        [],
        """
        Parentheses with a comma make lists of anything: `(1, "a")`, `(x,)`, `()`; without one they group. A trailing
        comma is allowed in every list, record, call and declaration. `*xs` puts the elements of another in. Lists are
        values; `xs.push(v)` and its like change the list of a variable.

            let xs = (1, *(2, 3),)
            xs.push("end")
            print(xs, xs[-1], len(xs))    # (1, 2, 3, "end") end 4
        """),
      SyntaxTopic(
        "Records", ["...", "record", "Record"],
        [
          "record := \"{\" [ entry { \",\" entry } [ \",\" ] ] \"}\"",
          "entry := \"...\" expression | ( name | string ) \":\" expression | name",
        ],
        """
        Braces make records: values by name, in order. `{w}` is `{w: w}`, and `{...r, b: 1.0}` copies a record with
        changes. Fields are `r.w` or `r["w"]`. A key stands in a record once.

            let w = 2.0
            let r = {w, "any key": 1}
            print({...r, w: 3.0}, r.w, "w" in r)    # {w: 3.0, "any key": 1} 2.0 true
        """),
      SyntaxTopic(
        "Ranges", ["..", "..=", "range", "Range"],
        ["range := addition [ ( \"..\" | \"..=\" ) addition [ \":\" addition ] ]"],
        """
        `0..10` counts from 0 up to and without 10, `0..=9` with its end; a step stands behind `:`. Ranges are walked
        over by `for`, pick elements, and are asked by `in`.

            print(list(0..4), list(0..=4:2), list(3..0:-1))    # (0, 1, 2, 3) (0, 2, 4) (3, 2, 1)
            print([5, 6, 7][0..=1], 4 in 0..=4)    # [5, 6] true
        """),
      SyntaxTopic(
        "Comprehensions", ["comprehension"],
        ["clauses := { \"for\" pattern \"in\" expression | \"if\" expression }"],
        """
        `list(e for v in xs if c)` makes a list, `[e for v in xs]` a tensor; more `for` and `if` parts may follow, the
        first outermost. As the only argument of another function it is a list.

            print(list(i * j for i in 1..3 for j in 1..=2 if i != j), [x ** 2 for x in 0..3])    # (2, 2) [0, 1, 4]
            print(sum(x for x in 0..4))    # 6
        """),
    ])
}
