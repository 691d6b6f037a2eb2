// The world outside a program: the clock, the command line, the environment, text files.

import Language
import Platform
import Tensors

extension Builtins {
  static let system = BuiltinPage(
    "The world outside",
    [
      Builtin(
        "time()",
        """
        The seconds since the beginning of 1970.

            print(time() > 1e9)    # true
        """, effects: .reads, needs: [.clock]
      ) { _ in .float(now()) },
      Builtin(
        "sleep(seconds)",
        """
        Waits, at most until the run's time is over.

            sleep(0.001)
            print("awake")    # awake
        """, effects: .writes
      ) { arguments in
        let seconds = try arguments.double(0)
        guard seconds >= 0 else {
          throw RuntimeError(.value, "`seconds` of sleep must not be negative, and is \(seconds)")
        }
        let end = now() + seconds
        // In slices, so that an interrupt or a deadline is seen while waiting.
        while true {
          try Safepoint.look()
          let left = min(end - now(), 0.02)
          if left <= 0 { return .nil }
          usleep(UInt32(left * 1e6) + 1)
        }
      },
      Builtin(
        "args()",
        """
        The words on the command line after the program's name.

            print(args())    # ()
        """
      ) { arguments in .list(arguments.interpreter.arguments.map { .string($0) }) },
      Builtin(
        "source_folder()",
        """
        The folder of the file that this call stands in, `.` where it is not from a file, so that a
        program finds the data beside it from wherever it is started.

            print(source_folder() + "/data.npy")    # ./data.npy
        """
      ) { arguments in
        let name = arguments.interpreter.machine.currentPlace?.source.name ?? ""
        guard let slash = name.utf8.lastIndex(of: UInt8(ascii: "/")) else {
          return .string(".")
        }
        return .string(slash == name.startIndex ? "/" : String(name[..<slash]))
      },
      Builtin(
        "env(name, default=nil)",
        """
        An environment variable's text, or the default where it is not set.

            print(env("A_VARIABLE_THAT_IS_NOT_SET", "none"))    # none
        """, effects: .reads, needs: [.environment]
      ) { arguments in
        let name = try arguments.string(0)
        if !name.utf8.contains(0), let text = getenv(name) { return .string(String(cString: text)) }
        return arguments.isGiven(1) ? arguments[1] : .nil
      },
      Builtin(
        "exit(status=0)",
        """
        Ends the program with a status, 0 to 255.

            print("last words")    # last words
            exit()
        """, effects: .writes
      ) { arguments in
        let status = try arguments.int(0)
        guard (0...255).contains(status) else {
          throw RuntimeError(.value, "a status is from 0 to 255, and \(status) is not")
        }
        throw RuntimeError.exit(Int32(status))
      },
      Builtin(
        "input(prompt=\"\")",
        """
        The next line that is typed or piped in, of at most 1 GiB, or nil at the end.

            let name = input("name? ")
            print(name == nil)
            # name? true
        """, effects: .writes, needs: [.input]
      ) { arguments in
        let prompt = try arguments.string(0)
        if let ask = arguments.interpreter.readLine {
          return try ask(prompt).map { .string($0) } ?? .nil
        }
        if !prompt.isEmpty {
          try arguments.interpreter.write(prompt)
          arguments.interpreter.flushOutput()
        }
        let line = try InputLines.next()
        if line.text != nil { arguments.interpreter.hasReadLine(line.isEnded) }
        return line.text.map { .string($0) } ?? .nil
      },
      Builtin(
        "read_text(path)",
        """
        The text of a file, which must be UTF-8 and of at most 1 GiB. A folder, a pipe or a device is
        an error of kind `io`, but for the streams that the process was started with: `/dev/stdin`.

            write_text("/tmp/mos-example.txt", "two\\nlines")
            print(len(lines(read_text("/tmp/mos-example.txt"))))    # 2
        """, effects: .reads, needs: [.reading]
      ) { arguments in
        .string(try FileReader.text(of: arguments.readable(0)))
      },
      Builtin(
        "write_text(path, text)",
        """
        Writes a text to a file, in place of what it held: all of it, or after an error nothing. A
        pipe or a device takes it as it comes; a pipe that nothing reads is an error of kind `io`.

            write_text("/tmp/mos-example.txt", "hello")
            print(read_text("/tmp/mos-example.txt"))    # hello
        """, effects: .writes, needs: [.writing]
      ) { arguments in
        arguments.interpreter.flushOutput()
        try FileWriter.write(arguments.string(1), to: arguments.writable(0))
        return .nil
      },
      Builtin(
        "json_parse(text)",
        """
        The value that a JSON text stands for: records, lists, text, numbers, Bools, nil.

            print(json_parse("\\{\\"a\\": [1, 2.5, null]\\}"))    # {a: (1, 2.5, nil)}
        """
      ) { arguments in try jsonValue(Array(arguments.string(0).utf8)) },
      Builtin(
        "json_text(value, indent=nil)",
        """
        The JSON text of a value: tensors as nested arrays; `indent` spaces a level, or one line.

            print(json_text({a: [1, 2], b: nil}))    # {"a":[1,2],"b":null}
        """
      ) { arguments in
        let indent = arguments.has(1) ? try arguments.int(1, atLeast: 0) : nil
        return .string(try jsonText(arguments[0], indent: indent.map { min($0, 80) }))
      },
    ])

  /// The seconds since the beginning of 1970.
  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
