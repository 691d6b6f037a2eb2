// Mutated programs. The same seed and number give the same program on any machine.

import Language

/// SplitMix64, as published by Steele, Lea and Flood.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64, number: Int) {
    state = seed &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(number) &* 0xD1B5_4A32_D192_ED03
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Makes programs: most from a corpus, some of calls alone.
struct Mutator {
  /// Every program of the corpus, as tokens.
  private let programs: [[Substring]]
  let seed: UInt64

  static var limits: Limits {
    var limits = Limits()
    limits.instructions = 20_000
    limits.seconds = 2
    limits.memory = 256 << 20
    return limits
  }

  init(corpus: [String], seed: UInt64) {
    programs = corpus.map { tokens(of: $0) }.filter { !$0.isEmpty }
    self.seed = seed
  }

  /// The program of a number.
  func program(_ number: Int) -> String {
    var random = SplitMix(seed: seed, number: number)
    if number % 4 == 3 { return Calls.program(&random) }
    return mutated(excerpt(of: pick(programs, &random) ?? [], &random), &random)
  }

  /// A program with a few changes.
  func mutated(_ program: String, _ random: inout SplitMix) -> String {
    mutated(tokens(of: program), &random)
  }

  private func mutated(_ program: [Substring], _ random: inout SplitMix) -> String {
    var program = program
    for _ in 0..<(pick([1, 1, 1, 2, 2, 3, 6], &random) ?? 1) { mutate(&program, &random) }
    return program.joined()
  }

  /// The program whole where it is short; of a long one its first lines and some of the rest, so
  /// that the time goes to many programs.
  private func excerpt(of program: [Substring], _ random: inout SplitMix) -> [Substring] {
    guard program.count > 600 else { return program }
    let start = Int.random(in: 0..<(program.count - 200), using: &random)
    let from = program[start...].firstIndex { $0.contains("\n") } ?? start
    return Array(program.prefix(200) + program[from..<min(program.count, from + 200)])
  }

  private func mutate(_ program: inout [Substring], _ random: inout SplitMix) {
    guard !program.isEmpty else {
      program = [pick(Self.literals, &random) ?? ""]
      return
    }
    let place = Int.random(in: 0..<program.count, using: &random)
    switch Int.random(in: 0..<12, using: &random) {
    case 0: program.remove(at: place)
    case 1: program.insert(program[place], at: place)
    case 2: program.swapAt(place, Int.random(in: 0..<program.count, using: &random))
    case 3, 4: program[place] = pick(Self.literals, &random) ?? ""
    case 5, 6: program[place] = pick(pick(programs, &random) ?? [], &random) ?? ""
    case 7: program.insert(pick(Self.literals, &random) ?? "", at: place)
    case 8: splice(&program, at: place, &random)
    case 9:
      let end = min(program.count, place + Int.random(in: 1...20, using: &random))
      program.removeSubrange(place..<end)
    case 10:
      let times = pick([2, 10, 300, 20_000], &random) ?? 2
      program[place] = Substring(
        String(repeating: String(program[place]), count: times).prefix(40_000))
    default:
      var bytes = Array(program[place].utf8)
      guard let index = bytes.indices.randomElement(using: &random) else { return }
      bytes[index] = UInt8.random(in: 1...127, using: &random)
      program[place] = Substring(String(decoding: bytes, as: UTF8.self))
    }
  }

  private func splice(
    _ program: inout [Substring], at place: Int, _ random: inout SplitMix
  ) {
    guard let other = pick(programs, &random) else { return }
    let start = Int.random(in: 0..<other.count, using: &random)
    let end = min(other.count, start + Int.random(in: 1...40, using: &random))
    program.insert(contentsOf: other[start..<end], at: place)
  }

  private func pick<Choices: Collection>(
    _ choices: Choices, _ random: inout SplitMix
  ) -> Choices.Element? {
    choices.randomElement(using: &random)
  }

  /// What programs are tripped by.
  private static let literals: [Substring] = [
    "0", "-1", "1", "2", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
    "1e308", "1e-320", "nan", "inf", "0.5", "true", "false", "nil", "\"\"", "\"{x}\"", "\"θ\"",
    "()", "{}", "[]", "[[]]", "(1,)", "[1.0, 2.0]", "[[1, 2], [3, 4]]", "zeros(0)", "zeros(0, 3)",
    "zeros(2, 0)", "zeros(100000, 100000)", "param(2.0)", "0..10", "10..0:-1", "x => x", "sum",
    "(", ")", "[", "]", "{", "}", ",", ":", "=", "=>", "..", "...", ".", "@", "|>", "**", "//",
    "..=", "%", "+", "-", "*", "/", "==", "<", "~", "&", " and ", " or ", " not ", " in ", "let ",
    "fn ",
    "model ", "return ", "break", "continue", "for i in 0..3 { ", "while true { ", "if true { ",
    "try { ", " } catch e { ", "throw ", "with no_grad { ", "self", "extract ", "recover ", "\n",
    ";", "#", "\\", "\"", "\"\"\"", ".T", ".grad", ".value", ".shape", "[0]", "[-1]", "[5]", "[:]",
    "[::-1]", "[..., 0]", "[nil]", "axis=0", "axis=-1", "axis=7", "*xs", "**r",
  ]
}

/// A text cut into words, numbers, runs of spaces and single signs; joined they are the text.
private func tokens(of text: String) -> [Substring] {
  func kind(_ character: Character) -> Int {
    if character.isLetter || character.isNumber || character == "_" { return 0 }
    return character == " " ? 1 : 2
  }
  var tokens: [Substring] = []
  var rest = text[...]
  while let first = rest.first {
    let wanted = kind(first)
    let token = wanted == 2 ? rest.prefix(1) : rest.prefix { kind($0) == wanted }
    tokens.append(token)
    rest = rest[token.endIndex...]
  }
  return tokens
}
