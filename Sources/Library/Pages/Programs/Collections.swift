// Lists, records and ranges: making them, walking them, putting them in order.

import Autodiff
import Language
import Tensors

extension Builtins {
  static let collections = BuiltinPage(
    "Lists and records",
    [
      Builtin(
        "len(value)",
        """
        The number of elements of a list, record, range or string, or the first extent of a tensor.

            print(len((1, 2)), len("abc"), len(zeros(3, 4)))    # 2 3 3
        """
      ) { arguments in .int(try arguments[0].length()) },
      Builtin(
        "range(start, stop=nil, step=1)",
        """
        The whole numbers from start up to, and without, stop; `range(n)` counts from 0.

            print(list(range(3)), list(range(6, 0, -2)))    # (0, 1, 2) (6, 4, 2)
        """
      ) { arguments in
        let first = try arguments.int(0)
        let step = try arguments.int(2)
        guard step != 0 else {
          throw RuntimeError(
            .value, "a range cannot have the step 0", hint: "steps are 1 or more, or -1 and less")
        }
        if arguments.has(1) { return .range(first, try arguments.int(1), step: step) }
        return .range(0, first, step: step)
      },
      Builtin(
        "list(values=())",
        """
        A list of what `for` walks over: a range, the rows of a tensor, the characters of a text.

        `list(e for v in values if c)` builds one from an expression.

            print(list(0..3), list(i * i for i in 0..4 if i > 1))    # (0, 1, 2) (4, 9)
        """
      ) { arguments in
        arguments.isGiven(0) ? .list(try arguments.sequence(0)) : .list([])
      },
      Builtin(
        "record(pairs=(), **fields)",
        """
        A record of a list of pairs, another record, and named fields.

            print(record((("a", 1), ("b", 2)), c=3))    # {a: 1, b: 2, c: 3}
        """
      ) { arguments in .record(try arguments.recordOfPairs()) },
      Builtin(
        "keys(record)",
        """
        The keys of a record, in order; the names of a snapshot's tensors and numbers.

            print(keys({a: 1, b: 2}))    # ("a", "b")
        """
      ) { arguments in
        let keys = try arguments.named(0).keys
        try MemoryAccount.require(keys.count, of: List.bytesOfText)
        return .list(keys.map { .string($0) })
      },
      Builtin(
        "values(record)",
        """
        The values of a record, or of a snapshot, in the order of its keys.

            print(values({a: 1, b: 2}))    # (1, 2)
        """
      ) { arguments in
        let values = try arguments.named(0).values
        try MemoryAccount.require(values.count, of: List.bytesOfElement)
        return .list(values)
      },
      Builtin(
        "items(record)",
        """
        The pairs of key and value of a record, or of a snapshot, in order.

            print(items({a: 1, b: 2}))    # (("a", 1), ("b", 2))
        """
      ) { arguments in .list(try arguments.sequence(.record(arguments.named(0)), 0)) },
      Builtin(
        "enumerate(values, start=0)",
        """
        The pairs of a running number and an element.

            print(enumerate(("a", "b")))    # ((0, "a"), (1, "b"))
        """
      ) { arguments in
        let start = try arguments.int(1)
        let values = try arguments.sequence(0)
        try MemoryAccount.require(values.count, of: List.bytesOfPair)
        return .list(
          try Safepoint.map(values.indices) { .list([.int(start &+ $0), values[$0]]) })
      },
      Builtin(
        "zip(*sequences, strict=false)",
        """
        Lists of the elements at the same place, up to the end of the shortest.

        With `strict=true` sequences of different lengths are an error.

            print(zip((1, 2, 3), ("a", "b")))    # ((1, "a"), (2, "b"))
        """
      ) { arguments in .list(try arguments.zipped()) },
      Builtin(
        "map(f, values, *more)",
        """
        The list of what the function gives for each element; of several sequences, for the
        elements at the same place. `values.map(f)` is the same.

            print(map(x => x * x, (1, 2, 3)))        # (1, 4, 9)
            print((1, 2).map(x => x + 1))            # (2, 3)
            print(map((a, b) => a - b, (5, 6), (1, 2)))    # (4, 4)
        """
      ) { arguments in .list(try arguments.mapped()) },
      Builtin(
        "filter(f, values)",
        """
        The list of the elements for which the function gives true; `values.filter(f)` is the same.

            print(filter(x => x > 1, (1, 2, 3)))    # (2, 3)
        """
      ) { arguments in
        let (function, values) = try arguments.functionAndSequence()
        return .list(try values.filter { try arguments.truth(of: function, $0) })
      },
      Builtin(
        "reduce(f, values, initial=nil)",
        """
        One value from all: `f(f(f(initial, v0), v1), v2)`; without `initial` it starts with the
        first element.

            print(reduce((a, b) => a * b, (2, 3, 4)))    # 24
        """
      ) { arguments in
        let (function, values) = try arguments.functionAndSequence()
        var rest = values[...]
        guard var result = arguments.isGiven(2) ? arguments[2] : rest.popFirst() else {
          throw RuntimeError(
            .value, "reduce of no elements is not defined", hint: "give an initial value")
        }
        for value in rest { result = try arguments.interpreter.call(function, [result, value]) }
        return result
      },
      Builtin(
        "sorted(values, key=nil, reverse=false)",
        """
        The elements in ascending order: numbers, texts or lists of them; equal ones stay in the
        order they had, and nan comes last, also where the order is reversed.

        `key` is a function of an element that gives what to compare.

            print(sorted((3, 1, 2), reverse=true))             # (3, 2, 1)
            print(sorted(("bb", "a"), key=text => len(text)))    # ("a", "bb")
        """
      ) { arguments in .list(try arguments.inOrder()) },
      Builtin(
        "reversed(values)",
        """
        The elements from the last to the first: of a list, range, text, or tensor's first axis.

            print(reversed((1, 2, 3)), reversed("abc"))    # (3, 2, 1) cba
        """
      ) { arguments in
        switch arguments[0] {
        case .string(let string): return .string(String(try string.characters().reversed()))
        case .tensor, .parameter:
          let variable = try arguments.variable(0)
          return .tensor(try variable.flip(axes: [0]))
        default: return .list(try arguments.sequence(0).reversed())
        }
      },
    ])
}

