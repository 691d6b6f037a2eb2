// Calls of a program's own functions with tensors of known shapes: the body is walked once more with what is known
// of the arguments, so that shapes are followed through `fn layer(x) { x @ w }` and a model's `forward`.
//
// Only what certainly runs is spoken of: not the branches of an `if`, the body of a loop or of a function inside,
// nor anything behind a `return` or `throw` in one of them.

import Language
import Syntax

/// The body of a function of the program that is checked.
final class FunctionBody {
  let function: Function
  /// The model whose method it is.
  let model: ModelShape?

  init(_ function: Function, _ model: ModelShape?) {
    self.function = function
    self.model = model
  }
}

/// A walk over a body for one call.
struct CallWalk {
  /// What its variables hold in this call.
  var held: [ObjectIdentifier: Known] = [:]
  /// The call, for the message.
  let place: Span
  /// How many calls it is inside of.
  let depth: Int
  /// True in what may not run.
  var isDoubtful = false
  /// True behind what may have left the function.
  var mayHaveLeft = false
  /// What the function gives where it certainly returns.
  var returned: Known?

  /// Calls in calls that are followed.
  static let maximumDepth = 4
  /// Expressions of a program that are walked for calls: many times what a program of some hundred lines has.
  static let maximumSteps = 20_000
}

extension KindWalk {
  /// What a call gives, and what in it cannot be.
  func walk(
    _ body: FunctionBody, _ signature: Signature, _ arguments: WalkedArguments, _ span: Span
  ) -> Known {
    let known = arguments.positional.map(\.known) + arguments.named.map(\.known)
    guard !mayFail, !arguments.hasSpread, known.contains(where: { $0.extents != nil }),
      (callWalk?.depth ?? 0) < CallWalk.maximumDepth, steps < CallWalk.maximumSteps
    else { return .unknown }
    if let callWalk, callWalk.isDoubtful || callWalk.mayHaveLeft { return .unknown }
    let outer = (callWalk, model)
    defer { (callWalk, model) = outer }
    let place = callWalk?.place ?? span
    callWalk = CallWalk(place: place, depth: (callWalk?.depth ?? 0) + 1)
    model = body.model ?? model
    for (parameter, declared) in zip(body.function.parameters, signature.parameters) {
      guard parameter.kind == .plain else {
        bind(parameter.pattern, .unknown)
        continue
      }
      bind(
        parameter.pattern,
        arguments.known(declared.name, of: signature) ?? parameter.defaultValue.map { walk($0) }
          ?? .unknown)
    }
    let value = walk(body.function.body)
    guard let walked = callWalk else { return .unknown }
    return walked.mayHaveLeft ? .unknown : walked.returned ?? value
  }

  /// Says which arguments contradict the annotations of a function's parameters.
  func checkAnnotations(
    _ body: FunctionBody, _ signature: Signature, _ arguments: WalkedArguments
  ) {
    guard !arguments.hasSpread else { return }
    for (place, parameter) in body.function.parameters.enumerated() {
      guard parameter.kind == .plain, let annotation = parameter.annotation,
        place < signature.parameters.count
      else { continue }
      let name = signature.parameters[place].name
      guard let known = arguments.known(name, of: signature),
        let span = place < arguments.positional.count
          ? arguments.positional[place].span
          : arguments.named.first(where: { $0.name.name == name })?.name.span
      else { continue }
      if let wanted = KindWalk.contradiction(of: known, to: annotation) {
        report(
          known.isTensor ? .shape : .operator,
          "`\(name)` of \(signature.name) is declared \(wanted), and is given \(known.description)",
          span)
      }
    }
  }

  /// What an annotation says where a value is certainly something else.
  private static func contradiction(of known: Known, to annotation: Annotation) -> String? {
    switch annotation.kind {
    case .tensor(_, let axes?):
      guard let shape = known.extents else { return nil }
      let wanted = axes.map { axis -> Int? in if case .size(let size) = axis { size } else { nil } }
      let isOpen = axes.contains { if case .ellipsis = $0 { true } else { false } }
      guard !isOpen, KnownShapes.same(shape, wanted) == nil else { return nil }
      return "a tensor of shape \(Known.text(wanted))"
    case .type(let name):
      guard ["String", "Int", "Bool"].contains(name) else { return nil }
      switch known {
      case .list, .record, .range: return name
      case .text where name != "String": return name
      case .int where name == "String", .float where name == "String",
        .number where name == "String", .bool where name == "String":
        return name
      default: return nil
      }
    default: return nil
    }
  }

  /// Walks what may not run.
  func doubtfully<R>(_ body: () -> R) -> R {
    let outer = callWalk?.isDoubtful
    callWalk?.isDoubtful = true
    defer { if let outer { callWalk?.isDoubtful = outer } }
    return body()
  }

  /// Notes that the function ends here, with a value or an error.
  func leave(_ value: Known?) {
    guard let walked = callWalk, !walked.mayHaveLeft else { return }
    if walked.isDoubtful || walked.returned != nil {
      callWalk?.mayHaveLeft = true
    } else {
      callWalk?.returned = value ?? .unknown
    }
  }

  /// Follows the shape through a layer of the standard library whose sizes are known.
  func linear(_ model: ModelShape, _ arguments: WalkedArguments, _ span: Span) -> Known {
    guard let (inputs, outputs) = model.linearSizes, arguments.positional.count == 1,
      let shape = arguments.positional[0].known.extents, let last = shape.last
    else { return .unknown }
    if let inputs, let last, inputs != last {
      report(
        .shape,
        "a Linear of \(inputs) inputs is given a tensor of shape \(Known.text(shape))", span,
        hint: "its last axis must be \(inputs)")
    }
    return .tensor(shape.dropLast() + [outputs])
  }
}
