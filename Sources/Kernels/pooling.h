// The places of the greatest elements of windows. Included once for each processor level.
//
// A row of windows goes place by place of the window, not window by window: what is compared is never
// guessed by a branch.

#define POOLING(tag, T)                                                             \
  static void greatest_places_##tag(const mos_windows *w, const void *plane, int64_t *places, \
                                    void *greatest) {                               \
    const T *x = plane;                                                             \
    T *best = greatest;                                                             \
    for (ptrdiff_t i = 0; i < w->result[0]; i++, places += w->result[1]) {          \
      for (ptrdiff_t j = 0; j < w->result[1]; j++) places[j] = -1;                  \
      const ptrdiff_t top = i * w->stride[0] - w->padding[0], down = w->dilation[0]; \
      for (ptrdiff_t ky = top < 0 ? (-top + down - 1) / down : 0; ky < w->kernel[0]; ky++) { \
        const ptrdiff_t row = top + ky * down;                                      \
        if (row >= w->picture[0]) break;                                            \
        for (ptrdiff_t kx = 0; kx < w->kernel[1] && !mos_run_ends(); kx++) {        \
          const ptrdiff_t step = w->stride[1], at = kx * w->dilation[1] - w->padding[1]; \
          /* Windows `first ..< end` have this place within the picture. */         \
          const ptrdiff_t first = at < 0 ? (-at + step - 1) / step : 0;             \
          const ptrdiff_t last = w->picture[1] - 1 - at;                            \
          if (last < 0) break;                                                      \
          ptrdiff_t end = last / step + 1;                                          \
          if (end > w->result[1]) end = w->result[1];                               \
          const ptrdiff_t start = row * w->picture[1] + at;                         \
          for (ptrdiff_t j = first; j < end; j++) {                                 \
            const T e = x[start + j * step], g = best[j];                           \
            /* What is no number is not below any, and nothing comes after it. */   \
            const int takes = (places[j] < 0) | (!(e <= g) & (g == g));             \
            best[j] = takes ? e : g;                                                \
            places[j] = takes ? start + j * step : places[j];                       \
          }                                                                         \
        }                                                                           \
      }                                                                             \
    }                                                                               \
  }

POOLING(bool, uint8_t)
POOLING(i64, int64_t)
POOLING(f32, float)
POOLING(f64, double)
