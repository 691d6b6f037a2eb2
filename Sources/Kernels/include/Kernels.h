// Loops over elements: no allocation, no errors, no policy.
//
// A *block kernel* works on contiguous elements of one type. An operand that is not contiguous,
// or is of another type, is gathered block by block into a buffer on the stack by the drivers
// (`mos_elementwise`), so a kernel is written once and serves every layout. Kernels are compiled
// once for each processor level and chosen when the first one is asked for.
#ifndef MOS_KERNELS_H
#define MOS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "Format.h"
#include "Random.h"

/// The differentiation context of the current thread; see Autodiff/Context.swift.
extern _Thread_local void *_Nullable mos_context;

/// Who watches the operations on this thread: bits of `MOS_WATCHES_…`, 0 nearly always. One number, so
/// that an operation asks once.
extern _Thread_local int mos_watches;

enum {
  /// Results are checked for nan and inf.
  MOS_WATCHES_ANOMALIES = 1,
  /// A function is being recorded; see Autodiff/Recording.swift.
  MOS_WATCHES_RECORDING = 2,
};

/// The recording that is being made on this thread, by number, 0 for none. Every tensor keeps the number
/// of the moment when it was made, so that a recording knows its own.
extern _Thread_local uint32_t mos_recording;

/// Nodes made on the current thread and not yet freed; see Autodiff/Variable.swift.
extern _Thread_local int64_t mos_live_nodes;

static inline int64_t mos_live_nodes_get(void) { return mos_live_nodes; }
static inline void mos_live_nodes_add(int64_t count) { mos_live_nodes += count; }

static inline int mos_watches_get(void) { return mos_watches; }
static inline void mos_watches_set(int value) { mos_watches = value; }

static inline uint32_t mos_recording_get(void) { return mos_recording; }
static inline void mos_recording_set(uint32_t number) { mos_recording = number; }

static inline void *_Nullable mos_context_get(void) { return mos_context; }
static inline void mos_context_set(void *_Nullable context) { mos_context = context; }

/// What others ask of a run: other threads and signal handlers set bits of it, and the run looks.
typedef struct mos_requests {
  uint32_t bits;
  /// The most threads that a loop of the run may take; 0 for all of the process.
  int32_t threads;
  /// The time that the run may take, for the message when it is over.
  double seconds;
} mos_requests;

enum {
  /// The run is to end.
  MOS_ASKS_INTERRUPT = 1,
  /// The time of the run is over.
  MOS_ASKS_OVERTIME = 2,
  /// The run is to say where it is.
  MOS_ASKS_SAMPLE = 4,
  /// The run may hold more memory than it is allowed: it is to count.
  MOS_ASKS_COUNT = 8,
  /// Many objects that can hold themselves are alive: the run is to look for rings.
  MOS_ASKS_COLLECT = 16,
  /// Nobody asks anything: a program runs.
  MOS_RUNS = 32,
  /// Something failed where nobody could be told, and the run is to end with that.
  MOS_ASKS_FAILURE = 64,
};

static inline uint32_t mos_requests_get(const mos_requests *_Nonnull requests) {
  return __atomic_load_n(&requests->bits, __ATOMIC_RELAXED);
}
/// Sets bits; gives those from before.
static inline uint32_t mos_requests_add(mos_requests *_Nonnull requests, uint32_t bits) {
  return __atomic_fetch_or(&requests->bits, bits, __ATOMIC_RELAXED);
}
/// Takes bits back; gives those from before.
static inline uint32_t mos_requests_remove(mos_requests *_Nonnull requests, uint32_t bits) {
  return __atomic_fetch_and(&requests->bits, ~bits, __ATOMIC_RELAXED);
}

/// What is asked of the run on this thread; NULL where no program runs.
extern _Thread_local mos_requests *_Nullable mos_run;

static inline mos_requests *_Nullable mos_run_get(void) { return mos_run; }
static inline void mos_run_set(mos_requests *_Nullable requests) { mos_run = requests; }

