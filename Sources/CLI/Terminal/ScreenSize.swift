// How large the terminal is, and what it can do.

import Platform

/// The size of the terminal in characters.
struct ScreenSize: Equatable {
  var rows: Int
  var columns: Int

  /// That of standard output, now; `COLUMNS` and `LINES` where it is no terminal that knows.
  static var current: ScreenSize {
    var size = winsize()
    if ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
      return ScreenSize(rows: max(Int(size.ws_row), 1), columns: Int(size.ws_col))
    }
    return ScreenSize(rows: number("LINES") ?? 24, columns: number("COLUMNS") ?? 80)
  }

  private static func number(_ name: String) -> Int? {
    guard let text = getenv(name), let number = Int(String(cString: text)), number > 0 else {
      return nil
    }
    return number
  }

  /// Whether the terminal moves its cursor: not one without a name, or that calls itself dumb.
  static var movesCursor: Bool {
    guard let name = getenv("TERM"), isatty(1) == 1 else { return false }
    let text = String(cString: name)
    return !text.isEmpty && text != "dumb"
  }
}
