// The variables of the main program, as the host reads and sets them.

internal import Language
internal import Syntax

extension Interpreter {
  /// A variable of the main program; nil where there is none, and where it is no `Content`: `get` says which.
  /// Setting nil removes it, where it is there.
  ///
  ///     mos["rate"] = 0.1
  ///     let rate: Double? = mos["rate"]
  ///
  /// - Precondition: setting takes a name that programs can write, and a value that has one in programs; `set`
  ///   throws instead.
  public subscript<Content: MosConvertible>(name: String) -> Content? {
    get { try? get(name, as: Content.self) }
    set {
      do {
        if let newValue {
          try set(name, to: newValue)
        } else if runtime.value(of: name) != nil {
          try remove(name)
        }
      } catch { preconditionFailure("\(error.message)") }
    }
  }

  /// Sets a variable of the main program, which is declared where it is new.
  ///
  /// - Throws: an error of kind `name` for what is no name; of kind `value` for a function or model of another
  ///   interpreter; what the conversion throws.
  public func set(_ name: String, to value: some MosConvertible) throws(MosError) {
    try within { () throws in
      if !runtime.isDeclared(name) { try requireName(name) }
      try runtime.setVariable(name, value.mosValue().held)
    }
  }

  /// The value of a variable of the main program.
  ///
  /// - Throws: an error of kind `name` where there is none, of kind `type` where it is no `Content`.
  public func get<Content: MosConvertible>(_ name: String, as type: Content.Type = Content.self)
    throws(MosError) -> Content
  {
    try within { () throws in
      guard let value = runtime.value(of: name) else {
        throw RuntimeError(
          .name, "there is no variable `\(name.shortened)`",
          hint: nearest(to: name, among: names).map { "did you mean `\($0)`?" })
      }
      return try Content.from(mosValue: Value(value))
    }
  }

  /// Removes a variable of the main program; functions that read it fail from then on.
  ///
  /// - Throws: an error of kind `name` where there is none.
  public func remove(_ name: String) throws(MosError) {
    try within { () throws in
      guard runtime.value(of: name) != nil else {
        throw RuntimeError(.name, "there is no variable `\(name.shortened)`")
      }
      runtime.forget(name)
    }
  }

  /// The names of the variables of the main program, in the order of their declaration.
  public var names: [String] { runtime.variables.map(\.name) }

  /// Forgets all variables, modules, and texts that ran; functions and classes of the host stay.
  ///
  /// - Throws: an error of kind `value` within a run.
  public func reset() throws(MosError) {
    try within { () throws in try runtime.reset() }
  }

  /// Does something short in this interpreter, where no other thread is within a call.
  @inline(__always)
  private func within<Result>(_ body: () throws -> Result) throws(MosError) -> Result {
    try exclusively { () throws(MosError) in
      try translating { () throws in try runtime.context.with(body) }
    }
  }

  private func requireName(_ name: String) throws {
    guard Token.isName(name) else {
      throw RuntimeError(.name, "\(name.excerpt) is no name that programs can write")
    }
  }
}
