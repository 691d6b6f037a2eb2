// What Tab does at the prompt, one line for each kind of word.

import Platform
import TestSupport
import Testing

@Suite(.serialized) struct `Completion at the prompt` {
  private static let setup = [
    "import nn", "let quite_long_name = 7", "let rec = {alpha: 1, beta: {gamma: 2}, alright: 3}",
    "model Net() { param w = 1.0; let table = [1.0]; fn forward(x, scale=2) { x * self.w * scale } }",
    "let net = Net()", "let opt = Adam(net, lr=0.1)", "fn plus(first, second=2) { first + second }",
  ]

  @Test func `completes words by what they are`() throws {
    let cases: [(keys: String, line: String)] = [
      // Names, without a blank behind them.
      ("quite_l\t+1", "quite_long_name+1"), ("softpl\t(", "softplus("),
      // Names of the entry itself.
      ("let zebra = 1; zeb\t", "let zebra = 1; zebra"),
      // Behind a point: fields, methods, keys of records, members of modules.
      ("net.forw\t", "net.forward"), ("net.tab\t.resh\t", "net.table.reshape"),
      ("opt.zero\t", "opt.zero_grad"), ("rec.beta.gam\t", "rec.beta.gamma"),
      ("rec.alp\t", "rec.alpha"),
      ("nn.Lin\t", "nn.Linear"), ("Net().forw\t", "Net().forward"),
      ("[1.0, 2.0].resh\t", "[1.0, 2.0].reshape"), ("\"abc\".upp\t", "\"abc\".upper"),
      ("net.w.T.resh\t", "net.w.T.reshape"), ("\"abc\".spl\t", "\"abc\".split"),
      // In an interpolation.
      ("print(\"{rec.beta.gam\t", "print(\"{rec.beta.gamma"),
      ("\"a {net.w + net.forw\t", "\"a {net.w + net.forward"),
      ("\"{plus(1, sec\t", "\"{plus(1, second="), ("\"{rec[\"alp\t", "\"{rec[\"alpha"),
      // Arguments inside a call; one that is given is not offered again.
      ("plus(1, sec\t", "plus(1, second="), ("sum(net.w, ax\t", "sum(net.w, axis="),
      ("net.forward(1.0, \t", "net.forward(1.0, scale="),
      ("nn.Linear(outp\t", "nn.Linear(outputs="),
      ("Adam(net, weight_d\t", "Adam(net, weight_decay="),
      // Keys, modules, paths, commands, symbols, questions.
      ("rec[\"alp\t", "rec[\"alpha"), ("import n\t", "import nn"),
      ("from nn import Conv2\t", "from nn import Conv2d"),
      ("import too\t", "import tool"), ("from tool import hel\t", "from tool import helper"),
      ("load(\"dat\t", "load(\"data.csv"), (":unl\u{7f}d\t", ":undo"),
      (":load da\t", ":load data.csv"),
      (":limit mem\t", ":limit memory"), (":time quite\t", ":time quite_long_name"),
      ("\\alpha\t", "α"), ("let x\\gam\t", "let xγ"), ("?softpl\t", "?softplus"),
      ("??plu\t", "??plus"), (":help softpl\t", ":help softplus"), ("!cat dat\t", "!cat data.csv"),
    ]
    try withPrompt(files: ["data.csv": "1,2\n", "tool.mos": "fn helper(x) { x }\n"]) {
      prompt throws in
      for line in Self.setup { try prompt.enter(line) }
      for (keys, line) in cases {
        #expect(try prompt.typing(keys, shows: "mos> \(line)"), "\(keys): \(prompt.lines)")
      }
    }
  }

  @Test func `shows candidates, and at the second Tab their signatures`() throws {
    let cases: [(keys: String, shown: String)] = [
      ("softm\t", "softmax  softmin"), ("softm\t\t", "softmax(x, axis=-1)"),
      ("softplus\t\t", "softplus(x, beta=1.0"), ("plus(\t", "first=    second=2"),
      ("adam(\t\t", "lr=0.001"),
      ("plus(\t\t", "plus(first, second=2)"), ("plus(1, 2\t\t", "plus(first, second=2)"),
      ("nn.Linear\t\t", "Linear(inputs, outputs, bias=true)"),
      ("rec.al\t\t", "alright"), (":s\t\t", "the entries that stand"),
    ]
    try withPrompt { prompt throws in
      for line in Self.setup { try prompt.enter(line) }
      for (keys, shown) in cases {
        #expect(try prompt.typing(keys, shows: shown), "\(keys): \(prompt.lines)")
      }
    }
  }

  @Test func `runs nothing of the user's`() throws {
    try withPrompt { prompt throws in
      try prompt.enter("let calls = 0")
      try prompt.enter("fn noisy() { calls += 1; {alpha: 1} }")
      try prompt.enter("model Loud() { fn value() { calls += 1; 1 } }")
      try prompt.enter("let loud = Loud()")
      for keys in ["noisy().al\t\t", "loud.val\t\t", "loud.value().\t\t", "noisy()[\"al\t\t"] {
        _ = try prompt.typing(keys, shows: "mos> ")
      }
      #expect(try prompt.enter("calls") == ["0"])
    }
  }

  @Test func `Tab indents where only blanks stand before it`() throws {
    try withPrompt { prompt throws in
      prompt.type("fn f() {\r\t\t")
      #expect(prompt.waits { _ in prompt.terminal.display.cursor.column == 17 })
      // Backspace goes back a level.
      prompt.type("\u{7f}")
      #expect(prompt.waits { _ in prompt.terminal.display.cursor.column == 13 })
      prompt.type("\u{3}")
    }
  }
}
