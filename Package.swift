// swift-tools-version: 6.1
import PackageDescription

// Debian's static archives: the 36 MB shared OpenBLAS and its LAPACK cost 4.5 ms of relocation at
// every start, the archives 0.8 ms. Its Fortran runtime comes as a shared library alone.
let linearAlgebraLibraries: [LinkerSetting] = [
  .linkedLibrary(":liblapacke.a", .when(platforms: [.linux])),
  .linkedLibrary(":libopenblas.a", .when(platforms: [.linux])),
  .linkedLibrary(":libgfortran.so.5", .when(platforms: [.linux])),
  .linkedLibrary("lapacke", .when(platforms: [.macOS])),
  .linkedLibrary("openblas", .when(platforms: [.macOS])),
]
// Debian's static archives again: a start loads no library for files that few programs have.
let pictureLibraries: [LinkerSetting] = [
  .linkedLibrary(":libpng.a", .when(platforms: [.linux])),
  .linkedLibrary(":libz.a", .when(platforms: [.linux])),
  .linkedLibrary("png", .when(platforms: [.macOS])),
  .linkedLibrary("z", .when(platforms: [.macOS])),
]
let lineEditingLibraries: [LinkerSetting] = [
  .linkedLibrary(":libreadline.a", .when(platforms: [.linux])),
  .linkedLibrary(":libtinfo.a", .when(platforms: [.linux])),
  .linkedLibrary("readline", .when(platforms: [.macOS])),
]

