// What built-ins and methods say that they need, and what they do without it: a new row is tested because it
// exists.

import Platform
import Syntax
import TestSupport
import Testing

@testable import Language
@testable import Library

/// A built-in, or a method of an object, that programs can call.
private struct Callable {
  var callee: String
  var signature: Signature
  var needs: [Capability.Kind]

  static let builtins = Builtins.library.pages.flatMap(\.functions).map {
    Callable(
      callee: "(\($0.name),)[0]", signature: Signature(parsing: $0.signature), needs: $0.needs)
  }

  /// The methods of an object that is called `object`, and its call.
  static func members(of type: HostType) -> [Callable] {
    type.methods.map {
      Callable(callee: "object.\($0.signature.name)", signature: $0.signature, needs: $0.needs)
    }
      + [type.call].compactMap { $0 }.map {
        Callable(callee: "object", signature: $0.signature, needs: $0.needs)
      }
  }
}

@Suite struct CapabilityTests {
  private static let all = Capability.Kind.allCases

  /// An interpreter that may do nothing, with an object of a type as its variable `object`.
  private func interpreter(_ type: HostType?, _ output: @escaping (String) -> Void) throws
    -> Interpreter
  {
    let interpreter = Interpreter(library: Builtins.library, output: output)
    interpreter.showProgress = { _ in }
    if let type {
      let sample = try #require(Samples.objects[type.name], "\(type.name) has no sample")
      try interpreter.run(Source(name: "1", text: "let object = \(sample)"))
    }
    interpreter.capabilities = []
    interpreter.limits.seconds = 0.2
    interpreter.limits.memory = 200_000_000
    return interpreter
  }

