// `explain(f, args…)`: what becomes of a call of `f` when it is compiled.
//
// The function is recorded as a compiled call would record it, as a rehearsal, and what came of that is
// told: the operations, what has to be the same for them to be run again, and what stands in the way.
// Nothing outside the function changes, and no recording is kept.

import Autodiff
import Language
import Tensors

/// How a call is compiled, or why it is not.
final class ExplanationObject: HostObject {
  override class var hostType: HostType { members }

  /// What stands in the way, and where.
  struct Obstruction {
    var reason: String
    var place: String
    var line: Int?
    var text: String
  }

  /// The operations by name, the most frequent first.
  let kinds: [(name: String, count: Int)]
  let operands: [String]
  let guards: [String]
  let obstacles: [Obstruction]
  let blocks: Int
  let bytes: Int
  let branches: Int

  var isCompiled: Bool { obstacles.isEmpty }
  var operationCount: Int { kinds.reduce(0) { $0 + $1.count } }

  init(
    graph: RecordedGraph?, reads: ReadDescription, obstacles: [Obstruction], plan: PlanFacts?,
    branches: Int
  ) {
    kinds = graph?.operationsByName ?? []
    operands = reads.operands
    guards = reads.guards
    self.obstacles = obstacles
    blocks = plan?.chains ?? 0
    bytes = plan?.bytes ?? graph?.greatestBytes ?? 0
    self.branches = branches
  }

  /// As many kinds of operations as fit into a line.
  private static let mostKinds = 6
  /// As many guards, and as many obstacles, as fit onto a screen.
  private static let mostLines = 24

  override var summary: String {
    var names = kinds.prefix(Self.mostKinds).map { "\($0.name) \($0.count)" }
    if kinds.count > names.count { names.append("…") }
    var rows = [
      ("compiled", isCompiled ? "yes" : "no"),
      (
        "operations",
        "\(operationCount)" + (names.isEmpty ? "" : ": " + names.joined(separator: ", "))
      ),
      ("blocks", "\(blocks)"), ("bytes", "\(bytes)"), ("branches", "\(branches)"),
    ]
    func add(_ title: String, _ lines: [String]) {
      for (index, line) in lines.prefix(Self.mostLines).enumerated() {
        rows.append((index == 0 ? title : "", line))
      }
      if lines.count > Self.mostLines {
        rows.append(("", "… and \(lines.count - Self.mostLines) more"))
      }
    }
    add("guards", guards)
    add(
      "obstacles",
      obstacles.map { obstacle in
        obstacle.reason
          + (obstacle.place.isEmpty ? "" : "  (\(obstacle.place))")
          + (obstacle.text.isEmpty ? "" : "  \(obstacle.text)")
      })
    return rows.map { title, text in
      title + String(repeating: " ", count: 12 - title.count) + text
    }.joined(separator: "\n")
  }
}

extension ExplanationObject {
  private static let members = HostType(
    ExplanationObject.self, "Explanation",
    "What `explain` gives: how a call is compiled, or why it is not, as a table when printed.",
    fields: [
      Field("compiled", "Whether such a call runs from a recording.") { .bool($0.isCompiled) },
      Field("operations", "The number of operations, an Int.") { .int($0.operationCount) },
      Field("kinds", "How often each operation is done, a record by its name.") {
        .record(Record($0.kinds.map { ($0.name, .int($0.count)) }))
      },
      Field("blocks", "The number of pieces that run over a few numbers at a time, an Int.") {
        .int($0.blocks)
      },
      Field("bytes", "The memory that the results on the way take at once, an Int.") {
        .int($0.bytes)
      },
      Field("branches", "The number of conditions that the call looks at on its way, an Int.") {
        .int($0.branches)
      },
      Field(
        "operands", "The tensors and keys that may be others at the next call, a list of names."
      ) {
        .list($0.operands.map { .string($0) })
      },
      Field("guards", "What has to be the same at the next call, a list of texts.") {
        .list($0.guards.map { .string($0) })
      },
      Field(
        "obstacles",
        """
        What stands in the way, a list of records of its `reason`, its `place`, as `train.mos:12`, the number of
        the `line`, and the `text` that stands there; empty where the call is compiled.
        """
      ) { explanation in
        .list(
          explanation.obstacles.map { obstacle in
            .record(
              Record([
                ("reason", .string(obstacle.reason)), ("place", .string(obstacle.place)),
                ("line", obstacle.line.map { .int($0) } ?? .nil), ("text", .string(obstacle.text)),
              ]))
          })
      },
    ])
}

