// Products of matrices. Included once for each processor level.
//
// A tile of the result, some rows by two vectors, stays in registers while it runs over what is
// summed. Around it lie the loops of Goto and van de Geijn (Anatomy of High-Performance Matrix
// Multiplication, ACM TOMS 34, 2008): pieces of what is summed, blocks of the left operand's rows,
// which stay in the second-level cache, and panels of the right operand's columns, which stay in the
// first-level one. Small products read their operands where they lie.
//
// An element is the sum of its pieces, each added up in order: its bits do not depend on its place,
// so not on how threads share a result.

#if VECTOR_BYTES == 64
/// 12 × 2 sums, 2 vectors of the right operand and 1 of the left are 27 of AVX-512's 32 registers.
enum { TILE_ROWS = 12 };
#else
/// 6 × 2 sums, 2 vectors of the right operand and 1 of the left are 15 of 16 registers.
enum { TILE_ROWS = 6 };
#endif

enum {
  /// What is summed at a time: 16 KB of a panel, half of the first-level cache, and 24 for AVX-512.
  PIECE = VECTOR_BYTES == 64 ? 192 : 256,
  /// Rows of a packed block: whole tiles, less than 300 KB.
  BLOCK_ROWS_f32 = 288,
  BLOCK_ROWS_f64 = 144,
  /// Columns of a packed block.
  BLOCK_COLUMNS_f32 = 512,
  BLOCK_COLUMNS_f64 = 256,
  /// A small product packs a right operand that lies row by row only for so many strips, and where
  /// a panel is spread over more bytes than this: its lines may share too few sets of the cache.
  PACKED_STRIPS = 4,
  DIRECT_BYTES = 48 << 10,
};

/// Tiles stay in registers only where no loop over their rows or vectors is left.
#define UNROLLED(...) _Pragma("clang loop unroll(full)") for (__VA_ARGS__)

/// Steps of a tile at a time: a step's own work is too short for the loop around it.
#define FOUR_STEPS _Pragma("clang loop unroll_count(4)")

