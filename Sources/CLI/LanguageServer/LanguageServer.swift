// What editors ask of a language server (Language Server Protocol 3.17), and how it is answered.
//
// Messages are answered one after the other, so that no answer is about another text than the one that was
// asked about. Mistakes are told once nothing more has come: while one types, of the last text alone.

import Language
import Library
import Platform
import Syntax

/// The server, for one editor.
final class LanguageServer {
  let options: Options
  let session: Session
  var messages: MessageStream
  var documents: [String: OpenDocument] = [:]
  /// The folders that the editor has open.
  private(set) var folders: [String] = []
  private var phase = Phase.asleep
  /// Whether the editor can be asked to tell of files that change.
  private var watches = false
  /// Whether the editor takes edits that say for which version of a text they are.
  private(set) var takesVersions = false
  /// Where the imports of standard modules of one document were run, for completion. What is checked is checked
  /// elsewhere, where nothing has run: a name that was imported for another document is unknown there.
  var completing: (imports: [String], session: Session)?

  /// What was found in texts as they are now.
  var found: [String: CheckResult] = [:]

  private enum Phase { case asleep, serving, shutDown }

  init(_ options: Options, _ messages: MessageStream) {
    (self.options, self.messages) = (options, messages)
    session = Session(options)
    interpreter.edited = { [unowned self] path in try text(ofFile: path) }
  }

  /// What checks programs.
  var interpreter: Interpreter { session.interpreter }

  var standardFiles: StandardFiles { StandardFiles(folders: folders) }

  /// What an import reads in place of a file: the text that the editor has open.
  ///
  /// - Throws: an io error for what is no plain file, which might never end.
  private func text(ofFile path: String) throws -> String? {
    let identity = FileAddress.identity(ofPath: path)
    for (address, document) in documents
    where FileAddress.path(of: address).map(FileAddress.identity) == identity {
      return document.text
    }
    if access(path, F_OK) == 0, !WorkspaceFiles.isReadable(path) {
      throw RuntimeError(.io, "\(path) is no plain file, or too long for a program")
    }
    return nil
  }

  /// Serves until the editor goes; what the process then ends with.
  func serve() -> Int32 {
    while true {
      if !messages.hasMore { tellMistakes() }
      switch messages.next() {
      case nil: return phase == .shutDown ? 0 : ExitStatus.failure
      case .broken(let reason): fail(.nil, .notJSON, reason)
      case .value(let message):
        guard let method = message[field: "method"]?.asText else {
          // An answer to a question that was never asked, or nothing at all.
          if let id = message[field: "id"], message[field: "result"] == nil,
            message[field: "error"] == nil
          {
            fail(id, .noRequest, "a request has a method")
          }
          continue
        }
        if method == "exit" { return phase == .shutDown ? 0 : ExitStatus.failure }
        let parameters = message[field: "params"] ?? .nil
        if let id = message[field: "id"] {
          answer(id, method, parameters)
        } else {
          note(method, parameters)
        }
      }
    }
  }

  // MARK: - Messages

  private enum Failure: Int {
    case notJSON = -32700
    case noRequest = -32600
    case asleep = -32002
    case noMethod = -32601
    case failed = -32803
  }

  private func fail(_ id: Value, _ failure: Failure, _ reason: String) {
    messages.send(
      object(
        ("jsonrpc", .string("2.0")), ("id", id),
        (
          "error",
          object(("code", .int(failure.rawValue)), ("message", .string(reason)))
        )))
  }

  private func answer(_ id: Value, _ method: String, _ parameters: Value) {
    switch (phase, method) {
    case (.asleep, "initialize"), (.serving, _): break
    case (.asleep, _): return fail(id, .asleep, "initialize comes first")
    case (.shutDown, _): return fail(id, .noRequest, "the server was shut down")
    }
    do {
      // Trees may be deep, and walks recurse: they have the room of a run.
      let result = try LargeStack.run { try self.result(of: method, parameters) ?? .absent }
      if case .absent = result { return fail(id, .noMethod, "there is no method \(method)") }
      messages.send(object(("jsonrpc", .string("2.0")), ("id", id), ("result", result)))
    } catch {
      fail(id, .failed, (error as? Refusal)?.reason ?? "\(error)")
    }
  }