/// True where the run on this thread is to end, or to count whether it must.
static inline int mos_run_is_asked(void) {
  return mos_run
         && mos_requests_get(mos_run)
              & (MOS_ASKS_INTERRUPT | MOS_ASKS_OVERTIME | MOS_ASKS_COUNT | MOS_ASKS_FAILURE);
}

/// True where the run on this thread is to end. It stays so until the run has ended, so that a kernel
/// that stops for it, and leaves its output unspecified, needs to tell nobody: the caller looks, too.
static inline int mos_run_ends(void) {
  return mos_run
         && mos_requests_get(mos_run)
              & (MOS_ASKS_INTERRUPT | MOS_ASKS_OVERTIME | MOS_ASKS_FAILURE);
}

/// The bytes of the small objects that were made on this thread and have not ended on it, and the most
/// that the run on it may hold of them; see Tensors/Memory/MemoryAccount.swift.
typedef struct mos_heap {
  int64_t bytes;
  int64_t ceiling;
} mos_heap;
extern _Thread_local mos_heap mos_small_objects;

static inline mos_heap mos_heap_get(void) { return mos_small_objects; }
static inline void mos_heap_set(mos_heap heap) { mos_small_objects = heap; }

/// Counts an object, and asks the run to count where that is too much.
static inline void mos_heap_charge(int64_t bytes) {
  mos_small_objects.bytes += bytes;
  if (mos_small_objects.bytes > mos_small_objects.ceiling && mos_run)
    mos_requests_add(mos_run, MOS_ASKS_COUNT);
}
/// An object has ended.
static inline void mos_heap_refund(int64_t bytes) { mos_small_objects.bytes -= bytes; }

/// The stack that this thread runs on: the lowest address that code may use without asking for more, and
/// the lowest that there is; both 0 before `mos_stack_left` was asked.
typedef struct mos_stack {
  uintptr_t end;
  uintptr_t last;
} mos_stack;
extern _Thread_local mos_stack mos_run_stack;

static inline mos_stack mos_stack_get(void) { return mos_run_stack; }
static inline void mos_stack_set(mos_stack stack) { mos_run_stack = stack; }
uintptr_t mos_find_stack_end(void);

/// Bytes of this thread's stack that are left below the caller.
static inline size_t mos_stack_left(void) {
  uintptr_t end = mos_run_stack.end ? mos_run_stack.end : mos_find_stack_end();
  uintptr_t here = (uintptr_t)__builtin_frame_address(0);
  return here > end ? here - end : 0;
}

/// The holders of the run on this thread: the head of the ring of the young, how many are alive, and how many
/// ask for a search; see Language/Memory/Holders.swift.
typedef struct mos_holders {
  void *_Nullable young;
  int64_t count;
  int64_t threshold;
} mos_holders;
extern _Thread_local mos_holders mos_run_holders;

static inline mos_holders mos_holders_get(void) { return mos_run_holders; }
static inline void mos_holders_set(mos_holders holders) { mos_run_holders = holders; }
static inline void mos_holders_add(int64_t count) {
  mos_run_holders.count += count;
  if (count > 0 && mos_run_holders.count > mos_run_holders.threshold && mos_run)
    mos_requests_add(mos_run, MOS_ASKS_COLLECT);
}

/// The references to an object, as Swift's runtime counts them.
size_t swift_retainCount(const void *_Nonnull object);

/// What waits to be freed on this thread, and the levels of what is being freed.
typedef struct mos_row {
  char *_Nullable bytes;
  size_t used, capacity;
} mos_row;
extern _Thread_local int32_t mos_release_level;
extern _Thread_local mos_row mos_release_row;

static inline int32_t mos_release_level_get(void) { return mos_release_level; }
static inline void mos_release_level_set(int32_t level) { mos_release_level = level; }
static inline int mos_release_waits(void) { return mos_release_row.used != 0; }
/// Room for one more thing in the row; NULL where there is no memory.
void *_Nullable mos_release_room(size_t size);
/// The last thing of the row, which leaves it: its room holds until another is added. NULL at the end.
void *_Nullable mos_release_take(size_t size);

/// Sets the C library's heap for programs that make and free large graphs of small objects. It holds
/// for the whole process, so that only one whose process it is may call it.
void mos_list_small_blocks(void);