#define PRODUCT(tag, T)                                                             \
  enum { WIDTH_##tag = VECTOR_BYTES / sizeof(T), PANEL_##tag = 2 * WIDTH_##tag };   \
  /* `rows` rows and `vectors` vectors of columns, both constants here; of the last vector a part. */ \
  static inline __attribute__((always_inline)) void tile_##tag(                     \
      int rows, int vectors, size_t k, const T *a, ptrdiff_t a_row,                 \
      ptrdiff_t a_column, const T *b, ptrdiff_t b_row, T *y, size_t y_row,          \
      part_##tag part, T kept) {                                                    \
    vector_##tag sum[TILE_ROWS][2];                                                 \
    UNROLLED(int r = 0; r < rows; r++) {                                            \
      __builtin_prefetch(y + (size_t)r * y_row, 1);                                 \
      __builtin_prefetch(y + (size_t)r * y_row + vectors * WIDTH_##tag - 1, 1);     \
      UNROLLED(int v = 0; v < vectors; v++) sum[r][v] = (vector_##tag){0};          \
    }                                                                               \
    FOUR_STEPS for (size_t l = 0; l < k; l++, a += a_column, b += b_row) {          \
      vector_##tag right[2];                                                        \
      memcpy(right, b, (size_t)(vectors - 1) * VECTOR_BYTES);                       \
      right[vectors - 1] = read_part_##tag(b + (vectors - 1) * WIDTH_##tag, part);  \
      UNROLLED(int r = 0; r < rows; r++)                                            \
        UNROLLED(int v = 0; v < vectors; v++) sum[r][v] += a[r * a_row] * right[v]; \
    }                                                                               \
    UNROLLED(int r = 0; r < rows; r++, y += y_row) {                                \
      if (kept != 0) {                                                              \
        vector_##tag old[2];                                                        \
        memcpy(old, y, (size_t)(vectors - 1) * VECTOR_BYTES);                       \
        old[vectors - 1] = read_part_##tag(y + (vectors - 1) * WIDTH_##tag, part);  \
        UNROLLED(int v = 0; v < vectors; v++) sum[r][v] = old[v] + kept * sum[r][v]; \
      }                                                                             \
      memcpy(y, sum[r], (size_t)(vectors - 1) * VECTOR_BYTES);                      \
      write_part_##tag(y + (vectors - 1) * WIDTH_##tag, part, sum[r][vectors - 1]); \
    }                                                                               \
  }                                                                                 \
  /* y := a b where `kept` is 0, otherwise y += kept a b. */                        \
  static __attribute__((noinline)) void tiles_##tag(                                \
      size_t rows, int vectors, size_t k, const T *a, ptrdiff_t a_row, ptrdiff_t a_column, \
      const T *b, ptrdiff_t b_row, T *y, size_t y_row, part_##tag part, T kept) {   \
    switch ((int)rows * 2 + vectors - 1) { EACH_HEIGHT(DIRECT_TILE, tag) }          \
  }                                                                                 \
  /* The same for operands that are packed. */                                      \
  static __attribute__((noinline)) void packed_tiles_##tag(                         \
      size_t rows, int vectors, size_t k, const T *a, const T *b, T *y, size_t y_row, \
      part_##tag part, T kept) {                                                    \
    switch ((int)rows * 2 + vectors - 1) { EACH_HEIGHT(PACKED_TILE, tag) }          \
  }                                                                                 \
  /* All tiles of a panel of columns, at most two vectors of them; a strip is `height` rows. */ \
  static inline __attribute__((always_inline)) void strips_##tag(                   \
      int packed, size_t rows, size_t height, size_t columns, size_t k, const T *a, \
      ptrdiff_t a_row, ptrdiff_t a_column, const T *b, ptrdiff_t b_row, T *y,       \
      size_t y_row, T kept) {                                                       \
    const int vectors = columns <= WIDTH_##tag ? 1 : 2;                             \
    const size_t full = (size_t)vectors * WIDTH_##tag;                              \
    const int whole = READS_PARTS || columns == full;                               \
    const part_##tag part = part_of_##tag(                                          \
        (whole ? columns : full) - (size_t)(vectors - 1) * WIDTH_##tag);            \
    T edge[TILE_ROWS * PANEL_##tag];                                                \
    for (size_t i = 0; i < rows; i += height, y += height * y_row) {                \
      const size_t high = rows - i < height ? rows - i : height;                    \
      T *to = whole ? y : edge;                                                     \
      const size_t to_row = whole ? y_row : full;                                   \
      if (to == edge && kept != 0)                                                  \
        for (size_t r = 0; r < high; r++)                                           \
          memcpy(to + r * full, y + r * y_row, columns * sizeof(T));                \
      if (packed)                                                                   \
        packed_tiles_##tag(high, vectors, k, a + i * k, b, to, to_row, part, kept); \
      else                                                                          \
        tiles_##tag(high, vectors, k, a + (ptrdiff_t)i * a_row, a_row, a_column, b, \
                    b_row, to, to_row, part, kept);                                 \
      if (to == edge)                                                               \
        for (size_t r = 0; r < high; r++)                                           \
          memcpy(y + r * y_row, to + r * full, columns * sizeof(T));                \
    }                                                                               \
  }                                                                                 \
  static size_t padded_##tag(size_t columns) {                                      \
    return columns <= WIDTH_##tag ? WIDTH_##tag : PANEL_##tag;                      \
  }                                                                                 \
  /* Small products: the left operand is read where it lies, the right one too where it can be. */ \
  static void direct_product_##tag(const mos_product *p, size_t piece) {            \
    T panel[PIECE * PANEL_##tag];                                                   \
    const size_t n = p->columns, strips = (p->rows + TILE_ROWS - 1) / TILE_ROWS;    \
    const size_t height = (p->rows + strips - 1) / strips;                          \
    const int lies = p->b_column == 1 &&                                            \
        (strips < PACKED_STRIPS || piece * (size_t)p->b_row * sizeof(T) <= DIRECT_BYTES); \
    for (size_t l = 0; l < p->inner; l += piece) {                                  \
      const size_t k = p->inner - l < piece ? p->inner - l : piece;                 \
      const T *left = (const T *)p->a + (ptrdiff_t)l * p->a_column;                 \
      for (size_t j = 0; j < n; j += PANEL_##tag) {                                 \
        const size_t columns = n - j < PANEL_##tag ? n - j : PANEL_##tag;           \
        const size_t full = READS_PARTS ? columns : padded_##tag(columns);          \
        const size_t rows = p->upper && j + columns < p->rows ? j + columns : p->rows; \
        const T *right =                                                            \
            (const T *)p->b + (ptrdiff_t)l * p->b_row + (ptrdiff_t)j * p->b_column; \
        ptrdiff_t step = p->b_row;                                                  \
        if (!lies || columns != full) {                                             \
          pack_##tag(PANEL_##tag, k, columns, full, right, p->b_row, p->b_column, panel); \
          right = panel;                                                            \
          step = (ptrdiff_t)full;                                                   \
        }                                                                           \
        strips_##tag(0, rows, height, columns, k, left, p->a_row, p->a_column,      \
                     right, step, (T *)p->y + j, p->y_row,                          \
                     p->sign != 0 ? (T)p->sign : l > 0);                            \
      }                                                                             \
    }                                                                               \
  }                                                                                 \
  /* Large ones: both are packed, the right one for more than a panel where it is read again. */ \
  static void packed_product_##tag(const mos_product *p, size_t piece, T *left) {   \
    const size_t m = p->rows, n = p->columns;                                       \
    const size_t blocks = (m + BLOCK_ROWS_##tag - 1) / BLOCK_ROWS_##tag;            \
    const size_t block = ((m + blocks - 1) / blocks + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS; \
    const size_t across = blocks > 1 ? BLOCK_COLUMNS_##tag : PANEL_##tag;           \
    T *right = left + BLOCK_ROWS_##tag * PIECE;                                     \
    for (size_t l = 0; l < p->inner; l += piece) {                                  \
      const size_t k = p->inner - l < piece ? p->inner - l : piece;                 \
      for (size_t first = 0; first < n; first += across) {                          \
        const size_t end = n - first < across ? n : first + across;                 \
        for (size_t j = first; j < end; j += PANEL_##tag) {                         \
          const size_t columns = end - j < PANEL_##tag ? end - j : PANEL_##tag;     \
          pack_##tag(PANEL_##tag, k, columns, padded_##tag(columns),                \
                     (const T *)p->b + (ptrdiff_t)l * p->b_row + (ptrdiff_t)j * p->b_column, \
                     p->b_row, p->b_column, right + (j - first) * k);               \
        }                                                                           \
        for (size_t top = 0; top < m && !mos_run_ends(); top += block) {            \
          const size_t rows = m - top < block ? m - top : block;                    \
          if (p->upper && top >= end) break;                                        \
          for (size_t i = 0; (blocks > 1 || first == 0) && i < rows; i += TILE_ROWS) { \
            const size_t high = rows - i < TILE_ROWS ? rows - i : TILE_ROWS;        \
            pack_##tag(TILE_ROWS, k, high, high,                                    \
                       (const T *)p->a + (ptrdiff_t)(top + i) * p->a_row +          \
                           (ptrdiff_t)l * p->a_column,                              \
                       p->a_column, p->a_row, left + i * k);                        \
          }                                                                         \
          for (size_t j = first; j < end; j += PANEL_##tag) {                       \
            const size_t columns = end - j < PANEL_##tag ? end - j : PANEL_##tag;   \
            if (p->upper && top >= j + columns) continue;                           \
            /* Up to the diagonal, in whole strips, as they are packed. */          \
            const size_t above = (j + columns - top + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS; \
            strips_##tag(1, p->upper && above < rows ? above : rows,                \
                         TILE_ROWS, columns, k, left, 1, TILE_ROWS, right + (j - first) * k, \
                         0, (T *)p->y + top * p->y_row + j, p->y_row,               \
                         p->sign != 0 ? (T)p->sign : l > 0);                        \
          }                                                                         \
        }                                                                           \
      }                                                                             \
    }                                                                               \
  }                                                                                 \
  _Static_assert((BLOCK_ROWS_##tag + BLOCK_COLUMNS_##tag) * PIECE * sizeof(T) <=    \
                     MOS_PRODUCT_SCRATCH,                                           \
                 "scratch holds a block of either operand");                        \
  static void product_##tag(const mos_product *p, void *scratch) {                  \
    const size_t pieces = (p->inner + PIECE - 1) / PIECE;                           \
    const size_t piece = (p->inner + pieces - 1) / pieces;                          \
    if (scratch)                                                                    \
      packed_product_##tag(p, piece, scratch);                                      \
    else                                                                            \
      direct_product_##tag(p, piece);                                               \
  }
