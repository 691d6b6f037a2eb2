// Names of the standard library that programs see without an import.

import Language

extension Builtin {
  /// A name that a module of the standard library defines. The module is run when a program first calls
  /// such a name: one that names none of them pays nothing.
  init(_ signature: String, of module: String, _ documentation: String) {
    let name = String(signature.prefix { $0 != "(" })
    self.init(signature, documentation) { arguments in
      let interpreter = arguments.interpreter
      let given = arguments.callee.parameters.enumerated().filter { arguments.isGiven($0.offset) }
      return try interpreter.call(
        interpreter.standardValue(name, of: module), [],
        named: given.map { ($0.element.name, arguments[$0.offset]) })
    }
    self.module = module
  }
}
