// The memory of values, for the inner loop.
//
// A value is eight bytes of payload and one that says the kind. Through the enum, each look at a
// payload is a copy of the value, with a reference to count or a call that finds none; here it is
// one load. `Value.checkLayout` makes sure that the kinds are numbered and the payloads lie as is
// written here, before the first instruction runs.

import Syntax
import Tensors

/// The byte that says what a value is.
enum Kind {
  static let int: UInt8 = 0
  static let float: UInt8 = 1
  static let bool: UInt8 = 2
  /// From here up to `nil`: what holds a reference.
  static let firstReference: UInt8 = 3
  static let function: UInt8 = 8
  /// `nil` and `absent`, which the payload tells apart.
  static let `nil`: UInt8 = 16
}

extension UnsafeMutablePointer<Value> {
  @inline(__always) var kind: UInt8 {
    UnsafeRawPointer(self).load(fromByteOffset: 8, as: UInt8.self)
  }

  /// True where the value may be forgotten without releasing anything.
  @inline(__always) var isTrivial: Bool {
    kind &- Kind.firstReference >= Kind.nil - Kind.firstReference
  }

  /// Payloads; each only where `kind` says so.
  @inline(__always) var int: Int { UnsafeRawPointer(self).load(as: Int.self) }
  @inline(__always) var float: Double { UnsafeRawPointer(self).load(as: Double.self) }
  @inline(__always) var bool: Bool { UnsafeRawPointer(self).load(as: UInt8.self) & 1 != 0 }

  /// Writes a value over a trivial one.
  @inline(__always) func write(int value: Int) { write(UInt64(bitPattern: Int64(value)), Kind.int) }
  @inline(__always) func write(float value: Double) { write(value.bitPattern, Kind.float) }
  @inline(__always) func write(bool value: Bool) { write(value ? 1 : 0, Kind.bool) }

  /// Takes over a value's memory; afterwards one of the two places must be forgotten, unless the
  /// value is trivial.
  ///
  /// Payload and kind are written one by one, so they are read so: a read of both in one would wait
  /// for the writes to reach the cache.
  @inline(__always)
  func takeMemory(of source: UnsafeMutablePointer<Value>) {
    write(UnsafeRawPointer(source).load(as: UInt64.self), source.kind)
  }

  /// Takes a copy of a value, either of which may be a reference.
  @inline(never)
  func copy(_ source: UnsafeMutablePointer<Value>) { pointee = source.pointee }

  /// Releases the reference that is here and leaves nil.
  @inline(never)
  func forget() { pointee = .nil }

  @inline(__always)
  private func write(_ payload: UInt64, _ kind: UInt8) {
    let memory = UnsafeMutableRawPointer(self)
    memory.storeBytes(of: payload, as: UInt64.self)
    memory.storeBytes(of: kind, toByteOffset: 8, as: UInt8.self)
  }

  /// The function in a register, read without counting a reference.
  @inline(__always) var closure: Unmanaged<Closure>? {
    guard kind == Kind.function else { return nil }
    return UnsafeRawPointer(self).load(as: Unmanaged<Closure>.self)
  }
}

extension Value {
  /// Makes sure that values lie in memory as every Swift has laid them out: an enum whose payloads
  /// use all their bits (`Int`) has a byte behind them that numbers the cases with payloads in the
  /// order of their declaration, and one number more for all cases without.
  static func checkLayout() {
    let closure = Closure(
      FunctionPrototype(
        name: "", source: Source(name: "", text: ""), span: .zero,
        signature: Signature(name: "", parameters: []), documentation: nil, isMethod: false,
        captureSources: []))
    let box = Box(.nil)
    func address(_ object: AnyObject) -> UInt64 {
      UInt64(UInt(bitPattern: Unmanaged.passUnretained(object).toOpaque()))
    }
    let examples: [(value: Value, kind: UInt8, payload: UInt64?)] = [
      (.int(-2), Kind.int, UInt64(bitPattern: -2)),
      (.float(-2), Kind.float, (-2.0 as Double).bitPattern),
      (.bool(false), Kind.bool, 0),
      (.bool(true), Kind.bool, 1),
      (.tensor(Tensor(1)), Kind.firstReference, nil),
      (.function(closure), Kind.function, address(closure)),
      (.box(box), Kind.nil - 1, address(box)),
      (.nil, Kind.nil, 0),
      (.absent, Kind.nil, 1),
    ]
    var isAsWritten = MemoryLayout<Value>.size == 9
    for var example in examples {
      withUnsafeMutablePointer(to: &example.value) { place in
        let payload = UnsafeRawPointer(place).load(as: UInt64.self)
        if place.kind != example.kind || example.payload.map({ $0 != payload }) ?? false {
          isAsWritten = false
        }
      }
    }
    precondition(isAsWritten, "values lie in memory otherwise than expected; please report")
  }
}