#define DIRECT_TILE(tag, rows, vectors)                                             \
  case rows * 2 + vectors - 1:                                                      \
    tile_##tag(rows, vectors, k, a, a_row, a_column, b, b_row, y, y_row, part, kept); \
    break;
#define PACKED_TILE(tag, rows, vectors)                                             \
  case rows * 2 + vectors - 1:                                                      \
    tile_##tag(rows, vectors, k, a, 1, rows, b, vectors * WIDTH_##tag, y, y_row, part, kept); \
    break;
#define BOTH(tile, tag, rows) tile(tag, rows, 1) tile(tag, rows, 2)
#define SIX_HEIGHTS(tile, tag)                                                      \
  BOTH(tile, tag, 1) BOTH(tile, tag, 2) BOTH(tile, tag, 3)                          \
  BOTH(tile, tag, 4) BOTH(tile, tag, 5) BOTH(tile, tag, 6)
#if VECTOR_BYTES == 64
#define EACH_HEIGHT(tile, tag)                                                      \
  SIX_HEIGHTS(tile, tag)                                                            \
  BOTH(tile, tag, 7) BOTH(tile, tag, 8) BOTH(tile, tag, 9)                          \
  BOTH(tile, tag, 10) BOTH(tile, tag, 11) BOTH(tile, tag, 12)
#else
#define EACH_HEIGHT SIX_HEIGHTS
#endif

PRODUCT(f32, float)
PRODUCT(f64, double)