  /// Why something is not done.
  struct Refusal: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
  }

  /// What a request gives; nil for an unknown method.
  private func result(of method: String, _ parameters: Value) throws -> Value? {
    switch method {
    case "initialize":
      guard phase == .asleep else { throw Refusal("the server is initialized already") }
      phase = .serving
      return begin(parameters)
    case "shutdown":
      phase = .shutDown
      return .nil
    case "workspace/symbol": return workspaceSymbols(parameters[field: "query"]?.asText ?? "")
    case "completionItem/resolve": return documented(parameters)
    default: break
    }
    guard LanguageServer.methods.contains(method) else { return nil }
    let address = parameters[field: "textDocument"]?[field: "uri"]?.asText ?? ""
    guard let document = document(at: address) else {
      throw Refusal("the document is not open: \(address)")
    }
    let offset = document.offset(of: parameters[field: "position"] ?? .nil)
    switch method {
    case "textDocument/hover": return hover(document, offset)
    case "textDocument/completion": return completion(document, offset)
    case "textDocument/signatureHelp": return signatureHelp(document, offset)
    case "textDocument/definition": return definitions(document, offset)
    case "textDocument/references":
      let asked = parameters[field: "context"]?[field: "includeDeclaration"]?.asFlag
      return references(document, offset, withDeclaration: asked ?? true)
    case "textDocument/documentHighlight": return highlights(document, offset)
    case "textDocument/prepareRename": return try renamed(document, offset, to: nil)
    case "textDocument/rename":
      return try renamed(document, offset, to: parameters[field: "newName"]?.asText ?? "")
    case "textDocument/documentSymbol": return symbols(of: document)
    case "textDocument/formatting": return formatting(document)
    case "textDocument/semanticTokens/full": return semanticTokens(document)
    default:
      return inlayHints(document, document.offsets(of: parameters[field: "range"] ?? .nil))
    }
  }

  private static let methods: Set<String> = [
    "textDocument/hover", "textDocument/completion", "textDocument/signatureHelp",
    "textDocument/definition", "textDocument/references", "textDocument/documentHighlight",
    "textDocument/prepareRename", "textDocument/rename", "textDocument/documentSymbol",
    "textDocument/formatting", "textDocument/semanticTokens/full", "textDocument/inlayHint",
  ]

  /// The document of an address, which may be written with other escapes.
  private func document(at address: String) -> OpenDocument? {
    if let document = documents[address] { return document }
    guard let path = FileAddress.path(of: address) else { return nil }
    return documents.values.first { FileAddress.path(of: $0.address) == path }
  }

  /// Takes in what the editor has open and can do.
  func change(folders: [String], takesVersions: Bool? = nil, watches: Bool? = nil) {
    self.folders = folders
    self.takesVersions = takesVersions ?? self.takesVersions
    self.watches = watches ?? self.watches
  }

  /// Takes in what needs no answer.
  private func note(_ method: String, _ parameters: Value) {
    guard phase == .serving else { return }
    switch method {
    case "initialized": if watches { askForChangesOfFiles() }
    case "workspace/didChangeWorkspaceFolders": changeFolders(parameters[field: "event"] ?? .nil)
    case "workspace/didChangeWatchedFiles":
      for change in parameters[field: "changes"]?.asList ?? [] {
        if let address = change[field: "uri"]?.asText { noteChange(of: address) }
      }
    default: noteText(method, parameters)
    }
  }

  /// Takes in what becomes of a text.
  private func noteText(_ method: String, _ parameters: Value) {
    let place = parameters[field: "textDocument"] ?? .nil
    guard let given = place[field: "uri"]?.asText else { return }
    let address = document(at: given)?.address ?? given
    let version = place[field: "version"]?.asInt ?? 0
    switch method {
    case "textDocument/didOpen":
      documents[address] = OpenDocument(
        address: address, version: version, text: place[field: "text"]?.asText ?? "")
    case "textDocument/didChange":
      for change in parameters[field: "contentChanges"]?.asList ?? [] {
        documents[address]?.change(change, version: version)
      }
    case "textDocument/didClose":
      if documents.removeValue(forKey: address) != nil { tell([], of: address, version: nil) }
    default: return
    }
    noteChange(of: address)
  }
}
