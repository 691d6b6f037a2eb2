// Safetensors: what is written is read to the bit, by us and as others write it; what is damaged
// is an error that says where.

import Platform
import TensorSupport
import TestSupport
import Testing

@testable import Tensors

/// A file that is wrong, and what reading it says.
struct DamagedFile: CustomTestStringConvertible {
  var bytes: [UInt8]
  /// What follows the name of the file and the place in its header.
  var complaint: String

  /// A file with a header and so many bytes of data.
  init(_ header: String, data: Int = 0, claiming length: UInt64? = nil, _ complaint: String) {
    let length = length ?? UInt64(header.utf8.count)
    bytes = (0..<8).map { UInt8(truncatingIfNeeded: length >> UInt64(8 * $0)) }
    bytes += Array(header.utf8) + [UInt8](repeating: 0, count: data)
    self.complaint = complaint
  }

  var testDescription: String { complaint }

  /// What reading the bytes says.
  func found() throws -> String? {
    try Files.withTemporaryFolder { folder in
      let path = folder + "/x.safetensors"
      try FileWriter.replace(FileLocation(path)) { try $0.write(bytes) }
      return message { try Safetensors(contentsOf: FileLocation(path)) }
    }
  }

  /// An entry of a header.
  static func entry(_ name: String, _ dtype: String, _ shape: String, _ offsets: String) -> String {
    "\"\(name)\":{\"dtype\":\"\(dtype)\",\"shape\":[\(shape)],\"data_offsets\":[\(offsets)]}"
  }

  /// A file with one tensor.
  init(
    _ dtype: String, _ shape: String, _ offsets: String, data: Int = 0, _ complaint: String
  ) {
    self.init("{\(DamagedFile.entry("x", dtype, shape, offsets))}", data: data, complaint)
  }

  static let table: [DamagedFile] = [
    DamagedFile(
      "{}", claiming: .max, "its header claims 18446744073709551615 bytes, and 2 follow its length"),
    DamagedFile("{}", claiming: 3, "its header claims 3 bytes, and 2 follow its length"),
    DamagedFile(" {}", "its header: it does not begin with `{`"),
    DamagedFile("{}", data: 4, "its header: its tensors take 0 bytes, and 4 follow it"),
    DamagedFile(
      "{} x", "the JSON text is wrong at line 1, column 4: there is more after the value"),
    DamagedFile(
      "F64", "2", "0,8", data: 8,
      "tensor \"x\" of F64[2] takes 16 bytes, and its data_offsets are [0, 8]"),
    DamagedFile(
      "F64", "", "8,16", data: 16,
      "tensor \"x\" begins at byte 8 of the data, and what comes before it ends at 0"),
    DamagedFile(
      "{\(entry("x", "I8", "2", "0,2")),\(entry("y", "I8", "2", "1,3"))}", data: 3,
      "tensor \"y\" begins at byte 1 of the data, and what comes before it ends at 2"),
    DamagedFile("I8", "2", "0,2", data: 1, "its header: its tensors take 2 bytes, and 1 follow it"),
    DamagedFile(
      "{\(entry("x", "I8", "0", "0,0")),\(entry("x", "I8", "0", "0,0"))}", "\"x\" comes twice"),
    DamagedFile(
      "I8", "4294967296,4294967296", "0,0",
      "tensor \"x\" has the shape [4294967296, 4294967296], too large for any memory"),
    DamagedFile(
      "F64", "1152921504606846975", "0,0",
      "tensor \"x\" of F64[1152921504606846975] takes 9223372036854775800 bytes, and its "
        + "data_offsets are [0, 0]"),
    DamagedFile("I8", "-1", "0,0", "a whole number from 0 on is missing"),
    DamagedFile("I8", "1,1,1,1,1,1,1,1,1", "0,0", "tensor \"x\" has more than 8 axes"),
    DamagedFile("I8", "0", "0", "tensor \"x\" needs dtype, shape and two data_offsets"),
    DamagedFile(
      "I8", "0", "1,0", "tensor \"x\" of I8[0] takes 0 bytes, and its data_offsets are [1, 0]"),
    DamagedFile("{\"x\":" + String(repeating: "[", count: 100_000), "`{` is missing"),
    DamagedFile(
      "{\"x\":{\"a\":" + String(repeating: "[", count: 100_000),
      "values are nested more than 16 levels deep"),
    DamagedFile("{\"__metadata__\":{\"a\":1}}", "a text in quotation marks is missing"),
  ]
}

