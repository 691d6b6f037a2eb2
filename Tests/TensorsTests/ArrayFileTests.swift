// Arrays and tables of other programs.

import TensorSupport
import TestSupport
import Testing

@testable import Tensors

/// Writes bytes to a file and gives what the body makes of its path.
private func with<R>(_ bytes: some Sequence<UInt8>, _ body: (String) throws -> R) throws -> R {
  try Files.withTemporaryFolder { folder in
    let path = folder + "/file"
    try FileWriter.replace(FileLocation(path)) { try $0.write(bytes) }
    return try body(path)
  }
}

/// `f64[2] [0.0, 1.0]`
private func text(_ tensor: Tensor) throws -> String {
  "\(tensor.typeDescription) \(tensor.doubles)"
}

/// The same, or texts with their shape.
private func text(_ contents: NPY.Contents) throws -> String {
  switch contents {
  case .numbers(let tensor): try text(tensor)
  case .texts(let texts, let extents): "\(extents) \(texts)"
  }
}

@Suite struct ArrayFileTests {
  @Test(
    arguments: [
      (FileOracle.npy, "f64[2, 3] [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]"),
      (FileOracle.npyFortran, "f64[2, 3] [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]"),
      (FileOracle.npyVersion2, "f32[2, 3] [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]"),
      (FileOracle.npyVersion3, "i64[2, 1] [1.0, -2.0]"),
      (FileOracle.npyScalar, "f64 [2.5]"),
      (FileOracle.npyEmpty, "f64[0, 3] []"),
      (FileOracle.npyBools, "bool[2] [1.0, 0.0]"),
      (FileOracle.npyBigEndian, "f64[2, 3] [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]"),
      (FileOracle.npyHalves, "f32[6] [1.5, -0.0, 5.960464477539063e-08, 65504.0, inf, nan]"),
    ] as [([UInt8], String)])
  func `arrays that NumPy wrote are read`(_ bytes: [UInt8], _ expected: String) throws {
    #expect(try with(bytes) { try text(NPY.read(FileLocation($0))) } == expected)
  }

  @Test(arguments: [[], [1], [0, 2], [2, 3], [2, 1, 3]], DType.allCases)
  func `arrays are written as NumPy writes them`(_ shape: [Int], _ dtype: DType) throws {
    try Files.withTemporaryFolder { folder in
      let tensor = try counting(shape, dtype)
      try NPY.write(tensor, to: FileLocation(folder + "/x"))
      try #expect(text(NPY.read(FileLocation(folder + "/x"))) == text(tensor))
      try NPZ.write([("a", tensor), ("b", Tensor(1))], to: FileLocation(folder + "/z"))
      let back = try NPZ.read(FileLocation(folder + "/z"))
      #expect(back.map(\.name) == ["a", "b"])
      try #expect(text(back[0].array) == text(tensor))
    }
    try Files.withTemporaryFolder { folder in
      try NPY.write(counting([2, 3]), to: FileLocation(folder + "/x"))
      #expect(try FileReader(FileLocation(folder + "/x")).bytes() == FileOracle.npy)
    }
  }

  @Test func `archives that NumPy wrote are read, stored and packed`() throws {
    func arrays(_ bytes: [UInt8]) throws -> [String] {
      try with(bytes) {
        try NPZ.read(FileLocation($0)).map { try "\($0.name) \(text($0.array))" }
      }
    }
    let grid = "weight f64[2, 3] [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]"
    #expect(try arrays(FileOracle.npz) == [grid, "count i64 [7.0]"])
    #expect(try arrays(FileOracle.npzCompressed) == [grid])
  }

