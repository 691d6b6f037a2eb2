// Files with snapshots, tensors, tables and pictures, damaged at random and loaded. Each must end in a value
// or an error of the language; the tensors of one may take no more than a small multiple of the
// file, and the process no more than a fixed amount beside. What is packed may be larger than its file:
// it meets a limit of memory, or ends as the others do.

import Language
import Library
import Platform
import Syntax
import TestSupport

/// Makes damaged files and loads them.
final class SnapshotFuzzer {
  private let seed: UInt64
  /// Files as they should be, with the endings of their names.
  private let corpus: [(ending: String, bytes: [UInt8])]

  /// What an element of a byte grows to as i64, and what the allocator rounds up.
  private static let growth = 10
  private static let constant = 64 << 10
  /// What packed files may take, and how much more for a byte of a table: an empty cell is a number, twice.
  private static let unpackedLimit = 32 << 20
  private static let tableGrowth = 24

  init(seed: UInt64) {
    self.seed = seed
    corpus =
      Files.withTemporaryFolder { folder in
        let interpreter = Interpreter(library: Builtins.library, output: { _ in })
        _ = try? interpreter.run(
          Source(name: "<corpus>", text: "let folder = \"\(folder)/\"\n" + Self.corpusProgram))
        return Files.find(under: folder, endingIn: "").compactMap { path in
          let name = path.split(separator: "/").last ?? ""
          return Files.readBytes(path).map { bytes in
            (name.split(separator: ".").dropFirst().joined(separator: "."), bytes)
          }
        }
      } + [("safetensors", Self.narrowTypes)]
      + Files.find(under: Files.root + "/Tests/Scripts/tensors/files/foreign", endingIn: "")
      .compactMap { path in Files.readBytes(path).map { (Self.ending(ofForeign: path), $0) } }
    precondition(corpus.count > 5, "the files to begin with were not made")
  }

  /// The damaged file of a number.
  func file(_ number: Int) -> (ending: String, bytes: [UInt8]) {
    var random = SplitMix(seed: seed, number: number)
    var file = corpus[Int.random(in: 0..<corpus.count, using: &random)]
    // Most files are safetensors.
    if file.ending != "safetensors", Bool.random(using: &random) {
      file = corpus[Int.random(in: 0..<corpus.count, using: &random)]
    }
    for _ in 0..<Int.random(in: 1...4, using: &random) { damage(&file.bytes, &random) }
    return file
  }

  /// Loads the file of a number and does with it what programs do.
  func run(_ number: Int) {
    let (ending, bytes) = file(number)
    let path = "case-\(getpid()).\(ending)"
    Files.write(bytes, to: path)
    let interpreter = Interpreter(library: Builtins.library, output: { _ in })
    interpreter.limits.seconds = 10
    let isPacked = ["gz", "npz", "png"].contains { ending.hasSuffix($0) }
    let isTable = ending.contains("sv")
    interpreter.limits.memory =
      isPacked
      ? Self.unpackedLimit
      : bytes.count * (isTable ? Self.tableGrowth : Self.growth) + Self.constant
    do {
      try interpreter.run(
        Source(name: "<load>", text: "let path = \"\(path)\"\n" + Self.loadProgram))
    } catch let error as RuntimeError {
      let kind = error.diagnostic.kind
      precondition(
        kind == "io" || kind == "value" || isPacked && kind == "limit",
        "\(kind): \(error.diagnostic.message)")
    } catch {
      preconditionFailure("an error that is not the language's: \(error)")
    }
  }
}

// MARK: - Damage

extension SnapshotFuzzer {
  private func damage(_ bytes: inout [UInt8], _ random: inout SplitMix) {
    guard !bytes.isEmpty else { return }
    // The header is where the decisions are made.
    let reach = Bool.random(using: &random) ? min(bytes.count, 400) : bytes.count
    let place = Int.random(in: 0..<reach, using: &random)
    switch Int.random(in: 0..<10, using: &random) {
    case 0, 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 2: bytes[place] = UInt8.random(in: 0...255, using: &random)
    case 3: bytes.removeSubrange(place...)
    case 4:
      let end = min(bytes.count, place + Int.random(in: 1...16, using: &random))
      bytes.removeSubrange(place..<end)
    case 5:
      let end = min(bytes.count, place + Int.random(in: 1...64, using: &random))
      bytes.insert(contentsOf: bytes[place..<end], at: place)
    case 6:
      let length = Self.lengths.randomElement(using: &random) ?? 0
      for i in 0..<min(8, bytes.count) {
        bytes[i] = UInt8(truncatingIfNeeded: length >> UInt64(8 * i))
      }
    case 7: bytes.insert(contentsOf: literal(&random), at: place)
    case 8: replaceNumber(in: &bytes, from: place, &random)
    default:
      let end = min(bytes.count, place + Int.random(in: 1...8, using: &random))
      bytes.replaceSubrange(place..<end, with: literal(&random))
    }
    keepLength(of: &bytes, &random)
  }

  /// Now and then the header's length is made right again, so that the damage behind it is seen.
  private func keepLength(of bytes: inout [UInt8], _ random: inout SplitMix) {
    guard bytes.count > 16, Int.random(in: 0..<3, using: &random) > 0,
      bytes[8] == UInt8(ascii: "{"), let end = bytes.lastIndex(of: UInt8(ascii: "}"))
    else { return }
    for i in 0..<8 { bytes[i] = UInt8(truncatingIfNeeded: (end - 7) >> (8 * i)) }
  }

