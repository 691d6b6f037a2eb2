// Einstein summation: `"bij,jk->bik"` as a list of steps that others execute.
//
// Operands are numbered from 0; each step reads tensors and makes the one with the next number, so
// the last number is the result. Steps are operations that differentiate: transposes, reshapes,
// sums, products. A letter twice in one operand takes the diagonal; letters are summed as soon as
// nobody needs them; pairs are contracted cheapest first.

/// How to compute an einsum.
package struct EinsumPlan: Sendable, Equatable {
  /// One operation on tensors named by number.
  package enum Step: Sendable, Equatable {
    case transpose(Int, permutation: [Int])
    case reshape(Int, shape: [Int])
    /// Every `step`-th element of the last axis, from the first.
    case stride(Int, step: Int)
    case sum(Int, axes: [Int])
    /// The elementwise product, axes matched from the right.
    case multiply(Int, Int)
    /// The matrix product over the last two axes of tensors with equal leading axes.
    case matmul(Int, Int)
  }

  /// The steps in order; none where the only operand is the result.
  package let steps: [Step]
  /// The number of the result.
  package let result: Int
  /// The result's shape.
  package let shape: Shape

  /// - Throws: a value error for an equation that cannot be read, a shape error where operands do
  ///   not fit it.
  package init(_ equation: String, shapes: [Shape]) throws {
    let parsed = try Equation(equation, shapes: shapes)
    var planner = Planner(parsed)
    result = try planner.plan()
    steps = planner.steps
    shape = try Shape(parsed.output.map { parsed.extents[$0] ?? 1 })
  }
}

/// A letter of the equation, or an axis of the ellipsis, counted from the right.
private enum Label: Hashable {
  case letter(Character)
  case ellipsis(Int)
}

// MARK: - Reading

/// `equation := operand { "," operand } [ "->" operand ]`, `operand := { letter | "..." }`
private struct Equation {
  var operands: [[Label]] = []
  var output: [Label] = []
  var extents: [Label: Int] = [:]
  let shapes: [Shape]

  init(_ text: String, shapes: [Shape]) throws {
    self.shapes = shapes
    let sides = Equation.split(text.filter { $0 != " " })
    let text = text.shortened
    let terms = sides.input.split(separator: ",", omittingEmptySubsequences: false)
    guard terms.count == shapes.count else {
      throw TensorError(
        .value, "einsum '\(text)' names \(terms.count) operands, and \(shapes.count) were given")
    }
    var widest = 0
    for (term, shape) in zip(terms, shapes) {
      let labels = try Equation.labels(term, text, rank: shape.rank)
      operands.append(labels)
      widest = max(widest, labels.count { if case .ellipsis = $0 { true } else { false } })
      for (axis, label) in labels.enumerated() {
        let extent = shape[axis]
        if let other = labels.firstIndex(of: label), shape[other] != extent {
          throw TensorError(
            .shape,
            "einsum '\(text)' has \(shape[other]) and \(extent) along "
              + Equation.name(label))
        }
        guard let known = extents[label], known != 1, extent != 1, known != extent else {
          extents[label] = extents[label].map { $0 == 1 ? extent : $0 } ?? extent
          continue
        }
        throw TensorError(
          .shape, "einsum '\(text)' has \(known) and \(extent) along \(Equation.name(label))",
          hint: "one letter stands for axes of one length: "
            + shapes.map { "\($0)" }.joined(separator: " and "))
      }
    }
    let ellipsis = (0..<widest).reversed().map { Label.ellipsis($0) }
    if let explicit = sides.output {
      output = try Equation.labels(explicit, text, rank: nil, ellipsis: ellipsis)
      if let unknown = output.first(where: { extents[$0] == nil }) {
        throw TensorError(
          .value, "einsum '\(text)' has no \(Equation.name(unknown)) on its left side")
      }
      if Set(output).count < output.count {
        throw TensorError(.value, "einsum '\(text)' names an axis of its result twice")
      }
    } else {
      // The letters that occur once, in alphabetical order.
      let letters = operands.joined().compactMap { label -> Character? in
        if case .letter(let letter) = label { letter } else { nil }
      }
      let once = Set(letters).filter { letter in letters.count { $0 == letter } == 1 }
      output = ellipsis + once.sorted().map { .letter($0) }
    }
    guard output.count <= Shape.maximumRank else {
      throw TensorError(.shape, "einsum '\(text)' has a result of \(output.count) axes")
    }
  }