#pragma clang assume_nonnull begin

/// The memory account of the current thread; see Tensors/Allocator.swift.
extern _Thread_local void *_Nullable mos_account;

static inline void *_Nullable mos_account_get(void) { return mos_account; }
static inline void mos_account_set(void *_Nullable account) { mos_account = account; }

// The thread sanitizer does not see Swift's Mutex, which waits inside a library that is not built for
// it. These tell it when the allocator's was taken and when it is given back, and are nothing elsewhere.
#ifdef MOS_THREAD_SANITIZER
extern char mos_allocator_mutex;
void __tsan_acquire(void *address);
void __tsan_release(void *address);
static inline void mos_allocator_locked(void) { __tsan_acquire(&mos_allocator_mutex); }
static inline void mos_allocator_unlocks(void) { __tsan_release(&mos_allocator_mutex); }
#else
static inline void mos_allocator_locked(void) {}
static inline void mos_allocator_unlocks(void) {}
#endif

/// Element types, numbered as `DType`.
enum { MOS_BOOL, MOS_I64, MOS_F32, MOS_F64, MOS_DTYPES };

/// What a kernel found; anything but `MOS_OK` leaves its output unspecified.
enum { MOS_OK, MOS_OVERFLOW, MOS_ZERO_DIVISION, MOS_NEGATIVE_POWER };

// The families, in the order of the Swift enumerations of the same names.
#define MOS_UNARY_KERNELS(X) \
  X(negate) X(abs) X(sign) X(exp) X(expm1) X(log) X(log1p) X(log2) X(log10) X(sqrt) X(rsqrt) \
  X(square) X(reciprocal) X(sin) X(cos) X(tan) X(asin) X(acos) X(atan) X(sinh) X(cosh) X(tanh) \
  X(asinh) X(acosh) X(atanh) X(floor) X(ceil) X(round) X(trunc) X(erf) X(erfc) X(erfinv) \
  X(lgamma) X(digamma) X(trigamma) X(relu) X(sigmoid) X(softplus) X(logSigmoid) X(silu) X(gelu) \
  X(sigmoidSlope) X(tanhSlope) X(isnan) X(isinf) X(isfinite) X(logicalNot)
#define MOS_BINARY_KERNELS(X) \
  X(add) X(subtract) X(multiply) X(divide) X(floorDivide) X(remainder) X(power) X(minimum) \
  X(maximum) X(atan2) X(equal) X(notEqual) X(less) X(lessEqual) X(greater) X(greaterEqual) \
  X(and) X(or) X(divideUnlessZero) X(multiplyUnlessZero) X(multiplyUnlessEitherZero) X(gate)
#define MOS_REDUCE_KERNELS(X) \
  X(sum) X(prod) X(max) X(min) X(any) X(all) X(argmax) X(argmin) X(logsumexp) \
  X(dot) X(squaredDistance)
#define MOS_SCAN_KERNELS(X) X(cumsum) X(cumprod) X(softmax) X(logSoftmax)

#define MOS_ENUMERATE(name) MOS_UNARY_##name,
enum { MOS_UNARY_KERNELS(MOS_ENUMERATE) MOS_UNARY_COUNT };
#undef MOS_ENUMERATE
#define MOS_ENUMERATE(name) MOS_BINARY_##name,
enum { MOS_BINARY_KERNELS(MOS_ENUMERATE) MOS_BINARY_COUNT };
#undef MOS_ENUMERATE
#define MOS_ENUMERATE(name) MOS_REDUCE_##name,
enum { MOS_REDUCE_KERNELS(MOS_ENUMERATE) MOS_REDUCE_COUNT };
#undef MOS_ENUMERATE
#define MOS_ENUMERATE(name) MOS_SCAN_##name,
enum { MOS_SCAN_KERNELS(MOS_ENUMERATE) MOS_SCAN_COUNT };
#undef MOS_ENUMERATE

