// Devices: what the machine has beside the processor, and values moved there.

import Autodiff
import Devices
import Language
import Tensors

extension Builtins {
  static let devices = BuiltinPage(
    "Devices",
    [
      Builtin(
        "devices()",
        """
        The places where tensors can live, a list of Strings: `"cpu"`, the processor, and then what OpenCL's
        drivers offer, `"opencl:0"` with what the driver calls it. The first word is the name that `to` takes.

            print(devices()[0])    # cpu
        """, effects: .reads, needs: [.devices]
      ) { _ in
        .list([.string("cpu")] + (try DeviceList.all().map { .string($0.description) }))
      }
    ])
}

extension Arguments {
  /// The place that an argument names; nil where none was given. Places other than the processor are the host's to
  /// grant.
  ///
  /// - Throws: a value error that lists what is there, where there is no such device.
  func place(_ index: Int) throws -> Place? {
    guard has(index) else { return nil }
    let name = try string(index)
    if name == Place.processor.name { return .processor }
    guard DeviceList.isName(name) else {
      throw RuntimeError(
        .value, "there is no device \(name.excerpt)",
        hint: "\"cpu\" is the processor, \"gpu\" the best device, and devices() lists all")
    }
    try require(.devices)
    return try DeviceList.required(name)
  }

  /// Whether an argument is the name of a place, known or not, and no dtype in quotes.
  func isPlace(_ index: Int) -> Bool {
    self[index].text.map(DeviceList.isName) ?? false
  }
}

extension Value {
  /// The value at a place: tensors move, a model's parameters and buffers are put there where they stand, and so are
  /// the parameters of lists and records.
  ///
  /// - Throws: a type error for what has no tensors.
  func moved(to place: Place, for arguments: Arguments) throws -> Value {
    if let variable { return .tensor(try variable.moved(to: place)) }
    switch self {
    case .instance(let instance):
      try instance.move(to: place)
      return self
    case .list, .record:
      var cloner = Cloner(.reference, detachesBuffers: false, arguments.interpreter)
      return try cloner.moved(self, to: place, for: arguments)
    default:
      throw arguments.mismatch(
        self, 0, "a tensor, a model, or a list or record of them",
        hint: "move a model before its optimizer is made")
    }
  }
}

extension Cloner {
  fileprivate mutating func moved(
    _ value: Value, to place: Place, for arguments: Arguments
  ) throws -> Value {
    switch value {
    case .parameter(let cell):
      try cell.move(to: place)
      return value
    case .tensor, .instance: return try value.moved(to: place, for: arguments)
    default:
      return try mapParts(of: value) { try $0.moved($1, to: place, for: arguments) } ?? value
    }
  }
}

extension ParameterCell {
  /// Puts the numbers at a place, as a new leaf; a cell that is there stays as it is.
  fileprivate func move(to place: Place) throws {
    let variable = value
    if variable.place == place { return }
    value =
      variable.isLeaf
      ? try nextLeaf(of: stopGradient(variable).moved(to: place)) : try variable.moved(to: place)
  }
}

extension ModelInstance {
  /// Puts the parameters and buffers at a place.
  fileprivate func move(to place: Place) throws {
    for (_, cell) in try cells() { try cell.move(to: place) }
    for (_, module) in try modules() {
      for (slot, field) in module.type.fields.enumerated() where field.kind == .buffer {
        guard case .tensor(let variable) = module[slot: slot], variable.place != place else {
          continue
        }
        try module.write(slot: slot, .tensor(variable.moved(to: place)))
      }
    }
  }
}
