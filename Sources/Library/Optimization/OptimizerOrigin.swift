// Where a transform of a family comes from: its numbers by name, which programs read, and which can be
// replaced one by one.

import Language
import Optimizers

/// What makes a transformation: a family, its arguments, and what was set since.
struct OptimizerOrigin {
  private let family: OptimizerFamily
  private let arguments: OptimizerArguments
  /// The numbers that a program has set, by name.
  private(set) var settings = Record()

  /// A family with the arguments it was given.
  init(_ family: OptimizerFamily, _ arguments: OptimizerArguments) {
    self.family = family
    self.arguments = arguments
  }

  /// The names of the numbers, in the order of the signature.
  var names: [String] { arguments.names }

  /// A number as it is now.
  func value(_ name: String) -> Value { settings[name] ?? arguments.value(name) }

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
    try family.make(settings.count == 0 ? arguments : arguments.replacing(settings))
  }
}
