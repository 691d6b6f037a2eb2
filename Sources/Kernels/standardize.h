// Numbers less their mean, divided by their deviation, and what the derivative of that does. Included
// once for each processor level.
//
//     y = (x - m) r            r = 1 / √(mean (x - m)² + ε)
//     G u = r (u - mean u - y mean (u y)),   which is its own transpose
//
// The numbers of one mean lie in rows; what is added up in a row is made double before rows are put together.

enum {
  /// Elements that one run of vectors adds up: few enough that rounding stays small.
  STANDARD_PIECE = 4096,
};

#define STANDARDIZE(tag, T)                                                         \
  typedef struct { double first, second; } sums_##tag;                              \
  /* Of kind 0 Σ x, of kind 1 Σ (x - mean)², of kind 2 Σ u and Σ (x - mean) u. */    \
  static inline __attribute__((always_inline)) sums_##tag row_sums_##tag(           \
      int kind, const T *x, const T *u, size_t n, T mean) {                         \
    double first = 0, second = 0;                                                   \
    for (size_t start = 0; start < n && !mos_run_ends(); start += STANDARD_PIECE) { \
      const size_t end = n - start < STANDARD_PIECE ? n : start + STANDARD_PIECE;   \
      vector_##tag a[2] = {{0}, {0}}, b[2] = {{0}, {0}};                            \
      size_t i = start;                                                             \
      for (; i + 2 * WIDTH_##tag <= end; i += 2 * WIDTH_##tag)                      \
        UNROLLED(int v = 0; v < 2; v++) {                                           \
          vector_##tag e, o = {0};                                                  \
          memcpy(&e, x + i + v * WIDTH_##tag, sizeof e);                            \
          if (kind == 2) memcpy(&o, u + i + v * WIDTH_##tag, sizeof o);             \
          if (kind == 0) a[v] += e;                                                 \
          if (kind == 1) a[v] += (e - mean) * (e - mean);                           \
          if (kind == 2) { a[v] += o; b[v] += (e - mean) * o; }                     \
        }                                                                           \
      first += total_##tag(a[0] + a[1]);                                            \
      second += total_##tag(b[0] + b[1]);                                           \
      for (; i < end; i++) {                                                        \
        if (kind == 0) first += x[i];                                               \
        if (kind == 1) first += (double)((x[i] - mean) * (x[i] - mean));            \
        if (kind == 2) { first += u[i]; second += (double)((x[i] - mean) * u[i]); } \
      }                                                                             \
    }                                                                               \
    return (sums_##tag){first, second};                                             \
  }                                                                                 \
  static inline __attribute__((always_inline)) sums_##tag all_sums_##tag(           \
      int kind, const mos_standardize *p, T mean) {                                 \
    sums_##tag all = {0, 0};                                                        \
    for (size_t r = 0; r < p->rows; r++) {                                          \
      const ptrdiff_t at = (ptrdiff_t)r * p->apart;                                 \
      const sums_##tag row = row_sums_##tag(                                        \
          kind, (const T *)p->x + at, kind == 2 ? (const T *)p->u + at : NULL, p->n, mean); \
      all.first += row.first;                                                       \
      all.second += row.second;                                                     \
    }                                                                               \
    return all;                                                                     \
  }                                                                                 \
  static int all_zero_##tag(const mos_standardize *p) {                             \
    for (size_t r = 0; r < p->rows; r++)                                            \
      for (size_t i = 0; i < p->n; i++)                                             \
        if (((const T *)p->u)[(ptrdiff_t)r * p->apart + (ptrdiff_t)i] != 0) return 0; \
    return 1;                                                                       \
  }                                                                                 \
  static void standardize_##tag(const mos_standardize *p) {                         \
    const double count = (double)p->rows * (double)p->n;                            \
    const T mean = (T)(all_sums_##tag(0, p, 0).first / count);                      \
    const double variance = all_sums_##tag(1, p, mean).first / count;               \
    const T scale = (T)(1 / sqrt(variance + p->epsilon));                           \
    if (p->deviation) {                                                             \
      *(T *)p->deviation = scale;                                                   \
      return;                                                                       \
    }                                                                               \
    T shift = 0, slope = 0;                                                         \
    int none = 0;                                                                   \
    if (p->u) {                                                                     \
      const sums_##tag sums = all_sums_##tag(2, p, mean);                           \
      shift = (T)(sums.first / count);                                              \
      slope = (T)(sums.second / count * (double)scale * (double)scale);             \
      /* A cotangent of zeros gives zeros, whatever x holds. */                     \
      none = !(slope - slope == 0 && scale - scale == 0) && all_zero_##tag(p);      \
    }                                                                               \
    for (size_t r = 0; r < p->rows && !mos_run_ends(); r++) {                       \
      const ptrdiff_t at = (ptrdiff_t)r * p->apart;                                 \
      const T *x = (const T *)p->x + at, *u = (const T *)p->u + (p->u ? at : 0);    \
      T *y = (T *)p->y + at;                                                        \
      if (none)                                                                     \
        memset(y, 0, p->n * sizeof(T));                                             \
      else if (p->u)                                                                \
        for (size_t i = 0; i < p->n; i++)                                           \
          y[i] = scale * (u[i] - shift - (x[i] - mean) * slope);                    \
      else                                                                          \
        for (size_t i = 0; i < p->n; i++) y[i] = (x[i] - mean) * scale;             \
    }                                                                               \
  }

STANDARDIZE(f32, float)
STANDARDIZE(f64, double)
