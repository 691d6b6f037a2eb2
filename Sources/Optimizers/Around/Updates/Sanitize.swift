// Updates without nan and infinities, and gradients of updates under the program's eyes.

import Autodiff
import Tensors

extension GradientTransformation {
  /// Updates with nan and infinities replaced; the derivative by them is 0 there.
  ///
  /// - Parameters: nil for the greatest finite number of the dtype, and its negative.
  public static func nanToNum(
    nan: Hyperparameter = 0.0, positive: Hyperparameter? = nil, negative: Hyperparameter? = nil
  ) -> GradientTransformation {
    GradientTransformation(
      leafwise: "nan_to_num", [nan] + [positive, negative].compactMap { $0 }
    ) { step in
      let infinities = step.values.dropFirst()
      return [
        try step.gradient.nanToNum(
          nan: step.values[0], positive: positive == nil ? nil : infinities.first,
          negative: negative == nil ? nil : infinities.last)
      ]
    }
  }

  /// Updates with 0 in place of nan; the derivative there is 0.
  public static let zeroNaN = GradientTransformation(leafwise: "zero_nan") { step in
    [try step.gradient.withoutNaN()]
  }

  /// Updates as they are; the gradients that reach them on the way back go through a function.
  ///
  /// This is the hook of TorchOpt: it sees what the backward pass of an outer loss brings to each
  /// leaf of the updates. The function gives another gradient of the same shape, or nil to leave it.
  public static func registerHook(
    _ hook: @escaping (Variable) throws -> Variable?
  ) -> GradientTransformation {
    let function = CustomFunction(
      "register_hook", value: { $0[0] },
      reverse: { _, gradient in
        guard let changed = try hook(gradient) else { return [gradient] }
        guard changed.shape == gradient.shape else {
          throw TensorError(
            .shape,
            "the hook was given a gradient of \(gradient.typeDescription) and gave back "
              + changed.typeDescription)
        }
        return [changed]
      })
    return GradientTransformation(leafwise: "register_hook", isElementwise: false) { step in
      [try function([step.gradient])]
    }
  }
}

extension Variable {
  /// The elements with 0 in place of nan; the derivative there is 0.
  package func withoutNaN() throws -> Variable {
    dtype.isFloat ? try isnan().select(.number(0, like: self), self) : self
  }
}
