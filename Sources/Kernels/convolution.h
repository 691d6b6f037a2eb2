// The products of a convolution. Included once for each processor level.
//
// The planes of an operand lie in memory with their padding, row after row, image after image. So what
// one weight of one channel multiplies is a run of contiguous elements, for all positions of the
// result at once, at a distance of its own: the rows of a matrix that is never made. Between the
// rows of a result lie positions that read across an edge; nobody reads those.
//
// Work is in whole panels of positions: what is read and written must reach as far.

enum {
  /// What a tile of inner products holds in registers: 4 × 6 sums of AVX-512's 32, 3 × 4 of 16.
  INNER_ROWS = VECTOR_BYTES == 64 ? 4 : 3,
  INNER_COLUMNS = VECTOR_BYTES == 64 ? 6 : 4,
};

#define CONVOLUTION(tag, T)                                                         \
  /* As `tile`, with each row of b at a distance of its own. */                     \
  static inline __attribute__((always_inline)) void shifted_tile_##tag(             \
      int rows, size_t k, const T *a, const T *b, const ptrdiff_t *shift, T *y,     \
      size_t y_row, T kept) {                                                       \
    vector_##tag sum[TILE_ROWS][2];                                                 \
    UNROLLED(int r = 0; r < rows; r++) sum[r][0] = sum[r][1] = (vector_##tag){0};   \
    FOUR_STEPS for (size_t l = 0; l < k; l++, a += rows) {                          \
      vector_##tag right[2];                                                        \
      memcpy(right, b + shift[l], sizeof right);                                    \
      UNROLLED(int r = 0; r < rows; r++)                                            \
        UNROLLED(int v = 0; v < 2; v++) sum[r][v] += a[r] * right[v];               \
    }                                                                               \
    UNROLLED(int r = 0; r < rows; r++, y += y_row) {                                \
      if (kept != 0) {                                                              \
        vector_##tag old[2];                                                        \
        memcpy(old, y, sizeof old);                                                 \
        UNROLLED(int v = 0; v < 2; v++) sum[r][v] += old[v];                        \
      }                                                                             \
      memcpy(y, sum[r], sizeof sum[r]);                                             \
    }                                                                               \
  }                                                                                 \
  static __attribute__((noinline)) void shifted_tiles_##tag(                        \
      size_t rows, size_t k, const T *a, const T *b, const ptrdiff_t *shift, T *y,  \
      size_t y_row, T kept) {                                                       \
    switch ((int)rows) { EACH_HEIGHT(SHIFTED_TILE, tag) }                           \
  }                                                                                 \
  static void shifted_product_##tag(const mos_shifted_product *p) {                 \
    const T *a = p->a, *b = p->b;                                                   \
    T *y = p->y;                                                                    \
    for (size_t l = 0; l < p->inner; l += PIECE) {                                  \
      const size_t k = p->inner - l < PIECE ? p->inner - l : PIECE;                 \
      for (size_t j = 0; j < p->columns; j += PANEL_##tag)                          \
        for (size_t i = 0; i < p->rows; i += p->height) {                           \
          const size_t high = p->rows - i < p->height ? p->rows - i : p->height;    \
          shifted_tiles_##tag(high, k, a + i * p->inner + l * high, b + j, p->shift + l, \
                              y + i * p->y_row + j, p->y_row, l > 0);               \
        }                                                                           \
    }                                                                               \
  }                                                                                 \
  _Static_assert(MOS_SHIFTED_PANEL % PANEL_##tag == 0, "positions are whole panels");   \
  static inline __attribute__((always_inline)) T total_##tag(vector_##tag sum) {    \
    T total = 0;                                                                    \
    UNROLLED(int i = 0; i < (int)WIDTH_##tag; i++) total += sum[i];                 \
    return total;                                                                   \
  }                                                                                 \
  /* Rows and columns beyond the last are the last again, and are not stored. */    \
  static void shifted_inner_products_##tag(const mos_shifted_product *p) {          \
    T *y = p->y;                                                                    \
    for (size_t i = 0; i < p->rows; i += INNER_ROWS)                                \
      for (size_t j = 0; j < p->inner; j += INNER_COLUMNS) {                        \
        const T *a[INNER_ROWS], *b[INNER_COLUMNS];                                  \
        UNROLLED(int r = 0; r < INNER_ROWS; r++)                                    \
          a[r] = (const T *)p->a + (i + r < p->rows ? i + r : p->rows - 1) * p->y_row; \
        UNROLLED(int c = 0; c < INNER_COLUMNS; c++)                                 \
          b[c] = (const T *)p->b + p->shift[j + c < p->inner ? j + c : p->inner - 1]; \
        vector_##tag sum[INNER_ROWS][INNER_COLUMNS];                                \
        UNROLLED(int r = 0; r < INNER_ROWS; r++)                                    \
          UNROLLED(int c = 0; c < INNER_COLUMNS; c++) sum[r][c] = (vector_##tag){0}; \
        for (size_t l = 0; l < p->columns; l += WIDTH_##tag) {                      \
          vector_##tag left[INNER_ROWS], right;                                     \
          UNROLLED(int r = 0; r < INNER_ROWS; r++)                                  \
            memcpy(&left[r], a[r] + l, sizeof left[r]);                             \
          UNROLLED(int c = 0; c < INNER_COLUMNS; c++) {                             \
            memcpy(&right, b[c] + l, sizeof right);                                 \
            UNROLLED(int r = 0; r < INNER_ROWS; r++) sum[r][c] += left[r] * right;  \
          }                                                                         \
        }                                                                           \
        UNROLLED(int r = 0; r < INNER_ROWS; r++)                                    \
          UNROLLED(int c = 0; c < INNER_COLUMNS; c++)                               \
            if (i + r < p->rows && j + c < p->inner)                                \
              y[(i + r) * p->inner + j + c] += total_##tag(sum[r][c]);              \
      }                                                                             \
  }
// Panels are always two vectors wide.
#define SHIFTED_TILE(tag, rows, vectors) SHIFTED_TILE_##vectors(tag, rows)
#define SHIFTED_TILE_1(tag, rows)
#define SHIFTED_TILE_2(tag, rows)                                                   \
  case rows: shifted_tile_##tag(rows, k, a, b, shift, y, y_row, kept); break;

CONVOLUTION(f32, float)
CONVOLUTION(f64, double)
