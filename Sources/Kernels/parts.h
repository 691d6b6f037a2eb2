// Vectors of which only the first elements are read or written. Included once for each processor level.
//
// Where `READS_PARTS`, what lies behind a part is neither read nor written, and is 0 in registers.
// Elsewhere whole vectors are the only parts.

#define READS_PARTS (VECTOR_BYTES == 64)

#if READS_PARTS
#define PARTS(tag, T, lanes, form, register)                                        \
  typedef __mmask##lanes part_##tag;                                                \
  static inline __attribute__((always_inline)) part_##tag part_of_##tag(size_t n) { \
    return (part_##tag)((1u << n) - 1);                                             \
  }                                                                                 \
  static inline __attribute__((always_inline)) vector_##tag read_part_##tag(        \
      const T *from, part_##tag part) {                                             \
    return (vector_##tag)_mm512_maskz_loadu_##form(part, from);                     \
  }                                                                                 \
  static inline __attribute__((always_inline)) void write_part_##tag(               \
      T *to, part_##tag part, vector_##tag x) {                                     \
    _mm512_mask_storeu_##form(to, part, (register)x);                               \
  }
#else
#define PARTS(tag, T, lanes, form, register)                                        \
  typedef int part_##tag;                                                           \
  static inline __attribute__((always_inline)) part_##tag part_of_##tag(size_t n) { \
    return (part_##tag)n;                                                           \
  }                                                                                 \
  static inline __attribute__((always_inline)) vector_##tag read_part_##tag(        \
      const T *from, part_##tag part) {                                             \
    (void)part;                                                                     \
    vector_##tag x;                                                                 \
    memcpy(&x, from, sizeof x);                                                     \
    return x;                                                                       \
  }                                                                                 \
  static inline __attribute__((always_inline)) void write_part_##tag(               \
      T *to, part_##tag part, vector_##tag x) {                                     \
    (void)part;                                                                     \
    memcpy(to, &x, sizeof x);                                                       \
  }
#endif

typedef float vector_f32 __attribute__((vector_size(VECTOR_BYTES)));
typedef double vector_f64 __attribute__((vector_size(VECTOR_BYTES)));

PARTS(f32, float, 16, ps, __m512)
PARTS(f64, double, 8, pd, __m512d)