  private static func split(_ text: String) -> (input: Substring, output: Substring?) {
    let characters = Array(text)
    for i in characters.indices.dropLast() where characters[i] == "-" && characters[i + 1] == ">" {
      return (text.prefix(i), text.dropFirst(i + 2))
    }
    return (text[...], nil)
  }

  /// The labels of a term, the ellipsis spread over the axes that its letters leave.
  private static func labels(
    _ term: Substring, _ text: String, rank: Int?, ellipsis: [Label] = []
  ) throws -> [Label] {
    let dots = term.count { $0 == "." }
    let letters = term.filter { $0 != "." }
    if let odd = letters.first(where: { !$0.isLetter }) {
      throw TensorError(
        .value, "einsum '\(text)' holds '\(odd)'",
        hint: "an equation is letters and ..., with , between operands and -> before the result")
    }
    guard dots == 0 || (dots == 3 && hasRun(term)) else {
      throw TensorError(.value, "einsum '\(text)' has dots that are not one ... an operand")
    }
    let spread: [Label]
    if let rank {
      guard letters.count == rank || (dots == 3 && letters.count < rank) else {
        throw TensorError(
          .shape,
          "einsum '\(text)' gives \(letters.count) letters to a tensor of "
            + "\(rank) \(rank == 1 ? "axis" : "axes")")
      }
      spread = (0..<rank - letters.count).reversed().map { .ellipsis($0) }
    } else {
      spread = dots == 3 ? ellipsis : []
    }
    var labels: [Label] = []
    var isSpread = false
    for character in term {
      if character != "." {
        labels.append(.letter(character))
      } else if !isSpread {
        labels += spread
        isSpread = true
      }
    }
    return labels
  }

  private static func hasRun(_ term: Substring) -> Bool {
    term.drop { $0 != "." }.prefix { $0 == "." }.count == 3
  }

  private static func name(_ label: Label) -> String {
    switch label {
    case .letter(let letter): "'\(letter)'"
    case .ellipsis: "an axis of the ellipsis"
    }
  }
}

// MARK: - Planning

private struct Planner {
  /// A tensor at hand: its number and what its axes are.
  struct Term {
    var number: Int
    var labels: [Label]
  }

  let equation: Equation
  var steps: [EinsumPlan.Step] = []
  var terms: [Term] = []
  var made: Int

  init(_ equation: Equation) {
    self.equation = equation
    made = equation.operands.count
  }

  private func extent(_ label: Label) -> Int { equation.extents[label] ?? 1 }

  private mutating func emit(_ step: EinsumPlan.Step) -> Int {
    steps.append(step)
    made += 1
    return made - 1
  }

  mutating func plan() throws -> Int {
    for (number, labels) in equation.operands.enumerated() {
      var term = Term(number: number, labels: labels)
      dropOnes(&term, equation.shapes[number])
      takeDiagonals(&term)
      terms.append(term)
    }
    for i in terms.indices {
      terms[i] = summedUnneeded(terms[i], among: terms.indices.filter { $0 != i })
    }
    while terms.count > 1 {
      let (i, j) = cheapestPair()
      let product = contract(terms[i], terms[j], among: terms.indices.filter { $0 != i && $0 != j })
      terms.remove(at: j)
      terms[i] = product
    }
    return arrange(summedUnneeded(terms[0], among: []))
  }

  /// Axes of 1 that stretch to another operand's extent go: the product restores them.
  private mutating func dropOnes(_ term: inout Term, _ shape: Shape) {
    let kept = term.labels.indices.filter { shape[$0] == extent(term.labels[$0]) }
    guard kept.count < term.labels.count else { return }
    term.number = emit(.reshape(term.number, shape: kept.map { shape[$0] }))
    term.labels = kept.map { term.labels[$0] }
  }

  /// While a label occurs twice: both axes to the end, merged, and every (n+1)-th element of n².
  private mutating func takeDiagonals(_ term: inout Term) {
    while let label = term.labels.first(where: { label in
      term.labels.count { $0 == label } > 1
    }) {
      let twice = Array(term.labels.indices.filter { term.labels[$0] == label }.prefix(2))
      let others = term.labels.indices.filter { !twice.contains($0) }
      permute(&term, others + twice)
      let n = extent(label)
      let rest = others.indices.map { extent(term.labels[$0]) }
      term.number = emit(.reshape(term.number, shape: rest + [n * n]))
      term.number = emit(.stride(term.number, step: n + 1))
      term.labels.removeLast()
    }
  }

  private mutating func permute(_ term: inout Term, _ permutation: [Int]) {
    guard permutation != Array(permutation.indices) else { return }
    term.number = emit(.transpose(term.number, permutation: permutation))
    term.labels = permutation.map { term.labels[$0] }
  }

