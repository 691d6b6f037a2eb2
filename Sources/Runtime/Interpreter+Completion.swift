// What the prompt's completion asks for.

extension Interpreter {
  /// The names that may follow `value.`; nothing of the program is run to find them.
  public func memberNames(of value: Value) -> [String] { machine.memberNames(of: value) }
}
