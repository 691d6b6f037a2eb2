// A picture in letters: a letter for a column and two rows. With colours it is an upper half block in the
// colours of both, without it a shade of their mean.

/// A picture that is written.
struct PictureText {
  /// The most columns of letters; wider pictures are shrunk.
  private static let widest = 80
  private static let tallest = 120
  private static let shades: [Character] = [" ", "░", "▒", "▓", "█"]

  private let picture: PictureObject
  private let height: Int
  private let width: Int

  init(_ picture: PictureObject) {
    self.picture = picture
    let scale = max(
      1, Double(picture.width) / Double(PictureText.widest),
      Double(picture.height) / Double(PictureText.tallest))
    width = max(1, Int(Double(picture.width) / scale))
    height = max(1, Int(Double(picture.height) / scale))
  }

  /// A shade for each letter.
  var shades: String {
    lines { top, bottom in
      let light = [top, bottom].compactMap { $0 }.map {
        0.299 * $0.red + 0.587 * $0.green + 0.114 * $0.blue
      }
      let mean = light.reduce(0, +) / Double(light.count)
      let steps = Double(PictureText.shades.count - 1)
      return String(PictureText.shades[Int((mean / 255 * steps).rounded())])
    }.map { line in
      var line = line
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }

  /// Half blocks in colours of 24 bits.
  var halfBlocks: String {
    lines { top, bottom in
      func code(_ color: Light) -> String {
        [color.red, color.green, color.blue].map { "\(Int($0.rounded()))" }.joined(separator: ";")
      }
      guard let bottom else { return "\u{1b}[38;2;\(code(top))m▀" }
      return "\u{1b}[38;2;\(code(top));48;2;\(code(bottom))m▀"
    }.map { $0 + "\u{1b}[0m" }.joined(separator: "\n")
  }

  private typealias Light = (red: Double, green: Double, blue: Double)

  private func lines(_ letter: (Light, Light?) -> String) -> [String] {
    stride(from: 0, to: height, by: 2).map { row in
      (0..<width).map { column in
        letter(light(row, column), row + 1 < height ? light(row + 1, column) : nil)
      }.joined()
    }
  }

  /// The mean colour of the pixels that a place stands for, on white where they are transparent.
  private func light(_ row: Int, _ column: Int) -> Light {
    let rows = row * picture.height / height..<(row + 1) * picture.height / height
    let columns = column * picture.width / width..<(column + 1) * picture.width / width
    let (channels, isGrey) = (picture.channels, picture.channels < 3)
    var sum: Light = (0, 0, 0)
    var count = 0.0
    // Some of many pixels do, so that the largest picture is written at once.
    for y in stride(from: rows.lowerBound, to: rows.upperBound, by: max(1, rows.count / 8)) {
      for x in stride(
        from: columns.lowerBound, to: columns.upperBound, by: max(1, columns.count / 8))
      {
        let start = (y * picture.width + x) * channels
        let alpha = channels % 2 == 0 ? Double(picture.pixels[start + channels - 1]) / 255 : 1
        func part(_ channel: Int) -> Double {
          Double(picture.pixels[start + (isGrey ? 0 : channel)]) * alpha + 255 * (1 - alpha)
        }
        sum = (sum.red + part(0), sum.green + part(1), sum.blue + part(2))
        count += 1
      }
    }
    return (sum.red / count, sum.green / count, sum.blue / count)
  }
}
