// Elements of one dtype turned into another.

import Devices
import Tensors

extension Primitive {
  /// Conversion between dtypes; only between floats does a derivative pass. Attribute: the dtype.
  ///
  ///     y = x            ẏ = ẋ            x̄ = ȳ, in x's dtype
  static let converted = Primitive(
    "to",
    kernel: { x, attributes in try x.converted(to: attributes.dtype) },
    forward: { _, y, _, dx in try dx.converted(to: y.dtype) },
    reverse: { x, _, _, dy in try dy.converted(to: x.dtype) },
    device: DeviceForms.tensor { try $0.converted(to: $1.dtype) })
}

extension Variable {
  /// The elements in another dtype.
  public func converted(to dtype: DType) throws -> Variable {
    if self.dtype == dtype { return self }
    return try apply(.converted, self, .dtype(dtype))
  }
}
