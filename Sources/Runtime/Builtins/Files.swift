// Tensors, values and snapshots in files; the ending of the name says how.

import Autodiff
import Tensors

/// The kinds of files that `save` and `load` know, by the ending of their names.
private enum FileFormat: String, CaseIterable {
  case safetensors

  /// The format of a path.
  ///
  /// - Throws: a value error that lists the endings there are.
  init(path: String) throws {
    let parts = path.split(separator: "/").last?.split(separator: ".") ?? []
    guard parts.count > 1 || path.contains("."), let ending = parts.last?.lowercased(),
      let format = FileFormat(rawValue: ending)
    else {
      throw RuntimeError(
        .value, "the name \(path.excerpt) does not say what kind of file it is",
        hint: "it ends in \(FileFormat.allCases.map { ".\($0.rawValue)" }.joined(separator: ", "))")
    }
    self = format
  }
}

extension Builtins {
  static let files = BuiltinPage(
    "Files",
    [
      Builtin(
        "save(value, path)",
        """
        Writes a value to a file; the ending of the name says how. A file that was there is
        replaced only when all of the new one is on disk.

        - `.safetensors`: a snapshot, or any tree of tensors, parameters, models, numbers and
          texts. Tensors have their paths as names, `layers.0.weight`, and other programs read
          them; everything else stands in the metadata. A snapshot is kept exactly, with the state
          of optimizers, counters and the stream of random numbers.

            let net = {w: param([1.0, 2.0])}
            save(extract_state(net), "/tmp/mos-example.safetensors")
            net.w.value = [0.0, 0.0]
            recover net from load("/tmp/mos-example.safetensors")
            print(net)    # {w: [1.0, 2.0]}
        """
      ) { arguments in
        let path = try arguments.string(1)
        switch try FileFormat(path: path) {
        case .safetensors: try StateFile.write(arguments[0], to: path)
        }
        return .nil
      },
      Builtin(
        "load(path)",
        """
        The value that a file holds; the ending of the name says how it is read.

        - `.safetensors`: what `save` was given, parameters and models as tensors and records; of
          another program's file a record of its tensors by name. F16 and BF16 become f32, whole
          numbers i64. A snapshot from a file is one by deepcopy: recovered, its parameters are new
          leaves without gradients, and the stream of random numbers goes on where it was.

            save({w: [1.0, 2.0], epoch: 3}, "/tmp/mos-example.safetensors")
            print(load("/tmp/mos-example.safetensors"))    # {w: [1.0, 2.0], epoch: 3}
        """
      ) { arguments in
        let path = try arguments.string(0)
        switch try FileFormat(path: path) {
        case .safetensors: return try StateFile.read(path)
        }
      },
    ])
}
