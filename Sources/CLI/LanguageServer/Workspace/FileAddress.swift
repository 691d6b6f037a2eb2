// How editors name files (RFC 8089): `file:///a%20folder/program.mos`.

import Language

/// The names of one file: an editor's, and the system's.
enum FileAddress {
  /// The path of an address; nil where it names no file, as `untitled:Untitled-1` does.
  static func path(of address: String) -> String? {
    guard address.prefix(7).lowercased() == "file://" else { return nil }
    // An authority, as in `file://localhost/a`, stands before the first slash.
    let escaped = address.utf8.dropFirst(7).drop { $0 != UInt8(ascii: "/") }
    var bytes: [UInt8] = []
    var rest = escaped
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2, let code = code(rest.prefix(2)) {
        bytes.append(code)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    guard !bytes.isEmpty, !bytes.contains(0) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func code(_ digits: Substring.UTF8View) -> UInt8? {
    let text = String(decoding: digits, as: UTF8.self)
    return text.allSatisfy(\.isHexDigit) ? UInt8(text, radix: 16) : nil
  }

  /// The address of a file.
  static func address(of path: String) -> String {
    var address = "file://"
    for byte in path.utf8 {
      let scalar = UnicodeScalar(byte)
      let isPlain = byte < 0x80 && Character(scalar).isLetter || isDigit(byte)
      if isPlain || "/-._~".unicodeScalars.contains(scalar) {
        address.unicodeScalars.append(scalar)
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        address += "%" + (digits.count == 1 ? "0" : "") + digits
      }
    }
    return address
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// What tells a file from others: its path without links, also of one that does not lie there yet.
  static func identity(ofPath path: String) -> String {
    if let found = canonicalPath(path) { return found }
    let (folder, name) = parts(of: path)
    return (canonicalPath(folder) ?? folder) + "/" + name
  }

  /// The folder of a path, and the name in it.
  static func parts(of path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    return (
      slash == path.startIndex ? "/" : String(path[..<slash]),
      String(path[path.index(after: slash)...])
    )
  }
}
