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
  /// The steps from a granted folder, none for what is no file in it; nil where it may lie anywhere.
  fileprivate let confined: (folder: Folder, steps: [PathStep])?

  /// A file anywhere.
  public init(_ name: String) {
    self.name = name
    confined = nil
  }

  /// A file anywhere.
  public init(stringLiteral name: String) { self.init(name) }

  /// A file in a folder.
  init(_ name: String, in folder: Folder, at steps: [PathStep]) {
    self.name = name
    confined = (folder, steps)
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
    guard let last = steps.last else {
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

  func remove(_ name: String) { unlinkat(folder, name, 0) }

  func rename(_ old: String, to new: String) -> Bool { renameat(folder, old, folder, new) == 0 }
}
