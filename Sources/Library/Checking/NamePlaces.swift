// Where a program names its variables: for editors, which go to declarations and change names.

import Language
import Syntax

/// The variables of a program, and every place that names one.
package struct NamePlaces {
  /// What declares a variable.
  package enum Declaration: String {
    case variable, function, model, parameter, imported, member
  }

  /// A variable of the program.
  package struct Variable {
    package let name: String
    package let declaration: Declaration
    package let isGlobal: Bool
    /// Where it is declared; several places where it is declared again at the top level.
    package fileprivate(set) var declared: [Span] = []
    /// All places that name it, in the order of the text.
    package fileprivate(set) var places: [Span] = []
  }

  /// What an import statement takes from a module: the module itself, or a name of it.
  package struct Import: Sendable {
    package let path: String
    package let isFile: Bool
    /// The name in the module; nil where the module itself is taken.
    package let name: Identifier?
    /// The name here: the same identifier where no other is given.
    package let alias: Identifier
    package let statement: Span

    /// Whether the name here is the name there, written once.
    package var keepsName: Bool { name?.span == alias.span }
  }

  /// A variable and what stands behind it with points between, as in `a.b.c`.
  package struct Path: Sendable {
    /// Where the variable is named.
    package let base: Int32
    package let members: [Identifier]
  }

  package private(set) var variables: [Variable] = []
  package let imports: [Import]
  package let paths: [Path]
  /// Names that the program's host defines or reads, as `# host:` says.
  package let hostNames: Set<String>
  private var numbers: [Int32: Int] = [:]

  init(_ names: CheckedNames, hostNames: Set<String> = []) {
    (imports, paths) = (names.imports, names.paths)
    self.hostNames = hostNames
    var known: [ObjectIdentifier: Int] = [:]
    func add(_ variable: CheckedVariable, at offset: Int32, isDeclared: Bool) {
      let number =
        known[ObjectIdentifier(variable)]
        ?? {
          variables.append(
            Variable(
              name: variable.name.name, declaration: variable.declaration.kind,
              isGlobal: variable.isGlobal))
          known[ObjectIdentifier(variable)] = variables.count - 1
          return variables.count - 1
        }()
      let span = Span(Int(offset), Int(offset) + variable.name.name.utf8.count)
      if isDeclared { variables[number].declared.append(span) }
      if numbers.updateValue(number, forKey: offset) == nil {
        variables[number].places.append(span)
      }
    }
    for (offset, variable) in names.declarations { add(variable, at: offset, isDeclared: true) }
    for (offset, variable) in names.uses { add(variable, at: offset, isDeclared: false) }
    for number in variables.indices {
      variables[number].declared.sort { $0.start < $1.start }
      variables[number].places.sort { $0.start < $1.start }
    }
  }

  /// The variable that the name beginning at an offset stands for.
  package func variable(at offset: Int) -> Variable? { number(at: offset).map { variables[$0] } }

  /// The same by its place in `variables`.
  package func number(at offset: Int) -> Int? { numbers[Int32(clamping: offset)] }

  /// The variable of the top level that has a name, by its place in `variables`.
  package func global(_ name: String) -> Int? {
    variables.firstIndex { $0.isGlobal && $0.name == name }
  }

  /// The places of the variables, each variable by its first place: what renaming must not change.
  package var partition: Set<[Span]> { Set(variables.map(\.places)) }
}

extension Interpreter {
  /// Where a program names its variables, without a look for mistakes.
  package func names(in source: Source) -> NamePlaces {
    var found = NamePlaces(CheckedNames())
    // Trees may be deep, and walks recurse: they have the room of a run.
    _ = try? performing {
      let walk = NameWalk()
      walk.walk(parse(source).program)
      found = NamePlaces(walk.names, hostNames: AllowedFindings(source).hostNames)
      return .nil
    }
    return found
  }
}

extension CheckedVariable.Declaration {
  fileprivate var kind: NamePlaces.Declaration {
    switch self {
    case .constant, .loop, .caught: .variable
    case .function: .function
    case .model: .model
    case .parameter: .parameter
    case .imported: .imported
    case .field, .method: .member
    }
  }
}