extension Arguments {
  /// A record, or the leaves of a snapshot by name.
  fileprivate func named(_ index: Int) throws -> Record {
    if case .host(let snapshot as Snapshot) = self[index] { return try snapshot.leaves() }
    return try record(index)
  }

  fileprivate func recordOfPairs() throws -> Record {
    var result = Record()
    if case .record(let record) = self[0] {
      result = record
    } else if isGiven(0) {
      for pair in try sequence(0) {
        guard case .list(let parts) = pair, parts.count == 2, let key = parts[0].text else {
          throw mismatch(pair, 0, "a List of pairs of a String and a value")
        }
        result[key] = parts[1]
      }
    }
    for (key, value) in options(1).pairs { result[key] = value }
    return result
  }

  fileprivate func zipped() throws -> [Value] {
    let sequences = try rest(0).map { try sequence($0, 0) }
    let count = sequences.map(\.count).min() ?? 0
    if try bool(1), let other = sequences.first(where: { $0.count != count }) {
      throw RuntimeError(
        .value, "zip got sequences of \(count) and \(other.count) elements",
        hint: "without strict=true it stops at the shortest")
    }
    try MemoryAccount.require(count, of: List.bytesOfPair + sequences.count * List.bytesOfElement)
    return try Safepoint.map(0..<count) { place in .list(sequences.map { $0[place] }) }
  }

  /// The function and the sequence of `map(f, values)` or `values.map(f)`.
  fileprivate func functionAndSequence() throws -> (Value, [Value]) {
    if self[0].isCallable { return (self[0], try sequence(1)) }
    return (try function(1), try sequence(0))
  }