  private func replaceNumber(in bytes: inout [UInt8], from place: Int, _ random: inout SplitMix) {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let start = bytes[place...].firstIndex(where: digits.contains) else { return }
    let end = bytes[start...].firstIndex { !digits.contains($0) } ?? bytes.count
    let number = Self.numbers.randomElement(using: &random) ?? "0"
    bytes.replaceSubrange(start..<end, with: Array(number.utf8))
  }

  private func literal(_ random: inout SplitMix) -> [UInt8] {
    Array((Self.literals.randomElement(using: &random) ?? "").utf8)
  }

  private static let lengths: [UInt64] = [.max, 1 << 63, 1 << 40, 1 << 20, 8, 0]

  private static let numbers = [
    "0", "1", "8", "9223372036854775807", "9223372036854775808", "4294967296",
    "1152921504606846975",
    "-1", "1e3", "0.5", "00",
  ]

  private static let literals = [
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "null", "true", "-1", "1e999",
    "9223372036854775807", "[[[[[[[[[[[[[[[[[[[[", String(repeating: "[", count: 3000),
    String(repeating: "{\"record\":{\"a\":", count: 1500), "\"F64\"", "\"BOOL\"", "\"I8\"", "\u{0}",
    "\"__metadata__\":{", "\"tensor\":", "\"kept\":\"x\"", "\"value\":", "\"snapshot\":", "\"2\"",
    "data_offsets", "\"shape\":[0,0,0,0,0,0,0,0,0]", "(", ")", "'<f8'", "'|O'", "True", "\n", ";",
    "'>f8'", "'<U2'", "'|S1000000000'", "'<u8'", ",", "\t", "#", "\r", "1e400", "PK\u{3}\u{4}",
    "IHDR", "IDAT",
    "\u{1f}", String(repeating: ",", count: 300), String(repeating: "\n", count: 300), "sep=;\n",
  ]
}

// MARK: - Programs

extension SnapshotFuzzer {
  private static let model = """
    model Net() { param w = [[1.0, 2.0], [3.0, 4.0]]; param b = [0.5, nan].to(f32)
    buffer count = 3; buffer seen = (1, "a", {k: nil}); let inner = list(param(2.0) for i in 0..2)
    fn forward(x) { x @ w + b } }
    let net = Net()
    let optim = SGD(net, lr=0.1, momentum=0.9)

    """

  private static let corpusProgram =
    model + """
      optim.step(sum(net([[1.0, 2.0]]).to(f64)[0, 0] + net.inner[0]))
      save((extract net, optim), folder + "run.safetensors")
      save((extract session), folder + "session.safetensors")
      save({a: (1, -0.0, nan, {b: "text"}), k: random_key(3), r: 0..5, x: zeros(0, 3), t: true}, folder + "tree.safetensors")
      save(zeros(40, 40), folder + "large.safetensors")
      save(net.w, folder + "grid.npy")
      save({a: net.w, b: [true, false]}, folder + "some.npz")
      save({x: [1.0, nan], y: ("a,b", "c")}, folder + "table.csv")
      save({x: [1.0, 2.0], y: ("a,b", nil)}, folder + "values.json")
      save({x: [1, 2], y: ("a\tb", "c")}, folder + "table.tsv")
      save(net.w, folder + "grid.npy.gz")
      save({a: net.w, b: zeros(20, 20)}, folder + "packed.npz", compress=true)
      save(arange(24).reshape(2, 3, 4), folder + "bytes.idx")
      save(arange(12).reshape(2, 3, 2), folder + "alpha.png")
      save({a: net.w}, folder + "tree.safetensors.gz")
      """

  private static let loadProgram =
    model + """
      let value = load(path)
      str(value)
      repr(value)
      try { recover net, optim from value } catch e { e.message }
      try { recover session from value } catch e { e.message }
      try { str(recover_state(net, value, partial=true)) } catch e { e.message }
      try {
          save(value, "again-" + path)
          let again = load("again-" + path)
          assert(str(again) == str(value) or contains(path, "sv"))
      } catch e { if not (e.kind in ("type", "value", "shape", "limit")) { throw e } }
      for options in ({separator: ";"}, {header: true}, {comment: "#", columns: (0,)}, {separator: " ", header: false}) {
          if contains(path, "sv") { try { str(read_table(path, **options)) } catch e { if e.kind != "value" and e.kind != "io" { throw e } } }
      }
      if contains(path, "png") or contains(path, "idx") { try { str(image(value)) } catch e { if e.kind != "shape" { throw e } } }
      """

  /// The ending of a file of another program: IDX has names without a point.
  private static func ending(ofForeign path: String) -> String {
    let name = path.split(separator: "/").last ?? ""
    if name.contains("idx") { return name.hasSuffix(".gz") ? "idx.gz" : "idx" }
    return name.split(separator: ".").dropFirst().joined(separator: ".")
  }

  /// A file of another program with elements narrower than ours.
  private static let narrowTypes: [UInt8] = {
    let header =
      #"{"i8":{"dtype":"I8","shape":[2000],"data_offsets":[0,2000]},"#
      + #""f16":{"dtype":"F16","shape":[2],"data_offsets":[2000,2004]}}"#
    return (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
      + Array(header.utf8) + [UInt8](repeating: 1, count: 2004)
  }()
}