  private func check(needsOf callables: [Callable], _ type: HostType?) throws {
    for callable in callables where !callable.needs.isEmpty {
      let arguments = callable.signature.required.map {
        $0 == "path" ? "\"/etc/hostname\"" : "\"x\""
      }
      let call = "\(callable.callee)(\(arguments.joined(separator: ", ")))"
      let error = #expect(throws: RuntimeError.self) {
        try interpreter(type) { _ in }.run(Source(name: "2", text: call))
      }
      #expect(error?.diagnostic.kind == "io", "\(call)")
      let name = callable.needs[0].rawValue
      #expect(
        error?.diagnostic.message.contains("has not granted the capability `\(name)`") == true)
      #expect(error?.diagnostic.hint?.contains("nothing is granted") == true)
    }
  }

  @Test func `a built-in is refused what it needs`() throws {
    try check(needsOf: Callable.builtins, nil)
    let needed = Callable.builtins.filter { !$0.needs.isEmpty }.map(\.signature.name)
    #expect(needed.count == 15, "\(needed)")
  }

  @Test(arguments: Builtins.library.objectTypes) func `a method is refused what it needs`(
    _ type: HostType
  ) throws { try check(needsOf: Callable.members(of: type), type) }

  @Test func `what needs something is no function of its arguments alone`() {
    for builtin in Builtins.library.pages.flatMap(\.functions) where !builtin.needs.isEmpty {
      #expect(builtin.effects != .none, "\(builtin.name)")
      #expect(builtin.documentation.contains("`\(builtin.needs[0].rawValue)`"))
    }
  }

  /// Calls with names of files in every place.
  private func calls(_ callable: Callable, _ folders: SandboxFolders) -> [String] {
    let secrets = ["txt", "json", "csv", "mos"].map { "\"\(folders.outside)/secret.\($0)\"" }
    let news = SandboxFolders.endings.map { "\"\(folders.outside)/new.\($0)\"" }
    let values = secrets + news + ["\"MOS_HIDDEN_WORD\"", "\"/etc/hostname\""]
    let samples = callable.signature.parameters.filter {
      $0.kind == .plain && $0.defaultText == nil
    }
    .map { $0.name == "f" ? "(v => v)" : "[1.0, 2.0]" }
    let count = max(1, min(callable.signature.parameters.count, 3))
    var calls: [String] = []
    for value in values {
      for place in 0..<count {
        var arguments = samples
        while arguments.count <= place { arguments.append("1") }
        arguments[place] = value
        calls.append("\(callable.callee)(\(arguments.joined(separator: ", ")))")
      }
      for parameter in callable.signature.parameters.dropFirst(samples.count)
      where parameter.kind == .plain {
        calls.append(
          "\(callable.callee)(\((samples + ["\(parameter.name)=\(value)"]).joined(separator: ", ")))"
        )
      }
    }
    return calls
  }

  private func check(reachOf callables: [Callable], _ type: HostType?) throws {
    setenv("MOS_HIDDEN_WORD", SandboxFolders.secret, 1)
    try Files.withTemporaryFolder { folder in
      let folders = SandboxFolders(in: folder)
      let before = folders.everything()
      for callable in callables {
        var text = ""
        let interpreter = try interpreter(type) { text += $0 }
        for call in calls(callable, folders) {
          text = ""
          do {
            let value = try interpreter.run(Source(name: "2", text: "str(\(call))"))
            text += value.description()
          } catch let error as RuntimeError {
            text += error.diagnostic.message
            if callable.needs.isEmpty {
              #expect(!text.contains("may not"), "\(call) needs what it does not say")
            }
          } catch {}
          #expect(!text.contains(SandboxFolders.secret), "\(call)")
        }
      }
      #expect(folders.everything() == before)
    }
  }

  @Test func `no built-in reaches outside without a capability`() throws {
    try check(reachOf: Callable.builtins, nil)
  }

  @Test(arguments: Builtins.library.objectTypes)
  func `no method reaches outside without a capability`(
    _ type: HostType
  ) throws { try check(reachOf: Callable.members(of: type), type) }

  /// Programs by the one capability that lets them run.
  private func uses(_ folders: SandboxFolders) -> [(Capability, Capability.Kind, String)] {
    let reads = [
      "own.txt", "to-own.txt", "deep/own.txt", "to-deep/own.txt", "deep/../own.txt",
      "up/inside/own.txt",
    ]
    .map { "read_text(\"\(folders.inside)/\($0)\")" }
    let others = [
      "load(\"\(folders.inside)/own.json\").word", "load(\"\(folders.inside)/own.csv\").word[0]",
      "\"\(folders.inside)/own.txt\".read_text()",
      "if exists(\"\(folders.inside)/own.txt\") and exists(\"\(folders.inside)\") { \"mine\" }",
      "if \"own.txt\" in list_files(\"\(folders.inside)\") { \"mine\" }",
      "if \"own.txt\" in list_files(\"\(folders.inside)/deep\") { \"mine\" }",
    ]
    let writes = EscapeTests.writers.filter { $0.0.contains("graph") == ($0.1 == "dot") }.flatMap {
      program, ending in
      ["new", "deep/new", "own", "to-deep/new"].map {
        program.replacing("PATH", with: "\(folders.inside)/\($0).\(ending)") + "\n\"mine\""
      }
    }
    return (reads + others).map { (.reading(folders.inside), .reading, $0) }
      + writes.map { (.writing(folders.inside), .writing, $0) } + [
        (.modules(folders.inside), .modules, "import own\nown.word"),
        (
          .modules(folders.inside), .modules,
          "import \"\(folders.inside)/own.mos\" as own\nown.word"
        ),
        (.writing(folders.inside), .writing, "make_folder(\"\(folders.inside)/a/b/c\")\n\"mine\""),
        (.environment, .environment, "env(\"MOS_OWN_WORD\")"),
        (.clock, .clock, "if time() > 1e9 { \"mine\" }"),
        (.clock, .clock, "let t = timer()\nwith t { 1 }\nif t.seconds < 10.0 { \"mine\" }"),
        (.clock, .clock, "profile(() => \"mine\").value"),
        (.devices, .devices, "if devices()[0] == \"cpu\" { \"mine\" }"),
      ]
  }

  @Test func `each capability lets do what it is for, and no other does`() {
    setenv("MOS_OWN_WORD", "mine", 1)
    Files.withTemporaryFolder { folder in
      let folders = SandboxFolders(in: folder)
      for (capability, kind, program) in uses(folders) {
        let run = SandboxRun(program, [capability])
        #expect(run.output == "mine", "\(program): \(run)")
        // A module's folder is searched because it is granted.
        let isFound = kind != .modules || program.contains("\"")
        #expect(!isFound || SandboxRun(program, .all).output == "mine", "\(program)")
        let others: [Capability] = [
          .reading(folder), .writing(folder), .modules(folder), .environment, .clock, .input,
          .processes, .devices,
        ].filter { $0.kind != kind }
        let refused = SandboxRun(program, Capabilities(others))
        #expect(
          refused.isRefused && refused.text.contains("`\(kind.rawValue)`"), "\(program): \(refused)"
        )
        #expect(SandboxRun(program, []).isRefused, "\(program)")
      }
    }
  }

  @Test func `a folder may be named by a link, from where the process is, or not be there`() {
    Files.withTemporaryFolder { folder in
      let folders = SandboxFolders(in: folder)
      for name in ["alias", "./inside//", "inside/deep/..", "alias/../inside", "inside/up/inside"] {
        let granted: Capabilities = [.reading(folder + "/" + name)]
        for path in ["inside/own.txt", name + "/own.txt", name + "/./deep/../to-own.txt"] {
          let run = SandboxRun("read_text(\"\(folder)/\(path)\")", granted)
          #expect(run.output == "mine", "\(name) \(path) \(run)")
        }
      }
      for name in ["nothing", "inside/own.txt", "inside/circle.txt", ""] {
        let path = name.isEmpty ? "" : folder + "/" + name
        let run = SandboxRun("read_text(\"\(folders.inside)/own.txt\")", [.reading(path)])
        #expect(run.isRefused && run.text.contains("which was no folder"), "\(name) \(run)")
      }
      let here = SandboxRun("len(read_text(\"Package.swift\")) > 0", [.reading(".")])
      #expect(here.output == "true" || Files.read("Package.swift") == nil, "\(here)")
    }
  }

  @Test func `several folders are granted side by side`() {
    Files.withTemporaryFolder { folder in
      let folders = SandboxFolders(in: folder)
      let granted: Capabilities = [
        .reading(folders.inside), .reading(folders.outside), .writing(folders.inside),
      ]
      let both = "read_text(\"\(folders.inside)/to-file.txt\")"
      #expect(SandboxRun(both, granted).output == SandboxFolders.secret)
      #expect(SandboxRun("write_text(\"\(folders.inside)/to-file.txt\", \"x\")", granted).isRefused)
      #expect(SandboxRun("write_text(\"\(folders.inside)/own.txt\", \"x\")", granted).error == nil)
    }
  }

  @Test func `a refusal says what is granted, in few words`() {
    let run = SandboxRun("read_text(\"/etc/hostname\")", [.clock, .reading("/usr")])
    #expect(
      run.error?.diagnostic.message
        == "read_text may not read \"/etc/hostname\": it lies in no folder of the capability `reading`"
    )
    #expect(
      run.error?.diagnostic.hint
        == "granted: `clock`, `reading(\"/usr\")`; a host grants more by `capabilities: [.reading(folder)]`"
    )
    let long = SandboxRun("read_text(\"/\" + \"a\" * 1000)", [])
    #expect((long.error?.diagnostic.message.count ?? 999) < 200)
    let process = SandboxRun("graph(param(1.0) * 2.0).save(\"/tmp/x.pdf\")", [.writing("/tmp")])
    #expect(
      process.error?.diagnostic.message
        == "save may not start programs: the host has not granted the capability `processes`")
  }

  @Test func `a graph is drawn where no program may be started`() {
    Files.withTemporaryFolder { folder in
      for ending in ["svg", "png"] {
        let run = SandboxRun(
          "graph(param(1.0) * 2.0).save(\"\(folder)/x.\(ending)\")", [.writing(folder)])
        #expect(run.error == nil, "\(run)")
      }
      let names = Files.find(under: folder, endingIn: "").map { $0.split(separator: "/").last }
      #expect(names.count == 2)
    }
  }

  @Test func `a name with a null byte is no other name, whoever runs the program`() {
    for program in ["read_text(\"/etc/passwd\\u{0}.txt\")", "write_text(\"/tmp/x\\u{0}\", \"\")"] {
      for granted in [Capabilities.all, [.reading("/etc"), .writing("/tmp")]] {
        let run = SandboxRun(program, granted)
        #expect(run.isRefused && run.text.contains("null byte"), "\(run)")
      }
    }
    #expect(SandboxRun("env(\"HOME\\u{0}\", \"none\")", .all).output == "none")
  }

  @Test func `exit ends the run, and sleep ends with its time`() {
    #expect(SandboxRun("exit(3)", []).error?.exitStatus == 3)
    #expect(SandboxRun("try { exit(3) } catch e { 1 }", []).error?.exitStatus == 3)
    let slept = SandboxRun("sleep(1e9)", []) { $0.limits.seconds = 0.1 }
    #expect(slept.error?.diagnostic.kind == "limit")
  }

  @Test func `an object from elsewhere reads no clock`() throws {
    let run = SandboxRun("with t { 1 }", []) {
      try $0.run(Source(name: "0", text: "let t = timer()"))
    }
    #expect(run.isRefused && run.text.contains("`clock`"))
  }
}
