// How nested values end. A list in a list in a list would be freed by as many calls inside one another;
// here what lies deeper than a few levels waits in a row until the outermost is done, so that values of
// any depth end on a stack of any size.
//
// Invariant: every object that holds values ends them here.

internal import Kernels

/// The end of what values hold.
enum Release {
  /// Levels that are freed inside one another.
  private static let depth: Int32 = 64

  /// True where what is held is to wait.
  static var isDeep: Bool { mos_release_level_get() >= depth }

  /// Ends something within an object that ends.
  @inline(__always)
  static func within(_ end: () -> Void) {
    let level = mos_release_level_get()
    mos_release_level_set(level + 1)
    end()
    mos_release_level_set(level)
    if level == 0 && mos_release_waits() != 0 { endWaiting() }
  }

  /// Ends the values at an address, with the object that holds them.
  @inline(__always)
  static func end(_ start: UnsafeMutablePointer<Value>, _ count: Int) {
    if isDeep { return putOff(start, count) }
    within { start.deinitialize(count: count) }
  }

  /// Ends the values in an array, with the object that holds it.
  static func end(_ values: inout [Value]) {
    var last: [Value] = []
    swap(&last, &values)
    last.withUnsafeMutableBufferPointer { elements in
      guard let start = elements.baseAddress else { return }
      end(start, elements.count)
      start.initialize(repeating: .nil, count: elements.count)
    }
  }

  /// Ends one value, with the object that holds it.
  static func end(_ value: inout Value) {
    var last = value.take()
    withUnsafeMutablePointer(to: &last) { place in
      end(place, 1)
      place.initialize(to: .nil)
    }
  }

  /// Lets a value end later.
  static func wait(_ value: consuming Value) {
    withUnsafeMutablePointer(to: &value) { place in
      putOff(place, 1)
      place.initialize(to: .nil)
    }
  }

  /// Lets the values wait that would be freed level by level.
  @inline(never)
  private static func putOff(_ start: UnsafeMutablePointer<Value>, _ count: Int) {
    for place in start..<start + count where !place.isTrivial {
      // Without memory for the row there is still the stack.
      guard let room = mos_release_room(MemoryLayout<Value>.stride) else {
        place.deinitialize(count: 1)
        continue
      }
      room.moveInitializeMemory(as: Value.self, from: place, count: 1)
    }
  }

  /// Ends one value after the other; what they hold may join the row meanwhile.
  @inline(never)
  private static func endWaiting() {
    mos_release_level_set(1)
    while let place = mos_release_take(MemoryLayout<Value>.stride) {
      _ = place.assumingMemoryBound(to: Value.self).move()
    }
    mos_release_level_set(0)
  }
}
