// A parameter: a cell with identity that holds a tensor.
//
// The gradient that `backward` leaves belongs to the leaf, not to the cell, so it goes and comes
// back with the leaf when a snapshot is recovered.

import Tensors

/// A cell that holds a tensor: a leaf, or part of a graph after a differentiable step.
public final class Parameter: @unchecked Sendable {
  private var stored: Variable
  /// The name it was declared by, for messages, graphs and paths.
  public var name: String?
  /// The number of the last traced value from before the cell was made; see `Context.markMoment`.
  package let birth: Int
  /// `Context.place` where it was declared.
  package let place: UInt64
  /// What the functions that run now see instead of an outer leaf: one entry a level, outermost
  /// first.
  private var lifted: [(height: Int, serial: Int, variable: Variable)] = []

  /// A cell with a new leaf of the numbers of a variable.
  ///
  /// - Throws: a type error for integers and bools, which the caller has converted.
  public init(leafOf variable: Variable, name: String? = nil) throws {
    birth = Context.current.sequence
    place = Context.current.place
    stored = try leaf(of: variable)
    self.name = name
  }

  /// A cell that holds a variable as it is.
  public init(holding variable: Variable, name: String? = nil) {
    birth = Context.current.sequence
    place = Context.current.place
    stored = variable
    self.name = name
  }

  /// The current tensor.
  ///
  /// Inside a transformation that began after the tensor was made, it is seen through a node of
  /// the tape that belongs to that transformation's function, so that gradients which the
  /// function takes by itself are taken there.
  @inline(__always) public var value: Variable {
    get {
      let context = Context.current
      if context.watcher != nil { return watched(in: context) }
      if context.isPlain { return settled(in: context) }
      return seen(at: context.top, in: context)
    }
    set {
      let context = Context.current
      if let watcher = context.watcher {
        watcher.willSet(self, holding: stored)
        context.activeRecording?.isReplaced(stored)
      }
      stored.leaf?.isReplaced = true
      substitute(newValue)
    }
  }

  /// Holds another variable for a while: what stands for a parameter while a function of it runs.
  package func substitute(_ variable: Variable) {
    stored = variable
    variable.leaf?.isReplaced = false
    lifted.removeAll(keepingCapacity: true)
  }

  /// What a cell holds: the very leaf with its gradient.
  package struct Content {
    /// The tensor.
    package var variable: Variable
    fileprivate var lifted: [(height: Int, serial: Int, variable: Variable)] = []
  }

  /// What the cell holds, to be put back; setting it is no deed of the program.
  package var content: Content {
    get { Content(variable: stored, lifted: lifted) }
    set {
      (stored, lifted) = (newValue.variable, newValue.lifted)
      stored.leaf?.isReplaced = false
    }
  }

  /// Runs the body with another tensor in the cell; then the cell holds what it held before, the
  /// very leaf with its gradient.
  public func holding<R>(_ variable: Variable, _ body: () throws -> R) rethrows -> R {
    let saved = content
    substitute(variable)
    defer { content = saved }
    return try body()
  }

  /// What the program sees while somebody watches what it reads.
  private func watched(in context: Context) -> Variable {
    if context.activeRecording == nil { _ = context.watcher?.tensor(of: self, held: stored) }
    return seen(at: context.top, in: context)
  }

  /// The stored tensor; a leaf that was made inside a transformation which has ended becomes one
  /// of the ambient tape.
  private func settled(in context: Context) -> Variable {
    if case .traced(let traced) = stored, !traced.isAlive(in: context) {
      if traced.isParameter, let tensor = stored.alive.innermost {
        stored = .traced(Traced.leaf(tensor, context: context))
      } else if traced.kind != .batch {
        stored = stored.alive
      }
    }
    return stored
  }

  private func seen(at height: Int, in context: Context) -> Variable {
    // What a transformation that has ended saw in the cell's place is the tensor itself again.
    if case .traced(let traced) = stored, traced.kind == .tape, !traced.isParameter,
      !traced.isAlive(in: context)
    {
      stored = stored.alive
    }
    if case .traced(let traced) = stored, Int(traced.height) >= height, traced.isAlive(in: context)
    {
      return stored
    }
    if height == 0 { return settled(in: context) }
    let serial = context.levels[height].serial
    if let known = lifted.last(where: { $0.height <= height }), known.height == height,
      known.serial == serial
    {
      return known.variable
    }
    if let recording = context.activeRecording, height == recording.height + 1,
      let watcher = context.watcher
    {
      // What stands for a parameter while a function of it runs is no tensor from outside.
      if recording.knows(stored) { return stored }
      return watcher.tensor(of: self, held: seen(at: height - 2, in: context))
    }
    let outer = seen(at: height - 2, in: context)
    guard outer.dtype.isFloat else { return outer }
    let inner = Variable.traced(
      Traced(
        .tape, value: outer, height: height, context: context, primitive: .lift, first: outer))
    while let last = lifted.last, last.height >= height { lifted.removeLast() }
    lifted.append((height, serial, inner))
    return inner
  }

  /// A new leaf for this cell, which carries the place where the cell was declared.
  public func nextLeaf(of variable: Variable) throws -> Variable {
    let context = Context.current
    let outer = context.place
    context.place = place
    defer { context.place = outer }
    return try leaf(of: variable)
  }

