// Behind a point: fields and methods. Inside a call: the names of arguments. In the brackets of a record: keys.

import Language
import Library
import Syntax

extension Completer {
  private func reader(_ context: CursorContext) -> ChainReader {
    ChainReader(interpreter: interpreter, utf8: context.utf8) { name in
      Builtins.library.objectTypes.first { $0.makers.contains(name) }
    }
  }

  // MARK: - Members

  /// What can stand behind the point at an offset.
  func members(behind point: Int, _ context: CursorContext) -> [Completion.Candidate] {
    let tokens = context.tokens(before: point)
    switch reader(context).meaning(of: tokens) {
    case .value(let value): return members(of: value)
    case .instance(let type): return type.memberSummaries().map(candidate)
    case .object(let type): return type.memberSummaries.map(candidate)
    case .tensor: return members(of: .float(0))
    case .text: return members(of: .string(""))
    case .list: return members(of: .list([]))
    case .method, nil:
      guard tokens.last?.kind == .name, tokens.dropLast().last?.kind != .dot,
        let last = tokens.last
      else { return [] }
      let name = context.text(Int(last.span.start)..<Int(last.span.end))
      // A name that has no value yet, as a function's parameter, is most often a tensor.
      return StandardModule.all.first { $0.name == name }.map(declarations)
        ?? members(of: .float(0))
    }
  }

  /// What a module of the standard library offers.
  func declarations(of module: StandardModule) -> [Completion.Candidate] {
    module.declarations.map { Completion.Candidate($0.name, detail: $0.title) }
  }

  private func candidate(_ member: MemberSummary) -> Completion.Candidate {
    Completion.Candidate(member.name, detail: member.detail)
  }

  private func members(of value: Value) -> [Completion.Candidate] {
    let own = value.memberSummaries(interpreter).map(candidate)
    let functions = MethodPages.names(for: value).compactMap { name -> Completion.Candidate? in
      guard let function = Builtins.library.function(name) else { return nil }
      return Completion.Candidate(name, detail: MethodPages.asMethod(function.signature))
    }
    return own + functions
  }

  // MARK: - Arguments

  /// The signature of the call around the cursor, and the offset of its bracket.
  func call(_ context: CursorContext) -> (signature: Signature, offset: Int)? {
    guard let bracket = context.open.brackets.last, bracket.closer == UInt8(ascii: ")"),
      let signature = signature(ofCallAt: bracket.offset, context)
    else { return nil }
    return (signature, bracket.offset)
  }

  /// The names that the call around the cursor takes and has not been given, where one can begin.
  func arguments(_ context: CursorContext) -> [Completion.Candidate] {
    guard let (signature, offset) = call(context) else { return [] }
    let inside = context.tokens(before: context.wordStart).filter {
      Int($0.span.start) > offset
    }
    guard inside.isEmpty || inside.last?.kind == .comma else { return [] }
    let given = zip(inside, inside.dropFirst()).filter { $1.kind == .assign }.map { token, _ in
      context.text(Int(token.span.start)..<Int(token.span.end))
    }
    let positional = positionalArguments(inside)
    return signature.parameters.enumerated().filter { place, parameter in
      parameter.kind == .plain && place >= positional && !given.contains(parameter.name)
    }.map(\.element).map {
      Completion.Candidate(
        "\($0.name)=", title: $0.name + ($0.defaultText.map { "=\($0)" } ?? "="),
        detail: $0.defaultText == nil ? "must be given" : "")
    }
  }

  /// How many of the arguments that end with a comma have no name.
  private func positionalArguments(_ tokens: [Token]) -> Int {
    var (depth, count) = (0, 0)
    var isNamed = false
    for token in tokens {
      switch token.kind {
      case .leftParenthesis, .leftBracket, .leftBrace: depth += 1
      case .rightParenthesis, .rightBracket, .rightBrace: depth -= 1
      case .assign where depth == 0: isNamed = true
      case .comma where depth == 0:
        if !isNamed { count += 1 }
        isNamed = false
      default: break
      }
    }
    return count
  }

  /// The signature of what the bracket at an offset calls; without its first parameter for a method.
  private func signature(ofCallAt offset: Int, _ context: CursorContext) -> Signature? {
    let tokens = context.tokens(before: offset)
    // `fn f(` declares.
    if tokens.dropLast().last?.kind == .fn { return nil }
    switch reader(context).meaning(of: tokens) {
    case .value(let value): return value.signature(interpreter)
    case .method(let name):
      guard let function = Builtins.library.function(name) else { return nil }
      return Signature(parsing: MethodPages.asMethod(function.signature))
    default: return nil
    }
  }

  // MARK: - Texts

  /// In a text: the keys of a record that it indexes, or file names.
  func completeText(from start: Int, _ context: CursorContext) -> Completion {
    let typed = context.text(start..<context.cursor)
    if let bracket = context.open.brackets.last, bracket.closer == UInt8(ascii: "]"),
      bracket.offset == start - 2,
      case .value(let value)? = reader(context).meaning(of: context.tokens(before: bracket.offset))
    {
      let keys = value.keysForCompletion
      return Completion(
        start: start,
        candidates: fitting(
          typed, keys.map { candidate($0, interpreter.peek(.string($0), in: value)) }))
    }
    return Paths.completion(typed, from: start)
  }
}

extension Value {
  /// The texts that index it, found without running anything.
  fileprivate var keysForCompletion: [String] {
    switch self {
    case .record(let record): record.keys
    case .host(let snapshot as Snapshot): (try? snapshot.leaves())?.keys ?? []
    default: []
    }
  }
}

/// The functions that are written as methods of values of a kind: those of these pages that take one first.
enum MethodPages {
  private static let ofTensors: Set<String> = [
    "Elementwise functions", "Reductions", "Shapes", "Picking and sorting", "Linear algebra",
    "Activations", "Statistics", "Curves", "Comparing", "Parts of layers",
  ]
  private static let ofTexts: Set<String> = ["Text"]
  private static let ofStructures: Set<String> = ["Lists and records"]
  private static let beside = [
    "backward", "requires_grad", "stop_gradient", "to", "item", "tolist",
  ]

  private static let besideOfTexts = ["split", "len", "map", "filter", "enumerate", "int", "float"]

  /// The names of those functions.
  static func names(for value: Value) -> [String] {
    switch value {
    case .tensor, .parameter, .int, .float, .bool: names(ofTensors) + beside
    case .string: (names(ofTexts) + besideOfTexts).sorted()
    case .list, .record: names(ofStructures)
    default: []
    }
  }

  private static func names(_ titles: Set<String>) -> [String] {
    Builtins.library.pages.filter { titles.contains($0.title) }.flatMap(\.functions)
      .filter { Signature(parsing: $0.signature).parameters.first?.kind == .plain }
      .map(\.name).sorted()
  }

  /// A function's signature as that of a method: without the first parameter.
  static func asMethod(_ text: String) -> String {
    let signature = Signature(parsing: text)
    return Signature(
      name: signature.name, parameters: Array(signature.parameters.dropFirst())
    ).description
  }
}
