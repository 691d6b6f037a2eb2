// Random numbers: one block, one bounded draw, and fills split over threads.
#include "Random.h"

#include "Kernels.h"
#include "philox.h"
#include "pieces.h"

void kernels_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
  uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < philox_rounds; round++) {
    uint64_t p0 = (uint64_t)philox_multiplier[0] * c0, p1 = (uint64_t)philox_multiplier[1] * c2;
    c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
    c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)p1;
    c3 = (uint32_t)p0;
    k0 += philox_weyl[0];
    k1 += philox_weyl[1];
  }
  out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

uint64_t kernels_bounded(uint64_t key, uint64_t counter, uint64_t range) {
  uint32_t out[4], keys[2] = {(uint32_t)key, (uint32_t)(key >> 32)};
  for (uint32_t attempt = 0;; attempt++) {
    uint32_t in[4] = {(uint32_t)counter, (uint32_t)(counter >> 32), attempt, 0};
    kernels_philox(in, keys, out);
    for (int half = 0; half < 2; half++) {
      uint64_t draw = out[2 * half] | (uint64_t)out[2 * half + 1] << 32, result;
      if (bounded(draw, range, &result)) return result;
    }
  }
}

// MARK: Fills

typedef struct {
  mos_fill_kernel kernel;
  uint64_t key, counter;
  char *out;
  size_t count, size;
} fill;

/// A task begins with a whole group.
static void run_task(void *context, size_t task) {
  const fill *f = context;
  const size_t first = task * TASK, left = f->count - first;
  const size_t blocks = first * f->size / (4 * sizeof(uint32_t));
  f->kernel(f->key, f->counter + blocks, f->out + first * f->size, left < TASK ? left : TASK);
}

static void run(mos_fill_kernel kernel, uint64_t key, uint64_t counter, void *out, size_t count,
                size_t size) {
  if (count <= TASK) {
    kernel(key, counter, out, count);
    return;
  }
  fill whole = {kernel, key, counter, out, count, size};
  mos_parallel((count + TASK - 1) / TASK, run_task, &whole);
}

void kernels_uniform_f32(uint64_t key, uint64_t counter, float *out, size_t count) {
  run(mos_kernels()->uniform[MOS_F32], key, counter, out, count, sizeof *out);
}

void kernels_uniform_f64(uint64_t key, uint64_t counter, double *out, size_t count) {
  run(mos_kernels()->uniform[MOS_F64], key, counter, out, count, sizeof *out);
}

void kernels_normal_f32(uint64_t key, uint64_t counter, float *out, size_t count) {
  run(mos_kernels()->normal[MOS_F32], key, counter, out, count, sizeof *out);
}

void kernels_normal_f64(uint64_t key, uint64_t counter, double *out, size_t count) {
  run(mos_kernels()->normal[MOS_F64], key, counter, out, count, sizeof *out);
}

void kernels_exponential_f64(uint64_t key, uint64_t counter, double *out, size_t count) {
  run(mos_kernels()->exponential[MOS_F64], key, counter, out, count, sizeof *out);
}

// MARK: Integers

void kernels_integers(uint64_t key, uint64_t counter, int64_t low, uint64_t range, int64_t *out,
                      size_t count) {
  for (size_t begin = 0; begin < count && !mos_run_ends(); begin += LOOK)
    mos_kernels()->integers(key, counter + begin, low, range, out + begin,
                            count - begin < LOOK ? count - begin : LOOK);
}

void kernels_shuffle(uint64_t key, uint64_t counter, int64_t *order, size_t count, size_t taken) {
  mos_kernels()->shuffle(key, counter, order, count, taken);
}
