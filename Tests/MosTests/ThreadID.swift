import Foundation

/// Which thread runs.
enum ThreadID {
  static var current: ObjectIdentifier { ObjectIdentifier(Thread.current) }
}
