// Products of small matrices. Included once for each processor level.
//
// BLAS packs both operands before it multiplies, which takes longer than a product of some tens of
// rows and columns itself. Here a tile of the result, some rows by two vectors, stays in registers
// while it runs over what is summed; only a right operand that does not lie row by row is packed, a
// panel of columns at a time.

/// Rows of a tile: 6 × 2 sums, 2 vectors of the right operand and 1 of the left fill 15 of AVX2's
/// 16 registers.
enum { TILE_ROWS = 6 };

// Squares of a transposed operand, turned in registers: `r` are its rows, `to` takes its columns.
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

#define PRODUCT(tag, T)                                                             \
  typedef T vector_##tag __attribute__((vector_size(VECTOR_BYTES)));                \
  enum { WIDTH_##tag = VECTOR_BYTES / sizeof(T), PANEL_##tag = 2 * WIDTH_##tag };   \
  /* y := a b for `rows` rows and `vectors` vectors of columns, both constants here. */ \
  static inline __attribute__((always_inline)) void tile_##tag(                     \
      int rows, int vectors, size_t k, const T *a, ptrdiff_t a_row,                 \
      ptrdiff_t a_column, const T *b, ptrdiff_t b_row, T *y, size_t y_row) {        \
    vector_##tag sum[TILE_ROWS][2];                                                 \
    for (int r = 0; r < rows; r++)                                                  \
      for (int v = 0; v < vectors; v++) sum[r][v] = (vector_##tag){0};              \
    for (size_t l = 0; l < k; l++, a += a_column, b += b_row) {                     \
      vector_##tag right[2];                                                        \
      memcpy(right, b, (size_t)vectors * VECTOR_BYTES);                             \
      for (int r = 0; r < rows; r++)                                                \
        for (int v = 0; v < vectors; v++) sum[r][v] += a[r * a_row] * right[v];     \
    }                                                                               \
    for (int r = 0; r < rows; r++)                                                  \
      memcpy(y + (size_t)r * y_row, sum[r], (size_t)vectors * VECTOR_BYTES);        \
  }                                                                                 \
  static void tiles_##tag(size_t rows, int vectors, size_t k, const T *a,           \
                          ptrdiff_t a_row, ptrdiff_t a_column, const T *b,          \
                          ptrdiff_t b_row, T *y, size_t y_row) {                    \
    switch ((int)rows * 2 + vectors - 1) {                                          \
      EACH_TILE(tag, 1) EACH_TILE(tag, 2) EACH_TILE(tag, 3)                         \
      EACH_TILE(tag, 4) EACH_TILE(tag, 5) EACH_TILE(tag, 6)                         \
    }                                                                               \
  }                                                                                 \
  /* Columns of b, `full` to a row, zero behind the last. */                        \
  static void pack_##tag(size_t k, size_t columns, size_t full, const T *b,         \
                         ptrdiff_t b_row, ptrdiff_t b_column, T *to) {              \
    size_t c = 0;                                                                   \
    for (; b_row == 1 && c + SQUARE_##tag <= columns; c += SQUARE_##tag) {          \
      const T *from = b + (ptrdiff_t)c * b_column;                                  \
      size_t l = 0;                                                                 \
      for (; l + SQUARE_##tag <= k; l += SQUARE_##tag) {                            \
        square_##tag r[SQUARE_##tag];                                               \
        for (int i = 0; i < SQUARE_##tag; i++)                                      \
          memcpy(&r[i], from + i * b_column + (ptrdiff_t)l, sizeof r[i]);           \
        turn_##tag(r);                                                              \
        for (int i = 0; i < SQUARE_##tag; i++)                                      \
          memcpy(to + (l + (size_t)i) * full + c, &r[i], sizeof r[i]);              \
      }                                                                             \
      for (; l < k; l++)                                                            \
        for (int i = 0; i < SQUARE_##tag; i++)                                      \
          to[l * full + c + (size_t)i] = from[i * b_column + (ptrdiff_t)l];         \
    }                                                                               \
    for (size_t l = 0; l < k; l++) {                                                \
      const T *row = b + (ptrdiff_t)l * b_row;                                      \
      for (size_t i = c; i < columns; i++)                                          \
        to[l * full + i] = row[(ptrdiff_t)i * b_column];                            \
      for (size_t i = columns; i < full; i++) to[l * full + i] = 0;                 \
    }                                                                               \
  }                                                                                 \
  static void small_product_##tag(                                                  \
      size_t m, size_t k, size_t n, const void *left, ptrdiff_t a_row,              \
      ptrdiff_t a_column, const void *right, ptrdiff_t b_row, ptrdiff_t b_column,   \
      void *result) {                                                               \
    const T *a = left, *b = right;                                                  \
    T panel[MOS_SMALL_PRODUCT_INNER * PANEL_##tag];                                 \
    size_t height = (m + (m + TILE_ROWS - 1) / TILE_ROWS - 1) /                     \
                    ((m + TILE_ROWS - 1) / TILE_ROWS);                              \
    for (size_t j = 0; j < n; j += PANEL_##tag) {                                   \
      size_t columns = n - j < PANEL_##tag ? n - j : PANEL_##tag;                   \
      int vectors = columns <= WIDTH_##tag ? 1 : 2;                                 \
      size_t full = (size_t)vectors * WIDTH_##tag;                                  \
      const T *from = b + (ptrdiff_t)j * b_column;                                  \
      ptrdiff_t step = b_row;                                                       \
      if (b_column != 1 || columns != full) {                                       \
        pack_##tag(k, columns, full, from, b_row, b_column, panel);                 \
        from = panel;                                                               \
        step = (ptrdiff_t)full;                                                     \
      }                                                                             \
      for (size_t i = 0; i < m; i += height) {                                      \
        size_t rows = m - i < height ? m - i : height;                              \
        T *y = (T *)result + i * n + j;                                             \
        const T *top = a + (ptrdiff_t)i * a_row;                                    \
        if (columns == full) {                                                      \
          tiles_##tag(rows, vectors, k, top, a_row, a_column, from, step, y, n);    \
        } else {                                                                    \
          T edge[TILE_ROWS * PANEL_##tag];                                          \
          tiles_##tag(rows, vectors, k, top, a_row, a_column, from, step, edge, full); \
          for (size_t r = 0; r < rows; r++)                                         \
            memcpy(y + r * n, edge + r * full, columns * sizeof(T));                \
        }                                                                           \
      }                                                                             \
    }                                                                               \
  }
#define EACH_TILE(tag, rows)                                                        \
  case rows * 2:                                                                    \
    tile_##tag(rows, 1, k, a, a_row, a_column, b, b_row, y, y_row);                 \
    break;                                                                          \
  case rows * 2 + 1:                                                                \
    tile_##tag(rows, 2, k, a, a_row, a_column, b, b_row, y, y_row);                 \
    break;

PRODUCT(f32, float)
PRODUCT(f64, double)
