// Products of matrices on a device, and of stacks of them. Transposes are views, read where they lie.
//
// A device with memory for groups of items has tiles there, one item for each element of the result. A processor that
// is driven as a device has its cache, and gains nothing by copies and barriers: an item there has a block of a few
// rows and a vector's columns in its registers.

import Tensors

/// How a product takes its operands.
package struct DeviceProduct: Sendable {
  /// Which are read as their transposes.
  package var transposed: (left: Bool, right: Bool)
  /// Whose zeros stay zeros, whatever they meet.
  package var kept: (left: Bool, right: Bool)

  package init(transposed: (left: Bool, right: Bool), kept: (left: Bool, right: Bool)) {
    self.transposed = transposed
    self.kept = kept
  }
}

extension DeviceTensor {
  /// The items along each side of a tile.
  private static let tile = 16

  /// The matrix product, of vectors and stacks too; nil where it has no form for devices or the shapes do not fit.
  package static func matmul(
    _ a: DeviceTensor, _ b: DeviceTensor, _ form: DeviceProduct
  ) throws -> DeviceTensor? {
    guard a.shape.rank > 0, b.shape.rank > 0, a.device.largestGroup >= tile * tile else {
      return nil
    }
    let dtype = DType.promoted(a.dtype, b.dtype)
    guard dtype.isFloat, let x = try a.converted(to: dtype), let y = try b.converted(to: dtype)
    else {
      return nil
    }
    // A vector is a row on the left and a column on the right.
    let left = x.shape.rank == 1 ? x.inserted(at: 0) : form.transposed.left ? x.turned : x
    let right = y.shape.rank == 1 ? y.inserted(at: 1) : form.transposed.right ? y.turned : y
    guard let product = try product(left, right, dtype, form.kept) else { return nil }
    var shape = product.shape
    if b.shape.rank == 1 { shape = shape.removing(axis: shape.rank - 1) }
    if a.shape.rank == 1 { shape = shape.removing(axis: shape.rank - (b.shape.rank == 1 ? 1 : 2)) }
    return try product.reshaped(shape)
  }

  /// With an axis of 1 put in.
  private func inserted(at axis: Int) -> DeviceTensor {
    var (extents, steps) = (shape.array, strides.array)
    extents.insert(1, at: axis)
    steps.insert(0, at: axis)
    return view(Shape(trusted: extents), strides: Shape(trusted: steps))
  }

  /// With the last two axes swapped.
  private var turned: DeviceTensor {
    var order = Array(0..<shape.rank)
    order.swapAt(shape.rank - 1, shape.rank - 2)
    return permuted(Shape(trusted: order))
  }

  /// The axes before the last two.
  private var batch: Shape { Shape(trusted: shape.array.dropLast(2)) }

  /// Where the matrices of a stack lie, stretched to a shape of stacks.
  private func layout(of stacks: Shape) -> [Int] {
    let own = view(batch, strides: Shape(trusted: strides.array.dropLast(2)))
    return [offset] + own.strides(stretchedTo: stacks)
  }

  private static func product(
    _ a: DeviceTensor, _ b: DeviceTensor, _ dtype: DType, _ kept: (left: Bool, right: Bool)
  ) throws -> DeviceTensor? {
    let (ra, rb) = (a.shape.rank, b.shape.rank)
    let (m, k, n) = (a.shape[ra - 2], a.shape[ra - 1], b.shape[rb - 1])
    guard k == b.shape[rb - 2], k > 0, let stacks = Shape.broadcast(a.batch, b.batch),
      stacks.rank <= 6
    else { return nil }
    var shape = stacks
    shape.append(m)
    shape.append(n)
    let device = a.device
    let result = try uninitialized(shape.checked(), dtype, on: device)
    if result.count == 0 { return result }
    let isOfProcessor = device.isProcessor
    // Columns of a block are read as vectors.
    let y = isOfProcessor && b.strides[rb - 1] != 1 ? try b.contiguous() : b
    let vector = dtype == .f32 ? 16 : 8
    let kernel = try device.kernel(
      ProgramText.program(
        isOfProcessor
          ? blocks(ProgramText.type(dtype), vector, kept) : tiles(ProgramText.type(dtype), kept),
        isWide: ProgramText.isWide(result.count), on: device))
    var arguments: [KernelArgument] = [
      .int(0), .ints(stacks.words), .ints(a.layout(of: stacks)), .ints(y.layout(of: stacks)),
      .int(m), .int(k), .int(n), .int(a.strides[ra - 2]), .int(a.strides[ra - 1]),
      .int(y.strides[rb - 2]), .int(y.strides[rb - 1]), .memory(result.memory), .memory(a.memory),
      .memory(y.memory),
    ]
    // Lines of tiles or blocks, some at a time: a launch is to be over soon.
    let (width, height) = isOfProcessor ? (vector, blockRows) : (tile, tile)
    let columns = (n + width - 1) / width
    let lines = (m + height - 1) / height * stacks.count
    let workOfLine = columns * width * height * k
    let piece = Swift.max(1, result.memory.connection.pieceOfWork / workOfLine)
    for start in stride(from: 0, to: lines, by: piece) {
      let some = Swift.min(piece, lines - start)
      arguments[0] = .int(start * (isOfProcessor ? 1 : tile))
      try kernel.launch(
        arguments, items: isOfProcessor ? [columns, some] : [columns * tile, some * tile],
        group: isOfProcessor ? [1, 1] : [tile, tile], work: some * workOfLine)
    }
    return result
  }

