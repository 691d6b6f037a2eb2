// What a notebook asks of a kernel, and how it is answered: the prompt's session, whose entries are cells.
//
//     {"run": {"code": …, "cell": 3, "store": true}}        {"done": {"status": "ok"}}
//     {"complete": {"code": …, "cursor": bytes}}            {"done": {"start": bytes, "matches": […]}}
//     {"inspect": {"code": …, "cursor": bytes, "source": false}}     {"done": {"found": true, "text": …}}
//     {"is_complete": {"code": …}}                          {"done": {"status": "incomplete", "indent": "    "}}
//     {"history": {}}                                       {"done": {"entries": […]}}
//
// Every request has one `done`. Before that of a cell come its `stream`, `progress`, `result` and `error`, and `input`,
// which `{"answer": text}` or `{"refused": true}` follows. SIGINT ends the cell that runs.

import Language
import Library
import Platform
import Syntax
import Tensors

/// The kernel of one notebook.
final class Kernel {
  private let channel: KernelChannel
  private let streams: ForeignStreams
  private let prompt: Prompt
  private let failures: Failures
  /// The bars of `progress` that have been drawn, and whether the last one is still open.
  private var bars = (count: 0, isOpen: false)

  private var session: Session { prompt.session }

  /// The mistakes of the cell that runs.
  private final class Failures {
    var diagnostics: [Diagnostic] = []
  }

  init(_ options: Options, _ channel: KernelChannel, _ streams: ForeignStreams) {
    (self.channel, self.streams) = (channel, streams)
    Redirection.take = streams.write
    OutputWatch.patience = 50
    var options = options
    options.color = .never
    let failures = Failures()
    self.failures = failures
    let plain = DiagnosticRenderer(colored: false)
    let reporter = Reporter(options) { diagnostic in
      guard diagnostic.severity == .error else { return writeError(plain.render(diagnostic)) }
      failures.diagnostics.append(diagnostic)
    }
    prompt = Prompt(
      Session(options, reporter: reporter), history: History(file: "notebook-history"),
      entryName: "cell")
    prompt.show = { [unowned self] in try show($0) }
    session.interpreter.askForLine = { [unowned self] in try readLine($0) }
    session.interpreter.showProgress = { [unowned self] in showProgress($0) }
  }

  /// Answers until the notebook goes or a program ends the process; what the process ends with.
  func serve() -> Int32 {
    Interrupts.ignore()
    Interrupts.ignoreQuit()
    channel.send("ready", [("version", .text(version))])
    while let message = channel.next() {
      switch message {
      case .broken(let reason): refuse(reason)
      case .value(let message): answer(message)
      }
      if let status = prompt.exitStatus { return status }
    }
    return 0
  }

  private func refuse(_ reason: String) {
    channel.send("done", [("status", .text("refused")), ("reason", .text(reason))])
  }

  private func answer(_ message: Value) {
    guard case .record(let record) = message, let name = record.keys.first,
      let content = record[name]
    else {
      return refuse("a request is an object with one field")
    }
    let code = content[field: "code"]?.asText ?? ""
    let cursor = max(0, min(content[field: "cursor"]?.asInt ?? code.utf8.count, code.utf8.count))
    var fields: [(String, JSON)] = []
    do {
      // Trees may be deep, and walks recurse: they have the room of a run.
      _ = try LargeStack.run {
        switch name {
        case "run":
          fields = run(
            code, cell: content[field: "cell"]?.asInt ?? 1,
            isStored: content[field: "store"]?.asFlag ?? true)
        case "complete": fields = complete(code, cursor)
        case "inspect":
          fields = inspect(code, cursor, showsSource: content[field: "source"]?.asFlag ?? false)
        case "is_complete": fields = completeness(of: code)
        case "history":
          fields = [("entries", .list(prompt.history.entries.map(JSON.text)))]
        default: fields = [("status", .text("refused")), ("reason", .text("no request \(name)"))]
        }
        return .nil
      }
    } catch { return refuse("\(error)") }
    channel.send("done", fields)
  }

