// The prompt: read an entry, run it, show its value.
//
// An entry is complete when the parser says so, and until then another line is asked for. After an
// error everything that held before still holds. `_` and `ans` are the last value; a trailing `;`
// keeps quiet.

import Language
import Library
import Platform
import Syntax
import Tensors

/// The interactive prompt.
final class Prompt {
  let session: Session
  /// The entries that stand, with the states before them.
  var log = SessionLog()
  var display = Display()
  /// Set by `:quit` and `exit(n)`.
  var exitStatus: Int32?
  /// What stands in the next entry already.
  var draft = ""
  private(set) var history: History
  /// Shows the value of an entry, where that is not written with its kind.
  var show: ((Value) throws -> Void)?
  private var editor: (any LineEditor)?
  private var completer: Completer
  private var highlighter = Highlighter { Builtins.library.function($0) != nil }
  /// What the last entry was, for `else` and `finally`.
  private var continuation: BlockContinuation?
  /// The last piece of a program, which an entry may go on with.
  private var lastProgram = ""
  /// What the entries are called in messages, and the number of the last one.
  private let entryName: String
  private var entryNumber = 0

  /// - Parameter program: the text that has run in the session, if any.
  init(
    _ session: Session, after program: String? = nil, history: History = History(),
    entryName: String = "entry"
  ) {
    self.session = session
    self.history = history
    self.entryName = entryName
    completer = Completer(session)
    session.endsWhenUnheard = false
    BlockContinuation.prepare(session.interpreter)
    if let program, !program.isEmpty {
      log.add(program, isProgram: true, before: session.fresh, session.interpreter)
    }
  }

  /// Reads and runs entries until the end, and gives the exit status.
  func run(showsBanner: Bool) -> Int32 {
    Interrupts.ignore()
    Interrupts.ignoreQuit()
    if showsBanner {
      StandardOutput.shared.write("Mos \(version). :help for help, Ctrl-D to leave.\n")
    }
    if !Locale.chooseUTF8() {
      writeError(
        "warning: the system has no locale with UTF-8; edit letters beyond ASCII with care\n")
    }
    let editor: any LineEditor =
      ScreenSize.movesCursor
      ? BlockEditor(self, showsColor: session.options.showsColor(on: 1)) : PlainEditor(self)
    self.editor = editor
    editor.begin(with: history.entries)
    exitStatus = StartupFile.run(session)
    while exitStatus == nil {
      startLine()
      let draft = self.draft
      self.draft = ""
      switch editor.readEntry(draft: draft) {
      case .endOfInput:
        startLine()
        return 0
      case .interrupted(let wasEmpty):
        if wasEmpty { StandardOutput.shared.write("Ctrl-D or :quit leaves\n") }
      case .entry(let text): handle(text)
      }
    }
    return exitStatus ?? 0
  }

  /// The next prompt begins a line.
  private func startLine() {
    if !StandardOutput.shared.isAtLineStart { StandardOutput.shared.write("\n") }
  }

  /// Does what an entry asks for that has a number of its own.
  func handle(_ text: String, number: Int, isRemembered: Bool) {
    entryNumber = number - 1
    handle(text, isRemembered: isRemembered)
  }

  /// Does what an entry asks for.
  func handle(_ text: String, isRemembered: Bool = true) {
    let text = text.trailingLineEndsTrimmed
    guard !text.allSatisfy(\.isWhitespace) else { return }
    if case .program = Entry(text), let rest = continuation?.rest(of: text) {
      let entry = lastProgram
      editor?.forget(entry)
      lastProgram = history.extend(entry, by: text)
      editor?.remember(lastProgram)
      return goOn(entry, rest, text)
    }
    if isRemembered { remember(text) }
    continuation = nil
    switch Entry(text) {
    case .program(let text):
      if let misplaced = MisplacedEntry(text, isKnown: session.interpreter.isKnown) {
        return PromptCommand.complain(misplaced.advice)
      }
      lastProgram = text
      evaluate(text)
    case .command(let name, let argument): PromptCommand.run(name, argument, self)
    case .shell(let line): Shell.run(line)
    case .help(let name): Help(self).show(name)
    case .source(let name): Help(self).showSource(of: name)
    case .leave: leave(text)
    }
  }

  /// `exit` and `quit` are commands where nothing of the user has the name.
  private func leave(_ text: String) {
    let name = text.trimmed.replacing(";", with: "")
    if session.interpreter.value(of: name) == nil { exitStatus = 0 } else { evaluate(text) }
  }

  private func remember(_ text: String) {
    if history.add(text) { editor?.remember(text) }
  }

  // MARK: - Running

  /// Runs an entry and shows its value.
  ///
  /// - Returns: false where it failed.
  @discardableResult
  func evaluate(_ text: String) -> Bool {
    let before = log.state(of: session.interpreter)
    let value = run(text)
    if continuation == nil, let before {
      continuation = BlockContinuation(text, before: before)
    }
    guard let value else {
      addStanding(text, before: before)
      return false
    }
    let isKept = keep(value, isShown: !isQuiet(text))
    log.add(text, isProgram: true, gaveValue: isKept, before: before, session.interpreter)
    return true
  }

