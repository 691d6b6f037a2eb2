// One processor level's kernels and their table. A level's file includes the system headers, puts
// its target pragma in force, defines `MOS_LEVEL` and `MOS_TABLE`, and includes this.

// Loops that return early do not vectorize; the macros that ask for it serve them too.
#pragma clang diagnostic ignored "-Wpass-failed"

/// The width of this level's vectors.
#if MOS_LEVEL == 2
#define VECTOR_BYTES 64
#elif MOS_LEVEL == 1
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

#include "elementary.h"
#include "vector_math.h"
#include "elementwise.h"
#include "gelu.h"
#include "reductions.h"
#include "adam.h"
#include "parts.h"
#include "packing.h"
#include "product.h"
#include "convolution.h"
#include "standardize.h"
#include "pooling.h"
#include "distributions.h"

#define FLOAT_UNARY(name) \
  [MOS_UNARY_##name] = {[MOS_F32] = unary_##name##_f32, [MOS_F64] = unary_##name##_f64},
#define NUMBER_UNARY(name, i64)                                                     \
  [MOS_UNARY_##name] = {                                                            \
    [MOS_I64] = i64, [MOS_F32] = unary_##name##_f32, [MOS_F64] = unary_##name##_f64},
#define FORMS(name, tag) \
  {binary_##name##_##tag##_vv, binary_##name##_##tag##_vs, binary_##name##_##tag##_sv}
#define FLOAT_BINARY(name) \
  [MOS_BINARY_##name] = {[MOS_F32] = FORMS(name, f32), [MOS_F64] = FORMS(name, f64)},
#define FLOAT_REDUCTION(name) \
  [MOS_REDUCE_##name] = {[MOS_F32] = reduce_##name##_f32, [MOS_F64] = reduce_##name##_f64},
#define NUMBER_BINARY(name)                                                         \
  [MOS_BINARY_##name] = {[MOS_I64] = FORMS(name, i64), [MOS_F32] = FORMS(name, f32), \
                         [MOS_F64] = FORMS(name, f64)},
#define ANY_BINARY(name)                                                            \
  [MOS_BINARY_##name] = {[MOS_BOOL] = FORMS(name, bool), [MOS_I64] = FORMS(name, i64), \
                         [MOS_F32] = FORMS(name, f32), [MOS_F64] = FORMS(name, f64)},
#define CONVERSIONS(from)                                                           \
  {convert_##from##_bool, convert_##from##_i64, convert_##from##_f32, convert_##from##_f64}
#define POWERS(tag) \
  {binary_general_power_##tag##_vv, binary_power_##tag##_vs, binary_general_power_##tag##_sv}

const mos_kernel_table MOS_TABLE = {
  .unary = {
    NUMBER_UNARY(negate, unary_negate_i64) NUMBER_UNARY(abs, unary_abs_i64)
    NUMBER_UNARY(sign, unary_sign_i64) NUMBER_UNARY(square, unary_square_i64)
    NUMBER_UNARY(floor, unary_floor_i64) NUMBER_UNARY(ceil, unary_floor_i64)
    NUMBER_UNARY(round, unary_floor_i64) NUMBER_UNARY(trunc, unary_floor_i64)
    NUMBER_UNARY(relu, unary_relu_i64)
    FLOAT_UNARY(exp) FLOAT_UNARY(expm1) FLOAT_UNARY(log) FLOAT_UNARY(log1p) FLOAT_UNARY(log2)
    FLOAT_UNARY(log10) FLOAT_UNARY(sqrt) FLOAT_UNARY(rsqrt) FLOAT_UNARY(reciprocal)
    FLOAT_UNARY(sin) FLOAT_UNARY(cos) FLOAT_UNARY(tan) FLOAT_UNARY(asin) FLOAT_UNARY(acos)
    FLOAT_UNARY(atan) FLOAT_UNARY(sinh) FLOAT_UNARY(cosh) FLOAT_UNARY(tanh) FLOAT_UNARY(asinh)
    FLOAT_UNARY(acosh) FLOAT_UNARY(atanh) FLOAT_UNARY(erf) FLOAT_UNARY(erfc) FLOAT_UNARY(erfinv)
    FLOAT_UNARY(lgamma) FLOAT_UNARY(digamma) FLOAT_UNARY(trigamma) FLOAT_UNARY(sigmoid)
    FLOAT_UNARY(softplus) FLOAT_UNARY(logSigmoid) FLOAT_UNARY(silu) FLOAT_UNARY(gelu)
    FLOAT_UNARY(sigmoidSlope) FLOAT_UNARY(tanhSlope)
    FLOAT_UNARY(isnan) FLOAT_UNARY(isinf) FLOAT_UNARY(isfinite)
    [MOS_UNARY_logicalNot] = {unary_logicalNot_bool, unary_logicalNot_i64, unary_logicalNot_f32,
                              unary_logicalNot_f64},
  },
  .binary = {
    NUMBER_BINARY(add) NUMBER_BINARY(subtract) NUMBER_BINARY(multiply) FLOAT_BINARY(divide)
    NUMBER_BINARY(floorDivide) NUMBER_BINARY(remainder)
    [MOS_BINARY_power] = {[MOS_I64] = FORMS(power, i64), [MOS_F32] = POWERS(f32),
                          [MOS_F64] = POWERS(f64)},
    FLOAT_BINARY(divideUnlessZero) FLOAT_BINARY(multiplyUnlessZero)
    FLOAT_BINARY(multiplyUnlessEitherZero) FLOAT_BINARY(gate)
    ANY_BINARY(minimum) ANY_BINARY(maximum) FLOAT_BINARY(atan2)
    ANY_BINARY(equal) ANY_BINARY(notEqual) ANY_BINARY(less) ANY_BINARY(lessEqual)
    ANY_BINARY(greater) ANY_BINARY(greaterEqual)
    [MOS_BINARY_and] = {[MOS_BOOL] = FORMS(and, bool), [MOS_I64] = FORMS(and, i64)},
    [MOS_BINARY_or] = {[MOS_BOOL] = FORMS(or, bool), [MOS_I64] = FORMS(or, i64)},
  },
  .select = {select_bool, select_i64, select_f32, select_f64},
  .reduce = {
    [MOS_REDUCE_sum] = {reduce_sum_bool, reduce_sum_i64, reduce_sum_f32, reduce_sum_f64},
    [MOS_REDUCE_prod] = {NULL, reduce_prod_i64, reduce_prod_f32, reduce_prod_f64},
    [MOS_REDUCE_max] = {reduce_any_bool, reduce_max_i64, reduce_max_f32, reduce_max_f64},
    [MOS_REDUCE_min] = {reduce_all_bool, reduce_min_i64, reduce_min_f32, reduce_min_f64},
    [MOS_REDUCE_any] = {reduce_any_bool},
    [MOS_REDUCE_all] = {reduce_all_bool},
    [MOS_REDUCE_argmax] = {reduce_argmax_bool, reduce_argmax_i64, reduce_argmax_f32,
                           reduce_argmax_f64},
    [MOS_REDUCE_argmin] = {reduce_argmin_bool, reduce_argmin_i64, reduce_argmin_f32,
                           reduce_argmin_f64},
    FLOAT_REDUCTION(logsumexp) FLOAT_REDUCTION(dot) FLOAT_REDUCTION(squaredDistance)
  },
  .scan = {
    [MOS_SCAN_cumsum] = {NULL, scan_cumsum_i64, scan_cumsum_f32, scan_cumsum_f64},
    [MOS_SCAN_cumprod] = {NULL, scan_cumprod_i64, scan_cumprod_f32, scan_cumprod_f64},
    [MOS_SCAN_softmax] = {[MOS_F32] = scan_softmax_f32, [MOS_F64] = scan_softmax_f64},
    [MOS_SCAN_logSoftmax] = {[MOS_F32] = scan_logSoftmax_f32, [MOS_F64] = scan_logSoftmax_f64},
  },
  .convert = {CONVERSIONS(bool), CONVERSIONS(i64), CONVERSIONS(f32), CONVERSIONS(f64)},
  .product = {[MOS_F32] = product_f32, [MOS_F64] = product_f64},
  .tile_rows = TILE_ROWS,
  .shifted_product = {[MOS_F32] = shifted_product_f32, [MOS_F64] = shifted_product_f64},
  .shifted_inner_products = {[MOS_F32] = shifted_inner_products_f32,
                             [MOS_F64] = shifted_inner_products_f64},
  .greatest_places = {greatest_places_bool, greatest_places_i64, greatest_places_f32,
                      greatest_places_f64},
  .standardize = {[MOS_F32] = standardize_f32, [MOS_F64] = standardize_f64},
  .adam_step = {[MOS_F32] = adam_step_f32, [MOS_F64] = adam_step_f64},
  .adam_gradient = {[MOS_F32] = adam_gradient_f32, [MOS_F64] = adam_gradient_f64},
  .uniform = {[MOS_F32] = fill_uniform_f32, [MOS_F64] = fill_uniform_f64},
  .normal = {[MOS_F32] = fill_normal_f32, [MOS_F64] = fill_normal_f64},
  .exponential = {[MOS_F64] = fill_exponential_f64},
  .integers = random_integers,
  .shuffle = random_shuffle,
};
