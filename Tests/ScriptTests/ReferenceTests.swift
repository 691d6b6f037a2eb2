// The examples in the declarations of the built-ins and of what objects can do. An example's lines are indented by four
// spaces; a comment behind four more says what the line prints, but for its spaces and line ends.

import TestSupport
import Testing

/// The example of one built-in or member.
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

@Test func `every table of members stands in a page of the reference`() throws {
  try Files.withTemporaryFolder { folder in
    let made = try runProcess(Files.mos, ["doc", "--all", folder + "/reference"])
    #expect(made.status == 0, "\(made.errors)")
    let pages = Files.find(under: folder + "/reference", endingIn: ".md")
    let reference = pages.compactMap(Files.read).joined()
    var count = 0
    for file in Files.find(under: Files.root + "/Sources", endingIn: ".swift") {
      let source = (Files.read(file) ?? "").split(separator: "\n")
      for (line, next) in zip(source, source.dropFirst())
      where line.hasSuffix(" = HostType(") && !next.contains("HostObject.self") {
        let name = next.split(separator: "\"").dropFirst().first ?? ""
        #expect(reference.contains("\n## `\(name)` objects\n"), "\(file) \(name)")
        count += 1
      }
    }
    #expect(count > 20)
  }
}

@Test func `every public name of every module is documented and used in an example`() throws {
  try Files.withTemporaryFolder { folder in
    let made = try runProcess(Files.mos, ["doc", "--all", folder + "/reference"])
    #expect(made.status == 0, "\(made.errors)")
    var count = 0
    for file in Files.find(under: Files.root + "/stdlib", endingIn: ".mos") {
      let module = String(file.split(separator: "/").last?.dropLast(4) ?? "")
      guard !module.hasPrefix("_") else { continue }
      let names = publicNames(of: Files.read(file) ?? "")
      let page = Files.read(folder + "/reference/module-\(module).md") ?? ""
      let programs = examples(inPage: page).map(\.program).joined()
      let shown = try runProcess(Files.mos, ["doc"] + names.map { "\(module).\($0)" })
      #expect(shown.status == 0, "\(shown.errors)")
      let overview = try runProcess(Files.mos, ["doc", module]).output
      for name in names {
        let title = "\(module).\(name)"
        let section = page.split(separator: "\n## ").first {
          $0.hasPrefix("`\(title)`") || $0.hasPrefix("`\(title)(")
        }
        #expect((section?.split(separator: "\n").count ?? 0) > 1, "\(title) is not documented")
        #expect(uses(name, of: module, programs), "\(title) is in no example")
        #expect(shown.output.contains(title), "mos doc does not show \(title)")
        #expect(overview.contains("- `\(title)"), "mos doc \(module) does not list \(name)")
        count += 1
      }
    }
    #expect(count > 70)
  }
}

/// The names that a module declares at its beginning of lines and does not keep to itself.
private func publicNames(of source: String) -> [String] {
  source.split(separator: "\n").compactMap { line in
    let words = line.split(separator: " ", maxSplits: 2)
    guard words.count > 1, ["fn", "model", "let"].contains(words[0]), !line.hasPrefix(" ") else {
      return nil
    }
    let name = words[1].prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    return name.isEmpty || name.hasPrefix("_") ? nil : String(name)
  }
}

/// Whether programs name a member behind its module, or by itself after an import of it.
private func uses(_ name: String, of module: String, _ programs: String) -> Bool {
  let words = programs.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }
  return words.contains { $0 == "\(module).\(name)" || $0.hasPrefix("\(module).\(name).") }
    || programs.split(separator: "\n").contains {
      $0.hasPrefix("from \(module) import ")
        && $0.split(whereSeparator: { $0 == " " || $0 == "," }).contains(Substring(name))
    }
}

private func withoutSpaces(_ text: String) -> String { text.filter { !$0.isWhitespace } }

private func examples(inPage page: String) -> [Example] {
  var examples: [Example] = []
  for line in page.split(separator: "\n") {
    if line.hasPrefix("##") {
      examples.append(Example(title: String(line.drop { $0 == "#" || $0 == " " })))
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
