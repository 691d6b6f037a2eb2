// Convolutions and pooling of pictures, [pictures, channels, rows, columns], or one of them without the
// first axis. Sequences are pictures of one row.

import Tensors

/// How a convolution goes over a picture.
public struct ConvolutionSteps: Sendable {
  var stride: Grid
  var padding: Grid
  var dilation: Grid
  var groups: Int

  /// One number of each for all axes of places, or one for each axis.
  ///
  /// - Parameter function: the name that errors name.
  /// - Throws: a value error for a stride, dilation or number of groups below 1 or a padding below 0.
  public init(
    stride: [Int], padding: [Int], dilation: [Int], groups: Int = 1, axes: Int, in function: String
  ) throws {
    self.stride = try Grid(stride, axes: axes, atLeast: 1, "stride", function)
    self.padding = try Grid(padding, axes: axes, atLeast: 0, "padding", function)
    self.dilation = try Grid(dilation, axes: axes, atLeast: 1, "dilation", function)
    guard groups >= 1 else {
      throw TensorError(.value, "`groups` of \(function) must be 1 or more, not \(groups)")
    }
    self.groups = groups
  }
}

extension ConvolutionSteps {
  /// The steps of windows, which without a stride lie side by side.
  public init(
    windows kernel: [Int], stride: [Int]?, padding: [Int], dilation: [Int], axes: Int,
    in function: String
  ) throws {
    _ = try Grid(kernel, axes: axes, atLeast: 1, "kernel_size", function)
    try self.init(
      stride: stride ?? kernel, padding: padding, dilation: dilation, axes: axes, in: function)
  }
}

extension Grid {
  /// Numbers of an argument: one for all axes, or one for each; the first of two is 1, or 0, for sequences.
  package init(
    _ numbers: [Int], axes: Int, atLeast least: Int, _ argument: String, _ function: String
  ) throws {
    guard numbers.count == 1 || numbers.count == axes else {
      throw TensorError(
        .value,
        "`\(argument)` of \(function) must be one number"
          + (axes == 1 ? ", not \(numbers.count)" : " or \(axes), not \(numbers.count)"))
    }
    for number in numbers where number < least || number >= largestConvolutionStep {
      throw TensorError(
        .value,
        "`\(argument)` of \(function) must be "
          + (number < least ? "\(least) or more" : "below \(largestConvolutionStep)")
          + ", not \(number)")
    }
    self.init(axes == 1 ? least : numbers[0], numbers[numbers.count - 1])
  }
}

extension Variable {
  /// The places of the last axes: two, or one of sequences.
  private func places(_ axes: Int) -> Grid {
    Grid(axes == 1 ? 1 : shape[rank - 2], shape[rank - 1])
  }

  /// This with the axes [1, pictures, channels, rows, columns], as primitives take it.
  private func pictures(_ axes: Int, channels: Int, _ places: Grid) throws -> Variable {
    try reshape(
      to: Shape([1, rank == axes + 2 ? shape[0] : 1, channels, places.y, places.x]))
  }

  /// What a primitive gave for these pictures, with as many axes as they have.
  private func likePictures(_ x: Variable, _ axes: Int) throws -> Variable {
    let channelsAndPlaces = axes == 1 ? [shape[2], shape[4]] : Array(shape.array[2...])
    return try reshape(to: Shape((x.rank == axes + 2 ? [x.shape[0]] : []) + channelsAndPlaces))
  }

  private func checkPictures(_ axes: Int, _ function: String) throws {
    guard rank == axes + 1 || rank == axes + 2 else {
      let wanted = axes == 1 ? "[channels, places]" : "[channels, rows, columns]"
      throw TensorError(
        .shape, "\(function) needs an x of \(axes + 2) axes, and got \(typeDescription)",
        hint: "they are \(wanted) behind an axis of examples, or \(wanted) for one example")
    }
  }

  private func addingBias(_ bias: Variable?, _ channels: Int, _ axes: Int, _ function: String)
    throws
    -> Variable
  {
    guard let bias else { return self }
    guard bias.shape == Shape(channels) else {
      throw TensorError(
        .shape,
        "\(function) has \(channels) channels of results and a bias of \(bias.typeDescription)",
        hint: "a bias is one number for each of them")
    }
    return try self + bias.reshape(to: Shape([channels] + Array(repeating: 1, count: axes)))
  }

