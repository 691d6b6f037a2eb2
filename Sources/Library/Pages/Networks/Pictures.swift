// Convolutions and pooling.

import Autodiff
import Language
import Tensors

extension Builtins {
  private static let paddingNote = """
    `stride`, `padding` and `dilation` are one number for both axes or a list of two; `padding` may be
    "valid" (none), or "same" for results of the extents of x, where the stride is 1.
    """

  static let pictures = BuiltinPage(
    "Pictures and sequences",
    [
      Builtin(
        "conv1d(x, weight, bias=nil, stride=1, padding=0, dilation=1, groups=1)",
        """
        The convolution of sequences, x of [examples, channels, places] or [channels, places], with a
        weight of [results' channels, channels / groups, kernel].

        It is PyTorch's: the kernel is not turned round. `padding` may be "valid" (none), or "same" for
        results as long as x, where the stride is 1.

            print(conv1d([[1.0, 2.0, 4.0, 8.0]], [[[-1.0, 1.0]]]))    # [[1.0, 2.0, 4.0]]
        """
      ) { arguments in .tensor(try arguments.convolution(axes: 1)) },
      Builtin(
        "conv2d(x, weight, bias=nil, stride=1, padding=0, dilation=1, groups=1)",
        """
        The convolution of pictures, x of [examples, channels, rows, columns] or [channels, rows,
        columns], with a weight of [results' channels, channels / groups, kernel's rows, columns].

        It is PyTorch's: the kernel is not turned round.
        \(paddingNote)

            let x = arange(9.0).reshape(1, 3, 3)
            print(conv2d(x, ones(1, 1, 2, 2)))
            # [[[8.0, 12.0],
            #   [20.0, 24.0]]]
        """
      ) { arguments in .tensor(try arguments.convolution(axes: 2)) },
      Builtin(
        """
        conv_transpose1d(x, weight, bias=nil, stride=1, padding=0, output_padding=0, groups=1, \
        dilation=1)
        """,
        """
        The transpose of `conv1d`, with a weight of [channels, results' channels / groups, kernel].

        `output_padding` makes the result longer by so many places, less than the stride or the dilation.

            print(conv_transpose1d([[1.0, 2.0]], [[[1.0, 1.0]]], stride=2))    # [[1.0, 1.0, 2.0, 2.0]]
        """
      ) { arguments in .tensor(try arguments.transposedConvolution(axes: 1)) },
      Builtin(
        """
        conv_transpose2d(x, weight, bias=nil, stride=1, padding=0, output_padding=0, groups=1, \
        dilation=1)
        """,
        """
        The transpose of `conv2d`, with a weight of [channels, results' channels / groups, kernel's
        rows, columns]: what its derivative does with cotangents.

        `output_padding` makes the result larger by so many places, less than the stride or the dilation.

            print(conv_transpose2d([[[1.0, 2.0]]], ones(1, 1, 1, 2)))    # [[[1.0, 3.0, 2.0]]]
        """
      ) { arguments in .tensor(try arguments.transposedConvolution(axes: 2)) },
      Builtin(
        "max_pool1d(x, kernel_size, stride=nil, padding=0, dilation=1)",
        """
        The greatest element of each window of sequences, [examples, channels, places] or [channels,
        places]; without a stride windows lie side by side.

            print(max_pool1d([[1.0, 3.0, 2.0, 5.0]], 2))    # [[3.0, 5.0]]
        """
      ) { arguments in .tensor(try arguments.maxPool(axes: 1)) },
      Builtin(
        "max_pool2d(x, kernel_size, stride=nil, padding=0, dilation=1)",
        """
        The greatest element of each window of pictures, [examples, channels, rows, columns] or
        [channels, rows, columns]; without a stride windows lie side by side.

        The derivative goes to the first of equal elements. What is padded never is the greatest.

            print(max_pool2d(arange(16.0).reshape(1, 4, 4), 2))
            # [[[5.0, 7.0],
            #   [13.0, 15.0]]]
        """
      ) { arguments in .tensor(try arguments.maxPool(axes: 2)) },
      Builtin(
        "avg_pool1d(x, kernel_size, stride=nil, padding=0, count_include_pad=true)",
        """
        The mean of each window of sequences, [examples, channels, places] or [channels, places].

            print(avg_pool1d([[1.0, 3.0, 2.0, 6.0]], 2))    # [[2.0, 4.0]]
        """
      ) { arguments in .tensor(try arguments.meanPool(axes: 1)) },
      Builtin(
        "avg_pool2d(x, kernel_size, stride=nil, padding=0, count_include_pad=true)",
        """
        The mean of each window of pictures, [examples, channels, rows, columns] or [channels, rows,
        columns]; without a stride windows lie side by side.

        Padded places count as zeros, or with `count_include_pad=false` not at all.

            print(avg_pool2d(arange(16.0).reshape(1, 4, 4), 2))
            # [[[2.5, 4.5],
            #   [10.5, 12.5]]]
        """
      ) { arguments in .tensor(try arguments.meanPool(axes: 2)) },
      Builtin(
        """
        batch_norm(x, mean=nil, var=nil, weight=nil, bias=nil, training=false, momentum=0.1, eps=1e-5)
        """,
        """
        Each channel (axis 1) less its mean, divided by the root of its variance + eps, then times
        weight, plus bias.

        With `training=false` mean and var are those given, and the result is a tensor. With
        `training=true` they are those of x over all other axes, and the result is a list `(y, mean, var)`
        with the running statistics, of which a part `momentum` is new; what was nil stays nil. The
        running variance is that of n - 1, and no derivative passes through the statistics' change.

            let x = [[1.0, 10.0], [3.0, 30.0]]
            print(batch_norm(x, [2.0, 20.0], [1.0, 100.0], eps=0.0))
            # [[-1.0, -1.0],
            #  [1.0, 1.0]]
            let (y, mean, var) = batch_norm(x, zeros(2), ones(2), training=true)
            print(mean)    # [0.2, 2.0]
        """
      ) { arguments in
        let x = try arguments.stacked(0)
        let statistics = RunningStatistics(
          mean: try arguments.optionalVariable(1), variance: try arguments.optionalVariable(2))
        let (weight, bias) = (
          try arguments.optionalVariable(3), try arguments.optionalVariable(4)
        )
        let epsilon = try arguments.scalar(7)
        guard try arguments.bool(5) else {
          return .tensor(
            try x.batchNormalized(by: statistics, weight: weight, bias: bias, epsilon: epsilon))
        }
        let result = try x.batchNormalized(
          updating: statistics, weight: weight, bias: bias, momentum: arguments.scalar(6),
          epsilon: epsilon)
        let parts: [Value] = [
          .tensor(result.y), result.statistics.mean.map { .tensor($0) } ?? .nil,
          result.statistics.variance.map { .tensor($0) } ?? .nil,
        ]
        return .list(List(parts))
      },
    ])
}

