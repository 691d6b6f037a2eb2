// Tensors as text: `print` and the prompt.
//
// A 0-d tensor is a number in full. An array is bracketed as it is typed, numbers with at most six
// significant digits, `…` for the middle of every long axis once there are more than a thousand
// elements. Rows stand under each other with the columns aligned on the point.

extension Tensor: CustomStringConvertible {
  /// What `print` shows: `[1.0, 0.333333]`.
  public var description: String {
    if rank == 0 { return scalarText }
    if count == 0 { return "[]" }
    var writer = ArrayWriter(self)
    return writer.text()
  }

  /// What the prompt shows: `[1.0, 2.0] : f64[2]`, and the note, `grad_fn=mul`, if there is one.
  package func representation(note: String? = nil) -> String {
    "\(description) : \(typeDescription)" + (note.map { " \($0)" } ?? "")
  }

  /// The elements in a layout, rows after the first indented.
  package func text(in layout: TensorLayout, indentation: Int = 0) -> String {
    if rank == 0 {
      guard dtype.isFloat, let digits = layout.digits else { return scalarText }
      return formatElement(firstDouble, digits: digits)
    }
    if count == 0 { return "[]" }
    var writer = ArrayWriter(self, layout, indentation: indentation)
    return writer.text()
  }

  /// One element as arrays show it.
  ///
  /// - Parameter offset: the sum of its indices, each times the stride of its axis.
  package func elementText(atOffset offset: Int, digits: Int) -> String {
    withElements { elements in
      switch dtype {
      case .bool: elements.load(fromByteOffset: offset, as: UInt8.self) != 0 ? "true" : "false"
      case .i64: String(elements.load(fromByteOffset: offset * 8, as: Int.self))
      case .f32:
        formatElement(
          Double(elements.load(fromByteOffset: offset * 4, as: Float.self)), digits: digits)
      case .f64:
        formatElement(elements.load(fromByteOffset: offset * 8, as: Double.self), digits: digits)
      }
    }
  }

  private var scalarText: String {
    switch dtype {
    case .bool: firstInt != 0 ? "true" : "false"
    case .i64: String(firstInt)
    case .f32: formatShortest(Float(firstDouble))
    case .f64: formatShortest(firstDouble)
    }
  }
}

/// How a prompt wants arrays.
package struct TensorLayout: Sendable {
  /// The significant digits of elements, and of numbers too where it is set; nil for six of elements alone.
  package var digits: Int?
  /// Where a row is broken.
  package var width: Int
  /// Of more rows than these those at the edges are shown; nil for all of up to a thousand elements.
  package var rows: Int?

  package init(digits: Int? = nil, width: Int = 100, rows: Int? = nil) {
    self.digits = digits
    self.width = width
    self.rows = rows
  }
}

/// Writes the elements of one tensor of at least one axis and one element.
private struct ArrayWriter {
  /// More elements than these are summarised.
  static let threshold = 1000
  /// The elements shown at each edge of a long axis.
  static let edge = 3
  /// The rows shown at each edge of a matrix that is folded.
  static let rowEdge = 10

  let tensor: Tensor
  let digits: Int
  /// Where a row is broken.
  let width: Int
  /// The blanks before each row but the first.
  let indentation: Int
  let strides: Shape
  let isSummary: Bool
  /// Whether there are more rows than are wanted.
  let foldsRows: Bool
  /// For each column of a matrix the widest text before and from the point on; none for a row
  /// on its own.
  var columns: [(before: Int, after: Int)] = []

  init(_ tensor: Tensor, _ layout: TensorLayout = TensorLayout(), indentation: Int = 0) {
    self.tensor = tensor
    digits = layout.digits ?? 6
    width = Swift.max(layout.width, 20)
    self.indentation = indentation
    strides = tensor.strides
    isSummary = tensor.count > ArrayWriter.threshold
    let rows = tensor.count / tensor.shape[tensor.rank - 1]
    foldsRows = layout.rows.map { rows > $0 } ?? false
  }

