// What differs between two values that ought to be the same, of one interpreter or of two.

import Autodiff
import Language
import Tensors
import TestSupport

/// A comparison of values, part by part.
struct Likeness {
  /// How far numbers of two tensors may lie apart, as a share of the greatest there; nil where all bits
  /// have to be the same.
  let tolerance: (f64: Double, f32: Double)?
  /// Pairs of things with identity that were met on the way.
  private var seen: Set<ObjectIdentifier> = []
  private var depth = 0

  /// Nested deeper, values are taken for alike.
  private static let deepest = 40

  init(_ tolerance: (f64: Double, f32: Double)? = nil) { self.tolerance = tolerance }

  /// The first difference, with its path; nil where there is none.
  mutating func difference(_ x: Value, _ y: Value, _ path: String = "") -> String? {
    guard depth < Self.deepest else { return nil }
    depth += 1
    defer { depth -= 1 }
    switch (x, y) {
    case (.list(let a), .list(let b)):
      guard a.count == b.count else { return "\(path): \(a.count) elements, \(b.count)" }
      for (index, (a, b)) in zip(a, b).enumerated() {
        if let found = difference(a, b, "\(path).\(index)") { return found }
      }
      return nil
    case (.record(let a), .record(let b)):
      guard a.keys == b.keys else { return "\(path): keys \(a.keys), \(b.keys)" }
      for (key, (a, b)) in zip(a.keys, zip(a.values, b.values)) {
        if let found = difference(a, b, "\(path).\(key)") { return found }
      }
      return nil
    case (.instance(let a), .instance(let b)):
      guard a.type.name == b.type.name else { return "\(path): a \(a.type.name), a \(b.type.name)" }
      guard a !== b, seen.insert(ObjectIdentifier(a)).inserted else { return nil }
      for (slot, field) in a.type.fields.enumerated() {
        if let found = difference(a.slots[slot], b.slots[slot], "\(path).\(field.name)") {
          return found
        }
      }
      return nil
    case (.parameter(let a), .parameter(let b)):
      guard a !== b else { return nil }
      let (p, q) = (a.gradient.map { Value.tensor($0) }, b.gradient.map { Value.tensor($0) })
      return difference(.tensor(a.value), .tensor(b.value), path)
        ?? difference(p ?? .nil, q ?? .nil, path + ".grad")
    case (.box(let a), .box(let b)): return difference(a.value, b.value, path)
    case (.host(let a), .host(let b)):
      guard a.typeName == b.typeName else { return "\(path): a \(a.typeName), a \(b.typeName)" }
      guard a !== b, seen.insert(ObjectIdentifier(a)).inserted,
        let state = a.stateTree, let other = b.stateTree
      else { return nil }
      return difference(state, other, path + ".state")
    case (.tensor(let a), .tensor(let b)): return difference(a, b, path)
    case (.float(let a), .float(let b)): return difference([a], [b], isSingle: false, path)
    case (.int(let a), .int(let b)) where a == b: return nil
    case (.bool(let a), .bool(let b)) where a == b: return nil
    case (.string(let a), .string(let b)) where areNear(a.text, b.text): return nil
    case (.range(let a), .range(let b)) where (a.start, a.stop, a.step) == (b.start, b.stop, b.step):
      return nil
    // A function is another each time it is made, and a compiled one is a built-in.
    case (.function, .function), (.function, .builtin), (.builtin, .function), (.builtin, .builtin),
      (.model, .model), (.module, .module), (.nil, .nil), (.absent, .absent):
      return nil
    default: return "\(path): \(short(x)), \(short(y))"
    }
  }

  private func areNear(_ a: String, _ b: String) -> Bool {
    tolerance == nil ? a == b : isNearText(a, b)
  }

  private func short(_ value: Value) -> String { "\(value.typeName)" }

  private func difference(_ a: Variable, _ b: Variable, _ path: String) -> String? {
    guard a.typeDescription == b.typeDescription else {
      return "\(path): \(a.typeDescription), \(b.typeDescription)"
    }
    // The first may lead to parameters that a function has made and nobody else has.
    guard a.isTracked || !b.isTracked else { return "\(path): a tape follows the second alone" }
    let (x, y) = (a.underlying, b.underlying)
    guard x.shape == y.shape else { return "\(path): \(x.shape), \(y.shape)" }
    return difference(x.doubles, y.doubles, isSingle: a.dtype == .f32, path)
  }

  private func difference(
    _ a: [Double], _ b: [Double], isSingle: Bool, _ path: String
  ) -> String? {
    let greatest = a.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
    let allowed = tolerance.map { (isSingle ? $0.f32 : $0.f64) * max(greatest, 1) }
    for (x, y) in zip(a, b) where x.bitPattern != y.bitPattern {
      if x.isNaN && y.isNaN { continue }
      if let allowed, x == y || abs(x - y) <= allowed { continue }
      return "\(path): \(x), \(y)"
    }
    return nil
  }
}
