// The commands of the prompt.

import Platform
import TestSupport
import Testing

@Suite(.serialized) struct `Commands of the prompt` {
  @Test func `help lists every command, and words are found by their beginnings`() throws {
    let names = [
      "help", "vars", "type", "time", "timeit", "profile", "memory", "graph", "states", "undo",
      "redo", "load", "save", "doc", "reload", "reset", "edit", "cd", "limit", "set", "quit",
    ]
    try withPrompt { prompt throws in
      let list = try prompt.enter(":help")
      for name in names { #expect(list.contains { $0.hasPrefix(":\(name) ") }, "\(name)") }
      #expect(try prompt.enter(":nonsense") == ["error: no command ':nonsense'; :help lists them"])
      #expect(try prompt.enter(":relaod").first?.contains("did you mean `:reload`?") == true)
      #expect(try prompt.enter(":type") == ["error: usage: :type code"])
    }
  }

  @Test func `vars shows kind, shape, bytes and a short value`() throws {
    try withPrompt { prompt throws in
      try prompt.enter("let w = zeros(3, 4)")
      try prompt.enter("let name = \"mos\"")
      let table = try prompt.enter(":vars")
      #expect(table[0].split(separator: " ") == ["name", "kind", "shape", "bytes", "value"])
      #expect(table[1].hasPrefix("w     Tensor  f64[3, 4]  96 B"))
      #expect(table[2].hasSuffix("\"mos\""))
    }
  }

  @Test func `type tells a type and changes nothing`() throws {
    try withPrompt { prompt throws in
      try prompt.enter("let n = 1")
      #expect(try prompt.enter(":type 1.5") == ["Float"])
      #expect(try prompt.enter(":type zeros(2)") == ["f64[2]"])
      #expect(try prompt.enter(":type { n = 5; n }") == ["Int"])
      #expect(try prompt.enter("n") == ["1"])
    }
  }

  @Test func `time, timeit and profile measure`() throws {
    try withPrompt { prompt throws in
      let timed = try prompt.enter(":time 1 + 1")
      #expect(timed.first == "2")
      #expect(timed.last?.hasPrefix("took ") == true)
      #expect(try prompt.enter(":timeit 1 + 1").last?.contains(" runs") == true)
      let profile = try prompt.enter(
        ":profile { let s = 0.0; for i in 0..1000000 { s += sin(i * 1.0) }; s }")
      #expect(profile.first?.hasSuffix(" s") == true)
      #expect(profile.contains { $0.contains(" % ") })
    }
  }

  @Test func `memory and graph look at values`() throws {
    try withPrompt { prompt throws in
      try prompt.enter("let p = param(2.0)")
      try prompt.enter("let big = zeros(1000)")
      let memory = try prompt.enter(":memory")
      #expect(memory.first?.contains(" held, of ") == true)
      #expect(memory.contains { $0.hasPrefix("big   8.0 kB") })
      #expect(try prompt.enter(":memory p * p").joined().contains("nodes: 2"))
      #expect(try prompt.enter(":graph p * p + 1").contains { $0.hasPrefix("multiply  f64") })
    }
  }

  @Test func `crosscheck compares the ways to differentiate the loops of a call`() throws {
    try withPrompt { prompt throws in
      try prompt.enter("let loss = p => inner_loop((w, p) => 0.5 * w + p, steps=40)(0.0, p) ** 2")
      let table = try prompt.enter(":crosscheck loss(1.5)")
      #expect(table.contains { $0.hasPrefix("unroll ") })
      #expect(table.contains { $0.contains("unroll, forward, implicit agree within their errors") })
      #expect(try prompt.enter(":crosscheck loss").contains { $0.contains("takes a call") })
    }
  }

  @Test func `load runs a program, save writes what stands, reset forgets`() throws {
    try withPrompt(files: ["lib.mos": "let loaded = 3\n"]) { prompt throws in
      try prompt.enter(":load lib.mos")
      try prompt.enter("let a = loaded + 1")
      try prompt.enter("throw \"not this\"")
      try prompt.enter("6 * 7")
      try prompt.enter("let b = ans + _")
      try prompt.enter("let undone = 1")
      try prompt.enter(":undo")
      try prompt.enter(":save kept.mos")
      let text = Files.read(prompt.folder + "/kept.mos")
      #expect(
        text
          == "let ans = nil\nlet loaded = 3\nlet a = loaded + 1\nans = 6 * 7\nlet b = ans + ans\n")
      let run = try runProcess(
        Files.mos, ["-e", "print(b)"], directory: prompt.folder)
      #expect(run.status == 65)
      try prompt.enter(":reset")
      #expect(try prompt.enter("a").first?.hasPrefix("error[name]: unknown name `a`") == true)
      try prompt.enter(":load kept.mos")
      #expect(try prompt.enter("b") == ["84"])
    }
  }