  /// The rows of a block.
  private static let blockRows = 4

  /// A sum with the product of p and q added, in which zeros of a kept operand stay zeros.
  private static func sum(
    _ sum: String, _ type: String, _ kept: (left: Bool, right: Bool)
  ) -> String {
    let tests = (kept.left ? ["p == 0"] : []) + (kept.right ? ["q == 0"] : [])
    if tests.isEmpty { return "mad(p, q, \(sum))" }
    return "\(sum) + (\(tests.joined(separator: " || ")) ? (\(type))0 : p * q)"
  }

  private static func parameters(_ type: String) -> String {
    """
    const long first, const shape_t stacks, const layout_t a_layout, const layout_t b_layout,
    const long m, const long k, const long n, const long a_row, const long a_column,
    const long b_row, const long b_column, global \(type) *restrict y,
    global const \(type) *a, global const \(type) *b
    """
  }

  /// One item for each element, with tiles of both operands in the group's memory.
  private static func tiles(_ type: String, _ kept: (left: Bool, right: Bool)) -> String {
    """
    #define TILE \(tile)
    kernel void main_kernel(\(parameters(type))) {
      local \(type) left[TILE][TILE], right[TILE][TILE + 1];
      const int j = get_local_id(0), i = get_local_id(1);
      const long column = get_global_id(0), line = first + get_global_id(1);
      const long blocks = (m + TILE - 1) / TILE * TILE;
      const long stack = line / blocks, row = line % blocks;
      a += place(stack, &stacks, &a_layout);
      b += place(stack, &stacks, &b_layout);
      \(type) all = 0;
      for (long start = 0; start < k; start += TILE) {
        left[i][j] = row < m && start + j < k ? a[row * a_row + (start + j) * a_column] : 0;
        right[i][j] = column < n && start + i < k ? b[(start + i) * b_row + column * b_column] : 0;
        barrier(CLK_LOCAL_MEM_FENCE);
        \(type) part = 0;
        for (int l = 0; l < TILE; l++) {
          const \(type) p = left[i][l], q = right[l][j];
          if (start + l < k) part = \(sum("part", type, kept));
        }
        all += part;
        barrier(CLK_LOCAL_MEM_FENCE);
      }
      if (row < m && column < n) y[(stack * m + row) * n + column] = all;
    }
    """
  }

  /// One item for each block of rows and a vector's columns, which lie side by side in `b`.
  private static func blocks(
    _ type: String, _ vector: Int, _ kept: (left: Bool, right: Bool)
  ) -> String {
    """
    #define ROWS \(blockRows)
    kernel void main_kernel(\(parameters(type))) {
      const long column = get_global_id(0) * \(vector), line = first + get_global_id(1);
      const long lines = (m + ROWS - 1) / ROWS;
      const long stack = line / lines, row = line % lines * ROWS;
      a += place(stack, &stacks, &a_layout);
      b += place(stack, &stacks, &b_layout) + column;
      y += (stack * m + row) * n + column;
      if (row + ROWS <= m && column + \(vector) <= n) {
        \(type)\(vector) all[ROWS];
        for (int i = 0; i < ROWS; i++) all[i] = 0;
        for (long l = 0; l < k; l++) {
          const \(type)\(vector) q = vload\(vector)(0, b + l * b_row);
          for (int i = 0; i < ROWS; i++) {
            const \(type)\(vector) p = a[(row + i) * a_row + l * a_column];
            all[i] = \(sum("all[i]", "\(type)\(vector)", kept));
          }
        }
        for (int i = 0; i < ROWS; i++) vstore\(vector)(all[i], 0, y + i * n);
        return;
      }
      for (long i = 0; i < min((long)ROWS, m - row); i++)
        for (long j = 0; j < min((long)\(vector), n - column); j++) {
          \(type) all = 0;
          for (long l = 0; l < k; l++) {
            const \(type) p = a[(row + i) * a_row + l * a_column], q = b[l * b_row + j];
            all = \(sum("all", type, kept));
          }
          y[i * n + j] = all;
        }
    }
    """
  }
}
