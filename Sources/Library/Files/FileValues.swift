// Values of programs as what files hold, and back.

import Autodiff
import Language
import Syntax
import Tensors

extension Arguments {
  /// A record of tensors, or a list of them under the names that NumPy gives.
  func namedTensors(_ index: Int) throws -> [(name: String, tensor: Tensor)] {
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
  func table(_ index: Int) throws -> CSV {
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
  /// A record of columns where they have names, else a list of them.
  fileprivate var value: Value {
    get throws { names == nil ? .list(List(try values)) : .record(try record) }
  }

  /// The columns by name; without names they are called `column_0`, `column_1`.
  var record: Record {
    get throws {
      let names = names ?? columns.indices.map { "column_\($0)" }
      return Record(zip(names, try values))
    }
  }

  private var values: [Value] {
    get throws {
      try columns.map { column in
        switch column {
        case .numbers(let tensor): .tensor(tensor)
        case .texts(let texts): .list(List(try Safepoint.map(texts) { .string($0) }))
        }
      }
    }
  }
}

extension CSV.Contents {
  /// A matrix, a record of columns, or a list of columns without names where there are texts.
  var value: Value {
    get throws {
      switch self {
      case .matrix(let tensor): .tensor(tensor)
      case .table(let table): try table.value
      }
    }
  }
}

extension NPY.Contents {
  /// A tensor, or lists of texts within each other, as deep as there are axes.
  var value: Value {
    get throws {
      switch self {
      case .numbers(let tensor): return .tensor(tensor)
      case .texts(let texts, let extents):
        var values = try Safepoint.map(texts) { Value.string($0) }
        for axis in extents.indices.reversed() {
          let (extent, count) = (extents[axis], extents[..<axis].reduce(1, *))
          try MemoryAccount.require(count, of: 2 * MemoryLayout<Value>.stride)
          values = try Safepoint.map(0..<count) { place in
            .list(List(Array(values[place * extent..<(place + 1) * extent])))
          }
        }
        return values[0]
      }
    }
  }
}
