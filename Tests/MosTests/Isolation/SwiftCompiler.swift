// The compiler, asked about pieces of Swift that use the modules under test.

import TestSupport

/// The Swift compiler on the search path.
enum SwiftCompiler {
  /// Whether there is one, and the modules lie beside the running test program.
  static let isThere: Bool =
    (try? runProcess("/usr/bin/env", ["swiftc", "--version"], timeLimit: 60).status) == 0
    && Files.read(modules + "/Mos.swiftmodule") != nil

  private static let modules = Files.products + "/Modules"

  /// C modules that those of Swift use.
  private static let moduleMaps =
    ["Kernels", "CallOnStack", "PNGCodec", "StandardLibrary"].map {
      "\(Files.products)/\($0).build/module.modulemap"
    }
    + ["COpenBLAS", "CLAPACKE", "CPNG", "CZlib"].map {
      "\(Files.root)/Sources/\($0)/module.modulemap"
    }

  /// Everything that the compiler says to a text of the sixth language mode. What may go from one task to another
  /// is found when intermediate code is made, so that `-typecheck` would not do.
  static func compile(_ text: String) throws -> ProcessResult {
    try Files.withTemporaryFolder { folder in
      let source = folder + "/Case.swift"
      Files.write(text, to: source)
      return try runProcess(
        "/usr/bin/env",
        ["swiftc", "-swift-version", "6", "-parse-as-library", "-emit-sil", "-o", "/dev/null"]
          + ["-I", modules] + moduleMaps.flatMap { ["-Xcc", "-fmodule-map-file=" + $0] } + [source],
        timeLimit: 120)
    }
  }
}
