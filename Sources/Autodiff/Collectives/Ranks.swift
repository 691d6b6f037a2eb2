// Where the ranks of a program meet.
//
// An engine of messages lets ranks call different things and then hangs, or gives one rank an error and
// another a number. So before every exchange all ranks give a few words, and take the largest of each over all
// ranks: a code of what they are about to do, and its complement. Where the two do not fit each other somebody
// does something else, and every rank gets an error that tells what each was doing and where.

import Tensors

/// The ranks that a context belongs to, and what they have to know of each other.
public final class Ranks {
  /// The engine.
  public let communicator: any Communicator
  /// How often the ranks have met.
  private var meetings: UInt64 = 0
  /// Why they cannot meet any more; nil while they can.
  private var end: String?
  /// Why nothing may be exchanged now: in a task of `parallel_map`.
  package var refusal: String?
  /// Whether the error that was thrown last was thrown on every rank, and which rank shows it.
  package private(set) var sharedError: (message: String, shownBy: Int)?

  /// The ranks of a communicator.
  public init(_ communicator: any Communicator) { self.communicator = communicator }

  /// The number of this rank.
  public var rank: Int { communicator.rank }
  /// How many ranks there are.
  public var count: Int { communicator.count }

  /// Notes an error that all ranks throw, so that one of them shows it.
  package func shares(_ message: String, shownBy rank: Int) { sharedError = (message, rank) }

  /// The most words that ranks compare when they meet.
  private static let mostWords = 4

  /// Waits until all ranks are about to do the same.
  ///
  /// - Parameters:
  ///   - deed: what this rank does, with all that must be the same on every rank; for messages.
  ///   - code: a word for it; nil for that of the text.
  ///   - words: numbers whose largest over all ranks this rank wants to know; `mostWords` at most.
  /// - Returns: the largest of each.
  /// - Throws: a value error on every rank where they do different things; where the run is to end.
  package func meet(
    _ deed: @autoclosure () -> String, code: UInt64? = nil, _ words: [UInt64] = []
  ) throws -> [UInt64] {
    if let refusal {
      throw TensorError(
        .value, "\(deed()) cannot be called \(refusal)",
        hint: "tasks run where there is room for them; exchange what they give, behind parallel_map"
      )
    }
    guard count > 1 else { return words }
    if let end {
      throw TensorError(
        .value, "the ranks of this program cannot meet any more: \(end)",
        hint: "start it again; what was saved is whole")
    }
    sharedError = nil
    meetings &+= 1
    var own = Code()
    own.add(code ?? Code.word(of: deed().utf8))
    own.add(meetings)
    let context = Context.current
    // As many words on every rank, whatever each is about to do.
    let padding = Array(repeating: UInt64(0), count: Ranks.mostWords - words.count)
    var all = [own.word, ~own.word, UInt64(context.sequence)] + words + padding
    do { try communicator.greatest(&all) } catch {
      end = "\(error)"
      throw error
    }
    guard all[0] == ~all[1] else { throw try mismatch(deed()) }
    // Numbers of nodes go on alike where ranks have run different code in between.
    context.sequence = Int(all[2])
    return Array(all[3..<3 + words.count])
  }

  /// Runs a body that this rank runs by itself, so that nothing may be exchanged in it.
  package func alone<R>(_ reason: String, _ body: () throws -> R) rethrows -> R {
    let outer = refusal
    refusal = reason
    defer { refusal = outer }
    return try body()
  }

  /// How often tensors have been exchanged by collectives.
  var exchanges = 0

  /// Runs a body whose derivative is taken by what this rank gives alone.
  ///
  /// - Throws: a value error on every rank where ranks exchanged something in it: the derivative goes by what all give.
  package func withoutExchanges<R>(_ name: @autoclosure () -> String, _ body: () throws -> R) throws
    -> R
  {
    let before = exchanges
    let result = try body()
    if exchanges > before, count > 1 {
      try fail(
        "\(name()) takes a derivative by what one rank gives, and ranks exchange something in it",
        "reverse and forward mode through the steps go by what all ranks give; so does gradient=\"unroll\""
      )
    }
    return result
  }

  /// Makes sure that tensors have the same bits on every rank.
  ///
  /// - Throws: a value error on every rank where they have not.
  package func requireSame(
    _ variables: some Collection<Variable>, _ deed: String, _ message: @autoclosure () -> String,
    hint: String
  ) throws {
    guard count > 1, !variables.isEmpty else { return }
    var code = Code()
    for variable in variables { try code.add(variable.underlying) }
    let seen = try meet(deed, [code.word, ~code.word])
    guard seen[0] == ~seen[1] else { return try fail(message(), hint) }
  }