  private func isNeeded(_ label: Label, among others: [Int]) -> Bool {
    equation.output.contains(label) || others.contains { terms[$0].labels.contains(label) }
  }

  private mutating func summedUnneeded(_ term: Term, among others: [Int]) -> Term {
    let axes = term.labels.indices.filter { !isNeeded(term.labels[$0], among: others) }
    guard !axes.isEmpty else { return term }
    return Term(
      number: emit(.sum(term.number, axes: axes)),
      labels: term.labels.indices.filter { !axes.contains($0) }.map { term.labels[$0] })
  }

  /// The pair that takes the fewest multiplications, of such pairs the one that saves most
  /// memory; sizes are Doubles, since those of a bad pair may overflow.
  private func cheapestPair() -> (Int, Int) {
    func size(_ labels: some Sequence<Label>) -> Double {
      labels.reduce(1) { $0 * Double(extent($1)) }
    }
    var best = (0, 1)
    var least = (Double.infinity, Double.infinity)
    for i in terms.indices {
      for j in terms.indices where j > i {
        let others = terms.indices.filter { $0 != i && $0 != j }
        let union = Set(terms[i].labels + terms[j].labels)
        let growth =
          size(union.filter { isNeeded($0, among: others) }) - size(terms[i].labels)
          - size(terms[j].labels)
        if (size(union), growth) < least { (best, least) = ((i, j), (size(union), growth)) }
      }
    }
    return best
  }

  /// The product of two terms, summed over what they share and nobody else needs.
  private mutating func contract(_ a: Term, _ b: Term, among others: [Int]) -> Term {
    let shared = a.labels.filter { b.labels.contains($0) }
    let batch = shared.filter { isNeeded($0, among: others) }
    let summed = shared.filter { !isNeeded($0, among: others) }
    let freeA = a.labels.filter { !shared.contains($0) }
    let freeB = b.labels.filter { !shared.contains($0) }
    let product = batch + freeA + freeB
    var (left, right) = (a, b)
    func size(_ labels: [Label]) -> Int { labels.reduce(1) { $0 * extent($1) } }

    if summed.isEmpty || (freeA.isEmpty && freeB.isEmpty) {
      permute(&left, to: batch + freeA + summed)
      permute(&right, to: batch + freeB + summed)
      if !freeA.isEmpty && !freeB.isEmpty {
        let ones = [Int](repeating: 1, count: freeB.count)
        left.number = emit(.reshape(left.number, shape: (batch + freeA).map { extent($0) } + ones))
        let between = [Int](repeating: 1, count: freeA.count)
        right.number = emit(
          .reshape(
            right.number, shape: batch.map { extent($0) } + between + freeB.map { extent($0) }))
      } else if freeA.isEmpty != freeB.isEmpty && !batch.isEmpty {
        // The side without free axes gets ones in their place.
        let ones = [Int](repeating: 1, count: freeA.count + freeB.count)
        let shape = batch.map { extent($0) } + ones
        if freeA.isEmpty {
          left.number = emit(.reshape(left.number, shape: shape))
        } else {
          right.number = emit(.reshape(right.number, shape: shape))
        }
      }
      var result = Term(
        number: emit(.multiply(left.number, right.number)), labels: product + summed)
      if !summed.isEmpty {
        let axes = Array(product.count..<product.count + summed.count)
        result.number = emit(.sum(result.number, axes: axes))
        result.labels = product
      }
      return result
    }

    permute(&left, to: batch + freeA + summed)
    permute(&right, to: batch + summed + freeB)
    let (k, m, n) = (size(summed), size(freeA), size(freeB))
    let count = batch.isEmpty ? [] : [size(batch)]
    left.number = reshape(left, to: count + [m, k])
    right.number = reshape(right, to: count + [k, n])
    var result = Term(number: emit(.matmul(left.number, right.number)), labels: product)
    let shape = product.map { extent($0) }
    if shape != count + [m, n] { result.number = emit(.reshape(result.number, shape: shape)) }
    return result
  }

  private mutating func reshape(_ term: Term, to shape: [Int]) -> Int {
    if term.labels.map({ extent($0) }) == shape { return term.number }
    return emit(.reshape(term.number, shape: shape))
  }

  private mutating func permute(_ term: inout Term, to labels: [Label]) {
    permute(&term, labels.compactMap { term.labels.firstIndex(of: $0) })
  }

  /// The result's axes in their order.
  private mutating func arrange(_ term: Term) -> Int {
    var term = term
    permute(&term, to: equation.output)
    return term.number
  }
}
