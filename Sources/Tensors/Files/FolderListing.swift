// What lies in folders, and new ones.

import Platform

extension FileLocation {
  /// Whether a file, a folder or another thing has the name.
  ///
  /// - Throws: an io error for what is no name of a file anywhere.
  package func exists() throws -> Bool {
    if name.isEmpty { return false }
    try FileLocation.requireName(name, to: "find")
    if let folder = wholeFolder { return folder.isFolder }
    guard let entry = try? FileEntry(ofAnyKind, to: "find"), let found = entry.status(entry.file)
    else { return false }
    return !namesFolder || found.isFolder
  }

  /// The names of what lies in the folder, in order; those of folders end in a slash.
  ///
  /// - Throws: an io error with the system's reason.
  package func names() throws -> [String] {
    let flags = O_RDONLY | O_DIRECTORY
    let descriptor: Int32
    if let folder = wholeFolder {
      descriptor = openat(folder.descriptor, ".", flags | O_CLOEXEC)
    } else {
      let entry = try FileEntry(ofAnyKind, to: "list")
      descriptor = entry.open(entry.file, flags)
    }
    guard descriptor >= 0 else { throw TensorError(cannot: "list", name) }
    guard let stream = fdopendir(descriptor) else {
      let error = TensorError(cannot: "list", name)
      close(descriptor)
      throw error
    }
    defer { closedir(stream) }
    // A link may lead out of a granted folder, and what is there is not looked at.
    let follows = isConfined ? AT_SYMLINK_NOFOLLOW : 0
    var names: [String] = []
    while let item = readdir(stream) {
      try Safepoint.look()
      let found = withUnsafePointer(to: &item.pointee.d_name) {
        String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
      }
      guard found != ".", found != ".." else { continue }
      var status = stat()
      let isFolder = fstatat(descriptor, found, &status, follows) == 0 && status.isFolder
      names.append(isFolder ? found + "/" : found)
    }
    try MemoryAccount.require(names.count, of: 2 * MemoryLayout<String>.stride)
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Makes a folder of the name, and those that it lies in, where they are not there.
  ///
  /// - Throws: an io error with the system's reason.
  package func makeFolder() throws {
    try FileLocation.requireName(name, to: "make")
    for location in wayFromAbove {
      let entry = try FileEntry(location, to: "make")
      if entry.makeFolder(entry.file) { continue }
      let reason = errno
      // What is there need not be writable, nor the folder that it is in.
      if entry.status(entry.file)?.isFolder == true { continue }
      errno = reason
      throw TensorError(cannot: "make", name)
    }
  }
}
