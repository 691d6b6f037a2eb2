// What `image(x)` gives: a tensor as a picture, in a terminal and in a file.
//
// Pixels are bytes, row by row. Several pictures are laid in a grid, with grey lines between them.

import Language
import Syntax
import Tensors

/// A picture as a value: half blocks or shades when printed, a PNG or SVG file when saved.
final class PictureObject: HostObject {
  override class var hostType: HostType { members }

  let height: Int
  let width: Int
  /// 1 grey, 2 grey and alpha, 3 colours, 4 colours and alpha.
  let channels: Int
  let pixels: [UInt8]

  init(height: Int, width: Int, channels: Int, pixels: [UInt8]) {
    (self.height, self.width, self.channels, self.pixels) = (height, width, channels, pixels)
    super.init()
    SmallObjects.charge(pixels.count)
  }

  deinit { SmallObjects.refund(pixels.count) }

  override var mayHoldCode: Bool { false }
  override var summary: String { PictureText(self).shades }
  override var drawing: String? { PictureText(self).halfBlocks }
  override func svg() throws -> String? { try svgText() }

  /// The pixels as numbers of 0 to 255, `[h, w]` where they are grey, else `[h, w, c]`.
  private var tensor: Tensor {
    get throws {
      let flat = try Tensor.make(Shape([pixels.count]), .i64) { memory in
        let numbers = memory.assumingMemoryBound(to: Int.self)
        try Safepoint.forEach(pixels.indices) { numbers[$0] = Int(pixels[$0]) }
      }
      return try flat.reshaped(Shape([height, width] + (channels == 1 ? [] : [channels])))
    }
  }

  private func save(_ arguments: Arguments) throws {
    let path = try arguments.string(0)
    switch path.split(separator: ".").last?.lowercased() {
    case "png":
      try PNG.write(
        pixels, height: height, width: width, channels: channels, to: arguments.writable(0))
    case "svg": try FileWriter.write(svgText(), to: arguments.writable(0))
    default:
      throw RuntimeError(
        .value, "a picture cannot be saved as \(path.excerpt)", hint: "save it as .png or .svg")
    }
  }

  /// An SVG picture with the pixels in it as PNG, each at least four units wide where they are few.
  private func svgText() throws -> String {
    var file: [UInt8] = []
    try PNG.encode(pixels, height: height, width: width, channels: channels) { file += $0 }
    let scale = max(1, 320 / max(height, width))
    let size = "width=\"\(width * scale)\" height=\"\(height * scale)\""
    return """
      <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" \(size) \
      viewBox="0 0 \(width * scale) \(height * scale)">
      <image \(size) preserveAspectRatio="none" style="image-rendering: pixelated" \
      xlink:href="data:image/png;base64,\(PictureObject.base64(file))"/>
      </svg>

      """
  }

  /// Bytes in letters, six bits each (RFC 4648).
  private static func base64(_ bytes: [UInt8]) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let part = bytes[start..<min(start + 3, bytes.count)]
      let bits = part.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - part.count))
      for place in 0..<4 {
        text.append(
          place <= part.count ? letters[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}

extension PictureObject {
  private static let members = HostType(
    PictureObject.self, "Picture",
    "What `image` gives: a tensor as a picture, in half blocks or in shades when printed.",
    methods: [
      Method(
        "save(path)",
        """
        Writes the picture to a `.png` file, or to an `.svg` file with the pixels in it. Another ending is an
        error of kind `value`, a file that cannot be written one of kind `io`.

            image([[0.0, 1.0], [0.5, 0.0]]).save("dots.png")
            print(load("dots.png"))
            # [[  0, 255],
            #  [128,   0]]
        """, needs: [.writing]
      ) { picture, arguments in
        try arguments.writing(path: 0) { try picture.save(arguments) }
      }
    ],
    fields: [
      Field("pixels", "The pixels as whole numbers of 0 to 255, a Tensor `[h, w]` or `[h, w, c]`.")
      {
        .tensor(try $0.tensor)
      },
      Field("height", "The number of rows, an Int.") { .int($0.height) },
      Field("width", "The number of columns, an Int.") { .int($0.width) },
    ])
}
