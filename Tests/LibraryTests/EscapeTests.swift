// Programs that try to leave the folder that they were given.

import Dispatch
import Library
import Platform
import Synchronization
import Syntax
import TestSupport
import Testing

@testable import Language

@Suite struct EscapeTests {
  /// Programs that read a file, with the ending that its name must have.
  static let readers = [
    ("read_text(\"PATH\")", "txt"), ("\"PATH\".read_text()", "txt"), ("load(\"PATH\")", "json"),
    ("\"PATH\".load()", "csv"), ("read_table(\"PATH\")", "csv"),
    ("import \"PATH\" as m\nprint(m.word)", "mos"),
    ("from \"PATH\" import word\nprint(word)", "mos"),
  ]

  @Test(arguments: SandboxFolders.escapes) func `no name leads out to be read`(_ name: String) {
    Files.withTemporaryFolder { folder in
      let folders = SandboxFolders(in: folder)
      for (program, ending) in EscapeTests.readers {
        let path = folders.filled(name, ending: ending)
        for granted in [
          folders.inside, folders.inside + "/", folder + "/alias", folder + "/./inside",
        ] {
          let run = SandboxRun(
            program.replacing("PATH", with: path), [.reading(granted), .modules(granted)])
          // What names no kind of file is a mistake of its own.
          let isNameless = program.contains("load") && !path.hasSuffix("." + ending)
          #expect(run.isRefused || isNameless, "\(program) \(path): \(run)")
          #expect(!run.text.contains(SandboxFolders.secret), "\(program) \(path)")
        }
      }
    }
  }

  /// Names that look like ways out and stand for what is inside.
  private static let inside: Set = [
    "{IN}/own.{END}/", "{IN}/own.{END}/.", "{IN}", "{IN}/", "{IN}/deep",
  ]

  @Test(arguments: SandboxFolders.escapes.filter { !inside.contains($0) })
  func `no name leads to another folder`(_ name: String) {
    Files.withTemporaryFolder { folder in
      let folders = SandboxFolders(in: folder)
      let before = folders.everything()
      let path = folders.filled(name)
      for program in ["exists", "list_files", "make_folder"] {
        let run = SandboxRun(
          "\(program)(\"\(path)\")", [.reading(folders.inside), .writing(folders.inside)])
        #expect(run.isRefused, "\(program) \(path): \(run)")
      }
      #expect(folders.everything() == before, "\(name)")
    }
  }

  /// Programs that write a file.
  static let writers = [
    ("write_text(\"PATH\", \"new\")", "txt"), ("\"PATH\".write_text(\"new\")", "txt"),
    ("save({a: 1}, \"PATH\")", "json"), ("save([1.0], \"PATH\")", "csv"),
    ("save([1.0], \"PATH\")", "npy"), ("save({a: [1.0]}, \"PATH\")", "npz"),
    ("save({a: [1.0]}, \"PATH\")", "safetensors"), ("plot([1.0, 2.0]).save(\"PATH\")", "svg"),
    ("plot([1.0, 2.0]).save(\"PATH\")", "png"), ("image([[1.0]]).save(\"PATH\")", "png"),
    ("image([[1.0]]).save(\"PATH\")", "svg"), ("save([[1.0]], \"PATH\")", "png"),
    ("save([[1.0]], \"PATH\")", "npy.gz"), ("save([1.0], \"PATH\")", "idx"),
    ("graph(param(1.0) * 2.0).save(\"PATH\")", "dot"),
    ("graph(param(1.0) * 2.0).save(\"PATH\")", "svg"),
  ]

  @Test(arguments: SandboxFolders.escapes) func `no name leads out to be written`(_ name: String) {
    Files.withTemporaryFolder { folder in
      let folders = SandboxFolders(in: folder)
      let before = folders.everything()
      for (program, ending) in EscapeTests.writers {
        let path = folders.filled(name, ending: ending)
        let run = SandboxRun(
          program.replacing("PATH", with: path), [.writing(folders.inside), .processes])
        let isNameless = !path.hasSuffix("." + ending)
        #expect(run.isRefused || isNameless && run.error != nil, "\(program) \(path): \(run)")
      }
      #expect(folders.everything() == before, "\(name)")
    }
  }

