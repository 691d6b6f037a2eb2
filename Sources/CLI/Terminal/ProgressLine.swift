// The bar of `progress`, which stands in the last line of the terminal: what is printed meanwhile appears above
// it, and the bar below again. While a printed line has no end yet there is no bar.

import Platform

/// The line that is written over.
final class ProgressLine {
  nonisolated(unsafe) static let shared = ProgressLine()

  /// The bar as it was drawn last; nil while there is none.
  private var bar: String?
  private var isShown = false
  /// Whether output and bar share a terminal.
  private let isShared = isatty(1) == 1

  private static let erasure = "\r\u{1b}[K"

  /// Draws a bar, or ends its line.
  func show(_ text: String) {
    guard text != "\n" else {
      if isShown { writeAll("\n", to: 2) }
      (bar, isShown) = (nil, false)
      return
    }
    bar = text
    draw()
  }

  /// Makes room for a text.
  func hide() {
    guard isShown, isShared else { return }
    StandardOutput.shared.flush()
    writeAll(ProgressLine.erasure, to: 2)
    isShown = false
  }

  /// Draws the bar again, where a text that was written has ended its line.
  func draw() {
    guard let bar, !isShared || StandardOutput.shared.isAtLineStart else { return }
    StandardOutput.shared.flush()
    writeAll(bar, to: 2)
    isShown = true
  }

  /// Writes a text above the bar.
  func printAbove(_ write: () -> Void) {
    guard bar != nil, isShared else { return write() }
    hide()
    write()
    draw()
  }
}
