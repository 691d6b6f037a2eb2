// The library that speaks MPI, libmos_mpi.so: it is looked for and loaded only where a process is one of several.
// Programs that are not need no MPI installed, and start as fast as ever.

import CMPI
import Platform

/// The functions of MPI.
struct MessageLibrary {
  let table: mos_mpi_table
  let path: String

  /// What went wrong last.
  var lastError: String { table.error().map { String(cString: $0) } ?? "" }

  /// The MPI that this is.
  var mpi: String { table.library().map { String(cString: $0) } ?? "" }

  private static let name = "libmos_mpi.so"

  /// Loads the library.
  ///
  /// - Throws: what is missing, and how to get it.
  static func load() throws -> MessageLibrary {
    let path = try find()
    // Its names are its own: none of MPI's takes the place of one of the program's.
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw RankError("cannot load \(path): \(dlerror().map { String(cString: $0) } ?? "")")
    }
    guard let symbol = dlsym(handle, MOS_MPI_ENTRY) else {
      throw RankError("\(path) has no function \(MOS_MPI_ENTRY); `make mpi` makes one that has")
    }
    typealias Entry = @convention(c) () -> UnsafePointer<mos_mpi_table>?
    guard let table = unsafeBitCast(symbol, to: Entry.self)() else {
      throw RankError("\(path) has no functions")
    }
    // Only its first field may be read before it is known to be of this version.
    let version = UnsafeRawPointer(table).load(as: Int32.self)
    guard version == Int32(MOS_MPI_VERSION) else {
      throw RankError(
        "\(path) is of version \(version), and this mos calls version \(MOS_MPI_VERSION); "
          + "`make mpi` makes the one that belongs to it")
    }
    return MessageLibrary(table: table.pointee, path: path)
  }

  /// Where the library lies: what MOS_MPI names, beside the binary, where packages put it, or where `make mpi`
  /// leaves it in the checkout that the binary was built in.
  ///
  /// - Throws: where there is none.
  static func find() throws -> String {
    if let named = getenv("MOS_MPI").map({ String(cString: $0) }), !named.isEmpty {
      guard access(named, R_OK) == 0 else {
        throw RankError("cannot read \(named), which MOS_MPI names: \(errorText())")
      }
      return named
    }
    guard let path = places.first(where: { access($0, R_OK) == 0 }) else {
      throw RankError(
        """
        there is no \(name), by which ranks speak MPI
          = install libopenmpi-dev and openmpi-bin, or libmpich-dev and mpich, run `make mpi` in the sources \
        of mos, and put .build/mpi/\(name) beside \(executable), or its path into MOS_MPI
        """)
    }
    return path
  }

  private static var places: [String] {
    let parts = executable.split(separator: "/")
    let folder = "/" + parts.dropLast().joined(separator: "/")
    var places = ["\(folder)/\(name)", "\(folder)/../lib/mos/\(name)"]
    if let build = parts.lastIndex(of: ".build") {
      places.append("/" + parts[...build].joined(separator: "/") + "/mpi/" + name)
    }
    return places
  }

  /// The file of the running program, links followed.
  static let executable: String = {
    #if os(Linux)
      let running = "/proc/self/exe"
    #else
      let running = CommandLine.arguments[0]
    #endif
    guard let path = realpath(running, nil) else { return CommandLine.arguments[0] }
    defer { free(path) }
    return String(cString: path)
  }()
}

/// Why a program cannot run on ranks.
struct RankError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
