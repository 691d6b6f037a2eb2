// Values as the prompt shows them: with their kind, fitted to the terminal's width, long structures folded.

import Autodiff
import Language
import Tensors

/// How values are shown; what `:set` sets.
struct Display {
  /// Significant digits; nil for six of arrays' elements, and all of numbers.
  var digits: Int?
  /// Columns; nil for those of the terminal.
  var width: Int?

  /// A structure of more parts is folded.
  private static let most = 40
  /// The parts shown at its ends.
  private static let edge = (first: 20, last: 5)
  /// A list of numbers and short texts, several to a line, is folded where it has more.
  private static let mostInLines = 100
  private static let edgeInLines = 20
  /// Longer texts are cut, in bytes.
  private static let longestText = 10_000
  /// The lines shown of a structure in all.
  private static let maximumLines = 200

  private var columns: Int { max(width ?? ScreenSize.current.columns, 20) }

  /// The value, and what it is.
  func text(of value: Value) -> String {
    switch value {
    case .tensor(let variable):
      guard let tensor = variable.concrete else { return value.representation }
      let note = variable.operationName.map { " grad_fn=\($0)" } ?? ""
      return followed(tensor.text(in: layout), by: ": \(tensor.typeDescription)\(note)")
    case .parameter(let cell):
      guard let tensor = cell.value.concrete else { return value.representation }
      return followed(
        "Parameter " + tensor.text(in: layout, indentation: 10), by: ": \(tensor.typeDescription)")
    case .list, .record:
      var folder = Folder(display: self, columns: columns)
      folder.write(value, indentation: 0, reserved: 0, depth: 0)
      return folder.text
    case .string(let object) where object.text.utf8.count > Display.longestText:
      let shown = object.text.prefix(Display.longestText / 2)
      let more = object.text.utf8.count - shown.utf8.count
      return "\(String(shown).quoted) … \(more) more bytes"
    case .float(let number):
      return digits.map { formatElement(number, digits: $0) } ?? value.representation
    default: return value.representation
    }
  }

  /// A text with what it is behind it, on a line of its own where the last line has no room.
  private func followed(_ text: String, by kind: String) -> String {
    let last = text.utf8.reversed().prefix { $0 != UInt8(ascii: "\n") }.count
    return text + (last + 1 + kind.utf8.count > columns ? "\n" : " ") + kind
  }

  private var layout: TensorLayout {
    TensorLayout(digits: digits, width: columns, rows: Display.most)
  }

  /// Writes structures: on one line where they fit, otherwise a part a line.
  private struct Folder {
    let display: Display
    let columns: Int
    private(set) var text = ""
    private var lines = 0

    init(display: Display, columns: Int) {
      self.display = display
      self.columns = columns
    }

    /// - Parameter reserved: the columns that stand before the value already or follow it.
    mutating func write(_ value: Value, indentation: Int, reserved: Int, depth: Int) {
      let room = columns - indentation - reserved
      if let line = short(value, room) {
        text += line
        return
      }
      switch value {
      case .list(let list) where depth < 50:
        write(
          parts: list.count, "(", ")", indentation, elements: list
        ) { folder, place, indentation in
          folder.write(list[place], indentation: indentation, reserved: 1, depth: depth + 1)
        }
      case .record(let record) where depth < 50:
        let (keys, values) = (record.keys, record.values)
        write(parts: keys.count, "{", "}", indentation) { folder, place, indentation in
          let key = Folder.key(keys[place]) + ": "
          folder.text += key
          folder.write(
            values[place], indentation: indentation, reserved: key.columns + 1, depth: depth + 1)
        }
      case .tensor(let variable):
        text +=
          variable.concrete?.text(
            in: TensorLayout(digits: display.digits, width: columns - 1, rows: Display.most),
            indentation: indentation + max(reserved - 1, 0)) ?? value.description(quoted: true)
      default: text += value.description(quoted: true)
      }
    }

