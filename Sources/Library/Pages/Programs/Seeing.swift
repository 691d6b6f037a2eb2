// What a model or a tree is made of, as text.

import Autodiff
import Language
import Tensors

/// The text of `summary(value)`.
package final class SummaryObject: HostObject {
  package override class var hostType: HostType { members }
  private static let members = HostType(
    SummaryObject.self, "Summary",
    "What `summary` gives: a table of the parts of a value when printed.")

  /// The parts, each before what is in it.
  package let rows: [SummaryRow]
  private let lines: String

  init(_ rows: [SummaryRow]) throws {
    self.rows = rows
    lines = try SummaryRow.table(rows)
  }

  package override var summary: String { lines }
}

extension Builtins {
  static let seeing = BuiltinPage(
    "Seeing",
    objects: [
      ExplanationObject.self, GraphObject.self, PictureObject.self, PlotObject.self,
      ProfileObject.self,
      ProgressObject.self, SummaryObject.self,
    ],
    [
      Builtin(
        "summary(value)",
        """
        The parts of a model or another tree, with shapes and numbers of elements.

            model Linear(n, m) { param w = zeros(n, m); param b = zeros(m); fn forward(x) { x @ w + b } }
            print(summary(Linear(3, 2)))
            # Linear          8
            #   w  f64[3, 2]  6
            #   b  f64[2]     2
        """
      ) { arguments in
        _ = try ValueTree(arguments[0], for: "summary")
        return .host(try SummaryObject(SummaryRow.rows(of: arguments[0])))
      },
      Builtin(
        "progress(values, label=\"\")",
        """
        The values, to loop over; on a terminal a bar shows how far the loop is, its pace and the time that is
        left. What is printed meanwhile stands above it.

            let total = 0
            for i in progress(0..4, "adding") { total += i }
            print(total)    # 6
        """, effects: .writes
      ) { arguments in
        let values = try arguments[0].walkable()
        let label = try arguments.string(1)
        guard let show = arguments.interpreter.showProgress else { return values }
        return .host(
          ProgressObject(
            try values.walk(), count: try values.length(), label: label, show: show))
      },
      graph(
        "graph",
        """
        The graph that results were computed by, as a tree of text when printed. `params` names its
        nodes: a record or list of parameters, models, optimizers, tensors and snapshots, whose values
        carry the name as a prefix (`step0.a`); a snapshot in a list has the name that `extract … as
        step0` or `extract_state(net, name="step0")` gave it. Without `params` the program's variables
        give the names. Leaves say where they were declared; the moments of an optimizer are leaves too
        where it has `moment_requires_grad`.

        `g.save(path)` writes a picture, `.svg`, `.png` or, by Graphviz, `.pdf`, or the text of a `.dot` file; `g.text`, `g.dot`, `g.svg` and `g.nodes` are its parts. Above 2000 nodes the operations
        of one source line are one box.

        Of a function and its arguments, `graph(f, *args)` is the program that a compiled call of it runs.

            let x = param(2.0)
            let a = param(3.0)
            print(graph(a * x ** 2, params={a, x}).nodes)    # 4
            print(graph((w, x) => sum(w * x), [1.0, 2.0], [3.0, 4.0]).nodes)    # 4
        """),
      graph("make_dot", "`graph` by TorchOpt's name."),
      Builtin(
        "plot(*values, label=nil, points=false)",
        """
        A line through points, `plot(ys)` or `plot(xs, ys)`: text when printed, and a picture by
        `p.save("loss.svg")` or `p.save("loss.png")`. `p.add(xs, ys, label="test")` draws another line into it. Points that
        are not finite are left out. With `points=true` the picture has dots in place of a line.

            let p = plot([3.0, 1.0, 2.0], label="train")
            p.add([2.0, 2.0, 2.5], label="test")
            print(type(p))    # Plot
        """, effects: .writes
      ) { arguments in .host(PlotObject(try PlotObject.line(arguments, number: 1))) },
      Builtin(
        "image(x, low=nil, high=nil, columns=nil)",
        """
        A tensor as a picture: half blocks in colours on a terminal that shows them, else shades, and a file
        by `p.save("digits.png")` or `.svg`. One picture is `[h, w]` where it is grey, else `[h, w, c]` with up
        to four channels, as `.png` files have them; several are `[n, h, w]`, `[n, h, w, c]` or `[n, c, h, w]`
        and stand in a grid, `columns` side by side.

        Floats are 0 to 1 and whole numbers 0 to 255, from black to white, unless `low` and `high` say what is
        black and white; what lies beyond them is cut, and of one alone the other is the least or the greatest
        element.

            print(image([[1.0, 0.0, 1.0], [1.0, 0.0, 0.5], [0.25, 1.0, 0.0]]))
            # █ ▓
            # ░█
            print(image(zeros(4, 8, 8)).pixels.shape)    # (17, 17)
        """, effects: .writes
      ) { arguments in
        let tensor = try arguments.tensor(0)
        let columns = arguments.has(3) ? try arguments.int(3, atLeast: 1) : nil
        return .host(
          try PictureObject(
            tensor, low: arguments.has(1) ? try arguments.double(1) : nil,
            high: arguments.has(2) ? try arguments.double(2) : nil, columns: columns))
      },
      Builtin(
        "profile(f, *args)",
        """
        Calls a function and says which source lines took the time: text when printed, with
        `p.value`, what the function gave, `p.seconds`, and `p.lines`, records of `place`, `text`,
        `seconds` and `share`, the greatest first. Places are asked for a thousand times a second.

            let p = profile(n => { let x = 0.0; for i in 0..n { x += sin(i * 1.0) }; x }, 1000)
            print(p.seconds < 10.0)    # true
        """, effects: .reads, needs: [.clock]
      ) { arguments in
        .host(
          try arguments.interpreter.profile(try arguments.function(0), arguments.rest(1)))
      },
      Builtin(
        "memory(value=nil)",
        """
        What is alive: `nodes` of graphs, bytes of `tensors` over 1 KB, and bytes `kept` to be used
        again. Given a value, its graph too, by source line: `lines` is a list of records of
        `place`, `nodes` and `bytes` (of results, each counted as if its elements were its own),
        the greatest first.

            let x = param(1.0)
            let y = x * x + x
            print(memory(y).lines[0].nodes)    # 2
        """, effects: .reads
      ) { arguments in
        var report: [(String, Value)] = [
          ("nodes", .int(RecordedGraph.liveNodes)), ("tensors", .int(TensorMemory.usedBytes)),
          ("kept", .int(TensorMemory.keptBytes)),
        ]
        if arguments.isGiven(0) {
          let tree = try ValueTree(arguments[0], for: "memory")
          let lines = arguments.interpreter.memoryByLine(of: tree.variables)
          report.append(("lines", .list(lines)))
        }
        return .record(Record(report.map { ($0.0, $0.1) }))
      },
    ])

