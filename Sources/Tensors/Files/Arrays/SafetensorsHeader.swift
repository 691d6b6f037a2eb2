// The header of a safetensors file, as Hugging Face publishes the format
// (github.com/huggingface/safetensors): a JSON object with an entry for each tensor,
//
//     "name": {"dtype": "F64", "shape": [2, 3], "data_offsets": [0, 48]}
//
// and, under `__metadata__`, a map from text to text. Offsets count from the end of the header.
//
// Invariant of a header that was read: names are unique, every shape's bytes are exactly its span,
// and the spans follow one another without a gap from 0 to the end of the data.

/// What a safetensors file holds, without the elements.
struct SafetensorsHeader {
  /// One tensor.
  struct Entry {
    var name: String
    var type: StoredType
    var shape: Shape
    /// The bytes of the data that are its elements.
    var span: Range<Int>
  }

  /// The key that is no tensor.
  static let metadataKey = "__metadata__"
  /// The greatest header that is read, the bound of the format's own library.
  static let sizeLimit = 100_000_000

  var entries: [Entry] = []
  var metadata: [(key: String, value: String)] = []

  /// Reads and checks a header.
  ///
  /// - Parameters:
  ///   - path: the name of the file, for the message that a dtype is not read.
  ///   - dataSize: the bytes of the file that follow the header.
  /// - Throws: a value error that names the tensor, or the line and column, and what is wrong.
  init(parsing bytes: [UInt8], of path: String, dataSize: Int) throws {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw TensorError(.value, "it is not UTF-8 text")
    }
    guard bytes.first == UInt8(ascii: "{") else {
      throw TensorError(.value, "it does not begin with `{`")
    }
    // An entry is three levels deep; what other programs may add to one has some room.
    var reader = JSONReader(bytes, maximumDepth: 16)
    var names = Set<String>()
    try reader.readObject { reader, name in
      guard names.insert(name).inserted else { throw reader.mistake("\(name.excerpt) comes twice") }
      if name == SafetensorsHeader.metadataKey {
        metadata = try SafetensorsHeader.readMetadata(&reader)
      } else {
        entries.append(try SafetensorsHeader.readEntry(&reader, name, path))
      }
    }
    try reader.finish()
    try checkSpans(dataSize)
  }

  private static func readMetadata(
    _ reader: inout JSONReader
  ) throws -> [(key: String, value: String)] {
    var pairs: [(key: String, value: String)] = []
    var keys = Set<String>()
    try reader.readObject { reader, key in
      guard keys.insert(key).inserted else { throw reader.mistake("\(key.excerpt) comes twice") }
      pairs.append((key, try reader.readText()))
    }
    return pairs
  }

  private static func readEntry(
    _ reader: inout JSONReader, _ name: String, _ path: String
  ) throws -> Entry {
    var type: StoredType?
    var extents: [Int]?
    var offsets: [Int]?
    try reader.readObject { reader, key in
      switch key {
      case "dtype" where type == nil:
        let text = try reader.readText()
        guard let known = StoredType(rawValue: text) else {
          throw SafetensorsHeader.unread(text, name, path)
        }
        type = known
      case "shape" where extents == nil:
        extents = try readCounts(
          &reader, atMost: Shape.maximumRank, "tensor \(name.excerpt) has more than 8 axes")
      case "data_offsets" where offsets == nil:
        offsets = try readCounts(
          &reader, atMost: 2, "tensor \(name.excerpt) has more than two data_offsets")
      case "dtype", "shape", "data_offsets":
        throw reader.mistake("tensor \(name.excerpt) has \(key) twice")
      default: try reader.skipValue()
      }
    }
    guard let type, let extents, let offsets, offsets.count == 2 else {
      throw reader.mistake("tensor \(name.excerpt) needs dtype, shape and two data_offsets")
    }
    guard let shape = try? Shape(extents), let size = type.bytes(of: shape) else {
      throw reader.mistake(
        "tensor \(name.excerpt) has the shape \(extents), too large for any memory")
    }
    guard offsets[0] <= offsets[1], offsets[1] - offsets[0] == size else {
      throw reader.mistake(
        "tensor \(name.excerpt) of \(type.rawValue)\(shape) takes \(size) bytes, "
          + "and its data_offsets are \(offsets)")
    }
    return Entry(name: name, type: type, shape: shape, span: offsets[0]..<offsets[1])
  }

  /// The error for a dtype that is not read: it may be one of the format's.
  private static func unread(_ dtype: String, _ name: String, _ path: String) -> TensorError {
    let names = StoredType.allCases.map(\.rawValue).joined(separator: ", ")
    return TensorError(
      .io,
      "tensor \(name.excerpt) of \(path.excerpt) is of the dtype \(dtype.excerpt), and \(names) are "
        + "read",
      hint: "save it as one of these: x.float() in PyTorch")
  }

  /// Whole numbers from 0 on; no more are kept than there may be.
  private static func readCounts(
    _ reader: inout JSONReader, atMost limit: Int, _ complaint: String
  ) throws -> [Int] {
    var counts: [Int] = []
    try reader.readArray { reader in
      guard counts.count < limit else { throw reader.mistake(complaint) }
      guard case .whole(let count) = try reader.readNumber(), count >= 0 else {
        throw reader.mistake("a whole number from 0 on is missing")
      }
      counts.append(count)
    }
    return counts
  }

  private func checkSpans(_ dataSize: Int) throws {
    var end = 0
    let inOrder = entries.sorted {
      ($0.span.lowerBound, $0.span.upperBound) < ($1.span.lowerBound, $1.span.upperBound)
    }
    for entry in inOrder {
      guard entry.span.lowerBound == end else {
        throw TensorError(
          .value,
          "tensor \(entry.name.excerpt) begins at byte \(entry.span.lowerBound) of the data, "
            + "and what comes before it ends at \(end)")
      }
      end = entry.span.upperBound
    }
    guard end == dataSize else {
      throw TensorError(.value, "its tensors take \(end) bytes, and \(dataSize) follow it")
    }
  }
}

// MARK: - Writing

extension SafetensorsHeader {
  /// The header of tensors in the order of their elements.
  init(of tensors: [(name: String, tensor: Tensor)], metadata: [(key: String, value: String)]) {
    self.metadata = metadata
    var end = 0
    for (name, tensor) in tensors {
      let start = end
      end += tensor.count * tensor.dtype.size
      entries.append(
        Entry(
          name: name, type: StoredType(tensor.dtype), shape: tensor.shape, span: start..<end))
    }
  }

  /// The JSON text, with spaces at its end to a multiple of eight bytes, as the format asks for.
  var text: String {
    var members: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.map { "\($0.key.inJSON):\($0.value.inJSON)" }.joined(separator: ",")
      members.append("\(SafetensorsHeader.metadataKey.inJSON):{\(pairs)}")
    }
    for entry in entries {
      let extents = entry.shape.array.map(String.init).joined(separator: ",")
      members.append(
        "\(entry.name.inJSON):{\"dtype\":\"\(entry.type.rawValue)\",\"shape\":[\(extents)],"
          + "\"data_offsets\":[\(entry.span.lowerBound),\(entry.span.upperBound)]}")
    }
    let text = "{" + members.joined(separator: ",") + "}"
    return text + String(repeating: " ", count: -text.utf8.count & 7)
  }
}
