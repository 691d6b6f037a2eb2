// What editors ask of a language server (Language Server Protocol 3.17), and how it is answered.
//
// Messages are answered one after the other, so that no answer is about another text than the one that was
// asked about. Mistakes are told once nothing more has come: while one types, of the last text alone.

import Language
import Library
import Syntax

/// The server, for one editor.
final class LanguageServer {
  let options: Options
  private let session: Session
  var messages: MessageStream
  var documents: [String: OpenDocument] = [:]
  /// The folder that the editor has open.
  private(set) var root: String?
  private var wasShutDown = false
  /// Where the imports of standard modules of one document were run, for completion. What is checked is checked
  /// elsewhere, where nothing has run: a name that was imported for another document is unknown there.
  var completing: (imports: [String], session: Session)?

  init(_ options: Options, _ messages: MessageStream) {
    (self.options, self.messages) = (options, messages)
    session = Session(options)
  }

  /// What checks programs.
  var interpreter: Interpreter { session.interpreter }

  /// Serves until the editor goes; what the process then ends with.
  func serve() -> Int32 {
    while true {
      if !messages.hasMore { tellMistakes() }
      switch messages.next() {
      case nil: return wasShutDown ? 0 : ExitStatus.failure
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
        if method == "exit" { return wasShutDown ? 0 : ExitStatus.failure }
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
    guard !wasShutDown else { return fail(id, .noRequest, "the server was shut down") }
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
      root = (parameters[field: "rootUri"]?.asText).map(OpenDocument.path)
      return LanguageServer.capabilities
    case "shutdown":
      wasShutDown = true
      return .nil
    case "workspace/symbol": return workspaceSymbols(parameters[field: "query"]?.asText ?? "")
    case "completionItem/resolve": return documented(parameters)
    default: break
    }
    guard LanguageServer.methods.contains(method) else { return nil }
    guard let address = parameters[field: "textDocument"]?[field: "uri"]?.asText,
      let document = documents[address]
    else { throw Refusal("the document is not open") }
    let offset = document.offset(of: parameters[field: "position"] ?? .nil)
    switch method {
    case "textDocument/hover": return hover(document, offset)
    case "textDocument/completion": return completion(document, offset)
    case "textDocument/signatureHelp": return signatureHelp(document, offset)
    case "textDocument/definition":
      return places(document, offset) { $0.declared }
    case "textDocument/references": return places(document, offset) { $0.places }
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

  private static var capabilities: Value {
    object(
      (
        "capabilities",
        object(
          ("positionEncoding", .string("utf-16")),
          ("textDocumentSync", object(("openClose", .bool(true)), ("change", .int(2)))),
          ("hoverProvider", .bool(true)),
          (
            "completionProvider",
            object(
              ("triggerCharacters", array([.string(".")])), ("resolveProvider", .bool(true)))
          ),
          (
            "signatureHelpProvider",
            object(("triggerCharacters", array([.string("("), .string(",")])))
          ),
          ("definitionProvider", .bool(true)), ("referencesProvider", .bool(true)),
          ("documentHighlightProvider", .bool(true)),
          ("renameProvider", object(("prepareProvider", .bool(true)))),
          ("documentSymbolProvider", .bool(true)), ("workspaceSymbolProvider", .bool(true)),
          ("documentFormattingProvider", .bool(true)), ("inlayHintProvider", .bool(true)),
          (
            "semanticTokensProvider",
            object(
              (
                "legend",
                object(
                  ("tokenTypes", array(TokenType.allCases.map { .string($0.rawValue) })),
                  ("tokenModifiers", array([.string("defaultLibrary")])))
              ), ("full", .bool(true)))
          ))
      ),
      ("serverInfo", object(("name", .string("mos")), ("version", .string(version)))))
  }

  /// Takes in what needs no answer.
  private func note(_ method: String, _ parameters: Value) {
    let place = parameters[field: "textDocument"] ?? .nil
    guard let address = place[field: "uri"]?.asText else { return }
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
    default: break
    }
  }

  // MARK: - Mistakes

  /// Tells the mistakes of every text that has changed.
  private func tellMistakes() {
    for (address, document) in documents where document.isUntold {
      documents[address]?.isUntold = false
      let found = interpreter.findings(in: document.source).diagnostics
      tell(found.map { mistake($0, document) }, of: address, version: document.version)
    }
  }

  private func tell(_ mistakes: [Value], of address: String, version: Int?) {
    var fields = [("uri", Value.string(address)), ("diagnostics", array(mistakes))]
    if let version { fields.append(("version", .int(version))) }
    messages.send(
      object(
        ("jsonrpc", .string("2.0")), ("method", .string("textDocument/publishDiagnostics")),
        ("params", .record(Record(fields)))))
  }

  private func mistake(_ found: Diagnostic, _ document: OpenDocument) -> Value {
    let severity =
      switch found.severity {
      case .error: 1
      case .warning: 2
      case .note: 3
      }
    var fields: [(String, Value)] = [
      ("range", document.range(found.primary?.span ?? .zero)), ("severity", .int(severity)),
      ("code", .string(found.kind)), ("source", .string("mos")),
      ("message", .string(found.message + (found.hint.map { "\n\($0)" } ?? ""))),
    ]
    if found.kind == FindingKind.unused.rawValue { fields.append(("tags", array([.int(1)]))) }
    return .record(Record(fields))
  }
}