  // MARK: - Cells

  private func run(_ code: String, cell: Int, isStored: Bool) -> [(String, JSON)] {
    failures.diagnostics = []
    prompt.handle(code, number: cell, isRemembered: isStored)
    StandardOutput.shared.flush()
    streams.drain()
    if let status = prompt.exitStatus {
      return [("status", .text("exit")), ("exit", .number(Int(status)))]
    }
    guard let first = failures.diagnostics.first else { return [("status", .text("ok"))] }
    let renderer = DiagnosticRenderer(colored: true)
    let pictures = failures.diagnostics.map { JSON.text(renderer.render($0)) }
    failures.diagnostics = []
    return [
      ("status", .text("error")), ("name", .text(first.kind)), ("message", .text(first.message)),
      ("traceback", .list(pictures)),
    ]
  }

  private func show(_ value: Value) throws {
    let forms = try RichDisplay.forms(of: value, prompt.display)
    StandardOutput.shared.flush()
    channel.send("result", .object(forms.map { ($0.type, JSON.text($0.text)) }))
  }

  /// What `input` gives. The notebook's side answers always, an interrupt too.
  private func readLine(_ question: String) throws -> String? {
    StandardOutput.shared.flush()
    channel.send("input", [("prompt", .text(question))])
    guard case .value(let message)? = channel.next() else { leave(0) }
    try Safepoint.look()
    if message[field: "refused"]?.asFlag == true {
      throw RuntimeError(
        .io, "nobody can be asked here: the notebook runs without a person",
        hint: "give the value in the program, or read it from a file or by env")
    }
    return message[field: "answer"]?.asText
  }

  /// Tells the bar of `progress`, without what draws it over the last one.
  private func showProgress(_ text: String) {
    guard text != "\n" else {
      bars.isOpen = false
      return
    }
    if !bars.isOpen { bars = (bars.count + 1, true) }
    StandardOutput.shared.flush()
    let bar = text.replacing("\r\u{1b}[K", with: "")
    channel.send("progress", [("bar", .number(bars.count)), ("text", .text(bar))])
  }

  // MARK: - Questions about code

  private func complete(_ code: String, _ cursor: Int) -> [(String, JSON)] {
    let found = prompt.complete(code, cursor: cursor)
    let matches = found.candidates.map {
      JSON.object([("text", .text($0.text)), ("detail", .text($0.detail))])
    }
    return [("start", .number(found.start)), ("matches", .list(matches))]
  }

  private func inspect(
    _ code: String, _ cursor: Int, showsSource: Bool
  ) -> [(String, JSON)] {
    guard let name = NameAtCursor.find(in: code, cursor) else { return [("found", .flag(false))] }
    var isFound = false
    let text = gathering {
      let help = Help(prompt)
      isFound = help.showKnown(name)
      if isFound, showsSource {
        PromptCommand.say("")
        help.showSource(of: name)
      }
    }
    return [("found", .flag(isFound)), ("text", .text(text))]
  }

  /// What is written to standard output and standard error meanwhile.
  private func gathering(_ body: () -> Void) -> String {
    StandardOutput.shared.flush()
    let usual = Redirection.take
    var bytes: [UInt8] = []
    Redirection.take = { piece, _ in bytes += piece }
    body()
    StandardOutput.shared.flush()
    Redirection.take = usual
    return String(decoding: bytes, as: UTF8.self)
  }

  private func completeness(of code: String) -> [(String, JSON)] {
    guard prompt.isComplete(code) else {
      return [
        ("status", .text("incomplete")), ("indent", .text(EntryText(code).indentationOfNextLine)),
      ]
    }
    guard case .program(let text) = Entry(code), prompt.isMistaken(text) else {
      return [("status", .text("complete"))]
    }
    return [("status", .text("invalid"))]
  }
}