  private func checkWeights(_ weights: Variable, _ axes: Int, _ function: String) throws {
    guard weights.rank == axes + 2, weights.count > 0 else {
      throw TensorError(
        .shape,
        "\(function) needs a weight of \(axes + 2) axes that are not empty, and got "
          + weights.typeDescription)
    }
  }

  /// The convolution of pictures of so many axes of places, as PyTorch's: a correlation, with the kernel
  /// as it is.
  ///
  ///     y[n, o, i] = bias[o] + Σ over c, t of weights[o, c, t] x[n, c, s i + d t - p]
  ///
  /// - Parameters:
  ///   - weights: [results' channels, channels / groups, kernel's places].
  ///   - bias: one number for each channel of the result.
  /// - Throws: a shape error where they do not fit.
  public func convolved(
    with weights: Variable, bias: Variable? = nil, _ steps: ConvolutionSteps, axes: Int,
    in function: String
  ) throws -> Variable {
    try checkPictures(axes, function)
    try checkWeights(weights, axes, function)
    let (channels, outputs) = (shape[rank - axes - 1], weights.shape[0])
    guard outputs % steps.groups == 0,
      weights.shape[1].multipliedReportingOverflow(by: steps.groups)
        == (channels, false)
    else {
      throw TensorError(
        .shape,
        "\(function) does not fit \(typeDescription) and a weight of \(weights.typeDescription)"
          + (steps.groups == 1 ? "" : " in \(steps.groups) groups"),
        label: "x has \(channels) channels, the weight \(weights.shape[1])",
        hint: "a weight is [results' channels, channels / groups, kernel], and groups divide both")
    }
    let dtype = try DType.promoted(floating().dtype, weights.floating().dtype)
    let (x, w) = (try converted(to: dtype), try weights.converted(to: dtype))
    let form = try ConvolutionForm(
      picture: places(axes), kernel: weights.places(axes), stride: steps.stride,
      padding: steps.padding, dilation: steps.dilation, groups: steps.groups)
    let kernel = try w.reshape(
      to: Shape([1, outputs, weights.shape[1], form.kernel.y, form.kernel.x]))
    return try x.pictures(axes, channels: channels, form.picture)
      .convolution(kernel, form).likePictures(self, axes)
      .addingBias(bias, outputs, axes, function)
  }

  /// These pictures with the zeros around them that give a result of their extents, one more behind than in
  /// front where they are not even.
  public func paddedForSameExtents(
    _ weights: Variable, dilation: [Int], axes: Int, in function: String
  ) throws -> Variable {
    try checkPictures(axes, function)
    try checkWeights(weights, axes, function)
    let dilation = try Grid(dilation, axes: axes, atLeast: 1, "dilation", function)
    let kernel = weights.places(axes)
    var before = Array(repeating: 0, count: rank)
    var after = before
    func pad(_ axis: Int, _ kernel: Int, _ dilation: Int) throws {
      let (whole, overflow) = (kernel - 1).multipliedReportingOverflow(by: dilation)
      guard !overflow, whole < largestConvolutionStep else {
        throw TensorError(
          .shape, "a kernel of \(kernel) places with dilation \(dilation) is too large")
      }
      before[axis] = whole / 2
      after[axis] = whole - whole / 2
    }
    if axes == 2 { try pad(rank - 2, kernel.y, dilation.y) }
    try pad(rank - 1, kernel.x, dilation.x)
    return try padded(before: before, after: after)
  }

