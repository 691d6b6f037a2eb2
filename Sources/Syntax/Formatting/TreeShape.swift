// What a tree says, without where it says it.

/// A tree without its places, to be compared.
///
/// It is read by reflection, so that a node of a new kind is compared without a line here; and without
/// recursion, since the chains of a tree are longer than a thread's stack is deep.
struct TreeShape: Equatable {
  private var words: [String] = []

  init(_ program: Program) {
    var rest: [Any] = [program.statements]
    while let part = rest.popLast() {
      if part is Span || part is Source { continue }
      if let word = part as? String {
        words.append(word)
        continue
      }
      let mirror = Mirror(reflecting: part)
      if mirror.children.isEmpty {
        // The end of a list, or a value that is a word.
        words.append(mirror.displayStyle == .collection ? "[]" : "\(part)")
        continue
      }
      if mirror.displayStyle == .collection { words.append("\(mirror.children.count)") }
      if mirror.displayStyle == .enum, let name = mirror.children.first?.label {
        words.append(name)
      }
      for child in mirror.children.reversed() { rest.append(child.value) }
    }
  }
}
