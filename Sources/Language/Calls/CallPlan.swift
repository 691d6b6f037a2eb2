// Where the arguments of a call go, found once for a call that is made again and again: the compiler makes
// one for a built-in that it knows, a call site for the last callee.

/// Which parameter each argument of a call goes to.
struct CallPlan {
  /// What is called; a plan holds it, so that nothing else can be taken for it.
  let callee: Signature
  /// The arguments before the call's own: 1 where the receiver of a method is one.
  let leading: Int
  /// For each argument, in the order of the program, its parameter; those of `*rest` all have its place.
  let places: [Int]
  /// The number of parameters.
  let count: Int

  /// The plan of a call, nil where it depends on values: spreads and `**options`; and for mistakes, which
  /// `Binding` words.
  init?(_ callee: Signature, _ kinds: [CallSite.Kind], leading: Int = 0) {
    guard callee.restRecord == nil else { return nil }
    var names: [String] = []
    for kind in kinds {
      switch kind {
      case .positional: break
      case .named(let name): names.append(name)
      case .spreadList, .spreadRecord: return nil
      }
    }
    let positional = leading + kinds.count - names.count
    guard let binding = try? Binding(callee, positional: positional, names: names) else {
      return nil
    }
    let last = callee.restList ?? callee.parameters.count
    var places = Array(0..<leading)
    var (next, named) = (leading, binding.named[...])
    for kind in kinds {
      if case .named = kind {
        places.append(named.removeFirst())
      } else {
        places.append(min(next, last))
        next += 1
      }
    }
    self.callee = callee
    self.leading = leading
    self.places = places
    count = callee.parameters.count
  }
}
