// Tensors, values and snapshots in files; the ending of the name says how.

import Autodiff
import Language
import Tensors

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
        - `.npy`: one tensor; `.npz`: a record of tensors, or a list of them, named `arr_0`, `arr_1`.
        - `.csv`: a tensor of one or two axes; a record of columns gives a first row of names.
        - `.json`: what `json_text` takes.

            let net = {w: param([1.0, 2.0])}
            save(extract_state(net), "/tmp/mos-example.safetensors")
            net.w.value = [0.0, 0.0]
            recover net from load("/tmp/mos-example.safetensors")
            print(net)    # {w: [1.0, 2.0]}
        """, effects: .writes, needs: [.writing]
      ) { arguments in
        let format = try FileFormat(path: arguments.string(1))
        let file = try arguments.writable(1)
        switch format {
        case .safetensors: try StateFile.write(arguments[0], to: file)
        case .npy: try NPY.write(arguments.tensor(0), to: file)
        case .npz: try NPZ.write(arguments.namedTensors(0), to: file)
        case .csv: try arguments.table(0).write(to: file)
        case .json:
          let text = try jsonText(arguments[0], indent: 2) + "\n"
          try FileWriter.write(text, to: file)
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
        - `.npy`: a tensor, `.npz`: a record of tensors, unless it is compressed; floats of 16 bits
          become f32, whole numbers i64.
        - `.csv`: a matrix, or a record of columns where the first row has names; a column with
          words in it is a list of texts.
        - `.json`: what `json_parse` gives.

            save({w: [1.0, 2.0], epoch: 3}, "/tmp/mos-example.safetensors")
            print(load("/tmp/mos-example.safetensors"))    # {w: [1.0, 2.0], epoch: 3}
            save({x: [1, 2], y: [0.5, nan]}, "/tmp/mos-example.csv")
            print(load("/tmp/mos-example.csv"))            # {x: [1, 2], y: [0.5, nan]}
        """, effects: .reads, needs: [.reading]
      ) { arguments in
        let format = try FileFormat(path: arguments.string(0))
        let file = try arguments.readable(0)
        switch format {
        case .safetensors: return try StateFile.read(file)
        case .npy: return .tensor(try NPY.read(file))
        case .npz:
          return .record(Record(try NPZ.read(file).map { ($0.name, .tensor($0.tensor)) }))
        case .csv: return try CSV(contentsOf: file).value
        case .json: return try jsonValue(Array(FileReader.text(of: file).utf8))
        }
      },
      Builtin(
        "exists(path)",
        """
        True where a file, a folder or another thing has the name.

            write_text("/tmp/mos-example.txt", "hello")
            print(exists("/tmp/mos-example.txt"), exists("/tmp/mos-example/nothing"))    # true false
        """, effects: .reads, needs: [.reading]
      ) { arguments in .bool(try arguments.readable(0).exists()) },
      Builtin(
        "list_files(path=\".\")",
        """
        The names of what lies in a folder, in order; those of folders end in `/`.

            make_folder("/tmp/mos-example-folder/results")
            write_text("/tmp/mos-example-folder/notes.txt", "hello")
            print(list_files("/tmp/mos-example-folder"))    # ("notes.txt", "results/")
        """, effects: .reads, needs: [.reading]
      ) { arguments in
        let names = try arguments.readable(0).names()
        return .list(List(try Safepoint.map(names) { .string($0) }))
      },
      Builtin(
        "make_folder(path)",
        """
        Makes a folder, and those that it lies in; one that is there stays as it is.

            make_folder("/tmp/mos-example-folder/results/run-1")
            print(exists("/tmp/mos-example-folder/results/run-1"))    # true
        """, effects: .writes, needs: [.writing]
      ) { arguments in
        try arguments.writable(0).makeFolder()
        return .nil
      },
    ])
}

/// The kinds of files that `save` and `load` know, by the ending of their names.
private enum FileFormat: String, CaseIterable {
  case safetensors, npy, npz, csv, json

  /// The format of a path.
  ///
  /// - Throws: a value error that lists the endings there are.
  init(path: String) throws {
    let name = path.split(separator: "/").last ?? ""
    guard let point = name.lastIndex(of: "."),
      let format = FileFormat(rawValue: name[name.index(after: point)...].lowercased())
    else {
      throw RuntimeError(
        .value, "the name \(path.excerpt) does not say what kind of file it is",
        hint: "it ends in \(FileFormat.allCases.map { ".\($0.rawValue)" }.joined(separator: ", "))")
    }
    self = format
  }
}

extension Arguments {
  /// A record of tensors, or a list of them under the names that NumPy gives.
  fileprivate func namedTensors(_ index: Int) throws -> [(name: String, tensor: Tensor)] {
    var pairs: [(String, Value)]
    switch self[index] {
    case .record(let record): pairs = Array(record.pairs)
    case .list(let values): pairs = values.enumerated().map { ("arr_\($0.offset)", $0.element) }
    default: throw mismatch(index, "a Record or a List of tensors")
    }
    return try pairs.map { name, value in
      guard let tensor = value.variable?.concrete else {
        throw mismatch(value, index, "a Record or a List of tensors")
      }
      return (name, tensor)
    }
  }

  /// A table: a tensor of rows, or a record of columns.
  fileprivate func table(_ index: Int) throws -> CSV {
    guard case .record(let record) = self[index] else {
      let tensor = try tensor(index)
      guard tensor.rank == 1 || tensor.rank == 2 else {
        throw RuntimeError(
          .shape, "a table has rows and columns, and this is \(tensor.typeDescription)",
          hint: "a .csv file holds a tensor of one or two axes, or a record of columns")
      }
      let grid = tensor.rank == 1 ? try tensor.reshaped(Shape(tensor.count, 1)) : tensor
      return CSV(
        names: nil,
        columns: try (0..<grid.shape[1]).map { column in
          .numbers(
            try grid.sliced(axis: 1, from: column, to: column + 1).reshaped(Shape(grid.shape[0])))
        })
    }
    let columns = try record.values.map { try column($0, index) }
    guard Set(columns.map(\.count)).count <= 1 else {
      throw RuntimeError(
        .shape,
        "the columns of a table have one length, and these have "
          + columns.map { "\($0.count)" }.joined(separator: ", "))
    }
    return CSV(names: record.keys, columns: columns)
  }

  private func column(_ value: Value, _ index: Int) throws -> CSV.Column {
    if let tensor = value.variable?.concrete, tensor.rank == 1 { return .numbers(tensor) }
    guard case .list(let values) = value else {
      throw mismatch(value, index, "a Record of columns, which are vectors or lists of texts")
    }
    return .texts(try values.map { try $0.written() })
  }
}

extension CSV {
  /// A record of columns where they have names, else a matrix.
  fileprivate var value: Value {
    get throws {
      let values: [Value] = columns.map { column in
        switch column {
        case .numbers(let tensor): .tensor(tensor)
        case .texts(let texts): .list(texts.map { .string($0) })
        }
      }
      if let names { return .record(Record(zip(names, values))) }
      let tensors = columns.compactMap { column in
        if case .numbers(let tensor) = column { tensor } else { nil }
      }
      guard tensors.count == columns.count else { return .list(values) }
      let dtype = tensors.reduce(DType.bool) { .promoted($0, $1.dtype) }
      return .tensor(try Tensor.stack(tensors.map { try $0.converted(to: dtype) }, axis: 1))
    }
  }
}
