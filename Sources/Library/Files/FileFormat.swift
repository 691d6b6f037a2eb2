// Kinds of files by their names, and the options that each has.

import Language
import Syntax
import Tensors

/// The kinds of files that `save` and `load` know.
enum FileFormat: String, CaseIterable {
  case safetensors, npy, npz, csv, tsv, json, png, idx

  /// The format of a path; `.gz` behind it says that the file is packed.
  ///
  /// - Throws: a value error that lists the endings there are.
  init(path: String) throws {
    var name = (path.split(separator: "/").last ?? "").lowercased()[...]
    let isGzip = name.hasSuffix(".gz")
    if isGzip { name = name.dropLast(3) }
    if IDX.isName(name) {
      self = .idx
      return
    }
    guard let point = name.lastIndex(of: "."),
      let format = FileFormat(rawValue: String(name[name.index(after: point)...]))
    else {
      let endings = FileFormat.allCases.filter { $0 != .idx }.map { ".\($0.rawValue)" }
      if [".pt", ".pth", ".ckpt", ".pkl", ".pickle"].contains(where: name.hasSuffix) {
        throw RuntimeError(
          .value, "the name \(path.excerpt) is that of a pickle, which only Python reads",
          hint: "save and load \"name.safetensors\"; in PyTorch, "
            + "safetensors.torch.save_file(net.state_dict(), \"name.safetensors\") writes one")
      }
      throw RuntimeError(
        .value, "the name \(path.excerpt) does not say what kind of file it is",
        hint: isGzip
          ? "before .gz it ends in \(endings.joined(separator: ", ")) or -idx3-ubyte"
          : "it ends in \(endings.joined(separator: ", ")) or -idx3-ubyte, or in one of these and .gz"
      )
    }
    self = format
  }

  /// Whether the file is a table of rows.
  var isTable: Bool { self == .csv || self == .tsv }
}

extension Arguments {
  /// How a table is written, from options from a place on: `separator header comment columns`; for files of
  /// other kinds none may be given.
  func tableFormat(from place: Int, _ format: FileFormat) throws -> TableFormat {
    if let given = (place..<place + 4).first(where: { has($0) }), !format.isTable {
      throw RuntimeError(
        .value,
        "`\(parameterName(given))` is for tables, .csv and .tsv, not for .\(format.rawValue)")
    }
    return TableFormat(
      separator: try separator(place), hasNames: has(place + 1) ? try bool(place + 1) : nil,
      comment: has(place + 2) ? try comment(place + 2) : nil,
      columns: has(place + 3) ? try columns(place + 3) : nil)
  }

  /// One letter that parts cells.
  func separator(_ place: Int) throws -> UInt8? {
    guard has(place) else { return nil }
    let text = try string(place)
    guard text.utf8.count == 1, let byte = text.utf8.first, byte < 0x80,
      !"\"\n\r+-.0123456789".utf8.contains(byte)
    else {
      throw RuntimeError(
        .value, "\(text.excerpt) cannot part the cells of a table",
        hint: "it is one letter as \",\", \";\", \"\\t\", \"|\" or \" \"")
    }
    return byte
  }

  private func comment(_ place: Int) throws -> String {
    let text = try string(place)
    guard !text.utf8.contains(where: { "\n\r\"".utf8.contains($0) }), text.first != " " else {
      throw RuntimeError(
        .value, "\(text.excerpt) cannot begin the lines that are no rows",
        hint: "say what they begin with, as \"#\", \"//\" or \"%\"")
    }
    return text
  }

  private func columns(_ place: Int) throws -> [TableFormat.Choice] {
    let wanted = "a name or a number of a column, or a List of them"
    func choice(_ value: Value) throws -> TableFormat.Choice {
      switch value {
      case .string(let text): return .name(text.text)
      case .int(let number): return .number(number)
      default: throw mismatch(value, place, wanted)
      }
    }
    guard case .list(let values) = self[place] else {
      if let numbers = self[place].variable?.concrete, numbers.dtype == .i64, numbers.rank == 1 {
        return try numbers.allIntegers().map { .number($0) }
      }
      return [try choice(self[place])]
    }
    return try Safepoint.map(values, choice)
  }
}