  /// The gradient that `backward` left in the current leaf; nil for a tensor that is not a leaf.
  public var gradient: Variable? {
    get {
      let node = leafNode
      if let recording = Context.current.activeRecording, let node {
        recording.loadGradient(of: node)
        return node.gradient
      }
      let held = node?.gradient
      return Context.current.watcher.map { $0.gradient(of: self, held: held) } ?? held
    }
    set {
      let node = leafNode
      if let recording = Context.current.activeRecording {
        if let node { recording.willSetGradient(of: node) }
      } else {
        _ = Context.current.watcher?.gradient(of: self, held: node?.gradient)
      }
      node?.gradient = newValue
    }
  }

  /// The leaf of the current tensor, if it is one.
  private var leafNode: Traced? {
    let context = Context.current
    let inRun = context.activeRecording.map { seen(at: $0.height + 1, in: context) }
    guard case .traced(let traced) = inRun ?? settled(in: context), traced.isParameter else {
      return nil
    }
    return traced
  }

  /// True where the current tensor is a leaf, not the result of a step.
  public var isLeaf: Bool { leafNode != nil }
}

/// Who is told what a run reads of parameters, and shows it something else where that is needed.
package protocol ParameterWatcher: AnyObject {
  /// What the run sees of a parameter's tensor.
  func tensor(of parameter: Parameter, held: Variable) -> Variable
  /// What the run sees of the gradient that `backward` left.
  func gradient(of parameter: Parameter, held: Variable?) -> Variable?
  /// Takes note that the run is about to set a parameter.
  func willSet(_ parameter: Parameter, holding variable: Variable)
}

extension Traced {
  /// A new leaf on the innermost tape.
  static func leaf(_ value: Variable, context: Context) -> Traced {
    leaf(value, height: context.top, context: context)
  }

  /// A leaf of a tape at a height.
  static func leaf(_ value: Variable, height: Int, context: Context) -> Traced {
    Traced(
      .tape, value: value, height: height, context: context, primitive: nil, isParameter: true)
  }
}

/// The numbers of a variable as something that gradients can be taken with respect to and that `backward` leaves none
/// in, as the moments that an optimizer begins with.
///
/// - Parameter name: what pictures of graphs call it.
package func input(of variable: Variable, name: String) -> Variable {
  let context = Context.current
  return .traced(
    Traced(
      .tape, value: stopGradient(variable), height: context.top, context: context, primitive: nil,
      attributes: .object(InputName(name))))
}

/// What an input is called.
final class InputName: Sendable {
  let text: String

  init(_ text: String) { self.text = text }
}

/// A new leaf with the numbers of a variable, on the innermost tape.
public func leaf(of variable: Variable) throws -> Variable {
  guard variable.dtype.isFloat else {
    throw TensorError(
      .type, "a parameter needs f32 or f64 elements, and these are \(variable.dtype.name)")
  }
  guard !variable.hasEscaped else { throw Traced.escapedFromMap }
  return .traced(Traced.leaf(stopGradient(variable), context: .current))
}

/// The numbers of a variable, for every tape and dual level a constant.
///
/// A mapped value stays mapped; one whose `vmap` has ended stays what it is, an error when used.
public func stopGradient(_ variable: Variable) -> Variable {
  guard case .traced(let traced) = variable.alive else { return variable.alive }
  // A recording stops gradients too when it runs again; the operation gives what it is given.
  if traced.kind == .record { return (try? apply(.stopped, variable.alive)) ?? variable }
  guard traced.kind == .batch else { return stopGradient(traced.value) }
  guard traced.isAlive(in: .current) else { return variable.alive }
  let inner = stopGradient(traced.value)
  return .traced(
    Traced(
      .batch, value: inner, height: Int(traced.height), context: .current, primitive: nil))
}

extension Variable {
  /// Whether this is the leaf of a parameter that has been given another tensor since.
  package var isReplacedLeaf: Bool { leaf?.isReplaced ?? false }

  /// Says so again of a leaf that stood in its parameter for a while.
  package func markReplaced() { leaf?.isReplaced = true }

  /// Adds to the gradient of this very leaf, as `backward` does.
  package func addGradient(_ gradient: Variable) throws {
    guard case .traced(let leaf) = self, leaf.isParameter else { return }
    leaf.keep(try leaf.gradient(adding: gradient))
  }

  /// The gradient that `backward` left in this very leaf.
  public var gradient: Variable? {
    guard case .traced(let traced) = self else { return nil }
    guard traced.isParameter else {
      Context.current.activeRecording?.readsGradient(of: traced)
      return nil
    }
    Context.current.activeRecording?.loadGradient(of: traced)
    return traced.gradient
  }

  /// Takes the gradient away that `backward` left in this leaf.
  public func clearGradient() {
    guard case .traced(let traced) = self, traced.isParameter else { return }
    Context.current.activeRecording?.willSetGradient(of: traced)
    traced.gradient = nil
  }

  /// The gradient in this very leaf, to be put back; setting it is no deed of the program.
  package var keptGradient: Variable? {
    get { if case .traced(let traced) = self, traced.isParameter { traced.gradient } else { nil } }
    nonmutating set {
      if case .traced(let traced) = self, traced.isParameter { traced.gradient = newValue }
    }
  }

  /// True for a parameter's leaf.
  public var isLeaf: Bool { leaf != nil }

  /// The node of a parameter's leaf.
  fileprivate var leaf: Traced? {
    if case .traced(let traced) = self, traced.isParameter { traced } else { nil }
  }

  /// True where both are the very same variable, graph and all.
  public static func === (a: Variable, b: Variable) -> Bool {
    switch (a, b) {
    case (.tensor(let s), .tensor(let t)): return s === t
    case (.traced(let s), .traced(let t)): return s === t
    case (.placed(let s), .placed(let t)): return s === t
    default: return false
    }
  }
}
