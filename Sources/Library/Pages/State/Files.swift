// Tensors, values and snapshots in files; the ending of the name says how.

import Autodiff
import Language
import Tensors

extension Builtins {
  static let files = BuiltinPage(
    "Files",
    [
      Builtin(
        "save(value, path, compress=false, separator=nil, all_ranks=false)",
        """
        Writes a value to a file; the ending of the name says how. A file that was there is
        replaced only when all of the new one is on disk. `.gz` behind another ending packs the file
        as gzip does. Of several ranks the first alone writes and the others wait, unless with `all_ranks`
        each writes its own.

        - `.safetensors`: a snapshot, or any tree of tensors, parameters, models, numbers and
          texts. Tensors have their paths as names, `layers.0.weight`, and other programs read
          them; everything else stands in the metadata. A snapshot is kept exactly, with the state
          of optimizers, counters and the stream of random numbers.
        - `.npy`: one tensor; `.npz`: a record of tensors, or a list of them, named `arr_0`, `arr_1`, packed
          with `compress=true`.
        - `.csv`: a tensor of one or two axes; a record of columns gives a first row of names. Cells are
          parted by commas, in `.tsv` by tabs, or by `separator`.
        - `.json`: what `json_text` takes.
        - `.png`: a picture, `[h, w]` where it is grey, `[h, w, 3]` with colours, `[h, w, 2]` and `[h, w, 4]`
          with transparency: floats of 0 to 1, or whole numbers of 0 to 255.
        - names as `train-images-idx3-ubyte` or `labels.idx1`: bytes in IDX, of such numbers.

            let net = {w: param([1.0, 2.0])}
            save(extract_state(net), "/tmp/mos-example.safetensors")
            net.w.value = [0.0, 0.0]
            recover net from load("/tmp/mos-example.safetensors")
            print(net)    # {w: [1.0, 2.0]}
            save([[0.0, 0.5], [0.75, 1.0]], "/tmp/mos-example.png")
            print(load("/tmp/mos-example.png"))
            # [[  0, 128],
            #  [191, 255]]
        """, effects: .writes, needs: [.writing]
      ) { arguments in
        let format = try FileFormat(path: arguments.string(1))
        let separator = try arguments.separator(3)
        guard separator == nil || format.isTable else {
          throw RuntimeError(.value, "`separator` is for tables, .csv and .tsv")
        }
        let isCompressed = try arguments.bool(2)
        guard !isCompressed || format == .npz else {
          throw RuntimeError(
            .value, "`compress` is for .npz, not for .\(format.rawValue)",
            hint: "add .gz to the name")
        }
        let file = try arguments.writable(1)
        return try arguments.writing(path: 1, everywhere: 4) {
          switch format {
          case .safetensors: try StateFile.write(arguments[0], to: file)
          case .npy: try NPY.write(arguments.tensor(0), to: file)
          case .npz:
            try NPZ.write(arguments.namedTensors(0), compressed: isCompressed, to: file)
          case .csv, .tsv: try arguments.table(0).write(to: file, separator: separator)
          case .json:
            try FileWriter.writePacking(jsonText(arguments[0], indent: 2) + "\n", to: file)
          case .png: try PNG.write(arguments.tensor(0), to: file)
          case .idx: try IDX.write(arguments.tensor(0), to: file)
          }
        }
      },
      Builtin(
        "load(path, separator=nil, header=nil, comment=nil, columns=nil)",
        """
        The value that a file holds; the ending of the name says how it is read, and `.gz` behind it that it
        is packed.

        - `.safetensors`: what `save` was given, parameters and models as tensors and records; of
          another program's file a record of its tensors by name. F16 and BF16 become f32, whole
          numbers i64. A snapshot from a file is one by deepcopy: recovered, its parameters are new
          leaves without gradients, and the stream of random numbers goes on where it was.
        - `.npy`: a tensor, `.npz`: a record of tensors, packed or not; floats of 16 bits become f32, whole
          numbers i64, texts lists.
        - `.csv`, `.tsv`: a matrix, or a record of columns where the first row has names; see `read_table`,
          whose options it takes.
        - `.json`: what `json_parse` gives.
        - `.png`: whole numbers of 0 to 255, `[h, w]` where the picture is grey, else `[h, w, c]`: 3 colours,
          4 with transparency, 2 where it is grey with transparency. Sixteen bits are rounded to eight.
        - IDX, by names as `train-images-idx3-ubyte`, `t10k-labels-idx1-ubyte.gz` or `labels.idx1`: a
          tensor, whole numbers i64.

        What is sound and of a kind that is not read says so, and how to save it otherwise; what is damaged
        says where.

            save({w: [1.0, 2.0], epoch: 3}, "/tmp/mos-example.safetensors")
            print(load("/tmp/mos-example.safetensors"))    # {w: [1.0, 2.0], epoch: 3}
            save({x: [1, 2], y: [0.5, nan]}, "/tmp/mos-example.csv")
            print(load("/tmp/mos-example.csv"))            # {x: [1, 2], y: [0.5, nan]}
            save({x: ones(2, 2)}, "/tmp/mos-example.npz", compress=true)
            print(load("/tmp/mos-example.npz").x.shape)    # (2, 2)
        """, effects: .reads, needs: [.reading]
      ) { arguments in
        let format = try FileFormat(path: arguments.string(0))
        let table = try arguments.tableFormat(from: 1, format)
        let file = try arguments.readable(0)
        switch format {
        case .safetensors: return try StateFile.read(file)
        case .npy: return try NPY.contents(of: file).value
        case .npz:
          return .record(Record(try NPZ.read(file).map { ($0.name, try $0.array.value) }))
        case .csv, .tsv: return try CSV.contents(of: file, table).value
        case .json: return try jsonValue(FileReader.unpackedText(of: file))
        case .png: return .tensor(try PNG.read(file))
        case .idx: return .tensor(try IDX.read(file))
        }
      },
      Builtin(
        "read_table(path, separator=nil, header=nil, comment=nil, columns=nil)",
        """
        The columns of a `.csv` or `.tsv` file, a record by name: whole numbers as i64, `true` and `false` as
        bool, other numbers as f64, where an empty cell is nan, and anything else as a list of texts.

        - `separator`: what parts cells, by default a comma, in `.tsv` a tab. Where the first row shows that
          it is `;`, `|`, a tab, or spaces between numbers, it is that; `" "` stands for any spaces.
        - `header`: whether the first row has names; by default it has where a cell of it is neither a number,
          nor true or false, nor empty. Columns without names are `column_0`, `column_1`.
        - `comment`: what lines begin with that are no rows, `""` for none. By default lines with `#` in front
          are left out where they stand above the rows or cannot be one; the last above the rows may hold the
          names.
        - `columns`: the names or numbers of the columns that are wanted, in their order.

        Cells in quotation marks are texts and may hold separators and line ends; lines without anything are
        no rows.

            write_text("/tmp/mos-example.csv", "name;size;weight\\nann;3;0.5\\nbob;4;\\n")
            print(read_table("/tmp/mos-example.csv"))
            # {name: ("ann", "bob"), size: [3, 4], weight: [0.5, nan]}
            print(read_table("/tmp/mos-example.csv", columns=("size",)))    # {size: [3, 4]}
        """, effects: .reads, needs: [.reading]
      ) { arguments in
        let format = try arguments.tableFormat(from: 1, .csv)
        return .record(try CSV(contentsOf: arguments.readable(0), format).record)
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
        "make_folder(path, all_ranks=false)",
        """
        Makes a folder, and those that it lies in; one that is there stays as it is. Of several ranks the
        first alone makes it and the others wait, unless with `all_ranks` each makes its own.

            make_folder("/tmp/mos-example-folder/results/run-1")
            print(exists("/tmp/mos-example-folder/results/run-1"))    # true
        """, effects: .writes, needs: [.writing]
      ) { arguments in
        let folder = try arguments.writable(0)
        return try arguments.writing(path: 0, everywhere: 1) { try folder.makeFolder() }
      },
    ])
}
