// Elementary functions over contiguous arrays, `vm_exp_f64(n, x, y)`; y may be x.
//
// On x86-64 with glibc they are libmvec's (at most 4 ulp, special values as C's); the last,
// incomplete vector is filled up and goes the same way, so a value does not depend on its place.
// Elsewhere they are the C library's, one by one. Included once for each processor level, after
// `MOS_LEVEL` is defined and the target pragma is in force.

#if defined(__x86_64__) && defined(__GLIBC__)

#if MOS_LEVEL == 2
#define VM_F64(arguments, name) _ZGVeN8##arguments##_##name
#define VM_F32(arguments, name) _ZGVeN16##arguments##_##name##f
#define MAP1 mos_map1_avx512
#define MAP2 mos_map2_avx512
#elif MOS_LEVEL == 1
#define VM_F64(arguments, name) _ZGVdN4##arguments##_##name
#define VM_F32(arguments, name) _ZGVdN8##arguments##_##name##f
#define MAP1 mos_map1_avx2
#define MAP2 mos_map2_avx2
#else
#define VM_F64(arguments, name) _ZGVbN2##arguments##_##name
#define VM_F32(arguments, name) _ZGVbN4##arguments##_##name##f
#define MAP1 mos_map1_baseline
#define MAP2 mos_map2_baseline
#endif

// See vector_calls.S.
void MAP1(void (*function)(void), size_t vectors, const void *x, void *y);
void MAP2(void (*function)(void), size_t vectors, const void *a, const void *b, void *y);

#define VM1(name, T, tag, function)                                                 \
  extern void function(void);                                                       \
  static void vm_##name##_##tag(size_t n, const T *x, T *y) {                       \
    enum { W = VECTOR_BYTES / sizeof(T) };                                          \
    size_t whole = n - n % W;                                                       \
    MAP1(function, whole / W, x, y);                                                \
    if (whole < n) {                                                                \
      T last[W];                                                                    \
      for (size_t j = 0; j < W; j++) last[j] = x[whole + j < n ? whole + j : whole]; \
      MAP1(function, 1, last, last);                                                \
      memcpy(y + whole, last, (n - whole) * sizeof(T));                             \
    }                                                                               \
  }
#define VM2(name, T, tag, function)                                                 \
  extern void function(void);                                                       \
  static void vm_##name##_##tag(size_t n, const T *a, const T *b, T *y) {           \
    enum { W = VECTOR_BYTES / sizeof(T) };                                          \
    size_t whole = n - n % W;                                                       \
    MAP2(function, whole / W, a, b, y);                                             \
    if (whole < n) {                                                                \
      T first[W], second[W];                                                        \
      for (size_t j = 0; j < W; j++) {                                              \
        size_t place = whole + j < n ? whole + j : whole;                           \
        first[j] = a[place];                                                        \
        second[j] = b[place];                                                       \
      }                                                                             \
      MAP2(function, 1, first, second, first);                                      \
      memcpy(y + whole, first, (n - whole) * sizeof(T));                            \
    }                                                                               \
  }
#define VECTOR_MATH1_F64(name) VM1(name, double, f64, VM_F64(v, name))
#define VECTOR_MATH1(name) VECTOR_MATH1_F64(name) VM1(name, float, f32, VM_F32(v, name))
#define VECTOR_MATH2(name) \
  VM2(name, double, f64, VM_F64(vv, name)) VM2(name, float, f32, VM_F32(vv, name))

#else

#define VM1(name, T, tag, function)                                                 \
  static void vm_##name##_##tag(size_t n, const T *x, T *y) {                       \
    for (size_t i = 0; i < n; i++) y[i] = function(x[i]);                           \
  }
#define VM2(name, T, tag, function)                                                 \
  static void vm_##name##_##tag(size_t n, const T *a, const T *b, T *y) {           \
    for (size_t i = 0; i < n; i++) y[i] = function(a[i], b[i]);                     \
  }
#define VECTOR_MATH1_F64(name) VM1(name, double, f64, name)
#define VECTOR_MATH1(name) VECTOR_MATH1_F64(name) VM1(name, float, f32, name##f)
#define VECTOR_MATH2(name) VM2(name, double, f64, name) VM2(name, float, f32, name##f)

#endif

VECTOR_MATH1(expm1) VECTOR_MATH1(log1p) VECTOR_MATH1(log2) VECTOR_MATH1(log10)
VECTOR_MATH1(sin) VECTOR_MATH1(cos) VECTOR_MATH1(tan)
VECTOR_MATH1(asin) VECTOR_MATH1(acos) VECTOR_MATH1(atan)
VECTOR_MATH1(sinh) VECTOR_MATH1(cosh) VECTOR_MATH1_F64(tanh)
VECTOR_MATH1(asinh) VECTOR_MATH1(acosh) VECTOR_MATH1(atanh)
VECTOR_MATH1(erf) VECTOR_MATH1(erfc)
VECTOR_MATH2(atan2) VECTOR_MATH2(pow)
