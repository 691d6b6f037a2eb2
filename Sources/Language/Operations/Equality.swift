// `==` on values: lists and records part by part, tensors element by element, things with identity by
// identity.

import Autodiff
import Tensors

/// A walk over two nested values side by side. Pairs that have been compared are not compared again, so
/// that structures with shared parts take no longer than others.
package struct PairWalk {
  /// The pairs after which they are remembered: most walks are over before.
  private static let patience = 256

  private struct Pair: Hashable {
    let first: UnsafeRawPointer?
    let second: UnsafeRawPointer?
  }

  private var walk = Walk()
  private var count = 0
  private var seen: Set<Pair> = []

  package init() {}

  /// True where lists and records have the same structure, and what else stands at the same places is
  /// alike.
  package mutating func agree(
    _ x: Value, _ y: Value, _ alike: (inout PairWalk, Value, Value) throws -> Bool
  ) throws -> Bool {
    switch (x, y) {
    case (.list(let s), .list(let t)):
      guard s.count == t.count else { return false }
      guard try enter(x, y) else { return true }
      for i in 0..<s.count {
        if i & 4095 == 4095 { try Safepoint.look() }
        guard try agree(s[i], t[i], alike) else { return false }
      }
      return true
    case (.record(let s), .record(let t)):
      guard s.count == t.count else { return false }
      guard try enter(x, y) else { return true }
      for (key, v) in s.pairs {
        guard let w = t[key], try agree(v, w, alike) else { return false }
      }
      return true
    default: return try alike(&self, x, y)
    }
  }

  /// False for a pair that has been compared, and was alike: the first that is not ends the walk.
  private mutating func enter(_ x: Value, _ y: Value) throws -> Bool {
    try walk.enter()
    count += 1
    guard count > PairWalk.patience else { return true }
    return seen.insert(Pair(first: x.contentAddress, second: y.contentAddress)).inserted
  }
}

extension Value {
  /// `a == b` as one Bool: tensors are equal where shapes and all elements are.
  package static func equal(_ x: Value, _ y: Value) throws -> Bool {
    guard x.holdsParts else { return try areEqualParts(x, y) }
    var walk = PairWalk()
    return try walk.agree(x, y) { try areEqualParts($1, $2) }
  }

  private static func areEqualParts(_ x: Value, _ y: Value) throws -> Bool {
    switch (x, y) {
    case (.nil, .nil): return true
    case (.bool(let s), .bool(let t)): return s == t
    case (.int(let s), .int(let t)): return s == t
    case (.float(let s), .float(let t)): return s == t
    case (.int(let s), .float(let t)), (.float(let t), .int(let s)):
      return Numbers.order(s, t) == 0
    case (.string(let s), .string(let t)): return s.text == t.text
    case (.range(let s), .range(let t)):
      return s.count == t.count
        && (s.count == 0 || s[0] == t[0] && s[s.count - 1] == t[t.count - 1])
    case (.function(let s), .function(let t)):
      return s === t
        || s.header == t.header && s.receiver === t.receiver && s.captures == t.captures
    case (.builtin(let s), .builtin(let t)): return s === t || s.name == t.name
    case (.instance(let s), .instance(let t)): return s === t
    case (.model(let s), .model(let t)): return s === t
    case (.module(let s), .module(let t)): return s === t
    case (.parameter(let s), .parameter(let t)) where s === t: return true
    case (.host(let s), .host(let t)): return s.isEqual(t)
    case (.host, .builtin), (.builtin, .host):
      // `x.dtype == bool`: the name `bool` is a function too.
      if case .host(let s as DTypeObject) = x, case .builtin(let b) = y {
        return s.dtype.name == b.name
      }
      if case .host(let t as DTypeObject) = y, case .builtin(let b) = x {
        return t.dtype.name == b.name
      }
      return false
    case (.host(let number as RecordedNumber), _): return try equal(number.plain, y)
    case (_, .host(let number as RecordedNumber)): return try equal(x, number.plain)
    default:
      guard x.isNumeric, y.isNumeric, let a = x.variable, let b = y.variable else { return false }
      guard a.shape == b.shape else { return false }
      let same = try TensorOperations.compare(.equal, a, b)
      guard let tensor = same.concrete else { return false }
      return try tensor.all(.all(rank: tensor.rank)).firstInt != 0
    }
  }
}
