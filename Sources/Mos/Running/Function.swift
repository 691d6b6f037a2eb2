// A function of a program, as a Swift program calls it.

internal import Language

/// A function, model or other callable value of an interpreter.
///
///     let fit = try mos.function("fit")
///     let better: Fit = try fit(x, y, lr: 0.1)
@dynamicCallable
public struct Function {
  private let callee: Value
  private let interpreter: Interpreter

  init(_ callee: Value, of interpreter: Interpreter) throws(MosError) {
    guard callee.isCallable else {
      throw MosError(callee.mismatch("a function").runtimeError)
    }
    self.callee = callee
    self.interpreter = interpreter
  }

  /// The value that it is.
  public var value: Value { callee }

  /// Calls it, for the value. What has a label is an argument of that name.
  ///
  /// - Throws: the error that ended the call.
  @discardableResult
  public func dynamicallyCall(
    withKeywordArguments arguments: KeyValuePairs<String, any MosConvertible>
  ) throws(MosError) -> Value {
    try interpreter.performing(nil, nil) {
      var values: [Language.Value] = []
      var named: [(String, Language.Value)] = []
      for (name, argument) in arguments {
        let value = try argument.mosValue().held
        if name.isEmpty { values.append(value) } else { named.append((name, value)) }
      }
      return try interpreter.runtime.call(callee.held, values, named: named)
    }
  }

  /// Calls it, and converts the value.
  ///
  /// - Throws: the error that ended the call; one of kind `type` where the value is no `Result`.
  public func dynamicallyCall<Result: MosConvertible>(
    withKeywordArguments arguments: KeyValuePairs<String, any MosConvertible>
  ) throws(MosError) -> Result {
    let value: Value = try dynamicallyCall(withKeywordArguments: arguments)
    return try value.as(Result.self)
  }
}

extension Value {
  /// The function that a value is, to call it.
  ///
  /// - Throws: an error of kind `type` where it cannot be called.
  public func function(of interpreter: Interpreter) throws(MosError) -> Function {
    try Function(self, of: interpreter)
  }
}
