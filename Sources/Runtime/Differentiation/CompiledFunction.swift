// `compile(f)`: a function that is recorded once for each kind of arguments and then run from the
// recording, without the interpreter.
//
// A recording is a list of primitives (`RecordedFunction`), so a compiled function has derivatives, maps
// and nests like any other. It stands for the program only where that computes its value from tensors and
// nothing else; a function that looks at values, draws random numbers or sets parameters runs as it
// is, and says so once. The run that is recorded is a rehearsal (`Rehearsal`): a deed that would be
// seen outside ends it, and then the function runs as it is, too.

import Autodiff
import Tensors

/// A function with its recordings.
final class CompiledFunction {
  private let function: Value
  private let place = Context.current.place
  /// Recordings, the last used first.
  private var versions: [Version] = []

  /// The kinds of arguments that recordings are kept for.
  private static let maximumVersions = 32

  init(_ function: Value) { self.function = function }

  /// The function for one kind of arguments.
  private struct Version {
    let arguments: ArgumentsKind
    /// Nil where no recording stands for the function.
    let recording: Recording?
  }

  private struct Recording {
    let function: RecordedFunction
    /// Where externals are parameters, read anew for each call.
    let cells: [ParameterCell?]
    let result: ValueTree

    func run(_ variables: [Variable]) throws -> Value {
      let externals = zip(function.externals, cells).map { external, cell in
        cell?.value ?? external
      }
      let results = try function(variables, externals: externals)
      return result.rebuilt(with: results.map { .tensor($0) })
    }
  }

  /// Calls the function.
  func call(_ positional: [Value], _ options: Record, _ interpreter: Interpreter) throws -> Value {
    let tree = try ValueTree(
      .list([.list(positional), .record(options)]), numbersAreLeaves: false)
    guard let index = versions.firstIndex(where: { $0.arguments.fits(tree) }) else {
      return try record(tree, interpreter)
    }
    if index > 0 { versions.swapAt(0, index) }
    guard let recording = versions[0].recording else {
      return try interpreter.call(function, positional, named: options.pairs.map { ($0, $1) })
    }
    return try recording.run(tree.variables)
  }

  /// Runs the function and keeps what it took; the value is that of this run.
  private func record(_ tree: ValueTree, _ interpreter: Interpreter) throws -> Value {
    let context = interpreter.context
    let (obstacle, read, random) = (context.obstacle, context.parametersRead, context.random)
    defer {
      // An outer recording goes through what this one has met.
      context.obstacle = obstacle ?? context.obstacle
      context.parametersRead = read + context.parametersRead
    }
    (context.obstacle, context.parametersRead) = (nil, [])
    let kind = ArgumentsKind(tree)
    guard let run = try rehearsed(tree, interpreter) else {
      context.random = random
      let value = try tree.substituted(tree.variables) { try call($0, interpreter) }
      leave(kind, "does more than compute its value")
      return value
    }
    if context.random != random { context.obstacle = "draws random numbers" }
    if !run.result.cells.isEmpty { context.obstacle = "gives parameters back" }
    if let obstacle = context.obstacle {
      leave(kind, obstacle)
    } else {
      let externals = run.function.externals
      let cells = externals.map { external in
        context.parametersRead.first { $0.value === external }
      }
      // A variable that belongs to a transformation around this call means nothing later.
      if zip(externals, cells).allSatisfy({ $1 != nil || $0.isAmbient }) {
        let recording = Recording(
          function: run.function, cells: cells, result: run.result.withoutLeaves)
        keep(Version(arguments: kind, recording: recording))
      }
    }
    return try run.value.settled()
  }

  /// Runs the function where whatever would be seen outside it is an error; nil where it fails.
  ///
  /// Inside another rehearsal a failure ends that one: were each tried twice, functions that compile
  /// one another would run for ever.
  private func rehearsed(
    _ tree: ValueTree, _ interpreter: Interpreter
  ) throws -> (value: Value, result: ValueTree, function: RecordedFunction)? {
    var value = Value.nil
    var result: ValueTree?
    var recorded: RecordedFunction?
    func run() throws -> [Variable] {
      recorded = try RecordedFunction(at: tree.variables, isWhole: true) { variables in
        try tree.substituted(variables) { substituted in
          value = try call(substituted, interpreter)
          let outputs = try ValueTree(value, numbersAreLeaves: false)
          result = outputs
          return outputs.variables
        }
      }
      return []
    }
    if interpreter.isRehearsing {
      _ = try run()
    } else if try interpreter.rehearse(run) == nil {
      return nil
    }
    guard let result, let recorded else { return nil }
    return (value, result, recorded)
  }