  mutating func text() -> String {
    let rank = tensor.rank
    if rank > 1 && tensor.count > tensor.shape[rank - 1] { measure() }
    var result = ""
    write(axis: 0, offset: 0, into: &result)
    return result
  }

  /// The indices shown along an axis; nil stands for the gap.
  private func indices(_ axis: Int) -> [Int?] {
    let extent = tensor.shape[axis]
    guard let edge = edge(axis), extent > 2 * edge else { return Array(0..<extent) }
    return Array(0..<edge) + [nil] + Array(extent - edge..<extent)
  }

  /// How many indices of an axis are shown at each of its ends; nil for all.
  private func edge(_ axis: Int) -> Int? {
    if foldsRows, axis < tensor.rank - 1 {
      return tensor.rank == 2 ? ArrayWriter.rowEdge : ArrayWriter.edge
    }
    return isSummary ? ArrayWriter.edge : nil
  }

  private func element(_ offset: Int) -> String {
    tensor.elementText(atOffset: offset, digits: digits)
  }

  /// The characters before the point, or the exponent, and from it on; whole numbers and words
  /// are all before.
  private func parts(_ text: String) -> (before: Int, after: Int) {
    let ends: (UInt8) -> Bool = { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "e") }
    let before = tensor.dtype.isFloat ? text.utf8.prefix { !ends($0) }.count : text.utf8.count
    return (before, text.utf8.count - before)
  }

  private mutating func measure() {
    let last = indices(tensor.rank - 1)
    columns = [(before: Int, after: Int)](repeating: (0, 0), count: last.count)
    func visit(_ writer: inout ArrayWriter, _ axis: Int, _ offset: Int) {
      if axis == writer.tensor.rank - 1 {
        for (column, index) in last.enumerated() {
          guard let index else { continue }
          let size = writer.parts(writer.element(offset + index * writer.strides[axis]))
          writer.columns[column].before = Swift.max(writer.columns[column].before, size.before)
          writer.columns[column].after = Swift.max(writer.columns[column].after, size.after)
        }
        return
      }
      for case let index? in writer.indices(axis) {
        visit(&writer, axis + 1, offset + index * writer.strides[axis])
      }
    }
    visit(&self, 0, 0)
  }

  private func write(axis: Int, offset: Int, into text: inout String) {
    text += "["
    if axis == tensor.rank - 1 {
      writeRow(offset, into: &text)
    } else {
      // Blocks of matrices stand a blank line apart for each axis around them.
      let lines = String(repeating: "\n", count: Swift.max(1, tensor.rank - axis - 1))
      let separator =
        columns.isEmpty
        ? ", " : "," + lines + String(repeating: " ", count: indentation + axis + 1)
      for (position, index) in indices(axis).enumerated() {
        if position > 0 { text += separator }
        if let index {
          write(axis: axis + 1, offset: offset + index * strides[axis], into: &text)
        } else {
          text += "…"
        }
      }
    }
    text += "]"
  }

  private func writeRow(_ offset: Int, into text: inout String) {
    let axis = tensor.rank - 1
    let indent = String(repeating: " ", count: indentation + tensor.rank)
    var used = indentation + tensor.rank
    for (column, index) in indices(axis).enumerated() {
      var item = index.map { element(offset + $0 * strides[axis]) } ?? "…"
      if !columns.isEmpty && index != nil {
        let size = parts(item)
        item =
          String(repeating: " ", count: columns[column].before - size.before) + item
          + String(repeating: " ", count: columns[column].after - size.after)
      }
      let length = item.unicodeScalars.count + 2
      if column > 0 {
        let breaks = used + length > width
        text += breaks ? ",\n" + indent : ", "
        if breaks { used = indentation + tensor.rank }
      }
      used += length
      text += item
    }
  }
}
