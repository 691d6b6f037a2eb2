// Instructions that make values of many registers, or take a value apart into them.

import Syntax
import Tensors

extension Machine {
  /// A range from registers: start, stop and step.
  func range(at first: UnsafeMutablePointer<Value>, isClosed: Bool) throws -> RangeObject {
    try Value.range(from: first[0], to: first[1], by: first[2], isClosed: isClosed)
  }

  func unpackList(_ a: UnsafeMutablePointer<Value>, _ count: Int, hasRest: Bool) throws {
    var values = try a.pointee.parts(count, hasRest: hasRest, interpreter)
    a.pointee = .nil
    for i in 0..<count { a[i + 1] = values[i] }
    if hasRest {
      values.removeFirst(count)
      a[count + 1] = .list(values)
    }
  }

  func unpackRecord(
    _ a: UnsafeMutablePointer<Value>, _ firstName: Int, _ count: Int,
    _ header: UnsafeMutablePointer<CodeHeader>
  ) throws {
    let source = a.pointee
    for i in 0..<count {
      a[i + 1] = try source.part(name(UInt16(firstName + i), header), interpreter)
    }
    a.pointee = .nil
  }

  func joinTexts(
    _ a: UnsafeMutablePointer<Value>, _ first: UnsafeMutablePointer<Value>, _ count: Int
  ) throws {
    var text = ""
    for i in 0..<count {
      guard case .string(let part) = first[i] else { continue }
      try MemoryAccount.require(text.utf8.count + part.text.utf8.count)
      text += part.text
    }
    clearRegisters(first, count)
    a.pointee = .string(text)
  }

  // MARK: - Assertions and tests

  func assertionFailure(
    _ a: UnsafeMutablePointer<Value>, _ index: Int, _ header: UnsafeMutablePointer<CodeHeader>
  ) -> RuntimeError {
    let site = header.pointee.prototype._withUnsafeGuaranteedRef { $0.sites.assertions[index] }
    var message = "assertion failed: \(site.text)"
    if let text = a.pointee.text { message = "assertion failed: \(text)" }
    var error = RuntimeError(.assertion, message)
    let values = site.operands.enumerated().compactMap { i, text -> String? in
      let value = a[i + 1].description(quoted: true)
      // What is written out says its value itself.
      return value == text ? nil : "\(text) is \(value)"
    }
    if !values.isEmpty { error.diagnostic.hint = values.joined(separator: ", ") }
    return error
  }

  func addTest(_ name: String, _ body: Value, _ header: UnsafeMutablePointer<CodeHeader>) {
    guard case .function(let closure) = body else { return }
    interpreter.addTest(name, closure.prototype.source, closure.prototype.span, body)
  }
}
