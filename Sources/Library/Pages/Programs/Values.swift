// Types and conversions: numbers from text and tensors, text from anything.

import Autodiff
import Language
import Tensors

extension Builtins {
  static let values = BuiltinPage(
    "Values",
    constants: [
      BuiltinConstant(
        "pi",
        "The ratio of a circle's circumference to its diameter.\n\n    print(pi)    # 3.141592653589793"
      ) {
        .float(.pi)
      },
      BuiltinConstant(
        "e",
        "Euler's number, the base of natural logarithms.\n\n    print(e)    # 2.718281828459045"
      ) {
        .float(2.718281828459045)
      },
      BuiltinConstant(
        "inf", "Infinity; `-inf` is the negative one.\n\n    print(1.0 < inf)    # true"
      ) {
        .float(.infinity)
      },
      BuiltinConstant(
        "nan",
        "Not a number: equal to nothing, itself included.\n\n    print(nan == nan)    # false"
      ) {
        .float(.nan)
      },
    ],
    objects: [ErrorObject.self],
    [
      Builtin(
        "type(value)",
        """
        The name of the value's type.

            print(type(1.0))    # Float
        """
      ) { arguments in .string(arguments[0].typeName) },
      Builtin(
        "int(value, base=10)",
        """
        The whole number of a number, Bool, text or tensor of one element; fractions are cut off.

        Text may hold `_` between digits; `base` from 2 to 36 says how to read it.

            print(int(3.9), int("1_000"), int("ff", base=16))    # 3 1000 255
        """
      ) { arguments in .int(try arguments.convertedToInt()) },
      Builtin(
        "float(value)",
        """
        The Float of a number, Bool, text or tensor of one element.

            print(float(3), float("1e-3"))    # 3.0 0.001
        """
      ) { arguments in
        if let number = try RecordedNumber(measuring: arguments[0].variable) {
          return .host(number)
        }
        return .float(try arguments.convertedToFloat())
      },
      Builtin(
        "bool(value)",
        """
        True for a number, Bool or tensor of one element that is not zero; also the dtype of masks.

            print(bool(2), zeros(2, dtype=bool))    # true [false, false]
        """
      ) { arguments in .bool(try arguments.convertedToBool()) },
      Builtin(
        "help(value=nil)",
        """
        Prints what a function, a model with its members, a module with what it offers, or a built-in
        name does; a String may name what is not visible, `help("nn.Conv2d")`.

            ## Doubles a number.
            fn twice(x) { 2 * x }
            help(twice)
            # twice(x)
            #
            # Doubles a number.
        """, effects: .writes
      ) { arguments in
        try arguments.interpreter.write(arguments.helpText() + "\n")
        return .nil
      },
    ])
}

extension Arguments {
  fileprivate func convertedToInt() throws -> Int {
    switch self[0] {
    case .int(let value) where !has(1): return value
    case .bool(let value): return value ? 1 : 0
    case .string(let string):
      let base = try int(1)
      guard (2...36).contains(base) else {
        throw RuntimeError(.value, "`base` of int must be from 2 to 36, not \(base)")
      }
      return try Arguments.parsedInt(string.text, base: base)
    default:
      guard !has(1) else { throw mismatch(0, "a String where `base` is given") }
      if let tensor = self[0].tensorOfOne, !tensor.dtype.isFloat { return tensor.firstInt }
      return try Arguments.truncated(try oneNumber())
    }
  }

  /// The Int of a Double without its fraction.
  ///
  /// - Throws: a value error for nan, infinities and what does not fit 64 bits.
  static func truncated(_ number: Double) throws -> Int {
    guard let value = Int(exactly: number.rounded(.towardZero)) else {
      throw RuntimeError(
        .value, "\(number) does not fit an Int",
        hint: number.isFinite ? "Ints go up to 9223372036854775807" : "check it with isfinite first"
      )
    }
    return value
  }

