// A graph as text: a tree from each result down to the parameters. A box stands above what it was
// computed from: directly where that is one box, with branches where there are several. What
// several results share is written once and referred to by its number.

import Language

extension GraphPicture {
  /// Lines past this are not written.
  private static let lineLimit = 200
  private static let ending = "… more than \(lineLimit) lines; save(\"graph.svg\") shows all"

  /// The tree of boxes, or for a folded graph the list of its lines.
  var text: String {
    guard !isFolded else {
      let lines = boxes.reversed().prefix(GraphPicture.lineLimit).map { "  \(label($0))\n" }
      return "graph of \(caption)\n" + lines.joined()
        + (boxes.count > lines.count ? GraphPicture.ending + "\n" : "")
    }
    var uses = [Int](repeating: 0, count: boxes.count)
    for box in boxes { for operand in box.operands { uses[operand.box] += 1 } }
    var numbers: [Int: Int] = [:]
    var lines = ["graph of \(caption)"]
    // A loop, since chains may be deep: a box with what stands before it and its children.
    var stack = roots.reversed().map { (box: $0, head: "", rest: "") }
    while let (box, head, rest) = stack.popLast() {
      if lines.count > GraphPicture.lineLimit {
        lines.append(GraphPicture.ending)
        break
      }
      if let number = numbers[box] {
        lines.append("\(head)#\(number) \(boxes[box].title), above")
        continue
      }
      var line = head
      if uses[box] > 1, !boxes[box].operands.isEmpty {
        numbers[box] = numbers.count + 1
        line += "#\(numbers.count) "
      }
      lines.append(line + label(boxes[box]))
      let operands = boxes[box].operands
      if operands.count == 1 { stack.append((operands[0].box, rest, rest)) }
      for (index, operand) in operands.enumerated().reversed()
      where operands.count > 1 {
        let isLast = index == operands.count - 1
        stack.append(
          (operand.box, rest + (isLast ? "└─ " : "├─ "), rest + (isLast ? "   " : "│  ")))
      }
    }
    return lines.joined(separator: "\n")
  }

  /// How much is drawn: `5 nodes`.
  var caption: String {
    func nodes(_ count: Int) -> String { count == 1 ? "1 node" : "\(count) nodes" }
    return isFolded
      ? "\(nodes(recordedCount)), folded by source line into \(boxes.count)" : nodes(boxes.count)
  }

  private func label(_ box: Box) -> String {
    var text = box.title
    if !box.detail.isEmpty { text += "  \(box.detail)" }
    if !box.place.isEmpty { text += "  (\(box.place))" }
    return text
  }
}
