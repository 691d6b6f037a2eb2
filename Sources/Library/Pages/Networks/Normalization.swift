// What layers of networks do beside products: centre, scale, look up, leave out.

import Autodiff
import Language
import Tensors

extension Builtins {
  static let normalization = BuiltinPage(
    "Parts of layers",
    [
      Builtin(
        "layer_norm(x, normalized_shape, weight=nil, bias=nil, eps=1e-5)",
        """
        The last axes, whose extents are `normalized_shape`, an Int or a list, with mean 0 and variance 1:
        `(x - mean) / sqrt(var + eps)`, times weight and plus bias of those extents.

            print(layer_norm([[1.0, 3.0], [2.0, 2.0]], 2, eps=0.0)[0])    # [-1.0, 1.0]
        """
      ) { arguments in
        .tensor(
          try arguments.stacked(0).layerNorm(
            arguments.shape(1), weight: arguments.optional(2), bias: arguments.optional(3),
            epsilon: arguments.scalar(4)))
      },
      Builtin(
        "rms_norm(x, normalized_shape, weight=nil, eps=nil)",
        """
        The last axes, whose extents are `normalized_shape`, divided by the root of their mean square:
        `x / sqrt(mean(x ** 2) + eps)`, times weight. Unless given, `eps` is the rounding of the dtype.

            print(near(rms_norm([1.0, 7.0], 2), [0.2, 1.4]))    # true
        """
      ) { arguments in
        .tensor(
          try arguments.stacked(0).rmsNorm(
            arguments.shape(1), weight: arguments.optional(2),
            epsilon: arguments.has(3) ? arguments.scalar(3) : nil))
      },
      Builtin(
        "group_norm(x, num_groups, weight=nil, bias=nil, eps=1e-5)",
        """
        As `layer_norm` over each group of channels of each example: axis 0 counts examples and axis 1
        channels, which are put into so many groups in order. Weight and bias have a number for each channel.

            print(group_norm([[1.0, 3.0, 5.0, 5.0]], 2, eps=0.1).shape)    # (1, 4)
        """
      ) { arguments in
        .tensor(
          try arguments.stacked(0).groupNorm(
            arguments.int(1), weight: arguments.optional(2), bias: arguments.optional(3),
            epsilon: arguments.scalar(4)))
      },
      Builtin(
        "instance_norm(x, weight=nil, bias=nil, eps=1e-5)",
        """
        As `layer_norm` over all that is in each channel of each example: axis 0 counts examples, axis 1
        channels. Weight and bias have a number for each channel.

            print(near(instance_norm([[[1.0, 3.0], [0.0, 4.0]]], eps=0.0)[0, 1], [-1.0, 1.0]))    # true
        """
      ) { arguments in
        .tensor(
          try arguments.stacked(0).instanceNorm(
            weight: arguments.optional(1), bias: arguments.optional(2),
            epsilon: arguments.scalar(3)))
      },
      Builtin(
        "normalize(x, p=2.0, axis=1, eps=1e-12)",
        """
        Vectors along an axis divided by their p-norms, or by `eps` where that is more: a vector of zeros
        stays one. It is not differentiated by p.

            print(normalize([[3.0, 4.0], [0.0, 0.0]]))
            # [[0.6, 0.8],
            #  [0.0, 0.0]]
        """
      ) { arguments in
        let x = try arguments.stacked(0)
        return .tensor(
          try x.normalized(
            order: arguments.double(1), axes: AxisSet(arguments.ints(2), of: x.shape),
            epsilon: arguments.scalar(3)))
      },
      Builtin(
        "embedding(ids, weight, padding_idx=nil)",
        """
        The rows of a matrix that ids name: a row in the place of each id. The row `padding_idx` gets no
        gradient.

            print(embedding([2, 0], [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
            # [[5.0, 6.0],
            #  [1.0, 2.0]]
        """
      ) { arguments in
        .tensor(
          try arguments.stacked(1).embedding(
            arguments.stacked(0), padding: arguments.has(2) ? arguments.int(2) : nil))
      },
      Builtin(
        "dropout(x, p=0.5, training=true, key=nil)",
        """
        Each element 0 with the probability p, else divided by 1 - p, so that the mean stays; without
        `training` x itself. For derivatives the choice is a constant. Inside `vmap` each example has a choice
        of its own, but with a key that all share.

            seed(0)
            let x = dropout(ones(1000), 0.25)
            print(near(mean(x), 1.0, atol=0.1), unique(x).size)    # true 2
        """
      ) { arguments in
        let x = try floating(arguments.stacked(0))
        let p = try arguments.double(1)
        guard p >= 0, p <= 1 else {
          throw RuntimeError(.value, "`p` of dropout must be from 0 to 1, not \(p)")
        }
        guard try arguments.bool(2), p > 0 else { return arguments.plain(x) }
        return arguments.plain(
          try x.dropout(mask: arguments.mask(for: x, kept: 1 - p), kept: 1 - p))
      },
    ])
}

extension Arguments {
  /// A tensor that may not have been given.
  fileprivate func optional(_ index: Int) throws -> Variable? {
    try has(index) ? stacked(index) : nil
  }

  /// Trues with a probability, one for each element.
  fileprivate func mask(for x: Variable, kept: Double) throws -> Variable {
    guard has(3) else {
      return try Context.current.random.drawn(like: x) { key, shape, _ in
        try key.bernoulli(kept, shape)
      }
    }
    let shape = x.shape
    guard let mask = try drawn(key: 3, { try $0.bernoulli(kept, shape) }).variable else {
      throw mismatch(3, "a Key")
    }
    return mask
  }
}
