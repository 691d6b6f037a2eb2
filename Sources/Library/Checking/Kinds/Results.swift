// What built-ins give, where that follows from their arguments, and shapes that they cannot take.
//
// A built-in that is not here gives what is unknown.

import Language
import Syntax

extension KindWalk {
  /// What a call of a built-in gives.
  func result(
    of builtin: Builtin, _ signature: Signature, _ arguments: WalkedArguments, _ span: Span
  ) -> Known {
    let name = builtin.name
    checkText(builtin, signature, arguments, span)
    if let type = KindWalk.made(by: name, interpreter.library) { return .object(type) }
    if name.utf8.first.map({ (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }) ?? false,
      case .model(let model)? = standardDistributions?.members[name]
    {
      return .instance(model)
    }
    guard !arguments.hasSpread else { return KindWalk.plainResult(name) }
    let first = arguments.positional.first?.known ?? .unknown
    if KindWalk.elementwise.contains(name) || name == "backward" {
      checkTensor(builtin, signature, first, span)
    }
    if KindWalk.elementwise.contains(name) { return KindWalk.mapped(first) }
    if KindWalk.reductions.contains(name) {
      return reduced(arguments.known("x", of: signature) ?? first, signature, arguments, span)
    }
    if KindWalk.losses.contains(name) { return loss(name, signature, arguments, span) }
    switch name {
    case "zeros", "ones", "rand", "randn":
      return .tensor(KindWalk.extents(arguments.positional.map(\.known)))
    case "full": return .tensor(KindWalk.extents([first]))
    case "zeros_like", "ones_like", "full_like", "tensor", "stop_gradient":
      return KindWalk.mapped(first)
    case "eye":
      guard case .int(let n) = first else { return .tensor(nil) }
      if let columns = arguments.known("m", of: signature) {
        if case .int(let m) = columns { return .tensor([n, m]) }
        return .tensor([n, nil])
      }
      return .tensor([n, n])
    case "arange":
      if arguments.positional.count == 1, arguments.named.isEmpty, case .int(let n?) = first, n >= 0
      {
        return .tensor([n])
      }
      return .tensor([nil])
    case "linspace", "logspace":
      guard let count = arguments.known("num", of: signature) else { return .tensor([50]) }
      if case .int(let n) = count { return .tensor([n]) }
      return .tensor([nil])
    case "param":
      if first.isNumber { return .parameter([]) }
      return first.isTensor ? .parameter(first.extents) : .unknown
    case "reshape": return reshape(first, arguments, span)
    case "transpose":
      return arguments.positional.count == 1 && first.isTensor
        ? .tensor(first.extents.map { $0.reversed() }) : .unknown
    case "flatten":
      guard arguments.positional.count == 1, arguments.named.isEmpty, let shape = first.extents
      else {
        return .unknown
      }
      return .tensor([KnownShapes.count(shape)])
    case "matmul":
      guard arguments.positional.count == 2 else { return .unknown }
      return binary(.matmul, first, arguments.positional[1].known, span)
    case "dot": return dot(arguments, span)
    case "where":
      guard arguments.positional.count == 3 else { return .unknown }
      return chosen(arguments.positional.map(\.known), span)
    case "solve": return solved(arguments, span)
    case "outer":
      guard arguments.positional.count == 2, let a = first.extents,
        let b = arguments.positional[1].known.extents, a.count == 1, b.count == 1
      else { return .tensor(nil) }
      return .tensor([a[0], b[0]])
    case "cross_entropy": return crossEntropy(signature, arguments, span)
    case "concat", "stack": return joined(name, first, signature, arguments, span)
    case "minimum", "maximum", "atan2", "hypot", "logaddexp":
      guard arguments.positional.count == 2 else { return .unknown }
      let second = arguments.positional[1].known
      if let a = first.extents, let b = second.extents { return stretched(a, b, span, name) }
      return .unknown
    default: return KindWalk.plainResult(name)
    }
  }

  /// A function of the elements of a tensor takes no text, list or record.
  private func checkTensor(
    _ builtin: Builtin, _ signature: Signature, _ x: Known, _ span: Span
  ) {
    guard let parameter = signature.parameters.first else { return }
    switch x {
    // Running sums are taken of lists too.
    case .list where builtin.name.hasPrefix("cum"): break
    case .text, .list, .record:
      report(
        .operator, "`\(parameter.name)` of \(builtin.name) must be a Tensor, not \(x.description)",
        span, hint: x.isList ? "brackets make tensors: [1.0, 2.0]" : nil)
    default: break
    }
  }

  /// A parameter that is called `text` takes a String.
  private func checkText(
    _ builtin: Builtin, _ signature: Signature, _ arguments: WalkedArguments, _ span: Span
  ) {
    guard signature.parameters.first?.name == "text",
      let text = arguments.known("text", of: signature)
    else { return }
    switch text {
    case .int, .float, .number, .bool, .nil, .tensor, .record, .range:
      report(
        .member, "`text` of \(builtin.name) must be a String, not \(text.description)", span,
        hint: text.isNumber ? "str(value) makes a text of a number" : nil)
    default: break
    }
  }

  // MARK: Tables

  private static let elementwise: Set = [
    "abs", "sign", "square", "reciprocal", "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt",
    "rsqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh",
    "atanh", "erf", "erfc", "relu", "relu6", "silu", "mish", "selu", "sigmoid", "log_sigmoid",
    "gelu",
    "softplus", "leaky_relu", "elu", "softmax", "log_softmax", "softsign", "clip", "round", "floor",
    "ceil",
    "cumsum", "cumprod",
  ]

  private static let reductions: Set = [
    "sum", "prod", "mean", "var", "std", "norm", "logsumexp", "median", "any", "all", "argmax",
    "argmin",
    "max", "min",
  ]

  private static let losses: Set = [
    "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "hinge_loss", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "kl_div",
  ]

  /// What is of one kind whatever the arguments are.
  private static func plainResult(_ name: String) -> Known {
    switch name {
    case "len": .int(nil)
    case "str", "repr", "format", "join", "upper", "lower", "strip", "trim", "type", "read_text":
      .text(nil)
    case "print", "write_text", "sleep": .nil
    case "keys", "values", "items", "sorted", "list", "lines", "args": .list(nil)
    case "range": .range
    case "record": .record(nil)
    case "starts_with", "ends_with", "exists": .bool
    case "time": .float
    case "one_hot", "cholesky", "inv", "outer": .tensor(nil)
    default: .unknown
    }
  }

  /// The type of the objects that a built-in makes; nil for one that makes none, or several.
  private static func made(by name: String, _ library: BuiltinLibrary) -> HostType? {
    makers[name] ?? library.objectTypes.first { $0.makers.contains(name) }
      ?? library.pages.first {
        makerPages.contains($0.title) && $0.functions.contains { $0.name == name }
      }?
      .objects.first?.hostType
  }

  /// The pages all of whose functions make objects of one type.
  private static let makerPages: Set = ["Schedules", "Linear solvers"]

  private static let makers: [String: HostType] = {
    var makers: [String: HostType] = [:]
    for family in OptimizerFamily.all {
      makers[String(family.signature.prefix { $0 != "(" })] = TransformObject.hostType
    }
    for name in [
      "chain", "scale", "clip_grad_norm", "clip_grad_value", "add_decayed_weights", "ema",
    ] {
      makers[name] = TransformObject.hostType
    }
    makers["Normal"] = NormalDistribution.hostType
    makers["Uniform"] = UniformDistribution.hostType
    makers["extract_state"] = Snapshot.hostType
    makers["random_key"] = KeyObject.hostType
    makers["plot"] = PlotObject.hostType
    makers["graph"] = GraphObject.hostType
    makers["explain"] = ExplanationObject.hostType
    return makers
  }()

  // MARK: Shapes

  /// What an elementwise function makes of a value.
  private static func mapped(_ known: Known) -> Known {
    switch known {
    case .int, .float, .number: .number
    case .tensor, .parameter: .tensor(known.extents)
    default: .unknown
    }
  }

  /// A shape that is given as Ints or as one list of them.
  private static func extents(_ given: [Known]) -> [Int?]? {
    if given.count == 1 {
      switch given[0] {
      case .list(let elements?): return extents(all: elements)
      case .int(let n): return [n]
      default: return nil
      }
    }
    return extents(all: given)
  }

  private static func extents(all given: [Known]) -> [Int?]? {
    var result: [Int?] = []
    for known in given {
      switch known {
      case .int(let n): result.append(n)
      case .unknown, .number: result.append(nil)
      default: return nil
      }
    }
    return result
  }

  private func reduced(
    _ x: Known, _ signature: Signature, _ arguments: WalkedArguments, _ span: Span
  ) -> Known {
    if signature.restList == 0, arguments.positional.count != 1 { return .unknown }
    if x.isNumber { return .number }
    guard x.isTensor else { return .unknown }
    let places = signature.parameters.firstIndex { $0.name == "axis" }
    let axis =
      signature.restList == 0
      ? arguments.named.first { $0.name.name == "axis" }?.known
      : places.flatMap { _ in arguments.known("axis", of: signature) }
    let keeps = arguments.named.first { $0.name.name == "keepdims" } != nil
    guard let axis else { return keeps ? .tensor(nil) : .tensor([]) }
    guard case .int(let place?) = axis, !keeps, let shape = x.extents else { return .tensor(nil) }
    guard let reduced = KnownShapes.reduced(shape, axis: place, keepsAxis: false) else {
      report(.shape, "axis \(place) is out of range for \(x.description)", span)
      return .tensor(nil)
    }
    return .tensor(reduced)
  }

  private func loss(
    _ name: String, _ signature: Signature, _ arguments: WalkedArguments, _ span: Span
  ) -> Known {
    let reduction = arguments.known("reduction", of: signature)
    let parameters = signature.parameters.prefix(2).map(\.name)
    if parameters.count == 2,
      let a = arguments.known(parameters[0], of: signature)?.extents,
      let b = arguments.known(parameters[1], of: signature)?.extents, KnownShapes.same(a, b) == nil
    {
      report(
        .shape,
        "\(name) compares tensors of one shape, not of \(Known.text(a)) and \(Known.text(b))", span)
    }
    return reduction == nil ? .tensor([]) : .tensor(nil)
  }

  private func reshape(_ x: Known, _ arguments: WalkedArguments, _ span: Span) -> Known {
    guard arguments.named.isEmpty,
      let wanted = KindWalk.extents(arguments.positional.dropFirst().map(\.known))
    else { return .tensor(nil) }
    guard let shape = x.extents else { return .tensor(wanted.map { $0 == -1 ? nil : $0 }) }
    if let reshaped = KnownShapes.reshaped(shape, to: wanted) { return .tensor(reshaped) }
    report(
      .shape, "cannot reshape a tensor of shape \(Known.text(shape)) to \(Known.text(wanted))", span
    )
    return .tensor(nil)
  }

  /// `where(condition, a, b)`: all stretch to one shape.
  private func chosen(_ parts: [Known], _ span: Span) -> Known {
    var shape: [Int?] = []
    for part in parts {
      guard part.isNumber || part.isBool || part.extents != nil else { return .unknown }
      guard case .tensor(let both?) = stretched(shape, part.extents ?? [], span, "where") else {
        return .tensor(nil)
      }
      shape = both
    }
    return .tensor(shape)
  }

  /// `solve(a, b)`: as many right sides as equations.
  private func solved(_ arguments: WalkedArguments, _ span: Span) -> Known {
    guard arguments.positional.count == 2, let a = arguments.positional[0].known.extents,
      let b = arguments.positional[1].known.extents, a.count == 2, b.count == 1
    else { return .unknown }
    if let n = a[0], let m = b[0], n != m {
      report(
        .shape, "solve is given \(n) equations and a right side of shape \(Known.text(b))", span)
    }
    return .tensor([a[1]])
  }

  /// Classes of rows: one for each.
  private func crossEntropy(_ signature: Signature, _ arguments: WalkedArguments, _ span: Span)
    -> Known
  {
    if let logits = arguments.known("logits", of: signature)?.extents,
      let target = arguments.known("target", of: signature)?.extents, logits.count == 2,
      target.count == 1, arguments.known("axis", of: signature) == nil,
      let rows = logits[0], let classes = target[0], rows != classes
    {
      report(
        .shape, "cross_entropy is given \(rows) rows and the classes of \(classes)", span)
    }
    return arguments.known("reduction", of: signature) == nil ? .tensor([]) : .tensor(nil)
  }

  private func dot(_ arguments: WalkedArguments, _ span: Span) -> Known {
    guard arguments.positional.count == 2, let a = arguments.positional[0].known.extents,
      let b = arguments.positional[1].known.extents, a.count == 1, b.count == 1
    else { return .unknown }
    return product(a, b, span)
  }

  private func joined(
    _ name: String, _ parts: Known, _ signature: Signature, _ arguments: WalkedArguments,
    _ span: Span
  ) -> Known {
    guard case .list(let elements?) = parts, let first = elements.first?.extents else {
      return .tensor(nil)
    }
    let shapes = elements.compactMap(\.extents)
    guard shapes.count == elements.count else { return .tensor(nil) }
    var axis = 0
    if let given = arguments.known("axis", of: signature) {
      guard case .int(let number?) = given else { return .tensor(nil) }
      axis = number
    }
    let isStack = name == "stack"
    let count = first.count + (isStack ? 1 : 0)
    let place = axis < 0 ? axis + count : axis
    guard place >= 0, place < count else { return .tensor(nil) }
    for shape in shapes.dropFirst() {
      var (a, b) = (first, shape)
      if !isStack, a.count == b.count { (a[place], b[place]) = (0, 0) }
      if KnownShapes.same(a, b) == nil {
        report(
          .shape,
          "\(name) is given tensors of shapes \(Known.text(first)) and \(Known.text(shape))", span)
        return .tensor(nil)
      }
    }
    var result = first
    if isStack {
      result.insert(shapes.count, at: place)
    } else {
      let lengths = shapes.map { $0[place] }
      result[place] = lengths.contains(nil) ? nil : lengths.reduce(0) { $0 + ($1 ?? 0) }
    }
    return .tensor(result)
  }
}