/// `n` elements of up to three operands give `n` elements. The output may be an operand's memory
/// exactly, or not overlap it at all.
typedef int (*mos_block_kernel)(
    size_t n, const void *_Nullable a, const void *_Nullable b, const void *_Nullable c,
    void *y);

/// `n` contiguous elements, or as many pairs of them, give one.
typedef int (*mos_reduce_kernel)(size_t n, const void *x, const void *_Nullable b, void *y);

/// `n` elements `stride` elements apart give `n` contiguous ones of another (or the same) type.
typedef int (*mos_convert_kernel)(size_t n, const void *x, ptrdiff_t stride, void *y);

/// Adam's step for `count` contiguous f32 or f64 elements, or its derivative. Results may not overlap
/// operands; an absent cotangent is null.
typedef struct {
  size_t count;
  int dtype;
  double beta1, beta2, epsilon, epsilon_root;
  /// 1 − β₁ᵗ and 1 − β₂ᵗ.
  double correction1, correction2;
  const void *gradient, *first, *second;
  const void *_Nullable cotangent[3];
  /// The update and the next moments; for the derivative the cotangents of the operands.
  void *_Nonnull result[3];
} mos_adam;

/// Works on the elements `begin ..< end`.
typedef void (*mos_adam_kernel)(const mos_adam *step, size_t begin, size_t end);

/// `y = a b`, or `y += sign a b` where that is not 0, for an a of `rows` rows and `inner` columns and
/// a b of `inner` rows and `columns` columns. Strides are in elements; the rows of y lie apart from
/// one another, from a and from b.
typedef struct {
  size_t rows, inner, columns;
  const void *a, *b;
  void *y;
  ptrdiff_t a_row, a_column, b_row, b_column;
  size_t y_row;
  int sign;
  /// Only elements on or above the diagonal of y are asked for; the others are left undefined.
  int upper;
} mos_product;

/// The bytes that a product may use to pack its operands in, aligned to 64; see product.h.
enum { MOS_PRODUCT_SCRATCH = 819200 };

/// Without scratch both operands are read where they lie, which is better for small products.
typedef void (*mos_product_kernel)(const mos_product *product, void *_Nullable scratch);

/// A product with a matrix whose row l is what lies `shift[l]` elements behind b; see convolution.h.
///
/// `y[r, p] = Σ a[r, l] b[shift[l] + p]` of `inner` shifts at `columns` positions, a whole number of
/// panels. The rows of a are packed in strips of `height`, the last one lower: of a strip, element l of
/// all rows, then l + 1.
///
/// Or `y[r, l] += Σ a[r, p] b[shift[l] + p]`, the rows of a `y_row` elements apart; y is contiguous.
typedef struct {
  size_t rows, inner, columns, height;
  const void *a, *b;
  const ptrdiff_t *shift;
  void *y;
  size_t y_row;
} mos_shifted_product;
typedef void (*mos_shifted_product_kernel)(const mos_shifted_product *product);

/// The positions of the widest panel.
enum { MOS_SHIFTED_PANEL = 32 };

/// The numbers of one mean: `rows` rows of `n`, `apart` elements from one to the next. Without u, y is x
/// standardized; with u it is what the derivative makes of u, and with v, too, what the second derivative makes
/// of both; with `deviation` only 1 / √(variance + ε) is stored there. See standardize.h.
typedef struct {
  size_t rows, n;
  ptrdiff_t apart;
  double epsilon;
  const void *x;
  const void *_Nullable u;
  const void *_Nullable v;
  void *_Nullable y;
  void *_Nullable deviation;
} mos_standardize;
typedef void (*mos_standardize_kernel)(const mos_standardize *numbers);

/// Windows that move over pictures; rows first, then columns.
typedef struct {
  ptrdiff_t picture[2], kernel[2], result[2], stride[2], padding[2], dilation[2];
} mos_windows;
/// The place of each window's greatest element in a plane: the first of equal ones, and what is no number
/// before all others. Every window has a place in the picture; `greatest` has room for a row of results.
typedef void (*mos_greatest_places_kernel)(const mos_windows *windows, const void *plane,
                                           int64_t *places, void *greatest);

