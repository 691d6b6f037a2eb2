// What a file is by its first bytes, for messages: one that is sound and of another kind than its name
// says is not called damaged.

/// A kind of file that begins in a way of its own.
struct FileKind {
  /// `a JPEG picture`.
  var name: String
  private var start: [UInt8]
  /// What to do with it.
  var advice: String

  private init(_ name: String, _ start: [UInt8], _ advice: String) {
    (self.name, self.start, self.advice) = (name, start, advice)
  }

  /// Whether a text may begin so, too.
  var isText: Bool { start.allSatisfy { (0x20..<0x7f).contains($0) } }

  /// The kind that bytes begin as.
  static func beginning(_ bytes: some Collection<UInt8>) -> FileKind? {
    let isUnpackable = bytes.count > 9 && Array(bytes.prefix(10).suffix(3)) == Array("{\"_".utf8)
    return all.first { !$0.start.isEmpty && bytes.starts(with: $0.start) }
      ?? (isUnpackable ? safetensors : nil)
  }

  private static let safetensors = FileKind(
    "a safetensors file", [], "give it a name that ends in .safetensors")

  private static let all: [FileKind] = [
    FileKind("a PNG picture", [0x89] + Array("PNG".utf8), "give it a name that ends in .png"),
    FileKind("a JPEG picture", [0xff, 0xd8, 0xff], "convert it to PNG"),
    FileKind("a GIF picture", Array("GIF89a".utf8), "convert it to PNG"),
    FileKind("a GIF picture", Array("GIF87a".utf8), "convert it to PNG"),
    FileKind("a TIFF picture", [0x49, 0x49, 0x2a, 0x00], "convert it to PNG"),
    FileKind("a TIFF picture", [0x4d, 0x4d, 0x00, 0x2a], "convert it to PNG"),
    FileKind("a gzip file", [0x1f, 0x8b], "add .gz to its name"),
    FileKind("a .npy array", [0x93] + Array("NUMPY".utf8), "give it a name that ends in .npy"),
    FileKind(
      "a zip archive", [0x50, 0x4b, 0x03, 0x04],
      "give it a name that ends in .npz where it holds .npy arrays, and save others as .npz or .safetensors"
    ),
    FileKind("a zip archive without files", [0x50, 0x4b, 0x05, 0x06], "look what it was made of"),
    FileKind("an xz file", [0xfd] + Array("7zXZ".utf8), "unpack it, or pack it by gzip"),
    FileKind("a bzip2 file", Array("BZh".utf8), "unpack it, or pack it by gzip"),
    FileKind("a Zstandard file", [0x28, 0xb5, 0x2f, 0xfd], "unpack it, or pack it by gzip"),
    FileKind("an HDF5 file", [0x89] + Array("HDF".utf8), "save its arrays as .npz"),
    FileKind("a Parquet file", Array("PAR1".utf8), "save its table as .csv"),
    FileKind("a MATLAB file", Array("MATLAB 5.0 MAT".utf8), "save its arrays as .npz"),
    FileKind("a PDF document", Array("%PDF".utf8), "save its table as .csv"),
    FileKind("a UTF-16 text", [0xff, 0xfe], "save it as UTF-8"),
    FileKind("a UTF-16 text", [0xfe, 0xff], "save it as UTF-8"),
    FileKind(
      "a pickle of Python", [0x80, 0x02], "save its tensors as .safetensors, its arrays as .npz"),
    FileKind(
      "a pickle of Python", [0x80, 0x04], "save its tensors as .safetensors, its arrays as .npz"),
    FileKind(
      "a pickle of Python", [0x80, 0x05], "save its tensors as .safetensors, its arrays as .npz"),
  ]
}

extension FileReader {
  /// The error for a file that does not begin as its kind of file does: what it is instead, where that
  /// is known, else that it is damaged.
  func otherKind(than wanted: String) throws -> TensorError {
    let start = try bytes(at: 0, count: min(16, size))
    if size == 0 {
      return TensorError(.io, "\(path.excerpt) is empty, and no \(FileReader.bare(wanted))")
    }
    guard let kind = FileKind.beginning(start), kind.name != wanted else {
      return damaged("it does not begin as \(wanted)")
    }
    let isTwicePacked = isUnpacked && kind.name == "a gzip file"
    return TensorError(
      .io, "\(path.excerpt) \(isUnpacked ? "holds" : "is") \(kind.name), not \(wanted)",
      hint: isTwicePacked ? "it is packed twice: unpack it once" : kind.advice)
  }

  /// A kind without its article.
  private static func bare(_ kind: String) -> String {
    kind.split(separator: " ").dropFirst().joined(separator: " ")
  }
}
