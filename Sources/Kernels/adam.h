// Adam's step and its derivative, each in one pass over memory. Included once for each processor
// level; the formulas are beside the primitive (Autodiff/Primitives/Adam.swift). A cotangent of 0
// stays 0 whatever it meets.

// What an absent cotangent is.
static const double adam_zeros[PASS];

#define ADAM(tag, T)                                                                \
  static void adam_step_##tag(const mos_adam *s, size_t begin, size_t end) {        \
    const T *gradient = s->gradient, *first = s->first, *second = s->second;        \
    T *update = s->result[0], *next_first = s->result[1], *next_second = s->result[2]; \
    const T b1 = (T)s->beta1, a1 = (T)(1 - s->beta1), r1 = (T)(1 / s->correction1); \
    const T b2 = (T)s->beta2, a2 = (T)(1 - s->beta2), r2 = (T)(1 / s->correction2); \
    const T epsilon = (T)s->epsilon, root = (T)s->epsilon_root;                     \
    _Pragma("clang loop vectorize(assume_safety)")                                  \
    for (size_t i = begin; i < end; i++) {                                          \
      T g = gradient[i];                                                            \
      T m = b1 * first[i] + a1 * g;                                                 \
      T v = b2 * second[i] + a2 * g * g;                                            \
      T deviation = __builtin_elementwise_sqrt(v * r2 + root);                      \
      update[i] = m * r1 / (deviation + epsilon);                                   \
      next_first[i] = m;                                                            \
      next_second[i] = v;                                                           \
    }                                                                               \
  }                                                                                 \
                                                                                    \
  static void adam_gradient_##tag(const mos_adam *s, size_t begin, size_t end) {    \
    const T b1 = (T)s->beta1, a1 = (T)(1 - s->beta1), r1 = (T)(1 / s->correction1); \
    const T b2 = (T)s->beta2, a2 = (T)(1 - s->beta2), r2 = (T)(1 / s->correction2); \
    const T epsilon = (T)s->epsilon, root = (T)s->epsilon_root;                     \
    const T *zeros = (const T *)adam_zeros;                                         \
    for (size_t start = begin; start < end; start += PASS) {                        \
      size_t n = end - start < PASS ? end - start : PASS;                           \
      const T *gradient = (const T *)s->gradient + start;                           \
      const T *first = (const T *)s->first + start;                                 \
      const T *second = (const T *)s->second + start;                               \
      const T *along_u = s->cotangent[0] ? (const T *)s->cotangent[0] + start : zeros; \
      const T *along_m = s->cotangent[1] ? (const T *)s->cotangent[1] + start : zeros; \
      const T *along_v = s->cotangent[2] ? (const T *)s->cotangent[2] + start : zeros; \
      T *to_gradient = (T *)s->result[0] + start;                                   \
      T *to_first = (T *)s->result[1] + start;                                      \
      T *to_second = (T *)s->result[2] + start;                                     \
      _Pragma("clang loop vectorize(assume_safety)")                                \
      for (size_t i = 0; i < n; i++) {                                              \
        T g = gradient[i];                                                          \
        T m = b1 * first[i] + a1 * g;                                               \
        T v = b2 * second[i] + a2 * g * g;                                          \
        T deviation = __builtin_elementwise_sqrt(v * r2 + root);                    \
        T d = 1 / (deviation + epsilon);                                            \
        T slope = deviation == 0 ? 0 : (T)0.5 / deviation;                          \
        T scaled = along_u[i] == 0 ? 0 : along_u[i] * d * r1;                       \
        T into_m = along_m[i] + scaled;                                             \
        T into_v = along_v[i] - (scaled == 0 ? 0 : scaled * m * d * r2 * slope);    \
        to_gradient[i] = a1 * into_m + (into_v == 0 ? 0 : 2 * a2 * g * into_v);     \
        to_first[i] = b1 * into_m;                                                  \
        to_second[i] = b2 * into_v;                                                 \
      }                                                                             \
    }                                                                               \
  }

ADAM(f32, float)
ADAM(f64, double)
