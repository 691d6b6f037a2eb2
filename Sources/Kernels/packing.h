// Operands of a product laid out in the order in which its tiles read them. Included once for each
// processor level.

// Squares of an operand that lies the other way, turned in registers: rows `r` become columns.
typedef float square_f32 __attribute__((vector_size(16)));
typedef double square_f64 __attribute__((vector_size(16)));
enum { SQUARE_f32 = 4, SQUARE_f64 = 2 };
#define SHUFFLE __builtin_shufflevector

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
