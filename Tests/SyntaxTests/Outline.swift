// A tree as an S-expression, so that a test shows a whole tree on one line.

@testable import Syntax

/// The statements of a text, or the first mistake in it.
func outline(_ text: String) -> String {
  let result = parse(Source(name: "test.mos", text: text))
  if let mistake = result.diagnostics.first { return "error: \(mistake.message)" }
  return outline(result.program.statements)
}

private func outline(_ statements: [Statement]) -> String {
  statements.map(outline).joined(separator: "; ")
}

private func outline(_ block: Block) -> String { "{" + outline(block.statements) + "}" }

private func list(_ head: String, _ parts: [String]) -> String {
  "(" + ([head] + parts).joined(separator: " ") + ")"
}

private func documented(_ text: String?) -> [String] { text.map { ["##" + $0] } ?? [] }

func outline(_ statement: Statement) -> String {
  switch statement.kind {
  case .expression(let value): outline(value)
  case .let(let pattern, let value, let documentation):
    list("let", documented(documentation) + [outline(pattern), outline(value)])
  case .assign(let place, let value): list("=", [outline(place), outline(value)])
  case .update(let place, let operation, let value):
    list(operation.rawValue + "=", [outline(place), outline(value)])
  case .function(let function, let decorators):
    list("declare", decorators.map { "@" + outline($0) } + [outline(function)])
  case .model(let model, let decorators):
    list(
      "model",
      decorators.map { "@" + outline($0) } + documented(model.documentation) + [model.name.name]
        + [list("", model.parameters.map(outline))] + model.members.map(outline))
  case .for(let pattern, let things, let body):
    list("for", [outline(pattern), outline(things), outline(body)])
  case .while(let condition, let body): list("while", [outline(condition), outline(body)])
  case .break: "break"
  case .continue: "continue"
  case .return(let value): list("return", value.map { [outline($0)] } ?? [])
  case .throw(let value): list("throw", [outline(value)])
  case .assert(let condition, let message):
    list("assert", [outline(condition)] + (message.map { [outline($0)] } ?? []))
  case .test(let name, let body): list("test", [name, outline(body)])
  case .importModule(let path, let isFile, let alias):
    list("import", [isFile ? "file:" + path : path, alias.name])
  case .importNames(let path, let isFile, let names):
    list(
      "from", [isFile ? "file:" + path : path] + names.map { "\($0.name.name):\($0.alias.name)" })
  case .error: "error"
  }
}

private func outline(_ member: Model.Member) -> String {
  switch member {
  case .field(let kind, let pattern, let value, let documentation, _):
    list(kind.rawValue, documented(documentation) + [outline(pattern), outline(value)])
  case .method(let function, let decorators):
    list("method", decorators.map { "@" + outline($0) } + [outline(function)])
  }
}

private func outline(_ pattern: Pattern) -> String {
  switch pattern {
  case .name(let name): name.name
  case .list(let parts, let rest, _):
    list("list", parts.map(outline) + (rest.map { ["*" + $0.name] } ?? []))
  case .record(let fields, _):
    list("record", fields.map { "\($0.key.name):\(outline($0.pattern))" })
  }
}

private func outline(_ parameter: Parameter) -> String {
  let stars = parameter.kind == .plain ? "" : parameter.kind == .restList ? "*" : "**"
  let annotation = parameter.annotation.map { ":" + outline($0) } ?? ""
  let value = parameter.defaultValue.map { "=" + outline($0) } ?? ""
  return stars + outline(parameter.pattern) + annotation + value
}

private func outline(_ annotation: Annotation) -> String {
  switch annotation.kind {
  case .type(let name): return name
  case .tensor(let dtype, let axes):
    let shape = axes.map { axes in
      let parts = axes.map { axis in
        switch axis {
        case .name(let name): name
        case .size(let size): String(size)
        case .ellipsis: "..."
        }
      }
      return "[" + parts.joined(separator: " ") + "]"
    }
    return (dtype ?? "") + (shape ?? "")
  }
}

private func outline(_ function: Function) -> String {
  list(
    "fn",
    documented(function.documentation) + (function.name.map { [$0.name] } ?? [])
      + [list("", function.parameters.map(outline))]
      + (function.result.map { ["->" + outline($0)] } ?? []) + [outline(function.body)])
}

