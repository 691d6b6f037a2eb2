// Random numbers in a run that is being recorded.
//
// A draw is an operation on the two words of a key, and how far into that key's stream it stands is a part
// of the operation: it follows from the shapes alone. The words of the program's stream are an operand, read
// anew at each call; those of keys that are split off or folded from a stream are computed from its words.
// So a recorded run draws what the program would have drawn, and the stream is left where it would be.
//
// Who draws from `Context.random` past `RandomKey.drawn` is found out: it leaves the stream at a place that
// no draw of the recording has led to.

import Tensors

/// The streams that a recorded run knows, by their keys.
struct RecordedStreams {
  /// The words of a stream as the run sees them, and where in the stream they stand.
  private typealias Stream = (words: Variable, counter: UInt64)

  /// The program's stream when the run began.
  private let start: RandomKey
  /// The number of the operand that holds the words of the program's stream; nil where nothing was drawn from it.
  private(set) var operand: Int?
  private var known: [UInt64: Stream] = [:]
  /// Where streams have been led to.
  private var reached: Set<RandomKey>

  init(_ start: RandomKey) {
    self.start = start
    reached = [start]
  }

  /// The words of a stream, and how far behind them a key of it stands; nil for a key that came from elsewhere.
  mutating func words(
    of key: RandomKey, _ makeOperand: (Variable) -> (index: Int, variable: Variable)
  ) throws -> (words: Variable, offset: UInt64)? {
    guard reached.contains(key) else { return nil }
    if known[key.key] == nil, key.key == start.key {
      let made = makeOperand(.tensor(try start.words()))
      operand = made.index
      known[start.key] = (made.variable, start.counter)
    }
    guard let stream = known[key.key] else { return nil }
    return (stream.words, key.counter &- stream.counter)
  }

  /// Takes note of where a draw has led a stream.
  mutating func reach(_ key: RandomKey) { reached.insert(key) }

  /// Takes note of a stream that was made from a known one, or given; false where it cannot be told from the
  /// program's.
  mutating func add(_ key: RandomKey, words: Variable) -> Bool {
    guard key.key != start.key else { return false }
    known[key.key] = (words, key.counter)
    reached.insert(key)
    return true
  }

  /// How far the run has led the program's stream; nil where something else has.
  func moves(to end: RandomKey) -> UInt64? {
    reached.contains(end) && end.key == start.key ? end.counter &- start.counter : nil
  }
}

extension RandomKey {
  /// A tensor drawn from this stream, which moves on; an operation of the run that is being recorded.
  package mutating func drawn(
    _ body: @escaping @Sendable (inout RandomKey) throws -> Tensor
  ) throws -> Variable {
    guard let recording = Context.current.activeRecording else { return .tensor(try body(&self)) }
    guard let (words, offset) = try recording.words(of: self) else {
      return .tensor(try body(&self))
    }
    let after = Place()
    let result = try words.drawing { key in
      key.counter &+= offset
      let tensor = try body(&key)
      after.note(key)
      return tensor
    }
    move(to: after, in: recording)
    return result
  }

  /// A number for each element of a variable, a constant; inside `vmap` every example has numbers of its own.
  package mutating func drawn(
    like x: Variable,
    _ body: @escaping @Sendable (inout RandomKey, Shape, DType) throws -> Tensor
  ) throws -> Variable {
    let recording = Context.current.activeRecording
    if let recording, recording.isMapped(x) {
      // How much is drawn depends on how many examples there are outside.
      recording.meets("draws random numbers for examples that are mapped outside it")
    }
    guard let recording, let (words, offset) = try recording.words(of: self) else {
      return try drawnByItself(like: x, body)
    }
    let after = Place()
    let result = try words.drawing(like: x) { key, shape, dtype in
      key.counter &+= offset
      let tensor = try body(&key, shape, dtype)
      after.note(key)
      return tensor
    }
    move(to: after, in: recording)
    return result
  }

  private mutating func drawnByItself(
    like x: Variable,
    _ body: @escaping @Sendable (inout RandomKey, Shape, DType) throws -> Tensor
  ) throws -> Variable {
    let after = Place()
    let result = try Variable.tensor(words()).drawing(like: x) { key, shape, dtype in
      let tensor = try body(&key, shape, dtype)
      after.note(key)
      return tensor
    }
    if let counter = after.counter { self.counter = counter }
    return result
  }

  /// A stream of its own; this one moves on.
  package mutating func branch() throws -> RandomKey {
    let before = self
    let made = split(1)[0]
    guard let recording = Context.current.activeRecording,
      let (words, offset) = try recording.words(of: before)
    else { return made }
    let key = try words.drawing { key in
      key.counter &+= offset
      return try key.split(1)[0].words()
    }
    recording.add(made, words: key)
    recording.streams.reach(self)
    return made
  }

  /// A stream that depends on this one's place and on a number; this one stays.
  package func branch(_ number: UInt64) throws -> RandomKey {
    let made = folded(number)
    guard let recording = Context.current.activeRecording,
      let (words, offset) = try recording.words(of: self)
    else { return made }
    let key = try words.drawing { key in
      key.counter &+= offset
      return try key.folded(number).words()
    }
    recording.add(made, words: key)
    return made
  }

  /// The words of this key as the run that is being recorded knows them.
  package func recordedWords() throws -> Variable {
    if let recording = Context.current.activeRecording,
      let (words, offset) = try recording.words(of: self)
    {
      guard offset != 0 else { return words }
      return try words.drawing { key in
        key.counter &+= offset
        return try key.words()
      }
    }
    return .tensor(try words())
  }

  private mutating func move(to place: Place, in recording: Recording) {
    if let counter = place.counter { self.counter = counter }
    recording.streams.reach(self)
  }

  /// Where the first run of a draw has led its stream.
  private final class Place: @unchecked Sendable {
    private(set) var counter: UInt64?
    func note(_ key: RandomKey) { if counter == nil { counter = key.counter } }
  }
}

extension Recording {
  /// The words of a key's stream; nil, and an obstacle, for a key that the run was not given.
  fileprivate func words(of key: RandomKey) throws -> (words: Variable, offset: UInt64)? {
    let found = try streams.words(of: key) { variable in
      let operand = operand(for: variable)
      return (operand.index, operand.variable)
    }
    if found == nil { meets("draws random numbers by a key from outside it") }
    return found
  }

  fileprivate func add(_ key: RandomKey, words: Variable) {
    if !streams.add(key, words: words) { meets("draws random numbers by a key from outside it") }
  }

  /// How far the run has led the program's stream, which stands here now; an obstacle where something else has.
  package func streamMoves(to end: RandomKey) -> UInt64 {
    if let moves = streams.moves(to: end) { return moves }
    meets("draws random numbers")
    return 0
  }

  /// The number of the operand that holds the words of the program's stream; nil where nothing is drawn from it.
  package var streamOperand: Int? { streams.operand }

  /// True for what `vmap` maps outside the run.
  fileprivate func isMapped(_ x: Variable) -> Bool {
    var variable = x
    while case .traced(let traced) = variable {
      if traced.kind == .batch, Int(traced.height) < height { return true }
      variable = traced.value
    }
    return false
  }
}

extension Context {
  /// Tells a run that is being recorded of a key that it was given, or that it has made of a number.
  package func know(_ key: RandomKey, words: Variable?) throws {
    guard let recording = activeRecording else { return }
    recording.add(key, words: try words ?? .tensor(key.words()))
  }
}
