// IDX files (yann.lecun.com/exdb/mnist), as the sets of handwritten digits have them.
//
//     0 0  type  number of axes  extent, extent, …  elements
//
// Extents take four bytes; everything is big-endian.

/// Files of one array, mostly of bytes.
public enum IDX {
  private static let types: [UInt8: StoredType] = [
    0x08: .u8, 0x09: .i8, 0x0b: .i16, 0x0c: .i32, 0x0d: .f32, 0x0e: .f64,
  ]

  /// Reads a file: whole numbers are i64.
  ///
  /// - Throws: an io error that names the file and what is wrong with it.
  public static func read(_ location: FileLocation) throws -> Tensor {
    let file = try FileReader.unpacking(location)
    let start = try file.bytes(at: 0, count: min(4, file.size))
    guard start.count == 4, start[0] == 0, start[1] == 0 else {
      throw try file.otherKind(than: "an IDX file")
    }
    guard let type = types[start[2]] else {
      throw file.damaged("its elements are of the type \(start[2]), which IDX does not have")
    }
    let rank = Int(start[3])
    guard rank <= Shape.maximumRank else {
      throw TensorError(
        .io, "\(file.path.excerpt) has \(rank) axes, and at most \(Shape.maximumRank) are read")
    }
    let data = 4 + 4 * rank
    guard data <= file.size else {
      throw file.damaged("it ends at byte \(file.size), in its shape")
    }
    let header = try file.bytes(at: 4, count: 4 * rank)
    let extents = (0..<rank).map { axis in
      header[4 * axis..<4 * axis + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    guard let shape = try? Shape(extents), type.bytes(of: shape) == file.size - data else {
      throw file.damaged(
        "its elements of shape \(extents) need other than \(file.size - data) bytes")
    }
    return try file.tensor(shape, type, at: data, isBigEndian: true)
  }

  /// Writes bytes, in place of what the file held only when all of it is on disk: whole numbers of 0 to 255,
  /// or floats of 0 to 1 as their share of 255.
  ///
  /// - Throws: a value error with the number that is neither, a shape error where the name says another number
  ///   of axes.
  public static func write(_ tensor: Tensor, to location: FileLocation) throws {
    if let axes = axes(inName: location.name), axes != tensor.rank {
      throw TensorError(
        .shape,
        "the name \(location.name.excerpt) says \(axes) \(axes == 1 ? "axis" : "axes"), and this is "
          + tensor.typeDescription)
    }
    if let extent = tensor.shape.array.first(where: { $0 > UInt32.max }) {
      throw TensorError(
        .value, "an axis of an IDX file has at most \(UInt32.max) places, not \(extent)")
    }
    let bytes = try tensor.byteSamples(isPicture: false)
    try FileWriter.replacePacking(location) { file in
      try file.write([0, 0, 0x08, UInt8(tensor.rank)])
      for extent in tensor.shape.array {
        try file.write((0..<4).reversed().map { UInt8(truncatingIfNeeded: extent >> (8 * $0)) })
      }
      try bytes.withUnsafeBytes { try file.write($0) }
    }
  }

  /// Whether a name, in small letters and without `.gz`, is that of such a file: `…-idx3-ubyte`,
  /// `….idx3-ubyte`, `….idx3`, `….idx`.
  package static func isName(_ name: some StringProtocol) -> Bool {
    name.hasSuffix(".idx") || axes(inName: String(name)) != nil
  }

  /// The number of axes that a name says.
  private static func axes(inName name: String) -> Int? {
    var rest = name.lowercased()[...]
    if rest.hasSuffix(".gz") { rest = rest.dropLast(3) }
    let isTyped = rest.hasSuffix("-ubyte")
    if isTyped { rest = rest.dropLast("-ubyte".count) }
    guard let digit = rest.popLast(), let axes = digit.wholeNumberValue, digit.isASCII,
      rest.hasSuffix(".idx") || isTyped && rest.hasSuffix("-idx")
    else { return nil }
    return axes
  }
}