  /// Ways to call what reads a file.
  static let calls = [
    "let f = read_text\nf(P)", "read_text(path=P)", "read_text(*(P,))", "read_text(**{path: P})",
    "list(map(read_text, (P,)))", "read_text.map((P,))", "list(read_text(p) for p in (P,))",
    "(read_text,)[0](P)", "{f: read_text}.f(P)", "let r = {read: read_text}\nr.read(P)",
    "fn f(g) { g(P) }\nf(read_text)", "(() => read_text(P))()", "P.read_text()",
    "tree_map(p => read_text(P), (1.0,))", "list(filter(p => read_text(P) == \"\", (1,)))",
    "grad(x => { read_text(P); x })(1.0)", "vmap(x => { read_text(P); x })([1.0, 2.0])",
    "jvp(x => { read_text(P); x }, 1.0, 1.0)", "vjp(x => { read_text(P); x }, 1.0)",
    "hessian(x => { read_text(P); x * x })(1.0)", "@compile fn f(x) { read_text(P); x }\nf(1.0)",
    "compile(x => { read_text(P); x })(1.0)", "checkpoint(x => { read_text(P); x })(1.0)",
    "grad(zero_order(x => { read_text(P); x }))(1.0)",
    "grad(vmap(x => { read_text(P); x }))([1.0])",
    "model M { fn forward(p) { read_text(p) } }\nM()(P)", "with no_grad { read_text(P) }",
    "with seed(0) { read_text(P) }", "try { read_text(P) } catch e { throw e }",
    "try { throw 1 } catch e { read_text(P) }", "test \"t\" { 1 }\nread_text(P)",
    "let text = read_text(P)\ntext", "print(read_text(P))", "\"{read_text(P)}\"",
    "custom_root((x, a) => x - a)(a => { read_text(P); a })(1.0)",
    "fn f(p=read_text(P)) { p }\nf()", "load(Q)", "Q.load()", "list(map(load, (Q,)))",
  ]

  @Test(arguments: calls) func `no form of a call reads a file`(_ program: String) {
    Files.withTemporaryFolder { folder in
      let folders = SandboxFolders(in: folder)
      let paths =
        "let P = \"\(folders.outside)/secret.txt\"\nlet Q = \"\(folders.outside)/secret.json\"\n"
      let grants: [Capabilities] = [
        [], [.reading(folders.inside)], [.writing(folder), .modules(folder), .clock, .input],
      ]
      for capabilities in grants {
        let run = SandboxRun(paths + program, capabilities)
        #expect(run.isRefused, "\(run)")
        #expect(run.text.contains("`reading`"), "\(run)")
        #expect(!run.text.contains(SandboxFolders.secret), "\(run)")
      }
      let run = SandboxRun(paths + program, [.reading(folder)])
      #expect(!run.isRefused, "\(run)")
    }
  }

  @Test func `a module may do no more than the program`() {
    Files.withTemporaryFolder { folder in
      let folders = SandboxFolders(in: folder)
      Files.write(
        "fn peek() { read_text(\"\(folders.outside)/secret.txt\") }\n",
        to: folders.inside + "/peek.mos")
      Files.write(
        "import \"../outside/secret.mos\" as s\nlet word = s.word\n",
        to: folders.inside + "/pass.mos")
      Files.write("import \"own.mos\" as s\nlet word = s.word\n", to: folders.inside + "/near.mos")
      let granted: Capabilities = [.modules(folders.inside), .reading(folders.inside)]
      for program in [
        "import peek\npeek.peek()", "import pass\npass.word", "import secret\nsecret.word",
      ] {
        let run = SandboxRun(program, granted)
        #expect(run.isRefused && !run.text.contains(SandboxFolders.secret), "\(run)")
      }
      #expect(SandboxRun("import near\nnear.word", granted).output == "mine")
      #expect(SandboxRun("import nn\nlen(nn.Linear(2, 2).parameters())", []).output == "2")
      let beside = SandboxRun(
        "import \"secret.mos\" as s\ns.word", granted, name: folders.outside + "/main.mos")
      #expect(beside.isRefused && beside.text.contains("`modules`"), "\(beside)")
    }
  }

