// PNG files (www.w3.org/TR/png): pictures whose samples are bytes, by libpng.
//
// Palettes are read as colours, transparency as a last channel, fewer bits than eight as their share of
// 255, and sixteen bits rounded to eight. What a file says of gamma and of colour profiles is not looked at.
//
// A file can ask for no more memory than its compressed bytes can fill.

internal import PNGCodec

/// Pictures of bytes.
public enum PNG {
  /// The numbers of channels that there are: grey, grey with alpha, colours, colours with alpha.
  public static let channels = 1...4

  /// The most columns, and the most rows.
  static let longestSide = Int(Int32.max)

  /// Reads a picture: `[h, w]` where it is grey, else `[h, w, c]`; i64 of 0 to 255.
  ///
  /// - Throws: an io error that names the file and what is wrong with it.
  public static func read(_ location: FileLocation) throws -> Tensor {
    let file = try FileReader.unpacking(location)
    return try file.bytes(at: 0, count: file.size).withUnsafeBufferPointer { bytes in
      let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
      guard bytes.starts(with: signature), let start = bytes.baseAddress else {
        throw try file.otherKind(than: "a PNG picture")
      }
      guard let reader = mos_png_read(start, bytes.count) else { throw outOfMemory }
      defer { mos_png_read_free(reader) }
      func require(_ isDone: Int32) throws {
        if isDone == 1 { return }
        let message = String(cString: mos_png_read_message(reader))
        throw file.damaged("\(message), before byte \(mos_png_read_place(reader))")
      }
      var form = mos_png_form()
      try require(mos_png_read_form(reader, &form))
      let shape = try shape(of: form, file)
      // libpng has rows of its own: the file's, the one before, and one that is being changed.
      try MemoryAccount.require(Int(form.width), of: 32)
      try require(mos_png_read_start(reader))
      return try Tensor.ofBytes(shape) { pixels in
        let row = Int(form.width) * Int(form.channels)
        for _ in 0..<form.passes {
          try Safepoint.rows(0..<Int(form.height), of: row) {
            try require(mos_png_read_row(reader, pixels + $0 * row))
          }
        }
        try require(mos_png_read_end(reader))
      }
    }
  }

  /// The axes of a picture, once it is sure that the file can hold it.
  private static func shape(of form: mos_png_form, _ file: FileReader) throws -> Shape {
    let rowBytes = (Int(form.width) * Int(form.file_bits) + 7) / 8
    let (bytes, overflow) = rowBytes.multipliedReportingOverflow(by: Int(form.height))
    guard !overflow, bytes / Inflater.greatestRatio <= file.size else {
      throw file.damaged(
        "it claims \(form.width) × \(form.height) pixels, more than its \(file.size) bytes can hold"
      )
    }
    let extents = [Int(form.height), Int(form.width)]
    return try Shape(form.channels == 1 ? extents : extents + [Int(form.channels)])
  }

  /// Writes a picture, `[h, w]` or `[h, w, c]`, in place of what the file held only when all of it is on
  /// disk: floats of 0 to 1, or whole numbers of 0 to 255; true is 255.
  ///
  /// - Throws: a shape or a value error for what is no picture, an io error with the system's reason.
  public static func write(_ tensor: Tensor, to location: FileLocation) throws {
    let shape = tensor.shape
    let isPicture = shape.rank == 2 || shape.rank == 3 && channels.contains(shape[2])
    guard isPicture, shape[0] > 0, shape[1] > 0 else {
      throw TensorError(
        .shape, "\(tensor.typeDescription) is no picture",
        hint:
          "a grey one is [h, w], with colours [h, w, 3], with transparency [h, w, 2] or [h, w, 4]; "
          + "`image(x)` draws several in a grid")
    }
    try write(
      tensor.byteSamples(isPicture: true), height: shape[0], width: shape[1],
      channels: shape.rank == 2 ? 1 : shape[2], to: location)
  }

  /// Writes the bytes of a picture, row by row.
  ///
  /// - Throws: an io error with the system's reason.
  package static func write(
    _ pixels: [UInt8], height: Int, width: Int, channels: Int, to location: FileLocation
  ) throws {
    try FileWriter.replacePacking(location) { file in
      try encode(pixels, height: height, width: width, channels: channels) { try file.write($0) }
    }
  }

  /// Gives the bytes of a file with a picture to a body, in pieces.
  ///
  /// - Throws: a value error for a picture that is too large, and what the body throws.
  package static func encode(
    _ pixels: [UInt8], height: Int, width: Int, channels: Int,
    _ body: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    guard height <= longestSide, width <= longestSide else {
      throw TensorError(
        .value,
        "a PNG picture has at most \(longestSide) rows and columns, not \(height) × \(width)")
    }
    guard let writer = mos_png_write(Int64(width), Int64(height), Int32(channels)) else {
      throw outOfMemory
    }
    defer { mos_png_write_free(writer) }
    func flush(_ isDone: Int32) throws {
      guard isDone == 1 else { throw outOfMemory }
      var count = 0
      guard let bytes = mos_png_write_take(writer, &count), count > 0 else { return }
      try body(UnsafeBufferPointer(start: bytes, count: count))
    }
    let row = width * channels
    try pixels.withUnsafeBufferPointer { pixels in
      guard let start = pixels.baseAddress else { return }
      try Safepoint.rows(0..<height, of: row) {
        try flush(mos_png_write_row(writer, start + $0 * row))
      }
    }
    try flush(mos_png_write_end(writer))
  }

  private static let outOfMemory = TensorError(.limit, "there is no memory for a PNG picture")
}