  /// The Int that a text spells.
  static func parsedInt(_ text: String, base: Int = 10) throws -> Int {
    let trimmed = text.trimmed
    let digits = trimmed.withoutUnderscores
    if let value = Int(digits, radix: base), !trimmed.hasPrefix("_"), !trimmed.hasSuffix("_") {
      return value
    }
    throw RuntimeError(
      .value, "cannot read \(text.excerpt) as an Int",
      hint: Double(digits) == nil
        ? "a text of digits can be read, \"42\", in another base with base="
        : "int(float(text)) cuts fractions off")
  }

  fileprivate func convertedToFloat() throws -> Double {
    guard case .string(let string) = self[0] else { return try oneNumber() }
    return try Arguments.parsedFloat(string.text)
  }

  /// The Float that a text spells.
  static func parsedFloat(_ text: String) throws -> Double {
    let trimmed = text.trimmed
    let digits = trimmed.withoutUnderscores
    // Swift would take hexadecimal floats and `nan(0x1)` too.
    let isPlain = digits.utf8.allSatisfy { "0123456789+-.eE".utf8.contains($0) }
    let word = digits.lowercased().drop { $0 == "+" || $0 == "-" }
    if isPlain || ["nan", "inf", "infinity"].contains(word), let value = Double(digits) {
      return value
    }
    throw RuntimeError(
      .value, "cannot read \(text.excerpt) as a Float",
      hint: text.contains(",")
        ? "decimals stand behind a point, \"1.5\"" : "numbers are written \"1.5\" or \"1e-3\"")
  }

  fileprivate func convertedToBool() throws -> Bool {
    if case .bool(let value) = self[0] { return value }
    return try oneNumber() != 0
  }

  /// The number of a number, Bool or tensor of one element.
  private func oneNumber() throws -> Double {
    if let number = self[0].number { return number }
    if case .bool(let value) = self[0] { return value ? 1 : 0 }
    if let variable = self[0].variable {
      guard variable.count == 1 else {
        throw RuntimeError(
          .shape, "\(callee.name) takes one number, not \(variable.typeDescription)",
          hint: "x.to(…) converts every element to a dtype")
      }
      return try tensor(0).firstDouble
    }
    throw mismatch(
      0, "a number, a String or a tensor of one element",
      hint: callee.name == "bool" ? "compare, as in `len(x) > 0`" : nil)
  }

  fileprivate func helpText() throws -> String {
    func described(_ signature: String, _ text: String?) -> String {
      guard let text, !text.isEmpty else { return signature }
      return signature + "\n\n" + text
    }
    switch self[0] {
    case .absent, .nil:
      return "help(name) describes a function, a model or a built-in name"
    case .builtin(let builtin):
      let title = "\(builtin.standsFor ?? builtin.signature)"
      let listed = try? Builtins.library.documentation(of: builtin.name)
      return described(title, listed?.title == title ? listed?.text : builtin.documentation)
    case .function(let closure):
      return described("\(closure.prototype.signature)", closure.prototype.documentation)
    case .model(let model): return described("\(model.signature)", model.helpText)
    case .instance(let instance):
      return described("\(instance.type.signature)", instance.type.helpText)
    case .module(let module):
      guard let source = module.source else { break }
      let found = ModuleDocumentation(source, name: module.name)
      return described(found.name, found.text)
    case .string(let string):
      let found = try Builtins.library.documentation(of: string.text)
      return described(found.title, found.text)
    case .host(let host):
      let type = host.members
      return described("\(self[0].shortDescription), a value of type \(host.typeName)", type.text)
    default: break
    }
    return "\(self[0].shortDescription), a value of type \(self[0].typeName)"
  }
}

extension ModelType {
  /// What is said of the model, and what its objects have.
  fileprivate var helpText: String {
    (documentation ?? "").followed(by: documentedMembers.listing)
  }
}

extension String {
  /// The text without white space at its ends.
  var trimmed: String {
    var text = self[...]
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }

  /// The text of a number without what may stand between its digits.
  fileprivate var withoutUnderscores: String {
    String(decoding: utf8.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
  }
}