let package = Package(
  name: "mos",
  products: [
    .executable(name: "mos", targets: ["CLI"]),
    .library(name: "Mos", targets: ["Mos"]),
    .library(name: "MetaOptimization", targets: ["MetaOptimization"]),
  ],
  traits: [
    .default(enabledTraits: ["CommandLine"]),
    .trait(name: "CommandLine", description: "The command `mos`, with what it depends on."),
  ],
  dependencies: [
    // The command line: options, help and exit statuses, as every Swift tool has them. A package that depends on
    // this one compiles and links none of it for the libraries, nor needs readline's headers, but SwiftPM 6.3
    // fetches it, used or not; with `.package(url: …, traits: [])` it does not (`.ci/client` looks).
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    // Loops only: elementwise, reduction, random and matrix-product kernels, multiversioned in C
    // because Swift has no function multiversioning and `unsafeFlags` bars a package from being
    // depended on.
    .target(
      name: "Kernels",
      cSettings: [.define("_GNU_SOURCE")],
      linkerSettings: [.linkedLibrary("mvec", .when(platforms: [.linux])), .linkedLibrary("m")]),
    // The C library under one name, and what systems do in ways of their own.
    .target(name: "Platform"),
    // Ten lines of assembly: a run has a stack of its own on its caller's thread.
    .target(name: "CallOnStack"),
    // Products with vectors, substitutions, and what LAPACK builds on. Products of matrices are a
    // kernel of our own: OpenBLAS's are level with PyTorch's at best, and half of what small ones
    // could be.
    .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
    // Factorizations: LU, Cholesky, QR, SVD and symmetric eigenvalues.
    .systemLibrary(name: "CLAPACKE", providers: [.apt(["liblapacke-dev"])]),
    // Compressed files, `.gz` and `.npz`, and the pixels of PNG.
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    // PNG pictures: five kinds of colour, five depths, interlacing, filters.
    .systemLibrary(name: "CPNG", providers: [.apt(["libpng-dev"])]),
    // libpng's errors are jumps, which must not cross a frame of Swift.
    .target(name: "PNGCodec", dependencies: ["CPNG"]),
    // Line editing at the prompt. GPL-3.0, so the executable alone may link it.
    .systemLibrary(name: "CReadline", providers: [.apt(["libreadline-dev"])]),
    // A table of functions, filled by the library that `make mpi` builds and ranks load: nothing is linked.
    .systemLibrary(name: "CMPI"),

    .target(
      name: "Tensors",
      dependencies: ["Platform", "Kernels", "PNGCodec", "COpenBLAS", "CLAPACKE", "CZlib"],
      linkerSettings: linearAlgebraLibraries + pictureLibraries),
    // Tensors on devices, by OpenCL, which is looked for when a program first asks and is linked by nothing.
    .target(name: "Devices", dependencies: ["Tensors", "Kernels", "Platform"]),
    .target(name: "Autodiff", dependencies: ["Devices", "Tensors", "Kernels", "Platform"]),
    .target(name: "Solvers", dependencies: ["Autodiff", "Tensors"]),
    .target(
      name: "Optimizers", dependencies: ["Solvers", "Autodiff", "Tensors", "Platform"]),
    .target(name: "ZeroOrder", dependencies: ["Optimizers", "Autodiff", "Tensors"]),
    .target(
      name: "MetaOptimization",
      dependencies: ["Tensors", "Autodiff", "Solvers", "Optimizers", "ZeroOrder"]),

    .target(name: "Syntax"),
    // The `.mos` modules, embedded with `#embed`: a changed module is rebuilt, and nothing is
    // read from disk at start-up.
    .target(name: "StandardLibrary", exclude: []),
    // What a program is: values, names, code, the machine, state. It knows no optimizer and no page.
    .target(
      name: "Language",
      dependencies: [
        "Syntax", "Autodiff", "Devices", "Tensors", "StandardLibrary", "Kernels", "CallOnStack",
        "Platform",
      ]),
    // What programs call: the pages of the reference, and the objects behind them. What it imports is
    // listed in full: a module reached only through another is not rebuilt with its changes.
    .target(
      name: "Library",
      dependencies: [
        "Language", "Syntax", "ZeroOrder", "Optimizers", "Solvers", "Autodiff", "Devices",
        "Tensors",
        "Kernels", "Platform",
      ]),
    .target(
      name: "Mos",
      dependencies: ["Library", "Language", "Syntax", "Autodiff", "Tensors", "Platform"]),
    .executableTarget(
      name: "CLI",
      dependencies: [
        "Library", "Language", "Syntax", "Autodiff", "Tensors", "CReadline", "CMPI", "Kernels",
        "Platform",
        .product(
          name: "ArgumentParser", package: "swift-argument-parser",
          condition: .when(traits: ["CommandLine"])),
      ],
      linkerSettings: lineEditingLibraries),

    // Sizes at which kernels change their way, in loops of every layout, level and number of threads.
    .testTarget(
      name: "KernelsTests",
      dependencies: ["Kernels", "Tensors", "Platform", "TensorSupport", "TestSupport"]),
    .testTarget(
      name: "TensorsTests", dependencies: ["Tensors", "Platform", "TensorSupport", "TestSupport"]),
    .testTarget(
      name: "AutodiffTests", dependencies: ["Autodiff", "Devices", "Tensors", "Platform"]),
    .testTarget(name: "OptimizersTests", dependencies: ["Optimizers"]),
    .testTarget(
      name: "ZeroOrderTests", dependencies: ["ZeroOrder", "Optimizers", "Autodiff", "Tensors"]),
    .testTarget(name: "SyntaxTests", dependencies: ["Syntax", "Platform"]),
    .testTarget(
      name: "LanguageTests", dependencies: ["Language", "Library", "Syntax", "Platform"]),
    // Programs on several ranks, which are threads.
    .testTarget(
      name: "RankTests", dependencies: ["Library", "Language", "Syntax", "Autodiff", "Platform"]),
    .testTarget(
      name: "LibraryTests",
      dependencies: [
        "Library", "Language", "Syntax", "Optimizers", "Autodiff", "Devices", "Tensors", "Platform",
        "TestSupport",
      ]),
    // Programs as others write them: what only this package sees would be in their way.
    .testTarget(
      name: "MetaOptimizationTests", dependencies: ["MetaOptimization", "TestSupport"],
      packageAccess: false),
    .testTarget(name: "SolversTests", dependencies: ["Solvers", "Autodiff", "Tensors"]),
    // As an embedder sees it; host functions with derivatives compute with tensors.
    .testTarget(
      name: "MosTests",
      dependencies: ["Mos", "MetaOptimization", "Platform", "SpawnSupport", "TestSupport"],
      packageAccess: false),
    // Programs as processes and on pseudo-terminals, walks of stacks, and the files that tests look for.
    .target(name: "SpawnSupport", path: "Tests/SpawnSupport", cSettings: [.define("_GNU_SOURCE")]),
    .target(
      name: "TestSupport", dependencies: ["SpawnSupport", "Platform", "Syntax"],
      path: "Tests/Support"),
    // Tensors from literals, and what sweeps over sizes share.
    .target(
      name: "TensorSupport", dependencies: ["Kernels", "Tensors"], path: "Tests/TensorSupport"),
    // Golden programs, examples and guides, run by the `mos` binary beside the test bundle.
    .testTarget(
      name: "ScriptTests", dependencies: ["TestSupport", "Platform"], exclude: ["README.md"]),
    // The command line and the prompt, as a process and on a pseudo-terminal.
    .testTarget(name: "CLITests", dependencies: ["TestSupport", "Mos", "Platform"]),
    // Mutated programs, and programs with every function compiled, run in worker processes.
    .executableTarget(
      name: "Fuzz",
      dependencies: [
        "Library", "Language", "Syntax", "Autodiff", "Tensors", "Platform", "TestSupport",
      ],
      path: "Tests/Fuzz"),
    // What each layer costs, from a kernel to a call; `Benchmarks/run` builds and runs it.
    .executableTarget(
      name: "Layers", dependencies: ["Mos", "Autodiff", "Tensors", "Kernels", "Platform"],
      path: "Benchmarks/layers"),
    // What a Swift program pays for a Mos inside it; `lua.c` beside it measures Lua's C interface.
    .executableTarget(
      name: "Embedding", dependencies: ["Mos"], path: "Benchmarks/embedding", exclude: ["lua.c"]),
  ],
  swiftLanguageModes: [.v6]
)

// Pages from the comments of the libraries. Whoever depends on the package resolves every dependency
// that stands here, so that this one does only where pages are made: `make docc`.
if Context.environment["MOS_DOCC"] != nil {
  package.dependencies.append(
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"))
}