/// `count` random f32 or f64 numbers, from the beginning of a block on; see Random.h.
typedef void (*mos_fill_kernel)(uint64_t key, uint64_t counter, void *y, size_t count);

/// As `kernels_integers` and `kernels_shuffle` of Random.h.
typedef void (*mos_integers_kernel)(uint64_t key, uint64_t counter, int64_t low, uint64_t range,
                                    int64_t *y, size_t count);
typedef void (*mos_shuffle_kernel)(uint64_t key, uint64_t counter, int64_t *order, size_t count,
                                   size_t taken);

/// Which operands of a binary kernel are one element for all.
enum { MOS_BOTH_VECTORS, MOS_SECOND_SCALAR, MOS_FIRST_SCALAR, MOS_FORMS };

typedef struct {
  mos_block_kernel _Nullable unary[MOS_UNARY_COUNT][MOS_DTYPES];
  mos_block_kernel _Nullable binary[MOS_BINARY_COUNT][MOS_DTYPES][MOS_FORMS];
  mos_block_kernel _Nullable select[MOS_DTYPES];
  mos_reduce_kernel _Nullable reduce[MOS_REDUCE_COUNT][MOS_DTYPES];
  mos_block_kernel _Nullable scan[MOS_SCAN_COUNT][MOS_DTYPES];
  mos_convert_kernel _Nullable convert[MOS_DTYPES][MOS_DTYPES];
  mos_product_kernel _Nullable product[MOS_DTYPES];
  /// The most rows of a strip.
  size_t tile_rows;
  mos_shifted_product_kernel _Nullable shifted_product[MOS_DTYPES];
  mos_shifted_product_kernel _Nullable shifted_inner_products[MOS_DTYPES];
  mos_greatest_places_kernel _Nullable greatest_places[MOS_DTYPES];
  mos_standardize_kernel _Nullable standardize[MOS_DTYPES];
  mos_adam_kernel _Nullable adam_step[MOS_DTYPES];
  mos_adam_kernel _Nullable adam_gradient[MOS_DTYPES];
  mos_fill_kernel _Nullable uniform[MOS_DTYPES];
  mos_fill_kernel _Nullable normal[MOS_DTYPES];
  mos_fill_kernel _Nullable exponential[MOS_DTYPES];
  mos_integers_kernel integers;
  mos_shuffle_kernel shuffle;
} mos_kernel_table;

/// The table for this processor.
const mos_kernel_table *mos_kernels(void);

/// The processor level in use: 0 baseline, 1 AVX2, 2 AVX-512. Setting picks the greatest level
/// that the processor has and that is not above the one given, for this thread; for tests and
/// measurements.
int mos_kernel_level(void);
void mos_set_kernel_level(int level);

static inline mos_block_kernel _Nullable mos_unary_kernel(int kernel, int dtype) {
  return mos_kernels()->unary[kernel][dtype];
}
static inline mos_block_kernel _Nullable mos_binary_kernel(int kernel, int dtype, int form) {
  return mos_kernels()->binary[kernel][dtype][form];
}
static inline mos_block_kernel _Nullable mos_select_kernel(int dtype) {
  return mos_kernels()->select[dtype];
}
static inline mos_reduce_kernel _Nullable mos_reduction_kernel(int kernel, int dtype) {
  return mos_kernels()->reduce[kernel][dtype];
}
static inline mos_block_kernel _Nullable mos_scan_kernel(int kernel, int dtype) {
  return mos_kernels()->scan[kernel][dtype];
}

static inline mos_product_kernel _Nullable mos_product_kernel_of(int dtype) {
  return mos_kernels()->product[dtype];
}

static inline size_t mos_tile_rows(void) { return mos_kernels()->tile_rows; }
static inline mos_shifted_product_kernel _Nullable mos_shifted_product_of(int dtype) {
  return mos_kernels()->shifted_product[dtype];
}
static inline mos_shifted_product_kernel _Nullable mos_shifted_inner_products_of(int dtype) {
  return mos_kernels()->shifted_inner_products[dtype];
}

static inline mos_standardize_kernel _Nullable mos_standardize_of(int dtype) {
  return mos_kernels()->standardize[dtype];
}

