// What a snapshot holds of a group: its state, and the numbers that a program has set since the optimizer
// was made. Without any it is the bare state, so that snapshots know nothing of numbers until one is set.
//
// Functions, schedules and parameters are kept as they are, by identity; files hold none of them, and
// whoever recovers from a file keeps their own.

import Autodiff
import Language
import Optimizers

/// The state of a group with its settings.
struct OptimizerSettings {
  /// What the transform remembers.
  let state: Value
  /// The numbers that were set.
  private let settings: Record

  /// The entry with the bare state; no transform's own state has one of this name.
  private static let stateKey = "transform_state"

  /// Takes apart what a snapshot holds of a group.
  init(_ value: Value) {
    if case .record(let record) = value, let state = record[OptimizerSettings.stateKey] {
      self.state = state
      if case .record(let settings)? = record["hyperparams"] {
        self.settings = settings
      } else {
        settings = Record()
      }
    } else {
      (state, settings) = (value, Record())
    }
  }

  /// True where no number was set.
  var isBare: Bool { settings.count == 0 }

  /// What a snapshot is to hold of a group.
  static func joined(_ state: Value, _ origin: OptimizerOrigin?) -> Value {
    guard let settings = origin?.settings, settings.count > 0 else { return state }
    let kept = Record(settings.pairs.map { ($0, $1.isPlainSetting ? $1 : .host(KeptSetting($1))) })
    return .record(Record([("hyperparams", .record(kept)), (stateKey, state)]))
  }

  /// The state that a group with these settings begins with.
  func freshState(
    of group: Optimizer.Group, _ origin: OptimizerOrigin?
  ) throws -> Value {
    Value(
      try made(origin, group.transformation).transformation.initialize(
        group.target.map(\.value)))
  }

  /// The transformation with these settings, and the state.
  func made(
    _ origin: OptimizerOrigin?, _ transformation: GradientTransformation
  ) throws -> (origin: OptimizerOrigin?, transformation: GradientTransformation, state: Tree) {
    let tree = try ValueTree(state).tree
    guard let own = origin, settings.count > 0 || own.settings.count > 0 else {
      return (origin, transformation, tree)
    }
    let restored = settings.pairs.map { name, value -> (String, Value) in
      if case .host(let kept as KeptSetting) = value { return (name, kept.value) }
      return (name, value.isNil ? own.value(name) : value)
    }
    let origin = own.withSettings(Record(restored))
    return (origin, try origin.make(), tree)
  }
}

/// A setting that a snapshot holds as it is.
private final class KeptSetting: HostObject {
  let value: Value
  init(_ value: Value) { self.value = value }

  override func isEqual(_ other: HostObject) -> Bool {
    (other as? KeptSetting)?.value.isIdentical(to: value) == true
  }
}

extension Value {
  /// True for numbers, tensors and lists of them: what a snapshot copies and a file holds.
  fileprivate var isPlainSetting: Bool {
    switch self {
    case .int, .float, .bool, .string, .tensor: true
    case .list(let values): values.allSatisfy(\.isPlainSetting)
    default: false
    }
  }
}
