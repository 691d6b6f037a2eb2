// The modules of the standard library as files, which editors open.
//
// The text of a module lies in the program. Where a folder of the editor has that very text, as the repository of Mos
// has, that is the file. Otherwise all of them are written, for reading alone, into the user's cache, in a folder whose
// name comes of what they hold: another version has another folder.

import Language
import Platform

/// Where the modules of the standard library lie.
struct StandardFiles {
  /// The folders that the editor has open.
  let folders: [String]

  /// The file of a module; nil where there is none and none can be written.
  func path(of module: StandardModule) -> String? {
    if let found = places(of: module).first(where: { holds($0, module) }) { return found }
    guard let cache = StandardFiles.cache else { return nil }
    UserFolder.make(for: cache)
    for module in StandardModule.embedded {
      let path = "\(cache)\(module.name).mos"
      let text = String(decoding: module.utf8, as: UTF8.self)
      if (try? writeFile(text, to: path)) != nil { chmod(path, 0o444) }
    }
    let path = "\(cache)\(module.name).mos"
    return holds(path, module) ? path : nil
  }

  /// The module whose file a path without links is.
  func module(atPath path: String) -> StandardModule? {
    let name = FileAddress.parts(of: path).name
    guard let module = StandardModule.embedded.first(where: { $0.name + ".mos" == name }) else {
      return nil
    }
    let isThere = places(of: module).contains { place in
      FileAddress.identity(ofPath: place) == path && holds(place, module)
    }
    return isThere ? module : nil
  }

  /// Where the file of a module may lie.
  private func places(of module: StandardModule) -> [String] {
    let folders = folders.map { $0 + "/stdlib/" } + (StandardFiles.cache.map { [$0] } ?? [])
    return folders.map { "\($0)\(module.name).mos" }
  }

  private func holds(_ path: String, _ module: StandardModule) -> Bool {
    guard let text = WorkspaceFiles.text(of: path) else { return false }
    return text.utf8.elementsEqual(module.utf8)
  }

  /// What the paths of this version's modules in the user's cache begin with; nil where there is no home, or none that
  /// is the same from wherever one looks.
  private static let cache: String? = {
    let path = UserFolder.cache.path(of: "stdlib-\(String(contents, radix: 16))/")
    return path?.hasPrefix("/") == true ? path : nil
  }()

  /// A number of what all modules hold (FNV-1a, 64 bits).
  private static let contents: UInt64 = {
    var number: UInt64 = 0xcbf2_9ce4_8422_2325
    for module in StandardModule.embedded {
      for byte in module.utf8 { number = (number ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
    return number
  }()
}