static inline mos_greatest_places_kernel _Nullable mos_greatest_places_of(int dtype) {
  return mos_kernels()->greatest_places[dtype];
}

enum { MOS_MAXIMUM_RANK = 8 };

/// An operand as the result's axes see it; strides are in elements, 0 along stretched axes.
typedef struct {
  const void *_Nullable data;
  ptrdiff_t stride[MOS_MAXIMUM_RANK];
  uint8_t dtype;
} mos_operand;

/// One elementwise operation: the result is contiguous.
typedef struct {
  int rank;
  int operands;
  ptrdiff_t extent[MOS_MAXIMUM_RANK];
  mos_operand operand[3];
  /// The type the kernel computes in, for each operand.
  uint8_t compute[3];
  uint8_t result_size;
  /// Block kernels by form; a kernel of one or three operands has one, in place 0.
  mos_block_kernel _Nullable kernel[MOS_FORMS];
  void *_Nullable result;
} mos_loop;

/// Runs a loop, on several threads where it is large. Results do not depend on their number.
int mos_elementwise(mos_loop *loop);

/// Copies elements, converted, into contiguous memory; `result_dtype` is the type to convert to.
int mos_copy(const mos_operand *x, int rank, const ptrdiff_t *extent, uint8_t result_dtype,
             void *result);

/// Reduces each of `rows` contiguous rows of `n` elements, of `size` bytes each, or each with a row
/// of b. Where rows are few and long, `combine` (of the form for two vectors), if there is one, puts
/// parts together.
int mos_reduce_rows(mos_reduce_kernel kernel, mos_block_kernel _Nullable combine, size_t rows,
                    size_t n, const void *x, const void *_Nullable b, size_t size, void *y,
                    size_t result_size);

/// Reduces each of `blocks` blocks of `rows` contiguous rows of `n` elements to one row by a binary
/// block kernel (of the form for two vectors), pairwise, so that rounding grows with the logarithm
/// of their number.
int mos_reduce_columns(mos_block_kernel kernel, size_t blocks, size_t rows, size_t n,
                       const void *x, void *y, size_t size);

/// Runs a scan kernel along each of `rows` contiguous rows of `n` elements.
int mos_scan_rows(mos_block_kernel kernel, size_t rows, size_t n, const void *x, void *y,
                  size_t size);

/// `y = a · b` for small i64 matrices with strides in elements.
int mos_matmul_i64(size_t m, size_t k, size_t n, const int64_t *a, ptrdiff_t a_row,
                   ptrdiff_t a_column, const int64_t *b, ptrdiff_t b_row, ptrdiff_t b_column,
                   int64_t *y);

/// Runs Adam's step or its derivative, on several threads where it is large.
void mos_adam_step(const mos_adam *step);
void mos_adam_gradient(const mos_adam *step);
static inline mos_adam_kernel _Nullable mos_adam_kernel_of(int dtype, int is_gradient) {
  return is_gradient ? mos_kernels()->adam_gradient[dtype] : mos_kernels()->adam_step[dtype];
}

double mos_erfinv(double x);
double mos_digamma(double x);
double mos_polygamma(int n, double x);
double mos_lgamma(double x);
/// −∂ⁿP(a, x)/∂aⁿ over the density p(x), n = 1, 2 or 3, of the gamma distribution of shape a and scale 1
/// with the distribution function P. Of order 1 this is how a number x moves with the shape while its
/// share P stays.
double mos_gamma_slope(int order, double a, double x);

/// Makes OpenBLAS use its fastest kernels; to be called once, before its first use.
void mos_choose_blas_kernels(void);

/// Runs `body(context, i)` for `0 <= i < tasks`, on several threads; not all of them where the run on
/// this thread is to end.
void mos_parallel(size_t tasks, void (*body)(void *context, size_t task), void *context);
int mos_thread_count(void);
/// The cores that this process may run on, a bit each.
void mos_usable_core_bits(uint8_t *bits, size_t bytes);
void mos_set_thread_count(int count);

#pragma clang assume_nonnull end

#include "Plan.h"

#endif
