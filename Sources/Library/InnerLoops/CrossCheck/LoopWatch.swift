// How the loops of a run are differentiated while `crosscheck` tries a method.

import Autodiff
import Language
import Tensors

/// What all loops that a function calls are told, and what they tell.
final class LoopWatch {
  /// The method in the place of what each loop names.
  let gradient: LoopGradient
  /// How many times as many steps they run.
  let factor: Int
  /// The loops that ran, with the state that each gave and what its derivative was asked for.
  private(set) var loops: [(call: LoopCall, state: Value, cotangent: LoopCotangent)] = []
  /// What loops named themselves, where that was something else.
  private(set) var overruled: Set<String> = []
  /// Whether some loop could not run more steps, for want of data.
  private(set) var isBounded = false

  init(_ gradient: LoopGradient, factor: Int = 1) {
    self.gradient = gradient
    self.factor = factor
  }

  /// The loop as it is to run.
  func changed(_ loop: InnerLoop) -> InnerLoop {
    var loop = loop
    if case .auto = loop.gradient {
    } else if loop.gradient.description != gradient.description {
      overruled.insert(loop.gradient.description)
    }
    loop.gradient = gradient
    if factor > 1 {
      if loop.data == nil { loop.steps = loop.steps.map { $0 * factor } } else { isBounded = true }
    }
    return loop
  }

  func note(_ call: LoopCall, _ state: Value, _ cotangent: LoopCotangent) {
    loops.append((call, call.form.stopped(state), cotangent))
  }
}

extension Interpreter {
  /// What the loops that are called now are told; nil where nobody watches.
  var loopWatch: LoopWatch? {
    get { whoWatchesLoops as? LoopWatch }
    set { whoWatchesLoops = newValue }
  }

  /// Runs the body with another watch, or none: loops inside a step keep what they name.
  func watchingLoops<R>(by watch: LoopWatch?, _ body: () throws -> R) rethrows -> R {
    let saved = whoWatchesLoops
    whoWatchesLoops = watch
    defer { whoWatchesLoops = saved }
    return try body()
  }
}
