// Where a transform comes from: its numbers by name, which programs read, and which can be replaced one by
// one. A chain has the numbers of its members, and a transform around another has those of that one.

import Language
import Optimizers

/// What makes a transformation, and what was set since.
struct OptimizerOrigin {
  /// A member of a chain, with what made it; nil where it has no numbers by name.
  typealias Member = (transformation: GradientTransformation, origin: OptimizerOrigin?)

  private indirect enum Source {
    case family(OptimizerFamily, OptimizerArguments)
    case chain([Member])
    case around(OptimizerOrigin, (GradientTransformation) throws -> GradientTransformation)
  }

  private let source: Source
  /// The numbers that a program has set, by name.
  private(set) var settings = Record()

  /// A family with the arguments it was given.
  init(_ family: OptimizerFamily, _ arguments: OptimizerArguments) {
    source = .family(family, arguments)
  }

  /// A chain; nil where no member has numbers by name.
  init?(chain members: [Member]) {
    guard members.contains(where: { $0.origin != nil }) else { return nil }
    source = .chain(members)
  }

  /// A transform around one that has numbers by name; nil for nil.
  init?(
    around origin: OptimizerOrigin?,
    _ wrap: @escaping (GradientTransformation) throws -> GradientTransformation
  ) {
    guard let origin else { return nil }
    source = .around(origin, wrap)
  }

  /// What makes the transformation that stands for this one behind steps; nil for this one.
  var behindSteps: OptimizerOrigin? {
    guard case .family(let family, let arguments) = source, let make = family.behindSteps else {
      return nil
    }
    var turned = family
    (turned.make, turned.behindSteps) = (make, nil)
    var result = OptimizerOrigin(turned, arguments)
    result.settings = settings
    return result
  }

  /// The names of the numbers, in order; one that several members of a chain have is none of the chain's.
  var names: [String] {
    switch source {
    case .family(_, let arguments): arguments.names
    case .around(let origin, _): origin.names
    case .chain(let members):
      members.flatMap { $0.origin?.names ?? [] }.filter { count(of: $0) == 1 }
    }
  }

  /// How many members of a chain have a number of the name.
  func count(of name: String) -> Int {
    switch source {
    case .family(_, let arguments): arguments.names.contains(name) ? 1 : 0
    case .around(let origin, _): origin.count(of: name)
    case .chain(let members): members.reduce(0) { $0 + ($1.origin?.count(of: name) ?? 0) }
    }
  }

  /// The numbers, those of the members of a chain each.
  var reached: [Value] {
    settings.values
      + {
        switch source {
        case .family(_, let arguments): arguments.names.map(arguments.value)
        case .around(let origin, _): origin.reached
        case .chain(let members): members.flatMap { $0.origin?.reached ?? [] }
        }
      }()
  }

  /// A number as it is now.
  func value(_ name: String) -> Value {
    if let value = settings[name] { return value }
    switch source {
    case .family(_, let arguments): return arguments.value(name)
    case .around(let origin, _): return origin.value(name)
    case .chain(let members):
      return members.lazy.compactMap(\.origin).first { $0.names.contains(name) }?.value(name)
        ?? .nil
    }
  }

  /// The same with some numbers set, beside those that are set already.
  func setting(_ options: Record) -> OptimizerOrigin {
    var result = self
    for (name, value) in options.pairs { result.settings[name] = value }
    return result
  }

  /// The same with the settings of another time.
  func withSettings(_ settings: Record) -> OptimizerOrigin {
    var result = self
    result.settings = settings
    return result
  }

  /// The transformation.
  ///
  /// - Throws: a type error for a name that there is none of, and what the family throws for a value.
  func make() throws -> GradientTransformation {
    switch source {
    case .family(let family, let arguments):
      return try (settings.count == 0 ? arguments : arguments.replacing(settings)).make(family.make)
    case .around(let origin, let wrap): return try wrap(origin.setting(settings).make())
    case .chain(let members):
      let known = names
      if let unknown = settings.keys.first(where: { !known.contains($0) }) {
        throw RuntimeError(
          .type, "the chain has no number `\(unknown.shortened)` that could be set")
      }
      return try .chain(
        members.map { member in
          guard let origin = member.origin else { return member.transformation }
          let own = settings.pairs.filter { origin.names.contains($0.0) }
          return own.isEmpty
            ? member.transformation : try origin.setting(Record(own.map { ($0, $1) })).make()
        })
    }
  }
}
