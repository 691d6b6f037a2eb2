// Modules, tests, extract and recover.

extension SyntaxSection {
  static let modulesAndState = SyntaxSection(
    title: "Modules, tests and state",
    topics: [
      SyntaxTopic(
        "import", ["import", "from", "as", "module"],
        [
          "import := \"import\" ( name | string \"as\" name ) [ \"as\" name ]",
          "from := \"from\" ( name | string ) \"import\" name [ \"as\" name ] { \",\" … }",
        ],
        """
        `import nn` binds a module of the standard library, `import "lib/tasks.mos" as tasks` a file beside the one that
        imports it; `from` binds some of its names. A module runs once. Names with a leading `_` are its own. A module is
        looked for beside the importing file, in the folders of `MOS_PATH`, and in the standard library. The module of a
        page of Markdown, `"page.md"`, is its blocks of Mos.

            import nn
            from nn import Linear as Layer
            print(Layer(2, 3)(ones(2)).shape)    # (3,)
        """),
      SyntaxTopic(
        "test", ["test"], ["test := \"test\" string block"],
        """
        A block that `mos test` runs, and nothing else does.

            test "sums" { assert 1 + 1 == 2 }
            print("not run here")    # not run here
        """),
      SyntaxTopic(
        "extract", ["extract", "by"],
        [
          "extract := \"extract\" targets [ \"by\" name ] [ \"as\" name ]",
          "targets := \"session\" | postfix { \",\" postfix }",
        ],
        """
        Takes the state of models, parameters, optimizers and trees of them, or of all variables as `session`: the very
        tensors by `reference`, copies that stay in the graph by `copy`, new leaves by `deepcopy`. `as` declares a
        name for it. It takes every target up to `by`, `as` or the end, so that it stands in parentheses inside a call.

            let w = param(1.0)
            extract w as before
            w.value = 5.0
            recover w from before
            print(w.value)    # 1.0
        """),
      SyntaxTopic(
        "recover", ["recover"], ["recover := \"recover\" targets \"from\" expression"],
        """
        Puts a state back. One that does not fit is an error that lists the differences, and nothing is changed.

            let w = param([1.0, 2.0])
            let s = extract w by deepcopy
            w.value = [3.0, 4.0]
            recover w from s
            print(w.value)    # [1.0, 2.0]
        """),
    ])
}