extension Arguments {
  fileprivate func optionalVariable(_ index: Int) throws -> Variable? {
    has(index) ? try stacked(index) : nil
  }

  /// The arguments `(x, weight, bias, stride, padding, dilation, groups)`.
  fileprivate func convolution(axes: Int) throws -> Variable {
    var x = try stacked(0)
    let (weight, name) = (try stacked(1), callee.name)
    let stride = try ints(3)
    var padding = [0]
    if case .string = given(4) {
      if try choice(4, ["valid", "same"]) == "same" {
        guard stride.allSatisfy({ $0 == 1 }) else {
          throw RuntimeError(
            .value, "`padding=\"same\"` of \(name) needs a stride of 1, and got \(stride)")
        }
        x = try x.paddedForSameExtents(weight, dilation: ints(5), axes: axes, in: name)
      }
    } else {
      padding = try ints(4)
    }
    return try x.convolved(
      with: weight, bias: optionalVariable(2),
      ConvolutionSteps(
        stride: stride, padding: padding, dilation: ints(5), groups: int(6), axes: axes, in: name),
      axes: axes, in: name)
  }

  /// The arguments `(x, weight, bias, stride, padding, output_padding, groups, dilation)`.
  fileprivate func transposedConvolution(axes: Int) throws -> Variable {
    try stacked(0).transposedConvolved(
      with: stacked(1), bias: optionalVariable(2),
      ConvolutionSteps(
        stride: ints(3), padding: ints(4), dilation: ints(7), groups: int(6), axes: axes,
        in: callee.name),
      more: ints(5), axes: axes, in: callee.name)
  }

  private func poolingSteps(axes: Int, dilation: [Int]) throws -> ConvolutionSteps {
    try ConvolutionSteps(
      windows: ints(1), stride: has(2) ? ints(2) : nil, padding: ints(3), dilation: dilation,
      axes: axes, in: callee.name)
  }

  /// The arguments `(x, kernel_size, stride, padding, dilation)`.
  fileprivate func maxPool(axes: Int) throws -> Variable {
    try stacked(0).maxPooled(
      ints(1), poolingSteps(axes: axes, dilation: ints(4)), axes: axes, in: callee.name)
  }

  /// The arguments `(x, kernel_size, stride, padding, count_include_pad)`.
  fileprivate func meanPool(axes: Int) throws -> Variable {
    try stacked(0).meanPooled(
      ints(1), poolingSteps(axes: axes, dilation: [1]), countsPadding: bool(4), axes: axes,
      in: callee.name)
  }
}
