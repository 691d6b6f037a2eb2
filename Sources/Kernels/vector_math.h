// Elementary functions over contiguous arrays, `vm_exp_f64(n, x, y)`; y may be x.
//
// On x86-64 with glibc they are libmvec's (at most 4 ulp, special values as C's); the last,
// incomplete vector is filled up and goes the same way, so a value does not depend on its place.
// Elsewhere they are the C library's, one by one. Included once for each processor level, after
// `MOS_LEVEL` is defined and the target pragma is in force.

#if defined(__x86_64__) && defined(__GLIBC__)

#if MOS_LEVEL == 2
#define VECTOR_BYTES 64
#define VM1_F64(name) _ZGVeN8v_##name
#define VM1_F32(name) _ZGVeN16v_##name##f
#define VM2_F64(name) _ZGVeN8vv_##name
#define VM2_F32(name) _ZGVeN16vv_##name##f
#elif MOS_LEVEL == 1
#define VECTOR_BYTES 32
#define VM1_F64(name) _ZGVdN4v_##name
#define VM1_F32(name) _ZGVdN8v_##name##f
#define VM2_F64(name) _ZGVdN4vv_##name
#define VM2_F32(name) _ZGVdN8vv_##name##f
#else
#define VECTOR_BYTES 16
#define VM1_F64(name) _ZGVbN2v_##name
#define VM1_F32(name) _ZGVbN4v_##name##f
#define VM2_F64(name) _ZGVbN2vv_##name
#define VM2_F32(name) _ZGVbN4vv_##name##f
#endif

typedef double vector_f64 __attribute__((vector_size(VECTOR_BYTES)));
typedef float vector_f32 __attribute__((vector_size(VECTOR_BYTES)));

#define VM1(name, T, tag, function)                                                 \
  extern vector_##tag function(vector_##tag);                                       \
  static void vm_##name##_##tag(size_t n, const T *x, T *y) {                       \
    enum { W = VECTOR_BYTES / sizeof(T) };                                          \
    size_t i = 0;                                                                   \
    vector_##tag v;                                                                 \
    for (; i + W <= n; i += W) {                                                    \
      memcpy(&v, x + i, sizeof v);                                                  \
      v = function(v);                                                              \
      memcpy(y + i, &v, sizeof v);                                                  \
    }                                                                               \
    if (i < n) {                                                                    \
      T last[W];                                                                    \
      for (size_t j = 0; j < W; j++) last[j] = x[i + j < n ? i + j : i];            \
      memcpy(&v, last, sizeof v);                                                   \
      v = function(v);                                                              \
      memcpy(y + i, &v, (n - i) * sizeof(T));                                       \
    }                                                                               \
  }
#define VM2(name, T, tag, function)                                                 \
  extern vector_##tag function(vector_##tag, vector_##tag);                         \
  static void vm_##name##_##tag(size_t n, const T *a, const T *b, T *y) {           \
    enum { W = VECTOR_BYTES / sizeof(T) };                                          \
    size_t i = 0;                                                                   \
    vector_##tag u, v;                                                              \
    for (; i + W <= n; i += W) {                                                    \
      memcpy(&u, a + i, sizeof u);                                                  \
      memcpy(&v, b + i, sizeof v);                                                  \
      v = function(u, v);                                                           \
      memcpy(y + i, &v, sizeof v);                                                  \
    }                                                                               \
    if (i < n) {                                                                    \
      T first[W], second[W];                                                        \
      for (size_t j = 0; j < W; j++) {                                              \
        first[j] = a[i + j < n ? i + j : i];                                        \
        second[j] = b[i + j < n ? i + j : i];                                       \
      }                                                                             \
      memcpy(&u, first, sizeof u);                                                  \
      memcpy(&v, second, sizeof v);                                                 \
      v = function(u, v);                                                           \
      memcpy(y + i, &v, (n - i) * sizeof(T));                                       \
    }                                                                               \
  }
#define VECTOR_MATH1(name) \
  VM1(name, double, f64, VM1_F64(name)) VM1(name, float, f32, VM1_F32(name))
#define VECTOR_MATH2(name) \
  VM2(name, double, f64, VM2_F64(name)) VM2(name, float, f32, VM2_F32(name))

#else

#define VM1(name, T, tag, function)                                                 \
  static void vm_##name##_##tag(size_t n, const T *x, T *y) {                       \
    for (size_t i = 0; i < n; i++) y[i] = function(x[i]);                           \
  }
#define VM2(name, T, tag, function)                                                 \
  static void vm_##name##_##tag(size_t n, const T *a, const T *b, T *y) {           \
    for (size_t i = 0; i < n; i++) y[i] = function(a[i], b[i]);                     \
  }
#define VECTOR_MATH1(name) VM1(name, double, f64, name) VM1(name, float, f32, name##f)
#define VECTOR_MATH2(name) VM2(name, double, f64, name) VM2(name, float, f32, name##f)

#endif

VECTOR_MATH1(exp) VECTOR_MATH1(expm1)
VECTOR_MATH1(log) VECTOR_MATH1(log1p) VECTOR_MATH1(log2) VECTOR_MATH1(log10)
VECTOR_MATH1(sin) VECTOR_MATH1(cos) VECTOR_MATH1(tan)
VECTOR_MATH1(asin) VECTOR_MATH1(acos) VECTOR_MATH1(atan)
VECTOR_MATH1(sinh) VECTOR_MATH1(cosh) VECTOR_MATH1(tanh)
VECTOR_MATH1(asinh) VECTOR_MATH1(acosh) VECTOR_MATH1(atanh)
VECTOR_MATH1(erf) VECTOR_MATH1(erfc)
VECTOR_MATH2(atan2) VECTOR_MATH2(pow)
