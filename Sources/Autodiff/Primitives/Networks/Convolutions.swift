// Convolutions. With weights w, pictures x and results y of a form, each of three operations gives one of
// them from the two others; they are the derivatives of one function that is linear in all three, so
// each is the rule of the others, at every order.
//
//     Y = X ∗ W            X̄ = Ȳ ∗ᵀ W, W̄ = X ⋆ Ȳ
//
// Operands have five axes: convolutions that are done at once, pictures, channels, and two of places. A
// mapped axis joins the first where weights or results of its own go with each element, and the second where
// all share their weights.

import Tensors

extension Primitive {
  /// The results of pictures and weights. Attribute: the form.
  ///
  ///     Y = X ∗ W            Ẏ = Ẋ ∗ W + X ∗ Ẇ            X̄ = Ȳ ∗ᵀ W, W̄ = X ⋆ Ȳ
  static let convolution: Primitive = Primitive(
    "conv2d", convolution: .results,
    reverse: { a, b, dy, needsA, needsB, form in
      (
        needsA ? try dy.convolved(.pictures, b, form.keeping(.left)) : nil,
        needsB ? try a.convolved(.weights, dy, form.keeping(.right)) : nil
      )
    })

  /// The pictures of results and weights.
  ///
  ///     X = Y ∗ᵀ W            Ẋ = Ẏ ∗ᵀ W + Y ∗ᵀ Ẇ            Ȳ = X̄ ∗ W, W̄ = X̄ ⋆ Y
  static let transposedConvolution: Primitive = Primitive(
    "conv_transpose2d", convolution: .pictures,
    reverse: { a, b, dy, needsA, needsB, form in
      (
        needsA ? try dy.convolved(.results, b, form.keeping(.left)) : nil,
        needsB ? try dy.convolved(.weights, a, form.keeping(.left)) : nil
      )
    })

  /// The weights of pictures and results.
  ///
  ///     W = X ⋆ Y            Ẇ = Ẋ ⋆ Y + X ⋆ Ẏ            X̄ = Y ∗ᵀ W̄, Ȳ = X ∗ W̄
  static let weightsOfConvolution: Primitive = Primitive(
    "conv2d_weights", convolution: .weights,
    reverse: { a, b, dy, needsA, needsB, form in
      (
        needsA ? try b.convolved(.pictures, dy, form.keeping(.right)) : nil,
        needsB ? try a.convolved(.results, dy, form.keeping(.right)) : nil
      )
    })

  /// One of the three; the rule gets the operands, ȳ, which cotangents are needed, and the form.
  private convenience init(
    _ name: String, convolution part: ConvolutionPart,
    reverse:
      @escaping @Sendable (Variable, Variable, Variable, Bool, Bool, ConvolutionForm) throws
      -> (Variable?, Variable?)
  ) {
    self.init(
      name,
      kernel: { a, b, attributes in
        try Tensor.convolution(part, a, b, attributes.object(as: ConvolutionForm.self))
      },
      forward: { a, b, y, attributes, da, db in
        let form = attributes.object(as: ConvolutionForm.self)
        let first = try da?.convolved(part, b, form.keeping(.left))
        let second = try db.map { try a.convolved(part, $0, form.keeping(.right)) }
        guard let first else { return try second ?? y.zerosLike() }
        return try second.map { try first + $0 } ?? first
      },
      reverse: { a, b, _, attributes, dy, needsA, needsB in
        try reverse(a, b, dy, needsA, needsB, attributes.object(as: ConvolutionForm.self))
      },
      batch: { a, aIsMapped, b, bIsMapped, attributes in
        let form = attributes.object(as: ConvolutionForm.self)
        return try mapped(part, a, aIsMapped, b, bIsMapped, form)
      })
  }
}

/// One of the three with a mapped first axis on some operands.
private func mapped(
  _ part: ConvolutionPart, _ a: Variable, _ aIsMapped: Bool, _ b: Variable, _ bIsMapped: Bool,
  _ form: ConvolutionForm
) throws -> Variable {
  let size = (aIsMapped ? a : b).shape[0]
  if !bIsMapped, part != .weights, b.shape[0] == 1 {
    // Weights that all share: more pictures of one convolution.
    let y = try a.merged(1, 2).merged(0, 1).expanded(at: 0).convolved(part, b, form)
    return try y.reshape(to: Shape([size, 1, a.shape[2]] + y.shape.array.dropFirst(2)))
  }
  let x = try (aIsMapped ? a : a.forEach(of: size)).merged(0, 1)
  let w = try (bIsMapped ? b : b.forEach(of: size)).merged(0, 1)
  return try x.convolved(part, w, form).split(0, size, x.shape[0] / max(size, 1))
}

extension Variable {
  /// One of the three of a convolution of the two others.
  fileprivate func convolved(
    _ part: ConvolutionPart, _ b: Variable, _ form: ConvolutionForm
  ) throws -> Variable {
    let primitive =
      switch part {
      case .results: Primitive.convolution
      case .pictures: Primitive.transposedConvolution
      case .weights: Primitive.weightsOfConvolution
      }
    return try apply(primitive, self, b, .object(form))
  }

  /// The results of these pictures and weights: of five axes, and of one float dtype.
  func convolution(_ weights: Variable, _ form: ConvolutionForm) throws -> Variable {
    try convolved(.results, weights, form)
  }

  /// The pictures of these results and weights.
  func transposedConvolution(_ weights: Variable, _ form: ConvolutionForm) throws -> Variable {
    try convolved(.pictures, weights, form)
  }

  /// Two neighbouring axes as one.
  fileprivate func merged(_ axis: Int, _ next: Int) throws -> Variable {
    var extents = shape.array
    extents[axis] *= extents.remove(at: next)
    return try reshape(to: Shape(extents))
  }

  /// One axis as two.
  fileprivate func split(_ axis: Int, _ first: Int, _ second: Int) throws -> Variable {
    var extents = shape.array
    extents[axis] = first
    extents.insert(second, at: axis + 1)
    return try reshape(to: Shape(extents))
  }

  /// This as every element of a new first axis.
  fileprivate func forEach(of size: Int) throws -> Variable {
    try expanded(at: 0).broadcast(to: Shape([size] + shape.array))
  }
}