  @Test func `a saved program runs`() throws {
    try withPrompt(["--dtype", "f32", "--seed", "5"]) { prompt throws in
      try prompt.enter("let x = rand(2)")
      try prompt.enter("if x[0] > 2 {\r1\r}")
      prompt.type("else {\rprint(x.dtype)\r}\r")
      #expect(prompt.ends(with: ["f32", "mos>"]))
      let shown = try prompt.enter("print(x)")
      try prompt.enter(":save kept.mos")
      let run = try runProcess(Files.mos, ["kept.mos"], directory: prompt.folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output == "f32\n" + shown[0] + "\n")
    }
  }

  @Test func `questions for commands, methods of texts, and with a blank`() throws {
    try withPrompt { prompt throws in
      for line in [":help undo", "?:undo", "?undo", ":help :undo"] {
        #expect(try prompt.enter(line).first == ":undo [n]")
      }
      #expect(try prompt.enter("\"a.b\".upper?").first?.contains("upper(") == true)
      #expect(try prompt.enter("relu ?").first?.hasPrefix("relu(") == true)
    }
  }

  @Test func `a saved program has the blocks that were passed over`() throws {
    try withPrompt { prompt throws in
      let blocks = ["if n == 1 { n = 2 }", "else if n == 2 { n = 3 }", "else { n = 4 }"]
      try prompt.enter("let n = 1")
      for block in blocks { try prompt.enter(block) }
      #expect(try prompt.enter("else { n = 5 }").first?.hasPrefix("error[syntax]") == true)
      #expect(try prompt.enter("n") == ["2"])
      try prompt.enter(":save kept.mos")
      let text = Files.read(prompt.folder + "/kept.mos")
      #expect(text == "let n = 1\n" + blocks.joined(separator: "\n") + "\nn\n")
    }
  }

  @Test func `edit opens the editor with the last entry and runs what comes back`() throws {
    let editor =
      "#!/bin/sh\ngrep -q 'let a = 1' \"$1\" && echo 'let edited = 77\nedited + 1' > \"$1\"\n"
    try withPrompt(environment: ["EDITOR": "sh ./ed", "VISUAL": ""], files: ["ed": editor]) {
      prompt throws in
      try prompt.enter("let a = 1")
      #expect(try prompt.enter(":edit") == ["mos> let edited = 77", "...> edited + 1", "78"])
      #expect(try prompt.enter("edited") == ["77"])
    }
  }

