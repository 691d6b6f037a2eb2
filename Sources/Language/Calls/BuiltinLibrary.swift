// What programs can call without declaring it: the pages that an interpreter is given.

/// Built-ins, by page and by name.
public final class BuiltinLibrary: Sendable {
  /// The pages of the reference, in order.
  public let pages: [BuiltinPage]
  private let table: [String: Entry]

  private enum Entry {
    case function(page: Int, index: Int)
    case constant(page: Int, index: Int)
  }

  /// The built-ins of pages; no two have one name.
  public init(_ pages: [BuiltinPage]) {
    self.pages = pages
    var table = [String: Entry](minimumCapacity: 1024)
    for (page, declarations) in pages.enumerated() {
      for (index, builtin) in declarations.functions.enumerated() {
        table[builtin.name] = .function(page: page, index: index)
      }
      for (index, constant) in declarations.constants.enumerated() {
        table[constant.name] = .constant(page: page, index: index)
      }
    }
    self.table = table
  }

  /// Every name, in no order.
  public var names: some Collection<String> { table.keys }

  /// The declaration of a function.
  package func function(_ name: String) -> Builtin? {
    guard case .function(let page, let index) = table[name] else { return nil }
    return pages[page].functions[index]
  }

  /// The declaration of a constant.
  package func constant(_ name: String) -> BuiltinConstant? {
    guard case .constant(let page, let index) = table[name] else { return nil }
    return pages[page].constants[index]
  }

  /// The value of a name, made anew.
  func make(_ name: String) -> Value? {
    function(name).map { .builtin(BuiltinFunction($0)) } ?? constant(name)?.make()
  }
}
