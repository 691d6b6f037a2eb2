// Memory by the page, from the system and back to it.

/// Pages of the process, which take memory as they are touched.
package enum Pages {
  /// The bytes of one.
  package static let size = Int(sysconf(Int32(_SC_PAGESIZE)))

  /// Fresh pages, all zero; nil where the system has none.
  package static func map(_ bytes: Int) -> UnsafeMutableRawPointer? { map(bytes, flags: 0) }

  /// Fresh pages for a stack, most of which will not be touched: the system holds no memory ready for them. The
  /// lowest is closed, so that what overflows the stack stops there.
  package static func mapStack(_ bytes: Int) -> UnsafeMutableRawPointer? {
    #if os(Linux)
      let pages = map(bytes, flags: MAP_NORESERVE | MAP_STACK)
    #else
      let pages = map(bytes, flags: MAP_NORESERVE)
    #endif
    if let pages { mprotect(pages, size, PROT_NONE) }
    return pages
  }

  private static func map(_ bytes: Int, flags: Int32) -> UnsafeMutableRawPointer? {
    let pages = mmap(
      nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0)
    return pages == UnsafeMutableRawPointer(bitPattern: -1) ? nil : pages
  }

  /// The system takes the pages back.
  package static func unmap(_ start: UnsafeMutableRawPointer, _ bytes: Int) {
    munmap(start, bytes)
  }

  /// The system takes the memory back; the pages stay, and may hold anything.
  package static func empty(_ start: UnsafeMutableRawPointer, _ bytes: Int) {
    #if os(Linux)
      madvise(start, bytes, MADV_DONTNEED)
    #else
      // Where the same advice is one about the order of use.
      madvise(start, bytes, MADV_FREE)
    #endif
  }
}
