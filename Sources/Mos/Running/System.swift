// The two things that the façade asks of the system itself.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The thread that runs.
enum Thread {
  /// A number that no other living thread has, and that is not 0.
  static var current: UInt {
    #if canImport(Darwin)
      UInt(bitPattern: pthread_self())
    #else
      UInt(pthread_self())
    #endif
  }
}

/// The standard error of the process.
enum StandardError {
  /// Writes a text; one that nobody takes is lost.
  static func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var done = 0
      while done < bytes.count, let start = bytes.baseAddress {
        let written = systemWrite(STDERR_FILENO, start + done, bytes.count - done)
        if written <= 0 { return }
        done += written
      }
    }
  }
}

private func systemWrite(_ file: Int32, _ start: UnsafePointer<UInt8>, _ count: Int) -> Int {
  write(file, start, count)
}