  @Test func `a refusal tells nothing of what there is`() {
    Files.withTemporaryFolder { folder in
      let folders = SandboxFolders(in: folder)
      func words(_ name: String) -> String {
        let path = "\(folders.outside)/\(name)"
        return SandboxRun("read_text(\"\(path)\")", [.reading(folders.inside)]).text
          .replacing(path, with: "PATH")
      }
      #expect(words("secret.txt") == words("absents.txt"))
      func passes(_ name: String) -> String {
        SandboxRun("read_text(\"\(folder)/\(name)/../inside/own.txt\")", [.reading(folders.inside)])
          .text
          .replacing(name, with: "NAME")
      }
      #expect(passes("outside") == passes("nowhere"))
    }
  }

  @Test func `a pipe in the folder is no file of it`() {
    Files.withTemporaryFolder { folder in
      let folders = SandboxFolders(in: folder)
      mkfifo(folders.inside + "/pipe.txt", 0o600)
      for program in ["read_text(P)", "write_text(P, \"x\")"] {
        let run = SandboxRun(
          "let P = \"\(folders.inside)/pipe.txt\"\n" + program,
          [.reading(folders.inside), .writing(folders.inside)])
        #expect(run.isRefused && run.text.contains("not a regular file"), "\(run)")
      }
    }
  }

  @Test func `a folder that became a link is the one that was granted`() {
    Files.withTemporaryFolder { folder in
      let folders = SandboxFolders(in: folder)
      let granted: Capabilities = [.reading(folders.inside), .writing(folders.inside)]
      rename(folders.inside, folder + "/moved")
      symlink("outside", folders.inside)
      let before = folders.everything()
      for program in [
        "read_text(\"\(folders.inside)/secret.txt\")",
        "write_text(\"\(folders.inside)/secret.txt\", \"\")",
      ] {
        let run = SandboxRun(program, granted)
        #expect(run.isRefused && !run.text.contains(SandboxFolders.secret), "\(run)")
      }
      #expect(folders.everything() == before)
    }
  }

  @Test func `a link that comes while a file is opened is not followed`() {
    Files.withTemporaryFolder { folder in
      let folders = SandboxFolders(in: folder)
      let (file, folderLink) = (folders.inside + "/swap.txt", folders.inside + "/swap")
      let isOver = Atomic<Bool>(false)
      DispatchQueue.concurrentPerform(iterations: 2) { number in
        guard number == 0 else {
          while !isOver.load(ordering: .relaxed) {
            symlink("../outside/secret.txt", folders.inside + "/l")
            rename(folders.inside + "/l", file)
            symlink("../outside", folders.inside + "/k")
            rename(folders.inside + "/k", folderLink)
            unlink(folderLink)
            mkdir(folderLink, 0o755)
            Files.write("mine", to: folderLink + "/secret.txt")
            Files.write("mine", to: folders.inside + "/f")
            rename(folders.inside + "/f", file)
            unlink(folderLink + "/secret.txt")
            rmdir(folderLink)
          }
          return
        }
        let program = """
          for i in 0..3000 {
            for p in ("\(file)", "\(folderLink)/secret.txt") {
              let t = try { read_text(p) } catch e { "" }
              if contains(t, "never") { print(t) }
              try { write_text("\(folderLink)/new.txt", "x") } catch e { "" }
            }
          }
          """
        let run = SandboxRun(program, [.reading(folders.inside), .writing(folders.inside)])
        #expect(run.output == "nil" || run.error?.diagnostic.kind == "limit", "\(run)")
        isOver.store(true, ordering: .relaxed)
      }
      #expect(Files.read(folders.outside + "/new.txt") == nil)
    }
  }
}
