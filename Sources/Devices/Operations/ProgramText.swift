// What all programs of a device begin with.

import Tensors

enum ProgramText {
  /// Types by dtype, as kernels write them.
  static func type(_ dtype: DType) -> String {
    switch dtype {
    case .bool: "uchar"
    case .i64: "long"
    case .f32: "float"
    case .f64: "double"
    }
  }

  /// No two operations become one: results are rounded as the processor's are.
  private static let beginning = """
    #pragma OPENCL FP_CONTRACT OFF
    typedef struct { long rank, extent[8]; } shape_t;
    typedef struct { long offset, stride[8]; } layout_t;

    """

  private static let doubles = "#pragma OPENCL EXTENSION cl_khr_fp64 : enable\n"

  /// Where the element of a number in row-major order lies.
  private static let place = """
    static ulong place(ulong i, const shape_t *s, const layout_t *l) {
      long at = l->offset;
      for (long axis = s->rank - 1; axis >= 0; axis--) {
        INDEX rest = (INDEX)i / (INDEX)s->extent[axis];
        at += (long)((INDEX)i - rest * (INDEX)s->extent[axis]) * l->stride[axis];
        i = rest;
      }
      return at;
    }

    """

  /// A program of a body, for numbers of elements below 2³¹ or above.
  static func program(_ body: String, isWide: Bool, on device: Device) -> String {
    (device.hasDoubles ? doubles : "") + "typedef \(isWide ? "ulong" : "uint") INDEX;\n" + beginning
      + place + body
  }

  /// True where numbers of elements do not fit 31 bits.
  static func isWide(_ count: Int) -> Bool { count >= 1 << 31 }
}

extension Shape {
  /// The shape as kernels take it.
  var words: [Int] { [rank] + array + Array(repeating: 1, count: 8 - rank) }
}
