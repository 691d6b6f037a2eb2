// The three operations of a convolution on tensors: pictures [B, N, C, h, w], weights
// [B, O, C/groups, kh, kw], results [B, N, O, rh, rw], of which two give the third.

/// Which of the three is computed, and of what.
package enum ConvolutionPart: Sendable {
  /// Results, of pictures and weights.
  case results
  /// Pictures, of results and weights: the transposed convolution.
  case pictures
  /// Weights, of pictures and results.
  case weights
}

extension Tensor {
  /// One of the three of the two others, in the order that `ConvolutionPart` names them, of one float dtype.
  ///
  /// Where something is not finite, sums are made again, term by term: padding and zeros of operands
  /// that keep them do not meet what is infinite.
  /// - Throws: a limit error where there is no memory.
  package static func convolution(
    _ part: ConvolutionPart, _ a: Tensor, _ b: Tensor, _ form: ConvolutionForm
  ) throws -> Tensor {
    let shape = form.shape(of: part, a, b)
    let isCovered = part == .results || part == .pictures && form.stride.count == 1
    let isEmpty = a.count == 0 || b.count == 0
    let y =
      isCovered && !isEmpty
      ? try uninitialized(shape.checked(), a.dtype) : try zeros(shape, a.dtype)
    if y.count == 0 || isEmpty { return y }
    let (first, second) = (try a.contiguous(), try b.contiguous())
    func compute<Element: BlasElement>(_: Element.Type) -> Bool {
      let operands = ConvolutionOperands<Element>(part, first, second, y, form)
      return withExtendedLifetime((first, second)) { operands.compute() }
    }
    guard a.dtype == .f32 ? compute(Float.self) : compute(Double.self) else {
      throw TensorError(
        .limit,
        "there is no memory for a convolution of \(a.typeDescription) and \(b.typeDescription)")
    }
    try Safepoint.look()
    if try y.isSurelyFinite() || first.isSurelyFinite() && second.isSurelyFinite() { return y }
    func again<Element: BlasElement>(_: Element.Type) throws -> Tensor {
      let plain = try zeros(shape, a.dtype)
      try withExtendedLifetime((first, second)) {
        try ConvolutionOperands<Element>(part, first, second, plain, form).addTermByTerm(form.kept)
      }
      return plain
    }
    return a.dtype == .f32 ? try again(Float.self) : try again(Double.self)
  }
}

extension ConvolutionForm {
  /// The shape of what two operands give.
  fileprivate func shape(of part: ConvolutionPart, _ a: Tensor, _ b: Tensor) -> Shape {
    let (batches, pictures) = (a.shape[0], a.shape[1])
    switch part {
    case .results: return Shape(trusted: [batches, pictures, b.shape[1], result.y, result.x])
    case .pictures:
      return Shape(trusted: [batches, pictures, groups * b.shape[2], picture.y, picture.x])
    case .weights:
      return Shape(
        trusted: [batches, b.shape[2], a.shape[2] / groups, kernel.y, kernel.x])
    }
  }
}

/// The elements of pictures, weights and results, one of which is to be computed.
struct ConvolutionOperands<Element: BlasElement> {
  let part: ConvolutionPart
  let form: ConvolutionForm
  let batches: Int
  let pictureCount: Int
  /// The channels of a group in pictures and in results.
  let inputs: Int
  let outputs: Int
  let pictures: UnsafeMutablePointer<Element>
  let weights: UnsafeMutablePointer<Element>
  let results: UnsafeMutablePointer<Element>

  /// All contiguous; y is what a and b give.
  init(_ part: ConvolutionPart, _ a: Tensor, _ b: Tensor, _ y: Tensor, _ form: ConvolutionForm) {
    self.part = part
    self.form = form
    batches = a.shape[0]
    pictureCount = a.shape[1]
    let (picture, weight, result) =
      switch part {
      case .results: (a, b, y)
      case .pictures: (y, b, a)
      case .weights: (a, y, b)
      }
    inputs = weight.shape[2]
    outputs = weight.shape[1] / form.groups
    pictures = picture.elements.assumingMemoryBound(to: Element.self)
    weights = weight.elements.assumingMemoryBound(to: Element.self)
    results = result.elements.assumingMemoryBound(to: Element.self)
  }

  private func correlation(_ sampling: Sampling, channels: Int, rows: Int) -> Correlation<Element> {
    Correlation(
      sampling: sampling, batches: batches, pictures: pictureCount, groups: form.groups,
      channels: channels, rows: rows)
  }

  /// - Returns: false where there is no memory.
  func compute() -> Bool {
    let taps = form.kernel.count
    let group = outputs * inputs * taps
    switch part {
    case .results:
      return correlation(form.reading, channels: inputs, rows: outputs).sum(
        pictures, weights: weights, apart: (inputs * taps, taps, group), into: results)
    case .pictures:
      return form.writing.allSatisfy {
        correlation($0, channels: outputs, rows: inputs).sum(
          results, weights: weights, apart: (taps, inputs * taps, group), into: pictures)
      }
    case .weights:
      return correlation(form.reading, channels: inputs, rows: outputs).innerProducts(
        pictures, results, into: weights)
    }
  }

  /// Adds every term to what is computed, but for those in which an operand that keeps its zeros has
  /// one.
  func addTermByTerm(_ kept: Operands) throws {
    let (picture, result) = (form.picture.count, form.result.count)
    let (keepsA, keepsB) = (kept.contains(.left), kept.contains(.right))
    for batch in 0..<batches {
      for group in 0..<form.groups {
        for o in 0..<outputs {
          let output = group * outputs + o
          for c in 0..<inputs {
            try Safepoint.look()
            let weight = ((batch * form.groups * outputs + output) * inputs + c) * form.kernel.count
            for n in batch * pictureCount..<(batch + 1) * pictureCount {
              let x = pictures + (n * form.groups * inputs + group * inputs + c) * picture
              let y = results + (n * form.groups * outputs + output) * result
              addTerms(x, weights + weight, y, keepsA, keepsB)
            }
          }
        }
      }
    }
  }

  /// The terms of one plane of a picture, one of the kernel and one of the result.
  private func addTerms(
    _ x: UnsafeMutablePointer<Element>, _ w: UnsafeMutablePointer<Element>,
    _ y: UnsafeMutablePointer<Element>, _ keepsA: Bool, _ keepsB: Bool
  ) {
    func product(_ a: Element, _ b: Element) -> Element {
      keepsA && a == 0 || keepsB && b == 0 ? 0 : a * b
    }
    for t in 0..<form.kernel.count {
      let (ky, kx) = t.quotientAndRemainder(dividingBy: form.kernel.x)
      for i in 0..<form.result.y {
        let row = i * form.stride.y + ky * form.dilation.y - form.padding.y
        guard row >= 0 && row < form.picture.y else { continue }
        for j in 0..<form.result.x {
          let column = j * form.stride.x + kx * form.dilation.x - form.padding.x
          guard column >= 0 && column < form.picture.x else { continue }
          let (at, to) = (row * form.picture.x + column, i * form.result.x + j)
          switch part {
          case .results: y[to] += product(x[at], w[t])
          case .pictures: x[at] += product(y[to], w[t])
          case .weights: w[t] += product(x[at], y[to])
          }
        }
      }
    }
  }
}
