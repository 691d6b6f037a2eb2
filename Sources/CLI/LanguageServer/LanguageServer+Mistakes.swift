// The mistakes of the texts that an editor has open, and when they are told.
//
// What was found in a text is kept until the text changes, or one that it imports. Mistakes are told while nothing waits
// to be answered.

import Language
import Library
import Syntax

extension LanguageServer {
  /// What is found in a document as it is now.
  func findings(in document: OpenDocument) -> CheckResult {
    if let known = found[document.address] { return known }
    let result = interpreter.findings(in: document.source)
    found[document.address] = result
    return result
  }

  /// Notes that what a file holds is another now, for the editor or on the disk: it is to be looked at again, with all
  /// that may import it.
  func noteChange(of address: String) {
    found[address] = nil
    documents[address]?.isUntold = true
    let file = FileAddress.parts(of: FileAddress.path(of: address) ?? address).name
    for (other, result) in found {
      let imports = result.names.imports.contains { one in
        FileAddress.parts(of: one.isFile ? one.path : one.path + ".mos").name == file
      }
      guard imports else { continue }
      found[other] = nil
      documents[other]?.isUntold = true
    }
  }

  /// Tells the mistakes of texts that are to be looked at, as long as nothing comes that is to be answered.
  func tellMistakes() {
    for (address, document) in documents where document.isUntold && !messages.hasMore {
      documents[address]?.isUntold = false
      let mistakes = findings(in: document).diagnostics
      tell(mistakes.map { mistake($0, document) }, of: address, version: document.version)
    }
  }

  func tell(_ mistakes: [Value], of address: String, version: Int?) {
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
