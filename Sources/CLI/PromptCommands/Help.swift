// `?name` and `??name`: what a name is, and how it is written. Where nothing has the name, what is near it, and
// what the documentation says the word of.

import Language
import Library
import Syntax

/// Answers questions for names.
struct Help {
  private let prompt: Prompt
  private var interpreter: Interpreter { prompt.session.interpreter }

  init(_ prompt: Prompt) { self.prompt = prompt }

  /// Writes what a name is, or what is near it.
  func show(_ name: String) {
    guard !name.isEmpty else { return PromptCommand.run("help", "", prompt) }
    if !showKnown(name) { search(name) }
  }

  /// Writes what a name is; false where nothing has it.
  func showKnown(_ name: String) -> Bool {
    let name = name.hasSuffix("()") ? String(name.dropLast(2)) : name
    if name.hasPrefix(":"), let command = PromptCommand.named(String(name.dropFirst())) {
      PromptCommand.say(command.description)
      return true
    }
    // `"text".upper`
    if name.hasPrefix("\""), let point = name.lastIndex(of: "."),
      showMethod(String(name[name.index(after: point)...]), of: .string(""))
    {
      return true
    }
    if let value = value(of: name) {
      show(value, name)
      return true
    }
    if let found = try? Builtins.library.documentation(of: name) {
      say(found)
      return true
    }
    let parts = name.split(separator: ".").map(String.init)
    if parts.count > 1, let owner = value(of: parts.dropLast().joined(separator: ".")) {
      if showMethod(parts[parts.count - 1], of: owner) { return true }
    }
    if let command = PromptCommand.all.first(where: { $0.name == name }) {
      PromptCommand.say(command.description)
      return true
    }
    return false
  }

  private func say(_ found: Documentation) {
    let text = "\(found.title)\n\n\(found.text)"
    PromptCommand.say(text.brokenAnew(columns: ScreenSize.current.columns))
  }

  /// What a name of the user or a chain of names stands for; a built-in's documentation says more of itself.
  private func value(of name: String) -> Value? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard let first = parts.first, var value = interpreter.value(of: first) else { return nil }
    for part in parts.dropFirst() {
      guard let next = interpreter.peek(part, of: value) else { return nil }
      value = next
    }
    return value
  }

  private func show(_ value: Value, _ name: String) {
    if value.signature(interpreter) == nil || !value.isDocumented {
      PromptCommand.say("\(name): \(prompt.kind(of: value))")
    }
    let ending = prompt.session.attempt {
      try interpreter.call(interpreter.builtin("help") ?? .nil, [value])
    }
    if case .exit(let status) = ending { prompt.exitStatus = status }
  }

  /// A method that is a function of the library, or of a type of objects.
  private func showMethod(_ name: String, of owner: Value) -> Bool {
    for candidate in ["\(owner.typeName).\(name)", name] {
      if let found = try? Builtins.library.documentation(of: candidate) {
        say(found)
        return true
      }
    }
    return false
  }

  // MARK: - Searching

  private func search(_ word: String) {
    let names = Set(interpreter.variables.map(\.name)).union(Builtins.library.names)
      .union(StandardModule.all.map(\.name)).union(Builtins.library.objectTypes.map(\.name))
    // A name inside a module is the likeliest.
    var near = StandardModule.places(of: word)
    while near.count < 5, let next = nearest(to: word, among: names.subtracting(near)) {
      near.append(next)
    }
    near += names.filter { $0.contains(word) && !near.contains($0) }.sorted().prefix(8 - near.count)
    let texts = Builtins.library.pages.flatMap(\.functions).filter {
      !near.contains($0.name) && $0.documentation.lowercased().contains(word.lowercased())
    }
    guard !near.isEmpty || !texts.isEmpty else {
      return PromptCommand.complain("nothing is called `\(word)`, and no text says the word")
    }
    writeError("nothing is called `\(word)`\n")
    if !near.isEmpty { PromptCommand.say("near it: \(near.joined(separator: ", "))") }
    for function in texts.prefix(10) {
      PromptCommand.say(
        "\(function.name): \(function.documentation.firstLine)".cut(to: ScreenSize.current.columns))
    }
    if texts.count > 10 { PromptCommand.say("… and \(texts.count - 10) more") }
  }

  // MARK: - Source

  /// Writes how a function or model is written.
  func showSource(of name: String) {
    guard !name.isEmpty else { return PromptCommand.complain("usage: ??name") }
    if let value = value(of: name) ?? standardValue(of: name) {
      if let place = value.declaration {
        let line = place.source.line(at: place.span.start)
        PromptCommand.say("# \(place.source.name):\(line)")
        return PromptCommand.say(place.source.text(of: place.span))
      }
      if case .module(let module) = value, let source = standardSource(module.name) {
        return PromptCommand.say(source)
      }
      if value.signature(interpreter) == nil {
        return PromptCommand.say("\(name): \(prompt.kind(of: value)), which has no source")
      }
    }
    if let source = standardSource(name) { return PromptCommand.say(source) }
    guard Builtins.library.function(name) != nil || value(of: name) != nil else {
      return search(name)
    }
    PromptCommand.say("`\(name)` is built in and written in Swift; ?\(name) says what it does")
  }

  private func standardSource(_ name: String) -> String? {
    StandardModule.all.first { $0.name == name }.map { String(decoding: $0.utf8, as: UTF8.self) }
  }

  /// What a module of the standard library that was not imported calls so.
  private func standardValue(of name: String) -> Value? {
    let parts = name.split(separator: ".").map(String.init)
    guard parts.count == 2, StandardModule.all.contains(where: { $0.name == parts[0] }) else {
      return nil
    }
    var found: Value?
    _ = prompt.session.attempt {
      found = try? interpreter.standardValue(parts[1], of: parts[0])
      return .nil
    }
    return found
  }
}

extension Value {
  /// True for a function or model of a program, and for a built-in.
  fileprivate var isDocumented: Bool {
    switch self {
    case .function, .builtin, .model, .instance, .host: true
    default: false
    }
  }
}

extension String {
  /// The text up to the first line end.
  var firstLine: String { String(prefix { $0 != "\n" }) }
}
