// What pages say of the sources is true, and the sources keep the order that they have.

import TestSupport
import Testing

@Suite("the house") struct HouseTests {
  private func text(_ path: String) throws -> String {
    try #require(Files.read(Files.root + "/" + path), "there is no \(path)")
  }

  /// The modules that there are: folders of sources, but for those of system libraries.
  private static let modules: Set<String> = {
    let sources = ["swift", "c"].flatMap {
      Files.find(under: Files.root + "/Sources", endingIn: ".\($0)")
    }
    return Set(
      sources.compactMap { path in
        path.dropFirst((Files.root + "/Sources/").count).split(separator: "/").first.map(
          String.init)
      })
  }()

  /// The names in backquotes of the line that mentions a word.
  private func namesInLines(_ lines: some Sequence<Substring>) -> Set<String> {
    Set(
      lines.flatMap { line in
        line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
          .filter { $0.offset % 2 == 1 }.map { String($0.element) }
      })
  }

  @Test func `README, CONTRIBUTING and Package name the modules that there are`() throws {
    let readme = try text("README.md").split(separator: "\n").filter {
      $0.hasPrefix("| `Sources/` |")
    }
    #expect(namesInLines(readme).subtracting(["Sources/"]) == Self.modules)

    let paragraph = try text("CONTRIBUTING.md").split(separator: "\n")
      .drop { !$0.contains("Where a thing goes") }.prefix { !$0.contains("**Style.**") }
    #expect(namesInLines(paragraph) == Self.modules)

    let package = try text("Package.swift")
    for module in Self.modules { #expect(package.contains("name: \"\(module)\""), "\(module)") }
    let drawing = try text("docs/design/architecture.md")
    for module in Self.modules where module != "StandardLibrary" {
      #expect(drawing.contains(module), "\(module) is not in the drawing")
    }
  }

  /// Rows of the page: `file` | `function`.
  @Test func `the ways through the house lead along files and functions that exist`() throws {
    var count = 0
    for line in try text("docs/design/architecture.md").split(separator: "\n") {
      let cells = line.split(separator: "|").map { $0.filter { $0 != " " && $0 != "`" } }
      guard cells.count == 3, cells[0].hasSuffix(".swift") else { continue }
      count += 1
      let source = try text("Sources/" + cells[0])
      let name = cells[1]
      #expect(
        source.contains("func \(name)(") || source.contains("func \(name)<")
          || name == "init" && source.contains("init("),
        "\(cells[0]) has no \(name)")
    }
    #expect(count > 25)
  }

  @Test func `one module alone imports the C library`() throws {
    let files = ["Sources", "Tests", "Benchmarks"].flatMap {
      Files.find(under: "\(Files.root)/\($0)", endingIn: ".swift")
    }
    for path in files where !path.hasSuffix("/Platform/CLibrary.swift") {
      for line in try #require(Files.read(path)).split(separator: "\n") {
        let words = line.split(separator: " ")
        guard let place = words.firstIndex(of: "import"), place + 1 < words.count else { continue }
        #expect(!["Glibc", "Musl", "Darwin"].contains(words[place + 1]), "\(path)")
      }
    }
  }

  /// About a dozen is what one sees at a glance.
  @Test func `no folder of sources is a crowd, and no module's root holds files`() throws {
    var counts: [String: Int] = [:]
    for path in Files.find(under: Files.root + "/Sources", endingIn: ".swift") {
      let folders = path.dropFirst((Files.root + "/Sources/").count).split(separator: "/")
        .dropLast()
      counts[folders.joined(separator: "/"), default: 0] += 1
    }
    for (folder, count) in counts {
      #expect(count <= 13, "\(folder) holds \(count) files")
      #expect(folder.contains("/") || count <= 2, "\(count) files lie at the root of \(folder)")
    }
  }

  @Test func `scripts are named in kebab-case`() {
    for path in Files.find(under: Files.root + "/Tests/Scripts", endingIn: ".mos") {
      let name = path.split(separator: "/").last ?? ""
      #expect(!name.contains("_") && name == name.lowercased(), "\(path)")
    }
  }

  /// What reaches outside the process, and the files of the language and its library that may.
  private static let reaches: [(call: String, files: Set<String>)] =
    [
      ("FileLocation(", ["Language/Interpreter/Capabilities.swift"]),
      ("getenv(", ["Language/Interpreter/Modules.swift", "Library/Pages/Programs/System.swift"]),
      ("realpath(", ["Language/Interpreter/Modules.swift"]),
      ("clock_gettime(", ["Library/Pages/Programs/System.swift"]),
      (
        "monotonicSeconds(",
        [
          "Language/Interpreter/Deadline.swift",
          "Library/InnerLoops/CrossCheck/CrossCheck.swift",
        ]
      ),
      (
        "now()",
        [
          "Library/Pages/Programs/System.swift", "Library/Pages/Programs/Contexts.swift",
          "Library/Seeing/Profile.swift", "Library/Seeing/Progress.swift",
        ]
      ),
      ("next()", ["Library/Pages/Programs/System.swift"]),
      ("startProgram(", ["Library/Seeing/Graph/Graphviz.swift"]),
      ("tmpfile(", ["Library/Seeing/Graph/Graphviz.swift"]),
    ]
    + [
      "fopen(", "freopen(", "openat(", "creat(", "opendir(", "readlink(", "lstat(", "fstatat(",
      "access(", "unlink(",
      "rmdir(", "mkdir(", "chdir(", "getcwd(", "socket(", "popen(", "system(", "fork(", "execv(",
      "dlopen(", "posix_spawn(", "posix_spawnp(",
      "readLine(", "getline(", "gettimeofday(", "clock(", "secure_getenv(", "setenv(",
    ].map { ($0, []) }

  @Test func `nothing reaches outside but where capabilities are asked for`() throws {
    for module in ["Language", "Library"] {
      for path in Files.find(under: Files.root + "/Sources/\(module)", endingIn: ".swift") {
        let name = String(path.dropFirst((Files.root + "/Sources/").count))
        let source = try #require(Files.read(path))
        #expect(!source.contains("import Foundation"), "\(name)")
        for line in source.split(separator: "\n")
        where !line.drop(while: { $0 == " " }).hasPrefix("//") {
          for (call, files) in Self.reaches where !files.contains(name) {
            guard let place = line.firstRange(of: call) else { continue }
            let before = line[..<place.lowerBound].last
            // `.next()` of an iterator, and what merely ends in the name.
            let isOther = before.map { $0.isLetter || $0 == "_" || call == "next()" } ?? false
            #expect(isOther, "\(name): \(line)")
          }
        }
      }
    }
  }
}