@Suite struct SafetensorsTests {
  @Test(
    arguments: DType.allCases, [[], [1], [0], [0, 3], [5], [2, 3, 4], [1, 1, 1, 1, 1, 1, 1, 2]])
  func `tensors of any dtype and shape come back to the bit`(_ dtype: DType, _ shape: [Int]) throws
  {
    try Files.withTemporaryFolder { folder in
      let tensor = try counting(shape, dtype)
      try Safetensors([("x", tensor)]).write(to: FileLocation(folder + "/x"))
      let back = try Safetensors(contentsOf: FileLocation(folder + "/x")).tensors
      #expect(back.map(\.name) == ["x"])
      #expect(back[0].tensor.dtype == dtype && back[0].tensor.shape == tensor.shape)
      #expect(bytes(of: back[0].tensor) == bytes(of: tensor))
    }
  }

  @Test func `nan, infinities and the sign of zero stay`() throws {
    try Files.withTemporaryFolder { folder in
      let payload = Double(bitPattern: 0x7ff8_0000_dead_beef)
      let tensor = try tensor([payload, -0.0, .infinity, -.infinity, 5e-324])
      try Safetensors([("x", tensor)]).write(to: FileLocation(folder + "/x"))
      #expect(
        bytes(of: try Safetensors(contentsOf: FileLocation(folder + "/x")).tensors[0].tensor)
          == bytes(of: tensor)
      )
    }
  }

  @Test func `views are written as they are seen, names and texts with any characters`() throws {
    try Files.withTemporaryFolder { folder in
      let grid = try counting([2, 3]).swappedAxes(0, 1)
      let name = "a.\"b\"\n\u{1}θ😀"
      try Safetensors(
        [("flag", Tensor(true)), (name, grid), ("", Tensor(1.5, dtype: .f32))],
        metadata: [("k\\", name)]
      ).write(to: FileLocation(folder + "/x"))
      let back = try Safetensors(contentsOf: FileLocation(folder + "/x"))
      #expect(Set(back.tensors.map(\.name)) == ["flag", name, ""])
      #expect(back[metadata: "k\\"] == name)
      #expect(try back.tensors.first { $0.name == name }?.tensor.doubles == [0, 3, 1, 4, 2, 5])
    }
  }

  @Test func `a file of the format's own library is read, narrow types as the nearest`() throws {
    try Files.withTemporaryFolder { folder in
      try FileWriter.replace(FileLocation(folder + "/x")) { try $0.write(FileOracle.safetensors) }
      let file = try Safetensors(contentsOf: FileLocation(folder + "/x"))
      func values(_ name: String) throws -> String {
        let tensor = try #require(file.tensors.first { $0.name == name }?.tensor)
        return "\(tensor.typeDescription) \(tensor.doubles)"
      }
      #expect(try values("weight") == "f64[2, 3] [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]")
      #expect(try values("narrow") == "f32[1] [0.10000000149011612]")
      #expect(try values("count") == "i64 [7.0]")
      #expect(try values("flags") == "bool[3] [1.0, 0.0, 1.0]")
      #expect(try values("none") == "f64[0, 3] []")
      #expect(
        try values("half") == "f32[6] [1.5, -0.0, 5.960464477539063e-08, 65504.0, inf, nan]")
      #expect(try values("bytes") == "i64[2] [0.0, 255.0]")
      #expect(try values("short") == "i64[2] [-2.0, 3.0]")
      #expect(try values("signed") == "i64[2] [-128.0, 127.0]")
      #expect(try values("int") == "i64[1] [-5.0]")
      #expect(file[metadata: "note"] == "a \"b\" θ")
      try FileWriter.replace(FileLocation(folder + "/b")) { try $0.write(FileOracle.bfloat16) }
      let wide = try Safetensors(contentsOf: FileLocation(folder + "/b")).tensors[0].tensor
      #expect(wide.dtype == .f32)
      #expect(try wide.doubles == [1, -2.5, .infinity, 0x1p-130])
    }
  }

  @Test(arguments: DamagedFile.table)
  func `a damaged file is an error that says where`(_ file: DamagedFile) throws {
    let found = try #require(try file.found())
    #expect(found.hasSuffix(file.complaint) && found.contains("/x.safetensors\" is damaged: "))
  }

  @Test func `a dtype that is not read is no damage`() throws {
    let found = try DamagedFile("F8_E4M3", "0", "0,0", "").found()
    #expect(
      found?.hasSuffix(
        "/x.safetensors\" is of the dtype \"F8_E4M3\", and F64, F32, I64, BOOL, F16, BF16, I32, I16, I8, "
          + "U64, U32, U16, U8 are read") == true)
  }

  @Test func `bytes that are no text, or no bool, or too few, are errors`() throws {
    var file = DamagedFile("{\"x\":{}}", "its header: it is not UTF-8 text")
    file.bytes[11] = 0xff
    #expect(try file.found()?.hasSuffix(file.complaint) == true)
    file = DamagedFile("BOOL", "2", "0,2", data: 2, "is 2, neither 0 nor 1")
    file.bytes[file.bytes.count - 1] = 2
    #expect(try file.found()?.hasSuffix(file.complaint) == true)
    file.bytes = [1, 2, 3]
    file.complaint = "it has 3 bytes, and the length of its header takes 8"
    #expect(try file.found()?.hasSuffix(file.complaint) == true)
  }

  @Test func `every truncation of a file is an error`() throws {
    try Files.withTemporaryFolder { folder in
      for count in 0..<FileOracle.safetensors.count {
        try FileWriter.replace(FileLocation(folder + "/x")) {
          try $0.write(FileOracle.safetensors.prefix(count))
        }
        #expect(message { try Safetensors(contentsOf: FileLocation(folder + "/x")) } != nil)
      }
    }
  }

  @Test func `a write that fails leaves the old file and nothing else`() throws {
    try Files.withTemporaryFolder { folder in
      let path = folder + "/x"
      try FileWriter.replace(FileLocation(path)) { try $0.write([1, 2, 3]) }
      chmod(path, 0o640)
      #expect(
        message {
          try FileWriter.replace(FileLocation(path)) { file in
            try file.write([UInt8](repeating: 7, count: 100_000))
            throw TensorError(.io, "the disk is full")
          }
        } == "the disk is full")
      #expect(try FileReader(FileLocation(path)).bytes() == [1, 2, 3])
      #expect(Files.find(under: folder, endingIn: "") == [path])
      try FileWriter.replace(FileLocation(path)) { try $0.write([4]) }
      var status = stat()
      stat(path, &status)
      #expect(status.st_mode & 0o777 == 0o640)
      symlink(path, folder + "/link")
      try FileWriter.replace(FileLocation(folder + "/link")) { try $0.write([5]) }
      #expect(try FileReader(FileLocation(path)).bytes() == [5])
    }
  }

  @Test func `folders and devices are neither read nor replaced`() {
    #expect(message { try FileReader("/tmp") } == "cannot read \"/tmp\": it is not a regular file")
    #expect(
      message { try FileWriter.replace("/dev/null") { try $0.write([1]) } }
        == "cannot write \"/dev/null\": it is not a regular file")
  }

  private func bytes(of tensor: Tensor) -> [UInt8] {
    tensor.withElements {
      Array(UnsafeRawBufferPointer(start: $0, count: tensor.count * tensor.dtype.size))
    }
  }
}