  /// The transpose of a convolution, as PyTorch's: what its derivative does with cotangents.
  ///
  /// - Parameters:
  ///   - weights: [channels, results' channels / groups, kernel's places].
  ///   - more: the places at the end that no window begins at, for each axis.
  public func transposedConvolved(
    with weights: Variable, bias: Variable? = nil, _ steps: ConvolutionSteps, more: [Int],
    axes: Int, in function: String
  ) throws -> Variable {
    try checkPictures(axes, function)
    try checkWeights(weights, axes, function)
    let channels = shape[rank - axes - 1]
    let more = try Grid(more, axes: axes, atLeast: 0, "output_padding", function)
    let rest = axes == 1 ? Grid(0, more.x) : more
    func fits(_ more: Int, _ stride: Int, _ dilation: Int) -> Bool {
      more < Swift.max(stride, dilation)
    }
    guard fits(rest.y, steps.stride.y, steps.dilation.y),
      fits(rest.x, steps.stride.x, steps.dilation.x)
    else {
      throw TensorError(
        .value,
        "`output_padding` of \(function) must be below the stride or the dilation, and is \(more)")
    }
    guard weights.shape[0] == channels, channels % steps.groups == 0 else {
      throw TensorError(
        .shape,
        "\(function) does not fit \(typeDescription) and a weight of \(weights.typeDescription)"
          + (steps.groups == 1 ? "" : " in \(steps.groups) groups"),
        label: "x has \(channels) channels, the weight \(weights.shape[0])",
        hint: "a weight is [channels, results' channels / groups, kernel], and groups divide both")
    }
    let dtype = try DType.promoted(floating().dtype, weights.floating().dtype)
    let (x, w) = (try converted(to: dtype), try weights.converted(to: dtype))
    let form = try ConvolutionForm(
      result: places(axes), kernel: weights.places(axes), stride: steps.stride,
      padding: steps.padding, dilation: steps.dilation, groups: steps.groups, more: rest)
    let outputs = weights.shape[1]
    let kernel = try w.reshape(to: Shape([1, channels, outputs, form.kernel.y, form.kernel.x]))
    return try x.pictures(axes, channels: channels, form.result)
      .transposedConvolution(kernel, form).likePictures(self, axes)
      .addingBias(bias, outputs * steps.groups, axes, function)
  }

  /// The form of windows that move over these pictures.
  private func windows(_ kernel: [Int], _ steps: ConvolutionSteps, axes: Int, _ function: String)
    throws -> ConvolutionForm
  {
    try checkPictures(axes, function)
    let window = try Grid(kernel, axes: axes, atLeast: 1, "kernel_size", function)
    guard 2 * steps.padding.y <= window.y, 2 * steps.padding.x <= window.x else {
      throw TensorError(
        .value,
        "`padding` of \(function) must be at most half of the window of \(window), and is "
          + "\(steps.padding)",
        hint: "a window beyond the edge would have no element")
    }
    return try ConvolutionForm(
      picture: places(axes), kernel: window, stride: steps.stride, padding: steps.padding,
      dilation: steps.dilation, groups: 1)
  }

  /// The greatest element of each window; the derivative goes to the first of equal ones, as PyTorch's.
  public func maxPooled(
    _ kernel: [Int], _ steps: ConvolutionSteps, axes: Int, in function: String
  ) throws -> Variable {
    let form = try windows(kernel, steps, axes: axes, function)
    let x = try pictures(axes, channels: shape[rank - axes - 1], form.picture)
    let places = try stopGradient(x).greatestPlaces(PoolingWindows(form))
    func rows(_ x: Variable, _ extent: Int) throws -> Variable {
      try x.reshape(to: Shape(x.shape.array.dropLast(2) + [extent]))
    }
    return try rows(x, form.picture.count).picked(rows(places, form.result.count))
      .reshape(to: places.shape).likePictures(self, axes)
  }

  /// The mean of each window.
  ///
  /// - Parameter countsPadding: true where places of the padding count as zeros, false where the mean is
  ///   over the places within the picture.
  public func meanPooled(
    _ kernel: [Int], _ steps: ConvolutionSteps, countsPadding: Bool, axes: Int, in function: String
  ) throws -> Variable {
    let form = try windows(kernel, steps, axes: axes, function)
    let x = try floating()
    let planes = count / Swift.max(form.picture.count, 1)
    let ones = try Variable.tensor(
      Tensor.full(Shape([1, 1, 1, form.kernel.y, form.kernel.x]), 1, x.dtype)
    ).beside(x)
    func sums(_ x: Variable, _ planes: Int) throws -> Variable {
      try x.reshape(to: Shape([1, planes, 1, form.picture.y, form.picture.x]))
        .convolution(ones, form)
    }
    let all = try sums(x, planes)
    let counts =
      countsPadding || form.padding == Grid(0, 0)
      ? Variable.number(Double(form.kernel.count), like: x)
      : try sums(
        .tensor(Tensor.full(Shape([form.picture.y, form.picture.x]), 1, x.dtype)).beside(x), 1)
    let places = axes == 1 ? [form.result.x] : [form.result.y, form.result.x]
    return try all.over(counts).reshape(to: Shape(Array(shape.array.dropLast(axes)) + places))
  }
}
