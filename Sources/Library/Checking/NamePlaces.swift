// Where a program names its variables: for editors, which go to declarations and change names.

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

  package private(set) var variables: [Variable] = []
  private var numbers: [Int32: Int] = [:]

  init(_ names: CheckedNames) {
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
  package func variable(at offset: Int) -> Variable? {
    numbers[Int32(clamping: offset)].map { variables[$0] }
  }

  /// The places of the variables, each variable by its first place: what renaming must not change.
  package var partition: Set<[Span]> { Set(variables.map(\.places)) }
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
