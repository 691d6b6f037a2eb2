// `:vars`, `:type`, `:memory`, `:graph`, `:crosscheck`: what is there.

import Language
import Library
import Platform
import Syntax
import Tensors

extension PromptCommand {
  nonisolated(unsafe) static let looking: [PromptCommand] = [
    PromptCommand("vars", "[name]", "the variables: kind, shape, bytes, a short value") {
      prompt, name in
      showVariables(of: prompt, beginning: name)
    },
    PromptCommand("type", "code", "the type of a value; nothing is changed by it", .code) {
      prompt, code in
      let interpreter = prompt.session.interpreter
      let before = interpreter.sessionState()
      if case .value(let value) = prompt.session.run(source(code)) {
        say(prompt.kind(of: value))
      }
      reporting { try interpreter.putBack(before) }
    },
    PromptCommand("memory", "[code]", "who holds memory; with a value its graph, by line", .code) {
      prompt, code in
      if code.isEmpty { showMemory(of: prompt) } else { showMemory(of: code, prompt) }
    },
    PromptCommand("graph", "code", "the operations behind a value", .code) { prompt, code in
      show("graph((\(code)))", prompt)
    },
    PromptCommand(
      "crosscheck", "f(args…)", "how the ways to differentiate the loops of f compare", .code
    ) { prompt, code in
      guard let call = crosscheck(of: code) else {
        return complain("`:crosscheck` takes a call, `loss(penalty)`: its arguments are the metas")
      }
      show(call, prompt)
    },
  ]

  /// The call of `crosscheck` for a call of a loss; nil for anything else, and for one with named arguments.
  private static func crosscheck(of code: String) -> String? {
    let source = source(code)
    let parsed = parse(source)
    guard parsed.diagnostics.isEmpty, parsed.program.statements.count == 1,
      case .expression(let expression) = parsed.program.statements[0].kind,
      case .call(let callee, let arguments) = expression.kind, !arguments.isEmpty
    else { return nil }
    var parts = [callee]
    for argument in arguments {
      guard case .positional(let value) = argument else { return nil }
      parts.append(value)
    }
    let texts = parts.map { source.text(of: $0.span) }
    return "crosscheck(\(texts.joined(separator: ", ")))"
  }

  /// Runs a call of a built-in and writes what it gives.
  private static func show(_ code: String, _ prompt: Prompt) {
    let before = prompt.log.state(of: prompt.session.interpreter)
    guard case .value(let value) = prompt.session.run(source(code)) else { return }
    say(prompt.display.text(of: value))
    prompt.log.add(code, isProgram: false, before: before, prompt.session.interpreter)
  }

  // MARK: - Variables

  private static func showVariables(of prompt: Prompt, beginning start: String) {
    let found = prompt.session.interpreter.variables.filter {
      $0.name != "_" && $0.name != "ans" && $0.name.hasPrefix(start)
    }
    guard !found.isEmpty else { return say("no variables") }
    var rows = [["name", "kind", "shape", "bytes", "value"]]
    rows += found.map { name, value in
      [name, value.kindName, value.shapeText, "\(ByteCount(value.bytes))", value.brief]
    }
    table(rows)
  }

  private static func table(_ rows: [[String]]) {
    let width = ScreenSize.current.columns
    let widths = rows[0].indices.map { column in
      min(30, rows.map { $0[column].columns }.max() ?? 0) + 2
    }
    for row in rows {
      let cells = row.enumerated().map { column, text in
        column == row.count - 1 ? text : text.cut(to: 30).padded(to: widths[column])
      }
      say(cells.joined().cut(to: width - 1))
    }
  }

  // MARK: - Memory

  private static func showMemory(of prompt: Prompt) {
    let memory = prompt.session.interpreter.memory
    say("\(ByteCount(memory.held)) held, of \(ByteCount(memory.limit)) that may be")
    let largest = prompt.session.interpreter.variables
      .map { (name: $0.name, bytes: $0.value.bytes, value: $0.value) }
      .filter { $0.name != "_" && $0.name != "ans" && $0.bytes > 100 }
      .sorted { $0.bytes > $1.bytes }
    if !largest.isEmpty {
      table(
        [["name", "bytes", "value"]]
          + largest.prefix(20).map { [$0.name, "\(ByteCount($0.bytes))", $0.value.brief] })
    }
    say("\(prompt.log.steps.count { $0.before != nil }) earlier states are kept for :undo")
  }

  private static func showMemory(of code: String, _ prompt: Prompt) {
    show("memory((\(code)))", prompt)
  }
}

extension Prompt {
  /// What a value is, in a few words: its type, or the dtype and shape of a tensor.
  func kind(of value: Value) -> String {
    switch value {
    case .tensor, .parameter, .list, .string: value.shortDescription.withoutArticle
    case .float, .int, .bool, .nil, .absent: value.typeName
    case .function, .builtin, .model:
      value.signature(session.interpreter).map { "\(value.typeName) \($0)" } ?? value.typeName
    default: value.typeName
    }
  }
}

extension Value {
  /// The word for what it is.
  fileprivate var kindName: String {
    if case .instance(let instance) = self { return instance.type.name }
    return typeName
  }

  /// The shape of a tensor with its dtype, the length of what has one.
  fileprivate var shapeText: String {
    switch self {
    case .tensor(let variable): variable.typeDescription
    case .parameter(let cell): cell.content.variable.typeDescription
    case .list(let list): "\(list.count)"
    case .record(let record): "\(record.count)"
    case .string(let text): "\(text.text.utf8.count)"
    case .range(let range): "\(range.count)"
    default: ""
    }
  }

  /// The beginning of what `print` writes, on one line.
  var brief: String {
    switch self {
    case .tensor(let variable):
      return variable.count > 1000 ? "…" : Value.tensor(variable).excerptOnOneLine
    default: return excerptOnOneLine
    }
  }

  private var excerptOnOneLine: String {
    let text: String
    switch self {
    case .list(let list) where list.count > 50:
      text =
        "(" + list.prefix(8).map { $0.description(quoted: true) }.joined(separator: ", ") + ", …)"
    case .record(let record) where record.count > 50:
      text = "{\(record.keys.prefix(8).joined(separator: ", ")), …}"
    case .string(let object): text = String(object.text.prefix(60)).quoted
    default: text = description(quoted: true)
    }
    let line = text.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }
      .joined(separator: " ")
    return line.cut(to: 60)
  }
}

extension String {
  /// `a List of 3` as `List of 3`.
  fileprivate var withoutArticle: String {
    for article in ["a ", "the "] where hasPrefix(article) {
      return String(dropFirst(article.count))
    }
    return self
  }
}