  @Test func `cd goes to a folder, and a line behind ! is the shell's`() throws {
    try withPrompt(files: ["inner/file.txt": "x"]) { prompt throws in
      #expect(try prompt.enter(":cd inner").first?.hasSuffix("/inner") == true)
      #expect(try prompt.enter("!ls") == ["file.txt"])
      #expect(try prompt.enter("!exit 3") == ["exit status 3"])
      #expect(
        try prompt.enter(":cd nowhere").first?.hasPrefix("error: cannot go to nowhere") == true)
      #expect(try prompt.enter(":cd").first?.hasSuffix("/inner") == true)
    }
  }

  @Test func `ctrl-C ends a line of the shell and not the prompt`() throws {
    try withPrompt { prompt throws in
      prompt.type("!sleep 100\r")
      usleep(300_000)
      prompt.type("\u{3}")
      #expect(prompt.shows("ended by signal 2"))
      #expect(prompt.ends(with: "mos>"))
      #expect(try prompt.enter("1 + 1") == ["2"])
    }
  }

  @Test func `limits hold for entries until they are off`() throws {
    try withPrompt { prompt throws in
      try prompt.enter(":limit memory 100MB")
      #expect(
        try prompt.enter(":limit").contains {
          $0.split(separator: " ") == ["memory", "100.0", "MB"]
        })
      #expect(try prompt.enter("zeros(100_000_000)").first?.hasPrefix("error[limit]") == true)
      try prompt.enter(":limit memory off")
      try prompt.enter(":limit seconds 0.2")
      #expect(try prompt.enter("while true {}").first?.hasPrefix("error[limit]") == true)
      try prompt.enter(":limit seconds off")
      #expect(try prompt.enter("sleep(0.3)") == [])
      #expect(try prompt.enter(":limit nonsense 3").first?.contains("depth, instructions") == true)
      #expect(try prompt.enter(":limit seconds many").first == "error: `seconds` takes a number")
    }
  }

  @Test func `set says how values are shown`() throws {
    try withPrompt { prompt throws in
      #expect(try prompt.enter("[1.0 / 3.0]") == ["[0.333333] : f64[1]"])
      try prompt.enter(":set digits 8")
      #expect(try prompt.enter("[1.0 / 3.0]") == ["[0.33333333] : f64[1]"])
      try prompt.enter(":set digits off")
      try prompt.enter(":set width 40")
      #expect(try prompt.enter("arange(30)").allSatisfy { $0.utf8.count <= 40 })
      try prompt.enter(":set width 120")
      #expect(try prompt.enter(":set") == ["digits        6 of elements", "width         120"])
      #expect(try prompt.enter(":set digits many").first?.hasPrefix("error: `digits` is") == true)
    }
  }

  @Test func `reload runs changed modules again`() throws {
    try withPrompt(files: ["tool.mos": "fn f(x) { x + 1 }\nlet k = 3\n"]) { prompt throws in
      for line in ["import tool", "from tool import f", "let old = tool.f"] {
        try prompt.enter(line)
      }
      #expect(try prompt.enter(":reload") == ["no module has changed"])
      #expect(Files.write("fn f(x) { x + 100 }\nlet k = 4\n", to: prompt.folder + "/tool.mos"))
      #expect(try prompt.enter(":reload") == ["ran tool"])
      #expect(try prompt.enter("(f(1), tool.f(1), tool.k)") == ["(101, 101, 4)"])
      #expect(try prompt.enter(":reload tool") == ["ran tool"])
      #expect(try prompt.enter(":reload nothing").first?.contains("no module `nothing`") == true)
      // A module with a mistake leaves the one that was.
      #expect(Files.write("fn f(x) { x + \n", to: prompt.folder + "/tool.mos"))
      #expect(try prompt.enter(":reload").first?.hasPrefix("error[syntax]") == true)
      #expect(try prompt.enter("(f(1), tool.k)") == ["(101, 4)"])
    }
  }

  @Test func `reload knows a module by its file and its variable, and says that a file is gone`()
    throws
  {
    try withPrompt(files: ["inner/tool.mos": "let k = 3\n"]) { prompt throws in
      try prompt.enter("import \"inner/tool.mos\" as t")
      for name in ["t", "tool", "tool.mos", "inner/tool.mos"] {
        #expect(try prompt.enter(":reload \(name)") == ["ran inner/tool.mos"])
      }
      try prompt.enter(":cd inner")
      #expect(try prompt.enter(":reload") == ["no module has changed"])
      try prompt.enter("!rm tool.mos")
      for line in [":reload", ":reload t"] {
        #expect(try prompt.enter(line).first?.contains("`inner/tool.mos` is gone: /") == true)
      }
      #expect(try prompt.enter("t.k") == ["3"])
    }
  }

  @Test func `questions are answered by documentation, source, or what is near`() throws {
    try withPrompt { prompt throws in
      for question in [
        "?softplus", "softplus?", ":help softplus", ":doc softplus", "help(softplus)",
      ] {
        #expect(
          try prompt.enter(question).first?.hasPrefix("softplus(x, beta=1.0") == true, "\(question)"
        )
      }
      try prompt.enter("## Doubles.\rfn twice(x) { 2 * x }")
      let answer = try prompt.enter("twice?")
      #expect(answer.first == "twice(x)")
      #expect(answer.last == "Doubles.")
      #expect(try prompt.enter("??twice").last == "fn twice(x) { 2 * x }")
      #expect(try prompt.enter("twice??").last == "fn twice(x) { 2 * x }")
      #expect(try prompt.enter("??nn.Linear").contains { $0.hasPrefix("model Linear(inputs") })
      #expect(try prompt.enter("??sum").first?.contains("written in Swift") == true)
      let near = try prompt.enter("?sofplus")
      #expect(near.first == "nothing is called `sofplus`")
      #expect(near[1].hasPrefix("near it: softplus"))
      #expect(try prompt.enter("?Gumbel").count > 1 || prompt.lines.count > 1)
      try prompt.enter("let w = [1.0]")
      #expect(try prompt.enter("w?").first == "w: f64[1]")
      #expect(try prompt.enter("?w.sum").first?.hasPrefix("sum(x") == true)
    }
  }

  @Test func `what belongs elsewhere is told where`() throws {
    try withPrompt { prompt throws in
      for (typed, advice) in [
        ("$ mos maml.mos", "`:load maml.mos` runs the program here"),
        ("mos maml.mos", "`mos maml.mos` is a line for the shell"),
        ("cd examples", "a command begins with a colon: `:cd examples`"),
        ("ls", "`!ls` lists the folder"), ("undo", "a command begins with a colon: `:undo`"),
      ] {
        #expect(try prompt.enter(typed).joined().contains(advice), "\(typed)")
      }
      #expect(try prompt.enter("help")[0].hasPrefix(":help [name]"))
      #expect(try prompt.enter("undo = 3") == [])
      #expect(try prompt.enter("undo") == ["3"])
    }
  }

  @Test func `a name whose declaration failed is unknown, and may be declared`() throws {
    try withPrompt { prompt throws in
      _ = try prompt.enter("import torch")
      let told = try prompt.enter("let x = torch.tensor(1.0)").joined(separator: "\n")
      #expect(told.contains("unknown name `torch`") && told.contains("write tensor alone"))
      #expect(try prompt.enter("let torch = 2") == [])
      #expect(try prompt.enter("torch + 1") == ["3"])
    }
  }
}
