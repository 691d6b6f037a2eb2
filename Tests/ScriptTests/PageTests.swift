// What the pages of the documents show is what happens: their programs, their commands, their mistakes, and
// where their links lead.

import Platform
import TestSupport
import Testing

@Suite struct `The documents` {
  @Test func `hold blocks of kinds that are run`() throws {
    let verbs = try #require(Files.read(Files.root + "/Makefile"))
    for page in Page.all {
      for block in page.blocks {
        let place = "\(page.path):\(block.line)"
        switch block.kind {
        case "mos", "console": break
        case "swift":
          // `ArticleTests` of the module `Mos` look for those of its pages.
          let isLookedFor = ["/embedding.md", "/README.md", "/extending.md"].contains {
            page.path.hasSuffix($0)
          }
          #expect(isLookedFor, "\(place): nothing looks for this block")
        case "sh":
          // Getting and building Mos is what nothing here runs.
          for commented in block.lines where !commented.isEmpty {
            let words = commented.split(separator: " ").prefix { $0 != "#" }
            let line = words.joined(separator: " ")
            let isKnown =
              words.first == "make" && words.count > 1 && verbs.contains("\n## \(words[1]): ")
              || line.hasPrefix("git clone ") || line == "cd mos"
              || line == "export PATH=\"$PWD/.build/release:$PATH\""
            #expect(isKnown, "\(place): \(line)")
          }
        case "":
          // A drawing, or the ways to write something.
          #expect(!block.lines.contains { $0.hasPrefix("let ") }, "\(place): a program?")
        default: Issue.record("\(place): a block of the kind \(block.kind)")
        }
      }
    }
  }

  @Test func `print what their commands show`() throws {
    var count = 0
    for page in Page.all where page.blocks.contains(where: { $0.kind == "console" }) {
      try Files.withTemporaryFolder { folder in
        var commands = Commands(of: page, in: folder)
        try commands.run()
        count += commands.count
      }
    }
    #expect(count > 10)
  }

  /// Mistakes, each a program of its own with all that it prints and is told; `MOS_ACCEPT=1` writes the answers.
  @Test func `answer mistakes as they say`() throws {
    var count = 0
    for page in Page.all {
      var lines = page.lines
      for block in page.blocks.reversed() {
        guard let expected = block.answer else { continue }
        count += 1
        let answer = try Files.withTemporaryFolder { folder in
          #expect(Files.write(block.text, to: folder + "/program.mos"))
          return try runCommand("mos program.mos", in: folder)
        }
        if getenv("MOS_ACCEPT") != nil {
          let start = block.line + block.lines.count + 1
          lines.replaceSubrange(start..<(start + expected.count), with: answer)
        } else {
          #expect(answer == expected, "\(page.path):\(block.line)")
        }
      }
      if lines != page.lines {
        #expect(Files.write(lines.joined(separator: "\n"), to: page.path))
      }
    }
    #expect(count >= 30)
  }

  @Test func `link to what there is`() {
    var count = 0
    for page in Page.all {
      let folder = page.path.prefix(upTo: page.path.lastIndex(of: "/") ?? page.path.endIndex)
      for target in links(in: page) {
        let path = target.prefix { $0 != "#" }
        guard !path.contains("://"), !path.isEmpty else { continue }
        count += 1
        #expect(access("\(folder)/\(path)", F_OK) == 0, "\(page.path): \(target)")
      }
    }
    #expect(count > 100)
  }

  @Test func `are all reached from their first page`() throws {
    let first = Files.root + "/docs/README.md"
    let page = Page(path: first, text: try #require(Files.read(first)))
    let linked = Set(links(in: page).map { String($0.prefix { $0 != "#" }) })
    for path in Files.find(under: Files.root + "/docs/guides", endingIn: ".md") {
      let name = "guides/" + path.lastPathComponent
      #expect(linked.contains(name), "docs/README.md does not lead to \(name)")
    }
  }

  /// Where the links of a page lead, in its text and not in its blocks.
  private func links(in page: Page) -> [String] {
    var inside = Set<Int>()
    for block in page.blocks { inside.formUnion(block.line..<(block.line + block.lines.count)) }
    let text = page.lines.enumerated().filter { !inside.contains($0.offset + 1) }
      .map { line in
        // Between quotes of code a bracket is one.
        line.element.split(separator: "`", omittingEmptySubsequences: false).enumerated()
          .filter { $0.offset % 2 == 0 }.map { String($0.element) }.joined(separator: "`")
      }.joined(separator: " ")
    return text.split(separator: "](", omittingEmptySubsequences: false).dropFirst().compactMap {
      rest in rest.firstIndex(of: ")").map { String(rest[..<$0]) }
    }
  }
}

/// The commands of a page, run in order in one folder with the files that the page has written until then.
private struct Commands {
  private let page: Page
  private let folder: String
  private(set) var count = 0

  init(of page: Page, in folder: String) {
    self.page = page
    self.folder = folder
  }

  mutating func run() throws {
    for block in page.blocks {
      if let name = block.fileName {
        #expect(Files.write(block.text, to: "\(folder)/\(name)"))
      } else if let (fileName, name) = block.replacement {
        try replace(name, in: fileName, by: block)
      } else if block.kind == "console", !block.isSession {
        try run(block)
      }
    }
  }

  private mutating func run(_ block: Page.Block) throws {
    var left = block.lines[...]
    while let line = left.popFirst() {
      try #require(line.hasPrefix("$ "), "\(page.path):\(block.line): \(line)")
      let expected = Array(left.prefix { !$0.hasPrefix("$ ") })
      left = left.dropFirst(expected.count)
      let shown = try runCommand(String(line.dropFirst(2)), in: folder)
      count += 1
      let isShown =
        shown.count == expected.count && zip(expected, shown).allSatisfy { isNearText($0, $1) }
      #expect(isShown, "\(page.path):\(block.line): \(line)\n\(shown.joined(separator: "\n"))")
    }
  }

  /// Puts a block where a file declares a name: its function, with the comment above, or its variable.
  private func replace(_ name: String, in fileName: String, by block: Page.Block) throws {
    let path = "\(folder)/\(fileName)"
    var lines = try #require(Files.read(path), "\(page.path): no \(fileName)")
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let place = "\(page.path):\(block.line): \(fileName) declares no \(name)"
    var start = try #require(
      lines.firstIndex { $0.hasPrefix("fn \(name)(") || $0.hasPrefix("let \(name) ") }, "\(place)")
    var end = start + 1
    if lines[start].last == "{" { while lines[end - 1] != "}" { end += 1 } }
    while start > 0, lines[start - 1].hasPrefix("##") { start -= 1 }
    lines.replaceSubrange(start..<end, with: block.lines.dropFirst())
    #expect(Files.write(lines.joined(separator: "\n"), to: path))
  }
}

/// The lines that a command of the shell writes, errors between output as on a terminal; `mos` is the binary that is tested.
private func runCommand(_ command: String, in folder: String) throws -> [String] {
  let programs = folder + "/.programs"
  mkdir(programs, 0o755)
  symlink(Files.mos, programs + "/mos")
  let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
  let result = try runProcess(
    "/bin/sh", ["-c", "{ \(command); } 2>&1"],
    environment: ["PATH": "\(programs):\(path)", "NO_COLOR": "1", "OPENBLAS_NUM_THREADS": "1"],
    directory: folder, timeLimit: 120)
  #expect(!result.timedOut, "\(command)")
  var lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
    .map { String($0).trimmedAtEnd }
  if lines.last == "" { lines.removeLast() }
  return lines
}