  @Test func `packed archives are smaller, and come back`() throws {
    try Files.withTemporaryFolder { folder in
      let (stored, packed) = (folder + "/stored.npz", folder + "/packed.npz")
      let arrays = try [("a", Tensor.zeros(Shape([100, 100]))), ("b", counting([2, 3]))]
      try NPZ.write(arrays, to: FileLocation(stored))
      try NPZ.write(arrays, compressed: true, to: FileLocation(packed))
      let back = try NPZ.read(FileLocation(packed)).map { try text($0.array) }
      #expect(try back == arrays.map { try text($0.1) })
      #expect(
        try FileReader(FileLocation(packed)).size * 20 < FileReader(FileLocation(stored)).size)
    }
  }

  @Test func `texts are read with their shape`() throws {
    let contents = try with(FileOracle.npyText) { try NPY.contents(of: FileLocation($0)) }
    #expect(try text(contents) == "[2] [\"a\", \"bc\"]")
    let complaint = try with(FileOracle.npyText) { path in
      message { try NPY.read(FileLocation(path)) }
    }
    #expect(complaint?.hasSuffix("holds texts, where numbers are wanted") == true)
  }

  @Test func `a file that ends in gz is packed, as gunzip reads it`() throws {
    try Files.withTemporaryFolder { folder in
      let path = FileLocation(folder + "/x.npy.gz")
      try NPY.write(counting([2, 3]), to: path)
      #expect(try text(NPY.read(path)) == "f64[2, 3] [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]")
      let bytes = try FileReader(path).bytes()
      for count in 0..<bytes.count {
        try FileWriter.replace(path) { try $0.write(bytes.prefix(count)) }
        #expect(message { try NPY.read(path) } != nil)
      }
      // The checksum, and the length before it.
      for place in [bytes.count - 8, bytes.count - 1] {
        var wrong = bytes
        wrong[place] ^= 1
        try FileWriter.replace(path) { try $0.write(wrong) }
        #expect(message { try NPY.read(path) }?.contains("is damaged: its packed data") == true)
      }
      try FileWriter.replace(path) { try $0.write(bytes + [0, 0, 0]) }
      #expect(try text(NPY.read(path)) == "f64[2, 3] [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]")
      try FileWriter.replace(path) { try $0.write(bytes + [1]) }
      #expect(
        message { try NPY.read(path) }?.hasSuffix(
          "after its packed data, at byte \(bytes.count), come others") == true)
    }
  }

  @Test(arguments: [FileOracle.npy, FileOracle.npz, FileOracle.npzCompressed])
  func `every truncation is an error`(_ bytes: [UInt8]) throws {
    for count in 0..<bytes.count {
      let found = try with(bytes.prefix(count)) { path in
        message { try NPY.read(FileLocation(path)) } != nil
          && message { try NPZ.read(FileLocation(path)) } != nil
      }
      #expect(found)
    }
  }

  @Test(
    arguments: [
      (FileOracle.npyComplex, "holds complex numbers, which are not read"),
      (FileOracle.npyStructures, "holds structures of several fields, which are not read"),
      (FileOracle.npyObjects, "holds objects of Python, pickled, which are not read"),
      (FileOracle.npyLarge, "18446744073709551615, element 1 of"),
      (FileOracle.npz, "is a zip archive, not a .npy array"),
      (Array("\u{93}NUMPY".utf8), "is damaged: it does not begin as a .npy array"),
      ([], "is empty, and no .npy array"),
    ] as [([UInt8], String)])
  func `what is no array of numbers is an error`(_ bytes: [UInt8], _ expected: String) throws {
    let complaint = try with(bytes) { path in message { try NPY.read(FileLocation(path)) } }
    #expect(complaint?.contains(expected) == true, "\(complaint ?? "nothing")")
  }

  @Test func `a damaged entry does not pass its checksum`() throws {
    var bytes = FileOracle.npz
    let place = try #require(bytes.firstIndex(of: 0x40))
    bytes[place] ^= 1
    let complaint = try with(bytes) { path in message { try NPZ.read(FileLocation(path)) } }
    #expect(complaint?.contains("the checksum of \"weight.npy\" is wrong") == true)
  }
}

@Suite struct TableFileTests {
  private func columns(_ text: String) throws -> String {
    let table = try with(text.utf8) { try CSV(contentsOf: FileLocation($0)) }
    let columns = table.columns.map { column in
      switch column {
      case .numbers(let tensor): "\(tensor.dtype.name) \(tensor.doubles)"
      case .texts(let texts): "\(texts)"
      }
    }
    return (table.names.map { "\($0) " } ?? "") + columns.joined(separator: "; ")
  }

  @Test(arguments: [
    ("1,2\n3,4\n", "i64 [1.0, 3.0]; i64 [2.0, 4.0]"),
    ("1,2.5\r\n3,\r\n", "i64 [1.0, 3.0]; f64 [2.5, nan]"),
    ("x, y\n1,-inf", "[\"x\", \"y\"] i64 [1.0]; f64 [-inf]"),
    ("a,b\n\n1,true\n2,false\n\n", "[\"a\", \"b\"] i64 [1.0, 2.0]; bool [1.0, 0.0]"),
    ("\"1\",\"a,\"\"b\"\"\"\n7,\"8\"\n", "[\"1\", \"a,\\\"b\\\"\"] i64 [7.0]; [\"8\"]"),
    ("\u{feff}n\n1e3\n", "[\"n\"] f64 [1000.0]"),
    ("only,names\n", "[\"only\", \"names\"] f64 []; f64 []"),
    ("a;b\n1;x\n2;y,z\n", "[\"a\", \"b\"] i64 [1.0, 2.0]; [\"x\", \"y,z\"]"),
    ("1 2\n 3  4 \n", "i64 [1.0, 3.0]; i64 [2.0, 4.0]"),
    ("# x,y\n1,2\n# end\n", "[\"x\", \"y\"] i64 [1.0]; i64 [2.0]"),
    ("sep=|\na|b\n1|2\n", "[\"a\", \"b\"] i64 [1.0]; i64 [2.0]"),
    ("a,a,\n1,2,3\n", "[\"a\", \"a_2\", \"column_2\"] i64 [1.0]; i64 [2.0]; i64 [3.0]"),
  ])
  func `tables are read`(_ text: String, _ expected: String) throws {
    #expect(try columns(text) == expected)
  }

  @Test(arguments: [
    ("", "it has no rows"), ("1,2\n3\n", "line 2 has 1 cell, and the first row has 2"),
    ("a\n\"b", "line 2: a quotation mark is not closed"),
    ("1,5;2,5\n3,5;4,5\n", "its rows can be parted by \",\" or by \";\""),
    ("1,2\n#3,4\n", "line 2 begins with # and has 2 cells, as rows have"),
    ("\"a\"b\n", "line 1: there is more in the cell after the quotation mark"),
  ])
  func `what is no table is an error that names the line`(_ text: String, _ expected: String) throws
  {
    let complaint = try with(text.utf8) { path in
      message { try CSV(contentsOf: FileLocation(path)) }
    }
    #expect(complaint?.hasSuffix(expected) == true, "\(complaint ?? "nothing")")
  }
}