  private static func graph(_ name: String, _ documentation: String) -> Builtin {
    Builtin("\(name)(loss, *args, params=nil)", documentation, effects: .reads) { arguments in
      let rest = arguments.rest(1)
      if arguments[0].isFunction || (arguments[0].isCallable && !rest.isEmpty) {
        return .host(GraphObject(try arguments.interpreter.graph(of: arguments[0], rest)))
      }
      let count = rest.count + (arguments.has(2) ? 1 : 0)
      guard count <= 1 else {
        throw RuntimeError(
          .type, "\(name) of a result takes one `params` beside it, and here are \(count)",
          hint: "give several as one list: params=(net, optim)")
      }
      let results = try ValueTree(arguments[0], numbersAreLeaves: false).variables
      guard results.contains(where: \.isTracked) else {
        throw arguments.mismatch(
          0, "a result that depends on a parameter",
          hint: "inside no_grad, or from tensors alone, nothing is recorded")
      }
      let names = rest.first ?? (arguments.has(2) ? arguments[2] : nil)
      return .host(GraphObject(try arguments.interpreter.graph(of: results, names: names)))
    }
  }
}

/// One line: a name, a type, a number of elements.
package struct SummaryRow {
  package var name: String
  package var type: String
  package var count: Int
  package var depth: Int

  /// The rows of a value and of what is in it.
  ///
  /// A model inside itself has a row without parts.
  fileprivate static func rows(of value: Value) throws -> [SummaryRow] {
    var rows: [SummaryRow] = []
    var walk = Walk()
    var open: Set<ObjectIdentifier> = []

    /// Adds rows; gives the number of elements.
    func add(_ value: Value, _ name: String, _ path: Path) throws -> Int {
      var type = value.typeName
      let parts: [(String, Value)]
      var model: ObjectIdentifier?
      switch value {
      case .instance(let instance):
        let isFirst = open.insert(ObjectIdentifier(instance)).inserted
        if isFirst { model = ObjectIdentifier(instance) }
        parts = (isFirst ? instance.ownedFields : [])
          .filter { $0.field.kind != .let || $0.value.holdsState }
          .map { ($0.field.name, $0.value) }
      case .record(let record): parts = Array(record.pairs)
      case .list(let values): parts = values.enumerated().map { ("\($0)", $1) }
      case .host(let snapshot as Snapshot):
        parts = snapshot.entries.map { ($0.key, $0.state.value) }
      default:
        guard let variable = value.variable else { return 0 }
        if value.isTensor { type = variable.typeDescription }
        rows.append(SummaryRow(name: name, type: type, count: variable.count, depth: path.depth))
        return variable.count
      }
      try walk.enter(path)
      defer { if let model { open.remove(model) } }
      let place = rows.count
      rows.append(SummaryRow(name: name, type: type, count: 0, depth: path.depth))
      for (key, part) in parts { rows[place].count += try add(part, key, path[key]) }
      return rows[place].count
    }
    _ = try add(value, "", .top)
    return rows
  }

  /// - Throws: where the run is to end.
  fileprivate static func table(_ rows: [SummaryRow]) throws -> String {
    // A name that a column of types follows is padded to the longest of its level.
    var widest: [Int: Int] = [:]
    for row in rows { widest[row.depth] = max(widest[row.depth] ?? 0, row.name.count) }
    let lefts = try Safepoint.map(rows) { row in
      let indent = String(repeating: "  ", count: row.depth)
      guard !row.name.isEmpty else { return indent + row.type }
      return indent + row.name.padded(to: widest[row.depth] ?? 0) + "  " + row.type
    }
    let left = lefts.map(\.count).max() ?? 0
    let counts = try Safepoint.map(rows) { grouped($0.count) }
    let right = counts.map(\.count).max() ?? 0
    return try Safepoint.map(zip(lefts, counts)) { text, count in
      text.padded(to: left) + "  " + String(repeating: " ", count: right - count.count) + count
    }.joined(separator: "\n")
  }

  /// Thousands parted by commas.
  package static func grouped(_ number: Int) -> String {
    var result = ""
    for (place, digit) in String(number).reversed().enumerated() {
      if place > 0 && place % 3 == 0 { result = "," + result }
      result = String(digit) + result
    }
    return result
  }
}

extension Value {
  /// True for a function of a program or a built-in one.
  fileprivate var isFunction: Bool {
    switch self {
    case .function, .builtin: true
    default: false
    }
  }
}

extension String {
  /// The text with spaces after it, up to a width.
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(width - count, 0))
  }
}
