// How a server and an editor begin: each says what it can.

import Language
import Platform

extension LanguageServer {
  /// Takes in what the editor says of itself; what the server can.
  func begin(_ parameters: Value) -> Value {
    let given = parameters[field: "workspaceFolders"]?.asList ?? []
    let root = parameters[field: "rootUri"]?.asText
    let addresses = given.isEmpty ? root.map { [$0] } ?? [] : LanguageServer.addresses(of: given)
    let workspace = parameters[field: "capabilities"]?[field: "workspace"]
    change(
      folders: LanguageServer.paths(of: addresses),
      takesVersions: workspace?[field: "workspaceEdit"]?[field: "documentChanges"]?.asFlag,
      watches: workspace?[field: "didChangeWatchedFiles"]?[field: "dynamicRegistration"]?.asFlag)
    return LanguageServer.capabilities
  }

  /// Takes in that folders were opened and closed.
  func changeFolders(_ event: Value) {
    let (added, removed) = (
      LanguageServer.paths(of: LanguageServer.addresses(of: event[field: "added"]?.asList ?? [])),
      LanguageServer.paths(of: LanguageServer.addresses(of: event[field: "removed"]?.asList ?? []))
    )
    change(folders: folders.filter { !removed.contains($0) && !added.contains($0) } + added)
  }

  private static func addresses(of folders: [Value]) -> [String] {
    folders.compactMap { $0[field: "uri"]?.asText }
  }

  private static func paths(of addresses: [String]) -> [String] {
    addresses.compactMap(FileAddress.path).map { path in
      path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }
  }

  /// Asks the editor to tell of files that change on the disk.
  func askForChangesOfFiles() {
    let watchers = ["mos", "md", "markdown"].map {
      object(("globPattern", .string("**/*.\($0)")))
    }
    let registration = object(
      ("id", .string("files")), ("method", .string("workspace/didChangeWatchedFiles")),
      ("registerOptions", object(("watchers", array(watchers)))))
    messages.send(
      object(
        ("jsonrpc", .string("2.0")), ("id", .string("files")),
        ("method", .string("client/registerCapability")),
        ("params", object(("registrations", array([registration]))))))
  }

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
            "workspace",
            object(
              (
                "workspaceFolders",
                object(("supported", .bool(true)), ("changeNotifications", .bool(true)))
              ))
          ),
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
}
