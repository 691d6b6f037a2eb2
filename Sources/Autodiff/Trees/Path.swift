// Where something stands in a structure, as files, messages and `extract` spell it: `layers.0.weight`.
// A walk makes one at each step and writes it out only where somebody reads it.

import Tensors

/// The way from the top of a structure to one of its parts.
package final class Path: Sendable {
  private let parent: Path?
  private let step: Step
  /// The number of steps from the top.
  package let depth: Int

  private enum Step: Equatable {
    case member(String)
    case element(Int)

    var name: String {
      switch self {
      case .member(let name): name
      case .element(let index): String(index)
      }
    }
  }

  /// What one takes.
  package static let bytes = 64

  private init(_ parent: Path?, _ step: Step) {
    self.parent = parent
    self.step = step
    depth = parent.map { $0.depth + 1 } ?? 0
  }

  /// The structure itself, which has no name.
  package static let top = Path(nil, .member(""))

  /// The path that begins with a name; the top for an empty one.
  package static func named(_ name: String) -> Path { name.isEmpty ? top : top[name] }

  /// The member of a record or a model that stands here.
  package subscript(name: String) -> Path { Path(self, .member(name)) }

  /// The element of a list that stands here.
  package subscript(index: Int) -> Path { Path(self, .element(index)) }

  /// True for the structure itself.
  package var isTop: Bool { parent == nil }

  /// ` at layers.0.weight`, and nothing at the top, for the end of a message.
  package var phrase: String { isTop ? "" : " at \(shortened)" }

  /// The path as messages quote it.
  package var shortened: String { description.shortened }
}

extension Path: CustomStringConvertible {
  package var description: String {
    var steps: [String] = []
    var place = self
    while let parent = place.parent {
      steps.append(place.step.name)
      place = parent
    }
    return steps.reversed().joined(separator: ".")
  }
}

extension Path: Hashable {
  /// True for paths that are spelled alike: a record may have the key `layers.0.weight`, and lists are
  /// records with the keys 0, 1, … in files of other programs.
  package static func == (a: Path, b: Path) -> Bool {
    a.hasSameSteps(as: b) || a.description == b.description
  }

  private func hasSameSteps(as other: Path) -> Bool {
    var (a, b) = (self, other)
    while a !== b {
      guard a.step == b.step, let outer = a.parent, let inner = b.parent else { return false }
      (a, b) = (outer, inner)
    }
    return true
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(description) }
}
