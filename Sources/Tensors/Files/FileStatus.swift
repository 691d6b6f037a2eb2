// What a name stands for: a file, or something that is none, such as a folder, a pipe or a device.

import Platform

extension stat {
  /// What a descriptor stands for; nil after an error of the system.
  init?(of descriptor: Int32) {
    self.init()
    guard fstat(descriptor, &self) == 0 else { return nil }
  }

  /// Whether it is a file, with bytes at places.
  var isRegular: Bool { st_mode & S_IFMT == S_IFREG }

  /// Whether it is a folder.
  var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }

  /// Whether two names stand for one thing.
  func isSame(as other: stat) -> Bool { st_dev == other.st_dev && st_ino == other.st_ino }

  /// The descriptor besides the given one that the process already has for this, as it has for
  /// `/dev/stdin` and for a shell's `<(command)`; nil where it has none.
  func descriptor(besides opened: Int32) -> Int32? {
    // Shells take the highest number below 64, then go down.
    (0..<64).first { $0 != opened && stat(of: $0)?.isSame(as: self) == true }
  }
}
