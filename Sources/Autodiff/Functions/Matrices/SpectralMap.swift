// Functions of symmetric matrices, applied to their eigenvalues: A = V diag(w) Vᵀ, f(A) = V diag(f(w)) Vᵀ.
//
// Their derivatives go by no derivatives of V, which repeated eigenvalues have none of, but by divided
// differences of f (Daleckii and Krein 1965; Higham, Functions of Matrices, 2008, chapter 3):
//
//     Dᵏf(A)[E₁, …, Eₖ] = V T Vᵀ, Ê = Vᵀ E V
//     T₍ᵢ₀ ᵢₖ₎ = Σ over orders σ, Σ over i₁ … iₖ₋₁ of f[wᵢ₀, …, wᵢₖ] Êσ₁₍ᵢ₀ ᵢ₁₎ … Êσₖ₍ᵢₖ₋₁ ᵢₖ₎
//
// The form ⟨S, Dᵏf(A)[E₁, …, Eₖ]⟩ is the k + 1-st derivative of tr F(A) with F' = f and so symmetric in
// S and all E: what a reverse rule needs of a derivative is the next one, along the cotangent.

import Tensors

extension Variable {
  /// A function, given elementwise, of symmetric matrices.
  ///
  /// - Throws: a value error for a matrix that is not symmetric up to rounding, and where a derivative
  ///   follows both the matrix and what the function depends on.
  public func spectralMap(
    _ function: @escaping (Variable) throws -> Variable
  ) throws -> Variable {
    let a = try apply(.symmetric, matrix("spectral_map"))
    return try SpectralMap(function: function).derivative(at: a, along: [])
  }
}

/// A function of symmetric matrices with its derivatives of every order.
private struct SpectralMap {
  let function: (Variable) throws -> Variable

  /// The derivative along so many directions, none for the function itself.
  func derivative(at a: Variable, along directions: [Variable]) throws -> Variable {
    let (w, v) = try stopGradient(a).eigh()
    let vt = try v.matrixTransposed
    let turned = try directions.map { try (($0 + $0.matrixTransposed) * 0.5).between(vt, v) }
    let values = try value(w)
    let middle =
      turned.isEmpty
      ? try values.diagonalMatrix()
      : try chains(of: turned, weights: dividedDifferences(at: w, order: turned.count))
    let result = try middle.between(v, vt)
    guard a.isDifferentiated || a.isRecorded else { return result }
    // `motion` closes over the function, so that a mixed derivative would lack a term.
    guard !values.isDifferentiated else { throw followsTwo }
    return try result + motion(of: a, directions)
  }

  private var followsTwo: TensorError {
    TensorError(
      .value,
      "a derivative follows the matrix of spectral_map, and something that its function depends on, too",
      hint: "stop_gradient(…) of one of them; expm(p * logm(a)) is a to the power p")
  }

  /// 0, with the derivative by the matrix of the derivative along directions: in that, eigenvalues and
  /// vectors are constants. By a direction it is 0, too, and moves with the matrix likewise.
  private func motion(of a: Variable, _ directions: [Variable]) throws -> Variable {
    let function = CustomFunction(
      "spectral_map", value: { try $0[0].zerosLike() },
      reverse: { given, cotangent in
        let (a, directions) = (given[0], Array(given.dropFirst()))
        let others = try directions.indices.map { place -> Variable? in
          guard a.isDifferentiated || a.isRecorded else { return nil }
          var exchanged = directions
          exchanged[place] = cotangent
          return try motion(of: a, exchanged)
        }
        return [try derivative(at: a, along: directions + [cotangent])] + others
      })
    return try function([a] + directions)
  }

  private func value(_ x: Variable) throws -> Variable {
    let y = try function(x)
    guard y.shape == x.shape, y.dtype.isFloat else {
      throw TensorError(
        .shape,
        "the function of spectral_map gives \(y.typeDescription) for \(x.typeDescription)",
        hint: "it is applied to eigenvalues one by one: x => exp(-x)")
    }
    return y
  }

  /// T of the file's first lines.
  private func chains(of turned: [Variable], weights: Variable) throws -> Variable {
    let order = turned.count
    let lead = weights.rank - order - 1
    let inner = try AxisSet(Array(lead + 1..<lead + order), of: weights.shape)
    let terms = try permutations(of: Array(turned.indices)).map { chosen in
      let product = try chosen.enumerated().reduce(weights) { product, factor in
        let e = turned[factor.element]
        let (before, after) = (factor.offset, order - 1 - factor.offset)
        let (outer, own) = (Array(e.shape.array.dropLast(2)), Array(e.shape.array.suffix(2)))
        return try product * e.reshape(to: Shape(outer + ones(before) + own + ones(after)))
      }
      return try product.sum(axes: inner)
    }
    return try terms.dropFirst().reduce(terms[0]) { try $0 + $1 }
  }

  /// f[wᵢ₀, …, wᵢₖ] for all i₀ … iₖ, by Newton's table of the nodes in order.
  private func dividedDifferences(at w: Variable, order: Int) throws -> Variable {
    let lead = Array(w.shape.array.dropLast())
    let n = w.shape[w.rank - 1]
    let whole = try Shape(lead + Array(repeating: n, count: order + 1))
    let nodes = try Variable.stack(
      (0...order).map { place in
        try w.reshape(to: Shape(lead + ones(place) + [n] + ones(order - place)))
          .broadcast(to: whole)
      }, axis: -1
    ).sort(axis: -1)
    let x = try (0...order).map {
      try nodes.sliced(axis: -1, from: $0, to: $0 + 1).squeezed(-1)
    }
    var differences = try x.map(value)
    var slope: (Variable) throws -> Variable = value
    for span in 1...order {
      slope = derivative(of: slope, over: Double(span))
      differences = try (0...order - span).map {
        try difference(
          differences[$0], differences[$0 + 1], over: Array(x[$0...$0 + span]), slope)
      }
    }
    return differences[0]
  }

  /// `(high - low) / (x₋₁ - x₀)`, or the derivative, over the factorial, at the mean of the nodes: that of
  /// which the error is less. The quotient's is rounding; the other's is told by how much it differs
  /// from the mean of the derivatives.
  private func difference(
    _ low: Variable, _ high: Variable, over x: [Variable],
    _ slope: @escaping (Variable) throws -> Variable
  ) throws -> Variable {
    func mean(_ parts: [Variable]) throws -> Variable {
      try parts.dropFirst().reduce(parts[0]) { try $0 + $1 } / Double(parts.count)
    }
    let gap = try x[x.count - 1] - x[0]
    let center = try slope(mean(x))
    let rounding = try stopGradient(low.abs() + high.abs()) * low.dtype.rounding / gap
    let bend = try stopGradient(center - mean(x.map(slope))).abs()
    return try rounding.isLess(than: bend).select((high - low) / gap, center)
  }

  /// The derivative of an elementwise function, divided by a number.
  private func derivative(
    of f: @escaping (Variable) throws -> Variable, over number: Double
  ) -> (Variable) throws -> Variable {
    { x in
      let pull = try vjp([x]) { [try f($0[0])] }
      return try (pull([pull.values[0].onesLike()])[0] ?? x.zerosLike()) / number
    }
  }
}

private func ones(_ count: Int) -> [Int] { Array(repeating: 1, count: count) }

private func permutations(of items: [Int]) -> [[Int]] {
  guard let last = items.last else { return [[]] }
  return permutations(of: items.dropLast()).flatMap { rest in
    (0...rest.count).map { Array(rest[..<$0]) + [last] + Array(rest[$0...]) }
  }
}
