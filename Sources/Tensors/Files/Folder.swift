// A folder that a program may use files of, and the names that lead into it.
//
// A name is followed here, component by component, and not by the system: what lies neither in a granted
// folder nor on the way that the host itself named is not even looked at, so that a refusal tells nothing
// of what there is, and a folder is named as the host named it or as it lies. Names are compared by bytes; texts
// that differ in bytes may be equal in Swift.

import Platform

/// A folder, held open from the time when it was granted.
package final class Folder: Sendable {
  /// The name that the host gave.
  package let name: String
  /// Where it lies, links followed.
  private let steps: [PathStep]
  /// What lies on the host's way to it: folders above it, and links.
  private let way: Set<[PathStep]>
  /// The open folder; -1 where the name stands for none.
  let descriptor: Int32

  /// The folder of a name; its files are none where there is no such folder.
  package init(_ name: String) {
    self.name = name
    var way: Set<[PathStep]> = []
    let followed = PathFollower.follow(name) { steps in
      way.insert(steps)
      return true
    }
    steps = followed ?? []
    for count in 0..<max(steps.count, 1) { way.insert(Array(steps.prefix(count))) }
    self.way = way
    descriptor = followed.map { open(PathFollower.text($0), FileEntry.stepFlags) } ?? -1
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Whether the name stood for a folder when it was granted.
  package var isFolder: Bool { descriptor >= 0 }

  /// Whether a place is the folder or in it.
  fileprivate func holds(_ place: [PathStep]) -> Bool { isFolder && place.starts(with: steps) }

  /// Whether a place may be looked at on the way into the folder.
  fileprivate func shows(_ place: [PathStep]) -> Bool {
    holds(place) || isFolder && way.contains(place)
  }

  /// The steps from the folder to a place in it.
  fileprivate func way(to place: [PathStep]) -> [PathStep] { Array(place.dropFirst(steps.count)) }
}

extension FileLocation {
  /// The file of a name in one of the folders; nil where it lies in none of them.
  ///
  /// - Throws: an io error for what is no name of a file anywhere.
  package init?(_ name: String, in folders: [Folder], to verb: String) throws {
    try FileLocation.requireName(name, to: verb)
    let place = PathFollower.follow(name) { place in folders.contains { $0.shows(place) } }
    guard let place, let folder = folders.first(where: { $0.holds(place) }) else { return nil }
    let last = PathFollower.steps(name).last
    let namesFolder = name.utf8.last == UInt8(ascii: "/") || last == [46] || last == [46, 46]
    self.init(name, in: folder, at: folder.way(to: place), namesFolder: namesFolder)
  }
}

/// The name of a file in its folder, as bytes.
typealias PathStep = [UInt8]

/// Following names through links, from the root of the file system.
enum PathFollower {
  /// The links that the system follows at most.
  private static let mostLinks = 40

  /// The place without links that a name stands for, be there something or not; nil where a place on the
  /// way may not be looked at, or where links lead in a circle.
  static func follow(_ name: String, mayLookAt: ([PathStep]) -> Bool) -> [PathStep]? {
    guard name.utf8.count < PATH_MAX, !name.utf8.isEmpty, !name.utf8.contains(0) else { return nil }
    let start = name.utf8.first == UInt8(ascii: "/") ? [] : workingFolder()
    guard var place = start else { return nil }
    var rest = Array(steps(name).reversed())
    var links = 0
    while let step = rest.popLast() {
      switch step {
      case [46]: continue
      case [46, 46]: _ = place.popLast()
      default:
        place.append(step)
        guard mayLookAt(place) else { return nil }
        guard let target = link(at: place) else { continue }
        links += 1
        guard links <= mostLinks else { return nil }
        place.removeLast()
        if target.first == UInt8(ascii: "/") { place = [] }
        rest += split(target).reversed()
      }
    }
    return place
  }

  /// The steps of a name.
  static func steps(_ name: String) -> [PathStep] { split(Array(name.utf8)) }

  /// The absolute path of a place.
  static func text(_ place: [PathStep]) -> [CChar] {
    (place.isEmpty ? [47] : place.flatMap { [47] + $0 }).map(CChar.init(bitPattern:)) + [0]
  }

  private static func split(_ bytes: [UInt8]) -> [PathStep] {
    bytes.split(separator: UInt8(ascii: "/")).map { Array($0) }
  }

  /// Where the process is; nil where that is no longer in the file system.
  private static func workingFolder() -> [PathStep]? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    guard getcwd(&buffer, buffer.count) != nil, buffer[0] == 47 else { return nil }
    return split(buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)))
  }

  /// What a link says; nil for what is no link, or is not there.
  private static func link(at place: [PathStep]) -> [UInt8]? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = readlink(text(place), &buffer, buffer.count)
    return length < 0 ? nil : buffer.prefix(length).map(UInt8.init(bitPattern:))
  }
}