  fileprivate func mapped() throws -> [Value] {
    let (function, values) = try functionAndSequence()
    let more = try rest(2).map { try sequence($0, 2) }
    if more.isEmpty { return try values.map { try interpreter.call(function, [$0]) } }
    let count = more.reduce(values.count) { min($0, $1.count) }
    return try (0..<count).map { place in
      try interpreter.call(function, [values[place]] + more.map { $0[place] })
    }
  }

  fileprivate func truth(of function: Value, _ value: Value) throws -> Bool {
    let result = try interpreter.call(function, [value])
    if case .bool(let flag) = result { return flag }
    if let tensor = result.tensorOfOne, tensor.dtype == .bool { return tensor.firstInt != 0 }
    throw RuntimeError(
      .type, "the function of \(callee.name) must give a Bool, not \(result.shortDescription)",
      hint: "give a comparison: x => x > 0")
  }

  fileprivate func inOrder() throws -> [Value] {
    let values = try sequence(0)
    let keys = has(1) ? try values.map { try interpreter.call(self[1], [$0]) } : values
    let descends = try bool(2)
    try MemoryAccount.require(values.count, of: List.bytesOfElement + 2 * MemoryLayout<Int>.stride)
    let places = try Safepoint.sorted(values.indices) {
      let order = try Arguments.order(keys[$0], keys[$1], descends: descends)
      return order == 0 ? $0 < $1 : order < 0
    }
    return try Safepoint.map(places) { values[$0] }
  }

  /// Below, at or above 0 as the first value comes before, with or after the second; nan comes last
  /// in either direction.
  ///
  /// - Throws: a type error for values that have no order.
  static func order(_ a: Value, _ b: Value, descends: Bool = false) throws -> Int {
    var walk = Walk()
    return try order(a, b, descends, &walk)
  }

  private static func order(
    _ a: Value, _ b: Value, _ descends: Bool, _ walk: inout Walk
  ) throws -> Int {
    let sign = descends ? -1 : 1
    if case .int(let x) = a, case .int(let y) = b { return order(x, y) * sign }
    if case .string(let x) = a, case .string(let y) = b { return order(x.text, y.text) * sign }
    if let x = comparable(a), let y = comparable(b) {
      let order = order(x, y)
      return order.isNaN ? (x.isNaN ? 1 : 0) - (y.isNaN ? 1 : 0) : Int(order) * sign
    }
    guard case .list(let x) = a, case .list(let y) = b else {
      throw RuntimeError(
        .type, "cannot order \(a.shortDescription) and \(b.shortDescription)",
        hint: "numbers, Strings and Lists of them have an order; key= says what to compare")
    }
    try walk.enter()
    for (p, q) in zip(x, y) {
      let result = try order(p, q, descends, &walk)
      if result != 0 { return result }
    }
    return (x.count - y.count) * sign
  }

  private static func order<T: Comparable>(_ x: T, _ y: T) -> Int { x < y ? -1 : x == y ? 0 : 1 }

  /// How two numbers stand to each other; nan where one of them is.
  private static func order(_ x: PlainNumber, _ y: PlainNumber) -> Double {
    switch (x, y) {
    case (.int(let m), .int(let n)): Double(order(m, n))
    case (.int(let m), .float(let n)): Numbers.order(m, n)
    case (.float(let m), .int(let n)): -Numbers.order(n, m)
    case (.float(let m), .float(let n)): m < n ? -1 : m == n ? 0 : m > n ? 1 : .nan
    }
  }

  /// The number of a value that is one; a Bool or a tensor of one element counts.
  private static func comparable(_ value: Value) -> PlainNumber? {
    switch value {
    case .int(let number): return .int(number)
    case .float(let number): return .float(number)
    case .bool(let flag): return .int(flag ? 1 : 0)
    default:
      guard let tensor = value.tensorOfOne else { return nil }
      return tensor.dtype.isFloat ? .float(tensor.firstDouble) : .int(tensor.firstInt)
    }
  }
}

/// A number as it is, so that an Int is not rounded to be compared.
private enum PlainNumber {
  case int(Int)
  case float(Double)

  var isNaN: Bool { if case .float(let number) = self { number.isNaN } else { false } }
}