    private mutating func write(
      parts count: Int, _ opener: String, _ closer: String, _ indentation: Int,
      elements: List? = nil,
      _ part: (inout Folder, Int, Int) -> Void
    ) {
      let inner = indentation + 2
      if let filled = elements.flatMap({ filled($0, indentation: inner) }) {
        lines += filled.count
        text += opener
        for line in filled { text += "\n" + String(repeating: " ", count: inner) + line }
        text += "\n" + String(repeating: " ", count: indentation) + closer
        return
      }
      let start = "\n" + String(repeating: " ", count: inner)
      let isLong = count > Display.most
      let shown =
        isLong
        ? Array(0..<Display.edge.first) + Array(count - Display.edge.last..<count)
        : Array(0..<count)
      text += opener
      for (number, place) in shown.enumerated() {
        lines += 1
        if lines > Display.maximumLines {
          text += start + "… \(count - place) more"
          break
        }
        if isLong, number == Display.edge.first {
          text += start + "… \(count - shown.count) more …"
        }
        text += start
        part(&self, place, inner)
        // A list of one has its comma, too.
        if place < count - 1 || count == 1 && opener == "(" { text += "," }
      }
      text += "\n" + String(repeating: " ", count: indentation) + closer
    }

    /// Lines of as many elements as fit, for a list of numbers and short texts; nil for any other.
    private func filled(_ list: List, indentation: Int) -> [String]? {
      let isLong = list.count > Display.mostInLines
      let shown =
        isLong
        ? Array(list.prefix(Display.edgeInLines)) + Array(list.suffix(Display.edgeInLines))
        : Array(list)
      var lines: [String] = []
      var line = ""
      for (place, element) in shown.enumerated() {
        guard let word = short(word: element) else { return nil }
        if isLong, place == Display.edgeInLines {
          lines.append(line)
          lines.append("… \(list.count - shown.count) more …")
          line = ""
        }
        let piece = word + (place == shown.count - 1 && list.count > 1 ? "" : ",")
        if line.isEmpty {
          line = piece
        } else if indentation + line.columns + 1 + piece.columns > columns {
          lines.append(line)
          line = piece
        } else {
          line += " " + piece
        }
      }
      return lines + [line]
    }

    private func short(word value: Value) -> String? {
      switch value {
      case .int, .float, .bool, .nil, .string:
        var budget = columns
        return short(value, &budget, depth: 0).flatMap { $0.columns <= columns / 3 ? $0 : nil }
      default: return nil
      }
    }

    /// The value on one line; nil where it takes more columns than there are, or has too many parts.
    private func short(_ value: Value, _ room: Int) -> String? {
      var budget = room
      let line = short(value, &budget, depth: 0)
      return line.flatMap { !$0.contains("\n") && $0.columns <= room ? $0 : nil }
    }

    private func short(_ value: Value, _ budget: inout Int, depth: Int) -> String? {
      guard budget > 0, depth < 100 else { return nil }
      switch value {
      case .list(let list):
        guard list.count <= budget else { return nil }
        var parts: [String] = []
        for element in list {
          guard let part = short(element, &budget, depth: depth + 1) else { return nil }
          parts.append(part)
        }
        budget -= 2
        return "(" + parts.joined(separator: ", ") + (list.count == 1 ? ",)" : ")")
      case .record(let record):
        guard record.count <= budget else { return nil }
        var parts: [String] = []
        for (key, element) in record.pairs {
          let name = Folder.key(key) + ": "
          guard let part = short(element, &budget, depth: depth + 1) else { return nil }
          parts.append(name + part)
        }
        budget -= 2
        return "{" + parts.joined(separator: ", ") + "}"
      case .tensor(let variable):
        guard let tensor = variable.concrete, tensor.count <= 1000 else { return nil }
        return take(
          tensor.text(in: TensorLayout(digits: display.digits, width: columns)), &budget)
      case .float(let number):
        let shown = display.digits.map { formatElement(number, digits: $0) }
        return take(shown ?? value.description(quoted: true), &budget)
      case .string(let object) where object.text.utf8.count > 4 * columns: return nil
      default: return take(value.description(quoted: true), &budget)
      }
    }

    private func take(_ text: String, _ budget: inout Int) -> String? {
      budget -= text.utf8.count / 4
      return budget > 0 ? text : nil
    }

    private static func key(_ key: String) -> String {
      let one = Value.record(Record([(key, .nil)])).description(quoted: true)
      return String(one.dropFirst().dropLast(6))
    }
  }
}
