// The characters of the terminal. Readline edits by characters, and knows them by the C library's locale alone:
// without one of UTF-8 a Backspace would take one byte of several.

import Platform

/// The process's locale for characters.
enum Locale {
  private static let wanted = ["C.UTF-8", "C.utf8", "en_US.UTF-8", "UTF-8"]
  /// The name that stands in for the one of the environment, which has other characters; nil where that is right.
  nonisolated(unsafe) private static var substitute: String?

  /// Has the C library take texts for UTF-8, as Mos does; false where it has no such locale.
  static func chooseUTF8() -> Bool {
    setlocale(LC_CTYPE, "")
    if isUTF8 { return true }
    for name in wanted where setlocale(LC_CTYPE, name) != nil && isUTF8 {
      substitute = name
      return true
    }
    return false
  }

  private static var isUTF8: Bool {
    guard let name = nl_langinfo(nl_item(CODESET)) else { return false }
    return String(cString: name) == "UTF-8"
  }

  /// Runs the body while the environment names the locale that was chosen, for readline, which asks it for
  /// each line; programs that are started later see the user's own.
  static func whileUTF8<R>(_ body: () -> R) -> R {
    guard let substitute else { return body() }
    let before = getenv("LC_ALL").map { String(cString: $0) }
    setenv("LC_ALL", substitute, 1)
    defer { if let before { setenv("LC_ALL", before, 1) } else { unsetenv("LC_ALL") } }
    return body()
  }
}
