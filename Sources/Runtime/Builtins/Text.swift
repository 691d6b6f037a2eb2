// Values and text.

extension Builtins {
  static let text = BuiltinPage(
    "Values and text",
    [
      Builtin(
        "print(*values, sep=\" \", end=\"\\n\")",
        """
        Writes the values, `sep` between them and `end` after them.

            print("loss", 0.5)    # loss 0.5
        """
      ) { arguments in
        let separator = try arguments.string(1, default: " ")
        var text = ""
        for (i, value) in arguments.rest(0).enumerated() {
          if i > 0 { text += separator }
          text += arguments.interpreter.text(of: value)
        }
        text += try arguments.string(2, default: "\n")
        arguments.interpreter.write(text)
        return .nil
      },
      Builtin(
        "repr(value)",
        """
        The value as the prompt shows it, with its dtype and shape.

            print(repr("a"))    # "a"
        """
      ) { arguments in .string(arguments.interpreter.representation(of: arguments[0])) },
      Builtin(
        "str(value)",
        """
        The text that `print` writes for the value.

            print(str(1) + "!")    # 1!
        """
      ) { arguments in .string(arguments.interpreter.text(of: arguments[0])) },
      Builtin(
        "len(value)",
        """
        The number of elements of a list, record, range or string, or the first extent of a tensor.

            print(len((1, 2)))    # 2
        """
      ) { arguments in .int(try arguments.interpreter.length(of: arguments[0])) },
      Builtin(
        "type(value)",
        """
        The name of the value's type.

            print(type(1.0))    # Float
        """
      ) { arguments in .string(arguments[0].typeName) },
    ])
}
