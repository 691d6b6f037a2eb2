// Where a file lies, and how the calls of the system reach it.
//
// A file that may lie anywhere is opened by its name, links followed. One that must lie in a granted folder
// is opened from that folder, which is held open: step by step, no link followed, so that a link that
// another process puts on the way after the name was followed is an error. What remains: a file of the
// folder that has a second name outside (a hard link) is the same file, a file system may be mounted inside,
// and another process may move a folder out while a step is taken in it.

import Platform

/// A file by its name, with the folder that it must lie in.
public struct FileLocation: Sendable, ExpressibleByStringLiteral {
  /// The name as it was given, for messages.
  public let name: String
  /// The steps from a granted folder; nil where it may lie anywhere.
  fileprivate let confined: (folder: Folder, steps: [PathStep])?
  /// Whether the name, in a granted folder, can stand for a folder alone: it ends in a slash or in dots.
  let namesFolder: Bool

  /// A file anywhere.
  public init(_ name: String) {
    self.name = name
    confined = nil
    namesFolder = false
  }

  /// A file anywhere.
  public init(stringLiteral name: String) { self.init(name) }

  /// A place in a folder.
  init(_ name: String, in folder: Folder, at steps: [PathStep], namesFolder: Bool = false) {
    self.name = name
    confined = (folder, steps)
    self.namesFolder = namesFolder
  }

  /// The same place, be it a file or a folder.
  var ofAnyKind: FileLocation {
    confined.map { FileLocation(name, in: $0.folder, at: $0.steps) } ?? self
  }

  /// Whether it must lie in a granted folder.
  var isConfined: Bool { confined != nil }

  /// The granted folder, where the name stands for that.
  var wholeFolder: Folder? {
    guard let confined, confined.steps.isEmpty else { return nil }
    return confined.folder
  }

  /// The folders on the way to this place, from the outermost on, and the place itself.
  var wayFromAbove: [FileLocation] {
    if let (folder, steps) = confined {
      return steps.indices.map { FileLocation(name, in: folder, at: Array(steps[...$0])) }
    }
    let steps = PathFollower.steps(name).map { String(decoding: $0, as: UTF8.self) }
    let root = name.utf8.first == UInt8(ascii: "/") ? "/" : ""
    return steps.indices.map { FileLocation(root + steps[...$0].joined(separator: "/")) }
  }

  /// - Throws: an io error for a text that the system would read as another one, or not at all.
  static func requireName(_ name: String, to verb: String) throws {
    if name.utf8.contains(0) {
      throw TensorError(.io, "cannot \(verb) \(name.excerpt): a name has no null byte")
    }
    guard name.utf8.isEmpty || name.utf8.count >= PATH_MAX else { return }
    errno = name.utf8.isEmpty ? ENOENT : ENAMETOOLONG
    throw TensorError(cannot: verb, name)
  }
}

/// The folder from which the system reaches a file, and the file's name there.
final class FileEntry {
  /// A path where the file may lie anywhere, else one step.
  let file: String
  /// Whether the file must lie in this folder, and links are not followed.
  let isConfined: Bool
  private let folder: Int32

  /// Opens the way to a file.
  ///
  /// - Throws: an io error with the system's reason.
  init(_ location: FileLocation, to verb: String) throws {
    try FileLocation.requireName(location.name, to: verb)
    guard let (root, steps) = location.confined else {
      (file, isConfined, folder) = (location.name, false, AT_FDCWD)
      return
    }
    guard let last = steps.last, !location.namesFolder else {
      throw TensorError(.io, "cannot \(verb) \(location.name.excerpt): it is not a regular file")
    }
    var current = fcntl(root.descriptor, F_DUPFD_CLOEXEC, 0)
    for step in steps.dropLast() where current >= 0 {
      let next = openat(current, FileEntry.text(step), FileEntry.stepFlags)
      let reason = errno
      close(current)
      errno = reason
      current = next
    }
    guard current >= 0 else { throw TensorError(cannot: verb, location.name) }
    (file, isConfined, folder) = (String(decoding: last, as: UTF8.self), true, current)
  }

  deinit { if folder >= 0 { close(folder) } }

  #if os(Linux)
    /// How a folder on the way is opened, with `O_PATH`: who may pass it need not be allowed to list it.
    static let stepFlags = 0o10000000 | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
  #else
    /// How a folder on the way is opened.
    static let stepFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
  #endif

  private static func text(_ step: PathStep) -> [CChar] {
    step.map(CChar.init(bitPattern:)) + [0]
  }

  // MARK: - Calls of the system, for the file or for others beside it

  func open(_ name: String, _ flags: Int32, _ mode: mode_t = 0) -> Int32 {
    openat(folder, name, flags | O_CLOEXEC | (isConfined ? O_NOFOLLOW : 0), mode)
  }

  func status(_ name: String) -> stat? {
    var found = stat()
    let flags = isConfined ? AT_SYMLINK_NOFOLLOW : 0
    return fstatat(folder, name, &found, flags) == 0 ? found : nil
  }

  func mayWrite(_ name: String) -> Bool { faccessat(folder, name, W_OK, 0) == 0 }

  func makeFolder(_ name: String) -> Bool { mkdirat(folder, name, 0o777) == 0 }

  func remove(_ name: String) { unlinkat(folder, name, 0) }

  func rename(_ old: String, to new: String) -> Bool { renameat(folder, old, folder, new) == 0 }
}
