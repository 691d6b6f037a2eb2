// The words and signs of the language, for `mos doc for` and `help("for")`. Each has an example that runs.

import Language

/// A construct of the language.
public struct Word: Sendable {
  /// What asks for it: the words, or the signs, that it is written with.
  public let names: [String]
  /// How it is written.
  public let form: String
  /// In Markdown.
  public let text: String

  /// Every one, in the order of the reference.
  public static let all: [Word] = [
    Word(
      names: ["let"], form: "let pattern = value",
      text: """
        Declares variables, which live to the end of their block. A list or record on the left takes a value
        apart.

            let (a, {b}) = (1, {b: 2, c: 3})
            print(a, b)    # 1 2
        """),
    Word(
      names: ["fn", "=>"], form: "fn name(a, b=1, *rest, **options) { … }",
      text: """
        Declares a function; its value is that of its last expression. `x => e` is one without a name. A comment
        of two signs above it is what `help` says.

            fn scaled(x, by=2.0) { x * by }
            print(scaled(3.0), map(x => scaled(x, by=1.0), (1, 2)))    # 6.0 (1.0, 2.0)
        """),
    Word(
      names: ["model", "self"], form: "model Name(a, b=1) { param … buffer … let … fn … }",
      text: """
        Declares a kind of objects with parameters and methods; calling it makes one, and calling that runs
        `forward`. `self` is the object itself, and its fields are written without it.

            model Line(slope) {
                param a = slope
                fn forward(x) { a * x }
            }
            print(Line(2.0)(3.0))    # 6.0
        """),
    Word(
      names: ["param"], form: "param name = value",
      text: """
        Declares a field of a model that holds parameters: gradients reach it, optimizers move it and snapshots
        keep it. The function `param(value)` makes a parameter by itself.

            model Scale() { param by = 2.0 }
            print(Scale().by)    # 2.0
        """),
    Word(
      names: ["buffer"], form: "buffer name = value",
      text: """
        Declares a field of a model that snapshots keep and no optimizer moves.

            model Counter() { buffer seen = 0; fn see() { seen += 1; seen } }
            print(Counter().see())    # 1
        """),
    Word(
      names: ["if", "else"], form: "if condition { … } else if condition { … } else { … }",
      text: """
        Chooses between blocks; as an expression it has the value of the one that ran.

            let x = 3
            print(if x > 2 { "large" } else { "small" })    # large
        """),
    Word(
      names: ["for", "in"], form: "for pattern in things { … }",
      text: """
        Goes over a range, a list, the pairs of a record, a tensor's first axis or an object that gives things
        one by one. `x in things` asks whether something is in a list, a record's keys or a text.

            let total = 0
            for i in 0..4 { total += i }
            for (key, value) in {a: 1} { print(key, value) }    # a 1
            print(total, 3 in (1, 2, 3))                        # 6 true
        """),
    Word(
      names: ["while"], form: "while condition { … }",
      text: """
        Repeats a block while a condition holds; `break` ends it, `continue` begins the next round.

            let n = 1
            while n < 100 { n *= 2 }
            print(n)    # 128
        """),
    Word(
      names: ["break", "continue"], form: "break",
      text: """
        `break` ends the innermost loop, `continue` goes on with its next round.

            for i in 0..10 {
                if i == 1 { continue }
                if i == 3 { break }
                print(i)
            }
            # 0
            # 2
        """),
    Word(
      names: ["return"], form: "return value",
      text: """
        Leaves a function with a value, nil where none is given.

            fn sign_of(x) {
                if x < 0 { return -1 }
                1
            }
            print(sign_of(-3.0))    # -1
        """),
    Word(
      names: ["import", "from", "as"], form: "import name · from name import a, b as c",
      text: """
        Brings a module in: one of the standard library (`mos doc` lists them), or a file, which needs a name of
        its own, `import "tools.mos" as tools`.

            import nn
            from nn import Linear as Layer
            print(nn.MLP((2, 3, 1))(ones(2)).shape, Layer(2, 3)(ones(2)).shape)    # (1,) (3,)
        """),
    Word(
      names: ["with"], form: "with context { … }",
      text: """
        Runs a block under something that holds inside it: `no_grad`, `seed(0)`, `timer()`, a dtype.

            with seed(1) { let a = rand(); with seed(1) { print(rand() == a) } }    # true
        """),
    Word(
      names: ["try", "catch", "finally", "throw"],
      form: "try { … } catch e { … } finally { … } · throw value",
      text: """
        Runs a block, and another where an error comes out of it: `e.kind`, `e.message` and `e.hint` say what it
        is. What follows `finally` runs in any case. `throw` raises an error, a text or a record of such fields.

            let answer = try { throw "no way" } catch e { e.message }
            print(answer)    # no way
        """),
    Word(
      names: ["assert"], form: "assert condition, message",
      text: """
        Raises an error of kind `assertion` where a condition does not hold.

            let x = 2
            assert x > 1, "x must be above 1, not {x}"
            print(try { assert x == 3; "fine" } catch e { e.kind })    # assertion
        """),
    Word(
      names: ["test"], form: "test \"name\" { … }",
      text: """
        Declares a test, which `mos test` runs and a program passes over.

            fn twice(x) { 2 * x }
            test "twice doubles" { assert twice(2) == 4 }
            print(twice(2))    # 4
        """),
    Word(
      names: ["extract"], form: "extract target, … as name by reference|copy|deepcopy",
      text: """
        Makes a snapshot of the state of models, parameters and optimizers; `extract_state` is the function.

            let a = param(1.0)
            extract a as start
            a.value = 2.0
            recover a from start
            print(a)    # 1.0
        """),
    Word(
      names: ["recover"], form: "recover target, … from snapshot",
      text: """
        Puts the state of a snapshot back; `recover_state` is the function.

            let a = param(1.0)
            let start = extract a by deepcopy
            a.value = 2.0
            recover a from start
            print(a)    # 1.0
        """),
    Word(
      names: ["and", "or", "not"], form: "a and b · a or b · not a",
      text: """
        The choices of Bools; the right side is not looked at where the left decides. For masks of tensors there
        are `&`, `|` and `~`.

            print(true and not false, [true, false] | [false, false])    # true [true, false]
        """),
    Word(
      names: ["true", "false"], form: "true · false",
      text: """
        The two values of type Bool.

            print((1 < 2) == true)    # true
        """),
    Word(
      names: ["nil"], form: "nil",
      text: """
        No value: what a function without a value gives, and the default of what may be left out. Inside an index
        it makes an axis.

            print(nil == nil, [1.0, 2.0][nil].shape)    # true (1, 2)
        """),
    Word(
      names: ["@"], form: "@decorator fn … · a @ b",
      text: """
        Before a declaration, hands it to a function such as `compile`, whose value takes its place; between two
        values, the product of matrices.

            @compile
            fn norm_of(x) { (x @ x) ** 0.5 }
            print(norm_of([3.0, 4.0]))    # 5.0
        """),
    Word(
      names: ["|>"], form: "value |> function",
      text: """
        Hands a value to a function as its first argument.

            print([3.0, 4.0] |> norm)    # 5.0
        """),
    Word(
      names: ["..", "..="], form: "a..b · a..=b · a..b:step",
      text: """
        The whole numbers from `a` up to `b`, which `..` leaves out and `..=` does not.

            print(list(0..3), list(0..=3), list(0..10:4))    # (0, 1, 2) (0, 1, 2, 3) (0, 4, 8)
        """),
    Word(
      names: ["...", "*", "**"], form: "…",
      text: """
        `*` and `**` are product and power between values. Before an argument, `*` spreads a list and `**` a record;
        before a parameter they collect the rest. `...` spreads inside records, and stands for all other axes
        in an index.

            fn all_of(*rest, **options) { (rest, options) }
            print(all_of(*(1, 2), **{a: 3}), {...{a: 1}, b: 2})    # ((1, 2), {a: 3}) {a: 1, b: 2}
        """),
    Word(
      names: ["[]", "()", "{}"], form: "[…] · (…) · {…}",
      text: """
        Brackets make tensors, parentheses lists, braces records and blocks.

            print([1.0, 2.0], (1, "a"), {x: 1})    # [1.0, 2.0] (1, "a") {x: 1}
        """),
    Word(
      names: ["#", "##"], form: "# comment · ## documentation",
      text: """
        A comment ends with its line. One of two signs documents the declaration below it, and at the beginning of
        a file the module.

            ## Doubles a number.
            fn twice(x) { 2 * x } # a comment
            print(twice(2))    # 4
        """),
  ]

  /// The construct that a word or sign belongs to.
  static func named(_ name: String) -> Word? { all.first { $0.names.contains(name) } }
}
