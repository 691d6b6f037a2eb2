// What people write who come from another language, and what is written here: operators, characters,
// words that begin statements, prefixes of strings. The lexer and the parser look here before they say what
// they expected; names of functions and methods stand in `Language/Names/ForeignNames.swift`.

enum ForeignSyntax {
  /// Operators, longest first where one begins another, with the word that is read in their place.
  static let operators: [(bytes: [UInt8], kind: Token.Kind, hint: String)] = {
    let rows: [(String, Token.Kind, String)] = [
      ("===", .equal, "write =="), ("!==", .notEqual, "write !="), ("<>", .notEqual, "write !="),
      ("&&", .and, "write and"), ("||", .or, "write or"), ("!", .not, "write not"),
      (":=", .assign, "write let name = value on a line of its own"),
      ("^", .doubleStar, "write ** for a power"), ("<<", .star, "write x * 2 ** n"),
      (">>", .doubleSlash, "write x // 2 ** n"),
    ]
    return rows.map { (Array($0.0.utf8), $0.1, $0.2) }
  }()

  /// Characters that look like, or mean, one of the language's.
  static let lookalikes: [Unicode.Scalar: String] = [
    "“": "\"", "”": "\"", "„": "\"", "‘": "\"", "’": "\"", "'": "\"", "`": "\"", "−": "-", "–": "-",
    "×": "*", "·": "*", "÷": "/", "≤": "<=", "≥": ">=", "≠": "!=", "→": "=>", "⇒": "=>",
    "…": "...", "\u{A0}": "a plain space", "\u{3000}": "a plain space", "$": "{…} in a string",
    "?": "if c { a } else { b }",
    "\\": "nothing: a line goes on where a bracket is open or where it ends in an operator",
  ]

  /// Quotes of other kinds, with those that close them.
  static let quotes: [Unicode.Scalar: Set<Unicode.Scalar>] = [
    "'": ["'"], "‘": ["’", "‘", "'"], "“": ["”", "“", "\""], "„": ["“", "”", "\""], "`": ["`"],
  ]

  /// What stands in front of a string in Python.
  static let prefixes: [String: String] = [
    "f": "every string takes values in braces: \"x = {x}\"",
    "F": "every string takes values in braces: \"x = {x}\"",
    "r": "write the string alone, with \\\\ for each \\",
    "b": "write the string alone: text is UTF-8", "u": "write the string alone: text is UTF-8",
    "rf": "write the string alone, with \\\\ for each \\",
    "fr": "write the string alone, with \\\\ for each \\",
  ]

  /// Words that begin statements, and how the statement is written here.
  static let words = [
    "var": "declare a variable with let", "const": "declare a variable with let",
    "val": "declare a variable with let", "local": "declare a variable with let",
    "auto": "declare a variable with let", "mut": "every variable may be assigned: write let",
    "static": "declare a variable with let", "final": "declare a variable with let",
    "int": "declare a variable with let", "float": "declare a variable with let",
    "double": "declare a variable with let", "string": "declare a variable with let",
    "String": "declare a variable with let", "Int": "declare a variable with let",
    "Float": "declare a variable with let", "Tensor": "declare a variable with let",
    "def": "a function is declared with fn", "func": "a function is declared with fn",
    "fun": "a function is declared with fn", "function": "a function is declared with fn",
    "proc": "a function is declared with fn", "sub": "a function is declared with fn",
    "lambda": "an anonymous function is written x => …",
    "class": "a class is called model here: model Net(n) { param w = … }",
    "struct": "records are written {a: x}; objects with state are declared with model",
    "interface": "there are no declared types: a value needs the fields and methods that are used",
    "trait": "there are no declared types: a value needs the fields and methods that are used",
    "impl": "methods are declared inside the model",
    "enum": "use strings for cases, or records",
    "type": "types are not declared; records are written {a: x}",
    "elif": "write else if", "elsif": "write else if", "elseif": "write else if",
    "then": "a block stands in braces: if c { … }", "do": "a loop is written while c { … }",
    "end": "a block ends with }", "unless": "write if not c { … }",
    "until": "write while not c { … }",
    "foreach": "write for v in things { … }", "loop": "write while true { … }",
    "repeat": "write for i in 0..n { … }",
    "switch": "write if … else if … else, or look in a record of functions",
    "match": "write if … else if … else, or look in a record of functions",
    "case": "write if … else if … else, or look in a record of functions",
    "default": "write else { … }", "except": "write catch e { … }",
    "raise": "raise an error with throw", "error": "raise an error with throw",
    "del": "xs.pop(i) takes an element out of a list, r.delete(key) a key out of a record",
    "delete": "xs.pop(i) takes an element out of a list, r.delete(key) a key out of a record",
    "pass": "an empty block is written { }",
    "yield": "collect values with list(e for v in xs)",
    "await": "calls wait for their result: write f()",
    "async": "functions are declared with fn, and calls wait for their result",
    "new": "call the model: Net(2)", "goto": "use functions and loops",
    "using": "write import", "use": "write import", "include": "write import",
    "require": "write import", "package": "a file is a module: import \"file.mos\" as name",
    "module": "a file is a module: import \"file.mos\" as name",
    "namespace": "a file is a module: import \"file.mos\" as name",
    "export": "every name of a file that has no leading _ can be imported",
    "public": "every name without a leading _ is public", "private": "begin a private name with _",
    "global": "functions reach the variables around them as they are: assign them",
    "nonlocal": "functions reach the variables around them as they are: assign them",
    "echo": "write print(…)", "puts": "write print(…)", "println": "write print(…)",
    "printf": "write print(\"{x:.3f}\")",
  ]
}
