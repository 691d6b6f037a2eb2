// Pictures from tensors: the axes say what they are, and numbers become bytes.
//
//     [h, w]  [h, w, c]        one picture, grey or of c ≤ 4 channels
//     [n, h, w]  [n, h, w, c]  [n, c, h, w]        n of them, in a grid

import Language
import Syntax
import Tensors

extension PictureObject {
  /// The picture of a tensor.
  ///
  /// - Parameters:
  ///   - low: what is black; nil for 0, or for the least element where `high` is given.
  ///   - high: what is white.
  ///   - columns: how many pictures of a grid stand side by side; nil for a square.
  /// - Throws: a shape error for what is no picture, a value error for a number that is no brightness.
  convenience init(_ tensor: Tensor, low: Double?, high: Double?, columns: Int?) throws {
    let axes = try PictureAxes(tensor)
    let bytes = try PictureObject.bytes(of: axes.tensor, low, high)
    guard axes.count != 1 || columns != nil else {
      self.init(height: axes.height, width: axes.width, channels: axes.channels, pixels: bytes)
      return
    }
    let across = min(columns ?? Int(Double(axes.count).squareRoot().rounded(.up)), axes.count)
    let down = (axes.count + across - 1) / across
    let (height, width) = (down * (axes.height + 1) - 1, across * (axes.width + 1) - 1)
    try MemoryAccount.require(height * width, of: axes.channels)
    // What no picture covers is grey, and not transparent.
    var pixels = try Safepoint.map(0..<height * width * axes.channels) { place in
      axes.channels % 2 == 0 && place % axes.channels == axes.channels - 1 ? UInt8(255) : 128
    }
    let row = axes.width * axes.channels
    try Safepoint.rows(0..<axes.count * axes.height, of: row) { line in
      let (picture, y) = line.quotientAndRemainder(dividingBy: axes.height)
      let place = (picture / across * (axes.height + 1) + y) * width
      let start = (place + picture % across * (axes.width + 1)) * axes.channels
      pixels.replaceSubrange(start..<start + row, with: bytes[line * row..<(line + 1) * row])
    }
    self.init(height: height, width: width, channels: axes.channels, pixels: pixels)
  }

  private static func bytes(
    of tensor: Tensor, _ low: Double?, _ high: Double?
  ) throws -> [UInt8] {
    guard low != nil || high != nil else {
      do {
        return try tensor.byteSamples(isPicture: true)
      } catch var error as TensorError where error.kind == .value {
        error.hint =
          "whole numbers are 0 to 255, floats 0 to 1; image(x, low=0.0, high=10.0) says what is black and white"
        throw error
      }
    }
    let numbers = try tensor.converted(to: .f64).allDoubles()
    if let place = numbers.firstIndex(where: \.isNaN) {
      throw RuntimeError(
        .value, "element \(place) of \(tensor.typeDescription) is nan, no brightness")
    }
    let (bottom, top) = (low ?? numbers.min() ?? 0, high ?? numbers.max() ?? 1)
    guard bottom < top || low == nil || high == nil, bottom.isFinite, top.isFinite else {
      throw RuntimeError(
        .value,
        "a picture from \(formatShortest(bottom)) to \(formatShortest(top)) has no black and white",
        hint: "low is below high, and both are numbers")
    }
    // Halves, so that the greatest numbers do not overflow.
    let extent = top / 2 - bottom / 2
    return try Safepoint.map(numbers) { number in
      guard extent > 0 else { return number > bottom ? 255 : 0 }
      let share = max(0, min(1, (max(bottom, min(top, number)) / 2 - bottom / 2) / extent))
      return UInt8((share * 255).rounded())
    }
  }
}

/// What the axes of a tensor of pictures are.
private struct PictureAxes {
  /// The elements, channels last.
  var tensor: Tensor
  var count = 1
  var height: Int
  var width: Int
  var channels = 1

  init(_ tensor: Tensor) throws {
    let extents = tensor.shape.array
    self.tensor = tensor
    switch extents.count {
    case 2: (height, width) = (extents[0], extents[1])
    case 3 where PNG.channels.contains(extents[2]):
      (height, width, channels) = (extents[0], extents[1], extents[2])
    case 3: (count, height, width) = (extents[0], extents[1], extents[2])
    case 4 where PNG.channels.contains(extents[3]):
      (count, height, width, channels) = (extents[0], extents[1], extents[2], extents[3])
    case 4 where PNG.channels.contains(extents[1]):
      (count, channels, height, width) = (extents[0], extents[1], extents[2], extents[3])
      self.tensor = try tensor.transposed(permutation: Shape([0, 2, 3, 1])).contiguous()
    default: (height, width) = (0, 0)
    }
    guard count > 0, height > 0, width > 0 else {
      throw RuntimeError(
        .shape, "\(tensor.typeDescription) is no picture",
        hint:
          "one is [h, w] or [h, w, c] with at most 4 channels, several are [n, h, w], [n, h, w, c] or "
          + "[n, c, h, w]")
    }
  }
}