private func outline(_ expression: Expression) -> String {
  switch expression.kind {
  case .nil: "nil"
  case .bool(let value): "\(value)"
  case .int(let value): "\(value)"
  case .float(let value): "\(value)"
  case .string(let pieces): "\"" + pieces.map(outline).joined() + "\""
  case .name(let name): name
  case .selfInstance: "self"
  case .tensor(let elements): list("tensor", elements.map(outline))
  case .list(let elements): list("list", elements.map(outline))
  case .record(let entries): list("record", entries.map(outline))
  case .comprehension(let comprehension, let tensor):
    list(tensor ? "tensor-of" : "list-of", outline(comprehension))
  case .range(let low, let high, let step, let isClosed):
    list(
      isClosed ? "..=" : "..", [outline(low), outline(high)] + (step.map { [outline($0)] } ?? []))
  case .unary(let name, let operand): list(name.rawValue, [outline(operand)])
  case .binary(let name, let left, let right, _):
    list(name.rawValue, [outline(left), outline(right)])
  case .comparison(let first, let rest):
    list(
      "compare",
      [outline(first)] + rest.map { "\($0.operator.rawValue) \(outline($0.operand))" })
  case .and(let left, let right): list("and", [outline(left), outline(right)])
  case .or(let left, let right): list("or", [outline(left), outline(right)])
  case .not(let operand): list("not", [outline(operand)])
  case .pipe(let left, let right): list("|>", [outline(left), outline(right)])
  case .call(let function, let arguments):
    list("call", [outline(function)] + arguments.map(outline))
  case .field(let value, let name): list(".", [outline(value), name.name])
  case .index(let value, let parts): list("index", [outline(value)] + parts.map(outline))
  case .function(let function): outline(function)
  case .if(let branches, let otherwise):
    list(
      "if",
      branches.map { outline($0.condition) + " " + outline($0.body) }
        + (otherwise.map { ["else " + outline($0)] } ?? []))
  case .block(let block): outline(block)
  case .with(let contexts, let body): list("with", contexts.map(outline) + [outline(body)])
  case .try(let body, let pattern, let handler):
    list("try", [outline(body), outline(pattern), outline(handler)])
  case .finally(let body, let cleanup): list("finally", [outline(body), outline(cleanup)])
  case .spread(let value): "*" + outline(value)
  case .extract(let extract):
    list(
      "extract",
      (extract.session ? ["session"] : extract.targets.map(outline))
        + (extract.manner.map { ["by:" + $0.name] } ?? [])
        + (extract.name.map { ["as:" + $0.name] } ?? []))
  case .recover(let recover):
    list(
      "recover",
      (recover.session ? ["session"] : recover.targets.map(outline))
        + ["from:" + outline(recover.snapshot)])
  case .error: "error"
  }
}

private func outline(_ piece: StringPiece) -> String {
  switch piece {
  case .text(let text): text
  case .interpolation(let value, let format):
    "{" + outline(value) + (format.map { ":" + $0 } ?? "") + "}"
  }
}

private func outline(_ entry: RecordEntry) -> String {
  switch entry {
  case .pair(let key, let value): key.name + ":" + outline(value)
  case .spread(let value): "..." + outline(value)
  }
}

private func outline(_ comprehension: Comprehension) -> [String] {
  [outline(comprehension.element)]
    + comprehension.clauses.map { clause in
      switch clause {
      case .for(let pattern, let things): "for \(outline(pattern)) \(outline(things))"
      case .if(let condition): "if \(outline(condition))"
      }
    }
}

private func outline(_ argument: Argument) -> String {
  switch argument {
  case .positional(let value): outline(value)
  case .named(let name, let value): name.name + "=" + outline(value)
  case .spreadList(let value): "*" + outline(value)
  case .spreadRecord(let value): "**" + outline(value)
  }
}

private func outline(_ part: IndexPart) -> String {
  switch part {
  case .item(let value): outline(value)
  case .ellipsis: "..."
  case .slice(let start, let stop, let step, _):
    [start, stop, step].map { $0.map(outline) ?? "" }.joined(separator: ":")
  }
}