  /// Runs a text as an entry; nil where that failed or ended the session.
  private func run(_ text: String) -> Value? {
    entryNumber += 1
    let source = Source(
      name: "<\(entryName) \(entryNumber)>", text: BlockContinuation.instrumented(text))
    switch session.run(source) {
    case .value(let value):
      let isUntaken = BlockContinuation.isUntaken(value)
      continuation = BlockContinuation(text, isUntaken: isUntaken)
      return isUntaken ? .nil : value
    case .failed:
      continuation = BlockContinuation(text, isUntaken: false)
      return nil
    case .exit(let status):
      exitStatus = status
      return nil
    }
  }

  /// Of an entry that failed, the statements before the one that did have been done: they stand.
  private func addStanding(_ text: String, before: SessionState?) {
    guard let place = session.failurePlace else { return }
    let standing = FailedEntry(text).statements(before: place)
    guard !standing.isEmpty else { return }
    log.add(standing, isProgram: true, before: before, session.interpreter)
  }

  /// Goes on with the block of the entry that ran last.
  private func goOn(_ entry: String, _ rest: BlockContinuation.Rest, _ text: String) {
    let before = continuation
    switch rest {
    case .check(let code):
      let found = session.interpreter.check(Source(name: "<prompt>", text: code))
      found.forEach(session.reporter.report)
      if found.contains(where: { $0.severity == .error }) { return }
      log.extend(entry, by: text)
    case .run(let code):
      guard let value = run(code) else { break }
      log.extend(entry, by: text, gaveValue: keep(value, isShown: !isQuiet(text)))
    case .again(let whole, let state):
      do {
        try session.interpreter.putBack(state)
        log.remove(entry)
        evaluate(whole)
      } catch {
        report(error)
      }
      return
    }
    if before?.isEnded(by: text) == true { continuation = nil }
  }

  /// Runs a command's work as a step that can be undone.
  func step(_ text: String, isProgram: Bool = false, _ body: () throws -> Bool) {
    let before = log.state(of: session.interpreter)
    do {
      if try body() {
        log.add(text, isProgram: isProgram, before: before, session.interpreter)
      } else if isProgram {
        addStanding(text, before: before)
      }
    } catch {
      report(error)
    }
  }

  /// Tells an error as that of a program.
  func report(_ error: any Error) {
    _ = session.attempt { throw error }
  }

  /// Makes a value the last one, and writes it with its kind. A large one takes its time, so that
  /// Ctrl-C ends this, too.
  ///
  /// - Returns: false for nil, which is none.
  @discardableResult
  private func keep(_ value: Value, isShown: Bool) -> Bool {
    guard !value.isNil, !value.isAbsent else { return false }
    let interpreter = session.interpreter
    _ = session.attempt {
      do {
        try interpreter.requests.duringRun(of: .infinity) {
          for name in ["_", "ans"] { try? interpreter.setVariable(name, value) }
          guard isShown else { return }
          if let show { return try show(value) }
          let text = (interpreter.showsColors ? value.drawing : nil) ?? display.text(of: value)
          try Safepoint.look()
          startLine()
          try interpreter.writeHeard(text + "\n")
        }
      } catch let error as TensorError {
        throw RuntimeError(error)
      }
      return .nil
    }
    return true
  }

  private func isQuiet(_ entry: String) -> Bool {
    entry.last { !$0.isWhitespace } == ";"
  }
}

extension Prompt: EntryReader {
  var earlierEntries: [String] { history.entries }

  func isComplete(_ entry: String) -> Bool {
    guard case .program = Entry(entry), let rest = continuation?.rest(of: entry) else {
      return Entry.isComplete(entry)
    }
    switch rest {
    case .run(let text), .check(let text), .again(let text, _): return Entry.isComplete(text)
    }
  }

  /// Whether a whole program has mistakes of grammar.
  func isMistaken(_ entry: String) -> Bool {
    if continuation?.rest(of: entry) != nil { return false }
    return parse(Source(name: "<prompt>", text: entry)).diagnostics.contains {
      $0.severity == .error
    }
  }

  func complete(_ text: String, cursor: Int) -> Completion {
    completer.complete(text, cursor: cursor)
  }

  func styles(of text: String, cursor: Int?) -> [Style] {
    session.options.showsColor(on: 1)
      ? highlighter.styles(of: text, cursor: cursor)
      : [Style](repeating: .plain, count: text.utf8.count)
  }
}

extension String {
  /// The text without the line ends at its end.
  fileprivate var trailingLineEndsTrimmed: String {
    var rest = self[...]
    while rest.last?.isNewline == true { rest.removeLast() }
    return String(rest)
  }
}
