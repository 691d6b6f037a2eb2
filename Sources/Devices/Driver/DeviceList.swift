// The devices of this machine, and the names that programs have for them.

import Synchronization
import Tensors

/// Where a tensor lives.
package enum Place: Sendable, Equatable {
  case processor
  case device(Device)

  /// The name, as `x.device` gives it.
  package var name: String {
    switch self {
    case .processor: "cpu"
    case .device(let device): device.name
    }
  }

  package static func == (a: Place, b: Place) -> Bool {
    switch (a, b) {
    case (.processor, .processor): true
    case (.device(let a), .device(let b)): a === b
    default: false
    }
  }
}

package enum DeviceList {
  private static let found = Mutex<[Device]?>(nil)

  /// The devices of this machine beside the processor, looked for the first time that somebody asks.
  package static func all() throws -> [Device] {
    if let known = found.withLock({ $0 }) { return known }
    let devices = try Driver.call { () -> [Device] in
      guard let library = OpenCLLibrary() else { return [] }
      return library.devices().enumerated().map { Device($1, number: $0, of: library) }
    }
    return found.withLock { found in
      let all = found ?? devices
      found = all
      return all
    }
  }

  /// The place that a name stands for, nil where the machine has none: `"cpu"`; `"gpu"`, the first that is no
  /// processor, else the first there is; `"cuda"`, the first of NVIDIA, or `"cuda:N"`; `"opencl:N"`. What follows a
  /// space is a title.
  package static func place(named text: String) throws -> Place? {
    let name = text.prefix { $0 != " " }
    let (kind, number) = parts(of: name)
    if kind == "cpu", number == nil || number == 0 { return .processor }
    guard ["gpu", "cuda", "opencl"].contains(kind), number != nil || !name.contains(":") else {
      return nil
    }
    let devices = try all()
    let candidates =
      switch kind {
      case "cuda": devices.filter(\.isNVIDIA)
      case "gpu": devices.filter { !$0.isProcessor } + devices.filter(\.isProcessor)
      default: devices
      }
    let index = number ?? 0
    return candidates.indices.contains(index) ? .device(candidates[index]) : nil
  }

  /// Whether a text is the name of a place that some machine may have.
  package static func isName(_ text: String) -> Bool {
    ["cpu", "gpu", "cuda", "opencl"].contains(String(text.prefix { $0 != ":" && $0 != " " }))
  }

  /// `opencl:1` is `opencl` and 1; `gpu` has no number.
  private static func parts(of name: Substring) -> (kind: Substring, number: Int?) {
    let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let digits = parts.last, !digits.isEmpty,
      digits.allSatisfy({ $0.isASCII && $0.isNumber })
    else { return (parts.first ?? "", nil) }
    return (parts[0], Int(digits))
  }

  /// The place that a name stands for.
  ///
  /// - Throws: a value error that lists what is there, where there is no such device.
  package static func required(_ name: String) throws -> Place {
    if let place = try place(named: name) { return place }
    let others = try all().map { "\"\($0.name)\"" }
    throw TensorError(
      .value, "there is no device \(name.excerpt)",
      hint: others.isEmpty
        ? "there is \"cpu\" alone: no OpenCL driver was found"
        : "there is \"cpu\" and \(others.joined(separator: ", ")); \"gpu\" is the best of them")
  }
}
