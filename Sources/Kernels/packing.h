// Operands of a product laid out in the order in which its tiles read them. Included once for each
// processor level.

// Squares of an operand that lies the other way, turned in registers: rows `r` become columns.
#if VECTOR_BYTES >= 32
enum { SQUARE_f32 = 8, SQUARE_f64 = 4 };
#else
enum { SQUARE_f32 = 4, SQUARE_f64 = 2 };
#endif
typedef float square_f32 __attribute__((vector_size(SQUARE_f32 * 4)));
typedef double square_f64 __attribute__((vector_size(SQUARE_f64 * 8)));
#define SHUFFLE __builtin_shufflevector

#if VECTOR_BYTES >= 32
static inline __attribute__((always_inline)) void turn_f32(square_f32 *r) {
  square_f32 t[8], u[8];
  for (int i = 0; i < 8; i += 2) {
    t[i] = SHUFFLE(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    t[i + 1] = SHUFFLE(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int i = 0; i < 8; i += 4) {
    for (int k = 0; k < 2; k++) {
      u[i + 2 * k] = SHUFFLE(t[i + k], t[i + k + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      u[i + 2 * k + 1] = SHUFFLE(t[i + k], t[i + k + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  for (int i = 0; i < 4; i++) {
    r[i] = SHUFFLE(u[i], u[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    r[i + 4] = SHUFFLE(u[i], u[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

static inline __attribute__((always_inline)) void turn_f64(square_f64 *r) {
  square_f64 t0 = SHUFFLE(r[0], r[1], 0, 4, 2, 6), t1 = SHUFFLE(r[0], r[1], 1, 5, 3, 7);
  square_f64 t2 = SHUFFLE(r[2], r[3], 0, 4, 2, 6), t3 = SHUFFLE(r[2], r[3], 1, 5, 3, 7);
  r[0] = SHUFFLE(t0, t2, 0, 1, 4, 5);
  r[1] = SHUFFLE(t1, t3, 0, 1, 4, 5);
  r[2] = SHUFFLE(t0, t2, 2, 3, 6, 7);
  r[3] = SHUFFLE(t1, t3, 2, 3, 6, 7);
}
#else
static inline __attribute__((always_inline)) void turn_f32(square_f32 *r) {
  square_f32 t0 = SHUFFLE(r[0], r[1], 0, 4, 1, 5), t1 = SHUFFLE(r[0], r[1], 2, 6, 3, 7);
  square_f32 t2 = SHUFFLE(r[2], r[3], 0, 4, 1, 5), t3 = SHUFFLE(r[2], r[3], 2, 6, 3, 7);
  r[0] = SHUFFLE(t0, t2, 0, 1, 4, 5);
  r[1] = SHUFFLE(t0, t2, 2, 3, 6, 7);
  r[2] = SHUFFLE(t1, t3, 0, 1, 4, 5);
  r[3] = SHUFFLE(t1, t3, 2, 3, 6, 7);
}

static inline __attribute__((always_inline)) void turn_f64(square_f64 *r) {
  square_f64 first = SHUFFLE(r[0], r[1], 0, 2);
  r[1] = SHUFFLE(r[0], r[1], 1, 3);
  r[0] = first;
}
#endif

// Both operands are packed by the same rule: of `width` lines, element l of line c goes to
// `to[l * full + c]`; `along` leads from one element of a line to the next, `across` from one line
// to the next. Lines between `width` and `full` are zero. What is fetched ahead is read next: the
// panel or strip beside this one.
#define PACKING(tag, T)                                                             \
  static inline __attribute__((always_inline)) void pack_lines_##tag(               \
      size_t k, size_t width, size_t full, const T *from, ptrdiff_t along,          \
      ptrdiff_t across, T *to) {                                                    \
    size_t c = 0;                                                                   \
    if (across == 1) {                                                              \
      for (size_t l = 0; l < k; l++) {                                              \
        __builtin_prefetch(from + (ptrdiff_t)l * along + width);                    \
        memcpy(to + l * full, from + (ptrdiff_t)l * along, width * sizeof(T));      \
      }                                                                             \
      c = width;                                                                    \
    }                                                                               \
    for (; along == 1 && c + SQUARE_##tag <= width; c += SQUARE_##tag) {            \
      const T *line = from + (ptrdiff_t)c * across;                                 \
      size_t l = 0;                                                                 \
      for (; l + SQUARE_##tag <= k; l += SQUARE_##tag) {                            \
        square_##tag r[SQUARE_##tag];                                               \
        for (int i = 0; i < SQUARE_##tag; i++)                                      \
          memcpy(&r[i], line + i * across + (ptrdiff_t)l, sizeof r[i]);             \
        turn_##tag(r);                                                              \
        for (int i = 0; i < SQUARE_##tag; i++)                                      \
          memcpy(to + (l + (size_t)i) * full + c, &r[i], sizeof r[i]);              \
      }                                                                             \
      for (; l < k; l++)                                                            \
        for (int i = 0; i < SQUARE_##tag; i++)                                      \
          to[l * full + c + (size_t)i] = line[i * across + (ptrdiff_t)l];           \
    }                                                                               \
    for (; c < width; c++)                                                          \
      for (size_t l = 0; l < k; l++)                                                \
        to[l * full + c] = from[(ptrdiff_t)l * along + (ptrdiff_t)c * across];      \
    for (; c < full; c++)                                                           \
      for (size_t l = 0; l < k; l++) to[l * full + c] = 0;                          \
  }                                                                                 \
  /* `whole` is the usual width, for which the loops have a constant length. */     \
  static inline __attribute__((always_inline)) void pack_##tag(                     \
      size_t whole, size_t k, size_t width, size_t full, const T *from,             \
      ptrdiff_t along, ptrdiff_t across, T *to) {                                   \
    if (width == whole)                                                             \
      pack_lines_##tag(k, whole, whole, from, along, across, to);                   \
    else                                                                            \
      pack_lines_##tag(k, width, full, from, along, across, to);                    \
  }

PACKING(f32, float)
PACKING(f64, double)
