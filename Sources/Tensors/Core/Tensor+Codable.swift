// Tensors in what is encoded: `{"dtype": "f64", "shape": [2], "elements": [1.0, 2.0]}`.

extension Tensor: Codable {
  private enum CodingKeys: String, CodingKey { case dtype, shape, elements }

  /// Encodes dtype, shape and elements, in row-major order.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(dtype.name, forKey: .dtype)
    try container.encode(shape.array, forKey: .shape)
    switch dtype {
    case .f64: try container.encode(values(as: Double.self), forKey: .elements)
    case .f32: try container.encode(values(as: Float.self), forKey: .elements)
    case .i64: try container.encode(values(as: Int.self), forKey: .elements)
    case .bool: try container.encode(values(as: Bool.self), forKey: .elements)
    }
  }

  /// Decodes a tensor.
  ///
  /// - Throws: where the elements are not as many as the shape has, or the dtype is none.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let name = try container.decode(String.self, forKey: .dtype)
    let shape = try Shape(container.decode([Int].self, forKey: .shape))
    func elements<Element: TensorElement & Decodable>(of type: Element.Type) throws -> Tensor {
      let elements = try container.decode([Element].self, forKey: .elements)
      guard elements.count == shape.count else {
        throw DecodingError.dataCorruptedError(
          forKey: .elements, in: container,
          debugDescription: "\(elements.count) elements for a tensor of shape \(shape)")
      }
      return try Tensor(copying: elements, shape: shape)
    }
    switch DType.allCases.first(where: { $0.name == name }) {
    case .f64: self = try elements(of: Double.self)
    case .f32: self = try elements(of: Float.self)
    case .i64: self = try elements(of: Int.self)
    case .bool: self = try elements(of: Bool.self)
    case nil:
      throw DecodingError.dataCorruptedError(
        forKey: .dtype, in: container, debugDescription: "there is no dtype \(name)")
    }
  }
}
