// `for i in progress(things)`: the things, and a bar that says how far the loop is.
//
// The bar is one line that is written over, at most ten times a second; when the loop ends, by
// its end or by a way out of it, the line is ended. Where nobody watches there is no bar and
// `progress` is its argument. It reads the clock and needs no capability for it, since the program sees nothing
// of the bar.

import Language
import Syntax

/// A sequence that shows how much of it has been walked over.
final class ProgressObject: HostObject {
  override class var hostType: HostType { members }
  private static let members = HostType(
    ProgressObject.self, "Progress",
    "What `progress` gives on a terminal: values to loop over; `len` says how many.")

  private let values: Value
  private let total: Int
  private let label: String
  private let show: (String) -> Void
  private let start = Builtins.now()
  private var shown = 0.0
  private var isOpen = false

  init(_ values: Value, count: Int, label: String, show: @escaping (String) -> Void) {
    self.values = values
    total = count
    self.label = label.showingHidden
    self.show = show
  }

  deinit { close() }

  override var count: Int? { total }

  override func element(at index: Int, _ interpreter: Interpreter) throws -> Value? {
    let element = try values.element(at: index, interpreter)
    let now = Builtins.now()
    if element == nil {
      draw(index, now)
      close()
    } else if now - shown >= 0.1 {
      draw(index, now)
    }
    return element
  }

  private func draw(_ done: Int, _ now: Double) {
    shown = now
    isOpen = true
    let width = 30
    let filled = total > 0 ? min(width, width * done / total) : width
    let bar =
      String(repeating: "━", count: filled) + String(repeating: "╌", count: width - filled)
    let seconds = now - start
    let rate = seconds > 0 ? Double(done) / seconds : 0
    let speed = rate >= 10 ? "\(Int(rate))" : "\((rate * 100).rounded() / 100)"
    let time =
      done < total
      ? (rate > 0 ? " \(ProgressObject.clock(Double(total - done) / rate)) left" : "")
      : " in \(ProgressObject.clock(seconds))"
    show("\r\u{1b}[K\(label.isEmpty ? "" : label + " ")\(bar) \(done)/\(total) \(speed)/s\(time)")
  }

  /// Seconds as `0:07`, `12:30` or `1:02:03`.
  private static func clock(_ seconds: Double) -> String {
    guard seconds < 1e9 else { return "∞" }
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let whole = Int(seconds.rounded(.up))
    let (hours, minutes) = (whole / 3600, whole / 60 % 60)
    return hours > 0
      ? "\(hours):\(two(minutes)):\(two(whole % 60))" : "\(minutes):\(two(whole % 60))"
  }

  private func close() {
    guard isOpen else { return }
    isOpen = false
    show("\n")
  }
}
