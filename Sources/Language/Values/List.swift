// The elements of a list: a value type behind one reference, in place when uniquely held.
//
// It is not an array because of how it ends: the last reference to a list nested deeply frees the lists in
// it one after the other and not one inside the other; see `Release.swift`.

import Tensors

/// An ordered sequence of values; copying it costs one reference, changing a shared one a copy.
public struct List {
  /// What lies before the elements.
  struct Header {
    var count: Int
    let capacity: Int
  }

  /// The elements, in the memory of the object itself.
  final class Storage: ManagedBuffer<Header, Value> {
    deinit {
      withUnsafeMutablePointers { header, elements in
        SmallObjects.refund(List.bytes(header.pointee.capacity))
        Release.end(elements, header.pointee.count)
      }
    }
  }

  private(set) var storage: Storage

  private init(capacity: Int) {
    let made = Storage.create(minimumCapacity: capacity) { _ in
      Header(count: 0, capacity: capacity)
    }
    storage = unsafeDowncast(made, to: Storage.self)
    SmallObjects.charge(List.bytes(capacity))
  }

  /// What an element takes while a list is made of an array.
  package static let bytesOfElement = 2 * MemoryLayout<Value>.stride

  /// What a short text as an element takes while a list is made of an array of texts.
  package static let bytesOfText = bytesOfElement + 64

  /// What a list of two as an element takes while a list is made of an array.
  package static let bytesOfPair = bytesOfElement + bytes(2)

  /// What the memory for so many elements takes.
  static func bytes(_ capacity: Int) -> Int { 48 + capacity * MemoryLayout<Value>.stride }

  /// Nothing changes it: it has no room, and is never uniquely held.
  nonisolated(unsafe) private static let empty = List(capacity: 0)

  /// A list without elements.
  public init() { self = List.empty }

  /// The elements of a collection.
  public init(_ elements: some Collection<Value>) {
    self.init(capacity: elements.count)
    fill { start in
      let isCopied: Void? = elements.withContiguousStorageIfAvailable { source in
        if let first = source.baseAddress { start.initialize(from: first, count: source.count) }
      }
      if isCopied != nil { return }
      var place = start
      for element in elements {
        place.initialize(to: element)
        place += 1
      }
    }
  }

  /// Makes all elements of a list that has room for them.
  private func fill(_ body: (UnsafeMutablePointer<Value>) -> Void) {
    storage.withUnsafeMutablePointers { header, elements in
      body(elements)
      header.pointee.count = header.pointee.capacity
    }
  }

  /// The elements of a list, so many times over.
  ///
  /// - Throws: a limit error where there is no memory for them, and where the run is to end.
  init(repeating part: List, count: Int) throws {
    let (total, overflow) = part.count.multipliedReportingOverflow(by: Swift.max(count, 0))
    try MemoryAccount.require(overflow ? .max : total, of: MemoryLayout<Value>.stride)
    self.init(capacity: total)
    try part.withUnsafeBufferPointer { source in
      guard let first = source.baseAddress, total > 0 else { return }
      for _ in 0..<count {
        try Safepoint.look()
        storage.withUnsafeMutablePointers { header, elements in
          (elements + header.pointee.count).initialize(from: first, count: source.count)
          header.pointee.count += source.count
        }
      }
    }
  }

  /// Looks before a change copies the elements, because somebody else holds them too or there is no room.
  ///
  /// - Throws: a limit error where there is no memory for the copy.
  mutating func requireRoom(for more: Int = 0) throws {
    guard count + more > 4096 else { return }
    let capacity = storage.withUnsafeMutablePointerToHeader { $0.pointee.capacity }
    if count + more <= capacity, isKnownUniquelyReferenced(&storage) { return }
    try MemoryAccount.require(count + more, of: MemoryLayout<Value>.stride)
  }

  /// The elements at an address, which they leave.
  init(moving start: UnsafeMutablePointer<Value>, count: Int) {
    self.init(capacity: count)
    fill { $0.moveInitialize(from: start, count: count) }
  }

  /// Makes room for more elements in memory that nobody else has.
  private mutating func makeRoom(for more: Int) {
    let header = storage.withUnsafeMutablePointerToHeader { $0.pointee }
    let (count, capacity) = (header.count, header.capacity)
    let isUnique = isKnownUniquelyReferenced(&storage)
    if isUnique && count + more <= capacity { return }
    let wanted = count + more <= capacity ? capacity : Swift.max(count + more, 2 * capacity, 4)
    let grown = List(capacity: wanted)
    grown.storage.withUnsafeMutablePointers { header, elements in
      storage.withUnsafeMutablePointers { oldHeader, old in
        if isUnique {
          elements.moveInitialize(from: old, count: count)
          oldHeader.pointee.count = 0
        } else {
          elements.initialize(from: old, count: count)
        }
      }
      header.pointee.count = count
    }
    self = grown
  }
}

extension List: RandomAccessCollection, MutableCollection, RangeReplaceableCollection {
  public var startIndex: Int { 0 }
  @inline(__always) public var endIndex: Int { count }
  /// Read through a pointer: an access through the object would be checked for exclusiveness.
  @inline(__always) public var count: Int {
    storage.withUnsafeMutablePointerToHeader { $0.pointee.count }
  }

  @inline(__always) public subscript(index: Int) -> Value {
    get {
      storage.withUnsafeMutablePointers { header, elements in
        precondition(index >= 0 && index < header.pointee.count, "no such element; please report")
        return elements[index]
      }
    }
    _modify {
      makeRoom(for: 0)
      precondition(index >= 0 && index < count, "no such element; please report")
      yield &storage.withUnsafeMutablePointerToElements { $0 }[index]
    }
  }

  public mutating func append(_ element: __owned Value) {
    makeRoom(for: 1)
    storage.withUnsafeMutablePointers { header, elements in
      (elements + header.pointee.count).initialize(to: element)
      header.pointee.count += 1
    }
  }

  public mutating func reserveCapacity(_ capacity: Int) {
    if capacity > count { makeRoom(for: capacity - count) }
  }

  public mutating func replaceSubrange(
    _ range: Range<Int>, with elements: __owned some Collection<Value>
  ) {
    let added = Array(elements)
    makeRoom(for: Swift.max(added.count - range.count, 0))
    storage.withUnsafeMutablePointers { header, start in
      let place = start + range.lowerBound
      place.deinitialize(count: range.count)
      let rest = header.pointee.count - range.upperBound
      (place + added.count).moveInitialize(from: start + range.upperBound, count: rest)
      added.withUnsafeBufferPointer { buffer in
        if let first = buffer.baseAddress { place.initialize(from: first, count: added.count) }
      }
      header.pointee.count += added.count - range.count
    }
  }

  public func withContiguousStorageIfAvailable<R>(
    _ body: (UnsafeBufferPointer<Value>) throws -> R
  ) rethrows -> R? {
    try withUnsafeBufferPointer(body)
  }

  /// Runs the body on the elements where they lie.
  package func withUnsafeBufferPointer<R>(
    _ body: (UnsafeBufferPointer<Value>) throws -> R
  ) rethrows -> R {
    try storage.withUnsafeMutablePointers { header, elements in
      try body(UnsafeBufferPointer(start: elements, count: header.pointee.count))
    }
  }
}

extension List: ExpressibleByArrayLiteral {
  public init(arrayLiteral elements: Value...) { self.init(elements) }
}

extension Value {
  /// A list of the elements of an array.
  public static func list(_ elements: [Value]) -> Value { .list(List(elements)) }
}
