// Folders with something to hide beside something to use, and the ways from one to the other.

import Language
import Library
import Platform
import Syntax
import TestSupport

/// A folder that is granted, and what lies beside it.
struct SandboxFolders {
  /// What no program may come to see.
  static let secret = "never-to-be-seen"

  let base: String
  var inside: String { base + "/inside" }
  var outside: String { base + "/outside" }

  /// Makes the files and links in a fresh folder.
  init(in base: String) {
    self.base = base
    for folder in ["inside", "inside/deep", "outside", "inside-too"] {
      mkdir(base + "/" + folder, 0o755)
    }
    for folder in ["outside", "inside-too"] {
      SandboxFolders.fill(base + "/" + folder, "secret", SandboxFolders.secret)
    }
    SandboxFolders.fill(inside, "own", "mine")
    SandboxFolders.fill(inside + "/deep", "own", "mine")
    for ending in SandboxFolders.endings {
      symlink("../outside/secret.\(ending)", inside + "/to-file.\(ending)")
      symlink("../outside/new.\(ending)", inside + "/to-nothing.\(ending)")
      symlink("chain-two.\(ending)", inside + "/chain.\(ending)")
      symlink("to-folder/secret.\(ending)", inside + "/chain-two.\(ending)")
      symlink("circle.\(ending)", inside + "/circle.\(ending)")
      symlink("deep/../own.\(ending)", inside + "/to-own.\(ending)")
    }
    symlink("../outside", inside + "/to-folder")
    symlink(outside, inside + "/absolute")
    symlink("..", inside + "/up")
    symlink("deep", inside + "/to-deep")
    symlink("/", inside + "/root")
    symlink("inside", base + "/alias")
  }

  static let endings = [
    "txt", "json", "csv", "mos", "svg", "dot", "npy", "npz", "safetensors", "png", "npy.gz", "idx",
  ]

  private static func fill(_ folder: String, _ name: String, _ text: String) {
    Files.write(text, to: "\(folder)/\(name).txt")
    Files.write("{\"word\": \"\(text)\"}", to: "\(folder)/\(name).json")
    Files.write("word\n\(text)\n", to: "\(folder)/\(name).csv")
    Files.write("let word = \"\(text)\"\n", to: "\(folder)/\(name).mos")
  }

  /// Names that lead out of the folder, or to what is no file; `{END}` is the ending of a file's name.
  static let escapes = [
    "{OUT}/secret.{END}", "{IN}/../outside/secret.{END}", "{IN}//..//outside/./secret.{END}",
    "{IN}/to-file.{END}", "{IN}/to-folder/secret.{END}", "{IN}/absolute/secret.{END}",
    "{IN}/chain.{END}",
    "{IN}/up/outside/secret.{END}", "{IN}/root/{BASE}/outside/secret.{END}",
    "{IN}/to-nothing.{END}",
    "{BASE}/inside-too/secret.{END}", "{IN}/../inside-too/secret.{END}",
    "{BASE}/alias/../outside/secret.{END}",
    "{IN}/nothing/../../outside/secret.{END}", "{IN}/own.{END}/../../outside/secret.{END}",
    "{IN}/deep/../../outside/secret.{END}", "{IN}/to-deep/../../outside/secret.{END}",
    "{IN}/\u{301}/../../outside/secret.{END}", "/proc/self/root{OUT}/secret.{END}",
    "/proc/self/cwd/{UP}/{OUT}/secret.{END}", "{UP}/{OUT}/secret.{END}",
    "/proc/self/fd/0/secret.{END}",
    "{IN}/circle.{END}", "{OUT}/secret.{END}\\u{0}.{END}",
    "{IN}/own.{END}\\u{0}/../../outside/secret.{END}",
    "{IN}/own.{END}/", "{IN}/own.{END}/.", "{OUT}/nothing.{END}", "{OUT}", "{IN}", "{IN}/",
    "{IN}/deep", "/", ".", "..",
    "~/x.{END}", "/dev/stdin", "/dev/fd/0", "/dev/null", "/etc/hostname", "{IN}/{LONG}x.{END}",
  ]

  /// A text with the names in it.
  func filled(_ text: String, ending: String = "txt") -> String {
    text.replacing("{BASE}", with: base).replacing("{IN}", with: inside).replacing(
      "{OUT}", with: outside
    )
    .replacing("{UP}", with: Array(repeating: "..", count: 40).joined(separator: "/"))
    .replacing("{LONG}", with: String(repeating: "a/", count: 3000))
    .replacing("{END}", with: ending)
  }

  /// Every file and link with what it holds.
  func everything() -> [String: String] {
    var found: [String: String] = [:]
    for path in Files.find(under: base, endingIn: "") { found[path] = Files.read(path) ?? "" }
    return found
  }
}

/// What became of a program.
struct SandboxRun {
  var output = ""
  var error: RuntimeError?

  /// All that the program came to see or say.
  var text: String {
    output + (error.map { "\($0.diagnostic.message) \($0.diagnostic.hint ?? "")" } ?? "")
  }

  /// Whether it ended in an error of kind `io`.
  var isRefused: Bool { error?.diagnostic.kind == "io" }

  init(
    _ program: String, _ capabilities: Capabilities, name: String = "<test>", seconds: Double = 5,
    prepare: (Interpreter) throws -> Void = { _ in },
    afterwards: (Interpreter) throws -> String = { _ in "" }
  ) {
    var text = ""
    let interpreter = Interpreter(library: Builtins.library) { text += $0 }
    interpreter.limits.seconds = seconds
    do {
      try prepare(interpreter)
      interpreter.capabilities = capabilities
      let value = try interpreter.run(Source(name: name, text: program))
      text += value.description()
    } catch let error as RuntimeError {
      self.error = error
    } catch {
      self.error = RuntimeError(.syntax, "\(error)")
    }
    text += (try? afterwards(interpreter)) ?? ""
    output = text
  }
}
