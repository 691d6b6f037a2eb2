// The examples in the declarations of the built-ins. An example's lines are indented by four
// spaces; a comment behind four more says what the line prints, but for its spaces and line ends.

import TestSupport
import Testing

/// The example of one built-in.
private struct Example {
  var title: String
  var program = ""
  var expected: [String] = []
}

@Test func `examples of built-ins print what they say`() throws {
  try Files.withTemporaryFolder { folder in
    let made = try runProcess(Files.mos, ["doc", "--all", folder + "/reference"])
    #expect(made.status == 0, "\(made.errors)")
    var count = 0
    for page in Files.find(under: folder + "/reference", endingIn: ".md") {
      for example in examples(inPage: Files.read(page) ?? "") where !example.program.isEmpty {
        let result = try runProcess(Files.mos, ["-"], input: example.program, directory: folder)
        var output = withoutSpaces(result.output)[...]
        for text in example.expected {
          let found = output.firstRange(of: withoutSpaces(text))
          #expect(found != nil, "\(example.title): expected “\(text)”, got “\(result.output)”")
          if let found { output = output[found.upperBound...] }
        }
        #expect(
          result.status == 0 || example.program.contains("exit("),
          "\(example.title): \(result.errors)")
        count += 1
      }
    }
    print("\(count) examples of built-ins ran")
  }
}

private func withoutSpaces(_ text: String) -> String { text.filter { !$0.isWhitespace } }

private func examples(inPage page: String) -> [Example] {
  var examples: [Example] = []
  for line in page.split(separator: "\n") {
    if line.hasPrefix("## ") {
      examples.append(Example(title: String(line.dropFirst(3))))
    } else if line.hasPrefix("    "), !examples.isEmpty {
      let code = line.dropFirst(4)
      examples[examples.count - 1].program += code + "\n"
      if let comment = code.firstRange(of: "    # ") {
        examples[examples.count - 1].expected.append(String(code[comment.upperBound...]))
      }
    }
  }
  return examples
}
