// Watching operations on plain tensors, so that a plan can do them again.
//
// Every loop over elements goes through a few functions of this module. While a recorder is set, each of
// them tells it which kernel it called on which memory; what stands between these calls, shapes, strides and
// the choice of a kernel, depends on shapes and dtypes alone and need not be done again. So an operation has
// one implementation, and a plan calls just what that called.
//
// Two kinds of operations are not of that kind, and the recorder knows them: those that look at elements
// outside kernels (`look`), and those that compute with memory that nobody told of. They are *calls*: the
// plan runs them as they are.
//
// The address of who owns a piece of memory stands for one buffer as long as that owner lives: nothing is kept
// for the plan, so that making one takes no more memory than the operations do.

internal import Kernels

/// The recorder of a plan.
package final class PlanRecorder {
  private var program = PlanProgram()
  /// The number of each piece of memory that was met, by who owns it, and its first element.
  private var known: [ObjectIdentifier: Known] = [:]
  /// Whether the operation that runs cannot be taken down.
  fileprivate var isLost = false
  private struct Known {
    weak var owner: AnyObject?
    let buffer: Int
    let base: UnsafeRawPointer
  }
  /// Owners that the operation that runs has brought.
  private var news: [ObjectIdentifier] = []

  package init() {}

  /// The recorder that is set on this thread.
  @inline(__always) static var current: PlanRecorder? {
    guard let pointer = mos_plan_recorder_get() else { return nil }
    return Unmanaged<PlanRecorder>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// Elements are looked at outside a kernel.
  @inline(__always) static func look() {
    if mos_plan_recorder_get() != nil { lose() }
  }

  @inline(never) private static func lose() { current?.isLost = true }

  /// The program, with its results.
  package func program(results: [Tensor]) -> PlanProgram? {
    var program = program
    for result in results {
      guard let place = known(result) else { return nil }
      var view = view(result, place)
      if case .constant = program.buffers[place.buffer].origin { view.constant = result }
      program.results.append(view)
    }
    return program
  }

  /// Whether all elements are finite; a plan ends where they are not as they are now.
  static func isFinite(_ x: Tensor) throws -> Bool {
    guard let recorder = current else { return try x.isSurelyFinite() }
    mos_plan_recorder_set(nil)
    defer { mos_plan_recorder_set(Unmanaged.passUnretained(recorder).toOpaque()) }
    let isFinite = try x.isSurelyFinite()
    if isFinite { recorder.requireFinite(x) } else { recorder.isLost = true }
    return isFinite
  }

  // MARK: - What the program is given

  /// A tensor with the elements of an operand, by which the recorder knows that.
  package func operand(_ index: Int, _ x: Tensor) -> Tensor {
    let own = Tensor(
      shape: x.shape, count: x.count, data: x.header.data, owner: Holder(x),
      layout: x.isContiguous ? nil : Layout(x.strides), dtype: x.dtype)
    add(own, .operand(index), bytes: 0)
    return own
  }

  /// Elements that are the same at each run.
  package func constant(_ x: Tensor) { if known(x) == nil { add(x, .constant(x), bytes: 0) } }

  /// Runs an operation and takes it down: its kernels, or else as a call.
  ///
  /// - Parameters:
  ///   - number: by which a plan asks for the call.
  ///   - isCall: whether it has to be a call.
  package func operation(
    _ name: String, number: Int, operands: [Tensor], isCall: Bool = false,
    _ body: () throws -> [Tensor]
  ) throws -> [Tensor] {
    let start = program.instructions.count
    isLost = isCall
    news.removeAll()
    let outer = mos_plan_recorder_get()
    mos_plan_recorder_set(isCall ? nil : Unmanaged.passUnretained(self).toOpaque())
    defer { mos_plan_recorder_set(outer) }
    let results = try body()
    if !isLost, results.allSatisfy({ known($0) != nil }) { return results }
    program.instructions.removeSubrange(start...)
    for owner in news { known[owner] = nil }
    news.removeAll()
    // What an operand is seen through may be the result; a call gives memory of its own.
    let own = try results.map { known($0) == nil ? $0 : try $0.copied() }
    let views = operands.map { x in known(x).map { view(x, $0) } }
    guard views.allSatisfy({ $0 != nil }) else {
      preconditionFailure("an operation of a plan has an unknown operand; please report")
    }
    for result in own { add(result, .called, bytes: 0) }
    let places = own.compactMap { x in known(x).map { view(x, $0) } }
    program.instructions.append(
      PlanInstruction(
        operation: .call(name, number, views: views.compactMap { $0 }, results: places),
        reads: views.compactMap { $0?.place }, writes: places.map(\.place), canFail: true))
    return own
  }

  /// Keeps the elements of an operand in place of somebody who cannot be seen.
  private final class Holder {
    let tensor: Tensor
    init(_ tensor: Tensor) { self.tensor = tensor }
  }

  // MARK: - Memory

  private func known(_ x: Tensor) -> PlanPlace? {
    // Where an owner has ended, another one may have its address.
    guard let known = known[ObjectIdentifier(x.owner)], known.owner != nil else { return nil }
    return PlanPlace(
      buffer: known.buffer, offset: UnsafeRawPointer(x.header.data) - known.base)
  }

  @discardableResult
  private func add(_ x: Tensor, _ origin: PlanBuffer.Origin, bytes: Int) -> PlanPlace {
    let buffer = program.buffers.count
    program.buffers.append(PlanBuffer(origin: origin, bytes: bytes))
    let owner = x.owner
    known[ObjectIdentifier(owner)] = Known(
      owner: owner, buffer: buffer, base: UnsafeRawPointer(x.header.data))
    news.append(ObjectIdentifier(owner))
    return PlanPlace(buffer: buffer, offset: 0)
  }

  private func view(_ x: Tensor, _ place: PlanPlace) -> PlanView {
    PlanView(place: place, shape: x.shape, strides: x.strides, dtype: x.dtype, constant: nil)
  }

  /// Where an operand of a kernel lies. A number that an operation has made for itself is a constant; of
  /// any other memory nobody has told.
  private func place(_ x: Tensor) -> PlanPlace {
    if let place = known(x) { return place }
    if x.rank > 0 { isLost = true }
    return add(x, .constant(x), bytes: 0)
  }

  private func result(_ y: Tensor) -> PlanPlace {
    known(y) ?? add(y, .made, bytes: y.count * y.dtype.size)
  }

  private func add(
    _ operation: PlanInstruction.Operation, _ operands: [Tensor], _ results: [Tensor],
    canFail: Bool = false
  ) {
    guard results.contains(where: { $0.count > 0 }) else {
      results.forEach { _ = result($0) }
      return
    }
    let reads = operands.map(place)
    program.instructions.append(
      PlanInstruction(
        operation: operation, reads: reads, writes: results.map(result), canFail: canFail))
  }
}

// MARK: - What kernels tell

extension PlanRecorder {
  /// A function of each element.
  func unary(
    _ kernel: UnaryKernel, _ function: mos_block_kernel, _ types: (compute: DType, result: DType),
    _ x: Tensor, _ y: Tensor
  ) {
    guard x.isContiguous && x.dtype == types.compute else { return }
    let kernel = PlanKernel(
      name: "\(kernel)", function: function, compute: types.compute, result: types.result,
      number: PlanNumber.of(kernel, types.compute), isScalar: [false])
    add(.block(kernel, count: y.count), [x], [y], canFail: kernel.canFail)
  }

  /// A function of pairs of elements that are read in place, in a form of its kernel.
  func binary(
    _ kernel: BinaryKernel, _ form: Int, _ types: (compute: DType, result: DType), _ a: Tensor,
    _ b: Tensor, _ y: Tensor
  ) {
    guard let plan = planKernel(kernel, form, types) else { return }
    add(.block(plan, count: y.count), [a, b], [y], canFail: plan.canFail)
  }

  /// A function of pairs where each row meets the same row.
  func repeatingRows(
    _ kernel: BinaryKernel, _ types: (compute: DType, result: DType), _ a: Tensor, _ b: Tensor,
    _ y: Tensor
  ) {
    guard let plan = planKernel(kernel, MOS_BOTH_VECTORS, types) else { return }
    if a.count == b.count { return binary(kernel, MOS_BOTH_VECTORS, types, a, b, y) }
    add(
      .rows(plan, rows: a.count / b.count, count: b.count), [a, b], [y], canFail: plan.canFail)
  }

  private func planKernel(
    _ kernel: BinaryKernel, _ form: Int, _ types: (compute: DType, result: DType)
  ) -> PlanKernel? {
    guard let function = mos_binary_kernel(kernel, types.compute, form) else { return nil }
    return PlanKernel(
      name: "\(kernel)", function: function, compute: types.compute, result: types.result,
      number: PlanNumber.of(kernel, types.compute),
      isScalar: [form == MOS_FIRST_SCALAR, form == MOS_SECOND_SCALAR])
  }

  /// A choice between elements that are read in place.
  func select(
    _ function: mos_block_kernel, _ condition: Tensor, _ a: Tensor, _ b: Tensor, _ y: Tensor
  ) {
    let kernel = PlanKernel(
      name: "select", function: function, compute: y.dtype, result: y.dtype, number: nil,
      isScalar: [false, false, false])
    add(.block(kernel, count: y.count), [condition, a, b], [y])
  }

  /// A function of pairs of operands of any layout. What is contiguous meets one number as in its kernel.
  func loop(
    _ kernel: BinaryKernel, _ types: (compute: DType, result: DType), _ loop: mos_loop,
    _ a: Tensor, _ b: Tensor, _ y: Tensor
  ) {
    func isWhole(_ x: Tensor) -> Bool { x.isContiguous && x.shape == y.shape }
    if y.count > 1, a.dtype == types.compute, b.dtype == types.compute {
      if isWhole(a), b.count == 1 { return binary(kernel, MOS_SECOND_SCALAR, types, a, b, y) }
      if isWhole(b), a.count == 1 { return binary(kernel, MOS_FIRST_SCALAR, types, a, b, y) }
    }
    self.loop("\(kernel)", loop, [a, b], y)
  }

  /// An elementwise loop over operands of any layout.
  func loop(_ name: String, _ loop: mos_loop, _ operands: [Tensor], _ y: Tensor) {
    let whole = operands.contains { !$0.dtype.isFloat && $0.dtype != .bool }
    add(.loop(name, loop), operands, [y], canFail: whole)
  }

  /// A copy in row-major order, perhaps in another type.
  func copy(_ x: Tensor, _ y: Tensor) {
    let step = mos_copy_step(
      operand: mos_operand(x, stretchedTo: x.shape), rank: Int32(x.rank), extent: x.shape.extents,
      dtype: y.dtype.rawValue, y: y.header.data)
    add(.copy(step), [x], [y], canFail: y.dtype == .i64 && x.dtype.isFloat)
  }

  /// The rows of a contiguous tensor that become a copy each; more of them are a call.
  private static var mostRows: Int { 64 }

  /// A copy of some rows of so many bytes to places that lie apart, of which the first is some bytes behind the
  /// first element.
  func copyRows(
    _ rows: Int, _ x: Tensor, bytes: Int, to y: Tensor, from offset: Int, apart: Int
  ) {
    guard rows <= PlanRecorder.mostRows else { return PlanRecorder.look() }
    let dtype = Int32(x.dtype.rawValue)
    var operand = mos_operand()
    operand.stride.0 = 1
    operand.dtype = UInt8(dtype)
    var step = mos_copy_step(
      operand: operand, rank: 1, extent: Shape(bytes / x.dtype.size).extents,
      dtype: x.dtype.rawValue, y: nil)
    step.operand.data = UnsafeRawPointer(x.header.data)
    for row in 0..<rows {
      add(.copy(step), [x], [y])
      let last = program.instructions.count - 1
      program.instructions[last].reads[0].offset += row * bytes
      program.instructions[last].writes[0].offset += offset + row * apart
    }
  }

  /// A reduction of rows, each alone or with a row of another tensor.
  func reduceRows(
    _ name: String, _ step: mos_reduce_step, _ x: Tensor, _ b: Tensor?, _ y: Tensor
  ) {
    add(.reduceRows(name, step), [x] + (b.map { [$0] } ?? []), [y], canFail: !x.dtype.isFloat)
  }

  fileprivate func requireFinite(_ x: Tensor) {
    guard x.count > 0, x.isContiguous,
      let kernel = mos_reduction_kernel(
        Int32(ReduceKernel.sum.rawValue), Int32(x.dtype.rawValue)),
      let combine = mos_binary_kernel(.add, x.dtype, MOS_BOTH_VECTORS)
    else { return PlanRecorder.look() }
    let step = mos_reduce_step(
      kernel: kernel, combine: combine, rows: 1, n: x.count, blocks: 1, size: x.dtype.size,
      result_size: x.dtype.size, x: x.header.data, b: nil, y: nil)
    program.instructions.append(
      PlanInstruction(
        operation: .requireFinite(step), reads: [place(x)], writes: [], canFail: true))
  }

  /// A reduction of rows to one another.
  func reduceColumns(_ name: String, _ step: mos_reduce_step, _ x: Tensor, _ y: Tensor) {
    add(.reduceColumns(name, step), [x], [y], canFail: !x.dtype.isFloat)
  }

  /// A function along rows.
  func scanRows(_ name: String, _ step: mos_reduce_step, _ x: Tensor, _ y: Tensor) {
    add(.scanRows(name, step), [x], [y], canFail: !x.dtype.isFloat)
  }

  /// The products of a stack that become a step each; more of them are a call.
  static var mostProducts: Int { 256 }

  /// A product of matrices, which lie where the addresses of the step say; nil for one that cannot be a step.
  func product(_ step: PlanProduct?, _ a: Tensor, _ b: Tensor, _ y: Tensor) {
    guard let step else { return PlanRecorder.look() }
    add(.product(step), [a, b], [y])
    // The matrices of a stack lie some way behind its first.
    let last = program.instructions.count - 1
    guard last >= 0, y.count > 0 else { return }
    let product = step.product
    program.instructions[last].reads[0].offset += product.a - UnsafeRawPointer(a.header.data)
    program.instructions[last].reads[1].offset += product.b - UnsafeRawPointer(b.header.data)
    program.instructions[last].writes[0].offset +=
      UnsafeRawPointer(product.y) - UnsafeRawPointer(y.header.data)
  }

  /// A step of Adam, or its derivative; its operands are the three, the corrections and the cotangents.
  func adam(
    _ step: mos_adam, isGradient: Bool, _ operands: [Tensor], _ cotangents: [Tensor?],
    _ corrections: [Tensor], _ results: [Tensor]
  ) {
    guard corrections.allSatisfy({ $0.dtype == corrections[0].dtype && $0.dtype.isFloat }) else {
      return PlanRecorder.look()
    }
    let plan = mos_adam_step_of_plan(
      adam: step, correction: (nil, nil), is_single: corrections[0].dtype == .f32 ? 1 : 0)
    add(
      .adam(plan, isGradient: isGradient), operands + corrections + cotangents.compactMap { $0 },
      results)
  }
}

/// Arithmetic of single numbers.
enum PlanNumber {
  /// The operation that gives the bits of a kernel for one number.
  static func of(_ kernel: UnaryKernel, _ dtype: DType) -> Int? {
    switch kernel {
    case .negate: of(MOS_NUMBER_negate_f32, dtype)
    case .square: of(MOS_NUMBER_square_f32, dtype)
    case .sqrt: of(MOS_NUMBER_sqrt_f32, dtype)
    case .reciprocal: of(MOS_NUMBER_reciprocal_f32, dtype)
    case .relu: of(MOS_NUMBER_relu_f32, dtype)
    default: nil
    }
  }

  /// The same for two numbers.
  static func of(_ kernel: BinaryKernel, _ dtype: DType) -> Int? {
    switch kernel {
    case .add: of(MOS_NUMBER_add_f32, dtype)
    case .subtract: of(MOS_NUMBER_subtract_f32, dtype)
    case .multiply: of(MOS_NUMBER_multiply_f32, dtype)
    case .divide: of(MOS_NUMBER_divide_f32, dtype)
    case .multiplyUnlessZero: of(MOS_NUMBER_multiplyUnlessZero_f32, dtype)
    case .multiplyUnlessEitherZero: of(MOS_NUMBER_multiplyUnlessEitherZero_f32, dtype)
    case .divideUnlessZero: of(MOS_NUMBER_divideUnlessZero_f32, dtype)
    case .gate: of(MOS_NUMBER_gate_f32, dtype)
    default: nil
    }
  }

  /// The f64 operation stands behind that of f32.
  private static func of(_ single: Int, _ dtype: DType) -> Int? {
    switch dtype {
    case .f32: single
    case .f64: single + 1
    default: nil
    }
  }
}

extension Tensor {
  /// What ends with the elements.
  fileprivate var owner: AnyObject { header.owner?.takeUnretainedValue() ?? buffer }
}
