// What the façade writes where nobody takes it.

internal import Platform

/// The standard error of the process.
enum StandardError {
  /// Writes a text; one that nobody takes is lost.
  static func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var done = 0
      while done < bytes.count, let start = bytes.baseAddress {
        let written = Platform.write(STDERR_FILENO, start + done, bytes.count - done)
        if written <= 0 { return }
        done += written
      }
    }
  }
}