  /// Makes sure that something holds on every rank.
  ///
  /// - Throws: a value error on every rank where it does not on one.
  package func requireOnAll(
    _ holds: Bool, _ deed: String, _ message: @autoclosure () -> String, hint: String
  ) throws {
    let fails = try meet(deed, [holds ? 0 : 1])
    if fails[0] != 0 { try fail(message(), hint) }
  }

  private func fail(_ message: String, _ hint: String) throws {
    shares(message, shownBy: 0)
    throw TensorError(.value, message, hint: hint)
  }

  /// Runs a body of this rank's own, which may fail on one and not on another.
  ///
  /// - Throws: on every rank what it throws on the first where it fails.
  package func together<R>(_ deed: String, _ body: () throws -> R) throws -> R {
    guard count > 1 else { return try body() }
    let result = Result { try body() }
    var failure: (any Error)?
    if case .failure(let error) = result { failure = error }
    let lowest = try meet(deed, [failure == nil ? 0 : UInt64(count - rank)])[0]
    guard lowest > 0 else { return try result.get() }
    let failed = count - Int(lowest)
    let told = failure.map {
      Context.current.describeError?($0) ?? (kind: "value", message: "\($0)", hint: nil)
    }
    func shared(_ text: String?) throws -> String {
      String(decoding: try broadcast(Array((text ?? "").utf8), from: failed), as: UTF8.self)
    }
    let (kind, message) = (try shared(told?.kind), try shared(told?.message))
    let hint = try shared(told?.hint)
    shares(message, shownBy: failed)
    if rank == failed, let failure { throw failure }
    throw TensorError(
      TensorError.Kind(rawValue: kind) ?? .value, message, hint: hint.isEmpty ? nil : hint)
  }

  /// The end of the program, which all ranks come to.
  ///
  /// - Throws: a value error where others are still to exchange something.
  public func finish() throws { _ = try meet("the end of the program") }

  /// The error of ranks that do different things, which all of them get.
  private func mismatch(_ deed: String) throws -> TensorError {
    let told = try texts(deed + (Context.current.describePlace?() ?? ""))
    var lines: [(text: String, ranks: [Int])] = []
    for (rank, text) in told.enumerated() {
      if let known = lines.firstIndex(where: { $0.text == text }) {
        lines[known].ranks.append(rank)
      } else {
        lines.append((text, [rank]))
      }
    }
    let message =
      "the ranks do different things: "
      + lines.map { "\(Ranks.names(of: $0.ranks)): \($0.text)" }.joined(separator: "; ")
    shares(message, shownBy: 0)
    return TensorError(
      .value, message,
      hint: "every rank has to call every collective, with the same shapes, in the same order")
  }

  private static func names(of ranks: [Int]) -> String {
    guard ranks.count > 1 else { return "rank \(ranks[0])" }
    let shown = ranks.prefix(8).map(String.init).joined(separator: ", ")
    return "ranks \(shown)\(ranks.count > 8 ? ", …" : "")"
  }
}

// MARK: - Bytes of any number

extension Ranks {
  /// Every rank's bytes, in their order. The ranks have met.
  package func allGather(_ own: [UInt8]) throws -> [[UInt8]] {
    guard count > 1 else { return [own] }
    var sizes = [Int](repeating: 0, count: count)
    let size = [own.count]
    try size.withUnsafeBytes { size in
      try sizes.withUnsafeMutableBytes {
        try communicator.allGather(
          size, sizes: Array(repeating: MemoryLayout<Int>.size, count: count), into: $0)
      }
    }
    let total = sizes.reduce(0, +)
    try MemoryAccount.require(total)
    var all = [UInt8](repeating: 0, count: total)
    try own.withUnsafeBytes { own in
      try all.withUnsafeMutableBytes { try communicator.allGather(own, sizes: sizes, into: $0) }
    }
    var start = 0
    return sizes.map { size in
      defer { start += size }
      return Array(all[start..<start + size])
    }
  }

  /// Every rank's text.
  private func texts(_ own: String) throws -> [String] {
    try allGather(Array(own.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// One rank's bytes, on every rank. The ranks have met.
  package func broadcast(_ own: [UInt8], from root: Int) throws -> [UInt8] {
    guard count > 1 else { return own }
    var size = own.count
    try withUnsafeMutableBytes(of: &size) { try communicator.broadcast($0, from: root) }
    try MemoryAccount.require(size)
    var bytes = rank == root ? own : [UInt8](repeating: 0, count: size)
    try bytes.withUnsafeMutableBytes { try communicator.broadcast($0, from: root) }
    return bytes
  }
}
