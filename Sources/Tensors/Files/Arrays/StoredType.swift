// The element types that files have: ours, and those that become the nearest of ours.
//
//     F16 BF16          f32, exactly
//     I32 I16 I8        i64
//     U64 U32 U16 U8    i64, where every number fits
//
// Bytes are little-endian in most files, as in the processors that this runs on.

/// An element type of a file.
enum StoredType: String, CaseIterable {
  case f64 = "F64"
  case f32 = "F32"
  case i64 = "I64"
  case bool = "BOOL"
  case f16 = "F16"
  case bf16 = "BF16"
  case i32 = "I32"
  case i16 = "I16"
  case i8 = "I8"
  case u64 = "U64"
  case u32 = "U32"
  case u16 = "U16"
  case u8 = "U8"

  /// The type that a tensor is written as.
  init(_ dtype: DType) {
    switch dtype {
    case .f64: self = .f64
    case .f32: self = .f32
    case .i64: self = .i64
    case .bool: self = .bool
    }
  }

  /// The bytes of one element.
  var size: Int {
    switch self {
    case .f64, .i64, .u64: 8
    case .f32, .i32, .u32: 4
    case .f16, .bf16, .i16, .u16: 2
    case .bool, .i8, .u8: 1
    }
  }

  /// The type that a tensor of such elements has.
  var dtype: DType {
    switch self {
    case .f64: .f64
    case .f32, .f16, .bf16: .f32
    case .bool: .bool
    default: .i64
    }
  }

  /// The bytes that so many elements take; nil where no Int holds them.
  func bytes(of shape: Shape) -> Int? {
    let (bytes, overflow) = shape.count.multipliedReportingOverflow(by: size)
    return overflow ? nil : bytes
  }
}

extension FileReader {
  /// The tensor whose elements stand in row-major order from an offset on; the caller has held
  /// their bytes against the size of the file.
  ///
  /// - Throws: an io error for a bool that is neither 0 nor 1, a value error for a number that is too large.
  func tensor(
    _ shape: Shape, _ type: StoredType, at offset: Int, isBigEndian: Bool = false
  ) throws -> Tensor {
    let count = shape.count
    if type == .u8 {
      return try Tensor.ofBytes(shape) { try read(at: offset, count: count, into: $0) }
    }
    return try Tensor.make(shape, type.dtype) { elements in
      guard type.size != type.dtype.size else {
        try read(at: offset, count: count * type.size, into: elements)
        if isBigEndian { try type.swap(elements, count: count) }
        return try check(elements, type, count, offset)
      }
      var done = 0
      while done < count {
        let length = min(count - done, 1 << 14)
        let piece = try bytes(at: offset + done * type.size, count: length * type.size)
        piece.withUnsafeBytes {
          type.convert($0, to: elements, from: done, count: length, isBigEndian: isBigEndian)
        }
        done += length
      }
    }
  }

  /// Looks for elements that none of ours are.
  private func check(
    _ elements: UnsafeMutableRawPointer, _ type: StoredType, _ count: Int, _ offset: Int
  ) throws {
    if type == .bool {
      let flags = UnsafeBufferPointer(
        start: elements.assumingMemoryBound(to: UInt8.self), count: count)
      try Safepoint.forEach(0..<count) { place in
        if flags[place] > 1 {
          throw damaged("the bool at byte \(offset + place) is \(flags[place]), neither 0 nor 1")
        }
      }
    } else if type == .u64 {
      let numbers = UnsafeBufferPointer(
        start: elements.assumingMemoryBound(to: UInt64.self), count: count)
      try Safepoint.forEach(0..<count) { place in
        if numbers[place] > UInt64(Int64.max) {
          throw TensorError(
            .value,
            "\(numbers[place]), element \(place) of \(path.excerpt), does not fit i64",
            hint: "save it as float64 where that is near enough")
        }
      }
    }
  }
}

extension StoredType {
  /// Turns the bytes of each element around.
  fileprivate func swap(_ elements: UnsafeMutableRawPointer, count: Int) throws {
    func swapped<T: FixedWidthInteger>(_ type: T.Type) throws {
      let numbers = elements.assumingMemoryBound(to: T.self)
      try Safepoint.forEach(0..<count) { numbers[$0] = numbers[$0].byteSwapped }
    }
    switch size {
    case 8: try swapped(UInt64.self)
    case 4: try swapped(UInt32.self)
    default: break
    }
  }

  /// Writes elements as ours, from a place on.
  fileprivate func convert(
    _ bytes: UnsafeRawBufferPointer, to elements: UnsafeMutableRawPointer, from start: Int,
    count: Int, isBigEndian: Bool
  ) {
    func number<T: FixedWidthInteger>(_ place: Int, _ type: T.Type) -> T {
      let bits = bytes.loadUnaligned(fromByteOffset: place * MemoryLayout<T>.size, as: T.self)
      return isBigEndian ? T(bigEndian: bits) : T(littleEndian: bits)
    }
    func whole<T: FixedWidthInteger>(_ type: T.Type) {
      let target = elements.assumingMemoryBound(to: Int64.self) + start
      for i in 0..<count { target[i] = Int64(number(i, type)) }
    }
    func decimal(_ value: (UInt16) -> Float) {
      let target = elements.assumingMemoryBound(to: Float.self) + start
      for i in 0..<count { target[i] = value(number(i, UInt16.self)) }
    }
    switch self {
    case .i32: whole(Int32.self)
    case .i16: whole(Int16.self)
    case .i8: whole(Int8.self)
    case .u32: whole(UInt32.self)
    case .u16: whole(UInt16.self)
    case .f16: decimal(StoredType.half)
    case .bf16: decimal { Float(bitPattern: UInt32($0) << 16) }
    case .f64, .f32, .i64, .u64, .u8, .bool: break
    }
  }

  /// The value of an IEEE 754 half.
  ///
  /// Its exponent moved to a Float's place is 112 too small, which a product mends, for numbers
  /// below the normal ones too.
  private static func half(_ bits: UInt16) -> Float {
    let magnitude = UInt32(bits & 0x7fff) << 13
    let isFinite = bits & 0x7c00 != 0x7c00
    let value =
      isFinite ? Float(bitPattern: magnitude) * 0x1p112 : Float(bitPattern: magnitude | 0x7f80_0000)
    return bits & 0x8000 == 0 ? value : -value
  }
}
