// Words on a canvas, in letters of five by eight dots.

extension Canvas {
  /// Where a text stands to its place, as in SVG.
  enum Anchor: Double {
    case start = 0
    case middle = 0.5
    case end = 1
  }

  /// The width of a text, in units: a letter takes six dots, of which an eighth of the size makes one.
  static func width(of text: String, size: Double = 12) -> Double {
    Double(text.unicodeScalars.count) * 6 * dot(size) - (text.isEmpty ? 0 : dot(size))
  }

  /// Draws a text in one line; `y` is the line that letters stand on.
  mutating func text(
    _ text: String, x: Double, y: Double, anchor: Anchor = .start, size: Double = 12,
    _ color: Color = .black
  ) {
    let dot = Canvas.dot(size)
    var left = x - anchor.rawValue * Canvas.width(of: text, size: size)
    // Dots begin where pixels do, so that their edges are sharp.
    left = (left * scale).rounded() / scale
    let top = ((y - 7 * dot) * scale).rounded() / scale
    for letter in text.unicodeScalars {
      for (column, dots) in Lettering.columns(of: letter).enumerated() {
        for row in 0..<8 where dots >> row & 1 == 1 {
          fill(
            x: left + Double(column) * dot, y: top + Double(row) * dot, width: dot, height: dot,
            color)
        }
      }
      left += 6 * dot
    }
  }

  /// The extent of a dot: eight of them are two thirds of the size, as small letters of other
  /// alphabets are.
  private static func dot(_ size: Double) -> Double { size / 12 }
}
