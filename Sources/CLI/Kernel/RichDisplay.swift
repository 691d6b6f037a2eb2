// Values as a notebook shows them: always as text, and as pictures and tables where they have such.

import Autodiff
import Language
import Library
import Tensors

/// The forms of a value, by the types of their content.
enum RichDisplay {
  /// The longest picture, in bytes; notebooks keep what they show.
  private static let longestPicture = 4_000_000

  /// - Throws: where the run is to end.
  static func forms(of value: Value, _ display: Display) throws -> [(type: String, text: String)] {
    var forms = [(type: "text/plain", text: display.text(of: value))]
    if case .host(let object) = value, let picture = try object.svg(),
      picture.utf8.count <= longestPicture
    {
      forms.append(("image/svg+xml", picture))
    }
    if let table = try table(of: value, display) { forms.append(("text/html", table.text)) }
    return forms
  }

  private static func table(of value: Value, _ display: Display) throws -> HTMLTable? {
    switch value {
    case .tensor(let variable): try variable.concrete.flatMap { try matrix($0, display) }
    case .parameter(let cell): try cell.value.concrete.flatMap { try matrix($0, display) }
    case .host(let summary as SummaryObject): try parts(of: summary)
    case .record(let record): try columns(of: record, display)
    default: nil
    }
  }

  /// A vector as one row, a matrix as its rows; nil for other tensors.
  private static func matrix(_ tensor: Tensor, _ display: Display) throws -> HTMLTable? {
    guard tensor.rank == 1 || tensor.rank == 2, tensor.count > 0 else { return nil }
    let (strides, shape) = (tensor.strides, tensor.shape)
    let isVector = tensor.rank == 1
    return try HTMLTable(
      rows: isVector ? 1 : shape[0], columns: shape[tensor.rank - 1], numbersRows: !isVector,
      caption: tensor.typeDescription
    ) { row, column in
      let offset = isVector ? column * strides[0] : row * strides[0] + column * strides[1]
      return .number(tensor.elementText(atOffset: offset, digits: display.digits ?? 6))
    }
  }

  /// The parts of a model, each with its type and size.
  private static func parts(of summary: SummaryObject) throws -> HTMLTable? {
    let rows = summary.rows
    return try HTMLTable(
      rows: rows.count, columns: 3, headings: ["part", "type", "elements"]
    ) { row, column in
      let part = rows[row]
      return switch column {
      case 0: .text(part.name, depth: max(part.depth - 1, 0))
      case 1: .text(part.type)
      default: .number(SummaryRow.grouped(part.count))
      }
    }
  }

  /// A record whose fields are columns of one length; nil for any other.
  private static func columns(of record: Record, _ display: Display) throws -> HTMLTable? {
    let columns = record.values.compactMap(Column.init)
    guard columns.count == record.count, let length = columns.first?.count, length > 0,
      columns.allSatisfy({ $0.count == length })
    else { return nil }
    return try HTMLTable(
      rows: length, columns: columns.count, headings: record.keys, numbersRows: true,
      caption: "\(length) rows"
    ) { row, column in columns[column].cell(row, digits: display.digits ?? 6) }
  }

  /// A field that is a column.
  private enum Column {
    case tensor(Tensor)
    case list(List)

    init?(_ value: Value) {
      switch value {
      case .tensor(let variable):
        guard let tensor = variable.concrete, tensor.rank == 1 else { return nil }
        self = .tensor(tensor)
      case .list(let list): self = .list(list)
      default: return nil
      }
    }

    var count: Int {
      switch self {
      case .tensor(let tensor): tensor.count
      case .list(let list): list.count
      }
    }

    func cell(_ row: Int, digits: Int) -> HTMLTable.Cell {
      switch self {
      case .tensor(let tensor):
        .number(tensor.elementText(atOffset: row * tensor.strides[0], digits: digits))
      case .list(let list):
        switch list[row] {
        case .string(let text): .text(text.text)
        case .float(let number): .number(formatElement(number, digits: digits))
        case .int(let number): .number("\(number)")
        case let value: .text(value.brief)
        }
      }
    }
  }
}
