// A picture in memory that lines, areas and words are drawn on, for what is saved as PNG.
//
// Places and widths are in the units of an SVG picture, counted from the upper left corner; a unit is
// `scale` pixels, so that one drawing has the same numbers in both.

import Language
import Tensors

/// A colour of a picture.
struct Color: Equatable {
  var red: UInt8
  var green: UInt8
  var blue: UInt8

  static let black = Color(0x000000)
  static let white = Color(0xffffff)

  /// The colour of `0xrrggbb`.
  init(_ code: Int) {
    (red, green, blue) = (
      UInt8(code >> 16 & 255), UInt8(code >> 8 & 255), UInt8(code & 255)
    )
  }

  /// `#rrggbb`, as SVG and HTML spell it.
  var hex: String {
    "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

/// Pixels to draw on.
struct Canvas {
  /// A place, in units.
  typealias Point = (x: Double, y: Double)

  /// Pixels of a unit.
  let scale: Double
  /// Pixels of a row, and rows.
  let columns: Int
  let rows: Int
  /// Red, green and blue of each pixel, row by row.
  private(set) var pixels: [UInt8]

  /// The most pixels, 300 MB of them.
  private static let mostPixels = 100_000_000

  /// A canvas of one colour.
  ///
  /// - Throws: a value error where it is too large, a limit error where there is no memory for it.
  init(width: Double, height: Double, scale: Double = 2, background: Color = .white) throws {
    let (across, down) = ((width * scale).rounded(.up), (height * scale).rounded(.up))
    guard across >= 1, down >= 1, across * down <= Double(Canvas.mostPixels) else {
      throw RuntimeError(
        .value,
        "a picture of \(formatShortest(across)) × \(formatShortest(down)) pixels is too large",
        hint: "save it as .svg")
    }
    self.scale = scale
    (columns, rows) = (Int(across), Int(down))
    try MemoryAccount.require(columns * rows, of: 3)
    pixels = [UInt8](repeating: 0, count: columns * rows * 3)
    fill(x: 0, y: 0, width: width, height: height, background)
  }

  /// Writes the picture as a PNG file.
  ///
  /// - Throws: an io error with the system's reason.
  func save(to location: FileLocation) throws {
    try PNG.write(pixels, height: rows, width: columns, channels: 3, to: location)
  }

  /// Lays a colour over a pixel, as thick as a share says; nothing where there is no such pixel.
  @inline(__always) mutating func blend(_ column: Int, _ row: Int, _ color: Color, _ share: Double)
  {
    guard share > 0, column >= 0, row >= 0, column < columns, row < rows else { return }
    let place = (row * columns + column) * 3
    let weight = min(share, 1)
    func mixed(_ old: UInt8, _ new: UInt8) -> UInt8 {
      UInt8((Double(old) + (Double(new) - Double(old)) * weight).rounded())
    }
    pixels[place] = mixed(pixels[place], color.red)
    pixels[place + 1] = mixed(pixels[place + 1], color.green)
    pixels[place + 2] = mixed(pixels[place + 2], color.blue)
  }

  /// The pixels from one place to another, in one direction, that a canvas of so many has.
  func span(_ low: Double, _ high: Double, of count: Int) -> Range<Int> {
    let end = Double(count)
    let (first, last) = (max(0, min(end, low.rounded(.down))), max(0, min(end, high.rounded(.up))))
    return first < last ? Int(first)..<Int(last) : 0..<0
  }
}