  /// Calls the function with what `call` made of its arguments.
  private func call(_ given: Value, _ interpreter: Interpreter) throws -> Value {
    guard case .list(let parts) = given, case .list(let arguments) = parts[0],
      case .record(let named) = parts[1]
    else { return .nil }
    return try interpreter.call(function, arguments, named: named.pairs.map { ($0, $1) })
  }

  /// From now on runs the function as it is for this kind of arguments, and says why.
  private func leave(_ kind: ArgumentsKind, _ reason: String) {
    Notice(
      "compile leaves this function as it is, since it \(reason)",
      hint: "what is compiled computes tensors from tensors: where(…) in place of `if`, numbers "
        + "and keys as arguments, no print", place: place
    ).send()
    keep(Version(arguments: kind, recording: nil))
  }

  private func keep(_ version: Version) {
    versions.insert(version, at: 0)
    guard versions.count > CompiledFunction.maximumVersions else { return }
    versions.removeLast()
    Notice(
      "a compiled function was recorded for \(CompiledFunction.maximumVersions) kinds of arguments",
      hint: "shapes and whatever is no tensor make a kind; give numbers that change as tensors",
      place: place
    ).send()
  }
}

/// What a recording was made for: structure, shapes, dtypes, and all that is no tensor.
private struct ArgumentsKind {
  let tree: ValueTree
  let shapes: [Shape]
  let dtypes: [DType]
  let defaultFloat = Context.current.defaultFloat

  init(_ tree: ValueTree) {
    self.tree = tree.withoutLeaves
    shapes = tree.leaves.map(\.variable.shape)
    dtypes = tree.leaves.map(\.variable.dtype)
  }

  func fits(_ other: ValueTree) -> Bool {
    guard other.leaves.count == shapes.count, defaultFloat == Context.current.defaultFloat else {
      return false
    }
    for (index, leaf) in other.leaves.enumerated() {
      guard leaf.variable.dtype == dtypes[index], leaf.variable.shape == shapes[index] else {
        return false
      }
    }
    return tree.structure.isLike(other.structure)
  }
}

extension ValueTree.Structure {
  /// True where both have the same places for tensors, and the same values at all others.
  fileprivate func isLike(_ other: Self) -> Bool {
    func areLike(
      _ a: [(key: String, value: Self)], _ b: [(key: String, value: Self)]
    ) -> Bool {
      a.count == b.count && zip(a, b).allSatisfy { $0.key == $1.key && $0.value.isLike($1.value) }
    }
    switch (self, other) {
    case (.leaf, .leaf): return true
    case (.parameter(let a), .parameter(let b)): return a === b
    case (.list(let a), .list(let b)):
      return a.count == b.count && zip(a, b).allSatisfy { $0.isLike($1) }
    case (.record(let a), .record(let b)): return areLike(a, b)
    case (.instance(let a, let fields), .instance(let b, let others)):
      return a === b && areLike(fields, others)
    case (.snapshot(let a, let inner), .snapshot(let b, let other)):
      return a.manner == b.manner && a.names == b.names && inner.isLike(other)
    case (.other(let a), .other(let b)): return a.isSameConstant(as: b)
    default: return false
    }
  }
}

extension Value {
  /// True for equal numbers and texts, and for one and the same function or object.
  fileprivate func isSameConstant(as other: Value) -> Bool {
    switch (self, other) {
    case (.nil, .nil): true
    case (.int(let a), .int(let b)): a == b
    case (.float(let a), .float(let b)): a == b
    case (.bool(let a), .bool(let b)): a == b
    case (.string(let a), .string(let b)): a.text == b.text
    case (.function(let a), .function(let b)): a === b
    case (.builtin(let a), .builtin(let b)): a === b
    case (.host(let a), .host(let b)): a.isEqual(b)
    case (.instance(let a), .instance(let b)): a === b
    default: false
    }
  }
}
