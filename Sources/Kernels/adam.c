// Splits Adam's step over threads; elements do not depend on one another.
#include "Kernels.h"

enum { PIECE = 1 << 15 };

typedef struct {
  const mos_adam *step;
  mos_adam_kernel kernel;
} adam_job;

static void run_piece(void *context, size_t task) {
  const adam_job *job = context;
  size_t begin = task * PIECE;
  size_t end = begin + PIECE;
  job->kernel(job->step, begin, end < job->step->count ? end : job->step->count);
}

static void run(const mos_adam *step, mos_adam_kernel kernel) {
  if (step->count <= 2 * PIECE) {
    kernel(step, 0, step->count);
    return;
  }
  adam_job job = {step, kernel};
  mos_parallel((step->count + PIECE - 1) / PIECE, run_piece, &job);
}

void mos_adam_step(const mos_adam *step) { run(step, mos_kernels()->adam_step[step->dtype]); }

void mos_adam_gradient(const mos_adam *step) {
  run(step, mos_kernels()->adam_gradient[step->dtype]);
}