extension RecordedGraph {
  /// How often each operation was done, the most frequent first.
  fileprivate var operationsByName: [(name: String, count: Int)] {
    var counts: [String: (count: Int, first: Int)] = [:]
    for (position, node) in nodes.enumerated() where !node.isPart {
      if let name = node.operation { counts[name, default: (0, position)].count += 1 }
    }
    return counts.sorted { ($1.value.count, $0.value.first) < ($0.value.count, $1.value.first) }
      .map { ($0.key, $0.value.count) }
  }
}

// MARK: - Making it

/// A function recorded to be looked at.
struct RecordedCall {
  /// The operations, where the run came to its end.
  var graph: RecordedGraph?
  var reads: ReadDescription
  var obstacles: [Obstacle]
  /// What the operations are as a plan, where they can be one.
  var plan: PlanFacts?
  /// The conditions and whole numbers that the run went by.
  var branches: Int
}

extension Interpreter {
  /// What becomes of a call when its function is compiled.
  func explain(_ function: Value, _ arguments: [Value], _ named: Record) throws -> ExplanationObject
  {
    let compiled = function.compiledFunction ?? CompiledFunction(function, self)
    let call = try compiled.rehearsed(arguments, named, self)
    return ExplanationObject(
      graph: call.graph, reads: call.reads,
      obstacles: call.obstacles.map(obstruction), plan: call.plan, branches: call.branches)
  }

  /// The program of a call, as a picture.
  func graph(of function: Value, _ arguments: [Value]) throws -> GraphPicture {
    let compiled = function.compiledFunction ?? CompiledFunction(function, self)
    let call = try compiled.rehearsed(arguments, Record(), self)
    guard let graph = call.graph, call.obstacles.isEmpty else {
      let obstacle = call.obstacles.first.map(obstruction)
      throw RuntimeError(
        .value,
        "graph draws the program of a compiled call, and this one is not compiled, since it "
          + (obstacle?.reason ?? "fails") + (obstacle.map { " (\($0.place))" } ?? ""),
        hint: "explain(f, …) lists all that stands in the way")
    }
    return try GraphPicture(graph, names: GraphNames(of: []), place: line(ofPlace:))
  }

  private func obstruction(_ obstacle: Obstacle) -> ExplanationObject.Obstruction {
    ExplanationObject.Obstruction(
      reason: obstacle.reason, place: line(ofPlace: obstacle.place),
      line: label(ofPlace: obstacle.place).map { $0.source.line(at: $0.span.start) },
      text: text(ofPlace: obstacle.place))
  }
}

extension Value {
  /// What `compile` gave this for.
  var compiledFunction: CompiledFunction? {
    if case .builtin(let builtin) = self { builtin.subject as? CompiledFunction } else { nil }
  }
}

extension CompiledFunction {
  /// Records a call as a rehearsal; nothing is kept and nothing changes.
  ///
  /// - Throws: the function's own error, where it has one.
  fileprivate func rehearsed(
    _ positional: [Value], _ options: Record, _ interpreter: Interpreter
  ) throws -> RecordedCall {
    let call = Value.list([function, .list(positional), .record(options)])
    let context = interpreter.context
    let random = context.random
    defer { context.random = random }
    var run: (reader: RecordedReader, recording: Recording)?
    var graph: RecordedGraph?
    var plan: PlanFacts?
    var failure: (any Error)?
    _ = try interpreter.rehearse(notingChanges: true) {
      do {
        let recorded = try RecordedFunction.recording(keepingNodes: true) { recording in
          let reader = RecordedReader(recording, interpreter)
          run = (reader, recording)
          return try interpreter.watched(by: reader) {
            defer { reader.putBack() }
            let value = try plain(reader.arguments(call), interpreter)
            let tensors = try RecordedOutputs(of: value, reader, interpreter).tensors
            let names = ReadDescription(reader.reads, reader.objects, interpreter).operands
            graph = RecordedGraph(of: tensors, recordedBy: recording, operands: names)
            return tensors
          }
        }.0
        plan = run.flatMap { try? recorded.facts(at: $0.recording.operands) }
      } catch {
        failure = error
        throw error
      }
    }
    guard let (reader, recording) = run else {
      throw failure ?? interpreter.machine.effect("cannot be recorded here")
    }
    if recording.obstacle == nil { _ = recording.streamMoves(to: context.random) }
    if let failure, recording.obstacle == nil { throw failure }
    return RecordedCall(
      graph: graph, reads: ReadDescription(reader.reads, reader.objects, interpreter),
      obstacles: recording.obstacles, plan: plan,
      branches: recording.branchValues.found.count)
  }
}
