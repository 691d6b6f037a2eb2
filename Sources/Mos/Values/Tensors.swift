// Tensors: data of either side, without a copy.

public import Autodiff
internal import Language

@_exported public import enum Tensors.DType
@_exported public import struct Tensors.Shape
@_exported public import struct Tensors.Tensor

extension Tensor: MosConvertible {
  /// The same elements, not copied.
  public func mosValue() -> Value { Value(.tensor(self)) }

  /// The numbers of a tensor, parameter or number, not copied; of a number, a tensor without axes.
  ///
  /// - Throws: for anything else.
  public static func from(mosValue value: Value) throws -> Tensor {
    guard let variable = value.held.variable else { throw value.mismatch("a tensor") }
    return try value.data(variable)
  }
}

extension Variable: MosConvertible {
  /// The tensor with its graph.
  public func mosValue() -> Value { Value(.tensor(self)) }

  /// A tensor with its graph, so that derivatives pass through what is computed of it.
  ///
  /// - Throws: for what is no tensor, parameter or number.
  public static func from(mosValue value: Value) throws -> Variable {
    guard let variable = value.held.variable else { throw value.mismatch("a tensor") }
    return variable
  }
}
