// A plan: the operations of a recorded function as flat steps over memory that is there already.
//
// A step names the very kernel that the operation calls outside a plan, with the same extents, strides and
// forms, so that a plan's results are those of the operations one by one, to the last bit. What stands in
// it is addresses: of the plan's arena, of constants, and of operands and results, which the caller puts in
// before each run.
#ifndef MOS_PLAN_H
#define MOS_PLAN_H

#include "Kernels.h"

#pragma clang assume_nonnull begin

/// The recorder of the plan that is being made on this thread; see Tensors/Plans/PlanRecorder.swift.
extern _Thread_local void *_Nullable mos_plan_recorder;

static inline void *_Nullable mos_plan_recorder_get(void) { return mos_plan_recorder; }
static inline void mos_plan_recorder_set(void *_Nullable recorder) { mos_plan_recorder = recorder; }

/// Arithmetic of single numbers, each correctly rounded and so the same in every kernel.
#define MOS_NUMBER_OPERATIONS(X) \
  X(add) X(subtract) X(multiply) X(divide) X(multiplyUnlessZero) X(multiplyUnlessEitherZero) \
  X(divideUnlessZero) X(gate) X(negate) X(square) X(sqrt) X(reciprocal) X(relu)
#define MOS_ENUMERATE(name) MOS_NUMBER_##name##_f32, MOS_NUMBER_##name##_f64,
enum { MOS_NUMBER_OPERATIONS(MOS_ENUMERATE) MOS_NUMBER_COUNT };
#undef MOS_ENUMERATE

/// One operation on single numbers; places are bytes from the beginning of the arena.
typedef struct {
  uint32_t operation;
  uint32_t y, a, b;
} mos_number;

/// What a step does, and what its `detail` is.
enum {
  /// `n` operations on single numbers, `mos_number`.
  MOS_STEP_NUMBERS,
  /// One kernel on `n` contiguous elements; no detail.
  MOS_STEP_BLOCK,
  /// `mos_rows_step`
  MOS_STEP_ROWS,
  /// `mos_chain_step`
  MOS_STEP_CHAIN,
  /// `mos_loop`
  MOS_STEP_LOOP,
  /// `mos_copy_step`
  MOS_STEP_COPY,
  /// `mos_reduce_step`
  MOS_STEP_REDUCE_ROWS,
  MOS_STEP_REDUCE_COLUMNS,
  MOS_STEP_SCAN_ROWS,
  /// `mos_product_step`
  MOS_STEP_PRODUCT,
  /// `mos_adam_step_of_plan`
  MOS_STEP_ADAM,
  MOS_STEP_ADAM_GRADIENT,
  /// A product in another way than by one call of a kernel: `mos_body_step`
  MOS_STEP_BODY,
  /// The plan ends where one of `n` elements is not finite, or their sum is not: `mos_reduce_step`
  MOS_STEP_REQUIRE_FINITE,
  /// `mos_call_step`
  MOS_STEP_CALL,
};

/// One step; blocks stand in it, since most steps are.
typedef struct {
  int kind;
  size_t n;
  mos_block_kernel _Nullable kernel;
  const void *_Nullable operand[3];
  void *_Nullable y;
  void *_Nullable detail;
} mos_plan_step;

/// A kernel on each of `rows` rows of `n` elements with the same row b.
typedef struct {
  mos_block_kernel kernel;
  size_t n, rows;
  const void *_Nullable a;
  const void *_Nullable b;
  void *_Nullable y;
  size_t a_step, y_step;
} mos_rows_step;

/// As `mos_reduce_rows`, `mos_reduce_columns` and `mos_scan_rows`, which have `combine` as their kernel.
typedef struct {
  mos_reduce_kernel _Nullable kernel;
  mos_block_kernel _Nullable combine;
  size_t rows, n, blocks, size, result_size;
  const void *_Nullable x;
  const void *_Nullable b;
  void *_Nullable y;
} mos_reduce_step;

/// Adam's step with its corrections as operands, single or double.
typedef struct {
  mos_adam adam;
  const void *_Nullable correction[2];
  int is_single;
} mos_adam_step_of_plan;

/// Adam's step, or its derivative, as a part of a chain. Bits tell what lies in the scratch: 0 to 2 the operands, 3 to 5
/// the cotangents, 6 to 8 the results.
typedef struct {
  const mos_adam_step_of_plan *step;
  mos_adam_kernel _Nullable kernel;
  /// Bytes from one element to the next.
  size_t size;
  unsigned in_scratch;
} mos_adam_link;

/// One kernel of a chain. An operand whose step is 0 is one number for all. What lies in the scratch lives for one
/// piece alone: its address is a number of bytes from there.
typedef struct {
  mos_block_kernel _Nullable kernel;
  /// What the link is in place of a kernel: Adam's, or a look whether all elements are finite, piece by piece.
  const mos_adam_link *_Nullable adam;
  const mos_reduce_step *_Nullable finite;
  const void *_Nullable operand[3];
  void *_Nullable y;
  /// Bytes from one element to the next.
  uint8_t step[3], y_step;
  /// Which of the operands, and bit 3 the result, lie in the scratch.
  uint8_t in_scratch;
} mos_chain_link;

/// Kernels on the same `n` elements, run over pieces that stay in the first-level cache. With a reduction, the last
/// link's result lies in the scratch and is summed as `mos_reduce_rows` sums one row of it.
typedef struct {
  const mos_chain_link *links;
  size_t count, n;
  mos_reduce_kernel _Nullable reduce;
  mos_block_kernel _Nullable combine;
  void *_Nullable y;
  size_t size;
} mos_chain_step;

typedef struct {
  mos_operand operand;
  int rank;
  ptrdiff_t extent[MOS_MAXIMUM_RANK];
  uint8_t dtype;
  void *_Nullable y;
} mos_copy_step;

typedef struct {
  mos_product product;
  mos_product_kernel kernel;
  int packs;
} mos_product_step;

typedef struct {
  mos_product product;
  void (*run)(const mos_product *product);
} mos_body_step;

/// Work outside C. It gives `MOS_OK`, or anything else where the plan is to end.
typedef struct {
  int (*run)(void *_Nullable context, size_t number);
  void *_Nullable context;
  size_t number;
} mos_call_step;

/// The status of a plan that ends since a number is not finite.
enum { MOS_NOT_FINITE = 100 };

enum {
  /// Elements of a piece of a chain: a few buffers of them stay in the first-level cache.
  MOS_CHAIN_PIECE = 1024,
  /// Bytes of the buffers that a piece of a chain may take on the stack of the thread that runs it.
  MOS_CHAIN_SCRATCH = 65536,
};

/// Runs the steps in order. A status other than `MOS_OK` ends the plan; so does a request that the run is to
/// end, of which the caller learns by looking.
///
/// - scratch: `MOS_PRODUCT_SCRATCH` bytes for products that pack their operands.
int mos_plan_run(const mos_plan_step *steps, size_t count, char *arena, void *_Nullable scratch);

#pragma clang assume_nonnull end

#endif
