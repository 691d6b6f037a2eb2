// Numbers of files whose elements are bytes: pictures, and most IDX files.

extension Tensor {
  /// A tensor of i64 whose elements the body gives as bytes, in row-major order.
  ///
  /// The bytes lie in the last eighth of the tensor's own memory and are widened from the first on: number i
  /// ends before byte i + 1 begins, 8i + 8 ≤ 7n + i + 1 for i < n.
  static func ofBytes(
    _ shape: Shape, _ fill: (UnsafeMutablePointer<UInt8>) throws -> Void
  ) throws -> Tensor {
    try make(shape, .i64) { memory in
      let count = shape.count
      let bytes = (memory + 7 * count).assumingMemoryBound(to: UInt8.self)
      try fill(bytes)
      try Safepoint.forEach(0..<count) {
        memory.storeBytes(of: Int64(bytes[$0]), toByteOffset: 8 * $0, as: Int64.self)
      }
    }
  }

  /// The elements as bytes, in row-major order: whole numbers of 0 to 255 as they are, and floats of 0 to 1
  /// as their share of 255.
  ///
  /// - Parameters:
  ///   - isPicture: whether true is 255; else it is 1.
  /// - Throws: a value error with the first element that is neither.
  package func byteSamples(isPicture: Bool) throws -> [UInt8] {
    try MemoryAccount.require(count)
    let isWhole = dtype == .i64 || dtype == .bool
    let numbers = try rowMajor(isWhole ? .i64 : .f64)
    let factor = dtype == .bool && isPicture ? 255 : 1
    return try numbers.withElements { elements in
      try [UInt8](unsafeUninitializedCapacity: count) { bytes, written in
        try Safepoint.forEach(0..<count) { place in
          if isWhole {
            let number = elements.load(fromByteOffset: 8 * place, as: Int.self)
            guard (0...255).contains(number) else {
              throw noByte("\(number)", isPicture, "whole numbers are 0 to 255, and floats 0 to 1")
            }
            bytes.initializeElement(at: place, to: UInt8(number * factor))
          } else {
            let number = elements.load(fromByteOffset: 8 * place, as: Double.self)
            guard number >= 0 && number <= 1 else {
              throw noByte(
                formatShortest(number), isPicture,
                "floats are 0 to 1, and whole numbers 0 to 255: "
                  + "scale them, or turn them by `.to(i64)`")
            }
            bytes.initializeElement(at: place, to: UInt8((number * 255).rounded()))
          }
          written = place + 1
        }
      }
    }
  }

  private func noByte(_ number: String, _ isPicture: Bool, _ hint: String) -> TensorError {
    let what = isPicture ? "brightness of a picture" : "byte of an IDX file"
    return TensorError(.value, "\(number) in \(typeDescription) is no \(what)", hint: hint)
  }
}
